//! The signed text inside a QR code, and its picture.
//!
//! The text is `base64url(json) . base64url(HMAC-SHA-256)`. A scanner can show name and amount at once; the server says
//! whether they are true. The key is derived from the environment's secret and bound to its name, so that a code made on
//! devnet is no code on mainnet.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gx_types::{EnvName, Qirat, Timestamp};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};

use super::code::RequestCode;

/// Longest text that is looked at, in bytes; our own are shorter (a QR code of version 40 holds 2,953).
const QR_DATA_BYTES_MAX: usize = 4_096;
/// Width of a picture at least, in pixels; it scales.
const PICTURE_PIXELS_MIN: u32 = 256;
const VERSION: u8 = 1;
const KIND: &str = "QSEND";

/// What the QR code says. The short names are part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    /// Version of the format.
    v: u8,
    /// What kind of code this is.
    t: String,
    /// The code of the request.
    c: String,
    /// The amount in Qirat.
    a: Qirat,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    /// The creator's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<String>,
    /// The creator's name.
    n: String,
    /// When it expires, in milliseconds since 1970-01-01T00:00:00Z.
    e: i64,
}

/// What a QR code is made from.
pub struct QrContent<'a> {
    /// The code of the request.
    pub code: &'a RequestCode,
    /// The amount.
    pub amount: Qirat,
    /// The description.
    pub description: Option<&'a str>,
    /// The creator's reference.
    pub reference: Option<&'a str>,
    /// The creator's profile name.
    pub creator_name: &'a str,
    /// When the request expires.
    pub expires_at: Timestamp,
}

/// Why a scanned text is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// Not in our format.
    #[error("this is not a Q Send code")]
    NotQSend,
    /// Forged, altered, or made for another environment.
    #[error("the signature of this code does not hold")]
    SignatureInvalid,
}

/// Signs and checks QR texts with the environment's key.
#[derive(Clone)]
pub struct QrSigner(hmac::Key);

impl QrSigner {
    /// The signer of an environment, with a key that is derived for this purpose alone.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The purpose that the key is derived for. The environment is part of it, so that even environments that share a
    /// secret by mistake do not take each other's codes.
    #[must_use]
    pub fn purpose(env: EnvName) -> String {
        format!("qsend-qr-v1-{env}")
    }

    /// The text for a request.
    #[must_use]
    pub fn sign(&self, content: &QrContent<'_>) -> String {
        let payload = Payload {
            v: VERSION,
            t: KIND.to_owned(),
            c: content.code.to_string(),
            a: content.amount,
            d: content.description.map(str::to_owned),
            r: content.reference.map(str::to_owned),
            n: content.creator_name.to_owned(),
            e: content.expires_at.micros() / 1_000,
        };
        // Texts and numbers only: this serialisation cannot fail.
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).unwrap_or_default());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, body.as_bytes()));
        format!("{body}.{signature}")
    }

    /// The code of the request that a scanned text stands for.
    ///
    /// # Errors
    /// [`QrError::NotQSend`] for anything that is not in our format, [`QrError::SignatureInvalid`] when the signature
    /// does not hold.
    pub fn check(&self, scanned: &str) -> Result<RequestCode, QrError> {
        let scanned = scanned.trim();
        if scanned.len() > QR_DATA_BYTES_MAX {
            return Err(QrError::NotQSend);
        }
        let (body, signature) = scanned.split_once('.').ok_or(QrError::NotQSend)?;
        let json = URL_SAFE_NO_PAD.decode(body).map_err(|_| QrError::NotQSend)?;
        let payload: Payload = serde_json::from_slice(&json).map_err(|_| QrError::NotQSend)?;
        if payload.v != VERSION || payload.t != KIND {
            return Err(QrError::NotQSend);
        }
        let code = payload.c.parse().map_err(|_| QrError::NotQSend)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| QrError::SignatureInvalid)?;
        hmac::verify(&self.0, body.as_bytes(), &signature).map_err(|_| QrError::SignatureInvalid)?;
        Ok(code)
    }
}

/// The picture of a QR text as an SVG document; `None` if the text is too long for a QR code, which no text of
/// [`QrSigner::sign`] within the limits of a request is.
#[must_use]
pub fn picture(qr_data: &str) -> Option<String> {
    // Long texts give up error correction for size; the screen of a phone does not get scratched.
    let levels = [EcLevel::M, EcLevel::L];
    let code = levels.into_iter().find_map(|level| QrCode::with_error_correction_level(qr_data, level).ok())?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(PICTURE_PIXELS_MIN, PICTURE_PIXELS_MIN).build();
    // As an element, it can also stand inside a page.
    Some(picture.replacen(r#"<?xml version="1.0" standalone="yes"?>"#, "", 1))
}

#[cfg(test)]
mod tests {
    use gx_base::{SeededEntropy, limits};
    use proptest::prelude::*;

    use super::*;

    fn signer(key: u8) -> QrSigner {
        QrSigner::new(&[key; 32])
    }

    fn text_of(signer: &QrSigner, code: &RequestCode) -> String {
        signer.sign(&QrContent {
            code,
            amount: Qirat::new(50).unwrap(),
            description: Some("Lunch"),
            reference: None,
            creator_name: "Amina Example",
            expires_at: Timestamp::from_micros(1_767_225_600_000_000),
        })
    }

    #[test]
    fn only_our_own_unaltered_texts_pass() {
        let code = RequestCode::random(&SeededEntropy::new(1));
        let ours = signer(1);
        let text = text_of(&ours, &code);
        assert_eq!(ours.check(&text), Ok(code.clone()));
        assert_eq!(ours.check(&format!(" {text}\n")), Ok(code.clone()));
        assert_eq!(signer(2).check(&text), Err(QrError::SignatureInvalid));
        assert_ne!(QrSigner::purpose(EnvName::Devnet), QrSigner::purpose(EnvName::Mainnet));

        // A higher amount under the old signature.
        let (body, signature) = text.split_once('.').unwrap();
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
        let forged = URL_SAFE_NO_PAD.encode(json.replace(r#""a":"50""#, r#""a":"5""#));
        assert_ne!(forged, body);
        assert_eq!(ours.check(&format!("{forged}.{signature}")), Err(QrError::SignatureInvalid));

        for text in ["", ".", "hello", "QS-6PAS3LHD", "https://example.org/", "e30.e30", &"A".repeat(5_000)] {
            assert_eq!(ours.check(text), Err(QrError::NotQSend), "{text}");
        }
    }

    #[test]
    fn the_longest_request_still_fits_into_a_picture() {
        let signer = signer(1);
        let wide = |chars: usize| "語".repeat(chars);
        let text = signer.sign(&QrContent {
            code: &RequestCode::random(&SeededEntropy::new(1)),
            amount: Qirat::CAP,
            description: Some(&wide(limits::REMARK_CHARS_MAX)),
            reference: Some(&wide(limits::REFERENCE_CHARS_MAX)),
            creator_name: &wide(101),
            expires_at: Timestamp::from_micros(253_402_300_799_000_000),
        });
        let svg = picture(&text).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert_eq!(picture(&"x".repeat(3_000)), None);
    }

    proptest! {
        #[test]
        fn every_flipped_character_is_noticed(position in 0usize..200, replacement in "[A-Za-z0-9_.-]") {
            let code = RequestCode::random(&SeededEntropy::new(2));
            let ours = signer(1);
            let text = text_of(&ours, &code);
            let position = position % text.len();
            let altered = format!("{}{replacement}{}", &text[..position], &text[position + 1..]);
            if altered != text {
                prop_assert!(ours.check(&altered).is_err(), "{altered}");
            }
        }
    }
}
