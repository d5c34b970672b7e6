//! `POST /api/v1/admin/treasury/activate` unlocks the treasury of a country, `POST /api/v1/admin/treasury/disburse` pays
//! out of a pool; both wait for a second person.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::pools::Pool;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, IdempotencyKey, LedgerUse, Route};
use gx_types::ErrorCode;
use gx_types::api::admin::{ActivateTreasuryRequest, DisburseRequest};

use crate::approvals::{Action, ask, declared};
use crate::command::Routes;
use crate::text;

const ACTIVATE: &str = "activateTreasury";
const DISBURSE: &str = "disburseFromPool";
const REMARK_CHARS_MIN: usize = 3;
const REMARK_CHARS_MAX: usize = 140;

pub(super) fn routes() -> Routes {
    let activate = Route::post("/api/v1/admin/treasury/activate", ACTIVATE)
        .summary("Unlock the treasury of a country")
        .access(Access::Admin(Permission::SystemBootstrap))
        .body::<ActivateTreasuryRequest>()
        .errors(&[ErrorCode::CountryNotFound]);
    let disburse = Route::post("/api/v1/admin/treasury/disburse", DISBURSE)
        .summary("Pay out of a pool")
        .description("CHARITABLE, LOAN, GX or OPERATIONS; one payment of a pool waits at a time.")
        .access(Access::Admin(Permission::TreasuryDisburse))
        .body::<DisburseRequest>()
        .errors(&[ErrorCode::InsufficientFunds, ErrorCode::AccountNotFound]);
    vec![
        declared(activate, LedgerUse::Writes).handle(activate_treasury),
        declared(disburse, LedgerUse::Writes).handle(disburse_from_pool),
    ]
}

async fn activate_treasury(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<ActivateTreasuryRequest>,
) -> ApiResult<Response> {
    let action = Action::TreasuryActivate { country: request.country_code };
    ask(&app, &requester, key.as_ref(), ACTIVATE, &request, action).await
}

async fn disburse_from_pool(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<DisburseRequest>,
) -> ApiResult<Response> {
    let pool = Pool::parse(&request.pool)
        .ok_or_else(|| ApiError::field("pool", ErrorCode::FieldInvalid, "There is no such pool."))?;
    if request.amount.is_zero() {
        let code = ErrorCode::AmountInvalid;
        return Err(ApiError::field("amount", code, code.title()));
    }
    let remark = text::checked("remark", &request.remark, REMARK_CHARS_MIN, REMARK_CHARS_MAX)?;
    let action = Action::TreasuryDisburse { pool, to: request.to, amount: request.amount, remark };
    ask(&app, &requester, key.as_ref(), DISBURSE, &request, action).await
}
