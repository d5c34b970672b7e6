//! Every route: without a token, with the wrong one, with another person's object, with each field wrong. The routes are
//! those of the documents that the components publish, so a new one is tested from the day it is documented.

use std::collections::BTreeSet;

use gx_tests::document::{Caller, Operation, kind, operations, sample};
use gx_tests::{Admin, Api, Database, NewPerson, Person, Platform, Reply};
use reqwest::Method;
use serde_json::{Value, json};

/// An id that belongs to nobody.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn every_route_refuses_what_it_must() {
    let platform = Platform::on(Database::Sqlite).start().await;
    let admin = Admin::of(&platform).await;
    let ann = NewPerson::of("Ann", "US", "1990-03-15").settle(&platform, &admin).await;
    let bob = NewPerson::of("Bob", "GB", "1985-07-22").settle(&platform, &admin).await;
    let operations = operations(&platform).await;
    let suite = Suite { api: platform.api(), admin, ann, bob };
    let mut faults = Vec::new();
    for operation in &operations {
        suite.without_and_with_wrong_tokens(operation, &mut faults).await;
        suite.with_wrong_fields(operation, &mut faults).await;
        suite.with_wrong_parameters(operation, &mut faults).await;
        suite.with_wrong_headers(operation, &mut faults).await;
    }
    suite.with_another_persons_objects(&operations, &mut faults).await;
    suite.with_another_persons_documents_in_the_body(&platform, &mut faults).await;
    suite.with_unknown_methods_and_addresses(&operations, &mut faults).await;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

struct Suite {
    api: Api,
    admin: Admin,
    ann: Person,
    bob: Person,
}

impl Suite {
    /// The API as someone who may call the operation.
    fn allowed(&self, operation: &Operation) -> &Api {
        match operation.caller {
            Caller::Public => &self.api,
            Caller::PersonOptional | Caller::Person => &self.ann.api,
            Caller::Admin => &self.admin.api,
        }
    }

    async fn without_and_with_wrong_tokens(&self, operation: &Operation, faults: &mut Vec<String>) {
        let path = filled(&operation.path, &|_| NOBODY.to_owned());
        let wrong = match operation.caller {
            Caller::Public => return,
            Caller::PersonOptional => vec![],
            Caller::Person => {
                vec![("without a token", self.api.clone()), ("as an administrator", self.admin.api.clone())]
            }
            Caller::Admin => vec![("without a token", self.api.clone()), ("as a person", self.ann.api.clone())],
        };
        let mut cases = wrong;
        let token = "eyJhbGciOiJub25lIn0.e30.";
        cases.push(("with a token of nobody", self.api.with_token(token)));
        for (how, api) in cases {
            let reply = send(&api, operation, &path, operation.body.as_ref().map(sample)).await;
            let challenged = reply.status == 401 || (reply.status == 403 && how.starts_with("as "));
            if !challenged || reply.body["code"].as_str().is_none() {
                faults.push(format!("{} {how}: {} {}", operation.id, reply.status, reply.body));
            }
        }
    }

    /// Each field of the body with values of other types, left out, and one field too many.
    async fn with_wrong_fields(&self, operation: &Operation, faults: &mut Vec<String>) {
        let Some(schema) = &operation.body else { return };
        let good = sample(schema);
        let api = self.allowed(operation);
        let path = self.own_path(operation);
        let mut cases: Vec<(String, Value)> = Vec::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            for bad in wrong_values(field) {
                let mut body = good.clone();
                body[name] = bad;
                cases.push((name.clone(), body));
            }
            if schema["required"].as_array().is_some_and(|names| names.contains(&json!(name))) {
                let mut body = good.clone();
                if let Some(body) = body.as_object_mut() {
                    body.remove(name);
                }
                cases.push((name.clone(), body));
            }
        }
        let mut body = good.clone();
        body["surplusField"] = json!(1);
        cases.push(("surplusField".to_owned(), body));
        for (name, body) in cases {
            let reply = send(api, operation, &path, Some(body.clone())).await;
            let named = reply.body["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|error| error["field"].as_str().is_some_and(|field| field.starts_with(&name)))
                // Whoever cannot sign in is not told what was wrong.
                || reply.body["code"] == "INVALID_CREDENTIALS";
            if !(400..500).contains(&reply.status) || !named {
                faults.push(format!("{} with {name} wrong in {body}: {} {}", operation.id, reply.status, reply.body));
            }
        }
        for (what, text) in [("broken JSON", "{"), ("a list", "[]"), ("nothing", ""), ("a number", "7")] {
            let request = request(api, operation, &path).header("content-type", "application/json").body(text);
            self.refused(api, operation, &path, what, request, faults).await;
        }
        let other = request(api, operation, &path).header("content-type", "text/plain").body("hello");
        self.refused(api, operation, &path, "plain text", other, faults).await;
        let huge =
            request(api, operation, &path).header("content-type", "application/json").body("[".repeat(66 * 1024));
        self.refused(api, operation, &path, "more than 64 KiB", huge, faults).await;
    }

    /// Parameters of path and query that are not as documented.
    async fn with_wrong_parameters(&self, operation: &Operation, faults: &mut Vec<String>) {
        let api = self.allowed(operation);
        for parameter in &operation.parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let path = self.own_path(operation);
            match parameter["in"].as_str() {
                Some("path") => {
                    for bad in ["x", "%00", "..%2F..%2Fetc", "%F0%9F%8D%8C", &"9".repeat(300)] {
                        let path = filled(&operation.path, &|one| {
                            if one == name { bad.to_owned() } else { NOBODY.to_owned() }
                        });
                        let request = with_sample(request(api, operation, &path), operation);
                        self.refused(api, operation, &path, &format!("{name}={bad}"), request, faults).await;
                    }
                }
                Some("query") => {
                    for bad in wrong_words(&parameter["schema"]) {
                        let path = format!("{path}?{name}={bad}");
                        let request = with_sample(request(api, operation, &path), operation);
                        self.refused(api, operation, &path, "a wrong parameter", request, faults).await;
                    }
                }
                _ => {}
            }
        }
        let path = format!("{}?surplusParameter=1", self.own_path(operation));
        let request = with_sample(request(api, operation, &path), operation);
        self.refused(api, operation, &path, "a parameter too many", request, faults).await;
    }

    async fn with_wrong_headers(&self, operation: &Operation, faults: &mut Vec<String>) {
        let Some(key) = operation.parameters.iter().find(|one| one["name"] == "Idempotency-Key") else { return };
        let (api, path) = (self.allowed(operation), self.own_path(operation));
        for bad in ["short", "with space here", &"x".repeat(200)] {
            let request = with_sample(plain(api, operation, &path), operation).header("idempotency-key", bad);
            self.refused(api, operation, &path, "a malformed key", request, faults).await;
        }
        if key["required"] == true {
            let request = with_sample(plain(api, operation, &path), operation);
            self.refused(api, operation, &path, "no key", request, faults).await;
        }
    }

    async fn refused(
        &self,
        api: &Api,
        operation: &Operation,
        path: &str,
        what: &str,
        request: reqwest::RequestBuilder,
        faults: &mut Vec<String>,
    ) {
        let reply = api.send(method(operation), path, request).await;
        if !(400..500).contains(&reply.status) || reply.body["code"].as_str().is_none() {
            faults.push(format!("{} with {what}: {} {}", operation.id, reply.status, reply.body));
        }
    }

    /// Bob's objects, asked for by Ann.
    async fn with_another_persons_objects(&self, operations: &[Operation], faults: &mut Vec<String>) {
        let bob = &self.bob;
        let document = bob.api.get(&format!("/api/v1/users/{}/documents", bob.id)).await.expect(200);
        let document = document["data"][0]["documentId"].as_str().unwrap_or(NOBODY).to_owned();
        let command = bob.send(&self.ann.gx_id, 100, "bobs-payment-1").await;
        bob.settled(&command).await;
        let request = bob.request(70, "Bob's").await;
        let code = request["requestCode"].as_str().unwrap_or_default().to_owned();
        let notice = bob.notifications().await.first().cloned().unwrap_or_default();
        let notice = notice["notificationId"].as_str().unwrap_or(NOBODY).to_owned();
        let session = bob.api.get("/api/v1/security/sessions").await.expect(200);
        let session = session["sessions"][0]["sessionId"].as_str().unwrap_or_default().to_owned();
        for of_bob in [&document, &notice, &session] {
            assert!(!of_bob.is_empty() && of_bob != NOBODY, "Bob has something of each kind");
        }
        let mut tried = BTreeSet::new();
        // A country is nobody's.
        let of_somebody = |path: &str| path.contains('{') && !path.contains("{countryCode}");
        for operation in operations.iter().filter(|one| one.caller == Caller::Person && of_somebody(&one.path)) {
            let path = filled(&operation.path, &|name| match name {
                "commandId" => command.clone(),
                "documentId" => document.clone(),
                "code" => code.clone(),
                "sessionId" => session.clone(),
                "accountId" => bob.gx_id.clone(),
                "id" if operation.path.contains("notifications") => notice.clone(),
                _ => bob.id.clone(),
            });
            let path = if operation.id == "getStatement" { format!("{path}?month=2026-01") } else { path };
            tried.insert(operation.id.clone());
            let reply = send(&self.ann.api, operation, &path, operation.body.as_ref().map(sample)).await;
            // Whoever holds a code may look at the request and pay it; only its creator may take it back.
            let shared = operation.path.starts_with("/api/v1/qsend/{code}") && !operation.path.ends_with("cancel");
            // A form that is none is refused before anyone looks whose object it is about.
            let fine = if shared { reply.status < 500 } else { [403, 404, 415].contains(&reply.status) };
            if !fine {
                faults.push(format!("{} of another person: {} {}", operation.id, reply.status, reply.body));
            }
        }
        assert!(tried.len() > 10, "{tried:?}");
        assert_eq!(bob.profile().await["status"], "ACTIVE");
    }

    /// Bob's document, handed in by someone who has just registered, and named when she is approved.
    async fn with_another_persons_documents_in_the_body(&self, platform: &Platform, faults: &mut Vec<String>) {
        let documents = self.bob.api.get(&format!("/api/v1/users/{}/documents", self.bob.id)).await.expect(200);
        let bobs = &documents["data"][0]["documentId"];
        let eve = NewPerson::of("Eve", "US", "1991-04-16").register(&platform.api()).await;
        let path = format!("/api/v1/users/{}/kyc", eve.id);
        let handed_in = eve.api.post(&path, &json!({ "documentIds": [bobs] })).await;
        eve.hand_in().await;
        let typed = json!({ "issuingCountry": "GB", "documentNumber": self.bob.person.passport, "documentId": bobs });
        let approved = self.admin.api.post(&format!("/api/v1/admin/users/{}/approve", eve.id), &typed).await;
        for reply in [handed_in, approved] {
            if !(400..500).contains(&reply.status) {
                faults
                    .push(format!("{} with another person's document: {} {}", reply.request, reply.status, reply.body));
            }
        }
        assert_eq!(eve.profile().await["status"], "PENDING_ADMIN_APPROVAL");
    }

    async fn with_unknown_methods_and_addresses(&self, operations: &[Operation], faults: &mut Vec<String>) {
        let known: BTreeSet<(&str, &str)> =
            operations.iter().map(|one| (one.path.as_str(), one.method.as_str())).collect();
        for path in operations.iter().map(|one| one.path.as_str()).collect::<BTreeSet<_>>() {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                if known.contains(&(path, method)) {
                    continue;
                }
                let filled = filled(path, &|_| NOBODY.to_owned());
                let method: Method = method.parse().expect("a method");
                let request = self.admin.api.request(method.clone(), &filled);
                let reply = self.admin.api.send(method.clone(), &filled, request).await;
                if ![401, 404, 405].contains(&reply.status) {
                    faults.push(format!("{method} {path}: {} {}", reply.status, reply.body));
                }
            }
        }
        for path in ["/api/v1/nothing", "/api/v2/transfers", "/api/v1/users/..%2Fadmin/users"] {
            let reply = self.admin.api.get(path).await;
            if reply.status != 404 && reply.status != 401 {
                faults.push(format!("GET {path}: {} {}", reply.status, reply.body));
            }
        }
    }

    /// The path with the caller's own ids.
    fn own_path(&self, operation: &Operation) -> String {
        filled(&operation.path, &|name| match (operation.caller, name) {
            (Caller::Person, "id" | "profileId") if !operation.path.contains("notifications") => self.ann.id.clone(),
            (Caller::Admin, "userId" | "id") => self.bob.id.clone(),
            (_, "code") => "QS-AAAAAAAA".to_owned(),
            _ => NOBODY.to_owned(),
        })
    }
}

fn filled(path: &str, value: &dyn Fn(&str) -> String) -> String {
    path.split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => value(name),
            None => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn method(operation: &Operation) -> Method {
    operation.method.parse().expect("a method")
}

fn plain(api: &Api, operation: &Operation, path: &str) -> reqwest::RequestBuilder {
    api.request(method(operation), path)
}

/// With an idempotency key where one is asked for.
fn request(api: &Api, operation: &Operation, path: &str) -> reqwest::RequestBuilder {
    let request = plain(api, operation, path);
    if operation.parameters.iter().any(|one| one["name"] == "Idempotency-Key") {
        return request.header("idempotency-key", format!("routes-{:x}", unique()));
    }
    request
}

fn unique() -> u64 {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0x1000_0000);
    NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
}

fn with_sample(request: reqwest::RequestBuilder, operation: &Operation) -> reqwest::RequestBuilder {
    match &operation.body {
        Some(schema) => request.json(&sample(schema)),
        None => request,
    }
}

async fn send(api: &Api, operation: &Operation, path: &str, body: Option<Value>) -> Reply {
    let request = request(api, operation, path);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    api.send(method(operation), path, request).await
}

/// Values that are not of the field's type, or beyond its documented bounds.
fn wrong_values(field: &Value) -> Vec<Value> {
    let mut wrong = wrong_types(field);
    let bound = |name: &str| bounds(field, name).and_then(|bound| usize::try_from(bound).ok());
    if let Some(most) = bound("maxLength") {
        wrong.push(json!("a".repeat(most + 1)));
    }
    if let Some(least) = bound("minLength").filter(|least| *least > 0) {
        wrong.push(json!("a".repeat(least - 1)));
    }
    if bounds(field, "maximum").is_some() {
        wrong.extend(
            [
                bounds(field, "maximum").map(|most| json!(most + 1)),
                bounds(field, "minimum").map(|least| json!(least - 1)),
            ]
            .into_iter()
            .flatten(),
        );
    }
    if let Some(most) = bound("maxItems") {
        wrong.push(json!(vec![sample(&field["items"]); most + 1]));
    }
    if bound("minItems").is_some_and(|least| least > 0) {
        wrong.push(json!([]));
    }
    if field.get("pattern").is_some() || field.get("format").is_some_and(|format| format != "password") {
        wrong.push(json!("!!"));
    }
    wrong
}

/// A numeric keyword of a schema.
fn bounds(field: &Value, keyword: &str) -> Option<i64> {
    field[keyword].as_i64()
}

/// Values that are not of the field's type.
fn wrong_types(field: &Value) -> Vec<Value> {
    let mut wrong = vec![json!({ "x": 1 })];
    match kind(field) {
        "string" => wrong.extend([json!([1]), json!(true)]),
        "integer" => wrong.extend([json!("many"), json!(1.5), json!(-1), json!(1e30)]),
        "boolean" => wrong.extend([json!("yes"), json!(1)]),
        "array" => {
            wrong.extend([json!("one"), json!([{ "x": 1 }])]);
            // The fields of an object in a row are no object.
            if let Value::Object(fields) = sample(&field["items"]) {
                wrong.push(json!([fields.values().collect::<Vec<_>>()]));
            }
        }
        "object" => {
            let in_a_row = sample(field).as_object().map(|fields| fields.values().cloned().collect::<Vec<_>>());
            wrong = vec![json!("one"), json!(1), json!(in_a_row.unwrap_or_default())];
        }
        _ => {}
    }
    if field.get("enum").is_some() {
        wrong.push(json!("NOT_ONE_OF_THEM"));
    }
    wrong
}

/// Words that a parameter must refuse.
fn wrong_words(schema: &Value) -> Vec<&'static str> {
    let mut wrong = match kind(schema) {
        "integer" => vec!["x", "-1", "1.5", "99999999999999999999"],
        "boolean" => vec!["perhaps"],
        _ => vec![],
    };
    if schema.get("enum").is_some() || schema.get("format").is_some() || schema.get("pattern").is_some() {
        wrong.push("%21%21");
    }
    wrong
}
