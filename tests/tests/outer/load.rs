//! People who pay each other without pause, and what must be true afterwards, whatever has happened meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use gx_tests::{Admin, Api, NewPerson, Person, Platform, SETTLE_LIMIT, qirat, wait_for};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

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
pub struct Load {
    people: Vec<Person>,
    /// The people's present tokens; a long run outlives them.
    tokens: RwLock<Vec<Api>>,
    unread_before: Vec<u64>,
    clients: Mutex<Vec<JoinHandle<()>>>,
    address: RwLock<String>,
    accepted: Mutex<BTreeMap<String, Accepted>>,
    next: AtomicU64,
    stop: AtomicBool,
}

impl Load {
    /// Makes the people and lets them pay.
    pub async fn start(platform: &Platform) -> Arc<Self> {
        let admin = Admin::of(platform).await;
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let country = ["US", "GB", "FR"][number % 3];
            people.push(NewPerson::of("Payer", country, "1990-03-15").settle(platform, &admin).await);
        }
        let mut unread_before = Vec::new();
        for person in &people {
            unread_before.push(unread(&person.api).await);
        }
        let load = Arc::new(Self {
            tokens: RwLock::new(people.iter().map(|person| person.api.clone()).collect()),
            people,
            unread_before,
            clients: Mutex::default(),
            address: RwLock::new(platform.address("wallet")),
            accepted: Mutex::new(BTreeMap::new()),
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        *load.clients.lock().unwrap() = (0..CLIENTS).map(|_| tokio::spawn(Arc::clone(&load).client())).collect();
        load
    }

    /// The platform has come back, perhaps elsewhere.
    pub fn moved(&self, platform: &Platform) {
        *self.address.write().unwrap() = platform.address("wallet");
    }

    /// Lets everyone finish what they are at.
    pub async fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        let clients = std::mem::take(&mut *self.clients.lock().unwrap());
        for client in clients {
            client.await.unwrap();
        }
    }

    /// One of the people.
    pub fn person(&self, number: usize) -> &Person {
        &self.people[number]
    }

    /// A payment that somebody else made for one of the people and that was accepted.
    pub fn also(&self, key: &str, (from, to): (usize, usize), amount: u64, command: &str) {
        let payment = Accepted { from, to, amount, command: command.to_owned() };
        self.accepted.lock().unwrap().insert(key.to_owned(), payment);
    }

    /// Payments that were accepted so far.
    pub fn accepted(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    /// Keys and commands of the payments that were accepted.
    pub fn commands(&self) -> Vec<(String, String)> {
        let accepted = self.accepted.lock().unwrap();
        accepted.iter().map(|(key, payment)| (key.clone(), payment.command.clone())).collect()
    }

    /// Who made an accepted payment.
    pub fn payer_of(&self, key: &str) -> usize {
        self.accepted.lock().unwrap()[key].from
    }

    /// The API as one of the people.
    pub fn api_of(&self, person: usize) -> Api {
        self.tokens.read().unwrap()[person].moved_to(&self.address.read().unwrap())
    }

    /// A token ends after a quarter of an hour: another one, if anybody answers.
    async fn sign_in_again(&self, person: usize) -> Option<()> {
        let api = self.people[person].sign_in(&self.api_of(person)).await?;
        self.tokens.write().unwrap()[person] = api;
        Some(())
    }

    /// Pays and pays. A payment whose answer is lost is asked for again under its key until it is answered.
    async fn client(self: Arc<Self>) {
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let from = usize::try_from(number).unwrap() % PEOPLE;
            let to = (from + 1 + usize::try_from(number / 7).unwrap() % (PEOPLE - 1)) % PEOPLE;
            let (amount, key) = (100 + number % 900, format!("crash-payment-{number}"));
            let body = json!({ "toID": self.people[to].gx_id, "amount": amount.to_string(), "reason": key });
            let command = wait_for(&format!("an answer to {key}"), SETTLE_LIMIT * 10, || async {
                let reply = self.api_of(from).try_post_once("/api/v1/transfers", &key, &body).await?;
                match reply.status {
                    401 => {
                        self.sign_in_again(from).await;
                        None
                    }
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

/// Nothing that was accepted is lost, nothing is done twice, and chain and read model agree. Ends the platform.
pub async fn everything_adds_up(platform: &mut Platform, load: &Load) {
    for person in 0..PEOPLE {
        load.sign_in_again(person).await.expect("the platform is up");
    }
    // 1. Every accepted payment is settled, or refused, once; the same key answers with the same command.
    let accepted = load.accepted.lock().unwrap().clone();
    let mut balances = [500_000_000_u64; PEOPLE];
    let mut told: Vec<u64> = load.unread_before.clone();
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
