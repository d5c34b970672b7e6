//! PINs of people: six digits that confirm payments.
//!
//! A million possibilities are few, so three things stand around them: five tries, then half an hour of nothing; trivial
//! ones are not taken; and what is hashed is the PIN keyed with a key of the environment, so that a copy of the database
//! alone is worth nothing.

use std::fmt;
use std::time::Duration;

use gx_base::Secret;
use gx_base::limits::{PIN_LOCK_SECONDS, PIN_TRIES_MAX};
use gx_store::repo::sign_ins;
use gx_types::{BirthDate, ErrorCode, ProfileId, SecurityEvent, Sha256Hex};

use super::attempt_turn;
use crate::App;
use crate::http::{ApiError, ApiResult};
use crate::secrets::{hmac_sha256, sha256};

const DIGITS: usize = 6;
/// PINs that lists of guesses begin with, beside those that the rules below find.
const COMMON: [&str; 12] = [
    "112233", "159753", "789456", "456789", "147258", "258369", "741852", "102030", "131313", "142536", "696969",
    "420420",
];

/// A PIN. Prints as `[redacted]`.
#[derive(Clone)]
pub struct Pin(Secret);

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Pin {
    /// A PIN as it was typed to confirm something.
    ///
    /// # Errors
    /// `PIN_INVALID_FORMAT`.
    pub fn typed(text: &str) -> Result<Self, ErrorCode> {
        if text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(ErrorCode::PinInvalidFormat)
        }
    }

    /// A PIN as it is chosen by somebody born at `birth`.
    ///
    /// # Errors
    /// `PIN_INVALID_FORMAT`; `PIN_TOO_SIMPLE` for what others would try first.
    pub fn chosen(text: &str, birth: BirthDate) -> Result<Self, ErrorCode> {
        let pin = Self::typed(text)?;
        if is_trivial(text) || is_birth_date(text, birth) { Err(ErrorCode::PinTooSimple) } else { Ok(pin) }
    }

    fn keyed(&self, app: &App, person: ProfileId) -> ApiResult<Secret> {
        let key = app.derive_key("pins")?;
        let tag = hmac_sha256(&key, format!("{person}\n{}", self.0.expose()).as_bytes());
        Ok(Secret::new(Sha256Hex::from_bytes(tag).to_string()))
    }

    /// What is kept of the PIN.
    ///
    /// # Errors
    /// 500 when hashing fails.
    pub async fn hash(&self, app: &App, person: ProfileId) -> ApiResult<String> {
        Ok(app.passwords().hash(self.keyed(app, person)?).await?)
    }

    /// Whether it is the person's PIN. The try is counted before the PIN is looked at, so that however many processes
    /// are asked at once, no more than five guesses are answered.
    ///
    /// # Errors
    /// 400 `PIN_INVALID` naming `field`, 429 `PIN_LOCKED`.
    pub async fn prove(&self, app: &App, person: ProfileId, stored: String, field: &str) -> ApiResult<()> {
        let subject = failure_subject(person);
        let _turn = attempt_turn(subject).await;
        let now = app.now();
        let lock = Duration::from_secs(PIN_LOCK_SECONDS);
        let counted = app
            .store()
            .write(move |tx| Box::pin(async move { sign_ins::count_try(tx, subject, now, PIN_TRIES_MAX, lock).await }))
            .await
            .map_err(ApiError::from)?;
        let tries_left = match counted {
            Ok(tries_left) => tries_left,
            Err(until) => return Err(ApiError::new(ErrorCode::PinLocked).with_retry_after(until.since(now))),
        };
        if app.passwords().verify(self.keyed(app, person)?, Some(stored)).await? {
            app.store()
                .write(move |tx| Box::pin(async move { sign_ins::succeeded(tx, subject).await }))
                .await
                .map_err(ApiError::from)?;
            return Ok(());
        }
        if tries_left == 0 {
            let note = app.security_note(SecurityEvent::PinLocked, person, None);
            note.write_and_tell(app).await?;
        }
        let code = ErrorCode::PinInvalid;
        let detail = match tries_left {
            0 => "This is not your PIN; it is locked for half an hour now.".to_owned(),
            1 => "This is not your PIN. One try is left.".to_owned(),
            left => format!("This is not your PIN. {left} tries are left."),
        };
        Err(ApiError::new(code).with_detail(detail.clone()).with_field(field, code, detail))
    }
}

/// Under what tries of a person's PIN are counted.
#[must_use]
pub fn failure_subject(person: ProfileId) -> Sha256Hex {
    sha256(format!("pin\n{person}").as_bytes())
}

/// All alike, counting up or down, the same two or three digits over and over, or on every list.
fn is_trivial(text: &str) -> bool {
    let digits: Vec<i16> = text.bytes().map(|byte| i16::from(byte) - i16::from(b'0')).collect();
    let steps_of = |step: i16| digits.windows(2).all(|pair| (pair[1] - pair[0] - step).rem_euclid(10) == 0);
    let repeats = |length: usize| digits.chunks(length).all(|chunk| chunk == &digits[..length]);
    let doubled = digits.chunks(2).all(|pair| pair[0] == pair[1]);
    steps_of(0) || steps_of(1) || steps_of(-1) || repeats(2) || repeats(3) || doubled || COMMON.contains(&text)
}

/// The own birth date in any usual order.
fn is_birth_date(text: &str, birth: BirthDate) -> bool {
    let date = birth.to_string();
    let (Some(year), Some(century_year), Some(month), Some(day)) =
        (date.get(..4), date.get(2..4), date.get(5..7), date.get(8..10))
    else {
        return false;
    };
    [
        format!("{day}{month}{century_year}"),
        format!("{month}{day}{century_year}"),
        format!("{century_year}{month}{day}"),
        format!("{month}{year}"),
        format!("{year}{month}"),
    ]
    .iter()
    .any(|form| form == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_would_try_first_is_not_taken() {
        let birth: BirthDate = "1990-03-15".parse().unwrap();
        for bad in [
            "000000", "111111", "123456", "234567", "567890", "890123", "654321", "987654", "012345", "210987",
            "121212", "123123", "112233", "774411", "159753", "150390", "031590", "900315", "031990", "199003",
        ] {
            assert_eq!(Pin::chosen(bad, birth).unwrap_err(), ErrorCode::PinTooSimple, "{bad}");
        }
        for bad in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", " 48151", "-48151", "481 62"] {
            assert_eq!(Pin::chosen(bad, birth).unwrap_err(), ErrorCode::PinInvalidFormat, "{bad}");
        }
        for good in ["481516", "908172", "100000", "123465"] {
            assert!(Pin::chosen(good, birth).is_ok(), "{good}");
        }
    }
}
