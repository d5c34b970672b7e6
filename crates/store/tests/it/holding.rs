//! The timer of the hoarding tax out of the history is the contract's, step by step.

use gx_contracts::hoarding::HoardingTax;
use gx_store::entity::{accounts, transactions};
use gx_store::repo::holding;
use gx_store::sea_orm::{EntityTrait, IntoActiveModel};
use gx_store::testing::TestStore;
use gx_store::{Col, Store, StoreError};
use gx_types::{AccountId, AccountKind, AccountStatus, Qirat, Timestamp, TransactionDirection, TransactionKind, TxId};

/// Accounts with histories of their own, and the longest of these.
const ACCOUNTS: u64 = 60;
const LINES_MAX: u64 = 12;

fn account(number: u64) -> AccountId {
    AccountId::Holder(format!("US A07 ABK524 0ABCD {number:04}").parse().unwrap())
}

fn line(whose: AccountId, number: u64, after: Option<u64>) -> transactions::Model {
    // Two lines in a transaction, three transactions in a block: every part of the order decides somewhere.
    let (leg, tx) = (number % 2, number / 2);
    let mut tx_id = [u8::try_from(tx).unwrap(); 32];
    tx_id[..20].copy_from_slice(&whose.to_string().as_bytes()[4..24]);
    transactions::Model {
        account_id: Col(whose),
        tx_id: Col(TxId::from_bytes(tx_id)),
        event_index: 0,
        leg: i64::try_from(leg).unwrap(),
        kind: Col(TransactionKind::Received),
        direction: Col(TransactionDirection::In),
        counterparty_id: None,
        amount: Col(Qirat::ZERO),
        fee: Col(Qirat::ZERO),
        balance_after: after.map(|gx| Col(Qirat::gx(gx))),
        remark: String::new(),
        ledger_key: None,
        block_number: i64::try_from(tx / 3 + 1).unwrap(),
        tx_position: i64::try_from(tx % 3).unwrap(),
        occurred_at: Col(at(number)),
    }
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + i64::try_from(number / 2).unwrap())
}

async fn insert(store: &Store, holders: Vec<accounts::Model>, lines: Vec<transactions::Model>) {
    let stored: Result<(), StoreError> = store
        .write(move |tx| {
            let (holders, lines) = (holders.clone(), lines.clone());
            Box::pin(async move {
                let holders = holders.into_iter().map(IntoActiveModel::into_active_model);
                accounts::Entity::insert_many(holders).exec_without_returning(tx).await?;
                let lines = lines.into_iter().map(IntoActiveModel::into_active_model);
                transactions::Entity::insert_many(lines).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
    stored.unwrap();
}

#[tokio::test]
async fn the_history_gives_the_timer_that_the_contract_would_keep() {
    let tax = HoardingTax::initial();
    let threshold = tax.threshold().unwrap();
    for test in TestStore::each().await.unwrap() {
        let (mut holders, mut lines, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        // Histories that differ, the same in every run.
        let mut state = 1_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for number in 0..ACCOUNTS {
            let whose = account(number);
            let (mut balance, mut timer) = (Qirat::ZERO, None);
            for index in 0..next(LINES_MAX + 1) {
                // A line without a balance is none of the account's own.
                let after = (next(6) > 0).then(|| 90 + next(20));
                lines.push(line(whose, index, after));
                if let Some(gx) = after {
                    balance = Qirat::gx(gx);
                    timer = tax.held_since(timer, balance, at(index));
                }
            }
            holders.push(accounts::Model {
                account_id: Col(whose),
                kind: Col(AccountKind::Person),
                country_code: None,
                settled_balance: Col(balance),
                unsettled_credit: Col(Qirat::ZERO),
                status: Col(AccountStatus::Active),
                frozen: false,
                created_block: 1,
                updated_block: 1,
                updated_at: Col(at(0)),
            });
            expected.push((whose, holding::Holding { settled: balance, held_since: timer }));
        }
        let held = expected.iter().filter(|(_, holding)| holding.held_since.is_some()).count();
        assert!((10..50).contains(&held), "{held} of the accounts hold: the cases are one-sided");
        insert(&test.store, holders, lines).await;
        for (whose, expected) in expected {
            let found = holding::of(test.store.read(), whose, threshold).await.unwrap();
            assert_eq!(found, Some(expected), "{whose}");
        }
        assert_eq!(holding::of(test.store.read(), account(ACCOUNTS), threshold).await.unwrap(), None);
    }
}
