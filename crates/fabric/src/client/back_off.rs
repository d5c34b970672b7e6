//! Waiting longer after each failure, with some chance in it so that many clients do not come back together.

use std::time::Duration;

use gx_base::{Entropy, EntropyExt};
use tokio::time::Instant;

/// First wait.
const FIRST: Duration = Duration::from_millis(40);

/// Longest wait.
const LONGEST: Duration = Duration::from_millis(800);

/// Waits between tries, until a deadline.
#[derive(Debug)]
pub(super) struct BackOff {
    next: Duration,
    deadline: Instant,
}

impl BackOff {
    pub(super) fn until(deadline: Instant) -> Self {
        Self { next: FIRST, deadline }
    }

    /// Waits for the next try; `false` when there is no time left for one.
    pub(super) async fn wait(&mut self, entropy: &dyn Entropy) -> bool {
        // Between half and all of the wait.
        let half = self.next / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(0).max(1);
        let wait = half + Duration::from_millis(entropy.below(spread));
        self.next = (self.next * 2).min(LONGEST);
        if Instant::now() + wait >= self.deadline {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }
}
