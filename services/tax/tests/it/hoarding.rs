//! Period and bands, and what one's own account is told.

use std::time::Duration;

use gx_contracts::hoarding::HoardingTax;
use gx_contracts::parameters::HOARDING_TAX;
use serde_json::{Value, json};

use crate::world::{World, ago};

const ADA: &str = "US A07 ABK524 0ABCD 1234";
const BEN: &str = "GB A07 ABK524 0ABCD 1234";

#[tokio::test]
async fn a_held_balance_is_previewed_with_period_band_and_amount() {
    for world in World::each().await {
        // Below, above, below, and above again since 40 days.
        let ada = world.holder(ADA, &[(90, 50), (80, 500), (60, 99), (40, 100), (10, 500), (1, 300)]).await;
        let answer = world.preview(&ada, ADA).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let now = world.test.app.now();
        let due = ago(now, 40).plus(Duration::from_secs(355 * 86_400));
        assert_eq!(
            answer.body,
            json!({
                "accountId": ADA, "state": "HOLDING", "balance": "300000000", "threshold": "100000000", "periodDays": 355,
                "heldSince": ago(now, 40).rfc3339(), "heldDays": 40, "dueAt": due.rfc3339(),
                "band": { "from": "100000000", "upTo": "1000000000", "rateBps": 250 },
                "fullAmount": "7500000", "amount": "7500000", "dueAmount": "0", "at": now.rfc3339(),
            })
        );

        // The same account when the period is complete.
        world.test.advance(Duration::from_secs(315 * 86_400));
        let ada = world.test.sign_in(ada.person.profile_id).await;
        let ada = crate::world::Someone { person: ada, id: ADA.parse().unwrap() };
        let due = world.preview(&ada, ADA).await.body;
        assert_eq!(
            (&due["state"], &due["heldDays"], &due["dueAmount"]),
            (&json!("DUE"), &json!(355), &json!("7500000"))
        );
    }
}

#[tokio::test]
async fn below_the_threshold_nothing_runs() {
    for world in World::each().await {
        for (id, balances) in [(ADA, &[(500, 5_000), (3, 99)][..]), (BEN, &[][..])] {
            let someone = world.holder(id, balances).await;
            let told = world.preview(&someone, id).await.body;
            assert_eq!(told["state"], "BELOW_THRESHOLD", "{told}");
            for none in ["heldSince", "dueAt"] {
                assert_eq!(told[none], Value::Null, "{told}");
            }
            assert_eq!((&told["amount"], &told["heldDays"]), (&json!("0"), &json!(0)));
            assert_eq!(told["band"], json!({ "from": "0", "upTo": "99999999", "rateBps": 0 }));
        }
    }
}

#[tokio::test]
async fn someone_elses_account_is_answered_like_one_that_is_not_there() {
    for world in World::each().await {
        let ada = world.holder(ADA, &[(400, 500)]).await;
        let ben = world.approved(BEN).await;
        let nobody = "FR A07 ABK524 0ABCD 1234";
        let mut answers = Vec::new();
        // Ada's, nobody's, a treasury's, the system's, and one's own before the ledger has it.
        for account in [ADA, nobody, "treasury_GB", "SYSTEM_OPERATIONS_FUND", BEN] {
            let mut answer = world.preview(&ben, account).await;
            assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{account}");
            let body = answer.body.as_object_mut().unwrap();
            body.remove("correlationId");
            body.remove("instance");
            answers.push(answer.body);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        assert_eq!(world.preview(&ada, ADA).await.status, 200);

        let signed_out = world.get(&format!("/api/v1/tax/hoarding/accounts/{}", ADA.replace(' ', "%20"))).await;
        assert_eq!((signed_out.status, signed_out.code()), (401, "UNAUTHORIZED"));
        for wrong in ["x", "us a07 abk524 0abcd 1234", "treasury_gb", "SYSTEM_NOTHING"] {
            let answer = world.preview(&ben, wrong).await;
            assert_eq!((answer.status, answer.field().as_str()), (422, "accountId:FIELD_INVALID"), "{wrong}");
        }
    }
}

#[tokio::test]
async fn a_new_parameter_moves_threshold_period_and_rate() {
    for world in World::each().await {
        let ada = world.holder(ADA, &[(40, 60), (20, 500), (10, 70)]).await;
        assert_eq!(world.preview(&ada, ADA).await.body["state"], "BELOW_THRESHOLD");
        let lower = r#"{"periodDays":30,"bands":[{"upToQirat":49999999,"rateBps":0},{"rateBps":100}]}"#;
        world.parameter(HOARDING_TAX, lower).await;
        let told = world.preview(&ada, ADA).await.body;
        let since = ago(world.test.app.now(), 40).rfc3339();
        assert_eq!((&told["state"], &told["heldSince"]), (&json!("DUE"), &json!(since)), "{told}");
        assert_eq!((&told["dueAmount"], &told["periodDays"]), (&json!("700000"), &json!(30)));
        let table = world.get("/api/v1/tax/hoarding/schedule").await.body;
        assert_eq!((&table["threshold"], &table["bands"][1]["rateBps"]), (&json!("50000000"), &json!(100)));

        world.parameter(HOARDING_TAX, r#"{"periodDays":30,"bands":[{"rateBps":0}]}"#).await;
        let told = world.preview(&ada, ADA).await.body;
        assert_eq!(
            (&told["state"], &told["threshold"], &told["heldSince"]),
            (&json!("BELOW_THRESHOLD"), &Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_ledger_without_the_parameter_goes_by_what_the_contracts_begin_with() {
    let world = World::empty().await;
    let table = world.get("/api/v1/tax/hoarding/schedule").await;
    assert_eq!((table.status, &table.body["inForceSince"]), (200, &Value::Null));
    let rates: Vec<_> = HoardingTax::initial().bands().map(|band| band.rate_bps).collect();
    let shown: Vec<_> = table.body["bands"].as_array().unwrap().iter().map(|band| band["rateBps"].clone()).collect();
    assert_eq!(json!(shown), json!(rates));
    assert_eq!((&table.body["periodDays"], &table.body["threshold"]), (&json!(355), &json!("100000000")));
}
