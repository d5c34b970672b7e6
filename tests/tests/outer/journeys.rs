//! What people do, from the first code to the last figure, on both databases and in both shapes of the platform.

pub mod security;
pub mod tax;

use std::collections::BTreeSet;

use gx_tests::{Admin, Database, NewPerson, Person, Platform, qirat, wait_for};
use serde_json::{Value, json};

/// Someone who is granted coins, and someone who is too old for it.
const YOUNG: &str = "1990-03-15";
const OLD: &str = "1948-05-01";

async fn cast(platform: &Platform, admin: &Admin) -> (Person, Person, Person) {
    let giver = NewPerson::of("Giver", "FR", YOUNG).settle(platform, admin).await;
    let us = NewPerson::of("Ursula", "US", OLD).settle(platform, admin).await;
    let gb = NewPerson::of("Gerald", "GB", OLD).settle(platform, admin).await;
    (giver, us, gb)
}

/// Two people over 73, one in the US and one in GB, without grant; a granted person sends 10,000 Q to one and 5,000 Q to
/// the other; the first requests 50 Q, the other verifies and pays.
pub async fn two_old_people_and_a_request(platform: &Platform, admin: &Admin) {
    let (giver, us, gb) = cast(platform, admin).await;
    assert!(giver.told_eligible && !us.told_eligible && !gb.told_eligible);
    assert_eq!((giver.balance().await, us.balance().await, gb.balance().await), ((500_000_000, 0), (0, 0), (0, 0)));

    giver.pay(&us.gx_id, 10_000, "first-payment").await;
    giver.pay(&gb.id, 5_000, "second-payment").await;
    assert_eq!((us.balance().await, gb.balance().await), ((10_000, 0), (5_000, 0)));
    // 15 basis points of 10,000 Q are 15 Q; of 5,000 Q they are 8 Q, rounded up.
    assert_eq!(giver.balance().await, (500_000_000 - 10_000 - 15 - 5_000 - 8, 0));

    let request = us.request(50, "Tea").await;
    let code = request["requestCode"].as_str().unwrap();
    let verified = gb.api.post("/api/v1/qsend/verify", &json!({ "qrData": request["qrData"] })).await.expect(200);
    assert_eq!(verified["valid"], true, "{verified}");
    let seen = &verified["request"];
    assert_eq!((qirat(&seen["amount"]), qirat(&seen["fee"]), qirat(&seen["total"])), (50, 1, 51));
    assert_eq!(seen["creatorName"], us.name());

    let paid = pay_request(&gb, code, 1).await;
    assert_eq!(paid["status"], "PAID", "{paid}");
    assert_eq!((us.balance().await, gb.balance().await), ((10_050, 0), (4_949, 0)));

    // The creator sees who paid, and with which transaction.
    let request = us.api.get(&format!("/api/v1/qsend/{code}")).await.expect(200);
    assert_eq!((&request["status"], &request["payerName"]), (&json!("PAID"), &json!(gb.name())));
    let tx_id = request["onChainTxId"].as_str().unwrap();
    assert!(tx_id.len() == 64 && tx_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{tx_id}");
    assert_eq!(gb.settled(request["commandId"].as_str().unwrap()).await["result"]["transactionId"], tx_id);

    // Both histories have the payment once, with its block; the payer's has the fee.
    for (person, direction) in [(&us, "IN"), (&gb, "OUT")] {
        let lines = history(person).await;
        let of_payment: Vec<&Value> =
            lines.iter().filter(|line| line["onChainTxId"] == tx_id && qirat(&line["amount"]) == 50).collect();
        let [line] = of_payment.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["status"], "CONFIRMED");
        assert!(line["direction"].as_str().unwrap().starts_with(direction), "{line}");
        assert!(line["blockNumber"].as_str().unwrap().parse::<u64>().unwrap() > 0);
    }
    // Exactly two notifications tell of it, one on each side.
    for person in [&us, &gb] {
        let notifications = person.notifications().await;
        let about = notifications
            .iter()
            .filter(|notice| notice.to_string().contains(code) || notice.to_string().contains("50 Q"));
        assert_eq!(about.count(), 1, "{notifications:#?}");
    }
    let stats = dashboard(&us).await;
    assert_eq!((&stats["totalRequests"], &stats["paidRequests"]), (&json!(1), &json!(1)));
    assert_eq!((qirat(&stats["totalAmountRequested"]), qirat(&stats["totalAmountPaid"])), (50, 50));
    assert_eq!(gb.api.get(&format!("/api/v1/qsend/{code}")).await.expect(200)["payerProfileId"], gb.id.as_str());
}

/// Two newly granted people, one in the US and one in GB: 200 Q paid in these parts.
pub async fn granted_people_pay(platform: &Platform, admin: &Admin, parts: &[u64]) {
    let us = NewPerson::of("Uma", "US", YOUNG).settle(platform, admin).await;
    let gb = NewPerson::of("Gwen", "GB", "1985-07-22").settle(platform, admin).await;
    for part in parts {
        let request = us.request(*part, "Books").await;
        let paid = pay_request(&gb, request["requestCode"].as_str().unwrap(), fee_of(*part)).await;
        assert_eq!(paid["status"], "PAID", "{paid}");
    }
    assert_eq!((us.balance().await, gb.balance().await), ((500_000_200, 0), (499_999_798, 0)));
}

fn fee_of(amount: u64) -> u64 {
    if amount > 100 { 2 } else { 1 }
}

/// Three requests of 250 Q together.
async fn three_requests(platform: &Platform, admin: &Admin) {
    let person = NewPerson::of("Rita", "US", OLD).settle(platform, admin).await;
    for amount in [50, 100, 100] {
        person.request(amount, "Part").await;
    }
    let stats = dashboard(&person).await;
    assert_eq!((&stats["totalRequests"], qirat(&stats["totalAmountRequested"])), (&json!(3), 250));
    assert_eq!((&stats["activeRequests"], qirat(&stats["totalAmountPaid"])), (&json!(3), 0));
}

/// Two payers at once: exactly one is charged.
async fn two_payers_at_once(platform: &Platform, admin: &Admin) {
    let creator = NewPerson::of("Cleo", "US", OLD).settle(platform, admin).await;
    let one = NewPerson::of("Otto", "GB", YOUNG).settle(platform, admin).await;
    let two = NewPerson::of("Tara", "GB", YOUNG).settle(platform, admin).await;
    let request = creator.request(1_000, "Only once").await;
    let path = format!("/api/v1/qsend/{}/pay", request["requestCode"].as_str().unwrap());
    let body = json!({});
    let (first, second) = tokio::join!(one.api.post(&path, &body), two.api.post(&path, &body));
    let taken = [&first, &second].iter().filter(|reply| [200, 202].contains(&reply.status)).count();
    assert_eq!(taken, 1, "{first:?} {second:?}");
    wait_for("the payment to arrive", gx_tests::SETTLE_LIMIT, || async {
        (creator.balance().await == (1_000, 0)).then_some(())
    })
    .await;
    let charged: Vec<u64> =
        [one.balance().await, two.balance().await].iter().map(|(settled, _)| 500_000_000 - settled).collect();
    assert_eq!(charged.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&0, &1_002]), "{charged:?}");
}

/// The same document twice is refused by the ledger, and the person is told.
async fn a_document_used_twice(platform: &Platform, admin: &Admin) {
    let first = NewPerson::of("Fiona", "US", YOUNG).settle(platform, admin).await;
    let mut twin = NewPerson::of("Frieda", "US", YOUNG);
    twin.passport.clone_from(&first.person.passport);
    let twin = twin.register(&platform.api()).await;
    twin.hand_in().await;
    admin.approve(&twin).await;
    let denied = wait_for("the second registration to be denied", gx_tests::SETTLE_LIMIT, || async {
        let profile = twin.profile().await;
        (profile["status"] == "DENIED").then_some(profile)
    })
    .await;
    assert_eq!(denied["onchainStatus"], "NOT_REGISTERED", "{denied}");
    assert!(denied["denialReason"].to_string().contains("document"), "{denied}");
    let told = twin.notifications().await;
    assert!(told.iter().any(|notice| notice.to_string().contains("document")), "{told:#?}");
}

async fn pay_request(payer: &Person, code: &str, fee: u64) -> Value {
    let body = json!({ "expectedFee": fee.to_string() });
    let reply = payer.api.post(&format!("/api/v1/qsend/{code}/pay"), &body).await;
    assert!([200, 202].contains(&reply.status), "{reply:?}");
    let command = reply.body["commandId"].as_str().unwrap();
    let settled = payer.settled(command).await;
    assert_eq!(settled["status"], "CONFIRMED", "{settled}");
    payer.api.get(&format!("/api/v1/qsend/{code}")).await.expect(200)
}

async fn history(person: &Person) -> Vec<Value> {
    let path = format!("/api/v1/wallets/{}/transactions?limit=100", person.id);
    person.api.get(&path).await.expect(200)["transactions"].as_array().unwrap().clone()
}

async fn dashboard(person: &Person) -> Value {
    person.api.get("/api/v1/qsend/dashboard").await.expect(200)["stats"].clone()
}

async fn every_journey(platform: &Platform) {
    let admin = Admin::of(platform).await;
    tokio::join!(
        two_old_people_and_a_request(platform, &admin),
        granted_people_pay(platform, &admin, &[200]),
        granted_people_pay(platform, &admin, &[100, 100]),
        three_requests(platform, &admin),
        two_payers_at_once(platform, &admin),
        a_document_used_twice(platform, &admin),
        security::people_protect_their_accounts(platform, &admin),
        tax::fees_are_known_and_holding_is_previewed(platform, &admin),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    every_journey(&Platform::on(Database::Sqlite).start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    if Database::all().contains(&Database::Postgres) {
        every_journey(&Platform::on(Database::Postgres).start().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_services_in_processes_of_their_own() {
    let database = if Database::all().contains(&Database::Postgres) { Database::Postgres } else { Database::Sqlite };
    every_journey(&Platform::on(database).in_processes().start().await).await;
}
