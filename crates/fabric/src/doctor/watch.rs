//! The same checks again and again, for readiness: a fault is named while it lasts, and gone when it is gone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gx_base::{Clock, Entropy};
use tokio_util::sync::CancellationToken;

use super::{Report, Subject, examine};
use crate::client::expiry;

/// How often it is looked.
#[derive(Debug, Clone, Copy)]
pub struct WatchIntervals {
    /// After everything was well.
    pub well: Duration,
    /// After something was not.
    pub unwell: Duration,
    /// Time for each check.
    pub limit: Duration,
}

impl Default for WatchIntervals {
    fn default() -> Self {
        Self { well: Duration::from_secs(60), unwell: Duration::from_secs(5), limit: Duration::from_secs(20) }
    }
}

/// What the last look at the network found.
#[derive(Debug, Default)]
pub struct Preflight(Mutex<Option<Report>>);

impl Preflight {
    /// Looks now and from then on, until `stop`. Certificates are read once; what the network says is asked each time.
    #[must_use]
    pub fn start(
        subject: Subject,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        intervals: WatchIntervals,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let preflight = Arc::new(Self::default());
        let own = Arc::clone(&preflight);
        tokio::spawn(async move {
            loop {
                let report = examine(&subject, Arc::clone(&clock), Arc::clone(&entropy), intervals.limit).await;
                for signer in subject.connection.signers.values() {
                    expiry(signer.identity(), clock.now());
                }
                let obstacles = report.obstacles();
                let pause = if obstacles.is_none() { intervals.well } else { intervals.unwell };
                let before = own.last().and_then(|report| report.obstacles());
                match &obstacles {
                    Some(obstacles) if before.as_ref() != Some(obstacles) => {
                        tracing::error!(obstacles, "the network cannot settle commands");
                    }
                    None if before.is_some() => tracing::info!("the network can settle commands again"),
                    _ => {}
                }
                *own.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
        preflight
    }

    /// The last report; `None` before the first look has ended.
    #[must_use]
    pub fn last(&self) -> Option<Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As a health page asks: a remark, or why commands cannot settle.
    ///
    /// # Errors
    /// The sentences of what stands in the way.
    pub fn probe(&self) -> Result<Option<String>, String> {
        match self.last() {
            None => Ok(Some("not looked at yet".to_owned())),
            Some(report) => match report.obstacles() {
                Some(obstacles) => Err(obstacles),
                None => Ok(Some(format!("looked at {}", report.at))),
            },
        }
    }
}
