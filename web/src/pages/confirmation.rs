//! What a payment asks for beside the session: nothing, the PIN, a code of the app, or to set a PIN first.

use gx_types::api::security::{SecurityView, StepUp};
use gx_types::{ErrorCode, Qirat};

use super::session::Signed;
use super::settings::security;
use crate::error::PageResult;
use crate::view::Form;

/// The name of both fields begins with where they stand in the request, so that a refusal finds them.
pub(super) const FIELDS: [&str; 2] = ["stepUp.pin", "stepUp.code"];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Nothing,
    Pin,
    Code,
    Setup,
}

impl Asks {
    pub(super) fn pin(&self) -> bool {
        *self == Self::Pin
    }

    pub(super) fn code(&self) -> bool {
        *self == Self::Code
    }

    pub(super) fn setup(&self) -> bool {
        *self == Self::Setup
    }
}

/// What a payment of `amount` asks for.
pub(super) async fn asks(signed: &Signed, amount: Qirat) -> PageResult<Asks> {
    Ok(judged(&security(signed).await?, amount))
}

fn judged(view: &SecurityView, amount: Qirat) -> Asks {
    if amount < view.step_up_amount {
        Asks::Nothing
    } else if view.pin.on {
        Asks::Pin
    } else if view.totp.on {
        Asks::Code
    } else {
        Asks::Setup
    }
}

/// The proof that came with a form.
pub(super) fn proof(form: &Form) -> Option<StepUp> {
    let (pin, code) = (form.optional(FIELDS[0]), form.optional(FIELDS[1]));
    (pin.is_some() || code.is_some()).then_some(StepUp { pin, code, grant: None })
}

/// Whether the API wants a proof, or says that there is none to give.
pub(super) const fn is_asked(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::StepUpPinRequired | ErrorCode::StepUpCodeRequired | ErrorCode::StepUpSetupRequired)
}
