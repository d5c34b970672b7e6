//! `POST /api/v1/transfers`: one person pays another.
//!
//! One transaction ([`super::accept`]) holds the check of the balance, the command and the idempotency row, so that a
//! repeated request changes nothing and two at the same time cannot spend the same coins.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gx_base::{failpoint, limits};
use gx_platform::auth::Person;
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiResult, Correlation, Handled, Idempotency, IdempotencyKey, LedgerUse, PreferWait,
    Route,
};
use gx_platform::{App, accepted, body_hash, refused, wait_for_command, wait_for_new_command};
use gx_types::api::command::{CommandAccepted, CommandView};
use gx_types::api::tokenomics::TransferRequest;
use gx_types::{CommandId, CommandStatus, CorrelationId, ErrorCode};

use super::NOT_CHARGED;
use super::accept::Transfer;
use crate::payment::{self, STEP_UP_ERRORS};
use crate::text;

pub(super) const ROUTE: &str = "POST /api/v1/transfers";

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/transfers", "createTransfer")
        .summary("Pay another person")
        .description(
            "Answers 202 with the command, or with `Prefer: wait=<s>` 200 once it is settled. The receiver gets the \
             amount, you pay the fee on top. Repeated with the same `Idempotency-Key` it changes nothing and tells where \
             the first one stands.",
        )
        .access(Access::Person)
        .idempotency(Idempotency::Required)
        .ledger(LedgerUse::Writes)
        .waits()
        .body::<TransferRequest>()
        .reply::<CommandView>(200, "Settled, and shown in the balances")
        .reply::<CommandAccepted>(202, "Accepted, not settled yet")
        .errors(&[
            ErrorCode::AccountNotActive,
            ErrorCode::AccountFrozen,
            ErrorCode::AccountNotFound,
            ErrorCode::SelfTransfer,
            ErrorCode::InsufficientFunds,
            ErrorCode::LimitPerPaymentExceeded,
            ErrorCode::LimitPerDayExceeded,
            ErrorCode::FeeChanged,
            ErrorCode::CommandRefused,
            ErrorCode::SystemPaused,
        ])
        .errors(STEP_UP_ERRORS)
        .handle(create)
}

async fn create(
    State(app): State<App>,
    person: Person,
    key: IdempotencyKey,
    prefer: PreferWait,
    Correlation(correlation_id): Correlation,
    ApiJson(request): ApiJson<TransferRequest>,
) -> ApiResult<Response> {
    // 1. What can be said without looking anything up.
    let mut transfer = read(&app, &person, &key, correlation_id, &request)?;

    // 2. Judge and enqueue in one transaction. A proof is looked at only when it is asked for, so a repeated request
    // needs none; it is no part of what is kept of the request.
    let once = loop {
        let answer = app.store().write_together(transfer.clone()).await;
        match payment::confirm(&app, &person, request.step_up.as_ref(), transfer.proved, answer).await? {
            Some(once) => break once,
            None => transfer.proved = true,
        }
    };
    failpoint::reach("service.committed");

    // 3. Wait as long as the caller likes.
    let (command_id, wait) = (once.value.command_id, prefer.or(Duration::ZERO));
    let view = match once.replayed {
        true => wait_for_command(&app, command_id, wait).await?,
        false => wait_for_new_command(&app, command_id, wait).await?,
    };
    match view.status {
        CommandStatus::Confirmed => Ok(Json(view).into_response()),
        CommandStatus::Failed => Err(refused(&view, NOT_CHARGED)),
        CommandStatus::Pending | CommandStatus::Processing => {
            let url = format!("/api/v1/transfers/{}/status", view.command_id);
            Ok(accepted(&view, url).into_response())
        }
    }
}

fn read(
    app: &App,
    person: &Person,
    key: &IdempotencyKey,
    correlation_id: CorrelationId,
    request: &TransferRequest,
) -> ApiResult<Transfer> {
    payment::above_zero("amount", request.amount)?;
    let receiver = payment::receiver("toID", &request.to_id)?;
    let remark = text::line("reason", &request.reason, limits::REMARK_CHARS_MAX)
        .map_err(|error| ApiError::fields(vec![error]))?;
    // The key of the client alone could be somebody else's key too.
    let request_key = format!("{}:{key}", person.profile_id).parse().map_err(ApiError::internal)?;
    Ok(Transfer {
        command_id: CommandId::from_uuid(app.new_uuid()),
        correlation_id,
        payer: person.profile_id,
        receiver,
        amount: request.amount,
        expected_fee: request.expected_fee,
        remark,
        key: key.as_str().to_owned(),
        body_hash: body_hash(&TransferRequest { step_up: None, ..request.clone() })?,
        request: request_key,
        step_up_from: app.settings().step_up_amount,
        proved: false,
        now: app.now(),
    })
}
