//! Waiting on a condition, never for a fixed time.

use std::time::{Duration, Instant};

/// Asks until the answer is `Some`, and panics with `what` when the limit passes.
pub async fn wait_for<T, F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(value) = ask().await {
            return value;
        }
        assert!(started.elapsed() < limit, "{what}: not within {} s", limit.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asks until the answer is yes.
pub async fn wait_until<F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    wait_for(what, limit, || {
        let answer = ask();
        async move { answer.await.then_some(()) }
    })
    .await;
}
