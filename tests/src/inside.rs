//! `gx up` in the test's own process: the same platform, with a clock that the test moves and a line to the ledger that
//! it cuts. What cannot be asked of another process is asked of this one; everything else goes over HTTP as always.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_cli::args::{Place, Up};
use gx_cli::up::{self, Machine};
use gx_ledger::Ledger;
use gx_types::{EnvName, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Line;

/// The machine's clock, moved onward by a test.
#[derive(Debug, Default)]
pub struct MovedClock(AtomicI64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().micros() + self.0.load(Ordering::SeqCst))
    }
}

/// What a test has in its hands of a platform in its own process.
#[derive(Clone, Default)]
pub struct Inside {
    /// The line between the workers and the ledger.
    pub line: Line,
    clock: Arc<MovedClock>,
    ledger: Arc<Mutex<Option<Arc<dyn Ledger>>>>,
}

impl Inside {
    /// Moves the platform's clock onward.
    pub fn advance(&self, by: Duration) {
        self.clock.0.fetch_add(i64::try_from(by.as_micros()).expect("a time that can be counted"), Ordering::SeqCst);
    }

    /// The platform's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The ledger itself, at the other end of the line.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).clone().expect("the platform has a ledger")
    }

    /// Whoever still holds the ledger keeps other processes from it.
    pub(crate) fn let_go(&self) {
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn start(&self, data: PathBuf, settings: &[(String, String)]) -> Running {
        let stop = CancellationToken::new();
        let (line, opened) = (self.line.clone(), Arc::clone(&self.ledger));
        let machine = Machine {
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy),
            line: Some(Box::new(move |ledger| {
                *opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ledger));
                line.to(ledger)
            })),
            settings: settings.iter().cloned().collect::<BTreeMap<_, _>>(),
            stop: stop.clone(),
        };
        let place = Place { env: EnvName::Devnet, data: Some(data) };
        let up = Up { place, no_people: true, only: Vec::new(), fabric_gateway: false, port: Some(0) };
        Running {
            stop,
            task: tokio::spawn(async move { up::run(up, machine).await.map_err(|why| format!("{why:#}")) }),
        }
    }
}

/// A platform that runs in this process; ends in order when dropped.
pub(crate) struct Running {
    stop: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), String>>,
}

impl Running {
    /// Ends it in order.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        let ended = (&mut self.task).await.expect("it does not panic");
        ended.expect("it ends in order");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
