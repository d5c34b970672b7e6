//! Against the embedded ledger.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gx_base::{SystemClock, SystemEntropy};
use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Command, CountryShare};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions};
use gx_outbox_submitter::SubmitterOptions;
use gx_store::testing::TestStore;
use gx_types::{AccountType, EnvName, GxId, LedgerKey, OutboxState, ProfileId, Qirat, Sex, Sha256Hex};

use crate::scene::{Scene, eventually};

fn person(number: u64) -> GxId {
    let born = "1990-03-15".parse().unwrap();
    GxId::generate("US".parse().unwrap(), born, Sex::Male, AccountType::INDIVIDUAL, number).unwrap()
}

fn request(text: String) -> LedgerKey {
    text.parse().unwrap()
}

fn register(number: u64) -> Command {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    Command::CreateUser {
        profile_id: ProfileId::from_uuid(uuid::Uuid::from_u128(u128::from(number))),
        user_id: person(number),
        document_hash: Sha256Hex::from_bytes(hash),
        nationality: "US".parse().unwrap(),
        age: 36,
        shard: 0,
        request: request(format!("registration-{number}")),
    }
}

fn pay(from: u64, to: u64, number: u64) -> Command {
    Command::TransferTokens {
        profile_id: ProfileId::from_uuid(uuid::Uuid::from_u128(u128::from(from))),
        from: person(from),
        to: person(to),
        amount: Qirat::new(1_000).unwrap(),
        fee: Qirat::ZERO,
        transaction_type: gx_contracts::fees::TransactionType::P2P,
        remark: "for you".to_owned(),
        request: request(format!("payment-{number}")),
    }
}

async fn set_up(scene: &Scene, people: u64) {
    scene.enqueue(Command::BootstrapSystem).await;
    let countries = COUNTRIES
        .iter()
        .map(|country| CountryShare { code: country.code.parse().unwrap(), share_e8: country.share_e8 })
        .collect();
    let countries =
        scene.enqueue(Command::InitializeCountryData { countries, request: request("all".to_owned()) }).await;
    scene.wait_for(countries, &[OutboxState::Committed]).await;
    let mut last = None;
    for number in 0..people {
        last = Some(scene.enqueue(register(number)).await);
    }
    if let Some(last) = last {
        scene.wait_for(last, &[OutboxState::Committed]).await;
    }
    all_done(scene).await;
}

async fn all_done(scene: &Scene) {
    eventually("the queue is empty", async || {
        let depth = gx_store::outbox::depth(scene.store.read()).await.unwrap();
        assert_eq!(depth.dead, 0);
        depth.pending + depth.submitting + depth.submitted == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_register_and_pay_through_the_outbox() {
    for test in TestStore::each().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions::of(EnvName::Devnet);
        let ledger =
            EmbeddedLedger::open(folder.path(), options, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
        let mut scene = Scene::new(&test.store, Arc::new(ledger));
        scene.options = SubmitterOptions { shutdown_grace: Duration::from_secs(2), ..SubmitterOptions::default() };
        let running = scene.start();
        set_up(&scene, 20).await;
        let mut payments = Vec::new();
        for number in 0..100 {
            payments.push(scene.enqueue(pay(number % 20, (number + 7) % 20, number)).await);
        }
        let refused = scene.enqueue(Command::ResumeSystem { request: request("x".to_owned()) }).await;
        for payment in &payments {
            let row = scene.wait_for(*payment, &[OutboxState::Committed]).await;
            assert_eq!(row.attempts, 1, "conflict keys keep payments from disturbing each other");
        }
        let row = scene.wait_for(refused, &[OutboxState::Failed]).await;
        assert_eq!(row.error_code.as_deref(), Some("NOT_PAUSED"));
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_about_people_sit_out_a_pause_of_the_ledger() {
    for test in TestStore::each().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions::of(EnvName::Devnet);
        let ledger =
            EmbeddedLedger::open(folder.path(), options, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
        let mut scene = Scene::new(&test.store, Arc::new(ledger));
        scene.options = SubmitterOptions { shutdown_grace: Duration::from_secs(2), ..SubmitterOptions::default() };
        let running = scene.start();
        set_up(&scene, 2).await;
        let freeze = |number: u64| Command::FreezeWallet {
            profile_id: ProfileId::from_uuid(uuid::Uuid::from_u128(u128::from(number))),
            user_id: person(number),
            reason: "COURT_ORDER".to_owned(),
            request: request(format!("freeze-{number}")),
        };
        let reason = "an audit of the ledger".to_owned();
        let pause = scene.enqueue(Command::PauseSystem { reason, request: request("pause".to_owned()) }).await;
        scene.wait_for(pause, &[OutboxState::Committed]).await;
        let decisions = [scene.enqueue(register(2)).await, scene.enqueue(freeze(0)).await];
        let activate = Command::ActivateTreasury { country: "GB".parse().unwrap(), request: request("gb".to_owned()) };
        let other = scene.enqueue(activate).await;
        scene.wait_for(other, &[OutboxState::Failed]).await;
        for decision in decisions {
            eventually("the decision sits out the pause", async || {
                let row = scene.row(decision).await;
                row.state.0 == OutboxState::Pending && row.error_code.as_deref() == Some("SYSTEM_PAUSED")
            })
            .await;
        }
        // A pause does not hold up its own end.
        let resume = scene.enqueue(Command::ResumeSystem { request: request("resume".to_owned()) }).await;
        scene.wait_for(resume, &[OutboxState::Committed]).await;
        for decision in decisions {
            let row = scene.wait_for(decision, &[OutboxState::Committed]).await;
            assert_eq!(row.error_code, None);
        }
        all_done(&scene).await;
        running.stop().await;
    }
}

/// Prints how many payments a second go from the queue to COMMITTED. For a release build:
/// `cargo nextest run --release -p gx-outbox-submitter --run-ignored only throughput --no-capture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn throughput_of_the_outbox_on_sqlite() {
    let people: u64 = 2_000;
    let payments: u64 = 20_000;
    let test = TestStore::sqlite().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::of(EnvName::Devnet);
    let ledger = EmbeddedLedger::open(folder.path(), options, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let mut scene = Scene::new(&test.store, Arc::new(ledger));
    scene.options = SubmitterOptions::default();
    let running = scene.start();
    let began = Instant::now();
    set_up(&scene, people).await;
    println!("{people} registrations in {:?}", began.elapsed());
    running.stop().await;
    let began = Instant::now();
    let scene = Arc::new(scene);
    let mut producers = Vec::new();
    for producer in 0..64 {
        let scene = scene.clone();
        producers.push(tokio::spawn(async move {
            let mut number = producer;
            while number < payments {
                scene.enqueue(pay(number % people, (number * 7 + 1) % people, number)).await;
                number += 64;
            }
        }));
    }
    for producer in producers {
        producer.await.unwrap();
    }
    println!("{payments} payments enqueued in {:?}", began.elapsed());
    let began = Instant::now();
    let running = scene.start();
    let depth = async || gx_store::outbox::depth(scene.store.read()).await.unwrap();
    loop {
        let depth = depth().await;
        if depth.pending + depth.submitting + depth.submitted == 0 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(300), "{depth:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    println!("{payments} payments committed in {took:?}: {} a second", u128::from(payments) * 1_000 / took.as_millis());
    running.stop().await;
}
