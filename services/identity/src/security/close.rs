//! `POST /api/v1/security/close`: closing the account, by its owner and for good.
//!
//! Only an empty account can be closed, with nothing under way, so that no coins are stranded. What the law or the
//! ledger keeps is named.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::outbox;
use gx_store::repo::{avatars, contact_changes, payments, people, sessions, tickets};
use gx_types::api::security::{AccountClosedReply, PasswordAndCode};
use gx_types::{ErrorCode, PersonChange, PersonStatus, SecurityEvent, TicketPurpose};

use super::{CONFIRM_ERRORS, confirm_both, ended, owner};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/security/close", "closeAccount")
        .summary("Close the account")
        .description(
            "For good: nobody can sign in to it again, and its address and number are not free for another account. \
             Refused while it holds coins, and while something is on its way to the ledger.",
        )
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<PasswordAndCode>()
        .reply::<AccountClosedReply>(200, "The account is closed, every session is ended")
        .errors(CONFIRM_ERRORS)
        .errors(&[ErrorCode::AccountNotEmpty, ErrorCode::CommandsPending, ErrorCode::StateConflict])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<PasswordAndCode>,
) -> ApiResult<Json<AccountClosedReply>> {
    let row = confirm_both(&app, &person, &request.password, request.code.as_deref()).await?;
    let (profile_id, now, address) = (person.profile_id, app.now(), row.email);
    let note = app.security_note(SecurityEvent::AccountClosed, profile_id, None);
    let recorded = note.clone();
    let (gone, picture) = app
        .store()
        .write(move |tx| {
            let note = recorded.clone();
            Box::pin(async move {
                // 1. Nothing may be left behind. Payments of the person wait for this lock.
                payments::lock_payer(tx, profile_id).await?;
                let side = payments::side_of(tx, profile_id).await?.ok_or(ErrorCode::SessionRevoked)?;
                if side.status == PersonStatus::Frozen {
                    return Err(ApiError::new(ErrorCode::StateConflict)
                        .with_detail("a frozen account is closed by an administrator"));
                }
                let under_way = outbox::under_way(tx, profile_id, side.gx_id).await?;
                if !under_way.is_empty() {
                    let detail = format!("under way: {}", under_way.join(", "));
                    return Err(ApiError::new(ErrorCode::CommandsPending).with_detail(detail));
                }
                if let Some(figures) = side.account.filter(|figures| !figures.settled.is_zero()) {
                    let detail = format!("{} are left", figures.settled.display_gx());
                    return Err(ApiError::new(ErrorCode::AccountNotEmpty).with_detail(detail));
                }

                // 2. The end.
                people::change_state(tx, profile_id, PersonChange::Close, now).await?.ok_or_else(|| {
                    ApiError::new(ErrorCode::StateConflict).with_detail("wait until the review is decided")
                })?;
                contact_changes::end_all(tx, profile_id).await?;
                for purpose in TicketPurpose::ALL {
                    tickets::take_back(tx, owner(profile_id), *purpose).await?;
                }
                let picture = avatars::take(tx, profile_id).await?;
                let gone = sessions::revoke_all(tx, profile_id, None, "the account was closed", now).await?;
                let note = note.before("status", side.status).after("status", PersonStatus::Closed);
                note.after("sessionsEnded", gone.len()).record(tx).await?;
                Ok((gone, picture))
            })
        })
        .await?;
    ended(&app, gone);
    note.tell_at(&app, address).await;
    if let Some(key) = picture {
        crate::users::avatar::forget(&app, &key).await;
    }
    Ok(Json(AccountClosedReply {
        message: "Your account is closed. Nobody can sign in to it any more.".to_owned(),
        kept: vec![
            "The ledger keeps every payment and your GX id for ever; nobody can change a ledger.".to_owned(),
            "Your profile and documents are kept as long as the law asks of a payment service; nobody uses them for \
             anything else."
                .to_owned(),
            "Your e-mail address and phone number stay taken, so that nobody can pass for you.".to_owned(),
            "Your picture is deleted now.".to_owned(),
        ],
    }))
}
