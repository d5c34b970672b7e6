//! Mails about notifications, for people who have chosen them.
//!
//! Taking a mail and sending it are two steps: a row says who has it until when, so that of several replicas one sends it.
//! One that was killed in between may have sent it; a mail twice is better than none.

use std::time::Duration;

use gx_platform::http::ApiResult;
use gx_platform::{App, MailMessage};
use gx_store::StoreError;
use gx_store::repo::notification_preferences::{self, DueMail};
use gx_types::MailState;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Mails taken at a time.
const BATCH: u64 = 50;
/// Until then nobody else takes a mail.
const LEASE: Duration = Duration::from_secs(120);
/// Pause before the second try; it doubles with each.
const PAUSE: Duration = Duration::from_secs(60);
/// Tries before a mail is given up.
const ATTEMPTS_MAX: i64 = 6;
/// What is older is not sent any more.
const AGE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Sends mails until the application is asked to stop. Every replica may.
pub async fn run(app: App) {
    while !app.stop().is_cancelled() {
        if let Err(error) = send_due(&app).await
            && !app.stop().is_cancelled()
        {
            tracing::warn!(code = error.code().as_str(), "mails about notifications are sent later");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.stop().cancelled() => {}
        }
    }
}

/// Sends what is due now. Returns how many mails were sent.
///
/// # Errors
/// 503 when the database is out of reach; what was taken is tried again later.
pub async fn send_due(app: &App) -> ApiResult<u64> {
    let mut sent = 0;
    loop {
        let now = app.now();
        let due = app
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    notification_preferences::forget_mails(tx, now.minus(AGE_MAX.saturating_mul(2))).await?;
                    let (since, lease) = (now.minus(AGE_MAX), now.plus(LEASE));
                    notification_preferences::take_due(tx, now, since, lease, BATCH).await
                })
            })
            .await
            .map_err(gx_platform::http::ApiError::from)?;
        if due.is_empty() {
            return Ok(sent);
        }
        for mail in due {
            sent += u64::from(send(app, &mail).await?);
        }
    }
}

async fn send(app: &App, mail: &DueMail) -> ApiResult<bool> {
    let delivered = app.mail().send(&letter(app, mail)).await;
    let (state, pause) = match &delivered {
        Ok(()) => (MailState::Sent, Duration::ZERO),
        Err(_) if mail.attempt >= ATTEMPTS_MAX => (MailState::Failed, Duration::ZERO),
        Err(_) => {
            let doublings = u32::try_from(mail.attempt - 1).unwrap_or(0).min(10);
            (MailState::Sending, PAUSE.saturating_mul(1 << doublings))
        }
    };
    if let Err(error) = &delivered {
        tracing::warn!(%error, attempt = mail.attempt, "a mail about a notification could not be sent");
    }
    let (id, next_at) = (mail.notification_id, app.now().plus(pause));
    app.store()
        .write(move |tx| {
            Box::pin(async move {
                notification_preferences::finish_mail(tx, id, state, next_at).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .map_err(gx_platform::http::ApiError::from)?;
    Ok(delivered.is_ok())
}

fn letter(app: &App, mail: &DueMail) -> MailMessage {
    let wallet = app.settings().public_url.trim_end_matches('/');
    let place = mail.action_url.as_deref().unwrap_or("/notifications");
    let text = format!(
        "{}\n\n{wallet}{place}\n\nYou get this mail because you chose to. Change it here: {wallet}/notifications/preferences\n",
        mail.message
    );
    // A heading is one line, whatever a name contains.
    let subject = mail.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    MailMessage { to: mail.email.clone(), subject, text }
}
