//! Several submitters and projectors on one PostgreSQL: no double work.

use gx_tests::{Admin, Database, NewPerson, Platform, SETTLE_LIMIT, qirat, wait_until};
use serde_json::json;

use crate::load::{Load, everything_adds_up};

#[tokio::test(flavor = "multi_thread")]
async fn several_submitters_and_projectors_do_everything_once() {
    if !Database::all().contains(&Database::Postgres) {
        return;
    }
    let mut platform =
        Platform::on(Database::Postgres).env("OUTBOX_SUBMITTERS", "4").env("PROJECTORS", "3").start().await;
    let admin = Admin::of(&platform).await;

    // 0. A registration says in which transaction and block it stands.
    let mut vic = NewPerson::of("Vic", "FR", "1990-03-15").register(&platform.api()).await;
    vic.hand_in().await;
    let approved = admin.approve(&vic).await;
    vic.wait_until_active().await;
    let command = approved["commandId"].as_str().unwrap();
    let row = admin.api.get(&format!("/api/v1/admin/outbox/{command}")).await.expect(200);
    assert_eq!(row["command"]["transactionId"].as_str().unwrap().len(), 64, "{row}");
    assert!(row["command"]["blockNumber"].as_str().unwrap().parse::<u64>().unwrap() > 0, "{row}");

    // 1. A request and its payment, seen from both sides.
    let us = NewPerson::of("Uma", "US", "1990-03-15").settle(&platform, &admin).await;
    let gb = NewPerson::of("Gwen", "GB", "1985-07-22").settle(&platform, &admin).await;
    let before = (us.notifications().await.len(), gb.notifications().await.len());
    let request = us.request(200, "Books").await;
    let code = request["requestCode"].as_str().unwrap();
    let paid = gb.api.post(&format!("/api/v1/qsend/{code}/pay"), &json!({ "expectedFee": "2" })).await;
    assert!([200, 202].contains(&paid.status), "{paid:?}");
    let command = paid.body["commandId"].as_str().unwrap();
    let settled = gb.settled(command).await;
    assert_eq!(settled["status"], "CONFIRMED", "{settled}");
    let request = us.api.get(&format!("/api/v1/qsend/{code}")).await.expect(200);
    assert_eq!((&request["status"], &request["payerName"]), (&json!("PAID"), &json!(gb.name())));
    assert_eq!(request["onChainTxId"], settled["result"]["transactionId"]);
    assert_eq!((us.balance().await, gb.balance().await), ((500_000_200, 0), (499_999_798, 0)));
    let after = (us.notifications().await.len(), gb.notifications().await.len());
    assert_eq!(after, (before.0 + 1, before.1 + 1), "both are told, once");

    // 2. Many payments between few people: each is endorsed once, settled once, told once.
    let load = Load::start(&platform).await;
    wait_until("payments to be accepted", SETTLE_LIMIT * 2, || async { load.accepted() >= 60 }).await;
    load.stop().await;
    for (key, command) in load.commands() {
        let row = admin.api.get(&format!("/api/v1/admin/outbox/{command}")).await.expect(200);
        assert_eq!(row["command"]["attempts"], json!(1), "{key}: {row}");
    }
    for (person, direction) in [(&us, "IN"), (&gb, "OUT")] {
        let path = format!("/api/v1/wallets/{}/transactions?limit=100", person.id);
        let lines = person.api.get(&path).await.expect(200)["transactions"].as_array().unwrap().clone();
        let of_payment = lines.iter().filter(|line| line["onChainTxId"] == request["onChainTxId"]);
        let of_payment: Vec<_> = of_payment.filter(|line| qirat(&line["amount"]) == 200).collect();
        let [line] = of_payment.as_slice() else { panic!("{lines:?}") };
        assert!(line["direction"].as_str().unwrap().starts_with(direction), "{line}");
    }
    everything_adds_up(&mut platform, &load).await;
}
