//! Fees for everyone, and what holding coins may cost, for the person.

use serde_json::{Value, json};

use crate::site::{NOW, Site};

const GX_ID: &str = "US%20984%20AUM945%200ABCD%201234";

fn with_schedule(site: &Site) {
    let band = |from: &str, up_to: Value, rate: u16, least: &str| json!({ "from": from, "upTo": up_to, "rateBps": rate, "minimumFee": least });
    let rows = json!([
        { "type": "P2P", "scope": "LOCAL", "bands": [band("1", json!("2999999"), 0, "0"),
            band("3000000", json!("100000000"), 5, "1"), band("100000001", Value::Null, 10, "1")] },
        { "type": "B2B", "scope": "CROSS_BORDER", "bands": [band("1", Value::Null, 40, "1")] },
    ]);
    let body = json!({ "rows": rows, "inForceSince": NOW, "blockNumber": "1" });
    site.says("GET", "/api/v1/tax/fees/schedule", 200, body);
}

#[tokio::test]
async fn everybody_reads_the_schedule_and_calculates() {
    let site = Site::new();
    with_schedule(&site);
    let page = site.get("/fees").await;
    page.is(200).shows("Between people").shows("below 3 GX").shows("3 GX to 100 GX").shows("above 100 GX");
    page.shows("0.05 %")
        .shows(">free<")
        .shows("any amount")
        .shows("0.4 %")
        .shows("id=\"nav-login\"")
        .lacks("id=\"quote-fee\"");

    let quote = json!({ "type": "MERCHANT", "scope": "CROSS_BORDER", "amount": "2500000", "fee": "7500", "total": "2507500",
        "feeRateBps": 30 });
    site.says("GET", "/api/v1/tax/fees/quote", 200, quote);
    let page = site.get("/fees?type=MERCHANT&scope=CROSS_BORDER&amount=2.5&unit=GX").await;
    page.is(200).shows("id=\"quote-fee\">7,500 Q<").shows("2.5075 GX").shows("id=\"quote-rate\">0.3 %");
    page.shows("<option value=\"MERCHANT\" selected>").shows("value=\"2.5\"");
    let asked = site.last("GET", "/api/v1/tax/fees/quote");
    assert_eq!(asked.query, "type=MERCHANT&scope=CROSS_BORDER&amount=2500000");
}

#[tokio::test]
async fn what_cannot_be_calculated_is_said_beside_its_field() {
    let site = Site::new();
    with_schedule(&site);
    let page = site.get("/fees?type=P2P&scope=LOCAL&amount=much&unit=GX").await;
    page.is(422).shows("id=\"amount-error\"").shows("value=\"much\"").lacks("id=\"quote-fee\"");
    assert!(site.asked("GET", "/api/v1/tax/fees/quote").is_empty());

    site.refuses("GET", "/api/v1/tax/fees/quote", 422, "VALIDATION_FAILED", &[("type", "There is no such type.")]);
    let page = site.get("/fees?type=GIFT&scope=LOCAL&amount=1&unit=GX").await;
    page.is(422).shows("id=\"type-error\">There is no such type.").shows("Between people");
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_not_made_up() {
    let site = Site::new();
    site.refuses("GET", "/api/v1/tax/fees/schedule", 503, "FEATURE_UNAVAILABLE", &[]);
    site.get("/fees").await.is(200).shows("id=\"schedule-unknown\"").lacks("id=\"schedule\"");
}

#[tokio::test]
async fn who_is_signed_in_keeps_the_menu_on_the_page_of_fees() {
    let site = Site::signed_in();
    with_schedule(&site);
    site.get("/fees").await.is(200).shows("id=\"nav-profile\"").shows("href=\"/holding\"").lacks("id=\"nav-login\"");
}

fn with_bands(site: &Site) {
    let band = |from: &str, up_to: Value, rate: u16| json!({ "from": from, "upTo": up_to, "rateBps": rate });
    let bands = json!([
        band("0", json!("99999999"), 0),
        band("100000000", json!("1000000000"), 250),
        band("1000000001", Value::Null, 300)
    ]);
    let body = json!({ "periodDays": 355, "threshold": "100000000", "bands": bands, "inForceSince": NOW });
    site.says("GET", "/api/v1/tax/hoarding/schedule", 200, body);
}

fn preview(state: &str, balance: &str, full: &str, amount: &str) -> Value {
    let held = state != "BELOW_THRESHOLD";
    json!({ "accountId": "US 984 AUM945 0ABCD 1234", "state": state, "balance": balance, "threshold": "100000000",
        "periodDays": 355, "heldSince": held.then_some("2025-12-01T00:00:00Z"), "heldDays": if held { 103 } else { 0 },
        "dueAt": held.then_some("2026-11-21T00:00:00Z"),
        "band": if held { json!({ "from": "100000000", "upTo": "1000000000", "rateBps": 250 }) }
            else { json!({ "from": "0", "upTo": "99999999", "rateBps": 0 }) },
        "fullAmount": full, "amount": amount, "dueAmount": if state == "DUE" { amount } else { "0" }, "at": NOW })
}

#[tokio::test]
async fn a_person_sees_how_long_they_hold_and_what_it_would_cost() {
    let site = Site::signed_in();
    with_bands(&site);
    let path = format!("/api/v1/tax/hoarding/accounts/{GX_ID}");
    site.says("GET", &path, 200, preview("HOLDING", "500000000", "12500000", "12500000"));
    let page = site.get("/holding").await;
    page.is(200)
        .shows("A period runs")
        .shows("id=\"held-days\">103 of 355")
        .shows("12.5 GX")
        .shows("100 GX to 1,000 GX");
    page.shows("Period complete on").shows("id=\"holding-rate\">2.5 %").lacks("id=\"relieved\"").shows(">yours<");

    site.says("GET", &path, 200, preview("DUE", "100000001", "2500000", "2"));
    let page = site.get("/holding").await;
    page.shows("A period is complete")
        .shows("Period complete since")
        .shows(">2 Q<")
        .shows("id=\"relieved\"")
        .shows("2.5 GX");

    site.says("GET", &path, 200, preview("BELOW_THRESHOLD", "5", "0", "0"));
    let page = site.get("/holding").await;
    page.shows("Below the threshold")
        .shows("below 100 GX")
        .shows(">none<")
        .lacks("id=\"held-since\"")
        .lacks("id=\"due-at\"");
}

#[tokio::test]
async fn a_person_without_an_account_is_told_so_and_a_stranger_signs_in() {
    let site = Site::as_person(&[("fabricUserId", Value::Null), ("onchainStatus", json!("NOT_REGISTERED"))]);
    with_bands(&site);
    site.get("/holding").await.is(200).shows("id=\"no-account\"").shows("below 100 GX");
    let nobody = Site::new();
    nobody.get("/holding").await.leads_to(307, "/login?next=%2Fholding");
}
