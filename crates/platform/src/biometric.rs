//! The biometric hash: which document a person was identified with, without saying so.
//!
//! HMAC-SHA-256 over issuing country, kind and number of the verified document, under a key that is made once per
//! environment, part of every backup and never changed: with another key one document would give two accounts. So the
//! key's fingerprint lies in the database, and a process with another key does not start.
//!
//! [`BiometricKey::hash`] is the only maker of these hashes. Logs and answers never contain them.

use std::io::Write;
use std::path::Path;

use aws_lc_rs::hmac;
use gx_base::{Clock, Entropy, EntropyExt, Secret};
use gx_store::repo::environment_facts;
use gx_store::{Store, StoreError};
use gx_types::{CountryCode, DocumentType, Sha256Hex};
use unicode_normalization::UnicodeNormalization;

use crate::settings::Settings;

/// The file of the key inside the data folder.
const FILE: &str = "biometric.key";
/// The fact that holds the fingerprint.
const FACT: &str = "biometric_key_fingerprint";
/// Longest document number, characters after normalisation.
const NUMBER_CHARS_MAX: usize = 40;
/// Shortest document number, characters after normalisation.
const NUMBER_CHARS_MIN: usize = 4;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum BiometricError {
    /// The database failed.
    #[error("the fingerprint of the biometric key could not be read or written")]
    Store(#[from] StoreError),
    /// The file could not be read or written.
    #[error("the biometric key {0} could not be read or written: {1}")]
    File(String, std::io::Error),
    /// The key is no key.
    #[error("the biometric key has 64 hexadecimal digits; what is there has not")]
    Malformed,
    /// The key is another environment's.
    #[error("this biometric key is not the one that the accounts of this environment were made with; restore that key")]
    OtherKey,
    /// The database knows a key that is gone.
    #[error("the biometric key of this environment is gone; restore {0} or set BIOMETRIC_KEY")]
    Gone(String),
}

/// Why a document gives no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Only identity cards, passports and driving licences identify a person.
    #[error("only NATIONAL_ID, PASSPORT and DRIVERS_LICENSE identify a person")]
    Kind,
    /// Too few or too many letters and digits.
    #[error("a document number has 4 to 40 letters and digits")]
    Number,
}

/// The key of an environment.
pub struct BiometricKey(hmac::Key);

impl BiometricKey {
    /// Reads the key, or makes it when this environment never had one.
    ///
    /// # Errors
    /// [`BiometricError`]: never makes a second key.
    pub async fn open(
        settings: &Settings,
        store: &Store,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, BiometricError> {
        let known = environment_facts::get(store.read(), FACT).await?;
        let key = match (&settings.biometric_key, &settings.data) {
            (Some(text), _) => decode(text.expose())?,
            (None, Some(folder)) => from_file(&folder.join(FILE), known.is_some(), entropy)?,
            (None, None) => return Err(BiometricError::Gone(FILE.to_owned())),
        };
        let key = Self(hmac::Key::new(hmac::HMAC_SHA256, &key));
        let fingerprint = key.fingerprint();
        let holds = match known {
            Some(known) => known,
            None => {
                let (value, now) = (fingerprint.clone(), clock.now());
                store
                    .write(move |tx| {
                        let value = value.clone();
                        Box::pin(async move { environment_facts::record(tx, FACT, &value, now).await })
                    })
                    .await?
            }
        };
        if holds == fingerprint { Ok(key) } else { Err(BiometricError::OtherKey) }
    }

    /// The hash of a document. The one constructor.
    ///
    /// # Errors
    /// [`DocumentError`] when the document identifies nobody.
    pub fn hash(&self, country: CountryCode, kind: DocumentType, number: &str) -> Result<Sha256Hex, DocumentError> {
        if !matches!(kind, DocumentType::NationalId | DocumentType::Passport | DocumentType::DriversLicense) {
            return Err(DocumentError::Kind);
        }
        let number = normalise_number(number)?;
        let mut context = hmac::Context::with_key(&self.0);
        // A separator that no part can contain keeps «A|BC» and «AB|C» apart.
        for part in ["gx-document-v1", country.as_str(), kind.as_str(), &number] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        Ok(Sha256Hex::from_bytes(hash))
    }

    /// What tells this key from another without telling the key.
    fn fingerprint(&self) -> String {
        hex::encode(&hmac::sign(&self.0, b"gx-biometric-key-fingerprint").as_ref()[..16])
    }
}

/// A document number as it is compared: NFKC, upper case, letters and digits only.
///
/// # Errors
/// [`DocumentError::Number`] when too little or too much is left.
pub fn normalise_number(number: &str) -> Result<String, DocumentError> {
    // A generous bound before normalising, which can make texts longer.
    if number.chars().count() > 4 * NUMBER_CHARS_MAX {
        return Err(DocumentError::Number);
    }
    let normal: String = number
        .nfkc()
        .flat_map(char::to_uppercase)
        .collect::<String>()
        .nfkc()
        .filter(|character| character.is_alphanumeric())
        .collect();
    let length = normal.chars().count();
    if (NUMBER_CHARS_MIN..=NUMBER_CHARS_MAX).contains(&length) { Ok(normal) } else { Err(DocumentError::Number) }
}

fn decode(text: &str) -> Result<[u8; 32], BiometricError> {
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).map_err(|_| BiometricError::Malformed)?;
    Ok(key)
}

fn from_file(path: &Path, must_exist: bool, entropy: &dyn Entropy) -> Result<[u8; 32], BiometricError> {
    let failed = |error| BiometricError::File(path.display().to_string(), error);
    match std::fs::read_to_string(path) {
        Ok(text) => decode(Secret::new(text).expose()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if must_exist {
                return Err(BiometricError::Gone(path.display().to_string()));
            }
            let key: [u8; 32] = entropy.bytes();
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            write_once(path, hex::encode(key).as_bytes()).map_err(failed)?;
            // Another process may have been faster; the file decides.
            std::fs::read_to_string(path).map_err(failed).and_then(|text| decode(&text))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes a new file that only its owner reads, durably; leaves an existing one alone.
fn write_once(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
    }
    // A link fails when the name is taken, and the file is complete the moment it has its name.
    let linked = std::fs::hard_link(&temporary, path);
    std::fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => {
            if let Some(folder) = path.parent() {
                std::fs::File::open(folder)?.sync_all()?;
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use gx_base::SeededEntropy;

    use super::*;

    fn key() -> BiometricKey {
        BiometricKey(hmac::Key::new(hmac::HMAC_SHA256, &[9; 32]))
    }

    #[test]
    fn spellings_of_one_number_give_one_hash_and_nothing_else_does() {
        let (gb, us) = ("GB".parse().unwrap(), "US".parse().unwrap());
        let hash = key().hash(gb, DocumentType::Passport, "ab 123-456").unwrap();
        for same in ["AB123456", "ＡＢ１２３４５６", " a b 1 2 3 4 5 6 ", "ab.123/456"] {
            assert_eq!(key().hash(gb, DocumentType::Passport, same).unwrap(), hash, "{same}");
        }
        for (country, kind, number) in [
            (us, DocumentType::Passport, "AB123456"),
            (gb, DocumentType::NationalId, "AB123456"),
            (gb, DocumentType::Passport, "AB123457"),
        ] {
            assert_ne!(key().hash(country, kind, number).unwrap(), hash);
        }
        let other = BiometricKey(hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]));
        assert_ne!(other.hash(gb, DocumentType::Passport, "AB123456").unwrap(), hash);
        assert_ne!(other.fingerprint(), key().fingerprint());
    }

    #[test]
    fn only_identity_documents_with_a_number_identify() {
        let gb = "GB".parse().unwrap();
        assert_eq!(key().hash(gb, DocumentType::UtilityBill, "AB123456"), Err(DocumentError::Kind));
        for bad in ["", "123", "-- --", &"9".repeat(41), &"x".repeat(10_000)] {
            assert_eq!(key().hash(gb, DocumentType::Passport, bad), Err(DocumentError::Number));
        }
    }

    #[test]
    fn the_file_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper").join(FILE);
        let first = from_file(&path, false, &SeededEntropy::new(1)).unwrap();
        assert_eq!(from_file(&path, false, &SeededEntropy::new(2)).unwrap(), first);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(from_file(&path, true, &SeededEntropy::new(3)), Err(BiometricError::Gone(_))));
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(from_file(&path, true, &SeededEntropy::new(3)), Err(BiometricError::Malformed)));
    }
}
