//! Figures and series of the dashboard.

use std::time::Duration;

use gx_platform::testing::{START, TestPerson};
use gx_store::entity::transactions;
use gx_store::repo::admins;
use gx_store::sea_orm::{EntityTrait, Set};
use gx_types::{AccountId, AdminRole, PersonStatus, Qirat, TransactionDirection, TransactionKind, TxId};
use serde_json::{Value, json};

use crate::world::World;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn get(world: &World, token: &str, path: &str) -> Value {
    let answer = world.api.get(&format!("/api/v1/admin/dashboard/{path}")).token(token).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// Both lines of a settled payment.
async fn payment(world: &World, number: u8, amount: u64) {
    let now = world.test.app.now();
    let account = |text: &str| AccountId::Holder(text.parse().unwrap());
    let (from, to) = (account("US 984 AUM945 0ABCD 1234"), account("US 984 AUM945 0ABCE 1234"));
    let line = |account: AccountId, leg: i64, kind: TransactionKind, direction: TransactionDirection| {
        transactions::ActiveModel {
            account_id: Set(account.into()),
            tx_id: Set(TxId::from_bytes([number; 32]).into()),
            event_index: Set(0),
            leg: Set(leg),
            kind: Set(kind.into()),
            direction: Set(direction.into()),
            amount: Set(Qirat::new(amount).unwrap().into()),
            fee: Set(Qirat::ZERO.into()),
            remark: Set(String::new()),
            block_number: Set(i64::from(number)),
            tx_position: Set(0),
            occurred_at: Set(now.into()),
            ..Default::default()
        }
    };
    let lines = [
        line(from, 0, TransactionKind::Sent, TransactionDirection::Out),
        line(to, 1, TransactionKind::Received, TransactionDirection::In),
    ];
    world
        .test
        .write(move |tx| {
            let lines = lines.clone();
            Box::pin(async move {
                transactions::Entity::insert_many(lines).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn days_are_counted_without_gaps_and_payments_once() {
    let world = World::new().await;
    let person = |status| TestPerson { status, ..TestPerson::default() };
    world.test.person(person(PersonStatus::Active)).await;
    payment(&world, 1, 1_500_000).await;
    world.test.advance(2 * DAY);
    world.test.person(person(PersonStatus::PendingAdminApproval)).await;
    world.test.person(person(PersonStatus::Registered)).await;
    world.test.person(person(PersonStatus::Frozen)).await;
    payment(&world, 2, 700_000).await;
    payment(&world, 3, 800_000).await;
    let auditor = world.test.admin(AdminRole::Auditor).await.token;
    let shut_out = world.admin(AdminRole::Moderator).admin_id;
    world.test.write(move |tx| Box::pin(admins::set_active(tx, shut_out, false, START))).await;

    let stats = get(&world, &auditor, "stats").await;
    for (name, value) in [
        ("totalUsers", 4),
        ("activeUsers", 1),
        ("pendingApproval", 2),
        ("frozenUsers", 1),
        ("totalTransactions", 3),
        ("todayTransactions", 2),
        ("weekTransactions", 3),
        ("totalAdmins", 8),
        ("activeAdmins", 7),
        ("totalCountries", 234),
    ] {
        assert_eq!(stats[name], value, "{name}: {stats}");
    }
    let growth = get(&world, &auditor, "user-growth?days=4").await;
    let counts = |series: &Value| -> Vec<u64> {
        series["days"].as_array().unwrap().iter().map(|day| day["count"].as_u64().unwrap()).collect()
    };
    assert_eq!(counts(&growth), [0, 1, 1, 4]);
    assert_eq!(growth["days"][1]["date"], "2026-01-15");
    assert_eq!(counts(&get(&world, &auditor, "new-registrations?days=4").await), [0, 1, 0, 3]);
    let volume = get(&world, &auditor, "transaction-volume?days=4").await;
    assert_eq!(counts(&volume), [0, 1, 0, 2]);
    assert_eq!((&volume["days"][1]["volume"], &volume["days"][3]["volume"]), (&json!("1500000"), &json!("1500000")));
    assert_eq!(get(&world, &auditor, "user-growth").await["days"].as_array().unwrap().len(), 30);
    let distribution = get(&world, &auditor, "user-distribution").await;
    assert_eq!(distribution["byCountry"], json!([{ "countryCode": "US", "count": 4 }]));

    for (path, field) in [
        ("user-growth?days=91", "days:FIELD_INVALID"),
        ("transaction-volume?days=0", "days:FIELD_INVALID"),
        ("recent-activity?limit=51", "limit:FIELD_INVALID"),
    ] {
        let answer = world.api.get(&format!("/api/v1/admin/dashboard/{path}")).token(&auditor).send().await;
        assert_eq!((answer.status, answer.field()), (422, field.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn recent_activity_tells_what_was_decided() {
    let world = World::new().await;
    world.approved("system/pause", &json!({ "reason": "something is wrong" })).await;
    let recent = get(&world, world.owner(), "recent-activity?limit=2").await;
    let events: Vec<&str> =
        recent["activities"].as_array().unwrap().iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["SYSTEM_PAUSED", "APPROVAL_APPROVED"]);
}
