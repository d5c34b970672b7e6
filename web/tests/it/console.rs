//! The console: login, queue, a person, outbox, system; and the public status and landing pages.

use serde_json::{Value, json};

use crate::site::{COMMAND, CSRF, ME, NOW, OTHER, Site};

const EVERYTHING: [&str; 7] = [
    "user:view:all",
    "user:approve:all",
    "user:reject:all",
    "user:freeze:all",
    "user:unfreeze:all",
    "system:pause:all",
    "system:resume:all",
];

fn user(status: &str, onchain: &str) -> Value {
    json!({ "profileId": OTHER, "email": "grace@devnet.gxcoin.test", "phoneNum": null, "firstName": "Grace",
        "lastName": "Hopper", "nationalityCountryCode": "US", "status": status, "onchainStatus": onchain, "freezing": false,
        "fabricUserId": null, "reviewedAt": null, "createdAt": NOW, "updatedAt": NOW })
}

fn detail(status: &str, onchain: &str) -> Value {
    let document = |id: &str, kind: &str, mime: &str| {
        json!({ "documentId": id, "submissionId": COMMAND, "documentType": kind, "identifying": kind != "SELFIE_PHOTO",
            "side": null, "issuedDate": null, "expiryDate": "2030-01-01", "fileName": "scan", "hash": "ab".repeat(32),
            "size": 1, "mimeType": mime, "fileUrl": format!("/api/v1/admin/users/{OTHER}/documents/{id}/file"), "uploadedAt": NOW })
    };
    json!({ "user": user(status, onchain), "middleName": null, "dateOfBirth": "1990-03-15", "age": 35, "gender": "FEMALE",
        "placeOfBirth": null, "nationalityCountryName": "United States", "isPEP": false, "pepDetails": null, "lockReason": null,
        "lockNotes": null, "lockedBy": null, "lockedAt": null, "reviewedBy": null, "reviewNotes": null, "denialCode": null,
        "denialReason": null, "onchainRegisteredAt": null,
        "submission": { "submissionId": COMMAND, "status": "PENDING", "verifiedDocumentId": null, "decidedBy": null,
            "decidedAt": null, "reason": null, "createdAt": NOW },
        "documents": [document(ME, "PASSPORT", "image/jpeg"), document(COMMAND, "SELFIE_PHOTO", "application/pdf")] })
}

#[tokio::test]
async fn administrators_sign_in_to_the_console_only() {
    let site = Site::new();
    site.get("/admin/login").await.is(200).lacks("id=\"nav-register\"");
    site.says_with_cookie(
        "POST",
        "/api/v1/admin/auth/login",
        json!({ "csrfToken": "fresh", "expiresIn": 900, "admin": { "id": ME, "username": "root", "displayName": "Root", "role": "ADMIN" } }),
        "gx_admin_session=s; Path=/; HttpOnly",
    );
    let fields = [("username", "root"), ("password", "x"), ("next", "/dashboard")];
    let page = site.post("/admin/login", &fields).await;
    page.leads_to(303, "/admin/queue");
    assert_eq!(page.cookie("gx_admin_session"), Some("s; Path=/; HttpOnly"));
    assert!(page.cookie("gx_admin_csrf").unwrap().starts_with("fresh;"));
    site.refuses("POST", "/api/v1/admin/auth/login", 401, "INVALID_CREDENTIALS", &[]);
    site.post("/admin/login", &fields).await.is(401).shows("detail of INVALID_CREDENTIALS");
    site.refuses("POST", "/api/v1/admin/auth/login", 503, "DATABASE_UNAVAILABLE", &[]);
    site.post("/admin/login", &fields).await.is(503).lacks("INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_second_step_asks_for_the_code() {
    let site = Site::new();
    let step = json!({ "requiresMfa": true, "mfaMethod": "totp", "mfaToken": "gxt_ticket", "expiresIn": 300 });
    site.says("POST", "/api/v1/admin/auth/login", 202, step);
    let fields = [("username", "root"), ("password", "x"), ("next", "/admin/audit")];
    site.post("/admin/login", &fields).await.is(200).shows("value=\"gxt_ticket\"").shows("id=\"admin-code-form\"");
    let fields = [("ticket", "gxt_ticket"), ("code", "123456"), ("next", "/admin/audit")];
    site.refuses("POST", "/api/v1/admin/auth/mfa/verify", 400, "SECOND_FACTOR_INVALID", &[("code", "Not this one.")]);
    site.post("/admin/login/code", &fields).await.is(400).shows("Not this one.").shows("value=\"gxt_ticket\"");
    site.refuses("POST", "/api/v1/admin/auth/mfa/verify", 401, "UNAUTHORIZED", &[]);
    site.post("/admin/login/code", &fields).await.leads_to(303, "/admin/login?done=session-ended");
    site.says_with_cookie(
        "POST",
        "/api/v1/admin/auth/mfa/verify",
        json!({ "csrfToken": "fresh", "expiresIn": 900, "admin": { "id": ME, "username": "root", "displayName": "Root", "role": "ADMIN" } }),
        "gx_admin_session=s; Path=/; HttpOnly",
    );
    let page = site.post("/admin/login/code", &fields).await;
    page.leads_to(303, "/admin/audit");
    assert_eq!(page.cookie("gx_admin_session"), Some("s; Path=/; HttpOnly"));
}

#[tokio::test]
async fn who_has_no_second_factor_sets_one_up_first() {
    let site = Site::as_admin(&EVERYTHING);
    let profile = |on: bool, required: bool| {
        json!({ "id": ME, "username": "root", "email": "root@example.com", "displayName": "Root", "role": "SUPER_OWNER",
            "lastLoginAt": NOW, "requirePasswordChange": false, "mfaEnabled": on, "requireMfaSetup": required,
            "createdAt": NOW, "permissions": EVERYTHING })
    };
    site.says("GET", "/api/v1/admin/auth/profile", 200, profile(false, true));
    site.get("/admin/queue").await.leads_to(303, "/admin/second-factor");
    site.get("/admin/second-factor").await.is(200).shows("Before anything else");
    let setup = json!({ "secret": "ABCDEF", "uri": "otpauth://totp/x", "qrSvg": "<svg id=\"qr\"></svg>" });
    site.says("POST", "/api/v1/admin/auth/mfa/setup", 200, setup);
    site.post("/admin/second-factor/setup", &[]).await.is(200).shows("<svg id=\"qr\">").shows("ABCDEF");
    let fields = [("secret", "ABCDEF"), ("code", "123456")];
    site.refuses("POST", "/api/v1/admin/auth/mfa/enable", 400, "SECOND_FACTOR_INVALID", &[("code", "Not this one.")]);
    site.post("/admin/second-factor/enable", &fields).await.is(400).shows("Not this one.").shows("ABCDEF");
    site.says("POST", "/api/v1/admin/auth/mfa/enable", 200, json!({ "backupCodes": ["AAAAA-BBBBB"] }));
    site.post("/admin/second-factor/enable", &fields).await.is(200).shows("AAAAA-BBBBB");
}

#[tokio::test]
async fn the_queue_lists_who_waits() {
    let site = Site::as_admin(&EVERYTHING);
    site.says(
        "GET",
        "/api/v1/admin/users",
        200,
        json!({ "items": [user("PENDING_ADMIN_APPROVAL", "NOT_REGISTERED")], "nextCursor": "n" }),
    );
    let page = site.get("/admin/queue").await;
    page.is(200)
        .shows("Grace Hopper")
        .shows(&format!("/admin/users/{OTHER}"))
        .shows("/admin/queue?cursor=n")
        .shows("Root · owner");
    assert_eq!(site.last("GET", "/api/v1/admin/users").query, "limit=25&status=PENDING_ADMIN_APPROVAL");
    site.get("/admin/users?status=ACTIVE&search=gr%C3%A9ce").await.is(200);
    assert_eq!(site.last("GET", "/api/v1/admin/users").query, "limit=25&status=ACTIVE&search=gr%C3%A9ce");
    site.refuses("GET", "/api/v1/admin/users", 403, "FORBIDDEN", &[]);
    site.get("/admin/users").await.is(403).shows("title of FORBIDDEN").shows("detail of FORBIDDEN");
}

#[tokio::test]
async fn approving_takes_the_number_typed_from_the_picture() {
    let site = Site::as_admin(&EVERYTHING);
    let path = format!("/api/v1/admin/users/{OTHER}");
    site.says("GET", &path, 200, detail("PENDING_ADMIN_APPROVAL", "NOT_REGISTERED"));
    let page = site.get(&format!("/admin/users/{OTHER}")).await;
    page.is(200)
        .shows(&format!("<img src=\"/api/v1/admin/users/{OTHER}/documents/{ME}/file\""))
        .shows("id=\"approve-form\"")
        .shows("id=\"deny-form\"")
        .lacks("id=\"freeze-form\"")
        .shows("(35 years)");
    let target = format!("/admin/users/{OTHER}/approve");
    let missing = site.post(&target, &[("issuingCountry", ""), ("documentNumber", "")]).await;
    missing.is(422).shows("id=\"issuingCountry-error\"").shows("id=\"documentNumber-error\"");
    site.says("POST", &format!("{path}/approve"), 202, json!({ "commandId": COMMAND, "statusUrl": "",
        "fabricUserId": "US 984 AUM945 0ABCD 1234", "status": "APPROVED_PENDING_ONCHAIN", "onchainStatus": "PENDING", "message": "" }));
    let fields = [("issuingCountry", "US"), ("documentNumber", "X 1"), ("notes", "")];
    site.post(&target, &fields).await.leads_to(303, &format!("/admin/users/{OTHER}?done=approved"));
    let asked = site.last("POST", &format!("{path}/approve"));
    assert_eq!(asked.json(), json!({ "issuingCountry": "US", "documentNumber": "X 1" }));
    assert_eq!(asked.header("x-csrf-token"), Some(CSRF));
    assert_eq!(asked.header("cookie"), Some("gx_admin_session=s.secret"));
    site.refuses(
        "POST",
        &format!("{path}/approve"),
        422,
        "VALIDATION_FAILED",
        &[("documentNumber", "Not the number that was handed in.")],
    );
    site.post(&target, &fields)
        .await
        .is(422)
        .shows("id=\"documentNumber-error\">Not the number that was handed in.")
        .shows("value=\"X 1\"");
}

#[tokio::test]
async fn denying_freezing_and_unfreezing_follow_the_state_and_the_role() {
    let path = format!("/api/v1/admin/users/{OTHER}");
    let page = format!("/admin/users/{OTHER}");
    let site = Site::as_admin(&EVERYTHING);
    site.says("GET", &path, 200, detail("PENDING_ADMIN_APPROVAL", "NOT_REGISTERED"));
    site.refuses("POST", &format!("{path}/deny"), 422, "VALIDATION_FAILED", &[("reason", "At least ten characters.")]);
    let denied = site.post(&format!("{page}/deny"), &[("reason", "no")]).await;
    denied.is(422).shows("id=\"reason-error\">At least ten characters.");

    site.says("GET", &path, 200, detail("ACTIVE", "REGISTERED"));
    site.get(&page).await.shows("id=\"freeze-form\"").lacks("id=\"approve-form\"").lacks("id=\"unfreeze-form\"");
    site.post(&format!("{page}/freeze"), &[("lockReason", "")]).await.is(422).shows("id=\"lockReason-error\"");
    site.says("POST", &format!("{path}/freeze"), 202, asked());
    site.post(&format!("{page}/freeze"), &[("lockReason", "COURT_ORDER"), ("lockNotes", "File 7")])
        .await
        .leads_to(303, &format!("/admin/approvals/{COMMAND}?done=asked"));
    assert_eq!(
        site.last("POST", &format!("{path}/freeze")).json(),
        json!({ "reason": "COURT_ORDER", "notes": "File 7" })
    );

    let mut frozen = detail("FROZEN", "FROZEN");
    frozen["lockReason"] = json!("COURT_ORDER");
    frozen["lockNotes"] = json!("File 7");
    site.says("GET", &path, 200, frozen.clone());
    site.get(&page).await.shows("Ordered by a court").shows("File 7").shows("id=\"unfreeze-form\"");
    site.says("POST", &format!("{path}/unfreeze"), 202, asked());
    site.post(&format!("{page}/unfreeze"), &[]).await.leads_to(303, &format!("/admin/approvals/{COMMAND}?done=asked"));

    let reader = Site::as_admin(&["user:view:all"]);
    for (status, onchain) in
        [("PENDING_ADMIN_APPROVAL", "NOT_REGISTERED"), ("ACTIVE", "REGISTERED"), ("FROZEN", "FROZEN")]
    {
        reader.says("GET", &path, 200, detail(status, onchain));
        reader.get(&page).await.is(200).lacks("<form class=\"card\"");
    }
}

fn asked() -> Value {
    json!({ "approvalId": COMMAND, "status": "PENDING", "statusUrl": "", "expiresAt": NOW, "message": "" })
}

fn approval(status: &str, may: &str) -> Value {
    let who =
        |name: &str| json!({ "id": ME, "username": name, "displayName": name.to_uppercase(), "role": "SUPER_OWNER" });
    json!({ "id": COMMAND, "type": "USER_FREEZE", "status": status, "summary": "Freeze the account of Grace.",
        "object": format!("person:{OTHER}"), "permission": "user:freeze:all", "requester": who("root"),
        "approver": (status != "PENDING").then(|| who("second")), "executor": null, "decisionReason": null,
        "attempts": u8::from(status == "EXECUTION_FAILED"),
        "failureCode": (status == "EXECUTION_FAILED").then_some("STATE_CONFLICT"), "failureDetail": null,
        "commandId": null, "requestedAt": NOW, "decidedAt": null, "executedAt": null, "expiresAt": NOW,
        "details": [{ "label": "Value now", "value": "900" }], "mayVote": may == "vote", "mayExecute": may == "execute", "mayCancel": may == "cancel" })
}

#[tokio::test]
async fn a_second_person_decides_and_whoever_asked_may_only_take_it_back() {
    let site = Site::as_admin(&EVERYTHING);
    site.says("GET", "/api/v1/admin/approvals", 200, json!({ "items": [approval("PENDING", "vote")] }));
    site.get("/admin/approvals?status=PENDING").await.is(200).shows("Freeze the account of Grace.").shows("ROOT");
    assert_eq!(site.last("GET", "/api/v1/admin/approvals").query, "limit=25&status=PENDING");
    let (path, page) = (format!("/api/v1/admin/approvals/{COMMAND}"), format!("/admin/approvals/{COMMAND}"));
    site.says("GET", &path, 200, approval("PENDING", "cancel"));
    let own = site.get(&page).await;
    own.is(200).shows("id=\"cancel-form\"").lacks("id=\"vote-form\"").lacks("id=\"execute-form\"");
    site.says("POST", &format!("{path}/cancel"), 200, approval("CANCELLED", ""));
    site.post(&format!("{page}/cancel"), &[]).await.leads_to(303, &format!("{page}?done=taken-back"));

    site.says("GET", &path, 200, approval("PENDING", "vote"));
    site.get(&page).await.shows("id=\"vote-form\"").shows(&format!("/admin/users/{OTHER}"));
    site.says("POST", &format!("{path}/vote"), 200, json!({ "approval": approval("EXECUTED", "") }));
    let fields = [("decision", "APPROVE"), ("reason", "fine")];
    site.post(&format!("{page}/vote"), &fields).await.leads_to(303, &format!("{page}?done=decided"));
    assert_eq!(site.last("POST", &format!("{path}/vote")).json(), json!({ "decision": "APPROVE", "reason": "fine" }));
    site.refuses("POST", &format!("{path}/vote"), 409, "APPROVAL_ALREADY_PROCESSED", &[]);
    site.post(&format!("{page}/vote"), &fields).await.is(409).shows("detail of APPROVAL_ALREADY_PROCESSED");

    site.says("GET", &path, 200, approval("EXECUTION_FAILED", "execute"));
    site.get(&page).await.shows("Try again").shows("STATE_CONFLICT");
    let made = json!({ "approval": approval("EXECUTED", ""), "firstPassword": "shown-once" });
    site.says("POST", &format!("{path}/execute"), 200, made);
    site.post(&format!("{page}/execute"), &[]).await.is(200).shows("shown-once");
}

#[tokio::test]
async fn the_audit_page_lists_filters_and_checks_the_chain() {
    let site = Site::as_admin(&["audit:view:all", "audit:export:all"]);
    let kinds = json!({ "eventTypes": [{ "event": "PERSON_FROZEN", "label": "Frozen.", "category": "PEOPLE", "severity": "HIGH" }] });
    site.says("GET", "/api/v1/admin/audit/event-types", 200, kinds);
    let entry = json!({ "sequence": "7", "at": NOW, "event": "PERSON_FROZEN", "label": "A person's account was frozen.",
        "category": "PEOPLE", "severity": "HIGH", "actor": format!("admin:{ME}"), "object": format!("person:{OTHER}"),
        "before": { "status": "ACTIVE" }, "after": { "status": "FROZEN" }, "correlationId": ME,
        "previousHash": "ab".repeat(32), "hash": "cd".repeat(32) });
    site.says("GET", "/api/v1/admin/audit", 200, json!({ "items": [entry], "nextCursor": "n" }));
    let page = site.get("/admin/audit?event=PERSON_FROZEN&actor=&object=").await;
    page.is(200).shows("ACTIVE → FROZEN").shows("event=PERSON_FROZEN&#38;cursor=n").shows("id=\"export\"");
    assert_eq!(site.last("GET", "/api/v1/admin/audit").query, "limit=25&event=PERSON_FROZEN");
    let head = json!({ "sequence": "6", "hash": "cd".repeat(32) });
    let found =
        json!({ "intact": false, "entries": 6, "head": head, "noted": null, "faults": ["entries 3 to 3 are missing"] });
    site.says("GET", "/api/v1/admin/audit/verify", 200, found);
    site.get("/admin/audit?verify=1").await.is(200).shows("data-intact=\"false\"").shows("entries 3 to 3 are missing");
    site.refuses("GET", "/api/v1/admin/audit", 422, "VALIDATION_FAILED", &[("actor", "Nobody is called so.")]);
    site.get("/admin/audit?actor=x").await.is(200).shows("Nobody is called so.");
}

fn command(state: &str) -> Value {
    json!({ "commandId": COMMAND, "commandType": "Q_SEND_PAY", "state": state, "status": "PENDING", "actor": format!("person:{ME}"),
        "attempts": 12, "nextAttemptAt": NOW, "errorCode": "UNAVAILABLE", "errorDetail": "no answer", "transactionId": null,
        "blockNumber": null, "createdAt": NOW, "updatedAt": NOW, "finishedAt": null })
}

fn system(status: &str) -> Value {
    json!({ "status": status, "pauseReason": (status == "PAUSED").then_some("Maintenance"), "totalUsers": 7, "totalAdmins": 3, "activeAdmins": 2,
        "countriesWithUsers": 3,
        "ledger": { "fingerprint": "ab".repeat(32), "height": "17", "projectedHeight": "17", "reachable": true, "reason": null,
            "heartbeatAt": "2026-03-14T09:04:58Z", "lastBlockAt": NOW, "endorsingOrgs": ["Org1DevnetMSP", "Org2DevnetMSP"] },
        "outbox": { "pending": 4, "submitting": 1, "submitted": 2, "dead": 1, "unprojected": 0, "oldestWaitingSince": "2026-03-14T09:03:00Z" } })
}

#[tokio::test]
async fn the_outbox_lists_and_replays_dead_letters() {
    let site = Site::as_admin(&["system:health:view", "outbox:replay:all"]);
    site.says("GET", "/api/v1/admin/system/status", 200, system("OPERATIONAL"));
    site.says("GET", "/api/v1/admin/outbox", 200, json!({ "items": [command("DEAD")] }));
    let page = site.get("/admin/outbox?state=DEAD").await;
    page.is(200)
        .shows("Q_SEND_PAY")
        .shows("UNAVAILABLE: no answer")
        .shows("id=\"depth-dead\">1")
        .shows("the oldest for 2 min");
    assert_eq!(site.last("GET", "/api/v1/admin/outbox").query, "limit=25&state=DEAD");
    let one = |state: &str| {
        json!({ "command": command(state), "ledgerKey": "qsend-QS-6PAS3LHD", "orderingKey": null, "correlationId": ME,
            "projectedBlock": null, "voidPending": false })
    };
    let path = format!("/api/v1/admin/outbox/{COMMAND}");
    site.says("GET", &path, 200, one("DEAD"));
    site.get(&format!("/admin/outbox/{COMMAND}")).await.is(200).shows("qsend-QS-6PAS3LHD").shows("id=\"replay\"");
    site.says("POST", &format!("{path}/replay"), 202, json!({}));
    site.post(&format!("/admin/outbox/{COMMAND}/replay"), &[])
        .await
        .leads_to(303, &format!("/admin/outbox/{COMMAND}?done=replayed"));
    site.says("GET", &path, 200, one("COMMITTED"));
    site.get(&format!("/admin/outbox/{COMMAND}")).await.lacks("id=\"replay\"");
    site.refuses("POST", &format!("{path}/replay"), 409, "STATE_CONFLICT", &[]);
    site.post(&format!("/admin/outbox/{COMMAND}/replay"), &[]).await.is(409).shows("detail of STATE_CONFLICT");
}

#[tokio::test]
async fn the_system_is_paused_and_resumed() {
    let site = Site::as_admin(&EVERYTHING);
    site.says("GET", "/api/v1/admin/system/status", 200, system("OPERATIONAL"));
    site.get("/admin/system")
        .await
        .is(200)
        .shows("id=\"pause-form\"")
        .lacks("id=\"resume-form\"")
        .shows("2 s ago")
        .shows("Org1DevnetMSP, Org2DevnetMSP");
    site.says("POST", "/api/v1/admin/system/pause", 202, asked());
    site.post("/admin/system/pause", &[("reason", "Maintenance")])
        .await
        .leads_to(303, &format!("/admin/approvals/{COMMAND}?done=asked"));
    assert_eq!(site.last("POST", "/api/v1/admin/system/pause").json(), json!({ "reason": "Maintenance" }));
    site.says("GET", "/api/v1/admin/system/status", 200, system("PAUSED"));
    site.get("/admin/system").await.lacks("http-equiv=\"refresh\"").shows("Maintenance").shows("id=\"resume-form\"");
    site.says("POST", "/api/v1/admin/system/resume", 202, json!({}));
    site.post("/admin/system/resume", &[]).await.leads_to(303, "/admin/system?done=resuming");
    site.get("/admin/system?done=resuming").await.shows("http-equiv=\"refresh\"");
    site.refuses("POST", "/api/v1/admin/system/pause", 422, "VALIDATION_FAILED", &[("reason", "Say why.")]);
    site.says("GET", "/api/v1/admin/system/status", 200, system("OPERATIONAL"));
    site.post("/admin/system/pause", &[("reason", "")]).await.is(422).shows("Say why.");
}

#[tokio::test]
async fn the_landing_page_shows_the_supply_or_says_that_it_is_not_known() {
    let site = Site::new();
    let pool = |minted: &str| json!({ "cap": "125000000000000000", "minted": minted, "percentage": "0.40" });
    site.says("GET", "/api/v1/public/supply", 200, json!({
        "maxSupply": "1250000000000000000", "totalMinted": "1000000000", "availableToMint": "1249999999000000000",
        "circulatingSupply": "1000000000", "mintedPercentage": "0.00", "lastUpdated": NOW,
        "pools": { "userGenesis": pool("500000000"), "govtGenesis": pool("0"), "charitable": pool("0"), "loan": pool("0"),
            "gx": pool("0"), "operations": pool("0") } }));
    site.get("/")
        .await
        .is(200)
        .shows("1,000 GX")
        .shows("1,250,000,000,000 GX")
        .shows("Grants to people")
        .shows("500 GX");
    site.refuses("GET", "/api/v1/public/supply", 503, "FEATURE_UNAVAILABLE", &[]);
    site.get("/").await.is(200).shows("not known").lacks("supply-minted");
}

#[tokio::test]
async fn who_was_given_a_password_chooses_an_own_one_first() {
    let site = Site::as_admin(&EVERYTHING);
    let profile = |required: bool| {
        json!({ "id": ME, "username": "root", "email": "root@example.com", "displayName": "Root", "role": "SUPER_OWNER",
            "lastLoginAt": NOW, "requirePasswordChange": required, "createdAt": NOW, "permissions": EVERYTHING })
    };
    site.says("GET", "/api/v1/admin/auth/profile", 200, profile(true));
    site.get("/admin/queue").await.leads_to(303, "/admin/password");
    site.get("/admin").await.leads_to(303, "/admin/password");
    site.get("/admin/password").await.is(200).shows("given to you by somebody else");

    let path = "/api/v1/admin/auth/password/change";
    let fields = [("currentPassword", " given "), ("newPassword", "My-Own-1"), ("confirmPassword", "My-Own-1")];
    site.refuses("POST", path, 400, "PASSWORD_POLICY_VIOLATION", &[("newPassword", "It is too short.")]);
    site.post("/admin/password", &fields).await.is(400).shows("id=\"newPassword-error\"").lacks("My-Own-1");
    site.refuses("POST", path, 401, "INVALID_CREDENTIALS", &[]);
    site.post("/admin/password", &fields).await.is(401).shows("detail of INVALID_CREDENTIALS");
    site.says("POST", path, 200, json!({ "message": "changed" }));
    site.post("/admin/password", &fields).await.leads_to(303, "/admin/queue?done=password-changed");
    let asked = site.last("POST", path);
    assert_eq!(asked.json()["currentPassword"], " given ", "to the letter");
    site.says("GET", "/api/v1/admin/auth/profile", 200, profile(false));
    site.get("/admin/password").await.is(200).lacks("given to you by somebody else");
}
