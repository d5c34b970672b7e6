//! What the service does by itself, on time: expiring requests, sweeping credits, forgetting old idempotency rows.

use std::time::Duration;

use gx_platform::App;
use gx_platform::http::ApiResult;
use gx_store::idempotency;

use crate::{qsend, sweeps};

/// How often requests are expired.
const EXPIRE_EVERY: Duration = Duration::from_secs(2);
/// How often credits are swept.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// The same while more wait than one round takes.
const SWEEP_AGAIN: Duration = Duration::from_secs(2);
/// How often old idempotency rows are thrown away.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Idempotency rows in one transaction at most.
const FORGET_BATCH: u32 = 1_000;

/// Runs the jobs until the application is asked to stop. Every replica may run them.
pub async fn run(app: App) {
    tokio::join!(
        every(&app, "expiring requests", EXPIRE_EVERY, expire),
        every(&app, "sweeping credits", SWEEP_EVERY, sweep),
        every(&app, "forgetting idempotency rows", FORGET_EVERY, forget),
    );
}

/// Works until the application is asked to stop. `work` says when to come back; after a failure it is `after_failure`.
async fn every<W>(app: &App, what: &str, after_failure: Duration, work: impl Fn(App) -> W)
where
    W: Future<Output = ApiResult<Duration>> + Send,
{
    while !app.stop().is_cancelled() {
        let pause = work(app.clone()).await.unwrap_or_else(|error| {
            // On the way out the database is closed under it.
            if !app.stop().is_cancelled() {
                tracing::warn!(
                    code = error.code().as_str(),
                    job = what,
                    "a job could not do its work and tries again later"
                );
            }
            after_failure
        });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.stop().cancelled() => {}
        }
    }
}

async fn expire(app: App) -> ApiResult<Duration> {
    qsend::sweep::expire_due(&app).await?;
    Ok(EXPIRE_EVERY)
}

async fn sweep(app: App) -> ApiResult<Duration> {
    let round = sweeps::enqueue_due(&app).await?;
    Ok(if round.more { SWEEP_AGAIN } else { SWEEP_EVERY })
}

async fn forget(app: App) -> ApiResult<Duration> {
    let now = app.now();
    loop {
        let gone = app
            .store()
            .write(move |tx| Box::pin(async move { idempotency::sweep(tx, now, FORGET_BATCH).await }))
            .await?;
        if gone < u64::from(FORGET_BATCH) {
            return Ok(FORGET_EVERY);
        }
    }
}
