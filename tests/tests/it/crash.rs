//! Processes killed at any point, under load: nothing accepted is lost, nothing is done twice.
//!
//! Ten kills per database; `GX_CRASH_KILLS` asks for more.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use gx_base::failpoint;
use gx_tests::{Admin, Api, Database, NewPerson, Person, Platform, SETTLE_LIMIT, qirat, wait_for, wait_until};
use serde_json::{Value, json};

/// Kills per database in an ordinary run: each named point once, the rest at random.
const KILLS: usize = 10;

/// How long a platform under load may take to reach a named point.
const POINT_LIMIT: Duration = Duration::from_secs(60);

/// People who pay each other; payments between them share accounts, so that conflicts happen too.
const PEOPLE: usize = 6;

/// How long a client looks for the end of a payment before it makes the next.
const LOOKS_FOR: Duration = Duration::from_secs(2);

/// Payments in flight.
const CLIENTS: usize = 8;

/// A payment that the platform has accepted.
#[derive(Debug, Clone)]
struct Accepted {
    from: usize,
    to: usize,
    amount: u64,
    command: String,
}

/// What the clients share.
struct Load {
    people: Vec<Person>,
    address: RwLock<String>,
    accepted: Mutex<BTreeMap<String, Accepted>>,
    next: AtomicU64,
    stop: AtomicBool,
}

impl Load {
    fn accepted(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    fn api_of(&self, person: usize) -> Api {
        self.people[person].api.moved_to(&self.address.read().unwrap())
    }

    /// Pays and pays. A payment whose answer is lost is asked for again under its key until it is answered.
    async fn client(self: Arc<Self>) {
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let from = usize::try_from(number).unwrap() % PEOPLE;
            let to = (from + 1 + usize::try_from(number / 7).unwrap() % (PEOPLE - 1)) % PEOPLE;
            let (amount, key) = (100 + number % 900, format!("crash-payment-{number}"));
            let body = json!({ "toID": self.people[to].gx_id, "amount": amount.to_string(), "reason": key });
            let command = wait_for(&format!("an answer to {key}"), SETTLE_LIMIT * 2, || async {
                let reply = self.api_of(from).try_post_once("/api/v1/transfers", &key, &body).await?;
                match reply.status {
                    200 | 202 => reply.body["commandId"].as_str().map(str::to_owned),
                    // On its way down or up again: asked once more.
                    500..=599 | 409 if reply.body["code"] != "INSUFFICIENT_FUNDS" => None,
                    _ => panic!("{reply:?}"),
                }
            })
            .await;
            let path = format!("/api/v1/transfers/{command}/status");
            let accepted = Accepted { from, to, amount, command };
            self.accepted.lock().unwrap().insert(key, accepted);
            // A person looks whether it has arrived before the next one; not for ever, the platform may be down.
            let asked = Instant::now();
            while asked.elapsed() < LOOKS_FOR && !self.stop.load(Ordering::SeqCst) {
                let view = self.api_of(from).try_get(&path).await;
                if view.is_some_and(|view| ["CONFIRMED", "FAILED"].map(Value::from).contains(&view.body["status"])) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn kills_under_load(database: Database) {
    let kills: usize = std::env::var("GX_CRASH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut platform = Platform::on(database).env("OUTBOX_LEASE_SECONDS", "2").start().await;
    let admin = Admin::of(&platform).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let country = ["US", "GB", "FR"][number % 3];
        people.push(NewPerson::of("Payer", country, "1990-03-15").settle(&platform, &admin).await);
    }
    let mut unread_before = Vec::new();
    for person in &people {
        unread_before.push(unread(&person.api).await);
    }
    let load = Arc::new(Load {
        people,
        address: RwLock::new(platform.address("wallet")),
        accepted: Mutex::new(BTreeMap::new()),
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(Arc::clone(&load).client())).collect();

    for kill in 0..kills {
        let point = failpoint::NAMES.get(kill % (failpoint::NAMES.len() + 4));
        match point {
            // The third time, so that others are under way.
            Some(point) => platform.arm(Some(&format!("{point}:3"))),
            None => platform.arm(None),
        }
        if platform.try_restart().await {
            *load.address.write().unwrap() = platform.address("wallet");
        }
        let before = load.accepted();
        if let Some(point) = point {
            wait_until(&format!("the platform to die at {point}"), POINT_LIMIT, || {
                let ended = platform.has_ended();
                async move { ended }
            })
            .await;
            let hit = std::fs::read_to_string(platform.failpoint_file()).unwrap_or_default();
            assert_eq!(hit, *point, "{point} was not hit");
        } else {
            // After some payments, wherever it is by then.
            let enough = before + 3 + (kill * 7) % 40;
            wait_until("payments to be accepted", POINT_LIMIT, || async { load.accepted() >= enough }).await;
            platform.kill();
        }
    }

    platform.arm(None);
    platform.restart().await;
    *load.address.write().unwrap() = platform.address("wallet");
    load.stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    everything_adds_up(&mut platform, &load, &unread_before).await;
}

async fn everything_adds_up(platform: &mut Platform, load: &Load, unread_before: &[u64]) {
    // 1. Every accepted payment is settled, or refused, once; the same key answers with the same command.
    let accepted = load.accepted.lock().unwrap().clone();
    let mut balances = [500_000_000_u64; PEOPLE];
    let mut told: Vec<u64> = unread_before.to_vec();
    for (key, payment) in &accepted {
        let api = load.api_of(payment.from);
        let path = format!("/api/v1/transfers/{}/status", payment.command);
        let view = wait_for(&format!("{key} to settle"), SETTLE_LIMIT, || async {
            let view = api.get(&path).await.expect(200);
            ["CONFIRMED", "FAILED"].contains(&view["status"].as_str().unwrap()).then_some(view)
        })
        .await;
        assert_eq!(view["status"], "CONFIRMED", "{key}: nobody is short of coins: {view}");
        balances[payment.from] -= payment.amount + fee(load, payment);
        balances[payment.to] += payment.amount;
        told[payment.from] += 1;
        told[payment.to] += 1;
    }
    // 2. Balances are the sum of what was accepted, to the last Qirat; everyone was told of each payment once.
    for (number, person) in load.people.iter().enumerate() {
        let api = load.api_of(number);
        let reply = api.get(&format!("/api/v1/wallets/{}/balance", person.id)).await.expect(200);
        let has = (qirat(&reply["balance"]["balance"]), qirat(&reply["balance"]["pending"]));
        assert_eq!(has, (balances[number], 0), "person {number} after {} payments", accepted.len());
        assert_eq!(unread(&api).await, told[number], "notifications of person {number}");
    }
    // 3. The chain verifies, and the read model is what the chain says.
    platform.kill();
    for command in [&["ledger", "verify"][..], &["projector", "rebuild", "--compare"]] {
        let output = platform.command(command).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "gx {}: {}", command.join(" "), String::from_utf8_lossy(&text));
    }
}

/// What a payment of this suite costs: amounts are small, so only the border counts.
fn fee(load: &Load, payment: &Accepted) -> u64 {
    let country = |person: usize| &load.people[person].gx_id[..2];
    match payment.amount {
        _ if country(payment.from) == country(payment.to) => 0,
        ..=100 => 1,
        _ => 2,
    }
}

async fn unread(api: &Api) -> u64 {
    api.get("/api/v1/notifications/unread-count").await.expect(200)["unreadCount"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_on_sqlite() {
    kills_under_load(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_on_postgres() {
    if Database::all().contains(&Database::Postgres) {
        kills_under_load(Database::Postgres).await;
    }
}
