//! `/api/v1/security/totp/*`: switching two-step sign-in on and off, and new backup codes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gx_base::limits::TOTP_SETUP_SECONDS;
use gx_platform::App;
use gx_platform::auth::{BackupCodes, Judged, Person};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_types::api::identity::Message;
use gx_types::api::security::{
    BackupCodesReply, PasswordAndCode, PasswordConfirmation, TotpConfirmRequest, TotpSetupReply,
};
use gx_types::{ErrorCode, SecurityEvent};

use super::{CONFIRM_ERRORS, confirm_both, confirm_password};

/// Declares the beginning.
pub(crate) fn setup_route() -> Handled {
    Route::post("/api/v1/security/totp/setup", "setUpTotp")
        .summary("Two-step sign-in: a new secret")
        .description("Shown once, as text and QR code. It counts only after its first code, which has ten minutes.")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<PasswordConfirmation>()
        .reply::<TotpSetupReply>(200, "The secret")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::SecondFactorOn])
        .handle(set_up)
}

/// Declares the first code.
pub(crate) fn confirm_route() -> Handled {
    Route::post("/api/v1/security/totp/confirm", "confirmTotp")
        .summary("Two-step sign-in: the first code switches it on")
        .description("Answers ten backup codes, shown once.")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<TotpConfirmRequest>()
        .reply::<BackupCodesReply>(200, "It is on")
        .errors(&[
            ErrorCode::SecondFactorOn,
            ErrorCode::SecondFactorOff,
            ErrorCode::SecondFactorInvalid,
            ErrorCode::SecondFactorLocked,
        ])
        .handle(confirm)
}

/// Declares the end.
pub(crate) fn disable_route() -> Handled {
    Route::post("/api/v1/security/totp/disable", "disableTotp")
        .summary("Switch two-step sign-in off")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<PasswordAndCode>()
        .reply::<Message>(200, "It is off")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::SecondFactorOff])
        .handle(disable)
}

/// Declares new backup codes.
pub(crate) fn backup_codes_route() -> Handled {
    Route::post("/api/v1/security/totp/backup-codes", "replaceBackupCodes")
        .summary("New backup codes in the place of the old ones")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<PasswordAndCode>()
        .reply::<BackupCodesReply>(200, "The new codes, shown once")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::SecondFactorOff])
        .handle(replace)
}

async fn set_up(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<PasswordConfirmation>,
) -> ApiResult<Json<TotpSetupReply>> {
    let row = confirm_password(&app, &person, &request.password, "password").await?;
    let owner = person.actor();
    let setup = Arc::new(app.second_factors().new_setup(owner, &row.email)?);
    let (factors, kept) = (app.second_factors().clone(), Arc::clone(&setup));
    app.store()
        .write(move |tx| {
            let (factors, setup) = (factors.clone(), Arc::clone(&kept));
            Box::pin(async move { factors.begin(tx, owner, &setup).await })
        })
        .await?;
    Ok(Json(TotpSetupReply {
        secret: setup.secret.expose().to_owned(),
        uri: setup.uri.expose().to_owned(),
        qr_svg: setup.qr_svg.clone(),
        expires_in: TOTP_SETUP_SECONDS,
    }))
}

async fn confirm(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<TotpConfirmRequest>,
) -> ApiResult<Json<BackupCodesReply>> {
    let owner = person.actor();
    let codes = app.second_factors().new_backup_codes(owner);
    let note = app.security_note(SecurityEvent::TotpOn, person.profile_id, None);
    let (factors, kept, recorded) = (app.second_factors().clone(), codes.clone(), note.clone());
    let judged = app
        .store()
        .write(move |tx| {
            let (factors, codes, note) = (factors.clone(), kept.clone(), recorded.clone());
            let code = request.code.trim().to_owned();
            Box::pin(async move {
                let judged = factors.confirm(tx, owner, &code, &codes).await?;
                if matches!(judged, Judged::Passed(_)) {
                    note.record(tx).await?;
                }
                Ok::<_, ApiError>(judged)
            })
        })
        .await?;
    app.second_factors().answer(judged)?;
    note.tell(&app).await;
    Ok(reply(codes))
}

async fn disable(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<PasswordAndCode>,
) -> ApiResult<Json<Message>> {
    needs_factor(&app, &person).await?;
    confirm_both(&app, &person, &request.password, request.code.as_deref()).await?;
    let owner = person.actor();
    let note = app.security_note(SecurityEvent::TotpOff, person.profile_id, None);
    let (factors, recorded) = (app.second_factors().clone(), note.clone());
    let removed = app
        .store()
        .write(move |tx| {
            let (factors, note) = (factors.clone(), recorded.clone());
            Box::pin(async move {
                let removed = factors.remove(tx, owner).await?;
                if removed {
                    note.record(tx).await?;
                }
                Ok::<_, ApiError>(removed)
            })
        })
        .await?;
    if removed {
        note.tell(&app).await;
    }
    Ok(Json(Message { message: "Two-step sign-in is off.".to_owned() }))
}

async fn replace(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<PasswordAndCode>,
) -> ApiResult<Json<BackupCodesReply>> {
    needs_factor(&app, &person).await?;
    confirm_both(&app, &person, &request.password, request.code.as_deref()).await?;
    let owner = person.actor();
    let codes = app.second_factors().new_backup_codes(owner);
    let note = app.security_note(SecurityEvent::BackupCodesReplaced, person.profile_id, None);
    let (factors, kept, recorded) = (app.second_factors().clone(), codes.clone(), note.clone());
    app.store()
        .write(move |tx| {
            let (factors, codes, note) = (factors.clone(), kept.clone(), recorded.clone());
            Box::pin(async move {
                factors.replace_codes(tx, owner, &codes).await?;
                note.record(tx).await
            })
        })
        .await
        .map_err(ApiError::from)?;
    note.tell(&app).await;
    Ok(reply(codes))
}

/// Both routes are about a second factor that is on, and both take a code of it.
async fn needs_factor(app: &App, person: &Person) -> ApiResult<()> {
    match app.second_factors().state(app.store(), person.actor()).await? {
        Some(_) => Ok(()),
        None => Err(ErrorCode::SecondFactorOff.into()),
    }
}

fn reply(codes: BackupCodes) -> Json<BackupCodesReply> {
    Json(BackupCodesReply { backup_codes: codes.texts })
}
