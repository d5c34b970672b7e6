//! 1,000 payments between 400 people from 64 clients at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream;
use gx_cli::args::Place;
use gx_cli::crowd::{self, Member};
use gx_contracts::Function;
use gx_ledger::Ledger;
use gx_tests::{Api, Platform, qirat, wait_for};
use gx_types::{EnvName, Qirat};
use serde_json::json;

use super::network::Network;

const PEOPLE: usize = 400;
const PAYMENTS: usize = 1_000;
const CLIENTS: usize = 64;
const GRANT: u64 = 500_000_000;
/// A payment may take so long on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(300);
/// Answers of the ledger that are asked for at the same time.
const QUESTIONS: usize = 32;

/// The payment of a number: who, to whom, how much. Those who pay at about the same time share nobody.
fn payment(number: usize) -> (usize, usize, u64) {
    let from = number % PEOPLE;
    let to = (from + PEOPLE / 2 + 17 * (number / PEOPLE)) % PEOPLE;
    (from, to, 101 + (number % 800) as u64)
}

/// Amounts are small, so only the border counts.
fn fee(from: &Member, to: &Member) -> u64 {
    if from.gx_id[..2] == to.gx_id[..2] { 0 } else { 2 }
}

/// The greatest number of something that was there at one time.
#[derive(Default)]
struct Level {
    now: AtomicUsize,
    greatest: AtomicUsize,
}

impl Level {
    fn rise(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.greatest.fetch_max(now, Ordering::SeqCst);
    }

    fn fall(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Registers the people, lets them pay, and compares what everyone has with the ledger and with what was paid.
pub async fn at_once(platform: &Platform, network: &Network, settings: BTreeMap<String, String>) {
    let place = Place { env: EnvName::Devnet, data: Some(platform.data()) };
    let began = Instant::now();
    let members = crowd::register(&place, settings, PEOPLE as u64).await.unwrap();
    println!("{PEOPLE} people registered on the ledger after {} ms", began.elapsed().as_millis());
    let apis: Vec<Api> = members.iter().map(|member| platform.api().with_token(&member.token)).collect();

    let (level, began) = (Arc::new(Level::default()), Instant::now());
    let submitter = Api::at(platform.address("outbox-submitter"));
    let paid = stream::iter(0..PAYMENTS).map(|number| {
        let (level, members, apis) = (Arc::clone(&level), &members, &apis);
        async move {
            let (from, to, amount) = payment(number);
            let began = Instant::now();
            level.rise();
            let view = pay(&apis[from], &members[to], amount, number).await;
            level.fall();
            let place = (view["result"]["transactionId"].to_string(), view["result"]["blockNumber"].to_string());
            (began.elapsed(), number, place)
        }
    });
    let measured = async {
        let mut greatest = 0;
        loop {
            greatest = greatest.max(in_flight(&submitter).await);
            if level.greatest.load(Ordering::SeqCst) > 0 && level.now.load(Ordering::SeqCst) == 0 {
                return greatest;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (mut paid, of_submitter) = tokio::join!(paid.buffer_unordered(CLIENTS).collect::<Vec<_>>(), measured);
    let took = began.elapsed();
    paid.sort_unstable_by_key(|(time, ..)| *time);
    println!(
        "{PAYMENTS} payments between {PEOPLE} people from {CLIENTS} clients in {} ms, {} per second; p50 {} ms, p95 {} ms",
        took.as_millis(),
        PAYMENTS as u128 * 1_000 / took.as_millis().max(1),
        paid[PAYMENTS / 2].0.as_millis(),
        paid[PAYMENTS * 95 / 100].0.as_millis(),
    );
    println!(
        "greatest number in flight: {} at the clients, {of_submitter} seen at the submitter",
        level.greatest.load(Ordering::SeqCst)
    );
    for wanted in [0, PAYMENTS - 1] {
        let (_, number, (tx_id, block)) = paid.iter().find(|(_, number, _)| *number == wanted).unwrap();
        println!("payment {number}: transaction {tx_id}, block {block}");
    }
    assert_eq!(level.greatest.load(Ordering::SeqCst), CLIENTS, "all clients paid at once");
    everyone_has_what_was_paid(network, &members, &apis).await;
}

/// Pays, and waits until the read model shows it.
async fn pay(api: &Api, to: &Member, amount: u64, number: usize) -> serde_json::Value {
    let body = json!({ "toID": to.gx_id, "amount": amount.to_string(), "reason": format!("payment {number}") });
    let request = api
        .request(reqwest::Method::POST, "/api/v1/transfers")
        .header("idempotency-key", format!("suite-payment-{number}"))
        .header("prefer", "wait=20")
        .json(&body);
    let reply = api.send(reqwest::Method::POST, "/api/v1/transfers", request).await;
    assert!([200, 202].contains(&reply.status), "{reply:?}");
    let command = reply.body["commandId"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/transfers/{command}/status");
    let view = wait_for(&format!("payment {number} to settle"), PATIENCE, || async {
        let view = api.get(&path).await.expect(200);
        ["CONFIRMED", "FAILED"].contains(&view["status"].as_str().unwrap()).then_some(view)
    })
    .await;
    assert_eq!(view["status"], "CONFIRMED", "payment {number}: {view}");
    view
}

/// To the last Qirat, in the read model and on the ledger.
async fn everyone_has_what_was_paid(network: &Network, members: &[Member], apis: &[Api]) {
    let mut expected = vec![GRANT; PEOPLE];
    let mut fees = 0;
    for number in 0..PAYMENTS {
        let (from, to, amount) = payment(number);
        let fee = fee(&members[from], &members[to]);
        expected[from] -= amount + fee;
        expected[to] += amount;
        fees += fee;
    }
    let ledger = network.ledger();
    let found: Vec<(usize, u64, u64)> = stream::iter(members.iter().zip(apis).enumerate())
        .map(|(number, (member, api))| {
            let ledger = &ledger;
            async move {
                let reply = api.get(&format!("/api/v1/wallets/{}/balance", member.profile_id)).await.expect(200);
                let answer = ledger.evaluate(Function::GetBalance.call(vec![member.gx_id.clone()])).await.unwrap();
                let on_ledger = serde_json::from_slice::<Qirat>(&answer).unwrap().get();
                (number, qirat(&reply["balance"]["balance"]), on_ledger)
            }
        })
        .buffer_unordered(QUESTIONS)
        .collect()
        .await;
    for (number, projected, on_ledger) in &found {
        assert_eq!((*projected, *on_ledger), (expected[*number], expected[*number]), "person {number}");
    }
    let has: u64 = found.iter().map(|(_, projected, _)| projected).sum();
    assert_eq!(has + fees, GRANT * PEOPLE as u64, "coins are neither made nor lost");
    println!("{PEOPLE} balances are the same on the ledger, in the read model and by the payments; fees {fees} Q");
}

/// Commands in the hands of the submitter, as its metrics say.
async fn in_flight(submitter: &Api) -> usize {
    let text = submitter.get("/metrics").await.expect(200);
    let text = text.as_str().unwrap_or_default().to_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("gx_outbox_in_flight "));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
