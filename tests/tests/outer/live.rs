//! Live notice: the official Socket.IO client and server against ours, what a payment tells those who look, processes with
//! and without Redis, and a Redis that does not let GX in.

use std::process::Stdio;
use std::time::Duration;

use gx_socket::{Client, Event, Notice, Notices, Options, RequestError};
use gx_tests::{Admin, Api, Database, NewPerson, Person, Platform, SETTLE_LIMIT, wait_for};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A Node script of ours; `None` where the test run has no Node.
fn node(script: &str, arguments: &[&str]) -> Option<(Child, Lines<BufReader<ChildStdout>>)> {
    let (Some(node), Some(modules)) = (std::env::var_os("GX_TEST_NODE"), std::env::var_os("GX_TEST_NODE_MODULES"))
    else {
        gx_tests::skipped("GX_TEST_NODE and GX_TEST_NODE_MODULES are not set");
        return None;
    };
    let mut child = Command::new(node)
        .arg(format!("{}/node/{script}", env!("CARGO_MANIFEST_DIR")))
        .args(arguments)
        .env("NODE_PATH", modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    Some((child, lines))
}

async fn says(lines: &mut Lines<BufReader<ChildStdout>>, wanted: &str) {
    let line = tokio::time::timeout(4 * SETTLE_LIMIT, lines.next_line()).await.expect("a word in time").unwrap();
    assert_eq!(line.as_deref(), Some(wanted), "what the script says");
}

/// What a client hears.
pub struct Ear {
    client: Client,
    notices: Notices,
}

impl Ear {
    fn open(options: Options) -> Self {
        let (client, notices) = Client::connect(options);
        Self { client, notices }
    }

    async fn of(person: &Person, url: &str) -> Self {
        Self::signed_in(token(person).await, url).await
    }

    /// With the session of an API client, at the wallet.
    pub async fn with(api: &Api, platform: &Platform) -> Self {
        Self::signed_in(api.token().expect("it is signed in").to_owned(), &platform.address("wallet")).await
    }

    async fn signed_in(token: String, url: &str) -> Self {
        let mut options = Options::new(url);
        options.auth = Some(Box::new(move || json!({ "token": token })));
        let mut ear = Self::open(options);
        ear.event("ready").await;
        ear
    }

    async fn notice(&mut self) -> Notice {
        tokio::time::timeout(SETTLE_LIMIT, self.notices.recv()).await.expect("a notice in time").expect("it lives")
    }

    async fn any(&mut self, name: &str) -> Event {
        loop {
            if let Notice::Event(event) = self.notice().await
                && event.name == name
            {
                return event;
            }
        }
    }

    pub async fn event(&mut self, name: &str) -> Value {
        self.any(name).await.arguments.into_iter().next().unwrap_or_default()
    }

    /// Sends an event and gives the acknowledgement.
    pub async fn ask(&self, name: &str, object: Value) -> Value {
        let answer = self.client.request(name, vec![object], SETTLE_LIMIT).await.expect("it is connected");
        answer.arguments.into_iter().next().unwrap_or_default()
    }

    /// Waits until the server has hung up, and lets nobody in with this session any more.
    pub async fn is_closed(&mut self) {
        loop {
            match self.notice().await {
                Notice::Disconnected { again_in: None, .. } => return,
                Notice::Connected { .. } => panic!("let in again"),
                _ => {}
            }
        }
    }

    /// Waits for an event whose object is this one.
    async fn hears(&mut self, name: &str, object: &Value) {
        let mut heard = Vec::new();
        while heard.last() != Some(object) {
            heard.push(self.event(name).await);
        }
    }
}

/// A token of a session of its own.
async fn token(person: &Person) -> String {
    let body = json!({ "email": person.person.email(), "password": gx_tests::PASSWORD });
    let session = person.api.post("/api/v1/auth/login", &body).await.expect(200);
    session["accessToken"].as_str().expect("a token").to_owned()
}

async fn two_people(platform: &Platform) -> (Person, Person) {
    let admin = Admin::of(platform).await;
    let one = NewPerson::of("Lively", "FR", "1990-03-15").settle(platform, &admin).await;
    let other = NewPerson::of("Listener", "FR", "1991-03-15").settle(platform, &admin).await;
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_comes_in_over_every_transport_and_is_told() {
    let platform = Platform::on(Database::Sqlite).start().await;
    let (payer, listener) = two_people(&platform).await;
    for door in ["messaging", "messaging-socket", "wallet"] {
        let token = token(&listener).await;
        let Some((mut child, mut lines)) = node("socket-client.cjs", &[&platform.address(door), &token]) else {
            return;
        };
        says(&mut lines, "READY").await;
        payer.pay(&listener.gx_id, 12_345, &format!("told-at-{door}")).await;
        says(&mut lines, "TOLD").await;
        let there = platform.api().with_token(&token);
        there.post("/api/v1/auth/logout", &json!({})).await;
        says(&mut lines, "DONE").await;
        assert!(child.wait().await.unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_client_and_the_official_server_understand_each_other() {
    let Some((_child, mut lines)) = node("socket-server.cjs", &[]) else { return };
    let port = lines.next_line().await.unwrap().expect("a port");
    let url = format!("http://127.0.0.1:{port}");
    let mut options = Options::new(&url);
    let mut count = 0;
    options.auth = Some(Box::new(move || {
        count += 1;
        json!({ "connection": count, "word": "ünï €" })
    }));
    options.headers.push(("x-test".to_owned(), "there".to_owned()));
    let mut ear = Ear::open(options);
    let hello = ear.event("hello").await;
    assert_eq!(hello, json!({ "auth": { "connection": 1, "word": "ünï €" }, "header": "there" }));
    let client = ear.client.clone();

    // Arguments, texts of every kind, answers in any order.
    let odd = json!({ "list": [1, null, "a\"b\\c\u{2028}𝄞"], "large": 9_007_199_254_740_991_u64 });
    let many = (0..50).map(|number| client.request("echo", vec![json!(number), odd.clone()], SETTLE_LIMIT));
    for (number, answer) in futures::future::join_all(many).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().arguments, [json!(number), odd.clone()]);
    }
    // Bytes, both ways and in an answer of ours.
    client.emit("twice", vec![json!(1)], vec![]).await.unwrap();
    assert_eq!(ear.event("first").await, 1);
    let second = ear.any("second").await;
    assert_eq!(second.attachment(&second.arguments[1]), Some([7, 8].as_slice()));
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.request("ask", vec![json!("why")], SETTLE_LIMIT).await }
    });
    let question = ear.any("question").await;
    assert_eq!(question.arguments, [json!("why")]);
    let answer = vec![json!("because"), gx_socket::packet::placeholder(0)];
    client.answer(question.ack.unwrap(), answer, vec![vec![1, 2, 255]]).await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap().arguments, [json!({ "said": "because", "bytes": [1, 2, 255] })]);

    // An answer that never comes, a server that hangs up, a connection that is cut.
    let never = client.request("never", vec![], Duration::from_millis(50)).await;
    assert_eq!(never, Err(RequestError::TimedOut));
    for (number, end) in [(2, "leave"), (3, "cut")] {
        client.emit(end, vec![], vec![]).await.unwrap();
        let again = loop {
            if let Notice::Disconnected { again_in, .. } = ear.notice().await {
                break again_in;
            }
        };
        assert!(again.is_some_and(|wait| wait <= Duration::from_secs(30)), "{again:?}");
        assert_eq!(ear.event("hello").await["auth"]["connection"], number, "told anew who it is");
    }
    // The server asks every 0.3 seconds whether we are there; a connection without answers would have been closed.
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(1_500) {
        let echo = client.request("echo", vec![json!("still here")], SETTLE_LIMIT).await.unwrap();
        assert_eq!(echo.arguments, [json!("still here")]);
    }

    // A namespace that looks who comes.
    for (token, refused) in [("wrong", true), ("right", false)] {
        let mut options = Options::new(&url);
        options.namespace = "/guarded".to_owned();
        options.auth = Some(Box::new(move || json!({ "token": token })));
        let mut ear = Ear::open(options);
        let notice = ear.notice().await;
        if refused {
            assert_eq!(notice, Notice::Refused { message: "not you".to_owned(), data: Some(json!({ "code": 7 })) });
            assert!(matches!(ear.notice().await, Notice::Disconnected { again_in: None, .. }));
            assert_eq!(ear.client.emit("echo", vec![], vec![]).await, Err(RequestError::NotConnected));
        } else {
            assert!(matches!(notice, Notice::Connected { .. }), "{notice:?}");
            ear.event("hello").await;
        }
    }
}

/// A transfer, a request and its payment, as payer and receiver hear of them.
async fn what_a_payment_tells(platform: &Platform, url: &str) {
    let (payer, receiver) = two_people(platform).await;
    let (mut of_payer, mut of_receiver) = (Ear::of(&payer, url).await, Ear::of(&receiver, url).await);
    let command = payer.send(&receiver.gx_id, 2_000_000, "a-transfer").await;
    of_receiver.hears("balance:changed", &json!({ "balance": "502000000" })).await;
    of_payer.hears("balance:changed", &json!({ "balance": "498000000" })).await;
    // So little costs nothing within a country. Never before it is settled.
    assert_eq!(receiver.balance().await, (502_000_000, 0));
    assert_eq!(payer.settled(&command).await["status"], "CONFIRMED");

    let request = receiver.request(1_000_000, "Tea").await;
    let code = request["requestCode"].as_str().unwrap();
    let paid = json!({ "requestCode": code, "status": "PAID" });
    payer.api.post(&format!("/api/v1/qsend/{code}/pay"), &json!({})).await;
    of_receiver.hears("qsend:changed", &paid).await;
    let told = of_payer.event("notification:new").await;
    assert!(told["sequence"].as_u64().is_some_and(|place| place > 0), "{told}");

    let open = receiver.request(2_000_000, "Cake").await;
    let code = open["requestCode"].as_str().unwrap();
    receiver.api.post(&format!("/api/v1/qsend/{code}/cancel"), &json!({})).await;
    of_receiver.hears("qsend:changed", &json!({ "requestCode": code, "status": "CANCELLED" })).await;
}

/// Engine.IO by hand, through an edge of its own process: 100 KB are said and answered, 200 KB refused.
async fn as_much_as_a_packet_holds_is_taken_from_a_client_that_polls(person: &Person, url: &str) {
    let http = reqwest::Client::new();
    let place = format!("{url}/socket.io/?EIO=4&transport=polling");
    let opened = http.get(&place).send().await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(&opened[1..]).unwrap_or_else(|error| panic!("{opened}: {error}"));
    let place = format!("{place}&sid={}", open["sid"].as_str().unwrap());
    let say = async |packet: String| {
        let request = http.post(&place).header("content-type", "text/plain;charset=UTF-8").body(packet);
        request.send().await.unwrap().status().as_u16()
    };
    let hear = async |wanted: &str| {
        wait_for(wanted, SETTLE_LIMIT, || async {
            let heard = http.get(&place).send().await.unwrap().text().await.unwrap();
            // The server asks whether anybody is there.
            if heard.split('\u{1e}').any(|packet| packet == "2") {
                assert_eq!(say("3".to_owned()).await, 200);
            }
            heard.contains(wanted).then_some(heard)
        })
        .await
    };
    assert_eq!(say(format!("40{}", json!({ "token": token(person).await }))).await, 200);
    hear("\"ready\"").await;
    assert_eq!(say(format!("427{}", json!(["no:such:event", "x".repeat(100 * 1024)]))).await, 200);
    let answer = hear("EVENT_UNKNOWN").await;
    assert!(answer.contains("437["), "an acknowledgement: {answer}");
    assert_eq!(say(format!("428{}", json!(["no:such:event", "x".repeat(200 * 1024)]))).await, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_are_told_what_has_settled() {
    let platform = Platform::on(Database::Sqlite).start().await;
    what_a_payment_tells(&platform, &platform.address("wallet")).await;
    // A command's end is told to who asked for it.
    let admin = Admin::of(&platform).await;
    let asker = NewPerson::of("Asker", "FR", "1990-03-15").settle(&platform, &admin).await;
    let other = NewPerson::of("Other", "FR", "1990-03-15").settle(&platform, &admin).await;
    let mut ear = Ear::of(&asker, &platform.address("messaging")).await;
    let command = asker.send(&other.gx_id, 1_000, "told-when-final").await;
    ear.hears("command:settled", &json!({ "commandId": command, "status": "CONFIRMED" })).await;
}

/// Every service a process of its own, the socket through the edge: with Redis where the test run has one.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_are_told_by_processes_that_share_a_redis() {
    let platform = Platform::on(Database::Postgres).in_processes().start().await;
    what_a_payment_tells(&platform, &platform.address("wallet")).await;
}

/// The same without Redis: nobody tells messaging what the projector has written, and it finds out.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_are_told_by_processes_without_redis() {
    let platform = Platform::on(Database::Sqlite).in_processes_alone().start().await;
    what_a_payment_tells(&platform, &platform.address("wallet")).await;
    let admin = Admin::of(&platform).await;
    let poller = NewPerson::of("Polly", "FR", "1990-03-15").settle(&platform, &admin).await;
    as_much_as_a_packet_holds_is_taken_from_a_client_that_polls(&poller, &platform.address("wallet")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_persons_open_socket_closes() {
    let platform = Platform::on(Database::Sqlite).start().await;
    let admin = Admin::of(&platform).await;
    let person = NewPerson::of("Frosty", "FR", "1990-03-15").settle(&platform, &admin).await;
    let mut ear = Ear::of(&person, &platform.address("wallet")).await;
    let freeze = format!("/api/v1/admin/users/{}/freeze", person.id);
    let body = json!({ "reason": "SUSPICIOUS_ACTIVITY", "notes": "a test" });
    admin.agreed(&Admin::second(&platform).await, &freeze, &body).await;
    assert_eq!(ear.event("session:ended").await["code"], "ACCOUNT_FROZEN");
    ear.is_closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_does_not_let_gx_in_makes_messaging_unready_by_name() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redis = std::process::Command::new("redis-server")
        .args(["--port", &free.to_string(), "--save", "", "--bind", "127.0.0.1", "--requirepass", "the right one"])
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut redis) = redis else {
        gx_tests::skipped("there is no redis-server");
        return;
    };
    let url = format!("redis://:the%20wrong%20one@127.0.0.1:{free}/?protocol=resp3");
    // Only the parts that need no Redis wait for readiness; messaging is asked below.
    let platform = Platform::on(Database::Sqlite).env("REDIS_URL", &url).args(&["--only", "messaging"]);
    let mut platform = platform.start_unready().await;
    let ready = wait_for("messaging to say that it is not ready", SETTLE_LIMIT, || async {
        let reply = reqwest::get(format!("{}/readyz", platform.address("messaging"))).await.ok()?;
        let status = reply.status().as_u16();
        let body: Value = reply.json().await.ok()?;
        let redis = body["dependencies"].as_array()?.iter().find(|one| one["name"] == "redis")?.clone();
        // Until its first answer it may be starting.
        redis["reason"].as_str()?.contains("WRONGPASS").then_some((status, redis))
    })
    .await;
    assert_eq!((ready.0, &ready.1["state"], &ready.1["need"]), (503, &json!("down"), &json!("required")));
    platform.kill();
    redis.kill().unwrap();
    redis.wait().unwrap();
}
