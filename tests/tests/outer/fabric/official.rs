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
