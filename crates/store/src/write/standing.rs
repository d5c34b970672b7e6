//! Whether the disk takes what is written, as the last transaction found it.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::DbErr;

use crate::error::{DISK_REFUSED, disk_refusal};

/// How the last transaction of this process ended, as far as the disk is concerned. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Standing(Arc<Mutex<Option<String>>>);

impl Standing {
    /// What the database said when it could write nothing; `None` when the last transaction was written.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A transaction was written.
    pub(crate) fn written(&self) {
        let was = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if was.is_some() {
            tracing::warn!("the database can write again");
        }
    }

    /// A transaction ended with an error; only what the disk refused counts.
    pub(crate) fn failed(&self, error: &DbErr) {
        if let Some(reason) = disk_refusal(error) {
            self.refused(reason);
        }
    }

    /// Does `work`, and takes note of what the disk refuses meanwhile, whatever error it becomes.
    pub(crate) async fn watch<T>(&self, work: impl Future<Output = T>) -> T {
        let (done, seen) = DISK_REFUSED
            .scope(Cell::new(None), async {
                let done = work.await;
                (done, DISK_REFUSED.with(Cell::take))
            })
            .await;
        if let Some(reason) = seen {
            self.refused(reason);
        }
        done
    }

    fn refused(&self, reason: String) {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.is_none() {
            tracing::error!(reason, "the database can write nothing; what is asked for is refused until it can");
        }
        *standing = Some(reason);
    }
}
