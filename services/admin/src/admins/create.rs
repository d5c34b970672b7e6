//! `POST /api/v1/admin/admins/create`: another administrator; waits for a second person. The first password is shown to
//! whoever executes it, once.

use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, IdempotencyKey, LedgerUse, Route};
use gx_types::ErrorCode;
use gx_types::api::admin::CreateAdminRequest;

use crate::approvals::{Action, ask, declared};
use crate::text;

const ROUTE: &str = "createAdmin";
const EMAIL_CHARS_MAX: usize = 254;
const NAME_CHARS_MAX: usize = 100;

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/admins/create", ROUTE)
        .summary("Make an administrator")
        .description(
            "Whoever asks, approves and executes stands strictly higher than the role; owners together make an owner.",
        )
        .access(Access::Admin(Permission::AdminCreate))
        .body::<CreateAdminRequest>()
        .errors(&[ErrorCode::RoleTooHigh]);
    declared(route, LedgerUse::None).handle(handle)
}

async fn handle(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<CreateAdminRequest>,
) -> ApiResult<Response> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if !(3..=32).contains(&request.username.len()) || !request.username.chars().all(allowed) {
        let message = "A login name has 3 to 32 characters out of a–z, 0–9, dot, underscore and hyphen.";
        return Err(ApiError::field("username", ErrorCode::FieldInvalid, message));
    }
    // Logins are compared in lower case.
    let email = text::checked("email", &request.email, 3, EMAIL_CHARS_MAX)?.to_lowercase();
    let plausible = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !email.contains(char::is_whitespace));
    if !plausible {
        let code = ErrorCode::FieldInvalid;
        return Err(ApiError::field("email", code, ErrorCode::EmailInvalidFormat.title()));
    }
    let display_name = text::checked("displayName", &request.display_name, 1, NAME_CHARS_MAX)?;
    let action = Action::AdminCreate { username: request.username.clone(), email, display_name, role: request.role };
    ask(&app, &requester, key.as_ref(), ROUTE, &request, action).await
}
