//! Dashboard, profile, documents, history, notifications.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::site::{COMMAND, CSRF, ME, NOW, OTHER, Site, line, wallet};

fn dashboard(site: &Site, pending: Vec<Value>) {
    let body = json!({ "wallet": wallet(), "recentTransactions": [line("CONFIRMED")], "pendingTransactions": pending });
    site.says("GET", &format!("/api/v1/wallets/{ME}/dashboard"), 200, body);
}

#[tokio::test]
async fn the_dashboard_tells_settled_from_pending() {
    let site = Site::signed_in();
    dashboard(&site, vec![line("PENDING")]);
    let page = site.get("/dashboard").await;
    page.is(200)
        .shows("<span class=\"settled\" id=\"balance\">500.0002 GX</span>")
        .shows("id=\"pending\">202 Q")
        .shows("id=\"available\">499.999998 GX")
        .shows("US 984 AUM945 0ABCD 1234")
        .shows("Grace Hopper")
        .shows("http-equiv=\"refresh\"")
        .shows("Notifications, 3 unread");
    dashboard(&site, vec![]);
    site.get("/dashboard").await.lacks("http-equiv=\"refresh\"").lacks("On its way</h2>");
}

#[tokio::test]
async fn what_people_write_is_text_and_nothing_else() {
    let site = Site::signed_in();
    dashboard(&site, vec![]);
    site.get("/dashboard").await.shows("Tea &#60;b&#62;&#38;&#60;/b&#62; cake").lacks("<b>&");
}

#[tokio::test]
async fn a_person_on_the_way_sees_the_way() {
    for (status, onchain, denial, shows) in [
        ("REGISTERED", "NOT_REGISTERED", None, "Hand in documents"),
        ("PENDING_ADMIN_APPROVAL", "NOT_REGISTERED", None, "Under review"),
        ("APPROVED_PENDING_ONCHAIN", "PENDING", None, "http-equiv=\"refresh\""),
        ("DENIED", "NOT_REGISTERED", Some("The picture is blurred."), "The picture is blurred."),
        ("DENIED", "NOT_REGISTERED", Some("DOCUMENT_ALREADY_USED"), "already registered with this document"),
    ] {
        let site = Site::as_person(&[
            ("status", json!(status)),
            ("onchainStatus", json!(onchain)),
            ("denialReason", json!(denial)),
            ("fabricUserId", Value::Null),
        ]);
        site.get("/dashboard").await.is(200).shows(shows).lacks("id=\"balance\"");
        site.get("/send").await.is(200).shows("once your account is active").lacks("id=\"send-form\"");
        site.get("/history").await.is(200).shows("Nothing has moved yet.");
    }
    let frozen = Site::as_person(&[("status", json!("FROZEN"))]);
    dashboard(&frozen, vec![]);
    frozen.get("/dashboard").await.shows("being frozen").shows("500.0002 GX");
}

#[tokio::test]
async fn the_history_passes_filters_and_cursor_on() {
    let site = Site::signed_in();
    let path = format!("/api/v1/wallets/{ME}/transactions");
    site.says("GET", &path, 200, json!({ "transactions": [line("CONFIRMED")], "nextCursor": "a/b+c" }));
    let page = site.get("/history?type=SENT&direction=OUT&from=2026-03-01&to=&cursor=zz").await;
    page.is(200).shows("−200 Q").lacks("fee 2 Q").shows("abababab").shows(">17<");
    page.shows("href=\"/history?type=SENT&#38;direction=OUT&#38;from=2026-03-01&#38;cursor=a%2Fb%2Bc\"");
    assert_eq!(site.last("GET", &path).query, "limit=25&cursor=zz&type=SENT&direction=OUT&from=2026-03-01");
    site.refuses("GET", &path, 422, "VALIDATION_FAILED", &[("from", "This is no date.")]);
    site.get("/history?from=yesterday").await.is(422).shows("This is no date.").shows("value=\"yesterday\"");
}

#[tokio::test]
async fn notifications_are_listed_and_marked() {
    let site = Site::signed_in();
    let item = |id: &str, status: &str, url: &str| {
        json!({ "notificationId": id, "type": "WALLET_CREDITED", "title": "You received 200 Q", "message": "From Grace",
            "actionUrl": url, "actionRequired": false, "status": status, "createdAt": NOW })
    };
    let list = json!({ "notifications": [item(ME, "UNREAD", "/history"), item(OTHER, "READ", "https://evil.example/")],
        "total": 2, "unreadCount": 1, "nextCursor": "n" });
    site.says("GET", "/api/v1/notifications", 200, list);
    let page = site.get("/notifications?status=UNREAD").await;
    page.is(200)
        .shows("href=\"/history\"")
        .lacks("evil.example")
        .shows("id=\"read-all\"")
        .shows("status=UNREAD&#38;cursor=n");
    site.says("PATCH", &format!("/api/v1/notifications/{ME}/read"), 200, json!({ "success": true }));
    site.post(&format!("/notifications/{ME}/read"), &[]).await.leads_to(303, "/notifications?done=read");
    site.get("/notifications?done=read").await.shows("Marked as read.");
    site.post("/notifications/nobody/read", &[]).await.is(404);
}

#[tokio::test]
async fn messages_are_coming() {
    Site::signed_in().get("/messages").await.is(200).shows("Messages are coming.");
}

#[tokio::test]
async fn the_profile_sends_only_what_changed() {
    let site = Site::as_person(&[
        ("identityEditable", json!(true)),
        ("jobTitle", json!("Countess")),
        ("placeOfBirth", json!("London")),
        (
            "address",
            json!({ "addressLine1": "1 Square", "addressLine2": null, "city": "London", "stateProvince": null,
            "postalCode": "W1", "countryCode": "GB" }),
        ),
    ]);
    let path = format!("/api/v1/users/{ME}");
    let fields = [
        ("firstName", "Augusta"),
        ("middleName", ""),
        ("lastName", "Lovelace"),
        ("dateOfBirth", "1985-07-22"),
        ("gender", "FEMALE"),
        ("placeOfBirth", "London"),
        ("nationalityCountryCode", "GB"),
        ("addressLine1", "1 Square"),
        ("addressLine2", ""),
        ("postalCode", "W1"),
        ("city", "London"),
        ("stateProvince", ""),
        ("addressCountry", "GB"),
        ("employmentStatus", "SELF_EMPLOYED"),
        ("jobTitle", ""),
        ("companyName", ""),
        ("industry", ""),
    ];
    site.says("PATCH", &path, 200, json!({ "user": crate::site::profile() }));
    site.post("/profile", &fields).await.leads_to(303, "/profile?done=profile-saved");
    assert_eq!(
        site.last("PATCH", &path).json(),
        json!({ "firstName": "Augusta", "employmentStatus": "SELF_EMPLOYED", "jobTitle": null })
    );
    site.refuses("PATCH", &path, 422, "VALIDATION_FAILED", &[("firstName", "Letters only.")]);
    let page = site.post("/profile", &fields).await;
    page.is(422).shows("id=\"firstName-error\">Letters only.").shows("value=\"Augusta\"");

    let locked = Site::signed_in();
    locked.get("/profile").await.is(200).lacks("id=\"firstName\"").shows("Ada  Lovelace".replace("  ", " ").as_str());
    locked.says("PATCH", &path, 200, json!({ "user": crate::site::profile() }));
    locked.post("/profile", &[("firstName", "Mallory"), ("city", "Paris")]).await.is(303);
    assert_eq!(
        locked.last("PATCH", &path).json(),
        json!({ "city": "Paris" }),
        "identity fields are not sent while locked"
    );
}

fn new_person() -> Site {
    let site = Site::as_person(&[
        ("status", json!("REGISTERED")),
        ("onchainStatus", json!("NOT_REGISTERED")),
        ("fabricUserId", Value::Null),
    ]);
    let document = |id: &str, submitted: bool| {
        json!({ "documentId": id, "storageUrl": format!("/api/v1/documents/{id}/file"), "fileName": "passport.jpg",
            "hash": "ab".repeat(32), "size": 2_345_678, "mimeType": "image/jpeg", "documentType": "PASSPORT",
            "side": "FRONT", "documentNumber": "123456789", "issuingCountry": "GB", "issuedDate": null,
            "expiryDate": null, "submitted": submitted, "uploadedAt": NOW })
    };
    let list = json!({ "success": true, "data": [document(COMMAND, false), document(OTHER, true)] });
    site.says("GET", &format!("/api/v1/users/{ME}/documents"), 200, list);
    site
}

fn upload(token: &str, file: &[u8]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in [
        ("csrf", token),
        ("documentType", "PASSPORT"),
        ("side", ""),
        ("documentNumber", " X1 "),
        ("issuingCountry", "GB"),
    ] {
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"my \xc3\xa9.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--b--\r\n");
    Request::builder()
        .method(Method::POST)
        .uri("/documents")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test]
async fn documents_are_listed_uploaded_handed_in_and_removed() {
    let site = new_person();
    let page = site.get("/documents").await;
    page.is(200)
        .shows("Passport, front")
        .shows("GB 123456789 · passport.jpg · 2.2 MB")
        .shows("id=\"submit-documents\"");
    assert_eq!(page.hidden("documentIds"), COMMAND);

    let path = format!("/api/v1/users/{ME}/documents/upload");
    site.says("POST", &path, 201, json!({}));
    site.send(upload(CSRF, b"\xff\xd8picture")).await.leads_to(303, "/documents?done=document-added");
    let asked = site.last("POST", &path);
    let text = String::from_utf8_lossy(&asked.body).into_owned();
    for part in [
        "name=\"documentType\"\r\n\r\nPASSPORT\r\n",
        "{\"documentNumber\":\"X1\",\"issuingCountry\":\"GB\"}",
        "filename=\"my é.jpg\"",
        "picture\r\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("name=\"side\"") && !text.contains("csrf"), "{text}");
    assert_eq!(asked.header("x-csrf-token"), Some(CSRF));

    site.says(
        "POST",
        &format!("/api/v1/users/{ME}/kyc"),
        201,
        json!({ "kycRecord": {
        "kycId": COMMAND, "profileId": ME, "status": "PENDING", "evidenceHash": "ab".repeat(32), "evidenceSize": 1,
        "documentIds": [COMMAND], "verifiedAt": null, "denialReason": null, "createdAt": NOW, "updatedAt": NOW } }),
    );
    site.post("/documents/submit", &[("documentIds", COMMAND)]).await.leads_to(303, "/dashboard?done=submitted");
    assert_eq!(site.last("POST", &format!("/api/v1/users/{ME}/kyc")).json(), json!({ "documentIds": [COMMAND] }));

    site.says("DELETE", &format!("/api/v1/documents/{COMMAND}"), 200, json!({}));
    site.post(&format!("/documents/{COMMAND}/remove"), &[]).await.leads_to(303, "/documents?done=document-removed");
}

#[tokio::test]
async fn uploads_are_refused_in_place() {
    let site = new_person();
    site.send(upload("another", b"x")).await.is(403);
    site.send(upload(CSRF, &vec![0; 11 * 1024 * 1024])).await.is(413).shows("at most 10 MB");
    let path = format!("/api/v1/users/{ME}/documents/upload");
    assert!(site.asked("POST", &path).is_empty());
    site.refuses("POST", &path, 422, "VALIDATION_FAILED", &[("metadata.documentNumber", "The number is needed.")]);
    site.send(upload(CSRF, b"x")).await.is(422).shows("id=\"documentNumber-error\">The number is needed.");
    site.refuses("POST", &path, 415, "DOCUMENT_TYPE_NOT_ACCEPTED", &[]);
    site.send(upload(CSRF, b"x")).await.is(415).shows("detail of DOCUMENT_TYPE_NOT_ACCEPTED");
    site.refuses("POST", &format!("/api/v1/users/{ME}/kyc"), 422, "IDENTITY_DOCUMENT_MISSING", &[]);
    site.post("/documents/submit", &[]).await.is(422).shows("detail of IDENTITY_DOCUMENT_MISSING");
}

#[tokio::test]
async fn the_balance_is_drawn_and_told_in_words() {
    let site = Site::signed_in();
    dashboard(&site, vec![]);
    site.get("/dashboard").await.is(200).lacks("id=\"balance-chart\"");
    let points =
        json!({ "points": [{ "day": "2026-03-13", "balance": "0" }, { "day": "2026-03-14", "balance": "500000200" }] });
    site.says("GET", &format!("/api/v1/wallets/{ME}/balance/series"), 200, points);
    let page = site.get("/dashboard").await;
    page.is(200).shows("id=\"balance-chart\"").shows("points=\"0,159 640,12\"").shows("is 500.0002 GX now");
    assert_eq!(site.last("GET", &format!("/api/v1/wallets/{ME}/balance/series")).query, "days=30");
}

#[tokio::test]
async fn contacts_are_listed_added_named_and_removed() {
    let site = Site::signed_in();
    let contact = json!({ "profileId": OTHER, "ownName": "Grace <at work>", "name": "G••• H•••", "masked": true,
        "favourite": true, "payable": true, "createdAt": NOW });
    site.says("GET", "/api/v1/contacts", 200, json!({ "contacts": [contact] }));
    let page = site.get("/contacts").await;
    page.is(200)
        .shows("Grace &#60;at work&#62;")
        .shows("Favourite: ")
        .shows(&format!("href=\"/send?contact={OTHER}\""));

    let found = json!({ "profileId": OTHER, "name": "G••• H•••", "masked": true, "payable": true });
    site.says("GET", "/api/v1/people/lookup", 200, found);
    site.says("POST", "/api/v1/contacts", 201, contact.clone());
    let fields = [("to", "grace@example.org"), ("ownName", "Grace"), ("favourite", "yes")];
    site.post("/contacts", &fields).await.leads_to(303, "/contacts?done=contact-added");
    let sent = site.last("POST", "/api/v1/contacts").json();
    assert_eq!(sent, json!({ "profileId": OTHER, "ownName": "Grace", "favourite": true }));
    site.post("/contacts", &[("to", "")]).await.is(422).shows("Enter a GX id");
    site.refuses("GET", "/api/v1/people/lookup", 404, "NOT_FOUND", &[]);
    site.post("/contacts", &[("to", "nobody@example.org")]).await.is(404).shows("Nobody here has this");

    let path = format!("/api/v1/contacts/{OTHER}");
    site.says("PATCH", &path, 200, contact);
    site.post(&format!("/contacts/{OTHER}"), &[("ownName", "")]).await.leads_to(303, "/contacts?done=contact-saved");
    assert_eq!(site.last("PATCH", &path).json(), json!({ "ownName": null, "favourite": false }));
    site.says("DELETE", &path, 204, Value::Null);
    site.post(&format!("/contacts/{OTHER}/remove"), &[]).await.leads_to(303, "/contacts?done=contact-removed");
}

#[tokio::test]
async fn limits_are_shown_with_what_is_left_and_what_will_hold() {
    let site = Site::signed_in();
    let limits = json!({ "perPayment": { "amount": null, "next": null },
        "perDay": { "amount": "100000000", "next": { "amount": null, "from": NOW } }, "spent": "25000000", "left": "75000000" });
    site.says("GET", "/api/v1/limits", 200, limits.clone());
    let page = site.get("/limits").await;
    page.is(200).shows("id=\"per-payment\">no limit").shows("id=\"per-day\">100 GX").shows("id=\"left\">75 GX");
    page.shows("24 hours, from").shows("value=\"100 GX\"");
    site.says("PATCH", "/api/v1/limits", 200, limits);
    let typed = [("perPayment", ""), ("perDay", "50 GX")];
    site.post("/limits", &typed).await.leads_to(303, "/limits?done=limits-saved");
    assert_eq!(site.last("PATCH", "/api/v1/limits").json(), json!({ "perPayment": null, "perDay": "50000000" }));
    site.post("/limits", &[("perPayment", "much"), ("perDay", "")]).await.is(422).shows("id=\"perPayment-error\"");
}

#[tokio::test]
async fn people_choose_how_to_be_told() {
    let site = Site::signed_in();
    let row = |kind: &str, optional: bool, mail: bool| json!({ "type": kind, "inApp": true, "inAppOptional": optional, "mail": mail });
    let rows = json!({ "preferences": [row("WALLET_CREDITED", false, true), row("SYSTEM_ANNOUNCEMENT", true, false)] });
    site.says("GET", "/api/v1/notifications/preferences", 200, rows.clone());
    let page = site.get("/notifications/preferences").await;
    page.is(200).shows("Coins have arrived").shows("name=\"mail-WALLET_CREDITED\" value=\"yes\"");
    site.says("PUT", "/api/v1/notifications/preferences", 200, rows);
    let ticked = [("mail-WALLET_DEBITED", "yes"), ("in-app-SYSTEM_ANNOUNCEMENT", "yes")];
    site.post("/notifications/preferences", &ticked)
        .await
        .leads_to(303, "/notifications/preferences?done=preferences-saved");
    let sent = site.last("PUT", "/api/v1/notifications/preferences").json();
    let of =
        |kind: &str| sent["preferences"].as_array().unwrap().iter().find(|row| row["type"] == kind).unwrap().clone();
    assert_eq!(of("WALLET_DEBITED"), json!({ "type": "WALLET_DEBITED", "mail": true }));
    assert_eq!(of("SYSTEM_ANNOUNCEMENT"), json!({ "type": "SYSTEM_ANNOUNCEMENT", "inApp": true, "mail": false }));
    assert_eq!(of("QSEND_REQUEST_EXPIRED"), json!({ "type": "QSEND_REQUEST_EXPIRED", "inApp": false, "mail": false }));
}

#[tokio::test]
async fn a_month_can_be_printed() {
    let site = Site::signed_in();
    let figures = json!({ "month": "2026-02", "from": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z",
        "complete": true, "opening": "1000000", "closing": "3000000", "cameIn": "5000000", "wentOut": "3000000",
        "fees": "0", "lines": 1 });
    site.says("GET", &format!("/api/v1/wallets/{ME}/statement"), 200, figures);
    let lines = format!("/api/v1/wallets/{ME}/transactions");
    site.says("GET", &lines, 200, json!({ "transactions": [line("CONFIRMED")] }));
    let page = site.get("/statement?month=2026-02").await;
    page.is(200).shows("February 2026").shows("id=\"opening\">1 GX").shows("id=\"closing\">3 GX").shows("Grace Hopper");
    page.shows("id=\"came-in\">+5 GX").shows("id=\"went-out\">−3 GX").shows("id=\"fees\">0 Q");
    page.shows("href=\"/statement?month=2026-03\"").shows("transactions.csv?from=2026-02-01");
    assert_eq!(site.last("GET", &lines).query, "limit=100&from=2026-02-01T00%3A00%3A00Z&to=2026-03-01T00%3A00%3A00Z");
    site.refuses("GET", &format!("/api/v1/wallets/{ME}/statement"), 422, "VALIDATION_FAILED", &[("month", "no")]);
    site.get("/statement?month=never").await.is(404);
    // Without a month: this one.
    assert_eq!(site.last("GET", &format!("/api/v1/wallets/{ME}/statement")).query, "month=never");
    site.get("/statement").await;
    assert_eq!(site.last("GET", &format!("/api/v1/wallets/{ME}/statement")).query, "month=2026-03");
    site.get("/history").await.shows("id=\"export\"").shows("/transactions.csv\"");
    site.get("/history?type=SENT").await.shows("/transactions.csv?type=SENT\"");
}
