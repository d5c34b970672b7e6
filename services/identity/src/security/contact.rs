//! `/api/v1/security/{email|phone}/change` and `…/confirm`: a new e-mail address or phone number, proved on both sides.
//!
//! One code goes to the present address or number and shows that its owner agrees, the other to the new one and shows
//! that it is reached. A number that is lost is replaced by a code to the e-mail address. Both codes are entered together,
//! within ten minutes, and five wrong tries end the change. Whether the new address belongs to somebody already is told
//! to its owner alone, in the mail.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use gx_base::EntropyExt;
use gx_base::limits::{CODE_SECONDS, CODE_TRIES_MAX, CONTACT_OBJECTION_SECONDS};
use gx_platform::auth::{Person, Ticket};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_platform::{App, MailMessage, hmac_sha256, same};
use gx_store::Col;
use gx_store::repo::contact_changes::{self, ContactChange};
use gx_store::repo::{people, tickets};
use gx_types::api::identity::Message;
use gx_types::api::security::{ChangeEmailRequest, ChangePhoneRequest, ConfirmContactRequest, ContactChangeStarted};
use gx_types::{ContactChangeId, ErrorCode, MailboxChannel, ProfileId, SecurityEvent, Sha256Hex, TicketPurpose};

use super::{CONFIRM_ERRORS, confirm_password, owner};
use crate::fields::{self, Code, Email};
use crate::refuse::{Faults, refused};

/// A change may be begun once in this time.
const BEGIN_EVERY: Duration = Duration::from_secs(60);

const START_ERRORS: &[ErrorCode] = &[ErrorCode::OtpMaxResends, ErrorCode::FieldInvalid, ErrorCode::UpstreamUnavailable];
const CODE_ERRORS: &[ErrorCode] = &[
    ErrorCode::OtpRequired,
    ErrorCode::OtpInvalidFormat,
    ErrorCode::OtpInvalid,
    ErrorCode::OtpExpired,
    ErrorCode::OtpMaxAttempts,
];

/// Declares asking for a new e-mail address.
pub(crate) fn email_route() -> Handled {
    Route::post("/api/v1/security/email/change", "changeEmail")
        .summary("A new e-mail address: send codes to the old one and the new one")
        .access(Access::Person)
        .limit(RateClass::CodeSend)
        .body::<ChangeEmailRequest>()
        .reply::<ContactChangeStarted>(200, "Two codes are on their way")
        .errors(CONFIRM_ERRORS)
        .errors(START_ERRORS)
        .errors(&[ErrorCode::EmailRequired, ErrorCode::EmailInvalidFormat])
        .handle(async |State(app): State<App>, person: Person, ApiJson(request): ApiJson<ChangeEmailRequest>| {
            change_email(&app, &person, &request).await.map(Json)
        })
}

/// Declares asking for a new phone number.
pub(crate) fn phone_route() -> Handled {
    Route::post("/api/v1/security/phone/change", "changePhone")
        .summary("A new phone number: send codes to the old one and the new one")
        .description("When the old number cannot be reached any more, the first code goes to the e-mail address.")
        .access(Access::Person)
        .limit(RateClass::CodeSend)
        .body::<ChangePhoneRequest>()
        .reply::<ContactChangeStarted>(200, "Two codes are on their way")
        .errors(CONFIRM_ERRORS)
        .errors(START_ERRORS)
        .errors(&[ErrorCode::PhoneRequired, ErrorCode::PhoneInvalidFormat])
        .handle(async |State(app): State<App>, person: Person, ApiJson(request): ApiJson<ChangePhoneRequest>| {
            change_phone(&app, &person, &request).await.map(Json)
        })
}

/// Declares entering the codes of a new e-mail address.
pub(crate) fn confirm_email_route() -> Handled {
    Route::post("/api/v1/security/email/confirm", "confirmEmailChange")
        .summary("A new e-mail address: enter both codes")
        .description("The old address is told, with a way to take the change back for a week.")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<ConfirmContactRequest>()
        .reply::<Message>(200, "The address is changed")
        .errors(CODE_ERRORS)
        .errors(&[ErrorCode::EmailAlreadyExists])
        .handle(async |State(app): State<App>, person: Person, ApiJson(request): ApiJson<ConfirmContactRequest>| {
            confirm(&app, &person, &request, MailboxChannel::Email).await.map(Json)
        })
}

/// Declares entering the codes of a new phone number.
pub(crate) fn confirm_phone_route() -> Handled {
    Route::post("/api/v1/security/phone/confirm", "confirmPhoneChange")
        .summary("A new phone number: enter both codes")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<ConfirmContactRequest>()
        .reply::<Message>(200, "The number is changed")
        .errors(CODE_ERRORS)
        .errors(&[ErrorCode::PhoneAlreadyExists])
        .handle(async |State(app): State<App>, person: Person, ApiJson(request): ApiJson<ConfirmContactRequest>| {
            confirm(&app, &person, &request, MailboxChannel::Sms).await.map(Json)
        })
}

/// Which of the two codes.
#[derive(Clone, Copy)]
enum Side {
    Old,
    New,
}

fn code_hash(app: &App, id: ContactChangeId, side: Side, code: &Code) -> ApiResult<Sha256Hex> {
    let side = match side {
        Side::Old => "old",
        Side::New => "new",
    };
    let key = app.derive_key("contact-codes")?;
    Ok(Sha256Hex::from_bytes(hmac_sha256(&key, format!("{id}\n{side}\n{}", code.expose()).as_bytes())))
}

async fn change_email(app: &App, person: &Person, request: &ChangeEmailRequest) -> ApiResult<ContactChangeStarted> {
    let new = Email::parse(&request.new_email).map_err(|code| refused("newEmail", code))?;
    let row = confirm_password(app, person, &request.password, "password").await?;
    if new.normalised == row.email_normalised {
        return Err(ApiError::field("newEmail", ErrorCode::FieldInvalid, "This is your address already."));
    }
    let taken = people::by_email(app.store().read(), &new.normalised).await?.is_some();
    let begun = begin(app, person.profile_id, MailboxChannel::Email, MailboxChannel::Email, &new.typed).await?;
    let subject = "Your GX code".to_owned();
    let old = format!(
        "Somebody who knows your password wants to give your GX account the e-mail address {}.\n\nIf that is you, this is \
         the first of two codes:\n\n{}\n\nIf it is not you, tell nobody this code and choose a new password.\n",
        new.typed,
        begun.old_code.expose()
    );
    let new_text = if taken {
        "Somebody wants to use this e-mail address for another GX account. It belongs to yours already, so nothing will \
         happen.\n"
            .to_owned()
    } else {
        format!(
            "This address is to become the one of a GX account. If you want that, this is the second of two \
             codes:\n\n{}\n\nIf you know nothing of it, ignore this mail.\n",
            begun.new_code.expose()
        )
    };
    app.mail().send(&MailMessage { to: row.email.clone(), subject: subject.clone(), text: old }).await?;
    app.mail().send(&MailMessage { to: new.typed.clone(), subject, text: new_text }).await?;
    Ok(begun.started(masked_email(&row.email), new.typed))
}

async fn change_phone(app: &App, person: &Person, request: &ChangePhoneRequest) -> ApiResult<ContactChangeStarted> {
    let new = fields::phone(&request.new_phone).map_err(|code| refused("newPhone", code))?;
    let row = confirm_password(app, person, &request.password, "password").await?;
    if row.phone_num.as_deref() == Some(new.as_str()) {
        return Err(ApiError::field("newPhone", ErrorCode::FieldInvalid, "This is your number already."));
    }
    let taken = people::has_phone(app.store().read(), &new).await?;
    let old_number = row.phone_num.filter(|_| !request.old_phone_lost);
    let proved_by = if old_number.is_some() { MailboxChannel::Sms } else { MailboxChannel::Email };
    let begun = begin(app, person.profile_id, MailboxChannel::Sms, proved_by, &new).await?;
    let old_code_to = if let Some(number) = old_number {
        let text = format!(
            "GX: your account is to get another phone number. If that is you, the first code is {}. If not, tell nobody.",
            begun.old_code.expose()
        );
        app.sms().send(&number, &text).await?;
        masked_phone(&number)
    } else {
        let text = format!(
            "Somebody who knows your password wants to give your GX account another phone number, and says that the old \
             one is lost.\n\nIf that is you, this is the first of two codes:\n\n{}\n\nIf it is not you, tell nobody this \
             code and choose a new password.\n",
            begun.old_code.expose()
        );
        app.mail().send(&MailMessage { to: row.email.clone(), subject: "Your GX code".to_owned(), text }).await?;
        masked_email(&row.email)
    };
    let text = if taken {
        "GX: somebody wants to use this number for another account. It belongs to one already; nothing will happen."
            .to_owned()
    } else {
        format!("GX: the second code for your new number is {}. Do not tell it to anyone.", begun.new_code.expose())
    };
    app.sms().send(&new, &text).await?;
    Ok(begun.started(old_code_to, new))
}

/// A change that was begun, with its codes.
struct Begun {
    row: ContactChange,
    old_code: Code,
    new_code: Code,
}

impl Begun {
    fn started(self, old_code_to: String, new_code_to: String) -> ContactChangeStarted {
        ContactChangeStarted {
            change_id: self.row.change_id.0,
            old_code_to,
            new_code_to,
            expires_at: self.row.expires_at.0,
        }
    }
}

async fn begin(
    app: &App,
    profile_id: ProfileId,
    channel: MailboxChannel,
    proved_by: MailboxChannel,
    new_value: &str,
) -> ApiResult<Begun> {
    let now = app.now();
    let change_id = ContactChangeId::from_uuid(app.entropy().uuid_v7(now));
    let (old_code, new_code) = (Code::new(&**app.entropy()), Code::new(&**app.entropy()));
    let row = ContactChange {
        change_id: Col(change_id),
        profile_id: Col(profile_id),
        channel: Col(channel),
        proved_by: Col(proved_by),
        new_value: new_value.to_owned(),
        old_code_hash: Col(code_hash(app, change_id, Side::Old, &old_code)?),
        new_code_hash: Col(code_hash(app, change_id, Side::New, &new_code)?),
        tries: 0,
        created_at: Col(now),
        expires_at: Col(now.plus(Duration::from_secs(CODE_SECONDS))),
    };
    let kept = row.clone();
    app.store()
        .write(move |tx| {
            let row = kept.clone();
            Box::pin(async move {
                people::lock(tx, profile_id).await?;
                let last = contact_changes::of_person(tx, profile_id, channel).await?;
                let wait = last.map(|last| now.since(last.created_at.0)).filter(|since| *since < BEGIN_EVERY);
                if let Some(since) = wait {
                    return Err(ApiError::new(ErrorCode::OtpMaxResends)
                        .with_detail("codes were sent a moment ago; wait a minute")
                        .with_retry_after(BEGIN_EVERY.saturating_sub(since)));
                }
                contact_changes::begin(tx, row).await?;
                Ok(())
            })
        })
        .await?;
    Ok(Begun { row, old_code, new_code })
}

/// What entering the codes led to; wrong tries are written, so they are values.
enum Tried {
    Refused(Faults),
    Over(ErrorCode),
    Taken,
    Changed { old_email: String, new_email: String },
}

async fn confirm(
    app: &App,
    person: &Person,
    request: &ConfirmContactRequest,
    channel: MailboxChannel,
) -> ApiResult<Message> {
    // 1. The codes as typed.
    let mut faults = Faults::default();
    let old_code = faults.check("oldCode", Code::typed(&request.old_code));
    let new_code = faults.check("newCode", Code::typed(&request.new_code));
    faults.first()?;
    let (Some(old_code), Some(new_code)) = (old_code, new_code) else { return Err(ErrorCode::OtpRequired.into()) };
    let (change_id, profile_id, now) = (request.change_id, person.profile_id, app.now());
    let old_hash = code_hash(app, change_id, Side::Old, &old_code)?;
    let new_hash = code_hash(app, change_id, Side::New, &new_code)?;

    // 2. The change, if both are right. The old address gets a way to take it back.
    let event = match channel {
        MailboxChannel::Email => SecurityEvent::EmailChanged,
        MailboxChannel::Sms => SecurityEvent::PhoneChanged,
    };
    // Which address or number it was and is, no entry of the chain says.
    let note = app.security_note(event, profile_id, None).after("change", change_id);
    let life = Duration::from_secs(CONTACT_OBJECTION_SECONDS);
    let objection = Ticket::new(TicketPurpose::ContactObjection, owner(profile_id), life, now, &**app.entropy());
    let (recorded, ticket_row) = (note.clone(), objection.row.clone());
    let tried = app
        .store()
        .write(move |tx| {
            let (note, mut ticket) = (recorded.clone(), ticket_row.clone());
            Box::pin(async move {
                let person = people::lock(tx, profile_id).await?;
                let change = contact_changes::lock(tx, change_id, profile_id).await?;
                let change = change.filter(|change| change.channel == channel && change.expires_at.0 > now);
                let (Some(mut person), Some(mut change)) = (person, change) else {
                    return Ok(Tried::Over(ErrorCode::OtpExpired));
                };
                if change.tries >= i64::from(CODE_TRIES_MAX) {
                    return Ok(Tried::Over(ErrorCode::OtpMaxAttempts));
                }
                let mut faults = Faults::default();
                for (field, kept, presented) in
                    [("oldCode", change.old_code_hash.0, old_hash), ("newCode", change.new_code_hash.0, new_hash)]
                {
                    if !same(kept.as_bytes(), presented.as_bytes()) {
                        faults.add(field, ErrorCode::OtpInvalid);
                    }
                }
                if !faults.is_empty() {
                    change.tries += 1;
                    contact_changes::save(tx, change).await?;
                    return Ok(Tried::Refused(faults));
                }
                let old_email = person.email.clone();
                match channel {
                    MailboxChannel::Email => {
                        let normalised = change.new_value.to_ascii_lowercase();
                        if people::by_email(tx, &normalised).await?.is_some() {
                            return Ok(Tried::Taken);
                        }
                        ticket.data.clone_from(&old_email);
                        person.email = change.new_value.clone();
                        person.email_normalised = normalised;
                        tickets::take_back(tx, owner(profile_id), TicketPurpose::PasswordReset).await?;
                        tickets::insert(tx, ticket).await?;
                    }
                    MailboxChannel::Sms => {
                        if people::has_phone(tx, &change.new_value).await? {
                            return Ok(Tried::Taken);
                        }
                        person.phone_num = Some(change.new_value.clone());
                    }
                }
                person.updated_at = Col(now);
                let new_email = person.email.clone();
                people::save(tx, person).await?;
                contact_changes::end(tx, change_id).await?;
                note.record(tx).await?;
                Ok::<_, ApiError>(Tried::Changed { old_email, new_email })
            })
        })
        .await?;

    // 3. Who is told.
    match tried {
        Tried::Refused(faults) => {
            faults.first()?;
            Err(ErrorCode::OtpInvalid.into())
        }
        Tried::Over(code) => Err(code.into()),
        Tried::Taken => Err(match channel {
            MailboxChannel::Email => ErrorCode::EmailAlreadyExists,
            MailboxChannel::Sms => ErrorCode::PhoneAlreadyExists,
        }
        .into()),
        Tried::Changed { old_email, new_email } => {
            if channel == MailboxChannel::Email {
                let wallet = app.settings().public_url.trim_end_matches('/');
                let more = format!(
                    "The new address is {new_email}. If you do not know it, take the change back: it gives the account \
                     this address again, ends every session and makes the password useless, so that you choose a new \
                     one. This way is good for a week:\n\n{wallet}/objection?token={}",
                    objection.text.expose()
                );
                app.mail_later(note.letter(app, old_email, &more)).await;
            }
            note.tell_at(app, new_email).await;
            let message = match channel {
                MailboxChannel::Email => "Your e-mail address is changed. Sign in with the new one from now on.",
                MailboxChannel::Sms => "Your phone number is changed.",
            };
            Ok(Message { message: message.to_owned() })
        }
    }
}

/// `a•••@example.com`.
fn masked_email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = local.chars().next().unwrap_or('•');
    format!("{first}•••@{domain}")
}

/// `••• 123`.
fn masked_phone(number: &str) -> String {
    let last: String = number.chars().skip(number.chars().count().saturating_sub(3)).collect();
    format!("••• {last}")
}
