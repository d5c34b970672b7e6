//! Transfers: one person pays another.

pub mod create;
pub(crate) mod status;

use gx_contracts::RefusalCode;
use gx_platform::http::ApiError;
use gx_types::ErrorCode;
use gx_types::api::command::CommandView;

/// The answer for a payment that the ledger has refused: nothing was charged.
#[must_use]
pub(crate) fn refused(view: &CommandView) -> ApiError {
    let failure = view.error.as_ref();
    let refusal = failure.and_then(|failure| RefusalCode::parse(&failure.code));
    let code = match refusal {
        Some(RefusalCode::InsufficientFunds) => ErrorCode::InsufficientFunds,
        Some(RefusalCode::AccountFrozen) => ErrorCode::AccountFrozen,
        Some(RefusalCode::SystemPaused) => ErrorCode::SystemPaused,
        _ => ErrorCode::CommandRefused,
    };
    let message = failure.map_or("The ledger refused it.", |failure| failure.message.as_str());
    ApiError::new(code).with_detail(format!("{message} Nothing was charged (command {}).", view.command_id))
}
