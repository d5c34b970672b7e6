//! Beginning a session, whatever proved that it is the person: password, code, or a registration that is complete. And
//! recognising a device that was not used before.

use gx_base::limits::ACCESS_TOKEN_SECONDS;
use gx_platform::App;
use gx_platform::auth::{NewSession, Origin, Passed};
use gx_platform::http::{ApiError, ApiResult};
use gx_store::repo::people::Person;
use gx_store::repo::{people, sessions, sign_ins};
use gx_store::{StoreError, Tx, audit};
use gx_types::api::identity::{SessionGranted, Transport};
use gx_types::{Actor, AuditEvent, ProfileId, SecurityEvent, Sha256Hex};

use super::carry::{Carried, carry, session_row};
use crate::users::summary;
use gx_platform::auth::device::{described, same_device};

/// Sessions that are looked at to recognise a device.
const KNOWN_SESSIONS_MAX: u64 = 200;

/// Begins a session for a person who has proved everything that was asked, and forgets the failures of `subject`.
/// `second_step` is what the second step was passed with, where there was one.
///
/// # Errors
/// 503 when the database is out of reach.
pub(crate) async fn begin(
    app: &App,
    person: &Person,
    transport: Transport,
    origin: &Origin,
    subject: Sha256Hex,
    second_step: Option<Passed>,
) -> ApiResult<(SessionGranted, Carried)> {
    let now = app.now();
    let profile_id = person.profile_id.0;
    let session = NewSession::begin(transport.into(), &**app.clock(), &**app.entropy());
    let row = session_row(&session, profile_id, origin, now);
    let note = app.security_note(SecurityEvent::NewDevice, profile_id, Some(described(origin)));
    let shown = match second_step {
        None => "none",
        Some(Passed::Totp) => "code",
        Some(Passed::BackupCode) => "backup code",
    };
    let entry = app
        .person_entry(AuditEvent::PersonSignedIn, Actor::Person(profile_id), profile_id)
        .after("session", session.session_id)
        .after("secondFactor", shown);
    let (recorded, seen_from) = (note.clone(), origin.clone());
    let is_new = app
        .store()
        .write(move |tx| {
            let (row, note, origin, entry) = (row.clone(), recorded.clone(), seen_from.clone(), entry.clone());
            Box::pin(async move {
                let is_new = !is_known_device(tx, profile_id, &origin).await?;
                sign_ins::succeeded(tx, subject).await?;
                people::signed_in(tx, profile_id, now).await?;
                sessions::insert(tx, row).await?;
                audit::append(tx, entry).await?;
                if is_new {
                    note.record(tx).await?;
                }
                Ok::<_, StoreError>(is_new)
            })
        })
        .await
        .map_err(ApiError::from)?;
    if is_new {
        note.tell(app).await;
    }
    let carried = carry(app, &session, profile_id).await?;
    let granted = SessionGranted {
        access_token: carried.access_token.clone(),
        refresh_token: carried.refresh_token.clone(),
        csrf_token: carried.csrf_token.clone(),
        expires_in: ACCESS_TOKEN_SECONDS,
        user: summary(person),
    };
    Ok((granted, carried))
}

/// Whether the person has signed in like this before. Nobody has before the first session, and nobody need be told then.
async fn is_known_device(tx: &Tx, person: ProfileId, origin: &Origin) -> Result<bool, StoreError> {
    let known = sessions::origins_of(tx, person, KNOWN_SESSIONS_MAX).await?;
    Ok(known.is_empty() || known.iter().any(|(ip, agent)| same_device(ip.as_deref(), agent.as_deref(), origin)))
}
