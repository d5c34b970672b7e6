//! Many payments at once on a real network: every one of them acts once, whatever happens to the network meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream;
use gx_base::{Clock, EntropyExt, SystemClock, SystemEntropy};
use gx_contracts::{Call, Function};
use gx_fabric::client::FabricLedger;
use gx_ledger::{Ledger, LedgerErrorClass, Proposal, Settled, TxCode};
use gx_types::{AccountType, GxId, LedgerKey, Qirat, Sex, Sha256Hex};
use sha2::{Digest, Sha256};

use crate::network::{config, ledger, material};

/// Couples that pay at the same time.
const COUPLES: u16 = 64;

/// Payments of each couple, one after the other.
const PAYMENTS: u64 = 10;

/// What each payment moves, Q: local and small, so that there is no fee.
const AMOUNT: u64 = 100;

/// Longest time for one payment, tries included.
const PATIENCE: Duration = Duration::from_secs(180);

/// Submits until it is settled: again after a conflict, an unknown outcome or a broken connection, always under its key.
async fn settle(ledger: &FabricLedger, call: Call) {
    let begin = Instant::now();
    loop {
        let proposal = Proposal { call: call.clone(), timestamp: SystemClock.now() };
        match ledger.submit(proposal, Duration::from_secs(10)).await {
            Ok(Settled::Committed(_) | Settled::Replayed(_)) => return,
            Ok(Settled::Unknown { .. } | Settled::Invalid { code: TxCode::MvccReadConflict, .. }) => {}
            Err(error) if error.class() == LedgerErrorClass::Transport => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            other => panic!("{}: {other:?}", call.function),
        }
        assert!(begin.elapsed() < PATIENCE, "{} took too long", call.function);
    }
}

fn person() -> GxId {
    let random = SystemEntropy.number();
    GxId::generate("US".parse().unwrap(), "1990-01-01".parse().unwrap(), Sex::Male, AccountType::INDIVIDUAL, random)
        .unwrap()
}

fn registration(id: &GxId, shard: u16) -> Call {
    let age = id.birth().unwrap().0.age_at(SystemClock.now()).unwrap();
    let hash = Sha256Hex::from_bytes(Sha256::digest(id.as_str().as_bytes()).into());
    let key = LedgerKey::prefixed("load", &id.as_str().replace(' ', "."));
    let args = [id.as_str(), &hash.to_string(), "US", &age.to_string(), &shard.to_string(), key.as_str()];
    Function::CreateUser.call(args.map(str::to_owned).to_vec())
}

async fn balance(ledger: &FabricLedger, id: &GxId) -> u64 {
    let answer = ledger.evaluate(Function::GetBalance.call(vec![id.to_string()])).await.unwrap();
    serde_json::from_slice::<Qirat>(&answer).unwrap().get()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_payment_acts_once() {
    let Some(material) = material("every_payment_acts_once") else { return };
    let ledger = Arc::new(ledger(&material, config(&material)));
    let couples: Vec<(GxId, GxId)> = (0..COUPLES).map(|_| (person(), person())).collect();
    let people = couples.iter().flat_map(|(from, to)| [from, to]).zip((0..64).cycle());
    stream::iter(people).for_each_concurrent(32, |(id, shard)| settle(&ledger, registration(id, shard))).await;
    let (from, to) = couples.first().unwrap();
    let before = (balance(&ledger, from).await, balance(&ledger, to).await);

    let begin = Instant::now();
    let mut times: Vec<Duration> = stream::iter(&couples)
        .map(|(from, to)| {
            let ledger = Arc::clone(&ledger);
            async move {
                let mut times = Vec::new();
                for number in 0..PAYMENTS {
                    let key = LedgerKey::prefixed("load", &format!("{}.{number}", from.as_str().replace(' ', ".")));
                    let args = [from.as_str(), to.as_str(), &AMOUNT.to_string(), "P2P", "load", key.as_str()];
                    let start = Instant::now();
                    settle(&ledger, Function::TransferWithFees.call(args.map(str::to_owned).to_vec())).await;
                    times.push(start.elapsed());
                }
                times
            }
        })
        .buffer_unordered(usize::from(COUPLES))
        .concat()
        .await;
    let took = begin.elapsed();
    times.sort_unstable();
    let per_second = times.len() as u128 * 1_000 / took.as_millis().max(1);
    println!(
        "{} payments, {COUPLES} in flight: {per_second} per second, p50 {} ms, p95 {} ms",
        times.len(),
        times[times.len() / 2].as_millis(),
        times[times.len() * 95 / 100].as_millis()
    );
    for (from, to) in &couples {
        let after = (balance(&ledger, from).await, balance(&ledger, to).await);
        let moved = AMOUNT * PAYMENTS;
        assert_eq!(after, (before.0 - moved, before.1 + moved), "{from} pays {to}");
    }
}
