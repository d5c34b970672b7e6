//! Q Send: requests for payment by code and QR.
//!
//! ```text
//! ACTIVE ──pay──▶ PAYING ──settled──▶ PAID          (the last step by the projector)
//!   │  ▲            │
//!   │  └──refused───┤                               (by the reaction to the refusal, the reason kept)
//!   │               └──refused, time is up──▶ EXPIRED
//!   ├──time is up──▶ EXPIRED                        (on every read at once, in the row by the sweep)
//!   └──cancel──▶ CANCELLED
//! ```

pub(crate) mod cancel;
pub mod code;
pub(crate) mod create;
pub(crate) mod dashboard;
pub(crate) mod list;
pub(crate) mod pay;
pub mod qr;
pub(crate) mod read;
pub mod sweep;
pub(crate) mod verify;
pub(crate) mod view;

use gx_platform::App;
use gx_platform::http::ApiResult;
use gx_store::entity::qsend_requests::Model;
use gx_types::{ErrorCode, QSendStatus, Timestamp};

use self::qr::QrSigner;
use self::view::status_at;

/// The signer of the environment's QR texts.
pub(crate) fn signer(app: &App) -> ApiResult<QrSigner> {
    Ok(QrSigner::new(&app.derive_key(&QrSigner::purpose(app.env()))?))
}

/// Why nobody can pay a request now; `None` when one can.
pub(crate) fn why_not_payable(request: &Model, now: Timestamp) -> Option<ErrorCode> {
    match status_at(request, now) {
        QSendStatus::Active => None,
        QSendStatus::Paying | QSendStatus::Paid => Some(ErrorCode::QSendAlreadyPaid),
        QSendStatus::Expired => Some(ErrorCode::QSendExpired),
        QSendStatus::Cancelled => Some(ErrorCode::QSendCancelled),
    }
}
