//! What the service does by itself, on time: ending approvals whose time is up, and noting the end of the audit chain
//! where the database's owner does not write.

use std::time::Duration;

use gx_platform::App;
use gx_platform::http::ApiResult;

use crate::{approvals, audit};

/// How often.
const EVERY: Duration = Duration::from_secs(30);

/// Runs the jobs until the application is asked to stop. Every replica may run them.
pub async fn run(app: App) {
    while !app.stop().is_cancelled() {
        if let Err(error) = end_approvals(&app).await {
            tracing::warn!(code = error.code().as_str(), "ending approvals failed and is tried again later");
        }
        if let Err(error) = note_audit_head(&app).await {
            tracing::warn!(code = error.code().as_str(), "the end of the audit chain could not be noted");
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

/// Notes the end of the audit chain in the object store, unless the chain does not contain the end that was noted last.
///
/// # Errors
/// 503 when the database or the object store is out of reach.
pub async fn note_audit_head(app: &App) -> ApiResult<()> {
    audit::anchor::note(app).await
}
