//! Step-up: from an amount on, a session alone does not pay. What else is asked for is decided here, for every service.
//!
//! People have a PIN for it; without one, the code of their second factor; without either they are told to set a PIN
//! first. A proof travels with the payment, or is traded once for a grant that holds for five minutes in the session
//! that got it.

use std::time::Duration;

use gx_base::limits::STEP_UP_GRANT_SECONDS;
use gx_store::Tx;
use gx_store::repo::person_security::{self, PersonSecurity, StepUpFacts};
use gx_store::repo::tickets;
use gx_types::api::security::StepUp;
use gx_types::{Actor, ErrorCode, ProfileId, Qirat, TicketPurpose};

use super::{Person, Pin, Ticket};
use crate::App;
use crate::http::{ApiError, ApiResult};

/// Whether a payment of `amount` by `payer` may go on; `proved` says that a proof that came with it was right. Call it
/// in the transaction of the payment.
///
/// # Errors
/// 403 with what to ask the person for: `STEP_UP_PIN_REQUIRED`, `STEP_UP_CODE_REQUIRED`, `STEP_UP_SETUP_REQUIRED`.
pub async fn check(app: &App, tx: &Tx, payer: ProfileId, amount: Qirat, proved: bool) -> ApiResult<()> {
    if proved {
        return Ok(());
    }
    let security = person_security::find(tx, payer).await?;
    check_known(tx, payer, amount, security.as_ref(), app.settings().step_up_amount).await
}

/// The same for a payment without a proof whose payer's row was read already; `platform` is the amount from which the
/// platform asks.
///
/// # Errors
/// As [`check`].
pub async fn check_known(
    tx: &Tx,
    payer: ProfileId,
    amount: Qirat,
    security: Option<&PersonSecurity>,
    platform: Qirat,
) -> ApiResult<()> {
    let from = effective(security.and_then(|row| row.step_up_amount).map(|own| own.0), platform);
    if amount < from {
        return Ok(());
    }
    let facts = person_security::step_up_facts(tx, payer).await?;
    let detail = if from.is_zero() {
        "every payment needs it, as you have set".to_owned()
    } else {
        format!("payments from {} on need it", from.display_gx())
    };
    Err(ApiError::new(asked(&facts)).with_detail(detail))
}

/// The amount from which a payment needs more than a session: the person's own, which is never above the platform's.
#[must_use]
pub fn effective(own: Option<Qirat>, platform: Qirat) -> Qirat {
    own.map_or(platform, |own| own.min(platform))
}

fn asked(facts: &StepUpFacts) -> ErrorCode {
    match (&facts.pin_hash, facts.has_second_factor) {
        (Some(_), _) => ErrorCode::StepUpPinRequired,
        (None, true) => ErrorCode::StepUpCodeRequired,
        (None, false) => ErrorCode::StepUpSetupRequired,
    }
}

/// Whether an answer asks for a proof.
#[must_use]
pub const fn is_asked(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::StepUpPinRequired | ErrorCode::StepUpCodeRequired | ErrorCode::StepUpSetupRequired)
}

/// Looks at a proof.
///
/// # Errors
/// 400 for a wrong PIN or code, 429 while they are locked, 403 for a grant that is none, for the wrong kind of proof,
/// and when there is nothing to prove with.
pub async fn prove(app: &App, person: &Person, proof: &StepUp) -> ApiResult<()> {
    let facts = person_security::step_up_facts(app.store().read(), person.profile_id).await?;
    match (&proof.pin, &proof.code, &proof.grant) {
        (Some(pin), None, None) => {
            let Some(stored) = facts.pin_hash else { return Err(asked(&facts).into()) };
            let pin =
                Pin::typed(pin).map_err(|code| ApiError::new(code).with_field("stepUp.pin", code, code.title()))?;
            pin.prove(app, person.profile_id, stored, "stepUp.pin").await
        }
        (None, Some(code), None) => {
            if facts.pin_hash.is_some() || !facts.has_second_factor {
                return Err(asked(&facts).into());
            }
            let passed = app.prove_second_factor(person.profile_id, code).await;
            passed.map(drop).map_err(|error| match error.code() {
                code @ ErrorCode::SecondFactorInvalid => {
                    ApiError::new(code).with_field("stepUp.code", code, code.title())
                }
                _ => error,
            })
        }
        (None, None, Some(grant)) => {
            let refused = || ApiError::new(ErrorCode::StepUpInvalid);
            let hash = Ticket::presented(TicketPurpose::StepUp, grant).ok_or_else(refused)?;
            let row = tickets::find(app.store().read(), hash, TicketPurpose::StepUp, app.now()).await?;
            let row = row.ok_or_else(refused)?;
            let own = row.owner.0 == person.actor() && row.data == person.session_id.to_string();
            if own { Ok(()) } else { Err(refused()) }
        }
        _ => Err(ApiError::field("stepUp", ErrorCode::FieldInvalid, "a proof is exactly one of pin, code and grant")),
    }
}

/// Trades a PIN or a code for a grant.
///
/// # Errors
/// As [`prove`].
pub async fn grant(app: &App, person: &Person, proof: &StepUp) -> ApiResult<Ticket> {
    if proof.grant.is_some() {
        return Err(ApiError::field("grant", ErrorCode::FieldInvalid, "a grant cannot be traded for another"));
    }
    prove(app, person, proof).await?;
    let life = Duration::from_secs(STEP_UP_GRANT_SECONDS);
    let owner = Actor::Person(person.profile_id);
    let ticket = Ticket::new(TicketPurpose::StepUp, owner, life, app.now(), &**app.entropy())
        .with_data(person.session_id.to_string());
    let row = ticket.row.clone();
    app.store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move { tickets::insert(tx, row).await })
        })
        .await
        .map_err(ApiError::from)?;
    Ok(ticket)
}
