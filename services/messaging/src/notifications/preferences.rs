//! `/api/v1/notifications/preferences`: how a person wants to be told, kind by kind.
//!
//! What concerns money, security and the approval is always shown in the wallet; mail is sent of what was chosen.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, Route};
use gx_store::Col;
use gx_store::repo::notification_preferences::{self, Preference};
use gx_types::api::conveniences::{PreferenceView, PreferencesReply, PreferencesRequest};
use gx_types::{ErrorCode, FieldError, NotificationKind};

pub(crate) fn read_route() -> Handled {
    Route::get("/api/v1/notifications/preferences", "readNotificationPreferences")
        .summary("How one is told, kind by kind")
        .access(Access::Person)
        .reply::<PreferencesReply>(200, "Every kind")
        .handle(async |State(app): State<App>, person: Person| -> ApiResult<Json<PreferencesReply>> {
            let rows = notification_preferences::of_person(app.store().read(), person.profile_id).await?;
            Ok(Json(view(&rows)))
        })
}

pub(crate) fn change_route() -> Handled {
    Route::put("/api/v1/notifications/preferences", "setNotificationPreferences")
        .summary("Choose how to be told")
        .description("Kinds that are not named stay as they are. Money, security and the approval are always shown in the wallet.")
        .access(Access::Person)
        .body::<PreferencesRequest>()
        .reply::<PreferencesReply>(200, "Every kind as it is now")
        .handle(change)
}

async fn change(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<PreferencesRequest>,
) -> ApiResult<Json<PreferencesReply>> {
    // 1. Each kind once, and nothing left out that must be shown.
    let mut faults = Vec::new();
    let mut fault = |field: String, message: &str| {
        faults.push(FieldError { field, code: ErrorCode::FieldInvalid, message: message.to_owned() });
    };
    if request.preferences.is_empty() {
        fault("preferences".to_owned(), "name at least one kind");
    }
    let mut seen = BTreeSet::new();
    for (index, choice) in request.preferences.iter().enumerate() {
        if !seen.insert(choice.kind) {
            fault(format!("preferences[{index}].type"), "this kind is named twice");
        }
        if choice.in_app == Some(false) && !choice.kind.can_be_silenced() {
            fault(format!("preferences[{index}].inApp"), "this is always shown in the wallet");
        }
    }
    if !faults.is_empty() {
        return Err(ApiError::fields(faults));
    }

    // 2. The rows.
    let (me, now) = (person.profile_id, app.now());
    app.store()
        .write(move |tx| {
            let choices = request.preferences.clone();
            Box::pin(async move {
                let rows = notification_preferences::of_person(tx, me).await?;
                for choice in choices {
                    let row = rows.iter().find(|row| row.kind.0 == choice.kind);
                    let had_mail = row.is_some_and(|row| row.mail);
                    let mail = choice.mail.unwrap_or(had_mail);
                    let since = row.and_then(|row| row.mail_since).filter(|_| had_mail);
                    let row = Preference {
                        profile_id: Col(me),
                        kind: Col(choice.kind),
                        in_app: choice.in_app.or(row.map(|row| row.in_app)).unwrap_or(true),
                        mail,
                        // What happened before is not sent.
                        mail_since: mail.then(|| since.unwrap_or(Col(now))),
                        updated_at: Col(now),
                    };
                    notification_preferences::save(tx, row).await?;
                }
                Ok::<_, ApiError>(())
            })
        })
        .await?;
    let rows = notification_preferences::of_person(app.store().read(), me).await?;
    Ok(Json(view(&rows)))
}

fn view(rows: &[Preference]) -> PreferencesReply {
    let of = |kind: &NotificationKind| {
        let row = rows.iter().find(|row| row.kind.0 == *kind);
        PreferenceView {
            kind: *kind,
            in_app: row.is_none_or(|row| row.in_app),
            in_app_optional: kind.can_be_silenced(),
            mail: row.is_some_and(|row| row.mail),
        }
    };
    PreferencesReply { preferences: NotificationKind::ALL.iter().map(of).collect() }
}
