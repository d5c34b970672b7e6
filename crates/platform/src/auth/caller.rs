//! Finds out who is asking.
//!
//! Either `Authorization: Bearer <access token>` or the session cookie; the header wins. A token's signature says who it
//! was made for, its session row says whether it still counts. Rows are believed for at most five seconds; a sign-out is
//! told to the other processes over the bus, so usually it takes effect at once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use gx_base::Clock;
use gx_base::limits::SESSION_CACHE_SECONDS_MAX;
use gx_store::Store;
use gx_store::repo::{admin_sessions, sessions};
use gx_types::{
    Actor, AdminId, AdminRole, ErrorCode, PersonStatus, ProfileId, SessionId, SessionTransport, Sha256Hex, Timestamp,
};
use uuid::Uuid;

use super::session::Presented;
use super::tokens::{Family, Tokens};
use crate::bus::{Bus, BusMessage};
use crate::http::{ApiError, ApiResult};
use crate::secrets::{same, sha256};

/// Sessions kept in memory at most; above it, those that were not asked for lately are forgotten.
const CACHED_MAX: usize = 50_000;
/// An administrator's session is marked as used at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// A person's session is marked as used at most this often: for the list of devices, nothing depends on it.
const TOUCH_PERSON_EVERY: Duration = Duration::from_secs(5 * 60);

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub profile_id: ProfileId,
    /// In which session.
    pub session_id: SessionId,
    session: Carried,
}

/// A signed-in administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Who.
    pub admin_id: AdminId,
    /// With which role.
    pub role: AdminRole,
    /// In which session.
    pub session_id: SessionId,
    /// Whether a password of their own comes before anything else.
    pub must_change_password: bool,
    /// Whether the second factor was shown in this session.
    pub mfa_verified: bool,
    session: Carried,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Carried {
    transport: SessionTransport,
    csrf_hash: Option<Sha256Hex>,
}

impl Person {
    /// How the session travels.
    #[must_use]
    pub const fn transport(&self) -> SessionTransport {
        self.session.transport
    }

    /// Under whom rows keep what this person asked for.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::Person(self.profile_id)
    }
}

impl Admin {
    /// How the session travels.
    #[must_use]
    pub const fn transport(&self) -> SessionTransport {
        self.session.transport
    }

    /// Under whom rows keep what this administrator asked for.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::Admin(self.admin_id)
    }
}

/// An administrator on a route whose permission wants a second person. They may ask for something, not do it: the gate
/// gives such a route no [`Admin`], so that a handler cannot forget the second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester(Admin);

impl Requester {
    pub(crate) const fn new(admin: Admin) -> Self {
        Self(admin)
    }

    /// Who asks.
    #[must_use]
    pub const fn admin_id(&self) -> AdminId {
        self.0.admin_id
    }

    /// With which role.
    #[must_use]
    pub const fn role(&self) -> AdminRole {
        self.0.role
    }

    /// Under whom rows keep what they asked for.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.0.actor()
    }
}

/// Whoever is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person.
    Person(Person),
    /// An administrator.
    Admin(Admin),
}

impl Caller {
    /// The id that limits count.
    #[must_use]
    pub const fn account(&self) -> Uuid {
        match self {
            Self::Person(person) => person.profile_id.uuid(),
            Self::Admin(admin) => admin.admin_id.uuid(),
        }
    }

    const fn session(&self) -> &Carried {
        match self {
            Self::Person(person) => &person.session,
            Self::Admin(admin) => &admin.session,
        }
    }
}

macro_rules! from_extensions {
    ($name:ident) => {
        /// The gate put it there; the route declares who may call.
        impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
                parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::new(ErrorCode::Unauthorized))
            }
        }

        impl<S: Sync> OptionalFromRequestParts<S> for $name {
            type Rejection = std::convert::Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
                Ok(parts.extensions.get::<Self>().cloned())
            }
        }
    };
}
from_extensions!(Person);
from_extensions!(Admin);
from_extensions!(Requester);

/// What a session row said when it was last read.
#[derive(Clone)]
struct Known {
    subject: Uuid,
    role: Option<AdminRole>,
    must_change_password: bool,
    mfa_verified: bool,
    transport: SessionTransport,
    cookie_hash: Option<Sha256Hex>,
    csrf_hash: Option<Sha256Hex>,
    expires_at: Timestamp,
    ended: Option<ErrorCode>,
    read_at: Timestamp,
}

/// Finds out who is asking.
pub struct Auth {
    store: Store,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    bus: Bus,
    origins: Vec<String>,
    known: RwLock<HashMap<SessionId, Known>>,
}

impl Auth {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, tokens: Tokens, bus: Bus, origins: Vec<String>) -> Self {
        Self { store, clock, tokens, bus, origins, known: RwLock::default() }
    }

    /// The access tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// An access token for a person's session.
    ///
    /// # Errors
    /// 500 when no key signs.
    pub async fn person_token(&self, profile_id: ProfileId, session_id: SessionId) -> ApiResult<String> {
        self.tokens.issue(Family::Person, profile_id.uuid(), session_id).await.map_err(ApiError::from)
    }

    /// An access token for an administrator's session.
    ///
    /// # Errors
    /// 500 when no key signs.
    pub async fn admin_token(&self, admin_id: AdminId, session_id: SessionId) -> ApiResult<String> {
        self.tokens.issue(Family::Admin, admin_id.uuid(), session_id).await.map_err(ApiError::from)
    }

    /// The signed-in person; `None` when the request carries no token, and no cookie that counts.
    ///
    /// # Errors
    /// 401 for a token that does not count; 503 when the database is out of reach.
    pub async fn person(&self, headers: &HeaderMap) -> ApiResult<Option<Person>> {
        let found = self.find(Family::Person, headers).await?;
        Ok(found.map(|(session_id, known)| Person {
            profile_id: ProfileId::from_uuid(known.subject),
            session_id,
            session: Carried { transport: known.transport, csrf_hash: known.csrf_hash },
        }))
    }

    /// The signed-in administrator, as [`Self::person`].
    ///
    /// # Errors
    /// 401 for a token that does not count; 503 when the database is out of reach.
    pub async fn admin(&self, headers: &HeaderMap) -> ApiResult<Option<Admin>> {
        let found = self.find(Family::Admin, headers).await?;
        Ok(found.and_then(|(session_id, known)| {
            Some(Admin {
                admin_id: AdminId::from_uuid(known.subject),
                role: known.role?,
                session_id,
                must_change_password: known.must_change_password,
                mfa_verified: known.mfa_verified,
                session: Carried { transport: known.transport, csrf_hash: known.csrf_hash },
            })
        }))
    }

    /// Whether anyone is signed in, of either family.
    pub async fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        matches!(self.person(headers).await, Ok(Some(_))) || matches!(self.admin(headers).await, Ok(Some(_)))
    }

    /// Refuses an unsafe request that a browser may have been tricked into: one with a cookie but without its token, or
    /// from another site.
    ///
    /// # Errors
    /// 403 `CSRF_FAILED`.
    pub fn check_csrf(&self, caller: &Caller, headers: &HeaderMap) -> ApiResult<()> {
        let session = caller.session();
        if session.transport != SessionTransport::Cookie {
            return Ok(());
        }
        let refused = || ApiError::new(ErrorCode::CsrfFailed);
        if let Some(origin) = headers.get(header::ORIGIN) {
            let origin = origin.to_str().map_err(|_| refused())?;
            if !self.is_own_origin(origin) {
                return Err(refused());
            }
        }
        let sent = headers.get(super::CSRF_HEADER).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
        let expected = session.csrf_hash.ok_or_else(refused)?;
        if same(sha256(sent.as_bytes()).as_bytes(), expected.as_bytes()) { Ok(()) } else { Err(refused()) }
    }

    /// Whether a page of this origin is one of ours, exactly.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }

    /// Tells every process that a session has ended, or that what its rows say has changed. Call it after they say so.
    pub fn ended(&self, session_id: SessionId) {
        self.forget(session_id);
        self.bus.publish(&BusMessage::SessionEnded { session_id });
    }

    pub(crate) fn forget(&self, session_id: SessionId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&session_id);
    }

    async fn find(&self, family: Family, headers: &HeaderMap) -> ApiResult<Option<(SessionId, Known)>> {
        let refused = || ApiError::new(ErrorCode::Unauthorized);
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let text = value.to_str().map_err(|_| refused())?;
            let (scheme, token) = text.split_once(' ').ok_or_else(refused)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(refused());
            }
            let claims = self.tokens.read(family, token.trim()).await?.ok_or_else(refused)?;
            let known = self.session(family, claims.session).await?.ok_or(ErrorCode::SessionExpired)?;
            if known.subject != claims.subject || known.transport != SessionTransport::Token {
                return Err(refused());
            }
            return match known.ended {
                Some(code) => Err(code.into()),
                None => Ok(Some((claims.session, known))),
            };
        }
        let name = match family {
            Family::Person => super::PERSON_COOKIE,
            Family::Admin => super::ADMIN_COOKIE,
        };
        // A cookie that does not count is the browser's leftover, not an attempt: the caller is simply not signed in.
        let Some(presented) = cookie(headers, name).and_then(Presented::parse) else { return Ok(None) };
        let Some(known) = self.session(family, presented.session_id).await? else { return Ok(None) };
        let counts = known.ended.is_none() && presented.matches(known.cookie_hash);
        Ok(counts.then_some((presented.session_id, known)))
    }

    async fn session(&self, family: Family, session_id: SessionId) -> ApiResult<Option<Known>> {
        let now = self.clock.now();
        let fresh = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&session_id).cloned();
        if let Some(known) = fresh
            && known.role.is_some() == (family == Family::Admin)
            && now.since(known.read_at) < Duration::from_secs(SESSION_CACHE_SECONDS_MAX)
            && known.read_at <= now
        {
            return Ok(Some(judged(known, now)));
        }
        let known = match family {
            Family::Person => self.read_person(session_id, now).await?,
            Family::Admin => self.read_admin(session_id, now).await?,
        };
        let mut cache = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED_MAX {
            cache.retain(|_, known| now.since(known.read_at) < Duration::from_secs(SESSION_CACHE_SECONDS_MAX));
        }
        match &known {
            Some(known) => drop(cache.insert(session_id, known.clone())),
            None => drop(cache.remove(&session_id)),
        }
        Ok(known.map(|known| judged(known, now)))
    }

    async fn read_person(&self, session_id: SessionId, now: Timestamp) -> ApiResult<Option<Known>> {
        let Some(row) = sessions::with_person(self.store.read(), session_id).await? else { return Ok(None) };
        if !row.revoked && now.since(row.last_used_at) >= TOUCH_PERSON_EVERY {
            self.touch_person(session_id, now);
        }
        let shut_out = matches!(row.person_status, PersonStatus::Suspended | PersonStatus::Closed);
        Ok(Some(Known {
            subject: row.profile_id.uuid(),
            role: None,
            must_change_password: false,
            mfa_verified: false,
            transport: row.transport,
            cookie_hash: row.cookie_hash,
            csrf_hash: row.csrf_hash,
            expires_at: row.expires_at,
            ended: (row.revoked || shut_out).then_some(ErrorCode::SessionRevoked),
            read_at: now,
        }))
    }

    /// Marks a person's session as used, without keeping the request waiting.
    fn touch_person(&self, session_id: SessionId, now: Timestamp) {
        let store = self.store.clone();
        tokio::spawn(async move {
            let touched =
                store.write(move |tx| Box::pin(async move { sessions::touch(tx, session_id, now).await })).await;
            // A full disk must not lock people out; the list just shows an older time.
            if let Err(error) = touched {
                let error: gx_store::StoreError = error;
                tracing::warn!(%error, "a person's session could not be marked as used");
            }
        });
    }

    async fn read_admin(&self, session_id: SessionId, now: Timestamp) -> ApiResult<Option<Known>> {
        let Some(row) = admin_sessions::with_admin(self.store.read(), session_id).await? else { return Ok(None) };
        let idle_until = row.last_used_at.plus(idle_limit(row.role));
        let ended = if row.revoked || !row.is_active {
            Some(ErrorCode::SessionRevoked)
        } else if idle_until <= now {
            Some(ErrorCode::SessionExpired)
        } else {
            None
        };
        if ended.is_none() && now.since(row.last_used_at) >= TOUCH_EVERY {
            let touched = self
                .store
                .write(move |tx| Box::pin(async move { admin_sessions::touch(tx, session_id, now).await }))
                .await;
            // A full disk must not lock administrators out; the session just ends earlier.
            if let Err(error) = touched {
                tracing::warn!(%error, "an administrator's session could not be marked as used");
            }
        }
        Ok(Some(Known {
            subject: row.admin_id.uuid(),
            role: Some(row.role),
            must_change_password: row.must_change_password,
            mfa_verified: row.mfa_verified,
            transport: row.transport,
            cookie_hash: row.cookie_hash,
            csrf_hash: row.csrf_hash,
            expires_at: row.expires_at,
            ended,
            read_at: now,
        }))
    }
}

fn judged(mut known: Known, now: Timestamp) -> Known {
    if known.ended.is_none() && known.expires_at <= now {
        known.ended = Some(ErrorCode::SessionExpired);
    }
    known
}

/// How long an administrator's session may lie unused.
#[must_use]
pub const fn idle_limit(role: AdminRole) -> Duration {
    Duration::from_secs(match role {
        AdminRole::SuperOwner => 60 * 60,
        AdminRole::SuperAdmin => 45 * 60,
        AdminRole::Admin | AdminRole::Moderator | AdminRole::Developer | AdminRole::Auditor => 30 * 60,
    })
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

impl From<super::TokenError> for ApiError {
    fn from(error: super::TokenError) -> Self {
        match error {
            super::TokenError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
