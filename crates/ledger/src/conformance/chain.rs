//! The chain as its followers see it.

use std::collections::BTreeMap;

use futures::StreamExt;
use gx_contracts::EventBody;
use gx_types::{AccountId, Qirat, Sha256Hex};

use super::suite::{Failure, Suite, WAIT, ensure, qirat};
use crate::fixture::pay;
use crate::transaction::Outcome;

pub(super) async fn blocks_are_chained(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(2).await?;
    let [a, b] = people.as_slice() else { return Err(Failure::new("nobody was registered")) };
    suite.settle(pay(a, b, qirat(100)?, &suite.key("chain"))).await?;

    let info = suite.ledger.info().await?;
    ensure!(!info.organisations.is_empty(), "nobody endorses");
    let mut blocks = suite.ledger.blocks(0);
    let mut previous = Sha256Hex::from_bytes([0; 32]);
    let mut time = None;
    for number in 0..=info.height {
        let Some(block) = blocks.next().await else { return Err(Failure::new("the stream of blocks ended")) };
        let block = block?;
        ensure!(block.number == number, "block {} comes instead of {number}", block.number);
        ensure!(number == 0 || block.previous_hash == previous, "block {number} does not follow the one before");
        ensure!(number > 0 || block.hash == info.fingerprint, "the fingerprint is not the hash of block 0");
        ensure!(time <= Some(block.timestamp), "block {number} is older than the one before");
        previous = block.hash;
        time = Some(block.timestamp);
    }
    ensure!(previous == info.last_block_hash, "the last block is another one");
    Ok(())
}

pub(super) async fn followers_see_new_blocks(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(2).await?;
    let [a, b] = people.as_slice() else { return Err(Failure::new("nobody was registered")) };
    let next = suite.height().await? + 1;
    let mut blocks = suite.ledger.blocks(next);
    let key = suite.key("followed");
    let call = pay(a, b, qirat(250)?, &key);
    let envelope = suite.envelope(call.clone()).await?;
    suite.ledger.send(&envelope).await?;
    let tx = loop {
        let block = tokio::time::timeout(WAIT, blocks.next()).await;
        let Ok(Some(block)) = block else { return Err(Failure::new(format!("no new block: {block:?}"))) };
        let block = block?;
        if let Some(tx) = block.transactions.iter().find(|tx| tx.tx_id == envelope.tx_id) {
            break tx.clone();
        }
    };
    ensure!(tx.is_valid(), "it is {}", tx.code);
    ensure!(tx.function == call.function && tx.key == key, "it is {} under {}", tx.function, tx.key);
    ensure!(tx.signer.role == Some(call.role), "it was signed by {:?}", tx.signer);
    let outcome = suite.outcome(&envelope).await?;
    let Outcome::Committed(committed) = outcome else { return Err(Failure::new(format!("{outcome:?}"))) };
    ensure!(tx.receipt == Some(committed.receipt), "the receipts differ");
    let event = tx.events.first().map(|event| &event.body);
    ensure!(
        matches!(event, Some(EventBody::TransferCompleted { amount, .. }) if amount.get() == 250),
        "its events are {:?}",
        tx.events
    );
    Ok(())
}

pub(super) async fn the_chain_tells_the_same_as_the_state(suite: &Suite) -> Result<(), Failure> {
    let people = suite.people(6).await?;
    for (from, to) in people.iter().zip(people.iter().skip(1)) {
        suite.settle(pay(from, to, qirat(1_234)?, &suite.key("told"))).await?;
    }
    let mut told: BTreeMap<AccountId, Qirat> = BTreeMap::new();
    let height = suite.height().await?;
    let mut blocks = suite.ledger.blocks(0);
    for _ in 0..=height {
        let Some(block) = blocks.next().await else { return Err(Failure::new("the stream of blocks ended")) };
        for event in block?.transactions.iter().flat_map(|tx| &tx.events) {
            match &event.body {
                EventBody::GenesisDistributed { user_id, balance_after, .. } => {
                    told.insert(AccountId::Holder(*user_id), *balance_after);
                }
                EventBody::TransferCompleted { from, to, from_balance_after, to_balance_after, .. } => {
                    told.insert(*from, *from_balance_after);
                    if let Some(after) = to_balance_after {
                        told.insert(*to, *after);
                    }
                }
                _ => {}
            }
        }
    }
    for id in people {
        let balance = suite.balance(&id).await?;
        let in_chain = told.get(&AccountId::Holder(id));
        ensure!(in_chain == Some(&balance), "{id} has {balance}, the chain says {in_chain:?}");
    }
    Ok(())
}
