//! `POST /api/v1/transfers`: one person pays another.
//!
//! One transaction holds the check of the balance, the command and the idempotency row, so that a repeated request
//! changes nothing and two at the same time cannot spend the same coins.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gx_base::{failpoint, limits};
use gx_contracts::Command;
use gx_contracts::fees::TransactionType;
use gx_platform::auth::{Person, step_up};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiResult, Correlation, Handled, Idempotency, IdempotencyKey, LedgerUse, PreferWait,
    Route,
};
use gx_platform::{App, accepted, idempotent, refused, wait_for_command, wait_for_new_command};
use gx_store::outbox::{self, NewCommand};
use gx_store::repo::payments::{self, Receiver};
use gx_store::{StoreError, Tx};
use gx_types::api::command::{CommandAccepted, CommandView};
use gx_types::api::tokenomics::TransferRequest;
use gx_types::{Actor, CommandId, CommandStatus, CorrelationId, ErrorCode, LedgerKey, ProfileId, Qirat, Timestamp};
use serde::{Deserialize, Serialize};

use super::NOT_CHARGED;
use crate::limits as spending;
use crate::payment::{self, STEP_UP_ERRORS, Wish};
use crate::text;

const ROUTE: &str = "POST /api/v1/transfers";

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

/// What the business transaction leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Enqueued {
    command_id: CommandId,
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
    let transfer = Transfer::read(&app, &person, &key, correlation_id, &request)?;

    // 2. Judge and enqueue in one transaction. A proof is looked at only when it is asked for, so a repeated request
    // needs none; it is no part of what is kept of the request.
    let proof = request.step_up.clone();
    let body = TransferRequest { step_up: None, ..request };
    let (actor, mut proved) = (Actor::Person(person.profile_id), false);
    let once = loop {
        let (held, transfer) = (app.clone(), transfer.clone());
        let answer = idempotent(&app, actor, ROUTE, Some(&key), &body, move |tx| {
            let (app, transfer) = (held.clone(), transfer.clone());
            Box::pin(async move { transfer.enqueue(&app, tx, proved).await })
        })
        .await;
        match payment::confirm(&app, &person, proof.as_ref(), proved, answer).await? {
            Some(once) => break once,
            None => proved = true,
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

/// A transfer whose form is right.
#[derive(Debug, Clone)]
struct Transfer {
    command_id: CommandId,
    correlation_id: CorrelationId,
    payer: ProfileId,
    receiver: Receiver,
    amount: Qirat,
    expected_fee: Option<Qirat>,
    remark: String,
    request: LedgerKey,
    now: Timestamp,
}

impl Transfer {
    fn read(
        app: &App,
        person: &Person,
        key: &IdempotencyKey,
        correlation_id: CorrelationId,
        request: &TransferRequest,
    ) -> ApiResult<Self> {
        payment::above_zero("amount", request.amount)?;
        let receiver = payment::receiver("toID", &request.to_id)?;
        let remark = text::line("reason", &request.reason, limits::REMARK_CHARS_MAX)
            .map_err(|error| ApiError::fields(vec![error]))?;
        // The key of the client alone could be somebody else's key too.
        let request_key = format!("{}:{key}", person.profile_id).parse().map_err(ApiError::internal)?;
        Ok(Self {
            command_id: CommandId::from_uuid(app.new_uuid()),
            correlation_id,
            payer: person.profile_id,
            receiver,
            amount: request.amount,
            expected_fee: request.expected_fee,
            remark,
            request: request_key,
            now: app.now(),
        })
    }

    async fn enqueue(self, app: &App, tx: &Tx, proved: bool) -> ApiResult<Enqueued> {
        payments::lock_payer(tx, self.payer).await?;
        let facts = payments::facts(tx, self.payer, self.receiver).await?;
        let wish = Wish {
            kind: TransactionType::P2P,
            amount: self.amount,
            expected_fee: self.expected_fee,
            receiver_field: Some("toID"),
        };
        let judged = payment::judge(facts, &wish)?;
        spending::enforce(tx, &judged, self.now).await?;
        step_up::check(app, tx, self.payer, self.amount, proved).await?;
        let command = Command::TransferTokens {
            profile_id: self.payer,
            from: judged.from,
            to: judged.to,
            amount: self.amount,
            fee: judged.price.quote.fee,
            transaction_type: TransactionType::P2P,
            remark: self.remark,
            request: self.request,
        };
        let new = NewCommand {
            command_id: self.command_id,
            command,
            actor: Actor::Person(self.payer),
            correlation_id: self.correlation_id,
            now: self.now,
        };
        let command_id = outbox::enqueue(tx, new).await.map_err(key_taken)?;
        Ok(Enqueued { command_id })
    }
}

/// The ledger remembers keys for ever, the idempotency rows for a day: an old key cannot begin another payment.
fn key_taken(error: StoreError) -> ApiError {
    if error.is_duplicate_of("ledger_key") {
        return ApiError::new(ErrorCode::IdempotencyKeyReused).with_detail("this key was used before; take a new one");
    }
    error.into()
}
