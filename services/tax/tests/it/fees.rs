//! Quotes and the schedule.

use gx_contracts::fees::{FeeSchedule, Scope, TransactionType};
use gx_contracts::parameters::FEE_SCHEDULE;
use gx_types::Qirat;
use serde_json::{Value, json};

use crate::world::World;

/// The amounts at which something changes, in Qirat.
const AMOUNTS: &[u64] = &[1, 50, 100, 101, 200, 10_000, 2_999_999, 3_000_000, 5_000_000, 100_000_000, 100_000_001];

#[tokio::test]
async fn every_type_and_scope_is_quoted_as_the_contract_charges() {
    for world in World::each().await {
        let schedule = FeeSchedule::initial();
        for kind in TransactionType::ALL {
            for scope in Scope::ALL {
                for amount in AMOUNTS.iter().copied() {
                    let charged = schedule.quote(kind, scope, Qirat::new(amount).unwrap());
                    let scope = scope.as_str();
                    let answer =
                        world.get(&format!("/api/v1/tax/fees/quote?type={kind}&scope={scope}&amount={amount}")).await;
                    assert_eq!(answer.status, 200, "{:?}", answer.body);
                    let expected = json!({ "type": kind.as_str(), "scope": scope, "amount": amount.to_string(),
                        "fee": charged.fee, "total": (amount + charged.fee.get()).to_string(), "feeRateBps": charged.rate_bps });
                    assert_eq!(answer.body, expected);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_new_schedule_is_quoted_from_its_block_on() {
    for world in World::each().await {
        let quote = "/api/v1/tax/fees/quote?type=MERCHANT&scope=LOCAL&amount=10000";
        assert_eq!(world.get(quote).await.body["fee"], "15");
        let mut schedule: Value = serde_json::from_str(&FeeSchedule::initial().to_json()).unwrap();
        schedule["rows"][2]["bands"][0]["rateBps"] = json!(100);
        world.parameter(FEE_SCHEDULE, &schedule.to_string()).await;
        assert_eq!(world.get(quote).await.body["fee"], "100");
        let table = world.get("/api/v1/tax/fees/schedule").await.body;
        assert_eq!(table["rows"][2]["bands"][0]["rateBps"], 100);
    }
}

#[tokio::test]
async fn the_schedule_is_a_table_of_every_type_and_scope() {
    for world in World::each().await {
        let table = world.get("/api/v1/tax/fees/schedule").await;
        assert_eq!((table.status, &table.body["blockNumber"]), (200, &json!("3")));
        let rows = table.body["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 8);
        assert_eq!(
            rows[0],
            json!({ "type": "P2P", "scope": "LOCAL", "bands": [
                { "from": "1", "upTo": "2999999", "rateBps": 0, "minimumFee": "0" },
                { "from": "3000000", "upTo": "100000000", "rateBps": 5, "minimumFee": "1" },
                { "from": "100000001", "upTo": null, "rateBps": 10, "minimumFee": "1" },
            ] })
        );
        assert_eq!(
            rows[7],
            json!({ "type": "B2B", "scope": "CROSS_BORDER", "bands": [
                { "from": "1", "upTo": null, "rateBps": 40, "minimumFee": "1" },
            ] })
        );
    }
}

#[tokio::test]
async fn what_is_no_payment_is_refused_by_its_field() {
    let world = World::empty().await;
    world.parameter(FEE_SCHEDULE, &FeeSchedule::initial().to_json()).await;
    for (query, refused) in [
        ("", "type:FIELD_REQUIRED"),
        ("scope=LOCAL&amount=1", "type:FIELD_REQUIRED"),
        ("type=P2P&amount=1", "scope:FIELD_REQUIRED"),
        ("type=P2P&scope=LOCAL", "amount:FIELD_REQUIRED"),
        ("type=GIFT&scope=LOCAL&amount=1", "type:FIELD_INVALID"),
        ("type=p2p&scope=LOCAL&amount=1", "type:FIELD_INVALID"),
        ("type=P2P&scope=ABROAD&amount=1", "scope:FIELD_INVALID"),
        ("type=P2P&scope=LOCAL&amount=0", "amount:AMOUNT_INVALID"),
        ("type=P2P&scope=LOCAL&amount=-1", "amount:AMOUNT_INVALID"),
        ("type=P2P&scope=LOCAL&amount=1.5", "amount:AMOUNT_INVALID"),
        ("type=P2P&scope=LOCAL&amount=007", "amount:AMOUNT_INVALID"),
        ("type=P2P&scope=LOCAL&amount=", "amount:AMOUNT_INVALID"),
        // All there can be, and a fee on top; more than there can be.
        ("type=P2P&scope=LOCAL&amount=1250000000000000000", "amount:AMOUNT_INVALID"),
        ("type=P2P&scope=LOCAL&amount=1250000000000000001", "amount:AMOUNT_INVALID"),
        ("type=P2P&scope=LOCAL&amount=1&amount=2", "amount:FIELD_INVALID"),
        ("type=P2P&scope=LOCAL&amount=1&to=me", "to:FIELD_UNKNOWN"),
    ] {
        let answer = world.get(&format!("/api/v1/tax/fees/quote?{query}")).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, refused), "{query}");
    }
}

#[tokio::test]
async fn before_the_ledger_has_begun_there_is_no_schedule() {
    let world = World::empty().await;
    for path in ["fees/schedule", "fees/quote?type=P2P&scope=LOCAL&amount=1"] {
        let answer = world.get(&format!("/api/v1/tax/{path}")).await;
        assert_eq!((answer.status, answer.code()), (503, "FEATURE_UNAVAILABLE"), "{path}");
    }
}
