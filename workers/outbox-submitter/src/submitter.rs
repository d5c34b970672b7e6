//! The submitter: claims commands, lets them fly, and ends in order.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::join_all;
use gx_base::{Clock, Entropy, EntropyExt};
use gx_ledger::{Ledger, Prepared};
use gx_store::outbox::{self, ClaimOptions, Claimed, Dead, Due, Holder, Wanted};
use gx_store::{Backend, Store, StoreError};
use gx_types::{CommandId, Sha256Hex};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::breaker::{Breaker, Permits};
use crate::flight::{Begun, End, fly};
use crate::heartbeat;
use crate::metric;
use crate::options::SubmitterOptions;
use crate::recorder::{Record, Recorder, Stopped};
use crate::shared::{OnRefused, Shared};

/// How often leases that ran out are looked for.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(1);
/// Commits come in bursts; the queue is looked at no more often than this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(2);
/// How long commands may be endorsed before they are claimed. What takes longer is claimed first, so that one slow
/// endorsement does not keep the others waiting.
const ENDORSE_FIRST_MAX: Duration = Duration::from_millis(200);
/// Pause after the database did not answer.
const DATABASE_PAUSE: Duration = Duration::from_millis(500);

/// Why a submitter ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum SubmitterError {
    /// The database belongs to another ledger. Submitting would settle the commands of one in the other.
    #[error("this environment is bound to another ledger than the one with the fingerprint {found}")]
    OtherLedger {
        /// Fingerprint of the ledger that was given.
        found: Sha256Hex,
    },
}

/// Carries commands to the ledger. See the crate's documentation.
pub struct Submitter {
    shared: Arc<Shared>,
    recorder: tokio::task::JoinHandle<()>,
}

/// What the health page shows of a submitter. Cheap to clone; holds the submitter's insides only weakly.
#[derive(Clone)]
pub struct SubmitterHealth(std::sync::Weak<Shared>);

impl SubmitterHealth {
    /// The ledger as the submitter sees it.
    ///
    /// # Errors
    /// Why the circuit breaker is open or the last heartbeat was missed, or that the submitter has ended.
    pub fn ledger(&self) -> Result<(), String> {
        let shared = self.0.upgrade().ok_or("the submitter has ended")?;
        match shared.ledger_away() {
            None => Ok(()),
            Some(why) => Err(format!("the ledger does not answer: {why}")),
        }
    }

    /// The database as the submitter sees it.
    ///
    /// # Errors
    /// How often it failed in a row, or that the submitter has ended.
    pub fn database(&self) -> Result<(), String> {
        let shared = self.0.upgrade().ok_or("the submitter has ended")?;
        match shared.database_failures.load(Ordering::Relaxed) {
            0 => Ok(()),
            failures => Err(format!("{failures} writes failed in a row")),
        }
    }
}

impl Submitter {
    /// A submitter; it works once [`Submitter::run`] is called. Must be called on a tokio runtime. `on_refused` is called
    /// after every transaction in which commands were refused for good.
    #[must_use]
    pub fn new(
        store: Store,
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        options: SubmitterOptions,
        on_refused: OnRefused,
    ) -> Self {
        let (recorder, task) = Recorder::start(store.clone(), clock.clone(), on_refused);
        let shared = Shared {
            owner: format!("submitter-{}", entropy.token(8)),
            breaker: Breaker::new(options.breaker_failures, options.breaker_pause),
            store,
            ledger,
            clock,
            entropy,
            options,
            recorder,
            silence: std::sync::Mutex::new(Some("nobody has answered yet".to_owned())),
            database_failures: std::sync::atomic::AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared), recorder: task }
    }

    /// For the health page.
    #[must_use]
    pub fn health(&self) -> SubmitterHealth {
        SubmitterHealth(Arc::downgrade(&self.shared))
    }

    /// Works until `stop` is cancelled; then takes no further command, gives flights the time of
    /// [`SubmitterOptions::shutdown_grace`], and lets go of what is still open, so that another submitter goes on with it
    /// at once.
    ///
    /// # Errors
    /// [`SubmitterError::OtherLedger`] when the environment is bound to another ledger; nothing is sent then.
    pub async fn run(self, stop: CancellationToken) -> Result<(), SubmitterError> {
        let Self { shared, recorder } = self;
        tokio::select! {
            bound = heartbeat::bind(&shared) => bound?,
            () = stop.cancelled() => return Ok(()),
        }
        tracing::info!(owner = shared.owner, "the outbox submitter works");
        let mut flights = Flights::default();
        let ended = tokio::select! {
            error = heartbeat::keep_beating(&shared) => Err(error),
            never = keep_leases(&shared) => match never {},
            never = claim_and_fly(&shared, &mut flights) => match never {},
            () = stop.cancelled() => Ok(()),
        };
        flights.land(&shared).await;
        drop(shared);
        // Ends when everything handed in is written.
        if recorder.await.is_err() {
            tracing::error!("the recorder of the outbox submitter has died");
        }
        tracing::info!("the outbox submitter has ended");
        ended
    }
}

/// Commands on their way.
#[derive(Default)]
struct Flights {
    tasks: JoinSet<()>,
}

impl Flights {
    fn take_off(&mut self, shared: &Arc<Shared>, claimed: Claimed, begun: Begun) {
        let shared = shared.clone();
        self.tasks.spawn(async move {
            let (kind, began) = (claimed.command.kind(), Instant::now());
            let holder = Holder { command_id: claimed.command_id, fence: claimed.fence };
            // A command that makes this program panic must neither stop the others nor be tried for ever.
            let ended = match AssertUnwindSafe(fly(&shared, claimed, begun)).catch_unwind().await {
                Ok(ended) => ended,
                Err(_) => set_aside(&shared, holder).await,
            };
            if let Ok(end) = ended {
                metric::ended(kind, end.as_str(), began.elapsed());
            }
        });
    }

    /// Notes flights that have ended, without waiting.
    fn note_ended(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        metric::in_flight(self.tasks.len());
    }

    /// Waits until one has ended, for ever when there is none.
    async fn one_ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending().await
        }
    }

    /// Gives flights some time, then lets go of what is still open.
    async fn land(mut self, shared: &Shared) {
        let grace = tokio::time::sleep(shared.options.shutdown_grace);
        tokio::pin!(grace);
        while !self.tasks.is_empty() {
            tokio::select! {
                () = self.one_ended() => {}
                () = &mut grace => break,
            }
        }
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        let (owner, now) = (shared.owner.clone(), shared.now());
        let let_go = shared.store.write(move |tx| {
            let owner = owner.clone();
            Box::pin(async move { outbox::let_go(tx, &owner, now).await })
        });
        match let_go.await {
            Ok(0) => {}
            Ok(open) => tracing::info!(open, "commands whose outcome is open were let go of"),
            Err(error) => tracing::warn!(error = %error, "leases could not be given back; they run out"),
        }
    }
}

async fn set_aside(shared: &Shared, holder: Holder) -> Result<End, Stopped> {
    tracing::error!(command_id = %holder.command_id, "the flight of a command has panicked; the command is set aside");
    let dead = Dead {
        holder,
        error_code: "SUBMITTER_PANICKED".to_owned(),
        error_detail: "the submitter panicked over it; see its log".to_owned(),
    };
    shared.recorder.write(Record::Dead(dead)).await.map(|_| End::Dead)
}

enum Never {}

async fn keep_leases(shared: &Shared) -> Never {
    let lease = shared.options.lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        let (owner, now) = (shared.owner.clone(), shared.now());
        let renewed = shared.store.write(move |tx| {
            let owner = owner.clone();
            Box::pin(async move { outbox::renew_leases(tx, &owner, lease, now).await })
        });
        match renewed.await {
            Ok(_) => shared.database_answered(),
            Err(error) => shared.database_failed("renew its leases", &error),
        }
    }
}

async fn claim_and_fly(shared: &Arc<Shared>, flights: &mut Flights) -> Never {
    let mut commits = shared.store.commits();
    let poll = match shared.store.backend() {
        Backend::Sqlite => shared.options.poll_alone,
        Backend::Postgres => shared.options.poll,
    };
    let mut cursor = 0;
    let mut round = Round { take_over_at: Instant::now(), others_seen_at: Instant::now() };
    loop {
        flights.note_ended();
        commits.mark_unchanged();
        let looked_at = Instant::now();
        let room = shared.options.in_flight_max.saturating_sub(flights.tasks.len()).min(shared.options.claim_max);
        let room = match shared.breaker.permits() {
            Permits::All => room,
            Permits::One => room.min(1),
            Permits::None => 0,
        };
        let mut found = 0;
        if room > 0 {
            let mut options = ClaimOptions {
                owner: shared.owner.clone(),
                lease: shared.options.lease,
                commands_max: room,
                window: shared.options.window,
                cursor,
            };
            match next_commands(shared, &mut options, &mut round).await {
                Ok(commands) => {
                    shared.database_answered();
                    cursor = options.cursor;
                    found = commands.len();
                    if found > 0 {
                        shared.breaker.take_one();
                    }
                    for (claimed, begun) in commands {
                        flights.take_off(shared, claimed, begun);
                    }
                }
                Err(error) => {
                    shared.database_failed("be claimed from", &error);
                    tokio::time::sleep(DATABASE_PAUSE).await;
                    continue;
                }
            }
        }
        if found == 0 && cursor == 0 {
            tokio::select! {
                // The store lives as long as this does.
                _ = commits.changed() => {}
                () = tokio::time::sleep(poll) => {}
            }
        }
        if found < room {
            // Let some gather, and do not ask for each commit anew.
            tokio::time::sleep(LOOK_AGAIN_AFTER.saturating_sub(looked_at.elapsed())).await;
        } else if room == 0 {
            tokio::select! {
                () = flights.one_ended() => {}
                () = tokio::time::sleep(poll) => {}
            }
        }
    }
}

/// What a submitter remembers from one look at the queue to the next.
struct Round {
    /// When to look for leases that ran out.
    take_over_at: Instant,
    /// When another submitter was last seen; at first, the start.
    others_seen_at: Instant,
}

/// Commands to fly: those whose holder has died, and those of the queue. Moves the cursor of `options`.
async fn next_commands(
    shared: &Shared,
    options: &mut ClaimOptions,
    round: &mut Round,
) -> Result<Vec<(Claimed, Begun)>, StoreError> {
    let mut commands = Vec::new();
    if Instant::now() >= round.take_over_at {
        round.take_over_at = Instant::now() + TAKE_OVER_EVERY;
        let now = shared.now();
        if outbox::others_at_work(shared.store.read(), &options.owner).await? {
            round.others_seen_at = Instant::now();
        }
        if outbox::any_lease_over(shared.store.read(), now).await? {
            let unit = options.clone();
            let taken_over = shared
                .store
                .write(move |tx| {
                    let options = unit.clone();
                    Box::pin(async move { outbox::take_over(tx, &options, now).await })
                })
                .await?;
            if !taken_over.is_empty() {
                tracing::warn!(commands = taken_over.len(), "commands of a submitter that has gone are taken over");
            }
            commands.extend(taken_over.into_iter().map(|claimed| (claimed, Begun::Unknown)));
        }
    }
    options.commands_max = options.commands_max.saturating_sub(commands.len());
    let now = shared.now();
    // A look costs nothing; a claim takes the writer's turn.
    if options.commands_max == 0 || !outbox::any_due(shared.store.read(), now).await? {
        options.cursor = 0;
        return Ok(commands);
    }
    let (due, cursor) = outbox::due(shared.store.read(), options, now).await?;
    let (wanted, mut begun) = if round.others_seen_at.elapsed() >= shared.options.alone_after {
        endorse_first(shared, due).await
    } else {
        let wanted = due.into_iter().map(|due| Wanted { command_id: due.command_id, envelope: None });
        (wanted.collect(), HashMap::new())
    };
    let wished = wanted.len();
    let (unit, now) = (Arc::new((wanted, options.clone())), shared.now());
    let claimed = shared
        .store
        .write(move |tx| {
            let unit = Arc::clone(&unit);
            Box::pin(async move { outbox::take(tx, &unit.0, &unit.1, now).await })
        })
        .await?;
    options.cursor = cursor;
    if claimed.len() < wished {
        // Another submitter was faster, or the projector has found one of them done.
        round.others_seen_at = Instant::now();
    }
    commands.extend(claimed.into_iter().map(|claimed| {
        let begun = begun.remove(&claimed.command_id).unwrap_or(Begun::Unknown);
        (claimed, begun)
    }));
    Ok(commands)
}

/// Has commands endorsed before they are claimed: claim and envelope are then one transaction instead of two. What
/// another submitter claims meanwhile was endorsed in vain, which does no harm: an envelope that is not sent is nothing.
async fn endorse_first(shared: &Shared, due: Vec<Due>) -> (Vec<Wanted>, HashMap<CommandId, Begun>) {
    let endorsed = due.into_iter().map(|Due { command_id, ready }| async move {
        let Some(command) = ready else { return (command_id, None) };
        // A command that makes this program panic does so again in its flight, and is set aside there.
        let asked = AssertUnwindSafe(shared.prepare(&command)).catch_unwind();
        match tokio::time::timeout(ENDORSE_FIRST_MAX, asked).await {
            Ok(Ok(answer)) => (command_id, Some(answer)),
            Ok(Err(_)) | Err(_) => (command_id, None),
        }
    });
    let (mut wanted, mut begun) = (Vec::new(), HashMap::new());
    for (command_id, answer) in join_all(endorsed).await {
        let envelope = match answer {
            Some(Ok(Prepared::Envelope(envelope))) => {
                begun.insert(command_id, Begun::Stored);
                Some((envelope.tx_id, envelope.bytes))
            }
            Some(answer) => {
                begun.insert(command_id, Begun::Asked(Box::new(answer)));
                None
            }
            None => None,
        };
        wanted.push(Wanted { command_id, envelope });
    }
    (wanted, begun)
}
