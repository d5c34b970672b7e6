//! `POST /api/v1/security/objection`: «that was not me», from the mail to the old address after a change of e-mail
//! address. The account gets the old address back, every session ends, and the password is good for nothing, because
//! whoever changed the address knew it: the way in is a new one, by mail to the old address.

use axum::Json;
use axum::extract::State;
use gx_base::{EntropyExt, Secret};
use gx_platform::App;
use gx_platform::auth::Ticket;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::{contact_changes, people, sessions, tickets};
use gx_types::api::identity::Message;
use gx_types::api::security::ObjectionRequest;
use gx_types::{Actor, ErrorCode, SecurityEvent, TicketPurpose};

use super::{ended, owner};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/security/objection", "objectToContactChange")
        .summary("Take a change of e-mail address back, from the old address")
        .access(Access::Public)
        .limit(RateClass::CodeCheck)
        .body::<ObjectionRequest>()
        .reply::<Message>(200, "The old address holds again")
        .errors(&[ErrorCode::TicketInvalid, ErrorCode::StateConflict])
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiJson(request): ApiJson<ObjectionRequest>) -> ApiResult<Json<Message>> {
    let purpose = TicketPurpose::ContactObjection;
    let hash = Ticket::presented(purpose, &request.token).ok_or(ErrorCode::TicketInvalid)?;
    let now = app.now();
    let ticket = tickets::find(app.store().read(), hash, purpose, now).await?.ok_or(ErrorCode::TicketInvalid)?;
    let Actor::Person(profile_id) = ticket.owner.0 else { return Err(ErrorCode::TicketInvalid.into()) };
    // A password that nobody knows, us included.
    let useless = app.passwords().hash(Secret::new(app.entropy().token(32))).await?;
    let note = app.security_note(SecurityEvent::ContactObjected, profile_id, None);
    let recorded = note.clone();
    let gone = app
        .store()
        .write(move |tx| {
            let (useless, note, old) = (useless.clone(), recorded.clone(), ticket.data.clone());
            Box::pin(async move {
                let person = people::lock(tx, profile_id).await?;
                let taken = tickets::take(tx, hash, purpose, now).await?;
                let Some(mut person) = person.filter(|_| taken.is_some()) else {
                    return Err(ApiError::new(ErrorCode::TicketInvalid));
                };
                let normalised = old.to_ascii_lowercase();
                let holder = people::by_email(tx, &normalised).await?;
                if holder.is_some_and(|holder| holder.profile_id.0 != profile_id) {
                    return Err(ApiError::new(ErrorCode::StateConflict)
                        .with_detail("the old address belongs to another account by now"));
                }
                person.email = old;
                person.email_normalised = normalised;
                person.password_hash = useless;
                person.updated_at = now.into();
                people::save(tx, person).await?;
                contact_changes::end_all(tx, profile_id).await?;
                // Older objections would set the address back to what came before; they are answered by this one.
                for purpose in
                    [TicketPurpose::ContactObjection, TicketPurpose::PasswordReset, TicketPurpose::SecondStep]
                {
                    tickets::take_back(tx, owner(profile_id), purpose).await?;
                }
                let gone = sessions::revoke_all(tx, profile_id, None, "a change was objected to", now).await?;
                note.after("sessionsEnded", gone.len()).record(tx).await?;
                Ok(gone)
            })
        })
        .await?;
    ended(&app, gone);
    note.tell(&app).await;
    Ok(Json(Message {
        message: "Your old address holds again, and every session is ended. Now set a new password.".to_owned(),
    }))
}
