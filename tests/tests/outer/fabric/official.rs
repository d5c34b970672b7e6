//! The Gateway endpoint of `gx up --fabric-gateway` under Fabric's own client library for Node.

use std::process::Command;

use gx_tests::{Database, Platform};

/// Runs the Node script; `None` where the test run has no Node and no client library.
fn node(platform: &Platform) -> Option<(bool, String)> {
    let (node, modules) = (std::env::var_os("GX_TEST_NODE")?, std::env::var_os("GX_TEST_NODE_MODULES")?);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/node/fabric.cjs");
    let output = Command::new(node)
        .arg(script)
        .arg(platform.data().join("fabric"))
        .env("NODE_PATH", modules)
        .output()
        .expect("node starts");
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_submits_evaluates_follows_and_is_refused() {
    let platform = Platform::on(Database::Sqlite).args(&["--fabric-gateway"]).start().await;
    match node(&platform) {
        Some((succeeded, text)) => {
            println!("{text}");
            assert!(succeeded, "{text}");
        }
        None => println!("skipped: GX_TEST_NODE and GX_TEST_NODE_MODULES are not set"),
    }
    // The ledger is in use, and what its endpoint shows verifies all the same.
    let output = platform.command(&["ledger", "verify"]).output().expect("gx starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("as its Gateway endpoint shows it"), "{output:?}");
}

#[test]
fn the_bench_measures_on_the_endpoint_of_a_ledger_of_its_own() {
    let mut command = Platform::gx(&["bench", "fabric", "--people", "32", "--transfers", "12", "--rounds", "2"]);
    command.args(["--in-flight", "4"]);
    let node = std::env::var_os("GX_TEST_NODE").zip(std::env::var_os("GX_TEST_NODE_MODULES"));
    if let Some((node, modules)) = &node {
        command.arg("--node").arg(node).arg("--node-modules").arg(modules);
    }
    let output = command.output().expect("gx starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{text}");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let says = |words: &str| assert!(text.contains(words), "{words}: {text}");
    says("Gateway endpoint of an embedded ledger at 127.0.0.1:");
    says("32 registrations of ");
    says("16 transfers between disjoint pairs, 256 in flight");
    says("; conflicts: 0");
    says("24 transfers through our client");
    says("of processor time each; the embedded ledger ");
    match node {
        Some(_) => {
            says("24 transfers through the official client with OpenSSL's signer");
            says("our client / official with its own signer: rate ");
        }
        None => says("the official client: skipped"),
    }
    says("chaincode host beside the official shim: skipped, an embedded ledger has no chaincode process");
}
