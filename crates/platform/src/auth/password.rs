//! Passwords: Argon2id with the parameters of OWASP (19 MiB, two passes), a few at a time.
//!
//! Each hash takes its 19 MiB while it runs, so a burst of logins queues instead of eating the machine.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use gx_base::{Entropy, EntropyExt, Secret};
use tokio::sync::Semaphore;

/// Hashes computed at a time, at most; never more than there are cores, for more would only slow each other down.
const AT_A_TIME: usize = 4;
/// Random bytes of a salt.
const SALT_BYTES: usize = 16;

/// A password could not be hashed or compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a password could not be hashed or compared: {0}")]
pub struct PasswordError(String);

impl From<PasswordError> for crate::http::ApiError {
    fn from(error: PasswordError) -> Self {
        Self::internal(error)
    }
}

/// Hashes passwords and compares them.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// What a login with an unknown name is compared with, so that it takes as long as any other.
    decoy: Arc<tokio::sync::OnceCell<String>>,
}

impl Passwords {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME.min(cores))), entropy, decoy: Arc::default() }
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// [`PasswordError`] when the library fails.
    pub async fn hash(&self, password: Secret) -> Result<String, PasswordError> {
        let salt: [u8; SALT_BYTES] = self.entropy.bytes();
        self.turn(move || {
            let hash: PasswordHash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `password` is the one that `hash` was made of. Without a hash (no such account) it takes as long and says
    /// no, so that nobody learns which accounts exist.
    ///
    /// # Errors
    /// [`PasswordError`] when the library fails or the hash is none.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, PasswordError> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy.get_or_try_init(|| self.hash(Secret::new("nobody has this one"))).await?.clone(),
        };
        let same = self
            .turn(move || {
                let hash = PasswordHash::new(&hash)?;
                match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
                    Ok(()) => Ok(true),
                    Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                    Err(error) => Err(error.into()),
                }
            })
            .await?;
        Ok(same && exists)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| PasswordError(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| PasswordError(error.to_string()))?.map_err(|error| PasswordError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use gx_base::SeededEntropy;

    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_matches() {
        let passwords = Passwords::new(Arc::new(SeededEntropy::new(1)));
        let hash = passwords.hash(Secret::new("TestPass123!")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Secret::new("TestPass123!"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(Secret::new("testpass123!"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(Secret::new("nobody has this one"), None).await.unwrap());
        assert!(passwords.verify(Secret::new("x"), Some("no hash".to_owned())).await.is_err());
    }
}
