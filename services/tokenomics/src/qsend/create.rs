//! `POST /api/v1/qsend`: asks for a payment.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_base::limits;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, Idempotency, IdempotencyKey, LedgerUse, Route};
use gx_platform::{App, idempotent, sha256};
use gx_store::entity::qsend_requests::Model;
use gx_store::repo::{payments, qsend};
use gx_store::{Col, Tx};
use gx_types::api::qsend::{QSendCreate, QSendView};
use gx_types::{AccountId, Actor, ErrorCode, ProfileId, QSendId, QSendStatus, Qirat, Timestamp};
use serde::{Deserialize, Serialize};

use super::code::RequestCode;
use super::qr::{QrContent, QrSigner};
use super::view::view;
use crate::payment;
use crate::text;

const ROUTE: &str = "POST /api/v1/qsend";
/// Codes tried before giving up; with a million requests ever made, one collides once in a million.
const CODES_MAX: usize = 5;
/// Requests that a person may have open at one time.
const OPEN_MAX: u64 = 200;

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/qsend", "createQSendRequest")
        .summary("Ask for a payment by code and QR")
        .access(Access::Person)
        .idempotency(Idempotency::Accepted)
        .ledger(LedgerUse::WritesWhilePaused)
        .body::<QSendCreate>()
        .reply::<QSendView>(201, "The request")
        .errors(&[ErrorCode::AccountNotActive, ErrorCode::AccountFrozen, ErrorCode::QSendTooManyOpen])
        .handle(create)
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Created {
    code: String,
}

async fn create(
    State(app): State<App>,
    person: Person,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<QSendCreate>,
) -> ApiResult<(StatusCode, Json<QSendView>)> {
    let new = New::read(&app, &person, &request)?;
    let actor = Actor::Person(person.profile_id);
    let once = idempotent(&app, actor, ROUTE, key.as_ref(), &request, move |tx| {
        let new = new.clone();
        Box::pin(async move { new.insert(tx).await })
    })
    .await?;
    let stored = qsend::by_code(app.store().read(), &once.value.code).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(view(stored, person.profile_id, None, app.now())?)))
}

/// A request whose form is right.
#[derive(Clone)]
struct New {
    request_id: QSendId,
    creator: ProfileId,
    amount: Qirat,
    description: Option<String>,
    reference: Option<String>,
    validity_seconds: u64,
    codes: Vec<RequestCode>,
    signer: QrSigner,
    now: Timestamp,
}

impl New {
    fn read(app: &App, person: &Person, request: &QSendCreate) -> ApiResult<Self> {
        payment::above_zero("amount", request.amount)?;
        let refused = |error| ApiError::fields(vec![error]);
        let validity_seconds = request.validity_seconds.map_or(limits::QSEND_VALIDITY_SECONDS_DEFAULT, u64::from);
        let allowed = limits::QSEND_VALIDITY_SECONDS_MIN..=limits::QSEND_VALIDITY_SECONDS_MAX;
        if !allowed.contains(&validity_seconds) {
            let message = format!("from {} to {} seconds", allowed.start(), allowed.end());
            return Err(ApiError::field("validitySeconds", ErrorCode::FieldInvalid, message));
        }
        let description = text::optional_line("description", request.description.as_deref(), limits::REMARK_CHARS_MAX);
        let reference = text::optional_line("reference", request.reference.as_deref(), limits::REFERENCE_CHARS_MAX);
        Ok(Self {
            request_id: QSendId::from_uuid(app.new_uuid()),
            creator: person.profile_id,
            amount: request.amount,
            description: description.map_err(refused)?,
            reference: reference.map_err(refused)?,
            validity_seconds,
            codes: (0..CODES_MAX).map(|_| RequestCode::random(&**app.entropy())).collect(),
            signer: super::signer(app)?,
            now: app.now(),
        })
    }

    async fn insert(self, tx: &Tx) -> ApiResult<Created> {
        let creator = payments::side_of(tx, self.creator).await?.ok_or(ErrorCode::Unauthorized)?;
        let (account, _) = payment::payer_account(&creator)?;
        if qsend::open_count(tx, self.creator, self.now).await? >= OPEN_MAX {
            let detail = format!("at most {OPEN_MAX} requests can be open at one time");
            return Err(ApiError::new(ErrorCode::QSendTooManyOpen).with_detail(detail));
        }
        let name = creator.name();
        for code in &self.codes {
            if qsend::insert(tx, self.row(code, AccountId::Holder(account), &name)?).await? {
                return Ok(Created { code: code.to_string() });
            }
        }
        Err(ApiError::internal("every code that was drawn is taken"))
    }

    fn row(&self, code: &RequestCode, account: AccountId, creator_name: &str) -> ApiResult<Model> {
        let expires_at = self.now.plus(Duration::from_secs(self.validity_seconds));
        let qr_data = self.signer.sign(&QrContent {
            code,
            amount: self.amount,
            description: self.description.as_deref(),
            reference: self.reference.as_deref(),
            creator_name,
            expires_at,
        });
        Ok(Model {
            request_id: Col(self.request_id),
            request_code: code.to_string(),
            qr_hash: Col(sha256(qr_data.as_bytes())),
            qr_data,
            creator_profile_id: Col(self.creator),
            creator_account_id: Col(account),
            creator_name: creator_name.to_owned(),
            payer_profile_id: None,
            payer_account_id: None,
            payer_name: None,
            amount: Col(self.amount),
            fee: None,
            description: self.description.clone(),
            reference: self.reference.clone(),
            status: Col(QSendStatus::Active),
            validity_seconds: i64::try_from(self.validity_seconds).map_err(ApiError::internal)?,
            command_id: None,
            payment_attempts: 0,
            on_chain_tx_id: None,
            block_number: None,
            failure_code: None,
            failure_reason: None,
            scanned_count: 0,
            last_scanned_at: None,
            created_at: Col(self.now),
            expires_at: Col(expires_at),
            paid_at: None,
            cancelled_at: None,
            updated_at: Col(self.now),
        })
    }
}
