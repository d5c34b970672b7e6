//! The history as file, chart and statement.

use gx_store::Col;
use gx_store::entity::transactions;
use gx_store::sea_orm::{EntityTrait, IntoActiveModel as _};
use gx_types::{AccountId, Qirat, Timestamp, TransactionDirection, TransactionKind, TxId};
use serde_json::{Value, json};

use crate::still::{Someone, Still};

/// A line of a history, as the projector writes it.
struct Past<'a> {
    number: u16,
    at: &'a str,
    kind: TransactionKind,
    amount: u64,
    after: u64,
    remark: &'a str,
}

async fn write(still: &Still, whose: &Someone, other: &Someone, lines: &[Past<'_>]) {
    for line in lines {
        let out = matches!(line.kind, TransactionKind::Sent | TransactionKind::Fee);
        let mut tx = [0; 32];
        tx[..2].copy_from_slice(&line.number.to_be_bytes());
        let row = transactions::Model {
            account_id: Col(AccountId::Holder(whose.id)),
            tx_id: Col(TxId::from_bytes(tx)),
            event_index: 0,
            leg: i64::from(line.kind == TransactionKind::Fee),
            kind: Col(line.kind),
            direction: Col(if out { TransactionDirection::Out } else { TransactionDirection::In }),
            counterparty_id: Some(Col(AccountId::Holder(other.id))),
            amount: Col(Qirat::new(line.amount).unwrap()),
            fee: Col(Qirat::ZERO),
            balance_after: Some(Col(Qirat::new(line.after).unwrap())),
            remark: line.remark.to_owned(),
            ledger_key: None,
            block_number: i64::from(line.number),
            tx_position: 0,
            occurred_at: Col(line.at.parse::<Timestamp>().unwrap()),
        };
        still
            .test
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    transactions::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await;
    }
}

fn past<'a>(number: u16, at: &'a str, kind: TransactionKind, amount: u64, after: u64, remark: &'a str) -> Past<'a> {
    Past { number, at, kind, amount, after, remark }
}

/// Tests begin on 2026-01-15 at noon.
async fn scene(still: &Still) -> (Someone, Someone) {
    use TransactionKind::{Fee, Received, Sent};
    let (amina, ben) = (still.holder("US", 720).await, still.holder("GB", 0).await);
    write(
        still,
        &amina,
        &ben,
        &[
            past(1, "2025-12-30T10:00:00Z", Received, 1_000, 1_000, "=cmd|' /C calc'!A0"),
            past(2, "2026-01-10T09:00:00Z", Sent, 300, 698, "Lunch, \"twice\""),
            past(2, "2026-01-10T09:00:00Z", Fee, 2, 698, "Lunch"),
            past(3, "2026-01-10T23:59:59Z", Received, 50, 748, "back"),
            past(4, "2026-01-13T00:00:00Z", Sent, 28, 720, "-tea"),
        ],
    )
    .await;
    (amina, ben)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_balance_is_told_day_by_day() {
    for still in Still::each().await {
        let (amina, ben) = scene(&still).await;
        let path = |days: &str| format!("/api/v1/wallets/{}/balance/series{days}", amina.person.profile_id);
        let answer = still.api.get(&path("?days=7")).token(&amina.person.token).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let points: Vec<(&str, &str)> = answer.body["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| (point["day"].as_str().unwrap(), point["balance"].as_str().unwrap()))
            .collect();
        assert_eq!(
            points,
            [
                ("2026-01-09", "1000"),
                ("2026-01-10", "748"),
                ("2026-01-11", "748"),
                ("2026-01-12", "748"),
                ("2026-01-13", "720"),
                ("2026-01-14", "720"),
                ("2026-01-15", "720"),
            ]
        );
        let all = still.api.get(&path("")).token(&amina.person.token).send().await.body;
        assert_eq!(all["points"].as_array().unwrap().len(), 30);
        assert_eq!(all["points"][0], json!({ "day": "2025-12-17", "balance": "0" }));
        for bad in ["?days=0", "?days=367", "?days=x"] {
            let answer = still.api.get(&path(bad)).token(&amina.person.token).send().await;
            assert_eq!((answer.status, answer.field().as_str()), (422, "days:FIELD_INVALID"), "{bad}");
        }
        assert_eq!(still.api.get(&path("")).token(&ben.person.token).send().await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_adds_up() {
    for still in Still::each().await {
        let (amina, ben) = scene(&still).await;
        let path = |month: &str| format!("/api/v1/wallets/{}/statement?month={month}", amina.person.profile_id);
        let answer = still.api.get(&path("2026-01")).token(&amina.person.token).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.body,
            json!({ "month": "2026-01", "from": "2026-01-01T00:00:00Z",
            "until": "2026-02-01T00:00:00Z", "complete": false, "opening": "1000", "closing": "720",
            "cameIn": "50", "wentOut": "328", "fees": "2", "lines": 4 })
        );
        let before = still.api.get(&path("2025-12")).token(&amina.person.token).send().await.body;
        let figures = ["complete", "opening", "closing", "cameIn", "wentOut"].map(|name| before[name].clone());
        assert_eq!(json!(figures), json!([true, "0", "1000", "1000", "0"]));
        for bad in ["2026-02", "2026-13", "26-01", "", "2026-1", "now"] {
            let answer = still.api.get(&path(bad)).token(&amina.person.token).send().await;
            assert_eq!((answer.status, answer.field().as_str()), (422, "month:FIELD_INVALID"), "{bad}");
        }
        assert_eq!(still.api.get(&path("2026-01")).token(&ben.person.token).send().await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_has_the_lines_of_the_list_and_no_formulas() {
    for still in Still::each().await {
        let (amina, ben) = scene(&still).await;
        let file = async |query: &str| {
            let path = format!("/api/v1/wallets/{}/transactions.csv{query}", amina.person.profile_id);
            still.api.get(&path).token(&amina.person.token).send().await
        };
        let answer = file("").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert!(answer.header("content-disposition").contains("gx-history-2026-01-15.csv"));
        let text = String::from_utf8(answer.bytes).unwrap();
        let rows: Vec<&str> = text.trim_end().split("\r\n").collect();
        assert_eq!(rows.len(), 6, "{text}");
        assert!(rows[0].starts_with("time,status,type,direction"), "{text}");
        assert!(rows[1].starts_with("2026-01-13T00:00:00Z,CONFIRMED,SENT,OUT,Alice Johnson,"), "{}", rows[1]);
        assert!(rows[1].contains(",\"'-tea\","), "{}", rows[1]);
        assert!(text.contains(",\"Lunch, \"\"twice\"\"\","), "{text}");
        assert!(text.contains(",\"'=cmd|' /C calc'!A0\","), "{text}");
        assert!(!text.contains(",=") && !text.contains(",\"="), "{text}");

        // With the filters of the list, and refused like it.
        let lines = async |query: &str| String::from_utf8(file(query).await.bytes).unwrap().lines().count() - 1;
        assert_eq!(lines("?direction=IN").await, 2);
        assert_eq!(lines("?type=FEE").await, 1);
        assert_eq!(lines("?from=2026-01-01&to=2026-01-10").await, 3);
        assert_eq!(lines("?status=PENDING").await, 0);
        for (query, field) in [
            ("?type=GIFT", "type:FIELD_INVALID"),
            ("?limit=5", "limit:FIELD_UNKNOWN"),
            ("?from=2026-01-10&to=2026-01-09", "to:FIELD_INVALID"),
        ] {
            let answer = file(query).await;
            assert_eq!((answer.status, answer.field().as_str()), (422, field), "{query}: {}", answer.body);
        }
        let theirs = format!("/api/v1/wallets/{}/transactions.csv", amina.person.profile_id);
        assert_eq!(still.api.get(&theirs).token(&ben.person.token).send().await.status, 404);

        // What is on its way.
        let body = json!({ "toID": ben.id.to_string(), "amount": "10", "reason": "@now" });
        let sent =
            still.api.post("/api/v1/transfers").token(&amina.person.token).header("idempotency-key", "payment-1");
        assert_eq!(sent.json(&body).send().await.status, 202);
        let waiting = String::from_utf8(file("?status=PENDING").await.bytes).unwrap();
        assert!(waiting.contains(",PENDING,SENT,OUT,") && waiting.contains("\"'@now\""), "{waiting}");
        let list = format!("/api/v1/wallets/{}/transactions?from=2026-01-10&to=2026-01-09", amina.person.profile_id);
        let reversed: Value = still.api.get(&list).token(&amina.person.token).send().await.body;
        assert_eq!(reversed["errors"][0]["field"], "to");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_history_is_written_to_its_end() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 0).await);
    let lines: Vec<Past<'_>> = (1..=1_203)
        .map(|number| past(number, "2026-01-10T09:00:00Z", TransactionKind::Received, 1, u64::from(number), "r"))
        .collect();
    write(&still, &amina, &ben, &lines).await;
    let path = format!("/api/v1/wallets/{}/transactions.csv", amina.person.profile_id);
    let text = still.api.get(&path).token(&amina.person.token).send().await.bytes;
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), 1_204);
    let ids: std::collections::BTreeSet<&str> =
        text.lines().skip(1).filter_map(|line| line.split(',').nth(10)).collect();
    assert_eq!(ids.len(), 1_203, "each line once");
}
