//! A chain made by the real contracts, people in the database, and projectors between the two.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gx_base::{Clock, ManualClock, SystemClock};
use gx_contracts::testing::{MemoryLedger, all_countries};
use gx_contracts::{Call, Command, Event, Receipt, Role, Signer};
use gx_ledger::{Block, Envelope, KeyState, Ledger, LedgerError, LedgerInfo, Outcome, Prepared, Proposal, Tx, TxCode};
use gx_platform::Bus;
use gx_projector::{Projector, ProjectorParts, ProjectorSettings};
use gx_store::sea_orm::{ConnectionTrait, Statement, Value};
use gx_store::testing::TestStore;
use gx_store::{Store, StoreError};
use gx_types::{
    AccountType, CountryCode, GxId, LedgerKey, PersonState, ProfileId, Qirat, Sex, Sha256Hex, Timestamp, TxId,
};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The time at which every test begins.
pub const START: Timestamp = Timestamp::from_micros(1_780_000_000_000_000);

/// A chain of blocks that a test makes, behind the port of a ledger.
pub struct Chain {
    blocks: Mutex<Vec<Arc<Block>>>,
    grown: watch::Sender<usize>,
    away: AtomicBool,
}

impl Chain {
    /// A chain with its genesis block; `name` makes it another one.
    pub fn new(name: &str) -> Arc<Self> {
        let genesis = Block {
            number: 0,
            hash: hash(&[name.as_bytes()]),
            previous_hash: Sha256Hex::from_bytes([0; 32]),
            data_hash: hash(&[b"nothing"]),
            timestamp: START,
            transactions: Vec::new(),
        };
        Arc::new(Self {
            blocks: Mutex::new(vec![Arc::new(genesis)]),
            grown: watch::Sender::new(1),
            away: AtomicBool::new(false),
        })
    }

    pub fn push(&self, transactions: Vec<Tx>, timestamp: Timestamp) -> u64 {
        let mut blocks = self.blocks.lock().unwrap();
        let last = blocks.last().unwrap();
        let number = last.number + 1;
        let block = Block {
            number,
            hash: hash(&[last.hash.as_bytes(), &number.to_be_bytes()]),
            previous_hash: last.hash,
            data_hash: hash(&[format!("{transactions:?}").as_bytes()]),
            timestamp,
            transactions,
        };
        blocks.push(Arc::new(block));
        let length = blocks.len();
        drop(blocks);
        self.grown.send_replace(length);
        number
    }

    /// Changes a block after the fact, as damage or a bug would.
    pub fn tamper(&self, number: u64, change: impl FnOnce(&mut Block)) {
        let mut blocks = self.blocks.lock().unwrap();
        let slot = &mut blocks[usize::try_from(number).unwrap()];
        let mut block = Block::clone(slot);
        change(&mut block);
        *slot = Arc::new(block);
    }

    pub fn height(&self) -> u64 {
        self.blocks.lock().unwrap().last().unwrap().number
    }

    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), LedgerError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(LedgerError::Unreachable { detail: "it is away".to_owned() });
        }
        Ok(())
    }

    fn at(&self, index: usize) -> Option<Arc<Block>> {
        self.blocks.lock().unwrap().get(index).cloned()
    }
}

fn hash(parts: &[&[u8]]) -> Sha256Hex {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Sha256Hex::from_bytes(hash.finalize().into())
}

/// A [`Chain`] as a ledger: the projector uses `info` and `blocks` only.
pub struct ChainLedger(pub Arc<Chain>);

#[async_trait]
impl Ledger for ChainLedger {
    async fn prepare(&self, _: Proposal) -> Result<Prepared, LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn send(&self, _: &Envelope) -> Result<(), LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn outcome(&self, _: &TxId, _: Duration) -> Result<Outcome, LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn receipt_of(&self, _: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn evaluate(&self, _: Call) -> Result<Vec<u8>, LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn info(&self) -> Result<LedgerInfo, LedgerError> {
        self.0.check()?;
        let blocks = self.0.blocks.lock().unwrap();
        let (first, last) = (blocks.first().unwrap(), blocks.last().unwrap());
        Ok(LedgerInfo {
            fingerprint: first.hash,
            height: last.number,
            last_block_hash: last.hash,
            last_block_at: last.timestamp,
            organisations: vec!["Org1DevnetMSP".to_owned(), "Org2DevnetMSP".to_owned()],
        })
    }

    fn blocks(&self, from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>> {
        let chain = Arc::clone(&self.0);
        let from = usize::try_from(from).unwrap();
        stream::unfold((chain, from), |(chain, next)| async move {
            let mut grown = chain.grown.subscribe();
            loop {
                if let Err(error) = chain.check() {
                    return Some((Err(error), (chain, next)));
                }
                if let Some(block) = chain.at(next) {
                    return Some((Ok(block), (chain, next + 1)));
                }
                grown.changed().await.ok()?;
            }
        })
        .boxed()
    }
}

/// Contracts, chain and people of a test.
pub struct World {
    pub contracts: MemoryLedger,
    pub chain: Arc<Chain>,
    pub now: Timestamp,
    waiting: Vec<Tx>,
    calls: u64,
}

impl World {
    /// A bootstrapped world with every country, in block 1.
    pub fn ready() -> Self {
        let mut world = Self {
            contracts: MemoryLedger::new(START),
            chain: Chain::new("genesis"),
            now: START,
            waiting: Vec::new(),
            calls: 0,
        };
        world.call(&Command::BootstrapSystem.call()).unwrap();
        world.call(&all_countries().call()).unwrap();
        world.cut();
        world
    }

    /// Runs a call; its transaction waits for the next block. `None` when the contract refuses.
    pub fn call(&mut self, call: &Call) -> Option<Tx> {
        self.now = self.now.plus(Duration::from_millis(10));
        self.contracts.set_now(self.now);
        let (receipt, events) = self.contracts.submit(call).ok()?;
        let tx = self.tx(&call.function, TxCode::Valid, events, Some(receipt));
        self.waiting.push(tx.clone());
        Some(tx)
    }

    /// A transaction that the validator found invalid: it is in the block and means nothing.
    pub fn invalid(&mut self, events: Vec<Event>) {
        let tx = self.tx("TokenomicsContract:TransferWithFees", TxCode::MvccReadConflict, events, None);
        self.waiting.push(tx);
    }

    /// A transaction with events that no contract made.
    pub fn forge(&mut self, events: Vec<Event>) -> Tx {
        let tx = self.tx("TokenomicsContract:Forged", TxCode::Valid, events, None);
        self.waiting.push(tx.clone());
        tx
    }

    fn tx(&mut self, function: &str, code: TxCode, events: Vec<Event>, receipt: Option<Receipt>) -> Tx {
        self.calls += 1;
        let key = events.first().map(|event| event.key.clone());
        Tx {
            // Replayed receipts name an earlier transaction; every transaction has an id of its own.
            tx_id: TxId::from_bytes(Sha256::digest(self.calls.to_be_bytes()).into()),
            code,
            function: function.to_owned(),
            key: key.or(receipt.as_ref().map(|receipt| receipt.key.clone())).unwrap_or("none".parse().unwrap()),
            signer: Signer { msp_id: "Org1DevnetMSP".to_owned(), role: Some(Role::Admin) },
            timestamp: self.now,
            events,
            receipt,
        }
    }

    /// Puts what waits into a block, also when nothing does.
    pub fn cut(&mut self) -> u64 {
        self.chain.push(std::mem::take(&mut self.waiting), self.now)
    }

    pub fn balance(&self, account: &str) -> Qirat {
        self.contracts.query(gx_contracts::Function::GetBalance, &[account]).unwrap()
    }
}

/// An individual's id; equal numbers give equal ids.
pub fn gx_id(country: &str, born: &str, number: u64) -> GxId {
    let country: CountryCode = country.parse().unwrap();
    GxId::generate(country, born.parse().unwrap(), Sex::Male, AccountType::INDIVIDUAL, number).unwrap()
}

pub fn profile(number: u64) -> ProfileId {
    ProfileId::from_uuid(uuid::Uuid::from_u128(u128::from(number) + 1))
}

pub async fn execute(store: &Store, sql: &str, values: Vec<Value>) -> u64 {
    let sql = sql.to_owned();
    let done: Result<u64, StoreError> = store
        .write(move |tx| {
            let (sql, values) = (sql.clone(), values.clone());
            Box::pin(async move {
                let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
                Ok(tx.execute_raw(statement).await?.rows_affected())
            })
        })
        .await;
    done.unwrap()
}

/// A person in the database, on the way to the ledger or elsewhere.
pub async fn add_person(store: &Store, number: u64, name: &str, gx_id: &GxId, state: PersonState) -> ProfileId {
    let sql = "INSERT INTO user_profiles (profile_id, email, email_normalised, password_hash, first_name, last_name,
                 date_of_birth, gender, nationality_country_code, status, onchain_status, gx_id, created_at, updated_at)
               VALUES ($1, $2, $2, 'hash', $3, $4, '1990-01-01', 'MALE', $5, $6, $7, $8, 0, 0)";
    let (first, last) = name.split_once(' ').unwrap();
    let id = profile(number);
    let values: Vec<Value> = vec![
        id.to_string().into(),
        format!("p{number}@example.org").into(),
        first.into(),
        last.into(),
        gx_id.country().to_string().into(),
        state.status.to_string().into(),
        state.onchain.to_string().into(),
        gx_id.to_string().into(),
    ];
    execute(store, sql, values).await;
    id
}

/// One text value of the database.
pub async fn text(store: &Store, sql: &str) -> Option<String> {
    let read = store.read();
    let statement = Statement::from_string(read.get_database_backend(), sql);
    let row = read.query_one_raw(statement).await.unwrap()?;
    row.try_get_by_index::<Option<String>>(0).unwrap()
}

/// One number of the database.
pub async fn count(store: &Store, sql: &str) -> i64 {
    let read = store.read();
    let statement = Statement::from_string(read.get_database_backend(), sql);
    read.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap()
}

/// Settled balances of every account.
pub async fn balances(store: &Store) -> BTreeMap<String, i64> {
    let read = store.read();
    let sql = "SELECT account_id, settled_balance FROM accounts";
    let rows = read.query_all_raw(Statement::from_string(read.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

/// Settings with which a test need not wait.
pub const FAST: ProjectorSettings = ProjectorSettings {
    lag_threshold: Duration::from_secs(5),
    batch_transactions_max: 500,
    lease: Duration::from_millis(900),
    watch_every: Duration::from_millis(20),
    heartbeat_every: Duration::from_millis(60),
    retry_after: Duration::from_millis(30),
};

/// A projector that runs.
pub struct Running {
    pub projector: Arc<Projector>,
    pub bus: Bus,
    stop: CancellationToken,
    task: JoinHandle<Result<(), gx_projector::ProjectorError>>,
}

impl Running {
    pub fn start(store: &Store, chain: &Arc<Chain>, instance: &str) -> Self {
        Self::start_with(store, chain, instance, Arc::new(SystemClock), FAST)
    }

    pub fn start_with(
        store: &Store,
        chain: &Arc<Chain>,
        instance: &str,
        clock: Arc<dyn Clock>,
        settings: ProjectorSettings,
    ) -> Self {
        let bus = Bus::local();
        let projector = Arc::new(Projector::new(ProjectorParts {
            ledger: Arc::new(ChainLedger(Arc::clone(chain))),
            store: store.clone(),
            clock,
            bus: bus.clone(),
            instance: instance.to_owned(),
            settings,
        }));
        let stop = CancellationToken::new();
        let task = tokio::spawn({
            let (projector, stop) = (Arc::clone(&projector), stop.clone());
            async move { projector.run(stop).await }
        });
        Self { projector, bus, stop, task }
    }

    /// Ends as on an ordinary stop.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Ends as if the process had died.
    pub async fn die(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// What `run` returned by itself.
    pub async fn ended(self) -> Result<(), gx_projector::ProjectorError> {
        tokio::time::timeout(LIMIT, self.task).await.expect("run ends").unwrap()
    }
}

/// How long a condition may take.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Waits until `condition` holds.
pub async fn until<F, R>(what: &str, condition: F)
where
    F: Fn() -> R,
    R: Future<Output = bool>,
{
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "did not come to pass: {what}");
}

/// Number of the next block in the database.
pub async fn next_block(store: &Store) -> i64 {
    count(store, "SELECT COALESCE(MAX(next_block), 0) FROM projector_checkpoints").await
}

/// Waits until everything is projected.
pub async fn caught_up(store: &Store, chain: &Chain) {
    let goal = i64::try_from(chain.height() + 1).unwrap();
    until("everything is projected", || async { next_block(store).await == goal }).await;
}

/// Projects everything there is, with a projector of its own.
pub async fn project(store: &Store, chain: &Arc<Chain>) {
    let running = Running::start(store, chain, "once");
    caught_up(store, chain).await;
    running.stop().await;
}

/// A clock that stands where chains begin.
pub fn manual_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

/// SQLite always, PostgreSQL when the runner gives one.
pub async fn stores() -> Vec<TestStore> {
    TestStore::each().await.unwrap()
}
