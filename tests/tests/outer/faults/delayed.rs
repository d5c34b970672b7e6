//! A ledger that delays an envelope past a refusal of its command.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gx_contracts::void_key_call;
use gx_ledger::{Proposal, Settled};
use gx_tests::{Admin, Database, Inside, NewPerson, Platform, SETTLE_LIMIT, wait_for, wait_until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_delayed_past_its_refusal_has_no_effect() {
    for database in Database::all() {
        let inside = Inside::default();
        let platform = Platform::on(database).inside(&inside).env("OUTBOX_OUTCOME_SECONDS", "1").start().await;
        let admin = Admin::of(&platform).await;
        let ann = NewPerson::of("Ann", "US", "1990-03-15").settle(&platform, &admin).await;
        let bob = NewPerson::of("Bob", "US", "1985-07-22").settle(&platform, &admin).await;

        // 1. The payment is signed and sent, and is under way for a long time.
        inside.line.hold_envelopes();
        let command = ann.send(&bob.gx_id, 1_000, "a-delayed-payment").await;
        let in_outbox = format!("/api/v1/admin/outbox/{command}");
        wait_until("the envelope to be sent", SETTLE_LIMIT, || async {
            admin.api.get(&in_outbox).await.expect(200)["command"]["state"] == "SUBMITTED"
        })
        .await;
        let under_way = inside.line.under_way();
        assert!(under_way > 0);
        inside.line.hold_no_more();

        // 2. Meanwhile the system is paused, and blocks go by: endorsed anew, the payment is refused.
        let pause = json!({ "reason": "A long look at everything." });
        let second = Admin::second(&platform).await;
        let paused = admin.agreed(&second, "/api/v1/admin/system/pause", &pause).await;
        let of_pause = format!("/api/v1/admin/outbox/{}", paused["commandId"].as_str().unwrap());
        wait_until("coins to stand still", SETTLE_LIMIT, || async {
            admin.api.get(&of_pause).await.expect(200)["command"]["status"] == "CONFIRMED"
        })
        .await;
        let path = format!("/api/v1/transfers/{command}/status");
        let blocks = AtomicU32::new(0);
        let refused = wait_for("the payment to be refused", SETTLE_LIMIT, || async {
            a_block_goes_by(&inside, blocks.fetch_add(1, Ordering::SeqCst)).await;
            let view = ann.api.get(&path).await.expect(200);
            (view["status"] == "FAILED").then_some(view)
        })
        .await;
        assert_eq!(refused["error"]["code"], "SYSTEM_PAUSED", "{refused}");
        assert_eq!((ann.balance().await, bob.balance().await), ((500_000_000, 0), (500_000_000, 0)));

        // 3. The first envelope arrives at last. Its key is void: it changes nothing.
        assert_eq!(inside.line.under_way(), under_way);
        let height = inside.ledger().info().await.unwrap().height;
        inside.line.arrive(&*inside.ledger()).await;
        assert!(inside.ledger().info().await.unwrap().height > height, "it is in a block, as invalid");

        // 4. Coins move again, and the same person pays once.
        admin.api.post("/api/v1/admin/system/resume", &json!({})).await.expect(202);
        wait_until("coins to move again", SETTLE_LIMIT, || async {
            let body = json!({ "toID": bob.gx_id, "amount": "2000", "reason": "once" });
            ann.api.post_once("/api/v1/transfers", "a-later-payment", &body).await.status == 202
        })
        .await;
        wait_until("the later payment to settle", SETTLE_LIMIT, || async { bob.balance().await == (500_002_000, 0) })
            .await;
        assert_eq!(ann.balance().await, (499_998_000, 0));
        let told = ann.notifications().await;
        let of_refusal = told.iter().filter(|notice| notice.to_string().contains("paused")).count();
        assert_eq!(of_refusal, 1, "{told:#?}");

        let mut platform = platform;
        platform.stop().await;
        for command in [&["ledger", "verify"][..], &["projector", "rebuild", "--compare"]] {
            let output = platform.command(command).output().unwrap();
            let text = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "gx {}: {}", command.join(" "), String::from_utf8_lossy(&text));
        }
    }
}

/// A transaction of somebody else: a key that nobody uses is voided, which a pause does not forbid.
async fn a_block_goes_by(inside: &Inside, number: u32) {
    let call = void_key_call(&format!("nobodys-key-{number}").parse().unwrap());
    let proposal = Proposal { call, timestamp: inside.now() };
    let settled = inside.ledger().submit(proposal, Duration::from_secs(30)).await.unwrap();
    assert!(matches!(settled, Settled::Committed(_)), "{settled:?}");
}
