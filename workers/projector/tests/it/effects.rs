//! What each event does to the read model, on both databases.

use gx_contracts::testing::{call, create_user, pay};
use gx_contracts::{Command, Function};
use gx_platform::BusMessage;
use gx_store::outbox::{self, NewCommand};
use gx_store::repo::webhooks;
use gx_store::{Store, StoreError};
use gx_types::{
    Actor, CommandId, CorrelationId, GxId, OnchainStatus, PersonState, PersonStatus, QSendId, Qirat, WebhookEvent,
    WebhookId,
};

use crate::support::*;

const ON_THE_WAY: PersonState =
    PersonState { status: PersonStatus::ApprovedPendingOnchain, onchain: OnchainStatus::Pending };

fn q(amount: u64) -> Qirat {
    Qirat::new(amount).unwrap()
}

async fn enqueue(store: &gx_store::Store, command: Command) -> gx_types::CommandId {
    let new = NewCommand {
        command_id: CommandId::from_uuid(uuid::Uuid::from_u128(8)),
        command,
        actor: Actor::Platform,
        correlation_id: CorrelationId::from_uuid(uuid::Uuid::from_u128(7)),
        now: START,
    };
    let done: Result<_, gx_store::StoreError> = store
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move { outbox::enqueue(tx, new).await })
        })
        .await;
    done.unwrap()
}

#[tokio::test]
async fn a_registration_makes_the_person_active_with_wallet_grant_and_notices() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let alice = gx_id("US", "1990-01-01", 1);
        let old = gx_id("GB", "1940-01-01", 2);
        add_person(store, 1, "Alice Adams", &alice, ON_THE_WAY).await;
        add_person(store, 2, "Otto Old", &old, ON_THE_WAY).await;
        let registered = world.call(&create_user(&alice, 36, 0)).unwrap();
        world.call(&create_user(&old, 86, 0)).unwrap();
        let block = world.cut();
        project(store, &world.chain).await;

        let sql = "SELECT status || ' ' || onchain_status FROM user_profiles WHERE first_name = 'Alice'";
        assert_eq!(text(store, sql).await.unwrap(), "ACTIVE REGISTERED");
        let registered_at =
            count(store, "SELECT onchain_registered_at FROM user_profiles WHERE first_name = 'Alice'").await;
        assert_eq!(registered_at, registered.timestamp.micros(), "the transaction's time, not the receipt's");
        let sql = format!("SELECT profile_id FROM wallets WHERE account_id = '{alice}'");
        assert_eq!(text(store, &sql).await.unwrap(), profile(1).to_string());
        assert_eq!(balances(store).await[&alice.to_string()], 500_000_000);
        assert_eq!(balances(store).await[&old.to_string()], 0);
        let sql = format!("SELECT kind || ' ' || direction FROM transactions WHERE account_id = '{alice}'");
        assert_eq!(text(store, &sql).await.unwrap(), "GENESIS IN");
        let sql = "SELECT unsettled_credit FROM accounts WHERE account_id = 'treasury_US' AND settled_balance = 0";
        assert_eq!(count(store, sql).await, 50_000_000);
        let sql = "SELECT people_granted + phase1_granted + users_count FROM countries WHERE country_code = 'US'";
        assert_eq!(count(store, sql).await, 500_000_002);
        let sql = "SELECT minted FROM supply_pools WHERE pool_id = 'USER_GENESIS'";
        assert_eq!(count(store, sql).await, 500_000_000);
        let sql =
            format!("SELECT title FROM notifications WHERE profile_id = '{}' ORDER BY event_index DESC", profile(1));
        assert_eq!(text(store, &sql).await.unwrap(), "Your grant of 500 GX has arrived");
        let sql =
            format!("SELECT title FROM notifications WHERE profile_id = '{}' ORDER BY event_index DESC", profile(2));
        assert_eq!(text(store, &sql).await.unwrap(), "Registered without a grant");
        assert_eq!(count(store, "SELECT last_block_at FROM projector_checkpoints").await, world.now.micros());
        assert_eq!(next_block(store).await, i64::try_from(block).unwrap() + 1);
        clean(store).await;
    }
}

async fn clean(store: &gx_store::Store) {
    let findings = gx_projector::rebuild::check_now(store).await.unwrap();
    assert_eq!(findings.faults, Vec::<String>::new());
}

/// Two people with their grants, known to the database.
async fn two_people(store: &gx_store::Store, world: &mut World) -> (GxId, GxId) {
    let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
    add_person(store, 1, "Alice Adams", &alice, ON_THE_WAY).await;
    add_person(store, 2, "Bob Brown", &bob, ON_THE_WAY).await;
    world.call(&create_user(&alice, 36, 0)).unwrap();
    world.call(&create_user(&bob, 40, 0)).unwrap();
    world.cut();
    (alice, bob)
}

#[tokio::test]
async fn a_payment_moves_both_balances_and_is_told_to_both_once() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = two_people(store, &mut world).await;
        let paid = world.call(&pay(alice.as_str(), bob.as_str(), q(200), "transfer-1")).unwrap();
        // A transaction that replays the first carries no events and changes nothing.
        world.call(&pay(alice.as_str(), bob.as_str(), q(200), "transfer-1")).unwrap();
        world.invalid(paid.events.clone());
        world.cut();
        project(store, &world.chain).await;

        let balances = balances(store).await;
        assert_eq!(balances[&alice.to_string()], 499_999_798);
        assert_eq!(balances[&bob.to_string()], 500_000_200);
        let lines = |who: &GxId| {
            format!("SELECT COUNT(*) FROM transactions WHERE account_id = '{who}' AND tx_id = '{}'", paid.tx_id)
        };
        assert_eq!(count(store, &lines(&alice)).await, 2, "the payment and its fee");
        assert_eq!(count(store, &lines(&bob)).await, 1);
        let sql = format!("SELECT amount FROM transactions WHERE account_id = '{alice}' AND kind = 'FEE'");
        assert_eq!(count(store, &sql).await, 2);
        let told = |number: u64| {
            format!(
                "SELECT message FROM notifications WHERE profile_id = '{}' AND tx_id = '{}'",
                profile(number),
                paid.tx_id
            )
        };
        assert_eq!(
            text(store, &told(1)).await.unwrap(),
            "You paid 200 Q to Bob Brown, with a fee of 2 Q. Your balance is 499.999798 GX. «a remark»"
        );
        assert_eq!(
            text(store, &told(2)).await.unwrap(),
            "Alice Adams paid you 200 Q. Your balance is 500.0002 GX. «a remark»"
        );
        let sql = format!("SELECT COUNT(*) FROM notifications WHERE tx_id = '{}'", paid.tx_id);
        assert_eq!(count(store, &sql).await, 2);
        clean(store).await;
    }
}

/// A webhook that wants everything that comes from the ledger.
async fn webhook(store: &Store) -> WebhookId {
    let id = WebhookId::from_uuid(uuid::Uuid::from_u128(77));
    let row = webhooks::Webhook {
        webhook_id: id.into(),
        name: "everything".to_owned(),
        url: "https://hooks.example.com/".to_owned(),
        events: r#"["TRANSFER_SETTLED","QSEND_PAID","PERSON_STATUS_CHANGED"]"#.to_owned(),
        header_names: "[]".to_owned(),
        sealed_headers: Vec::new(),
        secret_version: 1,
        is_active: true,
        disabled_reason: None,
        failure_count: 0,
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
        created_by: Actor::Platform.into(),
        created_at: START.into(),
        updated_at: START.into(),
    };
    store
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move { webhooks::insert(tx, row).await })
        })
        .await
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    id
}

#[tokio::test]
async fn webhooks_are_told_of_what_is_settled_once() {
    for test in stores().await {
        let store = &test.store;
        let hook = webhook(store).await;
        let mut world = World::ready();
        let (alice, bob) = two_people(store, &mut world).await;
        let paid = world.call(&pay(alice.as_str(), bob.as_str(), q(200), "transfer-1")).unwrap();
        world.call(&pay(alice.as_str(), bob.as_str(), q(200), "transfer-1")).unwrap();
        world.invalid(paid.events.clone());
        world.cut();
        project(store, &world.chain).await;
        // A projector that starts again finds nothing new to tell.
        project(store, &world.chain).await;

        let filter = webhooks::DeliveryFilter::default();
        let deliveries = webhooks::deliveries(store.read(), hook, &filter, 50).await.unwrap();
        let of = |event: WebhookEvent| -> Vec<serde_json::Value> {
            let told = deliveries.iter().filter(|one| one.event == event);
            told.map(|one| serde_json::from_str(&one.body).unwrap()).collect()
        };
        let transfers = of(WebhookEvent::TransferSettled);
        assert_eq!(transfers.len(), 1, "{deliveries:?}");
        let data = &transfers[0]["data"];
        assert_eq!(data["transactionId"], paid.tx_id.to_string());
        assert_eq!(
            (&data["fromAccountId"], &data["toAccountId"]),
            (&alice.to_string().into(), &bob.to_string().into())
        );
        assert_eq!((data["amount"].as_str(), data["fee"].as_str()), (Some("200"), Some("2")));
        assert!(!transfers[0].to_string().contains("remark"), "no words of people");
        let people = of(WebhookEvent::PersonStatusChanged);
        assert_eq!(people.len(), 2, "both are registered");
        assert!(people.iter().all(|one| one["data"]["after"]["onchainStatus"] == "REGISTERED"), "{people:?}");
        assert_eq!(of(WebhookEvent::QSendPaid).len(), 0);
        clean(store).await;
    }
}

#[tokio::test]
async fn a_paid_request_is_paid_with_payer_transaction_and_block_and_its_command_is_projected() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = two_people(store, &mut world).await;
        project(store, &world.chain).await;
        let sql = "INSERT INTO qsend_requests (request_id, request_code, qr_data, qr_hash, creator_profile_id,
                     creator_account_id, creator_name, amount, status, validity_seconds, created_at, expires_at, updated_at)
                   VALUES ('00000000-0000-0000-0000-000000000009', 'QS-6PAS3LHD', 'data', $1, $2, $3, 'Bob Brown', 50,
                     'PAYING', 300, 0, 0, 0)";
        let values = vec!["0".repeat(64).into(), profile(2).to_string().into(), bob.to_string().into()];
        execute(store, sql, values).await;
        let command = Command::QSendPay {
            qsend_id: QSendId::from_uuid(uuid::Uuid::from_u128(9)),
            code: "QS-6PAS3LHD".to_owned(),
            profile_id: profile(1),
            from: alice,
            to: bob,
            amount: q(50),
            fee: q(1),
            remark: String::new(),
            attempt: 1,
        };
        let id = enqueue(store, command.clone()).await;
        let running = Running::start(store, &world.chain, "one");
        let mut heard = running.bus.subscribe();
        let paid = world.call(&command.call()).unwrap();
        let block = world.cut();
        caught_up(store, &world.chain).await;

        let sql = "SELECT status || '|' || payer_name || '|' || payer_profile_id || '|' || on_chain_tx_id || '|' || fee
                   FROM qsend_requests";
        let expected = format!("PAID|Alice Adams|{}|{}|1", profile(1), paid.tx_id);
        assert_eq!(text(store, sql).await.unwrap(), expected);
        assert_eq!(count(store, "SELECT block_number FROM qsend_requests").await, i64::try_from(block).unwrap());
        assert_eq!(count(store, "SELECT paid_at FROM qsend_requests").await, paid.timestamp.micros());
        let sql = format!("SELECT state FROM outbox_commands WHERE command_id = '{id}' AND projected_block = {block}");
        assert_eq!(text(store, &sql).await.unwrap(), "COMMITTED");
        let sql = format!("SELECT kind FROM notifications WHERE tx_id = '{}' ORDER BY kind", paid.tx_id);
        assert_eq!(text(store, &sql).await.unwrap(), "QSEND_PAYMENT_RECEIVED");
        let mut settled = false;
        let mut notified = 0;
        while let Ok(Ok(message)) = tokio::time::timeout(std::time::Duration::from_millis(200), heard.recv()).await {
            match message {
                BusMessage::CommandsSettled { command_ids } => settled |= command_ids.contains(&id),
                BusMessage::Notified { .. } => notified += 1,
                _ => {}
            }
        }
        assert!(settled && notified == 2, "settled {settled}, notified {notified}");
        running.stop().await;
        clean(store).await;
    }
}

#[tokio::test]
async fn freezes_sweeps_disbursements_parameters_and_pauses_are_projected() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = two_people(store, &mut world).await;
        let (a, b) = (alice.as_str().to_owned(), bob.as_str().to_owned());
        world.call(&pay(&a, &b, q(10_000), "transfer-1")).unwrap();
        let swept: Vec<String> = {
            let fee = world.call(&pay(&a, &b, q(200), "transfer-2")).unwrap();
            fee.events[0].body.credits().iter().map(|credit| credit.delta_key.clone()).collect()
        };
        let keys = serde_json::to_string(&swept).unwrap();
        world.call(&call(Function::SweepDeltas, &["SYSTEM_OPERATIONS_FUND", &keys, "sweep-1"])).unwrap();
        world.call(&call(Function::DisburseFromPool, &["OPERATIONS", &a, "5", "thanks", "disburse-1"])).unwrap();
        world
            .call(&call(
                Function::TransferInternal,
                &[&b, "SYSTEM_LOAN_POOL", "7", "LOAN_REPAYMENT", "back", "internal-1"],
            ))
            .unwrap();
        world.call(&call(Function::ActivateTreasuryAccount, &["US", "treasury-1"])).unwrap();
        world.call(&call(Function::FreezeWallet, &[&b, "a reason", "freeze-1"])).unwrap();
        world.call(&call(Function::UpdateSystemParameter, &["disbursementMaxGx", "77", "parameter-1"])).unwrap();
        world.call(&call(Function::PauseSystem, &["maintenance", "pause-1"])).unwrap();
        world.cut();
        project(store, &world.chain).await;

        for account in [&a, &b, "SYSTEM_OPERATIONS_FUND"] {
            let expected = i64::try_from(world.balance(account).get()).unwrap();
            assert_eq!(balances(store).await[account], expected, "{account}");
        }
        let sql = "SELECT unsettled_credit FROM accounts WHERE account_id = 'SYSTEM_OPERATIONS_FUND'";
        assert_eq!(count(store, sql).await, 15, "the fee of 200 Q is swept, the fee of 10,000 Q waits");
        // Two coins of the fund were spent before three were minted.
        assert_eq!(count(store, "SELECT minted FROM supply_pools WHERE pool_id = 'OPERATIONS'").await, 3);
        let sql = "SELECT status FROM accounts WHERE account_id = 'treasury_US'";
        assert_eq!(text(store, sql).await.unwrap(), "ACTIVE");
        let sql = "SELECT status || onchain_status || lock_reason FROM user_profiles WHERE first_name = 'Bob'";
        assert_eq!(text(store, sql).await.unwrap(), "FROZENFROZENa reason");
        let reason = gx_store::projection::system::pause_reason(store.read()).await.unwrap();
        assert_eq!(reason.as_deref(), Some("maintenance"));
        let parameter = gx_store::projection::system::parameter(store.read(), "disbursementMaxGx").await.unwrap();
        assert_eq!(parameter.as_deref(), Some("77"));
        assert!(gx_store::projection::system::fee_schedule(store.read()).await.unwrap().is_some());

        // And back: frozen and released inside one batch.
        world.call(&call(Function::ResumeSystem, &["resume-1"])).unwrap();
        world.call(&call(Function::UnfreezeWallet, &[&b, "unfreeze-1"])).unwrap();
        world.call(&call(Function::FreezeWallet, &[&b, "again", "freeze-2"])).unwrap();
        world.call(&call(Function::UnfreezeWallet, &[&b, "unfreeze-2"])).unwrap();
        world.cut();
        project(store, &world.chain).await;
        let sql =
            "SELECT status || onchain_status || COALESCE(lock_reason, '-') FROM user_profiles WHERE first_name = 'Bob'";
        assert_eq!(text(store, sql).await.unwrap(), "ACTIVEREGISTERED-");
        assert_eq!(gx_store::projection::system::pause_reason(store.read()).await.unwrap(), None);
        clean(store).await;
    }
}

#[tokio::test]
async fn a_voided_key_settles_no_command() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let mut world = World::ready();
    let (alice, bob) = two_people(store, &mut world).await;
    project(store, &world.chain).await;
    let command = Command::TransferTokens {
        profile_id: profile(1),
        from: alice,
        to: bob,
        amount: q(5),
        fee: q(1),
        transaction_type: gx_contracts::fees::TransactionType::P2P,
        remark: "remark".to_owned(),
        request: "1".parse().unwrap(),
    };
    let id = enqueue(store, command.clone()).await;
    world.call(&gx_contracts::void_key_call(&command.ledger_key())).unwrap();
    world.cut();
    project(store, &world.chain).await;
    let sql = format!("SELECT COUNT(*) FROM outbox_commands WHERE command_id = '{id}' AND projected_block IS NULL");
    assert_eq!(count(store, &sql).await, 1);
}
