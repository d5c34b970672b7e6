//! Prepare, send, outcome, one by one.

use std::time::Duration;

use gx_contracts::{Call, Function, RefusalCode, Role};
use gx_types::TxId;

use super::suite::{Failure, Suite, WAIT, ensure, qirat};
use crate::error::{LedgerError, LedgerErrorClass};
use crate::fixture::pay;
use crate::transaction::{Envelope, KeyState, Outcome, Prepared, Settled};

pub(super) async fn preparing_changes_nothing(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    let before = (suite.height().await?, suite.balance(&from).await?, suite.balance(&to).await?);
    let key = suite.key("prepared");
    let envelope = suite.envelope(pay(&from, &to, qirat(100)?, &key)).await?;
    let after = (suite.height().await?, suite.balance(&from).await?, suite.balance(&to).await?);
    ensure!(before == after, "preparing moved {before:?} to {after:?}");
    let outcome = suite.ledger.outcome(&envelope.tx_id, Duration::ZERO).await?;
    ensure!(outcome == Outcome::Unknown, "an envelope that was not sent is {outcome:?}");
    ensure!(suite.ledger.receipt_of(&key).await?.is_none(), "an envelope that was not sent has a receipt");
    Ok(())
}

pub(super) async fn a_sent_transaction_settles(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    let before = (suite.balance(&from).await?.get(), suite.balance(&to).await?.get());
    let key = suite.key("sent");
    let envelope = suite.envelope(pay(&from, &to, qirat(200)?, &key)).await?;
    suite.ledger.send(&envelope).await?;
    let committed = suite.committed(&envelope).await?;
    ensure!(committed.tx_id == envelope.tx_id, "the outcome has another transaction id");
    ensure!(committed.receipt.tx_id == envelope.tx_id, "the receipt has another transaction id");
    ensure!(committed.receipt.key == key, "the receipt has another key");
    let after = (suite.balance(&from).await?.get(), suite.balance(&to).await?.get());
    ensure!(after == (before.0 - 202, before.1 + 200), "balances went from {before:?} to {after:?}");
    let again = suite.ledger.outcome(&envelope.tx_id, Duration::ZERO).await?;
    ensure!(again == Outcome::Committed(committed.clone()), "asked again, the outcome is {again:?}");
    let receipt = suite.ledger.receipt_of(&key).await?;
    ensure!(receipt == Some(KeyState::Receipt(committed)), "under the key is {receipt:?}");
    Ok(())
}

pub(super) async fn a_refusal_leaves_no_trace(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    let height = suite.height().await?;
    let key = suite.key("refused");
    let call = pay(&from, &to, qirat(900_000_000_000)?, &key);
    let prepared = suite.ledger.prepare(suite.proposal(call.clone())).await?;
    let Prepared::Refused(refusal) = prepared else {
        return Err(Failure::new(format!("more than there is was {prepared:?}")));
    };
    ensure!(refusal.code == RefusalCode::InsufficientFunds, "the refusal is {refusal}");
    let settled = suite.ledger.submit(suite.proposal(call), WAIT).await?;
    ensure!(matches!(&settled, Settled::Refused(again) if again.code == refusal.code), "in one call it is {settled:?}");
    ensure!(suite.ledger.receipt_of(&key).await?.is_none(), "a refusal left a receipt");
    ensure!(suite.height().await? == height, "a refusal made a block");
    // The key is free for a call that is not refused.
    suite.settle(pay(&from, &to, qirat(100)?, &key)).await?;
    Ok(())
}

pub(super) async fn the_wrong_role_is_refused(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    for role in [Role::SuperAdmin, Role::PartnerApi] {
        let call = Call { role, ..pay(&from, &to, qirat(100)?, &suite.key("role")) };
        let prepared = suite.ledger.prepare(suite.proposal(call)).await?;
        ensure!(
            matches!(&prepared, Prepared::Refused(refusal) if refusal.code == RefusalCode::RoleRefused),
            "signed by {}, a payment is {prepared:?}",
            role.as_str()
        );
    }
    Ok(())
}

pub(super) async fn a_repeated_command_gets_the_first_receipt(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    let call = pay(&from, &to, qirat(100)?, &suite.key("repeated"));
    let first = suite.settle(call.clone()).await?;
    let height = suite.height().await?;
    let prepared = suite.ledger.prepare(suite.proposal(call.clone())).await?;
    ensure!(prepared == Prepared::Replayed(first.clone()), "repeated, it is {prepared:?} instead of {first:?}");
    let settled = suite.ledger.submit(suite.proposal(call), WAIT).await?;
    ensure!(settled == Settled::Replayed(first), "repeated in one call, it is {settled:?}");
    ensure!(suite.height().await? == height, "a repeated command made a block");
    Ok(())
}

pub(super) async fn a_key_used_otherwise_is_refused(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    let key = suite.key("reused");
    suite.settle(pay(&from, &to, qirat(100)?, &key)).await?;
    let prepared = suite.ledger.prepare(suite.proposal(pay(&from, &to, qirat(101)?, &key))).await?;
    ensure!(
        matches!(&prepared, Prepared::Refused(refusal) if refusal.code == RefusalCode::IdempotencyKeyReused),
        "with another amount it is {prepared:?}"
    );
    Ok(())
}

pub(super) async fn one_call_settles_as_the_steps_do(suite: &Suite) -> Result<(), Failure> {
    let (one, two) = (suite.people(2).await?, suite.people(2).await?);
    let [(Some(a), Some(b)), (Some(c), Some(d))] = [(one.first(), one.last()), (two.first(), two.last())] else {
        return Err(Failure::new("nobody was registered"));
    };
    let envelope = suite.envelope(pay(a, b, qirat(777)?, &suite.key("steps"))).await?;
    suite.ledger.send(&envelope).await?;
    let in_steps = suite.committed(&envelope).await?;
    let in_one = suite.settle(pay(c, d, qirat(777)?, &suite.key("one"))).await?;
    ensure!(in_steps.receipt.result == in_one.receipt.result, "{:?} and {:?}", in_steps.receipt, in_one.receipt);
    let balances = (suite.balance(a).await?, suite.balance(b).await?);
    ensure!(balances == (suite.balance(c).await?, suite.balance(d).await?), "the balances differ");
    Ok(())
}

pub(super) async fn queries_answer_and_refuse(suite: &Suite) -> Result<(), Failure> {
    let known = suite.person("US").await?;
    ensure!(suite.balance(&known).await?.get() > 0, "a registered person has no grant");
    let stranger = suite.stranger("US")?;
    let answer = suite.ledger.evaluate(Function::GetBalance.call(vec![stranger.to_string()])).await;
    ensure!(
        matches!(&answer, Err(LedgerError::Refused(refusal)) if refusal.code == RefusalCode::AccountNotFound),
        "a stranger's balance is {answer:?}"
    );
    let writing = suite.ledger.evaluate(suite.registration(&stranger, 0)).await;
    ensure!(
        matches!(&writing, Err(LedgerError::Refused(refusal)) if refusal.code == RefusalCode::UnknownFunction),
        "a writing function as a query is {writing:?}"
    );
    Ok(())
}

pub(super) async fn foreign_bytes_are_rejected(suite: &Suite) -> Result<(), Failure> {
    let (from, to) = (suite.person("US").await?, suite.person("GB").await?);
    let good = suite.envelope(pay(&from, &to, qirat(100)?, &suite.key("foreign"))).await?;
    let mut wrong = vec![Envelope { tx_id: good.tx_id, bytes: Vec::new() }];
    for place in [0, good.bytes.len() / 3, good.bytes.len() / 2, good.bytes.len() - 1] {
        let mut bytes = good.bytes.clone();
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1;
        }
        wrong.push(Envelope { tx_id: good.tx_id, bytes });
    }
    wrong.push(Envelope { tx_id: TxId::from_bytes([7; 32]), bytes: good.bytes.clone() });
    for envelope in wrong {
        let sent = suite.ledger.send(&envelope).await;
        let rejected = matches!(&sent, Err(error) if error.class() == LedgerErrorClass::Rejected);
        ensure!(rejected, "{} foreign bytes were {sent:?}", envelope.bytes.len());
    }
    // The good one is none the worse for it.
    suite.ledger.send(&good).await?;
    suite.committed(&good).await?;
    Ok(())
}

pub(super) async fn an_unknown_transaction_stays_unknown(suite: &Suite) -> Result<(), Failure> {
    let tx_id = TxId::from_bytes([0xab; 32]);
    for wait in [Duration::ZERO, Duration::from_millis(20)] {
        let outcome = suite.ledger.outcome(&tx_id, wait).await?;
        ensure!(outcome == Outcome::Unknown, "a transaction that nobody sent is {outcome:?}");
    }
    ensure!(suite.ledger.receipt_of(&suite.key("nobody")).await?.is_none(), "a key that nobody used has a receipt");
    Ok(())
}
