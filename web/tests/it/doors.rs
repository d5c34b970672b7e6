//! Who gets in: redirects to the login, the login itself, tokens of forms, headers, error pages.

use axum::http::header;
use serde_json::{Value, json};

use crate::site::{CSRF, FORM, ME, Page, Site, profile};

const NEED_A_SESSION: [&str; 22] = [
    "/dashboard",
    "/messages",
    "/documents",
    "/profile",
    "/send",
    "/send/confirm",
    "/requests",
    "/requests/new",
    "/pay",
    "/pay/QS-6PAS3LHD",
    "/history",
    "/holding",
    "/notifications",
    "/settings/security",
    "/settings/security/password",
    "/settings/security/totp",
    "/settings/security/pin",
    "/settings/security/step-up",
    "/settings/email",
    "/settings/phone",
    "/settings/picture",
    "/settings/close",
];

fn granted() -> Value {
    json!({
        "csrfToken": "fresh-token", "expiresIn": 900,
        "user": {
            "profileId": ME, "email": "ada@devnet.gxcoin.test", "firstName": "Ada", "lastName": "Lovelace", "phoneNum": null,
            "identityNum": null, "status": "ACTIVE", "onchainStatus": "REGISTERED", "nationalityCountryCode": "GB",
            "createdAt": crate::site::NOW, "updatedAt": crate::site::NOW,
        },
    })
}

#[tokio::test]
async fn signed_out_every_page_with_a_session_leads_to_the_login_and_back() {
    let site = Site::new();
    for path in NEED_A_SESSION {
        let encoded = path.replace('/', "%2F");
        site.get(path).await.leads_to(307, &format!("/login?next={encoded}"));
    }
    site.get("/history?type=SENT&cursor=a").await.leads_to(307, "/login?next=%2Fhistory%3Ftype%3DSENT%26cursor%3Da");
    for path in ["/admin", "/admin/queue", "/admin/users", "/admin/outbox", "/admin/system"] {
        let encoded = path.replace('/', "%2F");
        site.get(path).await.leads_to(307, &format!("/admin/login?next={encoded}"));
    }
    // One side's session opens nothing on the other.
    Site::signed_in().get("/admin/queue").await.leads_to(307, "/admin/login?next=%2Fadmin%2Fqueue");
    Site::as_admin(&[]).get("/dashboard").await.leads_to(307, "/login?next=%2Fdashboard");
}

#[tokio::test]
async fn a_session_that_the_api_does_not_take_any_more_is_forgotten_and_told() {
    let site = Site::signed_in();
    site.refuses("GET", &format!("/api/v1/users/{ME}"), 401, "SESSION_EXPIRED", &[]);
    let page = site.get("/dashboard").await;
    page.leads_to(307, "/login?next=%2Fdashboard&done=session-ended");
    assert!(page.cookie("gx_session").unwrap().contains("Max-Age=0"), "{:?}", page.cookies());
    site.without_cookies().get("/login?done=session-ended").await.is(200).shows("Your session has ended");
}

#[tokio::test]
async fn signing_in_hands_the_cookie_on_and_leads_to_the_page_that_was_asked_for() {
    let site = Site::new();
    site.says_with_cookie(
        "POST",
        "/api/v1/auth/login",
        granted(),
        "gx_session=s.secret; Path=/; HttpOnly; SameSite=Lax",
    );
    let form = site.get("/login?next=%2Fpay%2FQS-6PAS3LHD").await;
    form.is(200);
    assert_eq!(form.hidden("next"), "/pay/QS-6PAS3LHD");
    let fields = [("next", "/pay/QS-6PAS3LHD"), ("email", " Ada@devnet.gxcoin.test "), ("password", " with space ")];
    let page = site.post("/login", &fields).await;
    page.leads_to(303, "/pay/QS-6PAS3LHD");
    assert_eq!(page.cookie("gx_session"), Some("s.secret; Path=/; HttpOnly; SameSite=Lax"));
    assert!(page.cookie("gx_csrf").unwrap().starts_with("fresh-token; Path=/; HttpOnly; SameSite=Lax"));
    assert!(page.cookie("gx_profile").unwrap().starts_with(ME));
    let asked = site.last("POST", "/api/v1/auth/login");
    assert_eq!(
        asked.json(),
        json!({"email": "Ada@devnet.gxcoin.test", "password": " with space ", "transport": "cookie"})
    );
}

#[tokio::test]
async fn a_foreign_next_is_not_followed() {
    let site = Site::new();
    site.says_with_cookie("POST", "/api/v1/auth/login", granted(), "gx_session=s; Path=/");
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "/login"] {
        site.post("/login", &[("next", next), ("email", "a@b.cd"), ("password", "x")])
            .await
            .leads_to(303, "/dashboard");
    }
}

#[tokio::test]
async fn wrong_credentials_and_a_lock_are_said_in_place_and_never_show_the_password() {
    let site = Site::new();
    for (status, code) in [(401, "INVALID_CREDENTIALS"), (429, "ACCOUNT_LOCKED"), (403, "ACCOUNT_DISABLED")] {
        site.refuses("POST", "/api/v1/auth/login", status, code, &[]);
        let page = site.post("/login", &[("email", "ada@devnet.gxcoin.test"), ("password", "Wrong&123")]).await;
        page.is(status).shows(&format!("detail of {code}")).shows("value=\"ada@devnet.gxcoin.test\"").lacks("Wrong&");
    }
}

#[tokio::test]
async fn a_service_out_of_reach_is_shown_as_that_and_never_as_wrong_credentials() {
    let site = Site::new();
    let problem = json!({
        "type": "about:blank", "code": "UPSTREAM_UNAVAILABLE", "title": "A part of the platform is out of reach.",
        "status": 502, "detail": "The identity service does not answer.", "correlationId": ME,
    });
    site.says("POST", "/api/v1/auth/login", 502, problem.clone());
    let page = site.post("/login", &[("email", "a@b.cd"), ("password", "x")]).await;
    page.is(503).shows("The identity service does not answer.").lacks("do not belong together");

    site.refuses("POST", "/api/v1/auth/login", 503, "DATABASE_UNAVAILABLE", &[]);
    site.post("/login", &[("email", "a@b.cd"), ("password", "x")]).await.is(503).shows("title of DATABASE_UNAVAILABLE");

    let inside = Site::signed_in();
    inside.says("GET", &format!("/api/v1/users/{ME}"), 502, problem);
    inside.get("/dashboard").await.is(503).shows("The identity service does not answer.").shows("/status");
}

#[tokio::test]
async fn signing_out_forgets_the_session_even_when_the_service_does_not_answer() {
    let site = Site::signed_in();
    site.refuses("POST", "/api/v1/auth/logout", 503, "DATABASE_UNAVAILABLE", &[]);
    let page = site.post("/logout", &[]).await;
    page.leads_to(303, "/login?done=signed-out");
    for name in ["gx_session", "gx_csrf", "gx_profile"] {
        assert!(page.cookie(name).unwrap().contains("Max-Age=0"), "{name}");
    }
    assert_eq!(site.last("POST", "/api/v1/auth/logout").header("x-csrf-token"), Some(CSRF));
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_does_nothing() {
    let site = Site::signed_in();
    for (fields, headers) in [
        (vec![], vec![]),
        (vec![("csrf", "another")], vec![]),
        (vec![("csrf", CSRF)], vec![("sec-fetch-site", "cross-site")]),
        (vec![("csrf", CSRF)], vec![("sec-fetch-site", "same-site")]),
        (vec![("csrf", CSRF)], vec![("origin", "https://evil.example")]),
        (vec![("csrf", CSRF)], vec![("origin", "null")]),
    ] {
        let page = site.post_raw("/notifications/read-all", &fields, &headers).await;
        page.is(403).shows("This form is out of date");
    }
    assert!(site.asked("PATCH", "/api/v1/notifications/mark-all-read").is_empty());
    let out = Site::new();
    out.post_raw("/login", &[("email", "a@b.cd"), ("password", "x")], &[]).await.is(403);
    out.without_cookies().post_raw("/login", &[("csrf", FORM), ("email", "a@b.cd")], &[]).await.is(403);
    assert!(out.asked("POST", "/api/v1/auth/login").is_empty());
}

#[tokio::test]
async fn the_api_sees_the_person_the_token_and_the_request() {
    let site = Site::signed_in();
    site.says("PATCH", "/api/v1/notifications/mark-all-read", 200, json!({ "success": true, "count": 1 }));
    let headers = [("x-correlation-id", ME), ("sec-fetch-site", "same-origin"), ("x-forwarded-for", "203.0.113.9")];
    let page = site.post_raw("/notifications/read-all", &[("csrf", CSRF)], &headers).await;
    page.leads_to(303, "/notifications?done=read");
    assert_eq!(page.headers["x-correlation-id"], ME);
    let asked = site.last("PATCH", "/api/v1/notifications/mark-all-read");
    assert_eq!(asked.header("cookie"), Some("gx_session=s.secret"), "nothing but the session travels");
    assert_eq!(asked.header("x-csrf-token"), Some(CSRF));
    assert_eq!(asked.header("x-correlation-id"), Some(ME));
    assert_eq!(asked.header("x-forwarded-for"), Some("203.0.113.9"));
}

#[tokio::test]
async fn pages_are_strict_with_the_browser() {
    let page = Site::new().get("/login").await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(page.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    page.lacks("<style").lacks(" style=").lacks("onclick").lacks("http://").lacks("https://");
    let fresh = Site::new().without_cookies().get("/login").await;
    let cookie = fresh.cookie("gx_form").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let live = Site::in_env(gx_types::EnvName::Mainnet).without_cookies().get("/login").await;
    assert!(live.cookie("gx_form").unwrap().contains("; Secure"));
}

/// Pages are told at run time where the socket is, and may connect there and nowhere else.
#[tokio::test]
async fn pages_know_where_the_socket_of_their_environment_is() {
    let list = json!({ "notifications": [], "total": 0, "unreadCount": 3 });
    let policy = |page: &Page| page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    let site = Site::signed_in();
    site.says("GET", "/api/v1/notifications", 200, list.clone());
    let page = site.get("/notifications").await;
    page.shows("data-live-after=\"7\"").shows("/assets/live.").shows("data-live").lacks("data-live-url");
    assert!(policy(&page).contains("connect-src 'self' ws://localhost:3000;"), "{}", policy(&page));
    let site = Site::signed_in_to(gx_types::EnvName::Mainnet);
    site.says("GET", "/api/v1/notifications", 200, list);
    let page = site.get("/notifications").await;
    page.shows("data-live-url=\"wss://socket.gxcoin.money\"");
    let allowed = "connect-src 'self' wss://wallet.gxcoin.money wss://socket.gxcoin.money;";
    assert!(policy(&page).contains(allowed), "{}", policy(&page));
    // Nobody is followed who is not signed in.
    Site::new().without_cookies().get("/login").await.lacks("data-live-after").lacks("/assets/live.");
}

#[tokio::test]
async fn static_files_are_addressed_by_their_hash() {
    let site = Site::new();
    let page = site.get("/login").await;
    for (attribute, kind) in [("href=\"/assets/gx.", "text/css"), ("src=\"/assets/gx.", "text/javascript")] {
        let places: Vec<&str> = page.text.match_indices(attribute).map(|(at, _)| &page.text[at..]).collect();
        let found = places.iter().map(|rest| rest.split('"').nth(1).unwrap()).find(|path| match kind {
            "text/css" => path.ends_with(".css"),
            _ => path.ends_with(".js"),
        });
        let file = site.get(found.unwrap()).await;
        file.is(200);
        assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        assert!(file.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
    site.get("/assets/gx.0000000000000000.css").await.is(404);
}

#[tokio::test]
async fn unknown_addresses_are_a_page_and_below_api_a_problem() {
    let site = Site::new();
    site.get("/nothing").await.is(404).shows("Nothing here").shows("Number of this request");
    let api = site.get("/api/v1/nothing").await;
    api.is(404);
    assert!(
        api.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("application/json"),
        "the API's own answer"
    );
    site.post("/dashboard", &[]).await.is(405).shows("cannot be used that way");
}

#[tokio::test]
async fn an_error_page_still_knows_who_is_looking() {
    let site = Site::signed_in();
    site.says("GET", &format!("/api/v1/wallets/{ME}/dashboard"), 500, json!({ "not": "a problem" }));
    site.get("/dashboard").await.is(500).shows("Something went wrong on our side").shows("Ada").lacks("Sign in");
    let mut other = profile();
    other["profileId"] = json!(crate::site::OTHER);
    site.refuses("GET", "/api/v1/qsend/QS-6PAS3LHD", 404, "NOT_FOUND", &[]);
    site.get("/pay/QS-6PAS3LHD").await.is(404).shows("Nothing here");
}

#[tokio::test]
async fn the_test_mailbox_does_not_exist_on_mainnet() {
    let site = Site::in_env(gx_types::EnvName::Mainnet);
    site.get("/dev/mailbox").await.is(404);
    site.get("/login").await.lacks("mailbox").lacks("test network");
    let dev = Site::new();
    let id = "a";
    dev.says(
        "GET",
        "/api/v1/dev/mailbox",
        200,
        json!({ "messages": [{ "id": id, "channel": "EMAIL", "to": "ada@devnet.gxcoin.test", "subject": "Your code",
            "text": "123456", "sentAt": crate::site::NOW }] }),
    );
    dev.get("/dev/mailbox?to=ada%40devnet.gxcoin.test").await.is(200).shows("Your code").shows("123456");
    assert_eq!(dev.last("GET", "/api/v1/dev/mailbox").query, "to=ada%40devnet.gxcoin.test");
}
