//! Remembers which operations were answered with which status, so that a test run can show that nothing was left out.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use axum::http::StatusCode;

/// Appends `<operation> <status>` to a file, each pair once per process. Does nothing without a file.
pub struct RouteRecorder {
    file: Option<PathBuf>,
    seen: Mutex<BTreeSet<(&'static str, u16)>>,
}

impl RouteRecorder {
    /// Records into `file`, when there is one.
    #[must_use]
    pub const fn new(file: Option<PathBuf>) -> Self {
        Self { file, seen: Mutex::new(BTreeSet::new()) }
    }

    pub(crate) fn record(&self, operation: &'static str, status: StatusCode) {
        let Some(path) = &self.file else { return };
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !seen.insert((operation, status.as_u16())) {
            return;
        }
        let line = format!("{operation} {}\n", status.as_u16());
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "the record of answered operations could not be written");
        }
    }
}
