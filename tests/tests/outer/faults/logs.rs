//! What is in the logs: the way of a request to its block, and nothing that is nobody's business.

use gx_tests::{Admin, Database, NewPerson, PASSWORD, Platform};
use reqwest::Method;
use serde_json::{Value, json};

const CORRELATION: &str = "0198c0de-0000-7000-8000-00000000c0de";
const WRONG_PASSWORD: &str = "Incorrect-Horse-6";
const REMARK: &str = "for the marzipan";

#[tokio::test(flavor = "multi_thread")]
async fn logs_tell_the_way_of_a_payment_and_no_secrets() {
    // More than anyone has on in production.
    let platform = Platform::on(Database::Sqlite).env("LOG_LEVEL", "debug").env("LOG_FORMAT", "json").start().await;
    let admin = Admin::of(&platform).await;
    let zoe = NewPerson::of("Zebulonia", "US", "1990-03-15").settle(&platform, &admin).await;
    let quin = NewPerson::of("Quinlana", "GB", "1985-07-22").settle(&platform, &admin).await;

    // 1. What people do, and what they mistype.
    let body = json!({ "toID": quin.gx_id, "amount": "1000", "reason": REMARK });
    let request = zoe.api.request(Method::POST, "/api/v1/transfers");
    let request = request.header("idempotency-key", "a-logged-payment").header("x-correlation-id", CORRELATION);
    let paid = zoe.api.send(Method::POST, "/api/v1/transfers", request.json(&body)).await.expect(202);
    let settled = zoe.settled(paid["commandId"].as_str().unwrap()).await;
    assert_eq!(settled["status"], "CONFIRMED");
    let asked = quin.request(50, REMARK).await;
    let code = asked["requestCode"].as_str().unwrap();
    zoe.api.post(&format!("/api/v1/qsend/{code}/pay"), &json!({})).await;
    let login = |password: &str| json!({ "email": zoe.person.email(), "password": password });
    platform.api().post("/api/v1/auth/login", &login(WRONG_PASSWORD)).await.expect(401);
    let session = platform.api().post("/api/v1/auth/login", &login(PASSWORD)).await.expect(200);
    let refresh = json!({ "refreshToken": session["refreshToken"] });
    let renewed = platform.api().post("/api/v1/auth/refresh", &refresh).await.expect(200);
    let wrong = json!({ "username": zoe.person.email(), "password": WRONG_PASSWORD });
    platform.api().post("/api/v1/admin/auth/login", &wrong).await.expect(401);
    let odd = json!({ "firstName": zoe.person.email(), "dateOfBirth": zoe.person.phone(), "passportNumber": "\u{1}" });
    assert!((400..500).contains(&zoe.api.patch(&format!("/api/v1/users/{}", zoe.id), &odd).await.status));
    zoe.api.get(&format!("/api/v1/people/lookup?query={}", zoe.person.email())).await;
    zoe.api.post("/api/v1/transfers", &json!({ "toID": zoe.person.email(), "amount": REMARK })).await;

    // 2. None of it is in the logs.
    let mut secrets: Vec<String> = [PASSWORD, WRONG_PASSWORD, REMARK, "Tester"].map(str::to_owned).to_vec();
    for person in [&zoe, &quin] {
        let typed = &person.person;
        secrets.extend([typed.email(), typed.phone(), typed.first_name.clone(), typed.passport.clone()]);
        secrets.push(typed.born.clone());
        for to in [typed.email(), typed.phone()] {
            secrets.extend(codes(&platform, &to).await);
        }
    }
    for token in [&session["accessToken"], &session["refreshToken"], &renewed["accessToken"], &renewed["refreshToken"]]
    {
        secrets.push(token.as_str().unwrap().to_owned());
    }
    for file in ["session-secret", "devnet-admins"] {
        let text = std::fs::read_to_string(platform.data().join("secrets").join(file)).unwrap();
        secrets.extend(text.lines().filter_map(|line| line.split(' ').next_back()).map(str::to_owned));
    }
    let log = platform.log();
    // What `gx up` tells the person at the terminal is no log.
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(lines.len() > 50, "{log}");
    let mut told = Vec::new();
    for line in &lines {
        for text in texts(line) {
            told.extend(
                secrets.iter().filter(|secret| names(&text, secret)).map(|secret| format!("{secret} in {line}")),
            );
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));

    // 3. One id leads from the request to the block.
    let of_payment: Vec<&Value> = lines
        .iter()
        .filter(|line| line["correlation_id"] == CORRELATION || line["span"]["correlation_id"] == CORRELATION)
        .collect();
    let has = |wanted: &dyn Fn(&Value) -> bool| of_payment.iter().any(|line| wanted(line));
    assert!(has(&|line| line["status"] == 202), "the request: {of_payment:#?}");
    let (tx_id, block) = (&settled["result"]["transactionId"], settled["result"]["blockNumber"].as_str().unwrap());
    let block: u64 = block.parse().unwrap();
    assert!(has(&|line| line["tx_id"] == *tx_id && line["block"] == block), "the block: {of_payment:#?}");
}

/// Every code that was sent to an address or number.
async fn codes(platform: &Platform, to: &str) -> Vec<String> {
    let path = format!("/api/v1/dev/mailbox?to={}", to.replace('+', "%2B").replace('@', "%40"));
    let mailbox = platform.api().get(&path).await.expect(200);
    let texts = mailbox["messages"].as_array().unwrap().iter().filter_map(|message| message["text"].as_str());
    let codes: Vec<String> = texts
        .flat_map(|text| text.split(|c: char| !c.is_ascii_digit()))
        .filter(|word| word.len() == 6)
        .map(str::to_owned)
        .collect();
    assert!(!codes.is_empty(), "{mailbox}");
    codes
}

/// Every text in a line: values and names.
fn texts(line: &Value) -> Vec<String> {
    match line {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| [vec![name.clone()], texts(value)].concat()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Whether a text has the secret in it, as a word of its own: six digits may be part of any id.
fn names(text: &str, secret: &str) -> bool {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(secret)
        .any(|(at, _)| !word(text[..at].chars().next_back()) && !word(text[at + secret.len()..].chars().next()))
}
