//! The suite, on whichever network there is.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gx_contracts::Function;
use gx_ledger::Ledger;
use gx_tests::{Admin, Database, Platform, wait_for, wait_until};
use serde_json::Value;
use tempfile::TempDir;

use super::cases::Cases;
use super::network::{Chaincode, Network};
use super::nodes::Node;
use super::{pages, payments, refusals};
use crate::journeys::{granted_people_pay, two_old_people_and_a_request};
use crate::load::{Load, everything_adds_up};

const NOT_FABRIC: &str = "GX_FABRIC_CONNECT names no Fabric network";
/// How long a network may take to come back, and how long a loaded machine to reach a named point.
const PATIENCE: Duration = Duration::from_secs(300);
/// Payments that are accepted while something is dead.
const MEANWHILE: usize = 10;

const DEPLOY: &str = "both organisations deploy the chaincode with gx fabric deploy; a second time nothing is done";
const NODES: [(&str, &str); 3] = [
    ("the second organisation's peer is killed under load: nothing lost, nothing twice", "peer2"),
    ("the first organisation's peer is killed under load: nothing lost, nothing twice", "peer1"),
    ("the orderer is killed under load: nothing lost, nothing twice", "orderer"),
];
const CHAINCODE: &str = "the chaincode's process is killed under load: nothing lost, nothing twice";
const POINTS: [(&str, &str); 3] = [
    ("the submitter is killed with an envelope stored and not sent", "submitter.envelope_stored"),
    ("the submitter is killed with an envelope sent and no answer", "submitter.sent"),
    ("the submitter is killed with an answer that it has not written down", "submitter.answered"),
];
const PAGES: &str = "in the pages somebody joins, is approved, sends, asks for coins and is paid";

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_on_the_network() {
    let mut cases = Cases::default();
    let network = Network::find().await;
    let scratch = TempDir::new().unwrap();

    let mut chaincode = None;
    if network.is_fabric() {
        let package_id = cases.show(DEPLOY, async { deployed(&network) }).await;
        let log = scratch.path().join("chaincode.log");
        chaincode = Some(Chaincode::start(network.chaincode_address(), &package_id, &log).await);
        is_fresh(&network).await;
    } else {
        cases.skip(DEPLOY, NOT_FABRIC);
    }

    let settings = network.settings();
    let mut platform = cases
        .show("the platform starts without an embedded ledger: parameters, pools and 234 countries", async {
            let platform = if network.is_fabric() { Platform::with_people } else { Platform::on };
            let mut builder = platform(Database::Sqlite).env("OUTBOX_LEASE_SECONDS", "2");
            for (name, value) in &settings {
                builder = builder.env(name, value);
            }
            let platform = builder.start().await;
            is_bootstrapped(&platform, &network).await;
            platform
        })
        .await;
    let admin = Admin::of(&platform).await;

    cases
        .show("people register, are approved and pay: two without grant and a request of 50 Q", async {
            two_old_people_and_a_request(&platform, &admin).await;
        })
        .await;
    cases
        .show("two with their grant: 200 Q paid, 500,000,200 and 499,999,798 afterwards", async {
            granted_people_pay(&platform, &admin, &[200]).await;
            print_commands(&admin).await;
        })
        .await;
    cases.show("refused by role", refusals::by_role(&network)).await;
    cases.show("refused by policy", refusals::by_policy(&network)).await;
    let named: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    cases
        .show(
            "1,000 payments between 400 people from 64 clients at once",
            payments::at_once(&platform, &network, named),
        )
        .await;

    if !network.is_fabric() {
        cases.skip(PAGES, "the browser suite walks the same pages");
    } else if !pages::can_be_seen() {
        cases.skip(PAGES, "GX_TEST_CHROMEDRIVER and GX_TEST_CHROMIUM name no browser");
    } else {
        let shared = Arc::new(platform);
        cases.show(PAGES, pages::a_journey(Arc::clone(&shared))).await;
        platform = Arc::into_inner(shared).expect("the journey is over");
    }

    let load = Load::start(&platform).await;
    for (name, node) in NODES {
        match Node::find(&network.connect, node) {
            Some(node) if network.is_fabric() => {
                cases
                    .show(name, async {
                        let killed = node.kill();
                        accepted_meanwhile(&load).await;
                        killed.start_again();
                        settles_again(&load).await;
                    })
                    .await;
            }
            _ if network.is_fabric() => cases.skip(name, &format!("no {node}.pid beside the connection material")),
            _ => cases.skip(name, NOT_FABRIC),
        }
    }
    if let Some(chaincode) = &mut chaincode {
        cases
            .show(CHAINCODE, async {
                chaincode.kill();
                accepted_meanwhile(&load).await;
                chaincode.start_again().await;
                settles_again(&load).await;
            })
            .await;
    } else {
        cases.skip(CHAINCODE, NOT_FABRIC);
    }
    for (name, point) in POINTS {
        cases.show(name, killed_at(point, &mut platform, &load)).await;
    }
    cases
        .show("every accepted payment acted once; the chain verifies, and the read model equals its rebuild", async {
            platform.arm(None);
            platform.restart().await;
            load.moved(&platform);
            load.stop().await;
            drained(&Admin::of(&platform).await).await;
            println!("{} payments were accepted while parts were killed", load.accepted());
            everything_adds_up(&mut platform, &load).await;
        })
        .await;
    cases.end();
}

/// Deploys for both organisations, twice; the package id.
fn deployed(network: &Network) -> String {
    let deploy = |organisation: &str| {
        let mut command = Platform::gx(&["fabric", "deploy", "--org", organisation, "--connect"]);
        let output = command.arg(&network.connect).output().expect("gx runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        print!("{text}");
        text
    };
    let package_of = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("package "));
        line.unwrap_or_else(|| panic!("no package id in {text}")).to_owned()
    };
    let organisations = network.organisations();
    let ids: Vec<String> = organisations.iter().map(|one| package_of(&deploy(one))).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "every organisation has the same package id: {ids:?}");
    let again = deploy(&organisations[0]);
    assert!(!again.contains(" now"), "a second run does nothing: {again}");
    assert!(again.contains("is committed"), "{again}");
    ids[0].clone()
}

/// Nobody has used the channel: people of a database that is gone would be in the way of ours.
async fn is_fresh(network: &Network) {
    let ledger = network.ledger();
    let countries = wait_for("the chaincode to answer", PATIENCE, || async {
        ledger.evaluate(Function::ListAllCountries.call(Vec::new())).await.ok()
    })
    .await;
    assert_eq!(
        String::from_utf8_lossy(&countries),
        "[]",
        "the channel has been used: the suite wants a new one (`cargo xtask fabric down`, delete its folder, `up`)"
    );
}

/// What the ledger says and what the pages show after the first start.
async fn is_bootstrapped(platform: &Platform, network: &Network) {
    let ledger = network.ledger();
    let countries = wait_for("234 countries on the ledger", PATIENCE, || async {
        let answer = ledger.evaluate(Function::ListAllCountries.call(Vec::new())).await.ok()?;
        let countries = serde_json::from_slice::<Value>(&answer).unwrap().as_array().unwrap().len();
        (countries == 234).then_some(countries)
    })
    .await;
    let admin = Admin::of(platform).await;
    let status = wait_for("the platform to be operational", PATIENCE, || async {
        let status = admin.api.get("/api/v1/admin/system/status").await.expect(200);
        (status["status"] == "OPERATIONAL").then_some(status)
    })
    .await;
    let info = ledger.info().await.unwrap();
    assert_eq!(status["ledger"]["fingerprint"], info.fingerprint.to_string(), "{status}");
    println!("{countries} countries; fingerprint {}, height {}", info.fingerprint, info.height);
    // There is no embedded ledger, and everyone says so.
    assert!(!Path::new(&platform.data()).join("ledger").exists(), "an embedded ledger was made");
    let channel = network.config().channel;
    let place = format!("Fabric channel {channel} through");
    assert!(platform.log().contains(&place), "gx up names its ledger:\n{}", platform.log());
    wait_until("the status page to name the ledger", PATIENCE, || async {
        platform.api().get("/status").await.expect(200).as_str().is_some_and(|page| page.contains(&place))
    })
    .await;
}

/// The commands so far, each with its transaction and block.
async fn print_commands(admin: &Admin) {
    let page = admin.api.get("/api/v1/admin/outbox?limit=100").await.expect(200);
    let rows = page["items"].as_array().or_else(|| page["commands"].as_array()).cloned().unwrap_or_default();
    assert!(!rows.is_empty(), "{page}");
    for row in rows.iter().rev() {
        let word = |name: &str| row[name].as_str().unwrap_or("–").to_owned();
        println!(
            "{:<24} {:<10} {} block {}",
            word("commandType"),
            word("state"),
            word("transactionId"),
            word("blockNumber")
        );
    }
}

/// People go on paying while something is dead.
async fn accepted_meanwhile(load: &Load) {
    let before = load.accepted();
    wait_until("payments to be accepted", PATIENCE, || async { load.accepted() >= before + MEANWHILE }).await;
}

/// A payment that is accepted from now on settles.
async fn settles_again(load: &Load) {
    let began = Instant::now();
    let before: Vec<String> = load.commands().into_iter().map(|(key, _)| key).collect();
    wait_until("a new payment to settle", PATIENCE, || async {
        for (key, command) in load.commands().into_iter().filter(|(key, _)| !before.contains(key)) {
            let path = format!("/api/v1/transfers/{command}/status");
            let view = load.api_of(load.payer_of(&key)).try_get(&path).await;
            if view.is_some_and(|view| view.body["status"] == "CONFIRMED") {
                return true;
            }
        }
        false
    })
    .await;
    println!("new payments settle {} ms after it was started again", began.elapsed().as_millis());
}

/// Restarts the platform with an armed point and waits until it dies there.
async fn killed_at(point: &str, platform: &mut Platform, load: &Load) {
    // Not the first time, so that others are under way.
    platform.arm(Some(&format!("{point}:8")));
    if platform.try_restart().await {
        load.moved(platform);
    }
    wait_until(&format!("the platform to die at {point}"), PATIENCE, || {
        let ended = platform.has_ended();
        async move { ended }
    })
    .await;
    let hit = std::fs::read_to_string(platform.failpoint_file()).unwrap_or_default();
    assert_eq!(hit, point, "{point} was not hit");
}

/// Nothing waits in the outbox, and nothing has been given up.
async fn drained(admin: &Admin) {
    wait_until("the outbox to be empty", PATIENCE, || async {
        let status = admin.api.get("/api/v1/admin/system/status").await.expect(200);
        let waits = |what: &str| status["outbox"][what].as_u64().unwrap();
        assert_eq!(waits("dead"), 0, "{status}");
        ["pending", "submitting", "submitted", "unprojected"].into_iter().all(|what| waits(what) == 0)
    })
    .await;
}
