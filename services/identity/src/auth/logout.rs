//! `POST /api/v1/auth/logout`: ends the session of the request, or the one of the refresh token in the body.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gx_platform::App;
use gx_platform::auth::{Family, Person, Presented, cookie_cleared};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::audit;
use gx_store::repo::sessions;
use gx_types::ErrorCode;
use gx_types::api::identity::{LogoutRequest, Message};

/// Why a session has ended.
const WHY: &str = "signed out";

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/logout", "logout")
        .summary("Sign out")
        .description("Signed out already: answers the same.")
        .access(Access::PersonOptional)
        .limit(RateClass::Login)
        .optional_body::<LogoutRequest>()
        .reply::<Message>(200, "Signed out")
        .errors(&[ErrorCode::SessionRevoked])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    person: Option<Person>,
    request: Option<ApiJson<LogoutRequest>>,
) -> ApiResult<Response> {
    let request = request.map_or(LogoutRequest { refresh_token: None }, |ApiJson(request)| request);
    logout(&app, person.as_ref(), &request).await?;
    let mut response = Json(Message { message: "You are signed out.".to_owned() }).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie_cleared(Family::Person));
    Ok(response)
}

/// Ends the sessions that the request proves to hold.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn logout(app: &App, person: Option<&Person>, request: &LogoutRequest) -> ApiResult<()> {
    let now = app.now();
    let own = person.map(|person| person.session_id);
    let presented = request.refresh_token.as_deref().and_then(Presented::parse);
    let own = own.zip(person.map(|person| person.profile_id));
    let held = app.clone();
    let ended = app
        .store()
        .write(move |tx| {
            let (app, presented) = (held.clone(), presented.clone());
            Box::pin(async move {
                let (mut ended, mut entries) = (Vec::new(), Vec::new());
                if let Some((session_id, profile_id)) = own
                    && sessions::revoke(tx, session_id, WHY, now).await?
                {
                    ended.push(session_id);
                    entries.push(app.session_ended_entry(profile_id, session_id, WHY));
                }
                if let Some(presented) = presented
                    && let Some(row) = sessions::lock(tx, presented.session_id).await?
                    && presented.matches(row.refresh_hash.map(|hash| hash.0))
                    && sessions::revoke(tx, presented.session_id, WHY, now).await?
                {
                    ended.push(presented.session_id);
                    entries.push(app.session_ended_entry(row.profile_id.0, presented.session_id, WHY));
                }
                for entry in entries {
                    audit::append(tx, entry).await?;
                }
                Ok::<_, ApiError>(ended)
            })
        })
        .await?;
    for session_id in ended {
        app.auth().ended(session_id);
    }
    Ok(())
}
