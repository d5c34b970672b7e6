//! Keys derived from the session secret, one per purpose, so that no purpose can stand in for another.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use gx_base::{Entropy, EntropyExt, Secret};
use gx_types::Sha256Hex;

/// Bytes of an AES-GCM nonce.
const NONCE_BYTES: usize = 12;

/// A cryptographic step failed. It says nothing more on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key could not be derived, or a sealed value was not sealed with this session secret")]
pub struct SealError;

/// The keys of a process.
pub struct Secrets(hkdf::Prk);

struct Key32;

impl hkdf::KeyType for Key32 {
    fn len(&self) -> usize {
        32
    }
}

impl Secrets {
    pub(crate) fn new(session_secret: &Secret) -> Self {
        Self(hkdf::Salt::new(hkdf::HKDF_SHA256, b"gx/session-secret/v1").extract(session_secret.expose().as_bytes()))
    }

    /// The key for `purpose`, the same in every process of the environment.
    ///
    /// # Errors
    /// [`SealError`] never in practice: 32 bytes are within what the derivation gives.
    pub fn derive(&self, purpose: &str) -> Result<[u8; 32], SealError> {
        let mut key = [0; 32];
        let info = [purpose.as_bytes()];
        self.0.expand(&info, Key32).and_then(|okm| okm.fill(&mut key)).map_err(|_| SealError)?;
        Ok(key)
    }

    /// Encrypts `plain` so that only [`Self::open`] with the same `purpose` and `context` reads it.
    ///
    /// # Errors
    /// [`SealError`] never in practice.
    pub fn seal(
        &self,
        purpose: &str,
        context: &str,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_BYTES] = entropy.bytes();
        let mut sealed = plain.to_vec();
        self.aes(purpose)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .map_err(|_| SealError)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`SealError`] when it was made with another secret, purpose or context, or was changed.
    pub fn open(&self, purpose: &str, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        let mut plain = sealed.to_vec();
        let length = self
            .aes(purpose)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut plain)
            .map_err(|_| SealError)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    fn aes(&self, purpose: &str) -> Result<LessSafeKey, SealError> {
        UnboundKey::new(&AES_256_GCM, &self.derive(purpose)?).map(LessSafeKey::new).map_err(|_| SealError)
    }
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Hex {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    Sha256Hex::from_bytes(hash)
}

/// HMAC-SHA-256.
#[must_use]
pub fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut tag = [0; 32];
    tag.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref());
    tag
}

/// Whether two values are the same, in a time that does not depend on where they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use gx_base::SeededEntropy;

    use super::*;

    #[test]
    fn what_is_sealed_opens_only_for_its_purpose_and_context() {
        let entropy = SeededEntropy::new(1);
        let secrets = Secrets::new(&Secret::new("a".repeat(32)));
        let sealed = secrets.seal("keys", "row 1", b"private", &entropy).unwrap();
        assert_eq!(secrets.open("keys", "row 1", &sealed).unwrap(), b"private");
        assert_eq!(secrets.open("keys", "row 2", &sealed), Err(SealError));
        assert_eq!(secrets.open("other", "row 1", &sealed), Err(SealError));
        assert_eq!(Secrets::new(&Secret::new("b".repeat(32))).open("keys", "row 1", &sealed), Err(SealError));
        assert_eq!(secrets.open("keys", "row 1", &sealed[..10]), Err(SealError));
        assert_ne!(secrets.derive("a").unwrap(), secrets.derive("b").unwrap());
    }
}
