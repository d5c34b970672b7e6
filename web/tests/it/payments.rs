//! Sending, following a payment, asking for payment, paying a code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::site::{COMMAND, ME, NOW, OTHER, Page, Site, request};

const FORM: [(&str, &str); 4] =
    [("to", "grace@devnet.gxcoin.test"), ("amount", "0.0002"), ("unit", "GX"), ("reason", "Tea & cake")];

fn found(payable: bool) -> Value {
    json!({ "profileId": OTHER, "name": "G•••• H•••••", "masked": true, "payable": payable })
}

fn quote(fee: &str, total: &str) -> Value {
    json!({ "type": "P2P", "scope": "CROSS_BORDER", "amount": "200", "fee": fee, "total": total, "feeRateBps": 15,
        "senderCountry": "GB", "recipientCountry": "US", "recipientName": "G•••• H•••••" })
}

fn ready() -> Site {
    let site = Site::signed_in();
    site.says("GET", "/api/v1/people/lookup", 200, found(true));
    site.says("GET", "/api/v1/fees/quote", 200, quote("2", "202"));
    site
}

/// Fills the form and goes to the confirmation.
async fn confirmation(site: &Site) -> (Site, Page) {
    let page = site.post("/send", &FORM).await;
    page.leads_to(303, "/send/confirm");
    let draft = page.cookie("gx_draft").unwrap().split(';').next().unwrap().to_owned();
    let site = site.with_cookie(&format!("gx_draft={draft}"));
    let page = site.get("/send/confirm").await;
    (site, page)
}

#[tokio::test]
async fn name_amount_fee_and_total_are_shown_before_anything_is_sent() {
    let site = ready();
    let (site, page) = confirmation(&site).await;
    page.is(200)
        .shows("id=\"confirm-name\">G•••• H•••••")
        .shows("id=\"confirm-amount\">200 Q")
        .shows("id=\"confirm-fee\">2 Q")
        .shows("id=\"confirm-total\">202 Q")
        .shows("to another country")
        .shows("Tea &#38; cake");
    assert_eq!(site.last("GET", "/api/v1/people/lookup").query, "q=grace%40devnet.gxcoin.test");
    assert_eq!(site.last("GET", "/api/v1/fees/quote").query, format!("to={OTHER}&amount=200"));
    assert!(site.asked("POST", "/api/v1/transfers").is_empty());
}

#[tokio::test]
async fn what_is_confirmed_is_sent_once_with_the_fee_that_was_shown() {
    let site = ready();
    let (site, page) = confirmation(&site).await;
    let names = ["to", "name", "amount", "fee", "reason", "key"];
    let values: Vec<String> = names.iter().map(|name| page.hidden(name).replace("&#38;", "&")).collect();
    let fields: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
    site.says(
        "POST",
        "/api/v1/transfers",
        202,
        json!({ "commandId": COMMAND, "status": "PENDING", "statusUrl": "", "message": "" }),
    );
    let first = site.post("/send/confirm", &fields).await;
    first.leads_to(303, &format!("/payments/{COMMAND}"));
    site.post("/send/confirm", &fields).await.leads_to(303, &format!("/payments/{COMMAND}"));
    let asked = site.asked("POST", "/api/v1/transfers");
    assert_eq!(asked[0].json(), json!({ "toID": OTHER, "amount": "200", "reason": "Tea & cake", "expectedFee": "2" }));
    assert_eq!(
        asked[0].header("idempotency-key"),
        asked[1].header("idempotency-key"),
        "a second press is the same payment"
    );
    assert_eq!(asked[0].header("prefer"), Some("wait=3"));

    // The page after it says who was paid, and follows the payment.
    let paid = first.cookie("gx_paid").unwrap().split(';').next().unwrap().to_owned();
    let after = site.with_cookie(&format!("gx_paid={paid}"));
    let status = format!("/api/v1/transfers/{COMMAND}/status");
    let view = |status: &str, more: Value| {
        let mut view = json!({ "commandId": COMMAND, "status": status, "createdAt": NOW, "updatedAt": NOW });
        view.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        view
    };
    for pending in ["PENDING", "PROCESSING"] {
        after.says("GET", &status, 200, view(pending, json!({})));
        let page = after.get(&format!("/payments/{COMMAND}")).await;
        page.is(200)
            .shows("On its way to the ledger")
            .shows("http-equiv=\"refresh\"")
            .shows("G•••• H•••••")
            .shows("202 Q")
            .lacks("have moved");
    }
    after.says(
        "GET",
        &status,
        200,
        view("CONFIRMED", json!({ "result": { "transactionId": "ab".repeat(32), "blockNumber": "17" } })),
    );
    let page = after.get(&format!("/payments/{COMMAND}")).await;
    page.shows("The coins have moved.")
        .shows(&"ab".repeat(32))
        .shows("id=\"block\">17")
        .lacks("http-equiv=\"refresh\"");
    after.says(
        "GET",
        &status,
        200,
        view("FAILED", json!({ "error": { "code": "ACCOUNT_FROZEN", "message": "The receiver is frozen." } })),
    );
    after.get(&format!("/payments/{COMMAND}")).await.shows("The receiver is frozen.").shows("Nothing has moved.");
}

#[tokio::test]
async fn a_changed_fee_is_shown_again_and_needs_another_yes() {
    let site = ready();
    let (site, page) = confirmation(&site).await;
    site.refuses("POST", "/api/v1/transfers", 409, "FEE_CHANGED", &[]);
    site.says("GET", "/api/v1/fees/quote", 200, quote("3", "203"));
    let key = page.hidden("key");
    let fields =
        [("to", OTHER), ("name", "G"), ("amount", "200"), ("fee", "2"), ("reason", "Tea"), ("key", key.as_str())];
    let again = site.post("/send/confirm", &fields).await;
    again.is(409).shows("The fee has changed meanwhile.").shows("id=\"confirm-total\">203 Q");
    assert_ne!(again.hidden("key"), key, "another payment");
}

#[tokio::test]
async fn everything_wrong_with_the_form_is_said_at_once_and_beside_its_field() {
    let site = ready();
    let page = site.post("/send", &[("to", ""), ("amount", "1.2.3"), ("unit", "GX"), ("reason", "")]).await;
    page.is(422)
        .shows("id=\"to-error\"")
        .shows("id=\"amount-error\"")
        .shows("id=\"reason-error\"")
        .shows("value=\"1.2.3\"");
    assert!(site.asked("GET", "/api/v1/people/lookup").is_empty(), "no look-up is spent on it");
    site.refuses("GET", "/api/v1/people/lookup", 404, "NOT_FOUND", &[]);
    site.post("/send", &FORM).await.is(404).shows("Nobody here has this");
    site.refuses("GET", "/api/v1/people/lookup", 429, "RATE_LIMITED", &[]);
    site.post("/send", &FORM).await.is(429).shows("detail of RATE_LIMITED");
    site.says("GET", "/api/v1/people/lookup", 200, found(false));
    site.post("/send", &FORM).await.is(422).shows("cannot be paid at present");
    let mut me = found(false);
    me["profileId"] = json!(ME);
    site.says("GET", "/api/v1/people/lookup", 200, me);
    site.post("/send", &FORM).await.is(422).shows("That is you.");
    site.says("GET", "/api/v1/people/lookup", 200, found(true));
    site.refuses("GET", "/api/v1/fees/quote", 409, "INSUFFICIENT_FUNDS", &[]);
    site.post("/send", &FORM)
        .await
        .is(409)
        .shows("detail of INSUFFICIENT_FUNDS")
        .shows("value=\"grace@devnet.gxcoin.test\"");
}

#[tokio::test]
async fn too_little_leaves_no_button() {
    let site = ready();
    site.says("GET", "/api/v1/fees/quote", 200, quote("1", "499999999"));
    let (_, page) = confirmation(&site).await;
    page.shows("id=\"not-enough\"").lacks("id=\"confirm-send\"");
}

#[tokio::test]
async fn a_confirmation_without_a_draft_or_with_a_broken_one_begins_again() {
    let site = ready();
    site.get("/send/confirm").await.leads_to(303, "/send");
    let broken = URL_SAFE_NO_PAD.encode(b"{\"to\":1}");
    site.with_cookie(&format!("gx_draft={broken}")).get("/send/confirm").await.leads_to(303, "/send");
    site.post("/send/confirm", &[("to", "x"), ("amount", "1"), ("fee", "1")]).await.leads_to(303, "/send");
}

#[tokio::test]
async fn a_request_is_made_once_and_shown_with_code_picture_and_countdown() {
    let site = Site::signed_in();
    let form = site.get("/requests/new").await;
    let key = form.is(200).hidden("key");
    site.says("POST", "/api/v1/qsend", 201, request(ME, "ACTIVE"));
    let fields = [
        ("key", key.as_str()),
        ("amount", "250"),
        ("unit", "Q"),
        ("description", "Two coffees"),
        ("reference", ""),
        ("validitySeconds", "300"),
    ];
    site.post("/requests", &fields).await.leads_to(303, "/requests/QS-6PAS3LHD");
    let asked = site.last("POST", "/api/v1/qsend");
    assert_eq!(asked.json(), json!({ "amount": "250", "description": "Two coffees", "validitySeconds": 300 }));
    assert_eq!(asked.header("idempotency-key"), Some(key.as_str()));

    site.says("GET", "/api/v1/qsend/QS-6PAS3LHD", 200, request(ME, "ACTIVE"));
    let page = site.get("/requests/QS-6PAS3LHD").await;
    page.is(200)
        .shows("src=\"/api/v1/qsend/QS-6PAS3LHD/qr\"")
        .shows("id=\"request-code\">QS-6PAS3LHD")
        .shows("data-countdown=\"2026-03-14T09:10:00Z\"")
        .shows("5 min")
        .shows("id=\"cancel-request\"")
        .shows("http-equiv=\"refresh\"");
    let mut paid = request(ME, "PAID");
    paid["payerName"] = json!("Grace Hopper");
    paid["onChainTxId"] = json!("cd".repeat(32));
    paid["paidAt"] = json!(NOW);
    site.says("GET", "/api/v1/qsend/QS-6PAS3LHD", 200, paid);
    let page = site.get("/requests/QS-6PAS3LHD").await;
    page.shows("id=\"payer-name\">Grace Hopper")
        .shows(&"cd".repeat(32))
        .lacks("cancel-request")
        .lacks("http-equiv=\"refresh\"");
}

#[tokio::test]
async fn a_refused_request_keeps_what_was_typed_and_gets_a_new_key() {
    let site = Site::signed_in();
    site.refuses("POST", "/api/v1/qsend", 422, "VALIDATION_FAILED", &[("description", "Too long.")]);
    let page =
        site.post("/requests", &[("key", "0123456789"), ("amount", "1"), ("unit", "GX"), ("description", "x")]).await;
    page.is(422).shows("id=\"description-error\">Too long.").shows("value=\"x\"");
    assert_ne!(page.hidden("key"), "0123456789");
    site.post("/requests", &[("amount", "0"), ("unit", "GX")]).await.is(422).shows("Enter an amount above zero.");
}

#[tokio::test]
async fn requests_are_listed_with_figures_and_cancelled() {
    let site = Site::signed_in();
    let stats = json!({ "totalRequests": 3, "activeRequests": 1, "payingRequests": 0, "paidRequests": 1, "expiredRequests": 1,
        "cancelledRequests": 0, "totalAmountRequested": "2500000000001999999", "totalAmountPaid": "250" });
    site.says("GET", "/api/v1/qsend/dashboard", 200, json!({ "stats": stats, "recentRequests": [] }));
    site.says("GET", "/api/v1/qsend", 200, json!({ "requests": [request(ME, "PAID")], "nextCursor": "n" }));
    let page = site.get("/requests?status=PAID").await;
    page.is(200)
        .shows("2,500,000,000,001.999999 GX")
        .shows("id=\"total-paid\">250 Q")
        .shows("/requests?status=PAID&#38;cursor=n");
    assert_eq!(site.last("GET", "/api/v1/qsend").query, "limit=20&status=PAID");

    site.says("POST", "/api/v1/qsend/QS-6PAS3LHD/cancel", 200, request(ME, "CANCELLED"));
    site.post("/requests/QS-6PAS3LHD/cancel", &[]).await.leads_to(303, "/requests/QS-6PAS3LHD?done=cancelled");
    site.refuses("POST", "/api/v1/qsend/QS-6PAS3LHD/cancel", 409, "QSEND_ALREADY_PAID", &[]);
    site.post("/requests/QS-6PAS3LHD/cancel", &[]).await.leads_to(303, "/requests/QS-6PAS3LHD");
}

#[tokio::test]
async fn a_code_is_typed_scanned_or_refused() {
    let site = Site::signed_in();
    site.post("/pay", &[("code", " qs-6pas 3lhd ")]).await.leads_to(303, "/pay/QS-6PAS3LHD");
    site.post("/pay", &[("code", "")]).await.is(422).shows("Enter or scan a code.");
    site.says(
        "POST",
        "/api/v1/qsend/verify",
        200,
        json!({ "valid": true, "request": request(OTHER, "ACTIVE"), "error": null }),
    );
    site.post("/pay", &[("code", "gxq1.payload.signature")]).await.leads_to(303, "/pay/QS-6PAS3LHD");
    assert_eq!(site.last("POST", "/api/v1/qsend/verify").json(), json!({ "qrData": "gxq1.payload.signature" }));
    for (defect, says) in
        [("SIGNATURE_INVALID", "Do not pay it."), ("NOT_Q_SEND", "no code of ours"), ("UNKNOWN", "no such request")]
    {
        site.says("POST", "/api/v1/qsend/verify", 200, json!({ "valid": false, "request": null, "error": defect }));
        site.post("/pay", &[("code", "<script>")]).await.is(422).shows(says).shows("value=\"&#60;script&#62;\"");
    }
}

#[tokio::test]
async fn paying_shows_everything_first_and_follows_until_settled() {
    let site = Site::signed_in();
    let path = "/api/v1/qsend/QS-6PAS3LHD";
    site.says("GET", path, 200, request(OTHER, "ACTIVE"));
    let page = site.get("/pay/QS-6PAS3LHD").await;
    page.is(200)
        .shows("id=\"pay-name\">Grace Hopper")
        .shows("id=\"pay-amount\">250 Q")
        .shows("id=\"pay-fee\">3 Q")
        .shows("id=\"pay-total\">253 Q")
        .shows("id=\"confirm-pay\">Pay 253 Q");
    let mut paying = request(OTHER, "PAYING");
    paying["payerProfileId"] = json!(ME);
    site.says(
        "POST",
        &format!("{path}/pay"),
        202,
        json!({ "status": "PAYING", "commandId": COMMAND, "onChainTxId": null,
        "payerName": "Ada Lovelace", "statusUrl": "", "message": "", "request": paying }),
    );
    site.post("/pay/QS-6PAS3LHD", &[("fee", "3")]).await.leads_to(303, "/pay/QS-6PAS3LHD");
    assert_eq!(site.last("POST", &format!("{path}/pay")).json(), json!({ "expectedFee": "3" }));
    site.says("GET", path, 200, paying.clone());
    site.get("/pay/QS-6PAS3LHD").await.shows("On its way").shows("http-equiv=\"refresh\"").lacks("id=\"confirm-pay\"");
    paying["status"] = json!("PAID");
    paying["onChainTxId"] = json!("ef".repeat(32));
    site.says("GET", path, 200, paying);
    site.get("/pay/QS-6PAS3LHD")
        .await
        .shows("The coins have moved.")
        .shows(&"ef".repeat(32))
        .lacks("http-equiv=\"refresh\"");
}

#[tokio::test]
async fn what_cannot_be_paid_has_no_button_and_says_why() {
    let site = Site::signed_in();
    let path = "/api/v1/qsend/QS-6PAS3LHD";
    for (status, says) in [
        ("PAYING", "being paid by somebody else"),
        ("PAID", "You were not charged"),
        ("EXPIRED", "The time of this request is up"),
        ("CANCELLED", "taken back"),
    ] {
        site.says("GET", path, 200, request(OTHER, status));
        site.get("/pay/QS-6PAS3LHD").await.is(200).shows(says).lacks("id=\"confirm-pay\"");
    }
    let mut refused = request(OTHER, "ACTIVE");
    refused["failureReason"] = json!("The receiver is frozen.");
    site.says("GET", path, 200, refused);
    site.get("/pay/QS-6PAS3LHD")
        .await
        .shows("Refused by the ledger.")
        .shows("The receiver is frozen.")
        .shows("id=\"confirm-pay\"");
    let mut dear = request(OTHER, "ACTIVE");
    dear["total"] = json!("500000000000");
    site.says("GET", path, 200, dear);
    site.get("/pay/QS-6PAS3LHD").await.shows("id=\"not-enough\"").lacks("id=\"confirm-pay\"");
    site.says("GET", path, 200, request(ME, "ACTIVE"));
    site.get("/pay/QS-6PAS3LHD").await.leads_to(303, "/requests/QS-6PAS3LHD");
    site.refuses("GET", path, 422, "VALIDATION_FAILED", &[("code", "not a code")]);
    site.get("/pay/QS-6PAS3LHD").await.is(404);
    let waiting = Site::as_person(&[("status", json!("APPROVED_PENDING_ONCHAIN"))]);
    waiting.says("GET", path, 200, request(OTHER, "ACTIVE"));
    waiting.get("/pay/QS-6PAS3LHD").await.shows("once your account is active").lacks("id=\"confirm-pay\"");
}

#[tokio::test]
async fn a_refusal_while_paying_is_said_on_the_same_page() {
    let site = Site::signed_in();
    let path = "/api/v1/qsend/QS-6PAS3LHD";
    site.says("GET", path, 200, request(OTHER, "ACTIVE"));
    for (status, code, says) in [
        (409, "FEE_CHANGED", "The fee has changed meanwhile."),
        (409, "INSUFFICIENT_FUNDS", "detail of INSUFFICIENT_FUNDS"),
        (409, "QSEND_ALREADY_PAID", "detail of QSEND_ALREADY_PAID"),
        (409, "COMMAND_REFUSED", "detail of COMMAND_REFUSED"),
    ] {
        site.refuses("POST", &format!("{path}/pay"), status, code, &[]);
        site.post("/pay/QS-6PAS3LHD", &[("fee", "3")]).await.is(status).shows(says).shows("Grace Hopper");
    }
    site.refuses("POST", &format!("{path}/pay"), 503, "LEDGER_UNAVAILABLE", &[]);
    site.post("/pay/QS-6PAS3LHD", &[("fee", "3")]).await.is(503).shows("title of LEDGER_UNAVAILABLE");
}
