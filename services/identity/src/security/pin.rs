//! `PUT /api/v1/security/pin` and `POST /api/v1/security/pin/remove`: the PIN that confirms payments. Setting a new one
//! lifts the lock of the old: who knows password (and code) need not wait.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Person, Pin, pin};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::{people, person_security, sign_ins};
use gx_types::api::identity::Message;
use gx_types::api::security::{PasswordAndCode, SetPinRequest};
use gx_types::{ErrorCode, SecurityEvent};

use super::{CONFIRM_ERRORS, confirm_both};
use crate::refuse::refused;

/// Declares setting and changing.
pub(crate) fn set_route() -> Handled {
    Route::put("/api/v1/security/pin", "setPin")
        .summary("Set the PIN, or change it")
        .description(
            "Six digits, none that others would try first: all alike, counting up or down, repeated, on the usual lists, or \
             the own birth date.",
        )
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<SetPinRequest>()
        .reply::<Message>(200, "The PIN is set")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::PinInvalidFormat, ErrorCode::PinTooSimple])
        .handle(set)
}

/// Declares removing.
pub(crate) fn remove_route() -> Handled {
    Route::post("/api/v1/security/pin/remove", "removePin")
        .summary("Remove the PIN")
        .description(
            "Payments from the step-up amount on then take a code of the app, or cannot be made without either.",
        )
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<PasswordAndCode>()
        .reply::<Message>(200, "The PIN is removed")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::PinNotSet])
        .handle(remove)
}

async fn set(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<SetPinRequest>,
) -> ApiResult<Json<Message>> {
    Pin::typed(&request.pin).map_err(|code| refused("pin", code))?;
    let row = confirm_both(&app, &person, &request.password, request.code.as_deref()).await?;
    let chosen = Pin::chosen(&request.pin, row.date_of_birth.0).map_err(|code| refused("pin", code))?;
    let hash = chosen.hash(&app, person.profile_id).await?;
    let had =
        person_security::find(app.store().read(), person.profile_id).await?.and_then(|row| row.pin_hash).is_some();
    let event = if had { SecurityEvent::PinChanged } else { SecurityEvent::PinSet };
    change(&app, &person, Some(hash), event).await?;
    Ok(Json(Message { message: "Your PIN is set.".to_owned() }))
}

async fn remove(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<PasswordAndCode>,
) -> ApiResult<Json<Message>> {
    let row = person_security::find(app.store().read(), person.profile_id).await?;
    if row.and_then(|row| row.pin_hash).is_none() {
        return Err(ErrorCode::PinNotSet.into());
    }
    confirm_both(&app, &person, &request.password, request.code.as_deref()).await?;
    change(&app, &person, None, SecurityEvent::PinRemoved).await?;
    Ok(Json(Message { message: "Your PIN is removed.".to_owned() }))
}

async fn change(app: &App, person: &Person, hash: Option<String>, event: SecurityEvent) -> ApiResult<()> {
    let (profile_id, now, subject) = (person.profile_id, app.now(), pin::failure_subject(person.profile_id));
    let note = app.security_note(event, profile_id, None);
    let recorded = note.clone();
    app.store()
        .write(move |tx| {
            let (hash, note) = (hash.clone(), recorded.clone());
            Box::pin(async move {
                people::lock(tx, profile_id).await?;
                person_security::change(tx, profile_id, now, |row| {
                    row.pin_set_at = hash.as_ref().map(|_| now.into());
                    row.pin_hash = hash;
                })
                .await?;
                sign_ins::succeeded(tx, subject).await?;
                note.record(tx).await
            })
        })
        .await
        .map_err(ApiError::from)?;
    note.tell(app).await;
    Ok(())
}
