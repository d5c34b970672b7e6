//! Units of one kind that many callers bring at the same time: one transaction and one set of statements for all of them.
//!
//! [`Store::write`] shares the `fsync` between units; each still runs its own statements. Where the same few statements
//! are run for caller after caller, most of the time goes into handing them to the connection and back. Such units are
//! values ([`Together`]): whoever comes while a batch is under way waits, and the next batch takes all that have come.

use std::any::{Any, TypeId};
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures::FutureExt;
use futures::future::join_all;
use sea_orm::DatabaseTransaction;
use tokio::sync::oneshot;

use super::Work;
use crate::connect::Store;
use crate::error::StoreError;

/// Units of one kind that may wait; more are refused.
const WAITING_MAX: usize = 8_192;

/// A unit of work that is written together with others of its kind.
pub trait Together: Clone + Send + Sync + 'static {
    /// What a caller gets.
    type Answer: Send + 'static;
    /// Why a caller gets nothing.
    type Error: From<StoreError> + Send + 'static;
    /// Units in one transaction at most.
    const UNITS_MAX: usize;

    /// Writes all of them and answers each, in their order. A unit that is answered with an error has written nothing.
    /// As every unit of work it may run more than once; if it fails, each of the units is tried again by itself.
    fn write_all<'tx>(units: &'tx [Self], tx: &'tx DatabaseTransaction) -> Work<'tx, Answers<Self>, StoreError>;
}

/// An answer for each unit, in their order.
pub type Answers<U> = Vec<Answer<U>>;
/// The answer for a unit.
type Answer<U> = Result<<U as Together>::Answer, <U as Together>::Error>;
type Reply<U> = oneshot::Sender<Answer<U>>;

/// What waits, for each kind of unit.
#[derive(Default)]
pub(crate) struct Gatherings(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Gatherings {
    fn of<U: Together>(&self) -> Arc<Gathering<U>> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds.entry(TypeId::of::<U>()).or_insert_with(|| Arc::new(Gathering::<U>::default()));
        // What lies under the id of a type is of that type.
        Arc::clone(kind).downcast().unwrap_or_default()
    }
}

/// Units of one kind.
struct Gathering<U: Together>(Mutex<State<U>>);

struct State<U: Together> {
    waiting: VecDeque<(U, Reply<U>)>,
    /// A batch is under way, and whoever writes it will look again.
    writing: bool,
}

impl<U: Together> Default for Gathering<U> {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: VecDeque::new(), writing: false }))
    }
}

/// Units of one transaction.
struct Batch<U: Together> {
    units: Vec<U>,
    replies: Mutex<Vec<Reply<U>>>,
}

impl<U: Together> Gathering<U> {
    fn lock(&self) -> MutexGuard<'_, State<U>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what waits; units whose caller has gone are left out.
    fn take(&self) -> Batch<U> {
        let mut state = self.lock();
        let (mut units, mut replies) = (Vec::new(), Vec::new());
        while units.len() < U::UNITS_MAX
            && let Some((unit, reply)) = state.waiting.pop_front()
        {
            if !reply.is_closed() {
                units.push(unit);
                replies.push(reply);
            }
        }
        Batch { units, replies: Mutex::new(replies) }
    }

    /// Whether more has come; if not, the next one who comes begins a batch.
    fn goes_on(&self) -> bool {
        let mut state = self.lock();
        state.writing = !state.waiting.is_empty();
        state.writing
    }
}

impl Store {
    /// Runs a unit of work together with others of its kind that are brought at the same time. What it wrote is durable
    /// when this returns `Ok`, and gone when it returns `Err`. A unit that comes alone is not kept waiting.
    ///
    /// # Errors
    /// What the unit is answered; [`StoreError`] when the transaction could not be begun or committed, or too many wait.
    pub async fn write_together<U: Together>(&self, unit: U) -> Result<U::Answer, U::Error> {
        let gathering = self.inner.gatherings.of::<U>();
        let (reply, answer) = oneshot::channel();
        let begin = {
            let mut state = gathering.lock();
            if state.waiting.len() >= WAITING_MAX {
                return Err(StoreError::GivenUp("too many units of this kind wait").into());
            }
            state.waiting.push_back((unit, reply));
            !std::mem::replace(&mut state.writing, true)
        };
        if begin {
            // A task of its own: the batch must not end because the caller who began it has gone.
            tokio::spawn(write_batches(self.clone(), gathering));
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::GivenUp("the unit of work panicked").into()))
    }
}

async fn write_batches<U: Together>(store: Store, gathering: Arc<Gathering<U>>) {
    loop {
        // Taken only when its turn has come: until then more may come.
        let taken: Arc<OnceLock<Batch<U>>> = Arc::default();
        let written = AssertUnwindSafe(write_batch(&store, &gathering, &taken)).catch_unwind().await;
        let Batch { units, replies } = taken.get_or_init(|| gathering.take());
        let replies = std::mem::take(&mut *replies.lock().unwrap_or_else(PoisonError::into_inner));
        match written {
            Ok(Ok(answers)) if answers.len() == replies.len() => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // A caller that has gone needs no answer.
                    let _ = reply.send(answer);
                }
            }
            // What one of them has broken must not hit the others.
            _ => {
                join_all(units.iter().zip(replies).map(|(unit, reply)| write_alone(&store, unit.clone(), reply))).await;
            }
        }
        if !gathering.goes_on() {
            return;
        }
    }
}

async fn write_batch<U: Together>(
    store: &Store,
    gathering: &Arc<Gathering<U>>,
    taken: &Arc<OnceLock<Batch<U>>>,
) -> Result<Answers<U>, StoreError> {
    let (gathering, taken) = (Arc::clone(gathering), Arc::clone(taken));
    store
        .write(move |tx| {
            let (gathering, taken) = (Arc::clone(&gathering), Arc::clone(&taken));
            Box::pin(async move {
                let batch = taken.get_or_init(|| gathering.take());
                if batch.units.is_empty() { Ok(Vec::new()) } else { U::write_all(&batch.units, tx).await }
            })
        })
        .await
}

async fn write_alone<U: Together>(store: &Store, unit: U, reply: Reply<U>) {
    let work = store.write(move |tx| {
        let unit = [unit.clone()];
        Box::pin(async move {
            match U::write_all(&unit, tx).await?.pop() {
                Some(answer) => answer,
                None => Err(StoreError::GivenUp("the unit of work was not answered").into()),
            }
        })
    });
    // A panic is the failure of the unit that panics: its reply is dropped, and that is an answer.
    if let Ok(answer) = AssertUnwindSafe(work).catch_unwind().await {
        // A caller that has gone needs no answer.
        let _ = reply.send(answer);
    }
}
