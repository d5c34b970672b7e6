//! `POST /api/v1/qsend/{code}/pay`: pays a request.
//!
//! ACTIVE → PAYING is one conditional update in the transaction that judges the balance and enqueues the command, so of
//! any number of payers exactly one gets through. The code is the idempotency key: whoever has begun to pay is told, on
//! every further try, how that stands. If the ledger refuses, the request is open again and the next try has a ledger
//! key of its own.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_base::{failpoint, limits};
use gx_contracts::Command;
use gx_contracts::fees::TransactionType;
use gx_platform::auth::{Person, step_up};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiPath, ApiResult, Correlation, Handled, LedgerUse, PreferWait, Route,
};
use gx_platform::{App, BusMessage, refused, wait_for_command};
use gx_store::Tx;
use gx_store::entity::qsend_requests::Model;
use gx_store::outbox::{self, NewCommand};
use gx_store::repo::payments::{self, Receiver};
use gx_store::repo::qsend::{self, Payment};
use gx_types::api::qsend::{QSendPay, QSendPayReply};
use gx_types::{
    AccountId, Actor, CommandId, CommandStatus, CorrelationId, ErrorCode, ProfileId, QSendStatus, Qirat, Timestamp,
};

use super::code::RequestCode;
use super::read::stored;
use super::view::view;
use super::why_not_payable;
use crate::limits as spending;
use crate::payment::{self, STEP_UP_ERRORS, Wish};
use crate::transfers::NOT_CHARGED;

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/qsend/{code}/pay", "payQSendRequest")
        .summary("Pay a request")
        .description(
            "Waits up to three seconds (or as `Prefer: wait=<s>` says) for the ledger: 200 with `PAID`, else 202 with \
             `PAYING`. The code itself is the idempotency key: repeating it never pays twice.",
        )
        .access(Access::Person)
        .ledger(LedgerUse::Writes)
        .waits()
        .param::<RequestCode>("code", "The code of the request")
        .optional_body::<QSendPay>()
        .reply::<QSendPayReply>(200, "Paid, and shown in the balances")
        .reply::<QSendPayReply>(202, "Accepted, not settled yet")
        .errors(&[
            ErrorCode::QSendExpired,
            ErrorCode::QSendAlreadyPaid,
            ErrorCode::QSendCancelled,
            ErrorCode::AccountNotActive,
            ErrorCode::AccountNotFound,
            ErrorCode::AccountFrozen,
            ErrorCode::SelfTransfer,
            ErrorCode::InsufficientFunds,
            ErrorCode::LimitPerPaymentExceeded,
            ErrorCode::LimitPerDayExceeded,
            ErrorCode::FeeChanged,
            ErrorCode::CommandRefused,
            ErrorCode::SystemPaused,
        ])
        .errors(STEP_UP_ERRORS)
        .handle(pay)
}

async fn pay(
    State(app): State<App>,
    person: Person,
    prefer: PreferWait,
    Correlation(correlation_id): Correlation,
    ApiPath(code): ApiPath<RequestCode>,
    body: Option<ApiJson<QSendPay>>,
) -> ApiResult<(StatusCode, Json<QSendPayReply>)> {
    // 1. Begin to pay, or find that this person has.
    let body = body.map(|ApiJson(body)| body).unwrap_or_default();
    let attempt = Attempt {
        code: code.clone(),
        payer: person.profile_id,
        expected_fee: body.expected_fee,
        command_id: CommandId::from_uuid(app.new_uuid()),
        correlation_id,
        now: app.now(),
    };
    let mut proved = false;
    let (command_id, begun_for) = loop {
        let (held, attempt) = (app.clone(), attempt.clone());
        let answer = app
            .store()
            .write(move |tx| {
                let (app, attempt) = (held.clone(), attempt.clone());
                Box::pin(async move { attempt.begin(&app, tx, proved).await })
            })
            .await;
        match payment::confirm(&app, &person, body.step_up.as_ref(), proved, answer).await? {
            Some(begun) => break begun,
            None => proved = true,
        }
    };
    failpoint::reach("service.committed");
    if let Some(creator) = begun_for {
        app.bus().publish(&BusMessage::PersonChanged { profile_id: creator });
    }

    // 2. Wait for the ledger.
    let wait = prefer.or(Duration::from_secs(limits::QSEND_PAY_WAIT_SECONDS));
    let command = wait_for_command(&app, command_id, wait).await?;
    let status = match command.status {
        CommandStatus::Confirmed => StatusCode::OK,
        CommandStatus::Pending | CommandStatus::Processing => StatusCode::ACCEPTED,
        CommandStatus::Failed => return Err(refused(&command, NOT_CHARGED)),
    };

    // 3. Tell how it stands.
    let request = view(stored(&app, &code).await?, person.profile_id, None, app.now())?;
    let paid = status == StatusCode::OK;
    let reply = QSendPayReply {
        status: if paid { QSendStatus::Paid } else { QSendStatus::Paying },
        command_id,
        on_chain_tx_id: command.result.map(|result| result.transaction_id),
        payer_name: request.payer_name.clone().unwrap_or_default(),
        status_url: format!("/api/v1/commands/{command_id}"),
        message: if paid { "Paid." } else { "Accepted. The ledger has not decided yet." }.to_owned(),
        request,
    };
    Ok((status, Json(reply)))
}

/// One person's try to pay.
#[derive(Debug, Clone)]
struct Attempt {
    code: RequestCode,
    payer: ProfileId,
    expected_fee: Option<Qirat>,
    command_id: CommandId,
    correlation_id: CorrelationId,
    now: Timestamp,
}

impl Attempt {
    /// The command that pays: a new one, with whoever is told that it has begun, or the one by which this person pays
    /// already.
    async fn begin(self, app: &App, tx: &Tx, proved: bool) -> ApiResult<(CommandId, Option<ProfileId>)> {
        // The payer first, then the request: everyone takes these locks in the same order.
        payments::lock_payer(tx, self.payer).await?;
        let request = qsend::by_code(tx, self.code.as_str()).await?.ok_or_else(ApiError::not_found)?;
        if let Some(running) = self.running(&request) {
            return Ok((running, None));
        }
        if request.creator_profile_id.0 == self.payer {
            return Err(ApiError::new(ErrorCode::SelfTransfer).with_detail("this is your own request"));
        }
        if let Some(code) = why_not_payable(&request, self.now) {
            return Err(ApiError::new(code));
        }

        let facts = payments::facts(tx, self.payer, Receiver::Profile(request.creator_profile_id.0)).await?;
        let wish = Wish {
            kind: TransactionType::P2P,
            amount: request.amount.0,
            expected_fee: self.expected_fee,
            receiver_field: None,
        };
        let judged = payment::judge(facts, &wish)?;
        spending::enforce(tx, &judged, self.now).await?;
        step_up::check(app, tx, self.payer, request.amount.0, proved).await?;
        let fee = judged.price.quote.fee;
        let payment = Payment {
            payer: self.payer,
            account: AccountId::Holder(judged.from),
            name: judged.payer.name(),
            fee,
            command: self.command_id,
        };
        let Some(attempt) = qsend::begin_payment(tx, request.request_id.0, &payment, self.now).await? else {
            // Someone was faster, or it was taken back meanwhile.
            return Err(ApiError::new(ErrorCode::QSendAlreadyPaid));
        };
        let command = Command::QSendPay {
            qsend_id: request.request_id.0,
            code: request.request_code,
            profile_id: self.payer,
            from: judged.from,
            to: judged.to,
            amount: request.amount.0,
            fee,
            remark: request.description.unwrap_or_default(),
            attempt,
        };
        let new = NewCommand {
            command_id: self.command_id,
            command,
            actor: Actor::Person(self.payer),
            correlation_id: self.correlation_id,
            now: self.now,
        };
        Ok((outbox::enqueue(tx, new).await?, Some(request.creator_profile_id.0)))
    }

    fn running(&self, request: &Model) -> Option<CommandId> {
        let mine = request.payer_profile_id.is_some_and(|payer| payer.0 == self.payer);
        let begun = matches!(request.status.0, QSendStatus::Paying | QSendStatus::Paid);
        request.command_id.map(|id| id.0).filter(|_| mine && begun)
    }
}
