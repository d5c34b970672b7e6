//! The circuit breaker: while nobody answers, commands stay in the queue instead of using up their attempts.
//!
//! Only transport errors open it. It closes again when its time is up *and* the ledger has answered the heartbeat; then
//! one command goes first, and the others follow when that one got through.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permits {
    /// Everything.
    All,
    /// One command, to see whether it gets through.
    One,
    /// Nothing.
    None,
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// The ledger answers; one command is on its way.
    Trying {
        taken: bool,
    },
}

#[derive(Debug)]
struct Inner {
    state: State,
    pause: Duration,
    last_error: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    inner: Mutex<Inner>,
    failures_max: u32,
    pause: (Duration, Duration),
}

impl Breaker {
    pub(crate) fn new(failures_max: u32, pause: (Duration, Duration)) -> Self {
        let inner = Inner { state: State::Closed { failures: 0 }, pause: pause.0, last_error: None };
        Self { inner: Mutex::new(inner), failures_max, pause }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be claimed now.
    pub(crate) fn permits(&self) -> Permits {
        match self.lock().state {
            State::Closed { .. } => Permits::All,
            State::Trying { taken: false } => Permits::One,
            State::Trying { taken: true } | State::Open { .. } => Permits::None,
        }
    }

    /// The one command of [`Permits::One`] was claimed.
    pub(crate) fn take_one(&self) {
        let mut inner = self.lock();
        if let State::Trying { taken } = &mut inner.state {
            *taken = true;
        }
    }

    /// A command got an answer from the ledger, whichever.
    pub(crate) fn answered(&self) {
        let mut inner = self.lock();
        match inner.state {
            State::Closed { failures: 0 } => {}
            State::Closed { .. } | State::Trying { .. } => {
                inner.state = State::Closed { failures: 0 };
                inner.pause = self.pause.0;
                inner.last_error = None;
            }
            // A late answer to an old question; the heartbeat decides.
            State::Open { .. } => {}
        }
    }

    /// Nobody answered a command.
    pub(crate) fn unanswered(&self, error: String, now: Instant) {
        let mut inner = self.lock();
        inner.last_error = Some(error);
        match &mut inner.state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures >= self.failures_max {
                    let until = now + inner.pause;
                    inner.state = State::Open { until };
                    tracing::warn!(error = inner.last_error, "the ledger does not answer; commands wait");
                }
            }
            State::Trying { .. } => {
                inner.pause = (inner.pause * 2).min(self.pause.1);
                let until = now + inner.pause;
                inner.state = State::Open { until };
            }
            State::Open { .. } => {}
        }
    }

    /// The ledger answered the heartbeat.
    pub(crate) fn heartbeat(&self, now: Instant) {
        let mut inner = self.lock();
        match inner.state {
            State::Open { until } if now >= until => {
                inner.state = State::Trying { taken: false };
                tracing::info!("the ledger answers again; one command goes first");
            }
            // The command that went first may have ended without asking the ledger: let another go.
            State::Trying { taken: true } => inner.state = State::Trying { taken: false },
            _ => {}
        }
    }

    /// Why it is open; `None` when it is closed.
    pub(crate) fn open_because(&self) -> Option<String> {
        let inner = self.lock();
        match inner.state {
            State::Closed { .. } => None,
            _ => Some(inner.last_error.clone().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_go_first() {
        let now = Instant::now();
        let breaker = Breaker::new(3, (SECOND, 4 * SECOND));
        breaker.unanswered("a".to_owned(), now);
        breaker.unanswered("a".to_owned(), now);
        breaker.answered();
        breaker.unanswered("a".to_owned(), now);
        breaker.unanswered("a".to_owned(), now);
        assert_eq!(breaker.permits(), Permits::All);
        breaker.unanswered("b".to_owned(), now);
        assert_eq!((breaker.permits(), breaker.open_because()), (Permits::None, Some("b".to_owned())));
        breaker.answered();
        assert_eq!(breaker.permits(), Permits::None, "a late answer closes nothing");
        breaker.heartbeat(now);
        assert_eq!(breaker.permits(), Permits::None, "its time is not up");
        breaker.heartbeat(now + SECOND);
        assert_eq!(breaker.permits(), Permits::One);
        breaker.take_one();
        assert_eq!(breaker.permits(), Permits::None);
        // It fails: open again, for twice as long.
        breaker.unanswered("c".to_owned(), now + SECOND);
        breaker.heartbeat(now + 2 * SECOND);
        assert_eq!(breaker.permits(), Permits::None);
        breaker.heartbeat(now + 3 * SECOND);
        breaker.take_one();
        breaker.answered();
        assert_eq!((breaker.permits(), breaker.open_because()), (Permits::All, None));
    }
}
