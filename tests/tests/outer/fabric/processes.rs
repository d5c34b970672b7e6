//! Every component in a process of its own, with the embedded ledger behind its Gateway endpoint: no `gx up` anywhere.

use std::process::Command;

use gx_tests::{Admin, Api, Database, Platform, SETTLE_LIMIT, START_LIMIT, wait_for, wait_until};

use super::ledger::LedgerProcess;
use crate::journeys::granted_people_pay;
use crate::load::{Load, everything_adds_up};

#[tokio::test(flavor = "multi_thread")]
async fn workers_in_processes_of_their_own_share_one_ledger_and_do_everything_once() {
    let database = if Database::all().contains(&Database::Postgres) { Database::Postgres } else { Database::Sqlite };
    let ledger = LedgerProcess::start().await;
    ledger.tells_how_it_is().await;
    let connect = ledger.connect().display().to_string();

    // 1. Two submitters, two projectors, the services and the edge; the ledger is bound and bootstrapped by them.
    let mut platform =
        Platform::on(database).env("GX_FABRIC_CONNECT", &connect).env("OUTBOX_LEASE_SECONDS", "2").served(2, 2).await;
    let admin = Admin::of(&platform).await;
    let status = admin.api.get("/api/v1/admin/system/status").await.expect(200);
    assert_eq!(status["status"], "OPERATIONAL", "{status}");

    // 2. People join and pay, and go on while one submitter and one projector are killed.
    granted_people_pay(&platform, &admin, &[200]).await;
    let load = Load::start(&platform).await;
    for worker in ["outbox-submitter-0", "projector-0"] {
        let enough = load.accepted() + 10;
        wait_until("payments to be accepted", SETTLE_LIMIT * 2, || async { load.accepted() >= enough }).await;
        platform.kill_served(worker);
    }
    let enough = load.accepted() + 20;
    wait_until("payments to be accepted", SETTLE_LIMIT * 2, || async { load.accepted() >= enough }).await;
    load.stop().await;

    // 3. A worker that is led to another ledger does nothing, is not ready and says why.
    let other = LedgerProcess::start().await;
    let scratch = tempfile::tempdir().unwrap();
    for worker in ["outbox-submitter", "projector"] {
        let log = scratch.path().join(worker);
        let file = std::fs::File::create(&log).unwrap();
        let mut command = platform.served_command(worker);
        command.env("GX_FABRIC_CONNECT", other.connect()).stdout(file.try_clone().unwrap()).stderr(file);
        let mut child = command.spawn().expect("gx runs");
        let address = wait_for(&format!("{worker} to tell its address"), START_LIMIT, || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            async move {
                text.lines().find_map(|line| line.split_once(" at http://").map(|(_, told)| format!("http://{told}")))
            }
        })
        .await;
        let api = Api::at(address);
        wait_until(&format!("{worker} to say that it is another ledger"), SETTLE_LIMIT, || async {
            let health = api.get("/health").await.expect(200);
            let mut dependencies = health["dependencies"].as_array().unwrap().iter();
            let ledger = dependencies.find(|dependency| dependency["name"] == "ledger").unwrap();
            ledger["state"] == "down"
                && ledger["reason"].as_str().unwrap_or_default().contains("is bound to the ledger")
        })
        .await;
        assert_eq!(api.get("/readyz").await.status, 503, "{worker}");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    // 4. Without a network there is no worker, and what is missing is named.
    let mut command = platform.served_command("projector");
    refused(command.env_remove("GX_FABRIC_CONNECT"), "no setting names the ledger");
    let mut command = platform.served_command("outbox-submitter");
    refused(command.env_remove("GX_FABRIC_CONNECT").env("FABRIC_MSP_ID", "Org1DevnetMSP"), "FABRIC_PEER_ENDPOINT");

    // 5. Nothing was lost or done twice; chain and read model are verified through the process that holds the file.
    everything_adds_up(&mut platform, &load).await;
    let output = Platform::gx(&["ledger", "verify"]).env("GX_DATA", ledger.data()).env("GX_ENV", "devnet").output();
    let output = output.expect("gx runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("as its Gateway endpoint shows it"), "{output:?}");
}

fn refused(command: &mut Command, words: &str) {
    let output = command.output().expect("gx runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(words), "{said}");
}
