//! Named points at which a crash test kills the process.
//!
//! `GX_FAILPOINT=<name>[:<nth>]` aborts the process when the named point is reached for the nth time (1 unless given),
//! as abruptly as `SIGKILL`. Without the variable a point costs one atomic load. Before it dies the process writes the
//! name to the file in `GX_FAILPOINT_HIT`, so that a test can tell «hit» from «not reached».

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Armed {
    name: String,
    nth: u64,
    reached: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Every named point, so that a test can walk them.
pub const NAMES: &[&str] = &[
    "service.committed",
    "submitter.envelope_stored",
    "submitter.sent",
    "submitter.answered",
    "ledger.mid_commit",
    "projector.mid_block",
];

/// Aborts the process here if the point is armed and its turn has come.
pub fn reach(name: &'static str) {
    debug_assert!(NAMES.contains(&name), "{name} is not in NAMES");
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var("GX_FAILPOINT").ok()?;
        let (name, nth) = text.split_once(':').unwrap_or((&text, "1"));
        Some(Armed { name: name.to_owned(), nth: nth.parse().unwrap_or(1), reached: AtomicU64::new(0) })
    });
    let Some(armed) = armed else { return };
    if armed.name == name && armed.reached.fetch_add(1, Ordering::SeqCst) + 1 == armed.nth {
        if let Ok(path) = std::env::var("GX_FAILPOINT_HIT") {
            // The process dies next; a test that finds no file reports the point as not hit.
            let _ = std::fs::write(path, name);
        }
        std::process::abort();
    }
}
