//! `PUT /api/v1/security/step-up-amount`: from which amount payments must be confirmed. A person may be stricter than
//! the platform, never laxer.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Person, step_up};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::Col;
use gx_store::repo::{people, person_security};
use gx_types::api::identity::Message;
use gx_types::api::security::StepUpAmountRequest;
use gx_types::{ErrorCode, SecurityEvent};

use super::{CONFIRM_ERRORS, confirm_password};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::put("/api/v1/security/step-up-amount", "setStepUpAmount")
        .summary("From which amount payments must be confirmed")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<StepUpAmountRequest>()
        .reply::<Message>(200, "It holds from the next payment on")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::StepUpAmountTooHigh])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<StepUpAmountRequest>,
) -> ApiResult<Json<Message>> {
    let platform = app.settings().step_up_amount;
    if request.amount.is_some_and(|amount| amount > platform) {
        let code = ErrorCode::StepUpAmountTooHigh;
        let detail = format!("at most {}", platform.display_gx());
        return Err(ApiError::new(code).with_detail(detail).with_field("amount", code, code.title()));
    }
    confirm_password(&app, &person, &request.password, "password").await?;
    let (profile_id, now, amount) = (person.profile_id, app.now(), request.amount);
    let from = step_up::effective(amount, platform);
    let detail = if from.is_zero() {
        "Every payment must be confirmed now.".to_owned()
    } else {
        format!("It is {} now.", from.display_gx())
    };
    let note = app.security_note(SecurityEvent::StepUpChanged, profile_id, Some(detail.clone())).after("amount", from);
    let recorded = note.clone();
    app.store()
        .write(move |tx| {
            let note = recorded.clone();
            Box::pin(async move {
                people::lock(tx, profile_id).await?;
                person_security::change(tx, profile_id, now, |row| row.step_up_amount = amount.map(Col)).await?;
                note.record(tx).await
            })
        })
        .await
        .map_err(ApiError::from)?;
    note.tell(&app).await;
    Ok(Json(Message { message: detail }))
}
