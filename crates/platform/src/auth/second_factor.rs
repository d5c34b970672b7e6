//! The second factor of people and administrators: time-based codes (RFC 6238: SHA-1, six digits, 30 seconds, one step
//! of clock difference either way) and ten backup codes.
//!
//! * A code is good once: the step of the last one taken is kept, and it and earlier ones are spent.
//! * The secret lies encrypted under a key of the environment, bound to its owner; backup codes lie as keyed hashes.
//! * Five wrong codes lock the codes of that owner for a while. Backup codes have a lock of their own, so that one who
//!   is locked out by somebody else's guesses still gets in; each is good once, and using one lifts the other lock.
//! * Set up and switched off in the caller's transaction, so that the record of it is written with it or not at all.
//!
//! ```ignore
//! let setup = app.second_factors().new_setup(owner, "ada@example.com")?;     // shown once: QR code and text
//! app.second_factors().begin(tx, owner, &setup).await?;                      // waits for the first code
//! app.second_factors().confirm(tx, owner, "123456", &codes).await?;          // on
//! app.second_factors().prove(app.store(), owner, "654321").await?;           // at every login
//! ```

use std::sync::Arc;
use std::time::Duration;

use gx_base::limits::{
    ADMIN_SECOND_FACTOR_LOCK_SECONDS, BACKUP_CODES, SECOND_FACTOR_FAILURES_MAX, SECOND_FACTOR_LOCK_SECONDS,
    TOTP_SETUP_SECONDS,
};
use gx_base::{Clock, Entropy, EntropyExt, Secret};
use gx_store::repo::second_factors::{self, SecondFactor};
use gx_store::repo::sign_ins;
use gx_store::{Store, StoreError, Tx};
use gx_types::{Actor, EnvName, ErrorCode, Sha256Hex, Timestamp};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use totp_rs::{Builder, Totp};

use crate::http::{ApiError, ApiResult};
use crate::secrets::{SealError, Secrets, hmac_sha256, sha256};

const PURPOSE: &str = "totp-secrets";
/// Bytes of a secret: the length of the hash, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Seconds of a time step.
const STEP_SECONDS: u64 = 30;
/// Steps that a clock may be off, either way.
const SKEW_STEPS: u16 = 1;
/// Width of the QR picture at least, in pixels; it scales.
const PICTURE_PIXELS_MIN: u32 = 220;
/// Characters of a backup code: 32 of them, none that looks like another, 50 bits in ten.
const BACKUP_ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const BACKUP_CHARS: usize = 10;

/// A new secret as its owner sees it, once.
pub struct TotpSetup {
    /// The secret in base32, to be typed where no camera is.
    pub secret: Secret,
    /// `otpauth://` address.
    pub uri: Secret,
    /// The address as a QR picture, an `<svg>` element.
    pub qr_svg: String,
    sealed: Vec<u8>,
}

/// New backup codes as their owner sees them, once.
#[derive(Clone)]
pub struct BackupCodes {
    /// `ABCDE-FGHJK`.
    pub texts: Vec<String>,
    hashes: Vec<Sha256Hex>,
}

/// How a second factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorState {
    /// Since when it is on.
    pub since: Timestamp,
    /// Backup codes that are unused.
    pub backup_codes_left: u64,
}

/// What a right code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// A code of the app.
    Totp,
    /// A backup code.
    BackupCode,
}

/// What became of a code. Everything but an error is to be committed: failures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Judged {
    /// It is right, and spent now.
    Passed(Passed),
    /// It is wrong, or was used before; with the time until which this failure has locked further ones.
    Wrong(Option<Timestamp>),
    /// Locked until then; the code was not looked at.
    Locked(Timestamp),
    /// There is no second factor (or, for the first code, none that waits for it).
    Off,
}

/// Makes and judges second factors. Cheap to clone, so that units of work can take it along.
#[derive(Clone)]
pub struct SecondFactors(Arc<Inner>);

struct Inner {
    secrets: Arc<Secrets>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    issuer: &'static str,
    backup_key: [u8; 32],
}

impl SecondFactors {
    pub(crate) fn new(
        secrets: Arc<Secrets>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        env: EnvName,
    ) -> Result<Self, SealError> {
        let backup_key = secrets.derive("backup-codes")?;
        // Apps list codes by issuer; those of a test network must not pass for the real ones.
        let issuer = match env {
            EnvName::Mainnet => "GX",
            EnvName::Testnet => "GX testnet",
            EnvName::Devnet => "GX devnet",
        };
        Ok(Self(Arc::new(Inner { secrets, clock, entropy, issuer, backup_key })))
    }

    /// A new secret for `owner`, which the app will list as `account`. Nothing is kept yet; see [`Self::begin`].
    ///
    /// # Errors
    /// 500 never in practice.
    pub fn new_setup(&self, owner: Actor, account: &str) -> ApiResult<TotpSetup> {
        let bytes: [u8; SECRET_BYTES] = self.0.entropy.bytes();
        let sealed =
            self.0.secrets.seal(PURPOSE, &owner.to_string(), &bytes, &*self.0.entropy).map_err(ApiError::internal)?;
        let text = totp_rs::Secret::from(bytes).to_base32();
        let issuer = escaped(self.0.issuer);
        let uri = format!(
            "otpauth://totp/{issuer}:{}?secret={text}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}",
            escaped(account)
        );
        let code = QrCode::with_error_correction_level(&uri, EcLevel::M).map_err(ApiError::internal)?;
        let picture = code.render::<svg::Color<'_>>().min_dimensions(PICTURE_PIXELS_MIN, PICTURE_PIXELS_MIN).build();
        // As an element, it can stand inside a page.
        let qr_svg = picture.replacen(r#"<?xml version="1.0" standalone="yes"?>"#, "", 1);
        Ok(TotpSetup { secret: Secret::new(text), uri: Secret::new(uri), qr_svg, sealed })
    }

    /// Keeps the secret until its first code comes, ten minutes at most. An earlier one that still waits is replaced.
    ///
    /// # Errors
    /// 409 `SECOND_FACTOR_ON` when a confirmed one is there.
    pub async fn begin(&self, tx: &Tx, owner: Actor, setup: &TotpSetup) -> ApiResult<()> {
        if second_factors::begin(tx, owner, &setup.sealed, self.0.clock.now()).await? {
            Ok(())
        } else {
            Err(ErrorCode::SecondFactorOn.into())
        }
    }

    /// Ten new backup codes.
    #[must_use]
    pub fn new_backup_codes(&self, owner: Actor) -> BackupCodes {
        let mut codes = BackupCodes { texts: Vec::new(), hashes: Vec::new() };
        while codes.texts.len() < BACKUP_CODES {
            let code: String = (0..BACKUP_CHARS)
                .map(|_| {
                    let index = usize::try_from(self.0.entropy.below(BACKUP_ALPHABET.len() as u64)).unwrap_or(0);
                    char::from(BACKUP_ALPHABET[index % BACKUP_ALPHABET.len()])
                })
                .collect();
            let hash = self.backup_hash(owner, &code);
            if !codes.hashes.contains(&hash) {
                let (first, second) = code.split_at(BACKUP_CHARS / 2);
                codes.texts.push(format!("{first}-{second}"));
                codes.hashes.push(hash);
            }
        }
        codes
    }

    /// Switches the second factor on if `code` is the first of the secret that waits, and keeps its backup codes.
    ///
    /// # Errors
    /// 409 `SECOND_FACTOR_ON` when it is on; 500 when the secret was kept under another session secret.
    pub async fn confirm(&self, tx: &Tx, owner: Actor, code: &str, codes: &BackupCodes) -> ApiResult<Judged> {
        let now = self.0.clock.now();
        let Some(row) = second_factors::lock(tx, owner).await? else { return Ok(Judged::Off) };
        if row.confirmed_at.is_some() {
            return Err(ErrorCode::SecondFactorOn.into());
        }
        if now.since(row.created_at.0) >= Duration::from_secs(TOTP_SETUP_SECONDS) {
            return Ok(Judged::Off);
        }
        let judged = self.judge_totp(tx, owner, &row, code, now, true).await?;
        if matches!(judged, Judged::Passed(_)) {
            second_factors::replace_codes(tx, owner, &codes.hashes).await?;
        }
        Ok(judged)
    }

    /// Looks at a code: six digits are the app's, anything else a backup code. Commit what it wrote whatever it says:
    /// wrong codes count.
    ///
    /// # Errors
    /// 500 when the secret was kept under another session secret; 503 when the database is out of reach.
    pub async fn judge(&self, tx: &Tx, owner: Actor, code: &str) -> ApiResult<Judged> {
        let now = self.0.clock.now();
        let Some(row) = second_factors::lock(tx, owner).await?.filter(|row| row.confirmed_at.is_some()) else {
            return Ok(Judged::Off);
        };
        let code: String = code.chars().filter(|sign| !sign.is_whitespace() && *sign != '-').collect();
        if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.judge_totp(tx, owner, &row, &code, now, false).await;
        }
        let failures = failure_subject(owner, "backup");
        if let Some(until) = sign_ins::locked_until(tx, failures, now).await? {
            return Ok(Judged::Locked(until));
        }
        let code = code.to_ascii_uppercase();
        let known = code.len() == BACKUP_CHARS && code.bytes().all(|byte| BACKUP_ALPHABET.contains(&byte));
        if known && second_factors::use_code(tx, owner, self.backup_hash(owner, &code), now).await? {
            sign_ins::succeeded(tx, failures).await?;
            sign_ins::succeeded(tx, failure_subject(owner, "totp")).await?;
            return Ok(Judged::Passed(Passed::BackupCode));
        }
        Ok(Judged::Wrong(failed(tx, owner, failures, now).await?))
    }

    /// [`Self::judge`] in a unit of work of its own, as an answer.
    ///
    /// # Errors
    /// 400 `SECOND_FACTOR_INVALID`, 429 `SECOND_FACTOR_LOCKED`, 409 `SECOND_FACTOR_OFF`.
    pub async fn prove(&self, store: &Store, owner: Actor, code: &str) -> ApiResult<Passed> {
        let (this, code) = (self.clone(), Secret::new(code));
        let judged = store
            .write(move |tx| {
                let (this, code) = (this.clone(), code.clone());
                Box::pin(async move { this.judge(tx, owner, code.expose()).await })
            })
            .await?;
        self.answer(judged)
    }

    /// What the caller is told.
    ///
    /// # Errors
    /// As [`Self::prove`].
    pub fn answer(&self, judged: Judged) -> ApiResult<Passed> {
        match judged {
            Judged::Passed(passed) => Ok(passed),
            Judged::Wrong(_) => {
                let code = ErrorCode::SecondFactorInvalid;
                Err(ApiError::new(code).with_field("code", code, code.title()))
            }
            Judged::Locked(until) => {
                Err(ApiError::new(ErrorCode::SecondFactorLocked).with_retry_after(until.since(self.0.clock.now())))
            }
            Judged::Off => Err(ErrorCode::SecondFactorOff.into()),
        }
    }

    /// How the second factor of `owner` stands; `None` when it is off.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn state(&self, store: &Store, owner: Actor) -> Result<Option<FactorState>, StoreError> {
        let row = second_factors::find(store.read(), owner).await?;
        let Some(since) = row.and_then(|row| row.confirmed_at) else { return Ok(None) };
        let backup_codes_left = second_factors::codes_left(store.read(), owner).await?;
        Ok(Some(FactorState { since: since.0, backup_codes_left }))
    }

    /// Puts new backup codes in the place of the old ones.
    ///
    /// # Errors
    /// [`StoreError`] when there is no second factor, or the database fails.
    pub async fn replace_codes(&self, tx: &Tx, owner: Actor, codes: &BackupCodes) -> Result<(), StoreError> {
        second_factors::replace_codes(tx, owner, &codes.hashes).await
    }

    /// Takes the second factor away, with its backup codes and locks. `false`: there was none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn remove(&self, tx: &Tx, owner: Actor) -> Result<bool, StoreError> {
        for kind in ["totp", "backup"] {
            sign_ins::succeeded(tx, failure_subject(owner, kind)).await?;
        }
        second_factors::remove(tx, owner).await
    }

    /// A code that is taken now, for a host that plays the owner's telephone (development networks, tests): this moment's,
    /// or when that is spent the next one's, which the clock difference lets in. `None` without a secret, confirmed or not.
    ///
    /// # Errors
    /// 500 when the secret was kept under another session secret; 503 when the database is out of reach.
    pub async fn current_code(&self, store: &Store, owner: Actor) -> ApiResult<Option<String>> {
        let Some(row) = second_factors::find(store.read(), owner).await? else { return Ok(None) };
        let now = seconds(self.0.clock.now());
        let spent = u64::try_from(row.last_step).unwrap_or(0) >= now / STEP_SECONDS;
        let at = if spent { now + STEP_SECONDS } else { now };
        Ok(Some(self.open(owner, &row)?.generate(at).to_string()))
    }

    /// Switches a second factor on without its owner: on a development network, where the host shows the codes.
    ///
    /// # Errors
    /// 409 `SECOND_FACTOR_ON` when one is on; 503 when the database is out of reach.
    pub async fn enrol_on_devnet(&self, tx: &Tx, owner: Actor, setup: &TotpSetup) -> ApiResult<()> {
        self.begin(tx, owner, setup).await?;
        second_factors::took(tx, owner, 0, Some(self.0.clock.now())).await?;
        Ok(())
    }

    async fn judge_totp(
        &self,
        tx: &Tx,
        owner: Actor,
        row: &SecondFactor,
        code: &str,
        now: Timestamp,
        first: bool,
    ) -> ApiResult<Judged> {
        let failures = failure_subject(owner, "totp");
        if let Some(until) = sign_ins::locked_until(tx, failures, now).await? {
            return Ok(Judged::Locked(until));
        }
        let step = self.open(owner, row)?.check(code, seconds(now)).and_then(|step| i64::try_from(step).ok());
        match step.filter(|step| *step > row.last_step) {
            Some(step) => {
                second_factors::took(tx, owner, step, first.then_some(now)).await?;
                sign_ins::succeeded(tx, failures).await?;
                Ok(Judged::Passed(Passed::Totp))
            }
            None => Ok(Judged::Wrong(failed(tx, owner, failures, now).await?)),
        }
    }

    fn open(&self, owner: Actor, row: &SecondFactor) -> ApiResult<Totp> {
        let bytes = self.0.secrets.open(PURPOSE, &owner.to_string(), &row.totp_secret).map_err(ApiError::internal)?;
        totp(bytes)
    }

    fn backup_hash(&self, owner: Actor, code: &str) -> Sha256Hex {
        Sha256Hex::from_bytes(hmac_sha256(&self.0.backup_key, format!("{owner}\n{code}").as_bytes()))
    }
}

/// The codes of a secret.
fn totp(secret: Vec<u8>) -> ApiResult<Totp> {
    let totp = Builder::new().with_skew(SKEW_STEPS).with_step_duration(STEP_SECONDS).with_secret(secret).build();
    totp.map_err(|error| ApiError::internal(error.to_string()))
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.micros() / 1_000_000).unwrap_or(0)
}

/// Under what wrong codes of `owner` are counted.
fn failure_subject(owner: Actor, kind: &str) -> Sha256Hex {
    sha256(format!("{kind}\n{owner}").as_bytes())
}

async fn failed(tx: &Tx, owner: Actor, subject: Sha256Hex, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let lock_seconds = match owner {
        Actor::Admin(_) => ADMIN_SECOND_FACTOR_LOCK_SECONDS,
        _ => SECOND_FACTOR_LOCK_SECONDS,
    };
    sign_ins::failed(tx, subject, now, SECOND_FACTOR_FAILURES_MAX, Duration::from_secs(lock_seconds)).await
}

/// Percent-encoded for the path and the query of an address.
fn escaped(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let totp = totp(b"12345678901234567890".to_vec()).unwrap();
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.generate(at).to_string(), code, "at {at}");
        }
    }

    #[test]
    fn names_are_escaped_for_addresses() {
        assert_eq!(escaped("GX devnet"), "GX%20devnet");
        assert_eq!(escaped("a+b:c@x.y?&#/é"), "a%2Bb%3Ac@x.y%3F%26%23%2F%C3%A9");
    }
}
