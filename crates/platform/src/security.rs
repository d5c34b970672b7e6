//! Telling people what happened to the security of their account: a notice in the wallet and an entry in the audit
//! chain, written with the change, and a mail after it.
//!
//! The mail goes out after the transaction and is not waited for where a mail server is asked: a slow one must not slow
//! a login down. That it is to be sent is written with the notice, so what was not sent is sent later, by the job that
//! sends mails about notifications; it goes out whatever the person has chosen for others.

use std::time::Duration;

use gx_base::Secret;
use gx_store::audit::{self, AuditEntry, Facts};
use gx_store::repo::notifications::{self, Notice};
use gx_store::repo::{notification_preferences, people};
use gx_store::{StoreError, Tx};
use gx_types::{
    Actor, AuditEvent, AuditObject, CorrelationId, MailState, NotificationId, NotificationKind, ProfileId,
    SecurityEvent, SessionId, Timestamp,
};

use crate::App;
use crate::auth::{Judged, Passed};
use crate::bus::BusMessage;
use crate::http::{ApiError, ApiResult, current_correlation};
use crate::mail::MailMessage;

/// How long the sender of a mail may take before somebody else sends it.
const MAIL_LEASE: Duration = Duration::from_secs(120);

/// Something that happened to the security of a person's account. Record it with the change, tell it after.
#[derive(Debug, Clone)]
#[must_use = "record it in the transaction of the change, and tell it afterwards"]
pub struct SecurityNote {
    event: SecurityEvent,
    profile_id: ProfileId,
    notification_id: NotificationId,
    detail: Option<String>,
    before: Facts,
    after: Facts,
    correlation_id: CorrelationId,
    now: Timestamp,
}

impl App {
    /// A note of something that happens now; `detail` says more in a few words, for example which device.
    pub fn security_note(&self, event: SecurityEvent, profile_id: ProfileId, detail: Option<String>) -> SecurityNote {
        let notification_id = NotificationId::from_uuid(self.new_uuid());
        SecurityNote {
            event,
            profile_id,
            notification_id,
            detail,
            before: Facts::new(),
            after: Facts::new(),
            correlation_id: current_correlation(),
            now: self.now(),
        }
    }

    /// An entry in the audit chain about a person, for events that they need not be told of. Append it with
    /// [`gx_store::audit::append`], last in the transaction of what it tells of.
    #[must_use]
    pub fn person_entry(&self, event: AuditEvent, actor: Actor, profile_id: ProfileId) -> AuditEntry {
        AuditEntry::new(event, actor, AuditObject::Person(profile_id), current_correlation(), self.now())
    }

    /// The entry that tells of the end of a person's session.
    #[must_use]
    pub fn session_ended_entry(&self, profile_id: ProfileId, session_id: SessionId, why: &str) -> AuditEntry {
        let object = AuditObject::Session(session_id);
        let (event, actor) = (AuditEvent::PersonSignedOut, Actor::Person(profile_id));
        AuditEntry::new(event, actor, object, current_correlation(), self.now()).after("reason", why)
    }
}

impl SecurityNote {
    /// Adds to the audit entry what was so before: states and figures, no names, addresses or numbers.
    pub fn before(mut self, name: &str, value: impl ToString) -> Self {
        self.before.insert(name.to_owned(), value.to_string());
        self
    }

    /// Adds to the audit entry what is so now.
    pub fn after(mut self, name: &str, value: impl ToString) -> Self {
        self.after.insert(name.to_owned(), value.to_string());
        self
    }

    /// Writes the notice and the audit entry, in the transaction of the change. Do it last there: whoever appends to the
    /// chain next waits for the transaction to end.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn record(&self, tx: &Tx) -> Result<(), StoreError> {
        notifications::tell(
            tx,
            Notice {
                notification_id: self.notification_id,
                profile_id: self.profile_id,
                kind: NotificationKind::SecurityAlert,
                title: self.event.title(),
                message: self.message(),
                action_url: Some("/settings/security".to_owned()),
                now: self.now,
            },
        )
        .await?;
        notification_preferences::begin_mail(tx, self.notification_id, self.now, self.now.plus(MAIL_LEASE)).await?;
        let actor = if self.event.is_by_the_person() { Actor::Person(self.profile_id) } else { Actor::Platform };
        let object = AuditObject::Person(self.profile_id);
        let mut entry = AuditEntry::new(self.event.audit(), actor, object, self.correlation_id, self.now);
        (entry.before, entry.after) = (self.before.clone(), self.after.clone());
        audit::append(tx, entry).await?;
        Ok(())
    }

    /// Tells it: on the bus, and by mail to the person's address.
    pub async fn tell(self, app: &App) {
        match people::find(app.store().read(), self.profile_id).await {
            Ok(Some(person)) => self.tell_at(app, person.email).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a person could not be told of a security event by mail"),
        }
    }

    /// As [`Self::tell`], to an address that need not be the person's any more.
    pub async fn tell_at(self, app: &App, address: String) {
        let (profile_id, notification_id) = (self.profile_id, self.notification_id);
        app.bus().publish(&BusMessage::Notified { profile_id, notification_id });
        let mail = self.letter(app, address, "");
        if crate::mailbox::is_test_address(app.env(), &mail.to) {
            deliver(app, notification_id, &mail).await;
        } else {
            let app = app.clone();
            tokio::spawn(async move { deliver(&app, notification_id, &mail).await });
        }
    }

    /// Writes and tells it at once, where the change itself is written already.
    ///
    /// # Errors
    /// 503 when the database is out of reach.
    pub async fn write_and_tell(self, app: &App) -> ApiResult<()> {
        let note = self.clone();
        app.store()
            .write(move |tx| {
                let note = note.clone();
                Box::pin(async move { note.record(tx).await })
            })
            .await
            .map_err(ApiError::from)?;
        self.tell(app).await;
        Ok(())
    }

    /// The mail; `more` is a paragraph of its own, empty for none.
    #[must_use]
    pub fn letter(&self, app: &App, to: String, more: &str) -> MailMessage {
        let wallet = app.settings().public_url.trim_end_matches('/');
        let more = if more.is_empty() { String::new() } else { format!("{more}\n\n") };
        let text = format!(
            "{}\n\nTime: {}\n\n{more}If this was you, there is nothing to do. If it was not, sign in at once, end the other \
             sessions and choose a new password:\n\n{wallet}/settings/security\n\nCan you not get in? {wallet}/forgot \
             makes you a new password.\n\nNobody from GX will ever ask you for a password, a PIN or a code.\n",
            self.message(),
            self.now.rfc3339(),
        );
        MailMessage { to, subject: format!("GX: {}", self.event.title()), text }
    }

    fn message(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{} {detail}", self.event.text()),
            None => self.event.text().to_owned(),
        }
    }
}

/// Sends the mail of a notice. What is not sent, or whose sender was killed, is sent by the job for such mails.
async fn deliver(app: &App, id: NotificationId, mail: &MailMessage) {
    if let Err(error) = app.mail().send(mail).await {
        tracing::warn!(%error, "a security notice could not be sent by mail; it is tried again");
        return;
    }
    let now = app.now();
    let noted = app
        .store()
        .write(move |tx| {
            Box::pin(async move { notification_preferences::finish_mail(tx, id, MailState::Sent, now).await })
        })
        .await;
    if let Err(error) = noted {
        let error: StoreError = error;
        tracing::warn!(%error, "a security notice was sent by mail and will be sent once more");
    }
}

impl App {
    /// Looks at a code of a person's second factor, and tells them of a backup code that was used and of a lock.
    ///
    /// # Errors
    /// 400 `SECOND_FACTOR_INVALID`, 429 `SECOND_FACTOR_LOCKED`, 409 `SECOND_FACTOR_OFF`.
    pub async fn prove_second_factor(&self, person: ProfileId, code: &str) -> ApiResult<Passed> {
        let (factors, code) = (self.second_factors().clone(), Secret::new(code));
        let used = self.security_note(SecurityEvent::BackupCodeUsed, person, None);
        let locked = self.security_note(SecurityEvent::SecondFactorLocked, person, None);
        let notes = (used.clone(), locked.clone());
        let judged = self
            .store()
            .write(move |tx| {
                let (factors, code, (used, locked)) = (factors.clone(), code.clone(), notes.clone());
                Box::pin(async move {
                    let judged = factors.judge(tx, Actor::Person(person), code.expose()).await?;
                    match judged {
                        Judged::Passed(Passed::BackupCode) => used.record(tx).await?,
                        Judged::Wrong(Some(_)) => locked.record(tx).await?,
                        _ => {}
                    }
                    Ok::<_, ApiError>(judged)
                })
            })
            .await?;
        match judged {
            Judged::Passed(Passed::BackupCode) => used.tell(self).await,
            Judged::Wrong(Some(_)) => locked.tell(self).await,
            _ => {}
        }
        self.second_factors().answer(judged)
    }

    /// Sends a mail without making the caller wait for a mail server. A failure is logged; nothing depends on it.
    pub async fn mail_later(&self, mail: MailMessage) {
        async fn send(app: &App, mail: &MailMessage) {
            if let Err(error) = app.mail().send(mail).await {
                tracing::warn!(%error, "a security notice could not be sent by mail; it is in the wallet");
            }
        }
        if crate::mailbox::is_test_address(self.env(), &mail.to) {
            send(self, &mail).await;
        } else {
            let app = self.clone();
            tokio::spawn(async move { send(&app, &mail).await });
        }
    }
}
