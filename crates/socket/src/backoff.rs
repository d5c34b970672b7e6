//! How long to wait before connecting again: twice as long after each failure, up to a limit, half of it by chance, so
//! that not everybody comes back at the same moment.

use std::time::Duration;

/// The waiting times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest first wait.
    pub first: Duration,
    /// The longest wait of all.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), max: Duration::from_secs(30) }
    }
}

impl Backoff {
    /// The wait before try number `failures` (1 after the first failure); `random` is any number, evenly drawn.
    #[must_use]
    pub fn wait(&self, failures: u32, random: u64) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let longest = self.first.saturating_mul(factor).min(self.max);
        let half = u64::try_from((longest / 2).as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(half.saturating_add(random % half.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_grows_and_stays_within_its_limits(failures in 1_u32..100, random in any::<u64>()) {
            let backoff = Backoff::default();
            let wait = backoff.wait(failures, random);
            prop_assert!(wait >= backoff.first / 2 && wait <= backoff.max, "{wait:?}");
            if failures > 7 {
                prop_assert!(wait >= backoff.max / 2);
            }
        }
    }

    #[test]
    fn clients_that_fail_together_come_back_apart() {
        let waits: std::collections::BTreeSet<Duration> =
            (0..1_000_u64).map(|random| Backoff::default().wait(5, random * 7_919)).collect();
        assert!(waits.len() > 500, "{}", waits.len());
    }
}
