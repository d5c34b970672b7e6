//! `/api/v1/security/sessions`: where one is signed in, and ending it.

use axum::Json;
use axum::extract::State;
use gx_base::limits::DEVICE_NAME_CHARS_MAX;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::sessions::{self, Session};
use gx_store::{StoreError, audit};
use gx_types::api::identity::Message;
use gx_types::api::security::{RenameDeviceRequest, SessionView, SessionsEnded, SessionsReply};
use gx_types::{ErrorCode, SessionId};

use super::ended;
use gx_platform::auth::device::{device_name, place};

/// Why a session has ended.
const WHY: &str = "ended by its owner";
/// Sessions in the list at most.
const LISTED_MAX: u64 = 100;

/// Declares the list.
pub(crate) fn list_route() -> Handled {
    Route::get("/api/v1/security/sessions", "listSessions")
        .summary("Where you are signed in")
        .access(Access::Person)
        .reply::<SessionsReply>(200, "The session that asks first, then by last use")
        .handle(list)
}

/// Declares naming.
pub(crate) fn rename_route() -> Handled {
    Route::patch("/api/v1/security/sessions/{sessionId}", "renameDevice")
        .summary("Give a device a name")
        .access(Access::Person)
        .param::<SessionId>("sessionId", "One of your sessions")
        .body::<RenameDeviceRequest>()
        .reply::<SessionsReply>(200, "The sessions")
        .handle(rename)
}

/// Declares ending one.
pub(crate) fn revoke_route() -> Handled {
    Route::delete("/api/v1/security/sessions/{sessionId}", "revokeSession")
        .summary("End a session")
        .description("The own one too: that is signing out.")
        .access(Access::Person)
        .param::<SessionId>("sessionId", "One of your sessions")
        .reply::<Message>(200, "It is ended")
        .handle(revoke)
}

/// Declares ending the others.
pub(crate) fn revoke_others_route() -> Handled {
    Route::post("/api/v1/security/sessions/revoke-others", "revokeOtherSessions")
        .summary("End every session but this one")
        .access(Access::Person)
        .reply::<SessionsEnded>(200, "They are ended")
        .handle(revoke_others)
}

async fn list(State(app): State<App>, person: Person) -> ApiResult<Json<SessionsReply>> {
    listed(&app, &person).await.map(Json)
}

async fn listed(app: &App, person: &Person) -> ApiResult<SessionsReply> {
    let rows = sessions::open_of(app.store().read(), person.profile_id, app.now(), LISTED_MAX).await?;
    let mut views: Vec<SessionView> = rows.into_iter().map(|row| view(row, person.session_id)).collect();
    // A stable sort: the rest stays by last use.
    views.sort_by_key(|view| !view.current);
    Ok(SessionsReply { sessions: views })
}

fn view(row: Session, current: SessionId) -> SessionView {
    SessionView {
        session_id: row.session_id.0,
        named: row.device_name.is_some(),
        device_name: row.device_name.unwrap_or_else(|| device_name(row.user_agent.as_deref())),
        transport: row.transport.0,
        place: place(row.ip.as_deref()),
        created_at: row.created_at.0,
        last_seen_at: row.last_used_at.0,
        expires_at: row.expires_at.0,
        current: row.session_id.0 == current,
    }
}

async fn rename(
    State(app): State<App>,
    person: Person,
    ApiPath(session_id): ApiPath<SessionId>,
    ApiJson(request): ApiJson<RenameDeviceRequest>,
) -> ApiResult<Json<SessionsReply>> {
    let name = request.name.trim().to_owned();
    if name.chars().count() > DEVICE_NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let message = "A name has at most 60 characters, none of them control characters.";
        return Err(ApiError::field("name", ErrorCode::FieldInvalid, message));
    }
    let (profile_id, name) = (person.profile_id, Some(name).filter(|name| !name.is_empty()));
    let known = app
        .store()
        .write(move |tx| {
            let name = name.clone();
            Box::pin(async move { sessions::name_device(tx, profile_id, session_id, name).await })
        })
        .await
        .map_err(ApiError::from)?;
    if !known {
        return Err(ApiError::not_found());
    }
    listed(&app, &person).await.map(Json)
}

async fn revoke(
    State(app): State<App>,
    person: Person,
    ApiPath(session_id): ApiPath<SessionId>,
) -> ApiResult<Json<Message>> {
    let (profile_id, now) = (person.profile_id, app.now());
    let entry = app.session_ended_entry(profile_id, session_id, WHY);
    let revoked = app
        .store()
        .write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move {
                let own = sessions::lock(tx, session_id).await?.is_some_and(|row| row.profile_id.0 == profile_id);
                let revoked = own && sessions::revoke(tx, session_id, WHY, now).await?;
                if revoked {
                    audit::append(tx, entry).await?;
                }
                Ok::<_, StoreError>(revoked)
            })
        })
        .await
        .map_err(ApiError::from)?;
    if !revoked {
        return Err(ApiError::not_found());
    }
    ended(&app, [session_id]);
    Ok(Json(Message { message: "The session is ended.".to_owned() }))
}

async fn revoke_others(State(app): State<App>, person: Person) -> ApiResult<Json<SessionsEnded>> {
    let (profile_id, session_id, now) = (person.profile_id, person.session_id, app.now());
    let held = app.clone();
    let gone = app
        .store()
        .write(move |tx| {
            let app = held.clone();
            Box::pin(async move {
                let gone = sessions::revoke_all(tx, profile_id, Some(session_id), WHY, now).await?;
                for ended in &gone {
                    audit::append(tx, app.session_ended_entry(profile_id, *ended, WHY)).await?;
                }
                Ok::<_, StoreError>(gone)
            })
        })
        .await
        .map_err(ApiError::from)?;
    let count = gone.len() as u64;
    ended(&app, gone);
    Ok(Json(SessionsEnded { ended: count }))
}
