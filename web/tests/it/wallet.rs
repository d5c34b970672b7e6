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
