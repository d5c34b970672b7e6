//! One login attempt per address at a time: otherwise a hundred guesses sent at once would all be made before the first
//! failure is counted.

use std::sync::LazyLock;

use gx_types::Sha256Hex;
use tokio::sync::{Mutex, MutexGuard};

/// Lanes; addresses that share one wait for each other, which is rare and short.
const LANES: usize = 256;

static TURNS: LazyLock<Vec<Mutex<()>>> = LazyLock::new(|| (0..LANES).map(|_| Mutex::new(())).collect());

/// Waits for the turn of `subject`; the turn ends when the guard is dropped.
pub(super) async fn turn(subject: Sha256Hex) -> Option<MutexGuard<'static, ()>> {
    let lane = subject.as_bytes().first().map_or(0, |byte| usize::from(*byte));
    match TURNS.get(lane) {
        Some(lane) => Some(lane.lock().await),
        None => None,
    }
}
