//! `GET /api/v1/admin/audit/verify`: walks along the whole chain, and names what is not as it was written.

use std::io::BufRead;

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiResult, Handled, RateClass, Route};
use gx_store::audit::{self, ChainCheck, Head, Link};
use gx_types::ErrorCode;
use gx_types::api::admin::{AuditHeadView, AuditVerification};

use super::anchor;
use super::export::LastLine;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/audit/verify", "verifyAudit")
        .summary("Check the audit chain")
        .description(
            "Looks at every entry: changed, missing and moved ones are named, and whether the end that was noted in the \
             object store is still part of the chain.",
        )
        .access(Access::Admin(Permission::AuditView))
        .limit(RateClass::Write)
        .reply::<AuditVerification>(200, "What was found")
        .errors(&[ErrorCode::ObjectStoreUnavailable])
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Json<AuditVerification>> {
    Ok(Json(check(&app).await?))
}

/// Checks the chain in the database.
///
/// # Errors
/// 503 when the database or the object store is out of reach.
pub async fn check(app: &App) -> ApiResult<AuditVerification> {
    let noted = anchor::noted(app).await?;
    let check = audit::check(app.store().read(), noted).await?;
    Ok(verification(&check, noted))
}

/// Checks an export, without any database.
///
/// # Errors
/// The line that cannot be read.
pub fn check_export(lines: impl BufRead) -> Result<AuditVerification, String> {
    let mut check: Option<ChainCheck> = None;
    let mut head = None;
    for (index, line) in lines.lines().enumerate() {
        let number = index + 1;
        let line = line.map_err(|error| format!("line {number}: {error}"))?;
        if line.is_empty() {
            continue;
        }
        if head.is_some() {
            return Err(format!("line {number} stands behind the end of the chain"));
        }
        if let Ok(last) = serde_json::from_str::<LastLine>(&line) {
            head = Some(last.head);
            continue;
        }
        let link: Link = serde_json::from_str(&line).map_err(|error| format!("line {number}: {error}"))?;
        let check = check.get_or_insert_with(|| ChainCheck::from_the_beginning(None));
        check.look(&link);
    }
    let mut check = check.unwrap_or_else(|| ChainCheck::from_the_beginning(None));
    let Some(head) = head else { return Err("the last line is missing: the file was cut off".to_owned()) };
    check.ends_with(head);
    Ok(verification(&check, None))
}

fn verification(check: &ChainCheck, noted: Option<Head>) -> AuditVerification {
    let shown = |head: Head| AuditHeadView { sequence: head.sequence.to_string(), hash: head.hash };
    AuditVerification {
        intact: check.faults().is_empty(),
        entries: check.entries(),
        head: shown(check.end()),
        noted: noted.map(shown),
        faults: check.faults().iter().map(ToString::to_string).collect(),
    }
}
