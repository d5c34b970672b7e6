//! Access tokens: EdDSA JWTs in two families, people's and administrators', each signed with the current one of two
//! published keys.
//!
//! Keys lie in `signing_keys`, the private halves encrypted under the session secret. There is always one key that
//! signs and one that will; when the first one's time is up the second takes over and a third is made, so that whoever
//! holds a copy of the published keys has the next one before it is used.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use gx_base::limits::ACCESS_TOKEN_SECONDS;
use gx_base::{Clock, Entropy, EntropyExt};
use gx_store::Store;
use gx_store::repo::signing_keys::{self, NewSigningKey, SigningKey};
use gx_types::{EnvName, KeyId, SessionId, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::secrets::{Secrets, sha256};

/// How long a key signs.
const SIGNS: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long it verifies after that: longer than any token it signed lives.
const VERIFIES_AFTER: Duration = Duration::from_secs(3600);
/// Keys that have not stopped signing: the one in use and the next.
const KEYS_AHEAD: usize = 2;
/// An unknown key id makes the process look for new keys at most this often.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
const PURPOSE: &str = "signing-keys";

/// Whose tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// People's.
    Person,
    /// Administrators'.
    Admin,
}

impl Family {
    /// Both families.
    pub const ALL: [Self; 2] = [Self::Person, Self::Admin];

    const fn name(self) -> &'static str {
        match self {
            Self::Person => "person-tokens",
            Self::Admin => "admin-tokens",
        }
    }

    const fn audience(self) -> &'static str {
        match self {
            Self::Person => "gx-api",
            Self::Admin => "gx-admin",
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenClaims {
    /// The person or administrator.
    pub subject: Uuid,
    /// The session; its row decides whether the token still counts.
    pub session: SessionId,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: SessionId,
    iat: i64,
    exp: i64,
}

/// Why there are no keys, or no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The database failed.
    #[error("the signing keys could not be read or written")]
    Store(#[from] gx_store::StoreError),
    /// The keys in the database were encrypted under another session secret.
    #[error("the signing keys in the database were made under another SESSION_SECRET")]
    OtherSecret,
    /// The cryptographic library refused a key.
    #[error("a signing key could not be used: {0}")]
    Key(String),
}

struct LoadedKey {
    key_id: KeyId,
    signs_until: Timestamp,
    verifies_until: Timestamp,
    public: Vec<u8>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

#[derive(Default)]
struct Loaded {
    person: Vec<LoadedKey>,
    admin: Vec<LoadedKey>,
    at: Option<Timestamp>,
}

impl Loaded {
    const fn family(&self, family: Family) -> &Vec<LoadedKey> {
        match family {
            Family::Person => &self.person,
            Family::Admin => &self.admin,
        }
    }
}

/// Makes and reads access tokens.
pub struct Tokens {
    env: EnvName,
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    secrets: Arc<Secrets>,
    loaded: RwLock<Loaded>,
}

impl Tokens {
    /// Loads the keys, making what is missing.
    ///
    /// # Errors
    /// [`TokenError`] when the database fails or holds keys that this session secret does not open.
    pub(crate) async fn open(
        env: EnvName,
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        secrets: Arc<Secrets>,
    ) -> Result<Self, TokenError> {
        let tokens = Self { env, store, clock, entropy, secrets, loaded: RwLock::default() };
        tokens.load().await?;
        Ok(tokens)
    }

    /// A token for `subject` in `session`, good for 15 minutes.
    ///
    /// # Errors
    /// [`TokenError`] when there is no key to sign with.
    pub async fn issue(&self, family: Family, subject: Uuid, session: SessionId) -> Result<String, TokenError> {
        let now = self.clock.now();
        if self.signing(family, now).is_none() {
            self.load().await?;
        }
        let Some((key_id, key)) = self.signing(family, now) else {
            return Err(TokenError::Key("there is none that signs now".to_owned()));
        };
        let seconds = now.micros() / 1_000_000;
        let claims = Claims {
            iss: self.issuer(),
            aud: family.audience().to_owned(),
            sub: subject,
            sid: session,
            iat: seconds,
            exp: seconds.saturating_add(ACCESS_TOKEN_SECONDS.cast_signed()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key_id.to_string());
        jsonwebtoken::encode(&header, &claims, &key).map_err(|error| TokenError::Key(error.to_string()))
    }

    /// What `token` says; `None` when it is not ours, of the other family, or out of date.
    ///
    /// # Errors
    /// [`TokenError`] when new keys had to be looked for and the database failed.
    pub async fn read(&self, family: Family, token: &str) -> Result<Option<TokenClaims>, TokenError> {
        let Some(key_id) = jsonwebtoken::decode_header(token)
            .ok()
            .filter(|header| header.alg == Algorithm::EdDSA)
            .and_then(|header| header.kid?.parse::<KeyId>().ok())
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        let mut key = self.verifying(family, key_id, now);
        if key.is_none() && self.may_look_again(now) {
            self.load().await?;
            key = self.verifying(family, key_id, now);
        }
        let Some(key) = key else { return Ok(None) };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[family.audience()]);
        validation.set_issuer(&[self.issuer()]);
        // Time is judged below, by the clock that was passed in.
        validation.validate_exp = false;
        let Ok(data) = jsonwebtoken::decode::<Claims>(token, &key, &validation) else { return Ok(None) };
        let seconds = now.micros() / 1_000_000;
        if data.claims.exp <= seconds || data.claims.iat > seconds.saturating_add(60) {
            return Ok(None);
        }
        Ok(Some(TokenClaims { subject: data.claims.sub, session: data.claims.sid }))
    }

    /// The published keys of a family, the one that signs first.
    #[must_use]
    pub fn published(&self, family: Family) -> JwkSet {
        let now = self.clock.now();
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        JwkSet {
            keys: loaded
                .family(family)
                .iter()
                .filter(|key| key.verifies_until > now)
                .map(|key| {
                    use base64::Engine;
                    Jwk {
                        kty: "OKP".to_owned(),
                        crv: "Ed25519".to_owned(),
                        alg: "EdDSA".to_owned(),
                        usage: "sig".to_owned(),
                        kid: key.key_id,
                        x: base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&key.public),
                    }
                })
                .collect(),
        }
    }

    fn issuer(&self) -> String {
        format!("gx-{}", self.env)
    }

    fn signing(&self, family: Family, now: Timestamp) -> Option<(KeyId, EncodingKey)> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.family(family).iter().find(|key| key.signs_until > now).map(|key| (key.key_id, key.encoding.clone()))
    }

    fn verifying(&self, family: Family, key_id: KeyId, now: Timestamp) -> Option<DecodingKey> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded
            .family(family)
            .iter()
            .find(|key| key.key_id == key_id && key.verifies_until > now)
            .map(|key| key.decoding.clone())
    }

    fn may_look_again(&self, now: Timestamp) -> bool {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.at.is_none_or(|at| now.since(at) >= LOOK_AGAIN)
    }

    async fn load(&self) -> Result<(), TokenError> {
        let now = self.clock.now();
        let mut loaded = Loaded { at: Some(now), ..Loaded::default() };
        loaded.person = self.load_family(Family::Person, now).await?;
        loaded.admin = self.load_family(Family::Admin, now).await?;
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    async fn load_family(&self, family: Family, now: Timestamp) -> Result<Vec<LoadedKey>, TokenError> {
        let mut rows = signing_keys::of_purpose(self.store.read(), family.name()).await?;
        rows.sort_by_key(|row| row.signs_until);
        let ahead = rows.iter().filter(|row| row.signs_until > now).count();
        if ahead < KEYS_AHEAD {
            let mut from = rows.last().map_or(now, |row| row.signs_until).max(now);
            let mut made = Vec::new();
            for generation in (rows.len()..).take(KEYS_AHEAD - ahead) {
                from = from.plus(SIGNS);
                made.push(self.make(family, generation, now, from)?);
            }
            // Another process may do the same at the same moment: the id follows from family and generation, so the
            // first one wins and both read its keys.
            self.store
                .write(move |tx| {
                    let made = made.clone();
                    Box::pin(async move {
                        for key in made {
                            signing_keys::insert_unless_there(tx, key).await?;
                        }
                        Ok::<_, gx_store::StoreError>(())
                    })
                })
                .await?;
            rows = signing_keys::of_purpose(self.store.read(), family.name()).await?;
            rows.sort_by_key(|row| row.signs_until);
        }
        rows.into_iter().map(|row| self.open_key(family, &row)).collect()
    }

    fn make(
        &self,
        family: Family,
        generation: usize,
        now: Timestamp,
        signs_until: Timestamp,
    ) -> Result<NewSigningKey, TokenError> {
        let rejected = |what: &str| TokenError::Key(what.to_owned());
        let seed: [u8; 32] = self.entropy.bytes();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| rejected("the seed"))?;
        let private = pair.to_pkcs8().map_err(|_| rejected("its encoding"))?;
        let key_id = key_id(family, generation);
        let private_key = self
            .secrets
            .seal(PURPOSE, &key_id.to_string(), private.as_ref(), &*self.entropy)
            .map_err(|_| rejected("its encryption"))?;
        Ok(NewSigningKey {
            key_id,
            purpose: family.name().to_owned(),
            algorithm: "EdDSA".to_owned(),
            private_key,
            public_key: pair.public_key().as_ref().to_vec(),
            created_at: now,
            signs_until,
            verifies_until: signs_until.plus(VERIFIES_AFTER),
        })
    }

    fn open_key(&self, family: Family, row: &SigningKey) -> Result<LoadedKey, TokenError> {
        let _ = family;
        let private = self
            .secrets
            .open(PURPOSE, &row.key_id.to_string(), &row.private_key)
            .map_err(|_| TokenError::OtherSecret)?;
        Ok(LoadedKey {
            key_id: row.key_id,
            signs_until: row.signs_until,
            verifies_until: row.verifies_until,
            public: row.public_key.clone(),
            encoding: EncodingKey::from_ed_der(&private),
            decoding: DecodingKey::from_ed_der(&row.public_key),
        })
    }
}

/// The id of a family's n-th key.
fn key_id(family: Family, generation: usize) -> KeyId {
    let hash = sha256(format!("{}/{generation}", family.name()).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    KeyId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Published keys (RFC 7517).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// The keys, the one that signs now first.
    pub keys: Vec<Jwk>,
}

/// A published key (RFC 8037).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// Key type, always `OKP`.
    pub kty: String,
    /// Curve, always `Ed25519`.
    pub crv: String,
    /// Algorithm, always `EdDSA`.
    pub alg: String,
    /// Use, always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Which key.
    pub kid: KeyId,
    /// The public key, base64url.
    pub x: String,
}
