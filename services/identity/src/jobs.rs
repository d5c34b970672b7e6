//! What the service does by itself, on time: forgetting what is over.
//!
//! Registrations that ended hold names and numbers of people who never became customers; sessions and failed sign-ins
//! are only clutter.

use std::time::Duration;

use gx_base::limits::{PIN_LOCK_SECONDS, REFRESH_TOKEN_SECONDS};
use gx_platform::App;
use gx_platform::http::ApiResult;
use gx_store::StoreError;
use gx_store::repo::{contact_changes, registrations, sessions, sign_ins, tickets};

/// How often.
const FORGET_EVERY: Duration = Duration::from_secs(10 * 60);
/// Rows in one transaction, at most.
const BATCH: u64 = 500;
/// How long an ended session is kept, so that its end can be looked up.
const SESSION_KEPT: Duration = Duration::from_secs(REFRESH_TOKEN_SECONDS);

/// Runs the jobs until the application is asked to stop. Every replica may run them.
pub async fn run(app: App) {
    while !app.stop().is_cancelled() {
        if let Err(error) = forget(&app).await {
            tracing::warn!(code = error.code().as_str(), "forgetting what is over failed and is tried again later");
        }
        tokio::select! {
            () = tokio::time::sleep(FORGET_EVERY) => {}
            () = app.stop().cancelled() => {}
        }
    }
}

/// Deletes registrations that ended, sessions that ended 30 days ago, failed sign-ins that count no more, tickets and
/// changes of contact details whose time is up.
///
/// # Errors
/// 503 when the database is out of reach; what was deleted stays deleted.
pub async fn forget(app: &App) -> ApiResult<()> {
    let now = app.now();
    loop {
        let gone = app
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let begun = registrations::delete_expired(tx, now, BATCH).await?;
                    let ended = sessions::delete_expired(tx, now.minus(SESSION_KEPT), BATCH).await?;
                    let failed = sign_ins::delete_old(tx, now, Duration::from_secs(PIN_LOCK_SECONDS)).await?;
                    let tickets = tickets::delete_expired(tx, now, BATCH).await?;
                    let changes = contact_changes::delete_expired(tx, now, BATCH).await?;
                    Ok::<_, StoreError>(begun.max(ended).max(failed).max(tickets).max(changes))
                })
            })
            .await?;
        if gone < BATCH {
            return Ok(());
        }
    }
}
