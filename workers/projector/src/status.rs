//! Where the projector stands, as its probes tell it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gx_store::projection::checkpoint::Stop;
use gx_types::Timestamp;

/// An observation older than this tells nothing: whoever observes is stuck.
const OBSERVED_LATE: Duration = Duration::from_secs(10);

/// What was last seen of ledger and checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<Seen>);

#[derive(Debug, Clone, Default)]
struct Seen {
    ledger: Option<LedgerSeen>,
    ledger_down: Option<String>,
    next_block: u64,
    /// Number and time of the oldest block that is not projected.
    oldest: Option<(u64, Timestamp)>,
    /// Number of the next block, and when it was first seen that the ledger has it: a bound for the age of a block
    /// that cannot be read.
    owed: Option<(u64, Timestamp)>,
    stop: Option<Stop>,
    leading: bool,
    /// What the last nightly check found broken.
    faults: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct LedgerSeen {
    height: u64,
    at: Timestamp,
}

/// A projector's standing at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The next block to apply.
    pub next_block: u64,
    /// The ledger's last block; `None` before it was reached.
    pub ledger_height: Option<u64>,
    /// Blocks of the ledger that are not projected.
    pub lag_blocks: u64,
    /// Age of the oldest of them.
    pub oldest_age: Duration,
    /// Where and why it has stopped.
    pub stop: Option<Stop>,
    /// Whether this projector applies the blocks; others stand by.
    pub leading: bool,
}

impl Status {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ledger_answered(&self, height: u64, now: Timestamp) {
        let mut seen = self.lock();
        seen.ledger = Some(LedgerSeen { height, at: now });
        seen.ledger_down = None;
        let next = seen.next_block;
        if height < next {
            seen.owed = None;
        } else if seen.owed.is_none_or(|(number, _)| number < next) {
            seen.owed = Some((next, now));
        }
    }

    pub fn ledger_failed(&self, reason: String) {
        self.lock().ledger_down = Some(reason);
    }

    /// The checkpoint as it was read; it may have been moved by another projector.
    pub fn checkpoint(&self, next_block: u64, stop: Option<Stop>) {
        let mut seen = self.lock();
        seen.next_block = seen.next_block.max(next_block);
        if seen.oldest.is_some_and(|(number, _)| number < seen.next_block) {
            seen.oldest = None;
        }
        if seen.owed.is_some_and(|(number, _)| number < seen.next_block) {
            seen.owed = None;
        }
        seen.stop = stop;
    }

    /// A batch was applied here.
    pub fn applied(&self, next_block: u64) {
        self.checkpoint(next_block, None);
    }

    pub fn stopped(&self, stop: Stop) {
        self.lock().stop = Some(stop);
    }

    pub fn leading(&self, leading: bool) {
        self.lock().leading = leading;
    }

    pub fn is_leading(&self) -> bool {
        self.lock().leading
    }

    /// The block whose time must be looked up, when there is an unprojected one and it is not known.
    pub fn oldest_wanted(&self) -> Option<u64> {
        let seen = self.lock();
        let height = seen.ledger?.height;
        (height >= seen.next_block && seen.oldest.is_none()).then_some(seen.next_block)
    }

    pub fn oldest(&self, number: u64, at: Timestamp) {
        let mut seen = self.lock();
        if number == seen.next_block {
            seen.oldest = Some((number, at));
        }
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        let seen = self.lock();
        let height = seen.ledger.map(|ledger| ledger.height);
        Standing {
            next_block: seen.next_block,
            ledger_height: height,
            lag_blocks: height.map_or(0, |height| (height + 1).saturating_sub(seen.next_block)),
            oldest_age: seen.oldest.or(seen.owed).map_or(Duration::ZERO, |(_, at)| now.since(at)),
            stop: seen.stop.clone(),
            leading: seen.leading,
        }
    }

    /// Probe of the dependency «ledger».
    pub fn probe_ledger(&self, now: Timestamp) -> Result<Option<String>, String> {
        let seen = self.lock();
        if let Some(reason) = &seen.ledger_down {
            return Err(reason.clone());
        }
        let Some(ledger) = seen.ledger else { return Err("the ledger has not answered yet".to_owned()) };
        if now.since(ledger.at) > OBSERVED_LATE {
            return Err(format!("the ledger has not answered since {}", ledger.at));
        }
        Ok(Some(format!("height {}", ledger.height)))
    }

    pub fn checked(&self, faults: Vec<String>) {
        self.lock().faults = faults;
    }

    /// Probe of what the nightly check found.
    pub fn probe_conservation(&self) -> Result<Option<String>, String> {
        let seen = self.lock();
        if seen.faults.is_empty() { Ok(None) } else { Err(seen.faults.join("; ")) }
    }

    /// Probe of the projection itself: stopped, or too far behind.
    pub fn probe_projection(&self, now: Timestamp, lag_threshold: Duration) -> Result<Option<String>, String> {
        let standing = self.standing(now);
        if let Some(stop) = &standing.stop {
            return Err(describe(stop));
        }
        if standing.oldest_age > lag_threshold {
            return Err(format!(
                "block {} is {} s old and not projected; {} blocks wait",
                standing.next_block,
                standing.oldest_age.as_secs(),
                standing.lag_blocks
            ));
        }
        let role = if standing.leading { "projecting" } else { "standing by" };
        Ok(Some(format!("{role}, next block {}, {} blocks wait", standing.next_block, standing.lag_blocks)))
    }
}

/// A stop in words: block, transaction, event, reason.
pub(crate) fn describe(stop: &Stop) -> String {
    let mut text = format!("stopped before block {}", stop.block);
    if let Some(tx_id) = stop.tx_id {
        text.push_str(&format!(", transaction {tx_id}"));
    }
    if let Some(index) = stop.event_index {
        text.push_str(&format!(", event {index}"));
    }
    format!("{text}: {}", stop.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_idle_chain_is_ready_however_long_it_is_idle() {
        let status = Status::default();
        let mut now = Timestamp::from_micros(1_000_000);
        status.ledger_answered(7, now);
        status.checkpoint(8, None);
        assert_eq!(status.oldest_wanted(), None);
        now = now.plus(Duration::from_secs(30 * 24 * 3600));
        assert!(status.probe_projection(now, SECOND).is_ok());
        // Whether the ledger still answers is another question, asked anew.
        assert!(status.probe_ledger(now).is_err());
        status.ledger_answered(7, now);
        assert!(status.probe_ledger(now).is_ok());
    }

    #[test]
    fn a_block_that_cannot_be_read_ages_from_when_it_was_first_missed() {
        let status = Status::default();
        let now = Timestamp::from_micros(0);
        status.checkpoint(8, None);
        status.ledger_answered(7, now);
        assert!(status.probe_projection(now.plus(9 * SECOND), SECOND).is_ok(), "nothing is owed");
        status.ledger_answered(8, now);
        status.ledger_answered(9, now.plus(SECOND));
        assert!(status.probe_projection(now.plus(SECOND), SECOND).is_ok());
        let why = status.probe_projection(now.plus(2 * SECOND), SECOND).unwrap_err();
        assert!(why.contains("block 8 is 2 s old"), "{why}");
        status.applied(9);
        status.ledger_answered(9, now.plus(2 * SECOND));
        assert!(status.probe_projection(now.plus(3 * SECOND), SECOND).is_ok(), "the next one is owed since then");
    }

    #[test]
    fn an_old_unprojected_block_is_named_and_forgotten_once_projected() {
        let status = Status::default();
        let now = Timestamp::from_micros(0);
        status.ledger_answered(9, now);
        status.checkpoint(8, None);
        assert_eq!(status.oldest_wanted(), Some(8));
        status.oldest(8, now);
        assert_eq!(status.oldest_wanted(), None);
        assert!(status.probe_projection(now.plus(SECOND), SECOND).is_ok());
        let why = status.probe_projection(now.plus(2 * SECOND), SECOND).unwrap_err();
        assert!(why.contains("block 8 is 2 s old"), "{why}");
        status.applied(10);
        assert!(status.probe_projection(now.plus(2 * SECOND), SECOND).is_ok());
    }
}
