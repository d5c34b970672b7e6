//! What a Fabric network lacks, in words and within seconds.
//!
//! Every check has a deadline of its own and all run at once, so that one silent peer costs the others nothing. A fault
//! is told where it is: what cannot be known because a peer is out of reach is *unknown*, not another failure.
//!
//! | Open | for |
//! |---|---|
//! | `report` | checks, their states, the table and the exit code |
//! | `subject` | what is looked at: settings, certificates, signers, and what the environment expects |
//! | `settings` | what needs no network: names of the environment, organisations, certificates, roles |
//! | `peers` | each peer: reachable, its chain, its clock, what is installed on it |
//! | `channel` | the chaincode's definition, endorsement by each organisation, identities, what the contracts hold |
//! | `watch` | the same again and again, for readiness |

mod channel;
mod peers;
mod report;
mod settings;
mod subject;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use gx_base::{Clock, Entropy};

pub use report::{Check, CheckKind, CheckState, Report};
pub use subject::{Connection, Expected, Subject};
pub use watch::{Preflight, WatchIntervals};

/// Time for each check, unless told otherwise.
pub const CHECK_LIMIT: Duration = Duration::from_secs(5);

/// Looks at everything once; takes little longer than `limit`, the time for each check.
pub async fn examine(subject: &Subject, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, limit: Duration) -> Report {
    let mut checks = settings::checks(subject, clock.now());
    if let Some(line) = subject.line(&clock, &entropy, limit) {
        let (peers, channel) = futures::join!(peers::look(&line), channel::look(&line));
        checks.extend(peers);
        checks.extend(channel);
    } else {
        checks.extend(subject.unusable());
    }
    Report::new(checks, clock.now())
}
