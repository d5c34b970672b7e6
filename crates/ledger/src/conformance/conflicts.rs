//! What happens to transactions that were prepared at the same time.

use std::time::Duration;

use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use gx_contracts::{Event, EventBody, Function, RefusalCode, void_key_call};
use gx_types::{AccountId, GxId, SystemAccount};

use super::suite::{Failure, Suite, ensure, qirat};
use crate::block::TxCode;
use crate::fixture::pay;
use crate::transaction::{Envelope, KeyState, Outcome, Prepared};

/// Envelopes sent and waited for at a time; Fabric's gateways refuse more than 500.
const IN_FLIGHT: usize = 256;

fn pair(people: &[GxId]) -> Result<(&GxId, &GxId), Failure> {
    match people {
        [a, b, ..] => Ok((a, b)),
        _ => Err(Failure::new("nobody was registered")),
    }
}

pub(super) async fn a_transaction_id_counts_once(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(2).await?;
    let (from, to) = pair(&people)?;
    let before = suite.balance(to).await?.get();
    let envelope = suite.envelope(pay(from, to, qirat(300)?, &suite.key("once"))).await?;
    suite.ledger.send(&envelope).await?;
    suite.ledger.send(&envelope).await?;
    let first = suite.committed(&envelope).await?;
    suite.ledger.send(&envelope).await?;

    // Something else that is sent later is settled later: the copies have been dealt with by then.
    let people = suite.people(2).await?;
    let (a, b) = pair(&people)?;
    suite.settle(pay(a, b, qirat(100)?, &suite.key("after"))).await?;
    let again = suite.ledger.outcome(&envelope.tx_id, Duration::ZERO).await?;
    ensure!(again == Outcome::Committed(first.clone()), "after copies the outcome is {again:?}");
    ensure!(suite.balance(to).await?.get() == before + 300, "a copy moved coins");

    // Where copies are recorded, they are recorded as duplicates, without events.
    let height = suite.height().await?;
    let mut blocks = suite.ledger.blocks(first.block);
    for _ in first.block..=height {
        let Some(block) = blocks.next().await else { return Err(Failure::new("the stream of blocks ended")) };
        let block = block?;
        for (position, tx) in block.transactions.iter().enumerate() {
            let is_first = block.number == first.block && position as u32 == first.position;
            if tx.tx_id == envelope.tx_id && !is_first {
                ensure!(tx.code == TxCode::DuplicateTxId, "a copy is {}", tx.code);
                ensure!(tx.events.is_empty() && tx.receipt.is_none(), "a copy has events");
            }
        }
    }
    Ok(())
}

pub(super) async fn of_two_that_read_the_same_one_is_invalid(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(3).await?;
    let [from, b, c] = people.as_slice() else { return Err(Failure::new("nobody was registered")) };
    let before = suite.balance(from).await?.get();
    let loser_key = suite.key("loser");
    let winner = suite.envelope(pay(from, b, qirat(100)?, &suite.key("winner"))).await?;
    let loser = suite.envelope(pay(from, c, qirat(100)?, &loser_key)).await?;
    suite.ledger.send(&winner).await?;
    suite.committed(&winner).await?;
    suite.ledger.send(&loser).await?;
    let outcome = suite.outcome(&loser).await?;
    let Outcome::Invalid { block, code: TxCode::MvccReadConflict } = outcome else {
        return Err(Failure::new(format!("the second is {outcome:?}")));
    };
    ensure!(suite.ledger.receipt_of(&loser_key).await?.is_none(), "an invalid transaction has a receipt");
    let paid = before - suite.balance(from).await?.get();
    ensure!((100..=102).contains(&paid), "{paid} were paid");
    let Some(block) = suite.ledger.blocks(block).next().await else { return Err(Failure::new("no block")) };
    let block = block?;
    let Some(tx) = block.transactions.iter().find(|tx| tx.tx_id == loser.tx_id) else {
        return Err(Failure::new("the invalid transaction is not in its block"));
    };
    ensure!(!tx.is_valid() && tx.events.is_empty() && tx.receipt.is_none(), "an invalid transaction has events");
    ensure!(tx.key == loser_key, "the invalid transaction has another key");
    Ok(())
}

pub(super) async fn an_invalid_one_may_be_prepared_anew(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(3).await?;
    let [from, b, c] = people.as_slice() else { return Err(Failure::new("nobody was registered")) };
    let call = pay(from, c, qirat(100)?, &suite.key("anew"));
    let old = suite.envelope(call.clone()).await?;
    suite.settle(pay(from, b, qirat(100)?, &suite.key("before"))).await?;
    suite.ledger.send(&old).await?;
    let outcome = suite.outcome(&old).await?;
    ensure!(matches!(outcome, Outcome::Invalid { .. }), "the old envelope is {outcome:?}");
    let fresh = suite.settle(call.clone()).await?;
    let replayed = suite.ledger.prepare(suite.proposal(call)).await?;
    ensure!(replayed == Prepared::Replayed(fresh), "repeated, it is {replayed:?}");
    Ok(())
}

pub(super) async fn a_voided_key_stops_an_old_envelope(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(2).await?;
    let (from, to) = pair(&people)?;
    let key = suite.key("void");
    let call = pay(from, to, qirat(100)?, &key);
    let old = suite.envelope(call.clone()).await?;
    let voided = suite.settle(void_key_call(&key)).await?;
    suite.ledger.send(&old).await?;
    let outcome = suite.outcome(&old).await?;
    ensure!(
        matches!(outcome, Outcome::Invalid { code: TxCode::MvccReadConflict, .. }),
        "an envelope whose key was voided is {outcome:?}"
    );
    let state = suite.ledger.receipt_of(&key).await?;
    ensure!(state == Some(KeyState::Void { tx_id: voided.tx_id }), "under the key is {state:?}");
    let prepared = suite.ledger.prepare(suite.proposal(call)).await?;
    ensure!(
        matches!(&prepared, Prepared::Refused(refusal) if refusal.code == RefusalCode::KeyVoided),
        "under a voided key a payment is {prepared:?}"
    );
    Ok(())
}

pub(super) async fn the_same_command_twice_acts_once(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(2).await?;
    let (from, to) = pair(&people)?;
    let before = suite.balance(to).await?.get();
    let call = pay(from, to, qirat(400)?, &suite.key("twice"));
    // Two submitters prepare the same command before either has sent it.
    let (one, two) = (suite.envelope(call.clone()).await?, suite.envelope(call).await?);
    ensure!(one.tx_id != two.tx_id, "two envelopes have one transaction id");
    suite.ledger.send(&one).await?;
    suite.ledger.send(&two).await?;
    let outcomes = (suite.outcome(&one).await?, suite.outcome(&two).await?);
    let valid = [&outcomes.0, &outcomes.1].iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count();
    ensure!(valid == 1, "the outcomes are {outcomes:?}");
    ensure!(suite.balance(to).await?.get() == before + 400, "it acted twice");
    Ok(())
}

/// The delta entries of fees in a transaction's events.
fn fee_entries(events: &[Event]) -> impl Iterator<Item = String> {
    events.iter().filter_map(|event| match &event.body {
        EventBody::TransferCompleted { fee_credit: Some(credit), .. } => Some(credit.delta_key.clone()),
        _ => None,
    })
}

pub(super) async fn disjoint_work_does_not_conflict(suite: &Suite) -> Result<(), Failure> {
    // 1. Fees that wait to be swept.
    let payers = suite.people(2).await?;
    let (a, b) = pair(&payers)?;
    let mut entries = Vec::new();
    for _ in 0..5 {
        let committed = suite.settle(pay(a, b, qirat(200)?, &suite.key("fee"))).await?;
        let Some(block) = suite.ledger.blocks(committed.block).next().await else {
            return Err(Failure::new("no block"));
        };
        let block = block?;
        let tx = block.transactions.iter().find(|tx| tx.tx_id == committed.tx_id);
        entries.extend(fee_entries(tx.map(|tx| tx.events.as_slice()).unwrap_or_default()));
    }
    ensure!(entries.len() == 5, "{} fees wait", entries.len());

    // 2. Everything at one height: payments between people who have nothing to do with each other, registrations of one
    // large country on all its shards, and the sweep.
    let people = suite.people(suite.crowd * 2).await?;
    let mut calls = Vec::new();
    for couple in people.chunks_exact(2) {
        let (from, to) = pair(couple)?;
        calls.push(pay(from, to, qirat(200)?, &suite.key("disjoint")));
    }
    for shard in 0..64 {
        calls.push(suite.registration(&suite.stranger("IN")?, shard));
    }
    let entries = serde_json::to_string(&entries).map_err(|error| Failure::new(error.to_string()))?;
    let fund = AccountId::System(SystemAccount::OperationsFund).to_string();
    calls.push(Function::SweepDeltas.call(vec![fund, entries, suite.key("sweep").to_string()]));

    let height = suite.height().await?;
    let envelopes: Vec<Envelope> =
        stream::iter(calls).map(|call| suite.envelope(call)).buffered(IN_FLIGHT).try_collect().await?;
    ensure!(suite.height().await? == height, "the ledger grew while everything was prepared");

    // 3. All of it commits, in whatever order.
    for some in envelopes.chunks(IN_FLIGHT) {
        try_join_all(some.iter().rev().map(|envelope| async move {
            suite.ledger.send(envelope).await?;
            suite.committed(envelope).await
        }))
        .await?;
    }
    Ok(())
}
