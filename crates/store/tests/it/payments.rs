//! The queries behind payments, requests and sweeps.

use gx_store::entity::{
    accounts, delta_claims, ledger_deltas, outbox_commands, qsend_requests, supply_pools, system_parameters,
    transactions, user_profiles,
};
use gx_store::repo::{conservation, deltas, payments, qsend, wallets};
use gx_store::sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};
use gx_store::testing::TestStore;
use gx_store::{Col, Store, StoreError};
use gx_types::{
    AccountId, AccountKind, AccountStatus, CommandId, CorrelationId, Gender, GxId, OnchainStatus, OutboxState,
    PersonStatus, ProfileId, QSendId, QSendStatus, Qirat, QiratSum, Sha256Hex, Timestamp, TransactionDirection,
    TransactionKind,
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn qirat(amount: u64) -> Col<Qirat> {
    Col(Qirat::new(amount).unwrap())
}

fn gx_id(number: u64) -> GxId {
    format!("US A07 ABK524 0ABCD {number:04}").parse().unwrap()
}

fn account(number: u64) -> AccountId {
    AccountId::Holder(gx_id(number))
}

fn profile(number: u64) -> ProfileId {
    ProfileId::from_uuid(Uuid::from_u128(u128::from(number)))
}

fn command(number: u64) -> CommandId {
    CommandId::from_uuid(Uuid::from_u128(u128::from(number)))
}

/// Runs one insert as a unit of work.
macro_rules! insert {
    ($store:expr, $table:ident, $model:expr) => {{
        let model = $model.into_active_model();
        $store
            .write(move |tx| {
                let model = model.clone();
                Box::pin(async move {
                    $table::Entity::insert(model).exec_without_returning(tx).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
    }};
}

async fn person(store: &Store, number: u64, balance: u64) {
    insert!(
        store,
        user_profiles,
        user_profiles::ActiveModel {
            profile_id: Set(Col(profile(number))),
            email: Set(format!("p{number}@example.org")),
            email_normalised: Set(format!("p{number}@example.org")),
            password_hash: Set("-".to_owned()),
            first_name: Set(format!("First{number}")),
            last_name: Set("Last".to_owned()),
            date_of_birth: Set(Col(gx_id(number).birth().unwrap().0)),
            gender: Set(Col(Gender::Male)),
            nationality_country_code: Set(Col("US".parse().unwrap())),
            status: Set(Col(PersonStatus::Active)),
            onchain_status: Set(Col(OnchainStatus::Registered)),
            gx_id: Set(Some(Col(gx_id(number)))),
            is_pep: Set(false),
            created_at: Set(Col(NOW)),
            updated_at: Set(Col(NOW)),
            ..Default::default()
        }
    );
    insert!(store, accounts, account_row(account(number), balance, 0));
}

fn account_row(id: AccountId, settled: u64, waiting: u64) -> accounts::Model {
    accounts::Model {
        account_id: Col(id),
        kind: Col(AccountKind::Person),
        country_code: None,
        settled_balance: qirat(settled),
        unsettled_credit: qirat(waiting),
        status: Col(AccountStatus::Active),
        frozen: false,
        created_block: 1,
        updated_block: 1,
        updated_at: Col(NOW),
    }
}

async fn held(store: &Store, number: u64, payer: ProfileId, hold: u64, state: OutboxState, projected: Option<i64>) {
    insert!(
        store,
        outbox_commands,
        outbox_commands::ActiveModel {
            command_id: Set(Col(command(number))),
            position: Set(i64::try_from(number).unwrap()),
            command_type: Set("TRANSFER_TOKENS".to_owned()),
            payload: Set("{}".to_owned()),
            ledger_key: Set(Col(format!("transfer-{number}").parse().unwrap())),
            actor: Set(Col(gx_types::Actor::Person(payer))),
            correlation_id: Set(Col(CorrelationId::from_uuid(Uuid::from_u128(1)))),
            hold_profile_id: Set(Some(Col(payer))),
            hold_amount: Set(qirat(hold)),
            state: Set(Col(state)),
            next_attempt_at: Set(Col(NOW)),
            queued_at: Set(Col(NOW)),
            projected_block: Set(projected),
            created_at: Set(Col(NOW)),
            updated_at: Set(Col(NOW)),
            ..Default::default()
        }
    );
}

#[tokio::test]
async fn only_own_unsettled_commands_are_held() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        person(store, 1, 1_000).await;
        person(store, 2, 50).await;
        held(store, 1, profile(1), 100, OutboxState::Pending, None).await;
        held(store, 2, profile(1), 20, OutboxState::Committed, None).await;
        held(store, 3, profile(1), 3, OutboxState::Dead, None).await;
        held(store, 4, profile(1), 500, OutboxState::Committed, Some(7)).await;
        held(store, 5, profile(1), 500, OutboxState::Failed, None).await;
        held(store, 6, profile(2), 7, OutboxState::Submitted, None).await;

        let schedule = system_parameters::Model {
            param_key: "feeSchedule".to_owned(),
            param_value: "{}".to_owned(),
            updated_block: 1,
            updated_at: Col(NOW),
        };
        insert!(store, system_parameters, schedule);
        for receiver in [payments::Receiver::Profile(profile(2)), payments::Receiver::Gx(gx_id(2))] {
            let facts = payments::facts(store.read(), profile(1), receiver).await.unwrap();
            let payer = facts.payer.unwrap().account.unwrap();
            assert_eq!((payer.settled.get(), payer.pending.get(), payer.available().get()), (1_000, 123, 877));
            let receiver = facts.receiver.unwrap();
            assert_eq!((receiver.name().as_str(), receiver.account.unwrap().settled.get()), ("First2 Last", 50));
            assert_eq!(facts.fee_schedule.as_deref(), Some("{}"));
        }
        let nobody = payments::facts(store.read(), profile(1), payments::Receiver::Profile(profile(9))).await.unwrap();
        assert_eq!(nobody.receiver, None);
        let oneself = payments::facts(store.read(), profile(1), payments::Receiver::Gx(gx_id(1))).await.unwrap();
        assert_eq!(oneself.payer, oneself.receiver);

        for handle in [payments::Handle::Gx(gx_id(2)), payments::Handle::Email("p2@example.org".to_owned())] {
            let found = payments::look_up(store.read(), &handle).await.unwrap().unwrap();
            assert_eq!((found.profile_id, found.account.unwrap().updated_at), (profile(2), NOW));
        }
        let nobody = payments::Handle::Phone("+447700900123".to_owned());
        assert_eq!(payments::look_up(store.read(), &nobody).await.unwrap(), None);

        assert_eq!(wallets::pending_of(store.read(), profile(1)).await.unwrap().get(), 123);
        assert_eq!(
            payments::side_of(store.read(), profile(2)).await.unwrap().unwrap().account.unwrap().pending.get(),
            7
        );
        let list = |state, after| wallets::held_commands(store.read(), profile(1), state, None, None, after, 2);
        let first = list(wallets::HeldState::Unsettled, None).await.unwrap();
        assert_eq!(first.iter().map(|held| held.command_id).collect::<Vec<_>>(), [command(3), command(2)]);
        let rest = list(wallets::HeldState::Unsettled, Some(2)).await.unwrap();
        assert_eq!(rest.iter().map(|held| held.command_id).collect::<Vec<_>>(), [command(1)]);
        assert_eq!(list(wallets::HeldState::Refused, None).await.unwrap().len(), 1);
        store.write(|tx| Box::pin(async move { payments::lock_payer(tx, profile(1)).await })).await.unwrap();
    }
}

#[tokio::test]
async fn history_pages_cover_every_line_once() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let mut expected = Vec::new();
        for block in 1..=3_i64 {
            for position in 0..2_i64 {
                for leg in 0..2_i64 {
                    expected.push((block, position, 0_i64, leg));
                    let received = leg == 0;
                    let row = transactions::Model {
                        account_id: Col(account(1)),
                        tx_id: Col(gx_types::TxId::from_bytes([u8::try_from(block * 2 + position).unwrap(); 32])),
                        event_index: 0,
                        leg,
                        kind: Col(if received { TransactionKind::Received } else { TransactionKind::Fee }),
                        direction: Col(if received { TransactionDirection::In } else { TransactionDirection::Out }),
                        counterparty_id: Some(Col(account(2))),
                        amount: qirat(10),
                        fee: qirat(1),
                        balance_after: None,
                        remark: "r".to_owned(),
                        ledger_key: None,
                        block_number: block,
                        tx_position: position,
                        occurred_at: Col(Timestamp::from_micros(NOW.micros() + block)),
                    };
                    insert!(store, transactions, row);
                }
            }
        }
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let key = |row: &transactions::Model| (row.block_number, row.tx_position, row.event_index, row.leg);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = wallets::history(store.read(), account(1), &Default::default(), after, 5).await.unwrap();
            if page.is_empty() {
                break;
            }
            after = page.last().map(key);
            seen.extend(page.iter().map(key));
        }
        assert_eq!(seen, expected);

        let count = async |filter: wallets::HistoryFilter| {
            wallets::history(store.read(), account(1), &filter, None, 100).await.unwrap().len()
        };
        assert_eq!(count(wallets::HistoryFilter { kind: Some(TransactionKind::Fee), ..Default::default() }).await, 6);
        assert_eq!(
            count(wallets::HistoryFilter { direction: Some(TransactionDirection::In), ..Default::default() }).await,
            6
        );
        let second = Timestamp::from_micros(NOW.micros() + 2);
        assert_eq!(count(wallets::HistoryFilter { from: Some(second), ..Default::default() }).await, 8);
        assert_eq!(count(wallets::HistoryFilter { until: Some(second), ..Default::default() }).await, 4);
        assert_eq!(count(wallets::HistoryFilter { counterparty: Some(account(3)), ..Default::default() }).await, 0);
        assert!(wallets::have_dealt(store.read(), account(1), account(2)).await.unwrap());
        assert!(!wallets::have_dealt(store.read(), account(2), account(1)).await.unwrap());
    }
}

fn request(number: u64, code: &str, amount: u64) -> qsend_requests::Model {
    qsend_requests::Model {
        request_id: Col(QSendId::from_uuid(Uuid::from_u128(u128::from(number)))),
        request_code: code.to_owned(),
        qr_data: String::new(),
        qr_hash: Col(Sha256Hex::from_bytes([0; 32])),
        creator_profile_id: Col(profile(1)),
        creator_account_id: Col(account(1)),
        creator_name: "First1 Last".to_owned(),
        payer_profile_id: None,
        payer_account_id: None,
        payer_name: None,
        amount: qirat(amount),
        fee: None,
        description: None,
        reference: None,
        status: Col(QSendStatus::Active),
        validity_seconds: 60,
        command_id: None,
        payment_attempts: 0,
        on_chain_tx_id: None,
        block_number: None,
        failure_code: None,
        failure_reason: None,
        scanned_count: 0,
        last_scanned_at: None,
        created_at: Col(Timestamp::from_micros(NOW.micros() + i64::try_from(number).unwrap())),
        expires_at: Col(NOW.plus(std::time::Duration::from_secs(60))),
        paid_at: None,
        cancelled_at: None,
        updated_at: Col(NOW),
    }
}

async fn store_request(store: &Store, request: qsend_requests::Model) -> Result<bool, StoreError> {
    store
        .write(move |tx| {
            let request = request.clone();
            Box::pin(async move { qsend::insert(tx, request).await })
        })
        .await
}

#[tokio::test]
async fn of_many_payers_exactly_one_begins_to_pay() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        person(store, 1, 0).await;
        for payer in 2..=9 {
            person(store, payer, 100).await;
        }
        let row = request(1, "QS-AAAAAAAA", 50);
        let id = row.request_id.0;
        store_request(store, row.clone()).await.unwrap();
        assert!(!store_request(store, request(2, "QS-AAAAAAAA", 50)).await.unwrap());

        let mut tries = tokio::task::JoinSet::new();
        for payer in 2..=9_u64 {
            let store = store.clone();
            tries.spawn(async move {
                let payment = qsend::Payment {
                    payer: profile(payer),
                    account: account(payer),
                    name: format!("First{payer} Last"),
                    fee: Qirat::ZERO,
                    command: command(payer),
                };
                store
                    .write(move |tx| {
                        let payment = payment.clone();
                        Box::pin(async move { qsend::begin_payment(tx, id, &payment, NOW).await })
                    })
                    .await
            });
        }
        let results: Vec<Option<u32>> = tries.join_all().await.into_iter().map(Result::unwrap).collect();
        assert_eq!(results.iter().flatten().collect::<Vec<_>>(), [&1]);
        let stored = qsend::by_code(store.read(), "QS-AAAAAAAA").await.unwrap().unwrap();
        assert_eq!(
            (stored.status.0, stored.payment_attempts, qsend::next_attempt(&stored)),
            (QSendStatus::Paying, 1, 2)
        );

        // Neither taken back nor swept while someone pays, nor paid after its time.
        let late = NOW.plus(std::time::Duration::from_secs(61));
        assert!(!store.write(move |tx| Box::pin(async move { qsend::cancel(tx, id, NOW).await })).await.unwrap());
        assert!(
            store
                .write(move |tx| Box::pin(async move { qsend::expire_due(tx, late, 10).await }))
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn requests_expire_on_time_and_are_counted_by_state() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        person(store, 1, 0).await;
        for (number, amount) in [(1, Qirat::CAP.get()), (2, Qirat::CAP.get()), (3, 250)] {
            let mut row = request(number, &format!("QS-AAAAAAA{number}"), amount);
            if number == 3 {
                row.expires_at = Col(NOW.plus(std::time::Duration::from_secs(600)));
            }
            store_request(store, row).await.unwrap();
        }
        let late = NOW.plus(std::time::Duration::from_secs(60));
        let expired = QiratSum::new(2 * u128::from(Qirat::CAP.get()));
        let filter = |status| qsend::ListFilter { role: qsend::Role::Creator, status, from: None, until: None };
        for swept in [false, true] {
            let figures = qsend::figures_by_state(store.read(), profile(1), late).await.unwrap();
            let of = |status| figures.iter().find(|row| row.status == status).map(|row| (row.count, row.amount));
            assert_eq!(of(QSendStatus::Expired), Some((2, expired)));
            assert_eq!(of(QSendStatus::Active), Some((1, QiratSum::new(250))));
            let list = async |status| {
                qsend::list(store.read(), profile(1), &filter(status), None, late, 10).await.unwrap().len()
            };
            assert_eq!(
                (list(Some(QSendStatus::Expired)).await, list(Some(QSendStatus::Active)).await, list(None).await),
                (2, 1, 3)
            );
            if !swept {
                let swept = store
                    .write(move |tx| Box::pin(async move { qsend::expire_due(tx, late, 10).await }))
                    .await
                    .unwrap();
                assert_eq!(swept.len(), 2);
                assert!(swept.iter().all(|row| row.status == QSendStatus::Expired));
            }
        }
        let id = request(3, "", 1).request_id.0;
        store.write(move |tx| Box::pin(async move { qsend::count_scan(tx, id, NOW).await })).await.unwrap();
        assert!(store.write(move |tx| Box::pin(async move { qsend::cancel(tx, id, NOW).await })).await.unwrap());
        let stored = qsend::by_code(store.read(), "QS-AAAAAAA3").await.unwrap().unwrap();
        assert_eq!((stored.status.0, stored.scanned_count), (QSendStatus::Cancelled, 1));
        let page = qsend::list(store.read(), profile(1), &filter(None), Some((stored.created_at.0, id)), late, 1)
            .await
            .unwrap();
        assert_eq!(page[0].request_code, "QS-AAAAAAA2");
        let other = qsend::ListFilter { role: qsend::Role::All, ..filter(None) };
        assert!(qsend::list(store.read(), profile(2), &other, None, late, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_entry_is_claimed_by_one_sweep_and_freed_by_its_end() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        person(store, 1, 90).await;
        let fund = AccountId::System(gx_types::SystemAccount::OperationsFund);
        insert!(store, accounts, account_row(fund, 0, 10));
        for number in 0..10 {
            let row = ledger_deltas::Model {
                delta_key: format!("d{number}"),
                account_id: Col(fund),
                amount: qirat(1),
                block_number: number,
                tx_id: Col(gx_types::TxId::from_bytes([1; 32])),
                swept_by: None,
            };
            insert!(store, ledger_deltas, row);
        }
        let pool = supply_pools::Model {
            pool_id: "USER_GENESIS".to_owned(),
            account_id: Col(AccountId::System(gx_types::SystemAccount::UserGenesisPool)),
            cap: qirat(100),
            minted: qirat(100),
            updated_block: 1,
        };
        insert!(store, supply_pools, pool);
        let check = conservation::check(store.read()).await.unwrap();
        assert!(check.holds(), "{check:?}");

        let claim = async |number: u64| {
            store
                .write(move |tx| Box::pin(async move { deltas::claim(tx, fund, command(number), NOW, 6).await }))
                .await
                .unwrap()
        };
        assert_eq!(deltas::accounts_to_sweep(store.read(), 9).await.unwrap(), [fund]);
        assert_eq!(claim(1).await.len(), 6);
        assert!(deltas::accounts_to_sweep(store.read(), 9).await.unwrap().is_empty(), "its sweep is under way");
        assert_eq!(claim(2).await.len(), 4);
        assert!(claim(3).await.is_empty());
        assert!(deltas::any_claimed(store.read()).await.unwrap());

        held(store, 1, profile(1), 0, OutboxState::Failed, None).await;
        held(store, 2, profile(1), 0, OutboxState::Submitted, None).await;
        let dropped = store.write(|tx| Box::pin(async move { deltas::drop_finished_claims(tx).await })).await.unwrap();
        assert_eq!(dropped, 6);
        assert_eq!(delta_claims::Entity::find().all(store.read()).await.unwrap().len(), 4);
        assert_eq!(claim(3).await.len(), 6);

        let mut lost = account_row(account(1), 91, 0).into_active_model();
        lost.settled_balance = Set(qirat(91));
        store
            .write(move |tx| {
                let lost = lost.clone();
                Box::pin(async move { Ok::<_, StoreError>(accounts::Entity::update(lost).exec(tx).await.map(|_| ())?) })
            })
            .await
            .unwrap();
        assert!(!conservation::check(store.read()).await.unwrap().holds());
    }
}
