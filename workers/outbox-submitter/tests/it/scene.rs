//! A database, a ledger, and submitters between them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gx_base::{Clock, EntropyExt, SystemClock, SystemEntropy};
use gx_contracts::Command;
use gx_ledger::Ledger;
use gx_outbox_submitter::{Submitter, SubmitterError, SubmitterHealth, SubmitterOptions};
use gx_store::entity::outbox_commands;
use gx_store::outbox::{self, NewCommand};
use gx_store::{Store, StoreError};
use gx_types::{Actor, CommandId, CorrelationId, GxId, OutboxState, ProfileId, Qirat};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub fn options() -> SubmitterOptions {
    SubmitterOptions {
        alone_after: Duration::ZERO,
        committed_after: Duration::ZERO,
        lease: Duration::from_secs(3),
        poll: Duration::from_millis(10),
        poll_alone: Duration::from_millis(10),
        submitted_after: Duration::from_millis(30),
        resend_after: Duration::from_millis(60),
        outcome_after: Duration::from_millis(150),
        breaker_pause: (Duration::from_millis(50), Duration::from_millis(200)),
        heartbeat: Duration::from_millis(40),
        shutdown_grace: Duration::from_millis(50),
        ..SubmitterOptions::default()
    }
}

pub struct Scene {
    pub store: Store,
    pub ledger: Arc<dyn Ledger>,
    pub options: SubmitterOptions,
    /// What the submitters have called refused.
    pub refused: Arc<Mutex<Vec<CommandId>>>,
}

pub struct Running {
    pub stop: CancellationToken,
    pub task: JoinHandle<Result<(), SubmitterError>>,
    pub health: SubmitterHealth,
}

impl Running {
    /// Ends it in order.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Ends it as a power cut would: nothing is released, nothing written any more.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl Scene {
    pub fn new(store: &Store, ledger: Arc<dyn Ledger>) -> Self {
        Self { store: store.clone(), ledger, options: options(), refused: Arc::default() }
    }

    pub fn start(&self) -> Running {
        let refused = self.refused.clone();
        let submitter = Submitter::new(
            self.store.clone(),
            self.ledger.clone(),
            Arc::new(SystemClock),
            Arc::new(SystemEntropy),
            self.options.clone(),
            Arc::new(move |ids| refused.lock().unwrap().extend(ids)),
        );
        let stop = CancellationToken::new();
        let health = submitter.health();
        let task = tokio::spawn(submitter.run(stop.clone()));
        Running { stop, task, health }
    }

    pub async fn enqueue(&self, command: Command) -> CommandId {
        let now = SystemClock.now();
        let new = NewCommand {
            command_id: CommandId::from_uuid(SystemEntropy.uuid_v7(now)),
            command,
            actor: Actor::Platform,
            correlation_id: CorrelationId::from_uuid(SystemEntropy.uuid_v7(now)),
            now,
        };
        self.store
            .write(move |tx| {
                let new = new.clone();
                Box::pin(async move { outbox::enqueue(tx, new).await })
            })
            .await
            .unwrap()
    }

    pub async fn row(&self, id: CommandId) -> outbox_commands::Model {
        outbox::command(self.store.read(), id).await.unwrap().unwrap()
    }

    pub async fn state(&self, id: CommandId) -> OutboxState {
        self.row(id).await.state.0
    }

    /// Waits until a command is in one of the states, at most 20 s.
    pub async fn wait_for(&self, id: CommandId, states: &[OutboxState]) -> outbox_commands::Model {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let row = self.row(id).await;
            if states.contains(&row.state.0) {
                return row;
            }
            assert!(Instant::now() < until, "the command is still {:?}, not one of {states:?}", row.state.0);
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    pub async fn replay(&self, id: CommandId) -> bool {
        let now = SystemClock.now();
        self.store
            .write(move |tx| Box::pin(async move { outbox::replay(tx, id, now).await }))
            .await
            .unwrap_or_else(|error: StoreError| panic!("{error}"))
    }
}

/// Waits until something holds, at most 20 s.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < until, "it does not happen: {what}");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// A person's id on the ledger, the same for the same number.
pub fn person(number: u32) -> GxId {
    let letter = |shift: u32| char::from(b'A' + u8::try_from(number / 26_u32.pow(shift) % 26).unwrap());
    format!("US 984 AUM945 0{}{}{}A {:04}", letter(2), letter(1), letter(0), number % 10_000).parse().unwrap()
}

/// A payment between two people. Payments of other people do not touch it.
pub fn transfer(from: u32, to: u32) -> Command {
    Command::TransferTokens {
        profile_id: ProfileId::from_uuid(uuid::Uuid::from_u128(u128::from(from))),
        from: person(from),
        to: person(to),
        amount: Qirat::new(1_000).unwrap(),
        fee: Qirat::new(2).unwrap(),
        transaction_type: gx_contracts::fees::TransactionType::P2P,
        remark: "for you".to_owned(),
        request: SystemEntropy.token(8).parse().unwrap(),
    }
}

/// A command whose refusal has no reaction, so that no person's row is needed.
pub fn activate(country: &str) -> Command {
    Command::ActivateTreasury { country: country.parse().unwrap(), request: SystemEntropy.token(8).parse().unwrap() }
}

/// An administrator's decision about a person.
pub fn freeze(number: u32) -> Command {
    Command::FreezeWallet {
        profile_id: ProfileId::from_uuid(uuid::Uuid::from_u128(u128::from(number))),
        user_id: person(number),
        reason: "COURT_ORDER".to_owned(),
        request: SystemEntropy.token(8).parse().unwrap(),
    }
}

/// A command that gets few attempts.
pub fn sweep(country: &str) -> Command {
    Command::SweepDeltas {
        account: gx_types::AccountId::Treasury(country.parse().unwrap()),
        delta_keys: vec!["d".to_owned()],
        request: SystemEntropy.token(8).parse().unwrap(),
    }
}
