//! The nightly check: money adds up, and people's rows agree with the ledger's.

use std::sync::Arc;
use std::time::Duration;

use gx_store::Store;
use gx_types::Timestamp;

use crate::metrics;
use crate::rebuild::check_now;
use crate::status::Status;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Hour of the check, UTC: few people pay then.
const AT: Duration = Duration::from_secs(3 * 3600);

/// The first time after `now` at which the check is due.
pub(crate) fn next_check(now: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX);
    let midnight = Timestamp::from_micros(now.micros().div_euclid(day).saturating_mul(day));
    let today = midnight.plus(AT);
    if today > now { today } else { today.plus(DAY) }
}

/// Checks, and says what does not hold. It reads beside the projection and never writes; it may take its time, so nobody
/// waits for it.
pub(crate) async fn check_conservation(store: Store, status: Arc<Status>) {
    match check_now(&store).await {
        Ok(findings) => {
            metrics::faults(findings.faults.len());
            for fault in &findings.faults {
                tracing::error!(fault, "the read model does not hold together; someone must look");
            }
            if findings.faults.is_empty() {
                tracing::info!(minted = %findings.conservation.minted, "money adds up and every rule holds");
            }
            status.checked(findings.faults);
        }
        Err(error) => tracing::warn!(error = %error, "the nightly check could not be done"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_a_night() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(next_check(at("2026-01-15T02:59:59Z")), at("2026-01-15T03:00:00Z"));
        assert_eq!(next_check(at("2026-01-15T03:00:00Z")), at("2026-01-16T03:00:00Z"));
        assert_eq!(next_check(at("2026-12-31T23:00:00Z")), at("2027-01-01T03:00:00Z"));
    }
}
