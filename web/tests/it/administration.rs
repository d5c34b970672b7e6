//! The console's figures, administrators, and one's own account there.

use serde_json::{Value, json};

use crate::site::{COMMAND, ME, NOW, OTHER, Site};

const ADMINS: [&str; 5] =
    ["admin:view:all", "admin:create:all", "admin:role:assign", "admin:delete:all", "admin:mfa:reset"];

fn asked() -> Value {
    json!({ "approvalId": COMMAND, "status": "PENDING", "statusUrl": "", "expiresAt": NOW, "message": "" })
}

fn admin(id: &str, name: &str, role: &str, is_active: bool) -> Value {
    json!({ "id": id, "username": name, "email": format!("{name}@example.org"), "displayName": name.to_uppercase(), "role": role,
        "isActive": is_active, "lastLoginAt": null, "appointedBlock": null, "createdAt": NOW })
}

fn figures(site: &Site) {
    site.says(
        "GET",
        "/api/v1/admin/dashboard/stats",
        200,
        json!({ "totalUsers": 12, "activeUsers": 9, "pendingApproval": 2,
        "pendingOnchain": 0, "frozenUsers": 1, "deniedUsers": 0, "totalTransactions": 40, "todayTransactions": 3,
        "weekTransactions": 17, "totalWallets": 10, "totalAdmins": 3, "activeAdmins": 2, "pendingApprovals": 1, "totalCountries": 234,
        "systemStatus": "PAUSED" }),
    );
    let day = |date: &str, count: u64, volume: Option<&str>| match volume {
        Some(volume) => json!({ "date": date, "count": count, "volume": volume }),
        None => json!({ "date": date, "count": count }),
    };
    site.says(
        "GET",
        "/api/v1/admin/dashboard/user-growth",
        200,
        json!({ "days": [day("2026-03-13", 10, None), day("2026-03-14", 12, None)] }),
    );
    site.says(
        "GET",
        "/api/v1/admin/dashboard/new-registrations",
        200,
        json!({ "days": [day("2026-03-13", 1, None), day("2026-03-14", 2, None)] }),
    );
    site.says(
        "GET",
        "/api/v1/admin/dashboard/transaction-volume",
        200,
        json!({ "days": [day("2026-03-13", 0, Some("0")), day("2026-03-14", 3, Some("2500000"))] }),
    );
    site.says("GET", "/api/v1/admin/dashboard/user-distribution", 200, json!({
        "byStatus": [{ "status": "REGISTERED", "count": 2 }, { "status": "ACTIVE", "count": 9 }, { "status": "CLOSED", "count": 0 }],
        "byCountry": [{ "countryCode": "FR", "count": 8 }, { "countryCode": "US", "count": 4 }] }));
    site.says("GET", "/api/v1/admin/dashboard/recent-activity", 200, json!({ "activities": [
        { "event": "PERSON_FROZEN", "label": "A person's account was frozen.", "object": format!("person:{OTHER}"), "at": NOW }] }));
}

#[tokio::test]
async fn the_overview_shows_figures_charts_and_what_was_decided() {
    let site = Site::as_admin(&["report:view:dashboard", "user:view:all"]);
    figures(&site);
    site.get("/admin").await.leads_to(303, "/admin/overview");
    let page = site.get("/admin/overview").await;
    page.is(200)
        .shows("id=\"figure-people\">12<")
        .shows("id=\"figure-pending\">2<")
        .shows("id=\"figure-today\">3<")
        .shows("Paused")
        .shows("People with an account from 2026-03-13 to 2026-03-14: it began at 10, is 12 now")
        .shows("<title>2026-03-14: 2.5 GX</title>")
        .shows("Paid between people from 2026-03-13 to 2026-03-14: 2.5 GX on the last day")
        .shows("A person&#39;s account was frozen.")
        .shows(&format!("href=\"/admin/users/{OTHER}\""))
        .lacks("Closed</span>");
    assert!(page.text.find("Active</span>") < page.text.find("Documents missing</span>"), "the largest first");
    assert_eq!(site.last("GET", "/api/v1/admin/dashboard/user-growth").query, "days=30");
    site.get("/admin/overview?days=90").await.is(200);
    assert_eq!(site.last("GET", "/api/v1/admin/dashboard/user-growth").query, "days=90");
    site.get("/admin/overview?days=x").await.is(200);
    assert_eq!(site.last("GET", "/api/v1/admin/dashboard/user-growth").query, "days=30");
    // The menu has what the role may see, and nothing else.
    page.shows("href=\"/admin/queue\">Queue").lacks(">Audit</a>").lacks(">Outbox</a>").lacks(">Admins</a>");

    let other = Site::as_admin(&["user:view:all"]);
    other.get("/admin").await.leads_to(303, "/admin/queue");
    other.refuses("GET", "/api/v1/admin/dashboard/stats", 403, "FORBIDDEN", &[]);
    figures_without_stats(&other);
    other.get("/admin/overview").await.is(403);
}

fn figures_without_stats(site: &Site) {
    for name in ["user-growth", "new-registrations", "transaction-volume", "user-distribution", "recent-activity"] {
        site.refuses("GET", &format!("/api/v1/admin/dashboard/{name}"), 403, "FORBIDDEN", &[]);
    }
}

#[tokio::test]
async fn administrators_are_listed_searched_and_asked_for() {
    let site = Site::as_admin(&ADMINS);
    let items = json!({ "items": [admin(OTHER, "grace", "MODERATOR", true), admin(ME, "root", "SUPER_OWNER", false)],
        "nextCursor": "n" });
    site.says("GET", "/api/v1/admin/admins", 200, items);
    let page = site.get("/admin/admins?role=MODERATOR&state=out&search=gr").await;
    page.is(200)
        .shows("GRACE")
        .shows(&format!("/admin/admins/{OTHER}"))
        .shows("Shut out")
        .shows("never")
        .shows("/admin/admins?role=MODERATOR&#38;state=out&#38;search=gr&#38;cursor=n");
    assert_eq!(site.last("GET", "/api/v1/admin/admins").query, "limit=25&role=MODERATOR&isActive=false&search=gr");
    site.get("/admin/admins?role=nobody&state=x").await.is(200);
    assert_eq!(site.last("GET", "/api/v1/admin/admins").query, "limit=25");

    // An owner may ask for every role; the field that was refused says so.
    let page = site.get("/admin/admins/new").await;
    page.is(200).shows("value=\"SUPER_OWNER\"").shows("value=\"AUDITOR\"");
    let fields =
        [("username", "new.one"), ("email", "new@example.org"), ("displayName", "New One"), ("role", "AUDITOR")];
    site.post("/admin/admins/new", &fields[..3]).await.is(422).shows("id=\"role-error\"").shows("value=\"new.one\"");
    let path = "/api/v1/admin/admins/create";
    site.refuses("POST", path, 409, "STATE_CONFLICT", &[("username", "This is taken.")]);
    site.post("/admin/admins/new", &fields).await.is(409).shows("id=\"username-error\">This is taken.");
    site.says("POST", path, 202, asked());
    site.post("/admin/admins/new", &fields).await.leads_to(303, &format!("/admin/approvals/{COMMAND}?done=asked"));
    assert_eq!(
        site.last("POST", path).json(),
        json!({ "username": "new.one", "email": "new@example.org", "displayName": "New One", "role": "AUDITOR" })
    );
    let reader = Site::as_admin(&ADMINS[..1]);
    reader.says("GET", "/api/v1/admin/admins", 200, json!({ "items": [] }));
    reader.get("/admin/admins").await.is(200).lacks("id=\"to-new\"").shows("Nobody fits");
}

#[tokio::test]
async fn what_becomes_of_an_administrator_waits_for_a_second_person() {
    let site = Site::as_admin(&ADMINS);
    let (path, page) = (format!("/api/v1/admin/admins/{OTHER}"), format!("/admin/admins/{OTHER}"));
    let waits = format!("/admin/approvals/{COMMAND}?done=asked");
    site.says("GET", &path, 200, admin(OTHER, "grace", "MODERATOR", true));
    let shown = site.get(&page).await;
    shown
        .is(200)
        .shows("id=\"role-form\"")
        .shows("id=\"disable-form\"")
        .shows("id=\"factor-form\"")
        .shows("id=\"appoint-form\"")
        .shows(&format!("/admin/audit?actor=admin:{OTHER}"))
        .lacks("value=\"MODERATOR\"")
        .lacks("value=\"SUPER_OWNER\"");

    site.post(&format!("{page}/role"), &[("newRole", "")]).await.is(422).shows("id=\"newRole-error\"");
    let short = [("reason", "At least ten characters.")];
    site.refuses("PUT", &format!("{path}/role"), 422, "VALIDATION_FAILED", &short);
    let fields = [("newRole", "ADMIN"), ("roleReason", "short")];
    site.post(&format!("{page}/role"), &fields)
        .await
        .is(422)
        .shows("id=\"roleReason-error\">At least ten characters.")
        .lacks("id=\"disableReason-error\"");
    site.says("PUT", &format!("{path}/role"), 202, asked());
    site.post(&format!("{page}/role"), &fields).await.leads_to(303, &waits);
    let sent = site.last("PUT", &format!("{path}/role")).json();
    assert_eq!(sent, json!({ "newRole": "ADMIN", "reason": "short" }));

    site.refuses("POST", &format!("{path}/disable"), 422, "VALIDATION_FAILED", &short);
    let fields = [("disableReason", "left us")];
    site.post(&format!("{page}/disable"), &fields)
        .await
        .is(422)
        .shows("id=\"disableReason-error\">At least ten characters.")
        .lacks("id=\"roleReason-error\"");
    site.refuses("POST", &format!("{path}/disable"), 409, "TOO_FEW_OWNERS", &[]);
    site.post(&format!("{page}/disable"), &fields).await.is(409).shows("detail of TOO_FEW_OWNERS");
    for (form, api) in [("disable", format!("{path}/disable")), ("factor", format!("{path}/mfa/reset"))] {
        site.says("POST", &api, 202, asked());
        site.post(&format!("{page}/{form}"), &[]).await.leads_to(303, &waits);
    }
    site.says("POST", "/api/v1/admin/admins", 202, asked());
    site.post(&format!("{page}/appoint"), &[]).await.leads_to(303, &waits);
    assert_eq!(site.last("POST", "/api/v1/admin/admins").json(), json!({ "newAdminId": OTHER }));

    // Nobody is offered what would be refused: of themselves, of those who hold no permission, of those shut out.
    site.says("GET", &format!("/api/v1/admin/admins/{ME}"), 200, admin(ME, "root", "SUPER_OWNER", true));
    let own = site.get(&format!("/admin/admins/{ME}")).await;
    own.is(200).shows("This is you").lacks("id=\"role-form\"").lacks("id=\"disable-form\"").lacks("id=\"factor-form\"");
    site.says("GET", &path, 200, admin(OTHER, "grace", "SUPER_OWNER", true));
    site.get(&page).await.lacks("id=\"role-form\"").shows("id=\"disable-form\"").shows("id=\"factor-form\"");
    site.says("GET", &path, 200, admin(OTHER, "grace", "MODERATOR", false));
    site.get(&page).await.lacks("id=\"disable-form\"").lacks("id=\"appoint-form\"");
    let reader = Site::as_admin(&ADMINS[..1]);
    reader.says("GET", &path, 200, admin(OTHER, "grace", "MODERATOR", true));
    reader.get(&page).await.is(200).lacks("-form\"");
    reader.get("/admin/admins/nobody").await.is(404);
}

#[tokio::test]
async fn an_administrator_sees_where_they_are_signed_in_and_ends_it_from_afar() {
    let site = Site::as_admin(&[]);
    let session = |id: &str, current: bool, agent: Value| {
        json!({ "id": id, "current": current, "transport": "COOKIE", "ip": "192.0.2.17", "userAgent": agent, "secondFactor": current,
            "createdAt": NOW, "lastUsedAt": NOW, "expiresAt": NOW })
    };
    let firefox = json!("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    let sessions = json!({ "sessions": [session(ME, true, firefox), session(OTHER, false, Value::Null)] });
    site.says("GET", "/api/v1/admin/auth/sessions", 200, sessions);
    site.get("/admin/account")
        .await
        .is(200)
        .shows("Firefox on Linux")
        .shows("Unknown device")
        .shows("192.0.2.x")
        .lacks("192.0.2.17")
        .shows("without second factor")
        .shows(&format!("/admin/account/sessions/{OTHER}/end"))
        .lacks(&format!("/admin/account/sessions/{ME}/end"))
        .shows("id=\"end-others\"");
    let path = format!("/api/v1/admin/auth/sessions/{OTHER}");
    site.says("DELETE", &path, 200, json!({ "message": "ended" }));
    let ended = "/admin/account?done=sessions-ended";
    site.post(&format!("/admin/account/sessions/{OTHER}/end"), &[]).await.leads_to(303, ended);
    site.refuses("DELETE", &path, 404, "NOT_FOUND", &[]);
    site.post(&format!("/admin/account/sessions/{OTHER}/end"), &[]).await.leads_to(303, ended);
    site.says("POST", "/api/v1/admin/auth/logout-all", 200, json!({ "revokedCount": 1 }));
    site.post("/admin/account/sessions/end-others", &[]).await.leads_to(303, ended);
}

#[tokio::test]
async fn a_second_factor_moves_to_another_device() {
    let site = Site::as_admin(&[]);
    let profile = |on: bool| {
        json!({ "id": ME, "username": "root", "email": "root@example.com", "displayName": "Root", "role": "SUPER_OWNER",
            "lastLoginAt": NOW, "requirePasswordChange": false, "mfaEnabled": on, "requireMfaSetup": false, "createdAt": NOW,
            "permissions": [] })
    };
    site.says("GET", "/api/v1/admin/auth/profile", 200, profile(true));
    site.get("/admin/second-factor").await.is(200).shows("id=\"factor-off-form\"").lacks("id=\"factor-begin\"");
    let path = "/api/v1/admin/auth/mfa/disable";
    let fields = [("password", " mine "), ("code", "123456")];
    site.refuses("POST", path, 401, "INVALID_CREDENTIALS", &[]);
    site.post("/admin/second-factor/off", &fields).await.is(401).shows("detail of INVALID_CREDENTIALS").lacks(" mine ");
    site.refuses("POST", path, 400, "SECOND_FACTOR_INVALID", &[("code", "Not this one.")]);
    site.post("/admin/second-factor/off", &fields).await.is(400).shows("id=\"code-error\">Not this one.");
    site.refuses("POST", path, 401, "SESSION_REVOKED", &[]);
    let ended = site.post("/admin/second-factor/off", &fields).await;
    assert!(ended.headers["location"].to_str().unwrap().starts_with("/admin/login"), "{:?}", ended.headers);
    site.says("POST", path, 200, json!({ "message": "off" }));
    site.post("/admin/second-factor/off", &fields).await.leads_to(303, "/admin/second-factor?done=factor-off");
    assert_eq!(site.last("POST", path).json(), json!({ "password": " mine ", "code": "123456" }), "to the letter");
    site.says("GET", "/api/v1/admin/auth/profile", 200, profile(false));
    site.get("/admin/second-factor").await.is(200).shows("id=\"factor-begin\"");
}

#[tokio::test]
async fn the_audit_page_narrows_down_by_day_and_subject() {
    let site = Site::as_admin(&["audit:view:all"]);
    site.says("GET", "/api/v1/admin/audit/event-types", 200, json!({ "eventTypes": [] }));
    let entry = json!({ "sequence": "7", "at": NOW, "event": "ADMIN_DISABLED", "label": "x", "category": "CONTROL",
        "severity": "HIGH", "actor": format!("admin:{ME}"), "object": format!("admin:{OTHER}"), "before": {}, "after": {},
        "correlationId": ME, "previousHash": "ab".repeat(32), "hash": "cd".repeat(32) });
    site.says("GET", "/api/v1/admin/audit", 200, json!({ "items": [entry] }));
    let page = site.get("/admin/audit?category=CONTROL&from=2026-03-01&until=2026-03-14").await;
    page.is(200)
        .shows(&format!("href=\"/admin/admins/{OTHER}\""))
        .shows(&format!("href=\"/admin/admins/{ME}\""))
        .shows("value=\"2026-03-14\"")
        .lacks("id=\"export\"");
    let query = site.last("GET", "/api/v1/admin/audit").query;
    let asked: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let said = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(said("category"), Some("CONTROL"));
    assert!(said("from").unwrap().starts_with("2026-03-01T00:00:00"), "{query}");
    assert!(said("until").unwrap().starts_with("2026-03-15T00:00:00"), "the last day belongs to it: {query}");
    site.get("/admin/audit?from=yesterday").await.is(200).shows("id=\"from-error\"");
}
