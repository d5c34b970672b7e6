//! What the service does by itself, on time: ending approvals whose time is up, noting the end of the audit chain where
//! the database's owner does not write, and telling webhooks what happens.

use std::time::Duration;

use gx_platform::App;
use gx_platform::http::ApiResult;

use crate::{approvals, audit, webhooks};

/// How often.
const EVERY: Duration = Duration::from_secs(30);

/// Runs the jobs until the application is asked to stop. Every replica may run them.
pub async fn run(app: App) {
    tokio::join!(webhooks::deliver::run(app.clone()), on_time(app));
}

async fn on_time(app: App) {
    while !app.stop().is_cancelled() {
        if let Err(error) = end_approvals(&app).await {
            tracing::warn!(code = error.code().as_str(), "ending approvals failed and is tried again later");
        }
        if let Err(error) = note_audit_head(&app).await {
            tracing::warn!(code = error.code().as_str(), "the end of the audit chain could not be noted");
        }
        if let Err(error) = webhooks::deliver::forget(&app).await {
            tracing::warn!(code = error.code().as_str(), "old deliveries to webhooks could not be forgotten");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.stop().cancelled() => {}
        }
    }
}

/// Ends approvals whose time is up, which frees what they held. Returns how many.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn end_approvals(app: &App) -> ApiResult<u64> {
    approvals::expire::sweep(app).await
}

/// Sends webhooks what is due, up to eight events each. Returns how many attempts were made.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn deliver_to_webhooks(app: &App) -> ApiResult<u64> {
    webhooks::deliver::once(app).await
}

/// Notes the end of the audit chain in the object store, unless the chain does not contain the end that was noted last.
///
/// # Errors
/// 503 when the database or the object store is out of reach.
pub async fn note_audit_head(app: &App) -> ApiResult<()> {
    audit::anchor::note(app).await
}
