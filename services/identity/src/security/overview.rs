//! `GET /api/v1/security`: how the account is protected.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Person, pin, step_up};
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::{person_security, sign_ins};
use gx_types::api::security::{PinView, SecurityView, TotpView};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/security", "getSecurity")
        .summary("How the account is protected")
        .access(Access::Person)
        .reply::<SecurityView>(200, "Second factor, PIN, confirmation of payments")
        .handle(handle)
}

async fn handle(State(app): State<App>, person: Person) -> ApiResult<Json<SecurityView>> {
    let factor = app.second_factors().state(app.store(), person.actor()).await?;
    let row = person_security::find(app.store().read(), person.profile_id).await?;
    let subject = pin::failure_subject(person.profile_id);
    let locked_until = sign_ins::locked_until(app.store().read(), subject, app.now()).await?;
    let own = row.as_ref().and_then(|row| row.step_up_amount).map(|amount| amount.0);
    let has_pin = row.as_ref().is_some_and(|row| row.pin_hash.is_some());
    let step_up_default = app.settings().step_up_amount;
    Ok(Json(SecurityView {
        totp: TotpView {
            on: factor.is_some(),
            since: factor.map(|factor| factor.since),
            backup_codes_left: factor.map_or(0, |factor| factor.backup_codes_left),
        },
        pin: PinView {
            on: has_pin,
            since: row.as_ref().and_then(|row| row.pin_set_at).map(|at| at.0).filter(|_| has_pin),
            locked_until: locked_until.filter(|_| has_pin),
        },
        step_up_amount: step_up::effective(own, step_up_default),
        step_up_own: own.is_some(),
        step_up_default,
        password_changed_at: row.and_then(|row| row.password_changed_at).map(|at| at.0),
    }))
}
