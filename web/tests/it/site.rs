//! The edge as it is, over an API that says what a test tells it to. Everything between browser and API is real.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gx_base::{ManualClock, SeededEntropy};
use gx_types::{EnvName, Timestamp};
use gx_web::{EdgeOptions, edge};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const ME: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
pub const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
pub const COMMAND: &str = "01890a5d-ac96-774b-bcce-b302099a8099";
pub const CSRF: &str = "the-session-s-token";
pub const FORM: &str = "0123456789abcdef0123456789abcdef";
pub const NOW: &str = "2026-03-14T09:05:00Z";

/// A request that reached the API.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

struct Answer {
    status: u16,
    body: Value,
    cookie: Option<&'static str>,
}

#[derive(Clone, Default)]
struct Fake {
    answers: Arc<Mutex<BTreeMap<(String, String), Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The edge under test.
#[derive(Clone)]
pub struct Site {
    fake: Fake,
    pub router: Router,
    cookies: String,
}

/// A page as a browser gets it.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    #[track_caller]
    pub fn shows(&self, part: &str) -> &Self {
        assert!(self.text.contains(part), "{part:?} is not on the page ({}):\n{}", self.status, self.text);
        self
    }

    #[track_caller]
    pub fn lacks(&self, part: &str) -> &Self {
        assert!(!self.text.contains(part), "{part:?} is on the page:\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn leads_to(&self, status: u16, place: &str) -> &Self {
        self.is(status);
        assert_eq!(self.headers[header::LOCATION], place);
        self
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        let start = format!("{name}=");
        self.cookies().into_iter().find_map(|cookie| cookie.strip_prefix(start.as_str()))
    }

    /// The value of a hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let at = self.text.find(&start).unwrap_or_else(|| panic!("no field {name}:\n{}", self.text)) + start.len();
        self.text[at..].split('"').next().unwrap().to_owned()
    }
}

impl Site {
    /// A site that nobody is signed in to.
    pub fn new() -> Self {
        Self::in_env(EnvName::Devnet)
    }

    pub fn in_env(env: EnvName) -> Self {
        let fake = Fake::default();
        let api = Router::new().route("/api/v1/{*rest}", axum::routing::any(answer)).with_state(fake.clone());
        let options = EdgeOptions {
            env,
            socket_url: if env == EnvName::Mainnet { "wss://socket.gxcoin.money" } else { "http://localhost:3000" }
                .to_owned(),
            public_url: if env == EnvName::Mainnet { "https://wallet.gxcoin.money" } else { "http://localhost:3000" }
                .to_owned(),
            components: Vec::new(),
            clock: Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap())),
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        Self { fake, router: edge(options, api), cookies: format!("gx_form={FORM}") }
    }

    /// Signed in as a person with a wallet.
    pub fn signed_in() -> Self {
        Self::as_person(&[])
    }

    /// Signed in as a person whose profile differs in some fields.
    pub fn as_person(changes: &[(&str, Value)]) -> Self {
        Self::new().signing_in(changes)
    }

    /// Signed in as a person of an environment.
    pub fn signed_in_to(env: EnvName) -> Self {
        Self::in_env(env).signing_in(&[])
    }

    fn signing_in(mut self, changes: &[(&str, Value)]) -> Self {
        let site = &mut self;
        site.cookies = format!("gx_session=s.secret; gx_csrf={CSRF}; gx_profile={ME}; gx_form={FORM}");
        let mut user = profile();
        for (name, value) in changes {
            user[*name] = value.clone();
        }
        site.says("GET", &format!("/api/v1/users/{ME}"), 200, json!({ "user": user }));
        site.says("GET", "/api/v1/notifications/unread-count", 200, json!({ "unreadCount": 3, "lastSequence": 7 }));
        site.says("GET", &format!("/api/v1/wallets/{ME}/balance"), 200, json!({ "balance": wallet() }));
        site.says("GET", "/api/v1/security", 200, security(false, false, "100000000"));
        site.says("GET", "/api/v1/countries", 200, countries());
        self
    }

    /// Signed in to the console with these permissions.
    pub fn as_admin(permissions: &[&str]) -> Self {
        let mut site = Self::new();
        site.cookies = format!("gx_admin_session=s.secret; gx_admin_csrf={CSRF}; gx_form={FORM}");
        site.says(
            "GET",
            "/api/v1/admin/auth/profile",
            200,
            json!({
                "id": ME, "username": "root", "email": "root@gx.test", "displayName": "Root", "role": "SUPER_OWNER",
                "lastLoginAt": NOW, "requirePasswordChange": false, "createdAt": NOW, "permissions": permissions,
            }),
        );
        site.says("GET", "/api/v1/countries", 200, countries());
        site
    }

    /// What the API answers.
    pub fn says(&self, method: &str, path: &str, status: u16, body: Value) -> &Self {
        let answer = Answer { status, body, cookie: None };
        self.fake.answers.lock().unwrap().insert((method.to_owned(), path.to_owned()), answer);
        self
    }

    /// What the API answers, with a cookie.
    pub fn says_with_cookie(&self, method: &str, path: &str, body: Value, cookie: &'static str) -> &Self {
        let answer = Answer { status: 200, body, cookie: Some(cookie) };
        self.fake.answers.lock().unwrap().insert((method.to_owned(), path.to_owned()), answer);
        self
    }

    /// What the API refuses.
    pub fn refuses(&self, method: &str, path: &str, status: u16, code: &str, fields: &[(&str, &str)]) -> &Self {
        let errors: Vec<Value> = fields
            .iter()
            .map(|(field, message)| json!({ "field": field, "code": "FIELD_INVALID", "message": message }))
            .collect();
        self.says(
            method,
            path,
            status,
            json!({
                "type": "about:blank", "code": code, "title": format!("title of {code}"), "status": status,
                "detail": if fields.is_empty() { Some(format!("detail of {code}")) } else { None },
                "errors": errors, "correlationId": ME,
            }),
        )
    }

    /// Adds a cookie to the browser.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        let mut site = self.clone();
        site.cookies = format!("{}; {cookie}", site.cookies);
        site
    }

    /// The browser without cookies.
    pub fn without_cookies(&self) -> Self {
        let mut site = self.clone();
        site.cookies = String::new();
        site
    }

    pub async fn get(&self, target: &str) -> Page {
        self.send(Request::builder().uri(target).body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token of the session, or of the anonymous visitor.
    pub async fn post(&self, target: &str, fields: &[(&str, &str)]) -> Page {
        let token =
            if self.cookies.contains("gx_csrf") || self.cookies.contains("gx_admin_csrf") { CSRF } else { FORM };
        let mut all = vec![("csrf", token)];
        all.extend_from_slice(fields);
        self.post_raw(target, &all, &[]).await
    }

    pub async fn post_raw(&self, target: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(target)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "localhost:3000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn send(&self, mut request: Request) -> Page {
        if !self.cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, self.cookies.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 24).await.unwrap();
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// What reached the API at this address.
    pub fn asked(&self, method: &str, path: &str) -> Vec<Asked> {
        let asked = self.fake.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.method == method && asked.path == path).cloned().collect()
    }

    /// What reached the API last at this address.
    #[track_caller]
    pub fn last(&self, method: &str, path: &str) -> Asked {
        self.asked(method, path).pop().unwrap_or_else(|| panic!("{method} {path} was not asked"))
    }
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    let path = parts.uri.path().to_owned();
    fake.asked.lock().unwrap().push(Asked {
        method: parts.method.clone(),
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    });
    let answers = fake.answers.lock().unwrap();
    match answers.get(&(parts.method.to_string(), path.clone())) {
        Some(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap();
            let mut response = (status, axum::Json(answer.body.clone())).into_response();
            if let Some(cookie) = answer.cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie.parse().unwrap());
            }
            response
        }
        None => (
            StatusCode::NOT_FOUND,
            axum::Json(json!({
                "type": "about:blank", "code": "NOT_FOUND", "title": "There is nothing here that you may see.",
                "status": 404, "detail": format!("the test has no answer for {path}"), "correlationId": ME,
            })),
        )
            .into_response(),
    }
}

pub fn countries() -> Value {
    json!({ "countries": [
        { "countryCode": "GB", "countryName": "United Kingdom" },
        { "countryCode": "US", "countryName": "United States" },
    ] })
}

/// A person with a wallet.
pub fn profile() -> Value {
    json!({
        "profileId": ME, "email": "ada@devnet.gxcoin.test", "firstName": "Ada", "middleName": null, "lastName": "Lovelace",
        "phoneNum": "+447700900123", "dateOfBirth": "1985-07-22", "gender": "FEMALE", "placeOfBirth": null,
        "nationalityCountryCode": "GB", "nationalityCountryName": "United Kingdom", "nationalIdNumber": null,
        "nationalIdIssuedAt": null, "nationalIdExpiresAt": null, "passportNumber": null, "passportIssuingCountry": null,
        "passportIssuedAt": null, "passportExpiresAt": null, "identityNum": null, "employmentStatus": null, "jobTitle": null,
        "companyName": null, "industry": null, "workEmail": null, "workPhoneNum": null, "isPEP": false, "pepDetails": null,
        "address": null, "isLocked": false, "lockReason": null, "lockedAt": null, "reviewedAt": null, "denialReason": null,
        "fabricUserId": "US 984 AUM945 0ABCD 1234", "onchainStatus": "REGISTERED", "onchainRegisteredAt": NOW,
        "status": "ACTIVE", "identityEditable": false, "createdAt": NOW, "updatedAt": NOW,
    })
}

/// Its figures.
pub fn wallet() -> Value {
    json!({
        "walletId": "US 984 AUM945 0ABCD 1234", "profileId": ME, "fabricUserId": "US 984 AUM945 0ABCD 1234",
        "balance": "500000200", "pending": "202", "available": "499999998", "frozen": false,
        "walletName": "Wallet", "updatedAt": NOW,
    })
}

/// A line of the history.
pub fn line(status: &str) -> Value {
    let settled = status == "CONFIRMED";
    json!({
        "offTxId": "a", "onChainTxId": settled.then(|| "ab".repeat(32)), "walletId": "US 984 AUM945 0ABCD 1234",
        "type": "SENT", "direction": "OUT", "status": status, "counterparty": "GB CF1 ABF248 0ABCD 1234",
        "counterpartyName": "Grace Hopper", "amount": "200", "fee": "2", "remark": "Tea <b>&</b> cake", "timestamp": NOW,
        "blockNumber": settled.then_some("17"), "failure": (status == "FAILED").then_some("The receiver is frozen."),
    })
}

/// A Q Send request, created by `creator`.
pub fn request(creator: &str, status: &str) -> Value {
    json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8070", "requestCode": "QS-6PAS3LHD", "qrData": "gxq1.payload.signature",
        "amount": "250", "description": "Two coffees", "reference": "INV-7", "status": status, "createdAt": NOW,
        "expiresAt": "2026-03-14T09:10:00Z", "validitySeconds": 300, "remainingSeconds": if status == "ACTIVE" { 300 } else { 0 },
        "creatorProfileId": creator, "creatorName": if creator == ME { "Ada Lovelace" } else { "Grace Hopper" },
        "creatorFabricId": "US 984 AUM945 0ABCD 1234", "payerProfileId": null, "payerName": null, "paidAt": null,
        "commandId": null, "onChainTxId": null, "fee": "3", "total": "253", "failureReason": null, "scannedCount": 1,
    })
}

/// How the account is protected.
pub fn security(pin: bool, totp: bool, step_up_amount: &str) -> Value {
    json!({
        "totp": { "on": totp, "since": totp.then_some(NOW), "backupCodesLeft": if totp { 3 } else { 0 } },
        "pin": { "on": pin, "since": pin.then_some(NOW), "lockedUntil": null },
        "stepUpAmount": step_up_amount, "stepUpOwn": step_up_amount != "100000000", "stepUpDefault": "100000000",
        "passwordChangedAt": null,
    })
}
