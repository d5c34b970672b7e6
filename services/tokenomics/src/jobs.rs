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
/// How often old idempotency rows are thrown away.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Idempotency rows in one transaction at most.
const FORGET_BATCH: u32 = 1_000;

/// Runs the jobs until the application is asked to stop. Every replica may run them.
pub async fn run(app: App) {
    tokio::join!(
        every(
            &app,
            EXPIRE_EVERY,
            "expiring requests",
            |app| async move { qsend::sweep::expire_due(&app).await.map(drop) }
        ),
        every(&app, SWEEP_EVERY, "sweeping credits", |app| async move { sweeps::enqueue_due(&app).await.map(drop) }),
        every(&app, FORGET_EVERY, "forgetting idempotency rows", |app| async move { forget(&app).await }),
    );
}

async fn every<W>(app: &App, pause: Duration, what: &str, work: impl Fn(App) -> W)
where
    W: Future<Output = ApiResult<()>> + Send,
{
    while !app.stop().is_cancelled() {
        if let Err(error) = work(app.clone()).await {
            tracing::warn!(
                code = error.code().as_str(),
                job = what,
                "a job could not do its work and tries again later"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.stop().cancelled() => {}
        }
    }
}

async fn forget(app: &App) -> ApiResult<()> {
    let now = app.now();
    loop {
        let gone = app
            .store()
            .write(move |tx| Box::pin(async move { idempotency::sweep(tx, now, FORGET_BATCH).await }))
            .await?;
        if gone < u64::from(FORGET_BATCH) {
            return Ok(());
        }
    }
}
