//! The worked payments, the fee vectors, and what a settled payment leaves behind.

use gx_store::repo::conservation;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_granted_people_pay_across_the_border() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
        assert_eq!(world.balance(&amina).await, (500_000_000, 0));
        let command = world.pay(&amina, &ben, 200).await;
        assert_eq!(command["status"], "CONFIRMED");
        assert_eq!(world.balance(&ben).await, (500_000_200, 0));
        assert_eq!(world.balance(&amina).await, (499_999_798, 0));

        // The same in two payments.
        let (clara, david) = (world.granted("Clara", "US").await, world.granted("David", "GB").await);
        world.pay(&clara, &david, 100).await;
        world.pay(&clara, &david, 100).await;
        assert_eq!((world.balance(&david).await.0, world.balance(&clara).await.0), (500_000_200, 499_999_798));
        let books = conservation::check(world.test.app.store().read()).await.unwrap();
        assert!(books.holds(), "{books:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_and_dashboard_show_a_payment_with_its_fee() {
    let world = World::start().await;
    let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
    let command = world.pay(&amina, &ben, 10_000).await;
    let tx_id = command["result"]["transactionId"].as_str().unwrap();
    assert!(tx_id.len() == 64 && command["result"]["blockNumber"].as_str().unwrap().parse::<u64>().unwrap() > 0);

    let history = async |path: &str| {
        let path = format!("/api/v1/wallets/{}/transactions{path}", amina.profile_id);
        let answer = world.api.get(&path).token(&amina.token).send().await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    };
    let lines = history("").await;
    let kinds: Vec<&str> =
        lines["transactions"].as_array().unwrap().iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"GENESIS") && kinds.contains(&"SENT") && kinds.contains(&"FEE"), "{kinds:?}");
    let sent = history("?type=SENT").await["transactions"][0].clone();
    assert_eq!(
        (&sent["amount"], &sent["fee"], &sent["direction"], &sent["counterpartyName"], &sent["onChainTxId"]),
        (&json!("10000"), &json!("15"), &json!("OUT"), &json!("Ben Johnson"), &json!(tx_id)),
    );
    let fee = history("?type=FEE").await["transactions"][0].clone();
    assert_eq!((&fee["amount"], &fee["counterpartyName"]), (&json!("15"), &json!("System Operations Fund")));
    assert_eq!(history("?direction=IN&type=SENT").await["transactions"], json!([]));
    assert_eq!(history("?status=PENDING").await["transactions"], json!([]));

    // One line per page, every line once.
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = history(&format!("?limit=1{cursor}")).await;
        ids.extend(page["transactions"].as_array().unwrap().iter().map(|line| line["offTxId"].clone()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let all: Vec<Value> =
        lines["transactions"].as_array().unwrap().iter().map(|line| line["offTxId"].clone()).collect();
    assert_eq!(ids, all);

    let path = format!("/api/v1/wallets/{}/dashboard", ben.profile_id);
    let dashboard = world.api.get(&path).token(&ben.token).send().await.body;
    assert_eq!(dashboard["wallet"]["balance"], "500010000");
    assert_eq!(dashboard["recentTransactions"][0]["type"], "RECEIVED");
    // Nobody reads another's wallet.
    for what in ["balance", "transactions", "dashboard"] {
        let path = format!("/api/v1/wallets/{}/{what}", amina.profile_id);
        assert_eq!(world.api.get(&path).token(&ben.token).send().await.status, 404, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_is_what_is_charged() {
    let world = World::start().await;
    let (us, gb, other_us) =
        (world.granted("Amina", "US").await, world.granted("Ben", "GB").await, world.granted("Clara", "US").await);
    for (to, amount, fee, scope) in [
        (&gb, 50, 1, "CROSS_BORDER"),
        (&gb, 100, 1, "CROSS_BORDER"),
        (&gb, 200, 2, "CROSS_BORDER"),
        (&gb, 10_000, 15, "CROSS_BORDER"),
        (&gb, 5_000_000, 7_500, "CROSS_BORDER"),
        (&other_us, 2_999_999, 0, "LOCAL"),
        (&other_us, 3_000_000, 1_500, "LOCAL"),
    ] {
        let path = format!("/api/v1/fees/quote?to={}&amount={amount}", to.profile_id);
        let quote = world.api.get(&path).token(&us.token).send().await;
        assert_eq!(quote.status, 200, "{:?}", quote.body);
        assert_eq!((&quote.body["fee"], &quote.body["scope"]), (&json!(fee.to_string()), &json!(scope)), "{amount}");
        assert_eq!(quote.body["total"], (amount + fee).to_string());
        let before = world.balance(&us).await.0;
        world.pay(&us, to, amount).await;
        assert_eq!(world.balance(&us).await.0, before - amount - fee, "{amount}");
    }
    // Before anything was paid the name is masked, afterwards it is not.
    let path = format!("/api/v1/fees/quote?to={}&amount=1", us.profile_id);
    assert_eq!(world.api.get(&path).token(&gb.token).send().await.body["recipientName"], "Amina Johnson");
    let stranger = world.ungranted("Dora", "GB").await;
    assert_eq!(world.api.get(&path).token(&stranger.token).send().await.body["recipientName"], "A••• J•••");
    let merchant = format!("/api/v1/fees/quote?to={}&amount=10000&type=MERCHANT", other_us.profile_id);
    assert_eq!(world.api.get(&merchant).token(&us.token).send().await.body["fee"], "15");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_schedule_is_noticed_before_anyone_pays_it() {
    let world = World::start().await;
    let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
    let body = |fee: &str| json!({ "toID": ben.profile_id, "amount": "10000", "reason": "r", "expectedFee": fee });
    let send = async |key: &str, fee: &str| {
        world
            .api
            .post("/api/v1/transfers")
            .token(&amina.token)
            .header("idempotency-key", key)
            .header("prefer", "wait=20")
            .json(&body(fee))
            .send()
            .await
    };
    assert_eq!(send("first-key", "15").await.status, 200);
    let schedule = gx_contracts::fees::FeeSchedule::initial().to_json().replace("\"rateBps\":15", "\"rateBps\":20");
    world
        .command(gx_contracts::Command::UpdateSystemParameter {
            parameter: "feeSchedule".to_owned(),
            value: schedule,
            request: "dearer".parse().unwrap(),
        })
        .await;
    world.settled().await;
    let refused = send("second-key", "15").await;
    assert_eq!((refused.status, refused.code()), (409, "FEE_CHANGED"));
    assert_eq!(send("third-key", "20").await.status, 200);
    assert_eq!(world.balance(&amina).await, (500_000_000 - 20_000 - 15 - 20, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_only_the_ledger_can_refuse_is_told_and_charges_nothing() {
    let world = World::start().await;
    let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
    // Frozen on the ledger, and the read model of the service does not know yet: the order on the ledger decides.
    let id = id_of(&world, &ben).await;
    world
        .command(gx_contracts::Command::FreezeWallet {
            profile_id: ben.profile_id,
            user_id: id,
            reason: "test".to_owned(),
            request: "freeze".parse().unwrap(),
        })
        .await;
    let answer = world
        .api
        .post("/api/v1/transfers")
        .token(&amina.token)
        .header("idempotency-key", "payment-1")
        .header("prefer", "wait=20")
        .json(&json!({ "toID": ben.profile_id, "amount": "100", "reason": "r" }))
        .send()
        .await;
    // Either the service knows already, or the ledger refuses; both change nothing.
    assert_eq!(answer.status, 409, "{:?}", answer.body);
    assert!(["ACCOUNT_FROZEN", "ACCOUNT_NOT_ACTIVE"].contains(&answer.code()), "{:?}", answer.body);
    world.settled().await;
    assert_eq!(world.balance(&amina).await, (500_000_000, 0));
    assert_eq!(world.balance(&ben).await, (500_000_000, 0));
}

async fn id_of(world: &World, person: &gx_platform::testing::SignedInPerson) -> gx_types::GxId {
    let path = format!("/api/v1/wallets/{}/balance", person.profile_id);
    let answer = world.api.get(&path).token(&person.token).send().await;
    answer.body["balance"]["fabricUserId"].as_str().unwrap().parse().unwrap()
}
