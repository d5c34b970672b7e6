//! The chain against the contracts on their own: what is valid in it, run one after the other in memory, comes to the
//! same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use gx_contracts::testing::MemoryLedger;
use gx_contracts::{Call, Function, InvokeError};
use gx_ledger::{EmbeddedLedger, Ledger, Outcome, Prepared, Settled};
use gx_types::{Qirat, TxId};
use proptest::prelude::*;

use crate::support::*;

const PEOPLE: u64 = 6;

/// Something that a client does.
#[derive(Debug, Clone)]
enum Step {
    /// Pays in one call.
    Submit(Call),
    /// Prepares several at one height, then sends them in reverse, one of them twice.
    Together(Vec<Call>),
    /// Ends the process and starts it again.
    Restart,
}

fn call() -> impl Strategy<Value = Call> {
    // Few people, few keys, some amounts that nobody has: conflicts, replays, reuse and refusals all come up.
    (0..PEOPLE, 0..PEOPLE, prop_oneof![1..5_000_u64, Just(600_000_000)], 0..40_u32)
        .prop_map(|(from, to, amount, key)| payment(from, to, amount, &format!("key-{key}")))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => call().prop_map(Step::Submit),
        4 => prop::collection::vec(call(), 1..6).prop_map(Step::Together),
        1 => Just(Step::Restart),
    ]
}

/// Does a step and returns the calls of committed transactions by id.
async fn perform(ledger: &EmbeddedLedger, step: &Step, calls: &mut BTreeMap<TxId, Call>) {
    match step {
        Step::Submit(call) => match ledger.submit(proposal(call.clone()), WAIT).await.unwrap() {
            Settled::Committed(committed) => {
                calls.insert(committed.tx_id, call.clone());
            }
            Settled::Replayed(_) | Settled::Refused(_) => {}
            other => panic!("{other:?}"),
        },
        Step::Together(together) => {
            let mut envelopes = Vec::new();
            for call in together {
                match ledger.prepare(proposal(call.clone())).await.unwrap() {
                    Prepared::Envelope(envelope) => {
                        calls.insert(envelope.tx_id, call.clone());
                        envelopes.push(envelope);
                    }
                    Prepared::Replayed(_) | Prepared::Refused(_) => {}
                }
            }
            if let Some(twice) = envelopes.first().cloned() {
                envelopes.push(twice);
            }
            for envelope in envelopes.iter().rev() {
                ledger.send(envelope).await.unwrap();
            }
            let outcomes = join_all(envelopes.iter().map(|envelope| ledger.outcome(&envelope.tx_id, WAIT))).await;
            assert!(outcomes.into_iter().all(|outcome| outcome.unwrap() != Outcome::Unknown));
        }
        Step::Restart => {}
    }
}

async fn check(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut seed = 1;
    let mut ledger = open(folder.path(), seed);
    populate(&ledger, PEOPLE).await;
    let start = ledger.info().await.unwrap().height;
    let mut calls = BTreeMap::new();
    for step in &steps {
        if matches!(step, Step::Restart) {
            drop(ledger);
            seed += 1;
            ledger = open(folder.path(), seed);
        }
        perform(&ledger, step, &mut calls).await;
    }

    // The same in memory, in the chain's order.
    let mut memory = MemoryLedger::ready(NOW).unwrap();
    for number in 0..PEOPLE {
        memory.submit(&gx_contracts::testing::create_user(&person(number), 36, number as u16)).unwrap();
    }
    let height = ledger.info().await.unwrap().height;
    let blocks: Vec<_> = ledger.blocks(0).take(height as usize + 1).map(Result::unwrap).collect().await;
    for tx in blocks.iter().skip(start as usize + 1).flat_map(|block| &block.transactions) {
        if tx.is_valid() {
            let (receipt, events) = memory.submit(&calls[&tx.tx_id]).unwrap();
            assert_eq!(Some(receipt.result), tx.receipt.as_ref().map(|receipt| receipt.result.clone()));
            assert_eq!(events.len(), tx.events.len());
        }
    }
    for number in 0..PEOPLE {
        let expected: Qirat = memory.query(Function::GetBalance, &[person(number).as_str()]).unwrap();
        assert_eq!(balance(&ledger, number).await.unwrap(), expected.get());
    }
    // What is refused now is refused there too, with the same code.
    let probe = payment(0, 1, 900_000_000_000, "probe");
    let Settled::Refused(refusal) = ledger.submit(proposal(probe.clone()), Duration::from_secs(5)).await.unwrap()
    else {
        panic!("more than there is was paid");
    };
    let Err(InvokeError::Refused(expected)) = memory.simulate(&probe) else { panic!("more than there is was paid") };
    assert_eq!(refusal.code, expected.code);
    ledger.verify(|_| {}).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_chain_is_a_serial_history(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        runtime.block_on(check(steps));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_of_balances_are_told_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    populate(&ledger, 2).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(settle(&ledger, payment(0, 1, 100, &format!("h-{number}"))).await.tx_id);
    }
    drop(ledger);
    let ledger = Arc::new(open(folder.path(), 2));
    let answer = ledger.evaluate(Function::GetTransactionHistory.call(vec![person(1).to_string()])).await.unwrap();
    let lines: Vec<serde_json::Value> = serde_json::from_slice(&answer).unwrap();
    assert_eq!(lines.len(), 6, "five payments and the grant: {lines:?}");
    let told: Vec<_> = lines.iter().take(5).map(|line| line["txId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ids.iter().rev().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(lines[0]["balance"], (500_000_000 + 500).to_string());
}
