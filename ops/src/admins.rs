//! The first administrators: made on the host, while fewer than two SUPER_OWNERs are active. From then on only through
//! the API. And a lost second factor that no two others are left to take away.

use gx_base::{EntropyExt, Secret};
use gx_platform::App;
use gx_platform::auth::PasswordError;
use gx_platform::http::ApiError;
use gx_store::audit::{self, AuditEntry};
use gx_store::entity::admin_users;
use gx_store::repo::{admin_sessions, admins, second_factors, super_owners};
use gx_store::{Col, StoreError};
use gx_types::{Actor, AdminId, AdminRole, AuditEvent, AuditObject, CorrelationId, EnvName, Timestamp};

/// Active SUPER_OWNERs from which on the host makes no more.
pub const SUPER_OWNERS_BY_HOST_MAX: u64 = 2;
/// How many people decide what needs a second one.
const DECIDERS: u64 = 2;
/// Characters of a first password.
const PASSWORD_CHARS: usize = 20;
/// What first passwords are made of: no two characters look alike.
const LOWER: &[u8] = b"abcdefghijkmnpqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGIT: &[u8] = b"23456789";
const SPECIAL: &[u8] = b"-_+=!?";

/// A new administrator.
#[derive(Debug, Clone)]
pub struct NewAdmin {
    /// Login name: 3 to 32 of `a–z 0–9 . _ -`.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Name that colleagues see.
    pub display_name: String,
}

/// Why there is no new administrator.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing the password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The second factor.
    #[error("the second factor could not be made: {0}")]
    Factor(ApiError),
    /// Two owners can do it through the API, in front of each other's eyes.
    #[error(
        "two other SUPER_OWNERs with a second factor are active: they take it away through the API, where two people decide"
    )]
    OthersCan,
    /// There is nobody of this name, or they have no second factor.
    #[error("there is no administrator of this name with a second factor")]
    NoFactor,
    /// Codes are shown on devnet alone.
    #[error("codes are shown on devnet alone; elsewhere they are on the administrator's own device")]
    NotDevnet,
    /// Two are active.
    #[error("two SUPER_OWNERs are active; they make further administrators through the API")]
    Enough,
    /// The name cannot be used.
    #[error("a login name has 3 to 32 characters out of a–z, 0–9, dot, underscore and hyphen")]
    Username,
    /// The address cannot be used.
    #[error("that is no e-mail address")]
    Email,
    /// Name or address is taken.
    #[error("this login name or e-mail address is taken")]
    Taken,
}

/// Makes a SUPER_OWNER and gives back the first password, which is stored nowhere in the clear.
///
/// # Errors
/// [`AdminError`].
pub async fn create_super_owner(app: &App, new: NewAdmin) -> Result<Secret, AdminError> {
    check(&new)?;
    let password = first_password(app);
    let password_hash = app.passwords().hash(password.clone()).await?;
    let now: Col<Timestamp> = app.now().into();
    let correlation_id = CorrelationId::from_uuid(app.new_uuid());
    let row = admin_users::Model {
        admin_id: AdminId::from_uuid(app.new_uuid()).into(),
        username: new.username,
        // Logins are compared in lower case.
        email: new.email.to_lowercase(),
        display_name: new.display_name,
        password_hash,
        role: AdminRole::SuperOwner.into(),
        is_active: true,
        // On devnet the password is printed and meant to be used as it is.
        must_change_password: app.env() != EnvName::Devnet,
        last_login_at: None,
        appointed_block: None,
        created_by: Actor::Operator.to_string(),
        created_at: now,
        updated_at: now,
    };
    let username = row.username.clone();
    // On devnet the host plays the telephone: `gx admin code` shows the codes.
    let owner = Actor::Admin(row.admin_id.0);
    let setup = match app.env() {
        EnvName::Devnet => Some(app.second_factors().new_setup(owner, &username).map_err(AdminError::Factor)?),
        EnvName::Testnet | EnvName::Mainnet => None,
    };
    let (factors, setup) = (app.second_factors().clone(), std::sync::Arc::new(setup));
    app.store()
        .write(move |tx| {
            let (row, factors, setup) = (row.clone(), factors.clone(), std::sync::Arc::clone(&setup));
            Box::pin(async move {
                if super_owners::active_count(tx).await? >= SUPER_OWNERS_BY_HOST_MAX {
                    return Err(AdminError::Enough);
                }
                let object = AuditObject::Admin(row.admin_id.0);
                super_owners::add(tx, row).await.map_err(|error| match error {
                    StoreError::Duplicate { .. } => AdminError::Taken,
                    other => other.into(),
                })?;
                let event = AuditEvent::AdminCreated;
                let entry = AuditEntry::new(event, Actor::Operator, object, correlation_id, now.0)
                    .after("role", AdminRole::SuperOwner);
                audit::append(tx, entry).await?;
                if let Some(setup) = setup.as_ref() {
                    factors.enrol_on_devnet(tx, owner, setup).await.map_err(AdminError::Factor)?;
                }
                Ok(())
            })
        })
        .await?;
    tracing::info!(username, "an operator made a SUPER_OWNER on the host");
    Ok(password)
}

/// A code of an administrator's second factor that is taken now; on devnet alone, where the host plays the telephone.
///
/// # Errors
/// [`AdminError`].
pub async fn admin_code(app: &App, username: &str) -> Result<String, AdminError> {
    if app.env() != EnvName::Devnet {
        return Err(AdminError::NotDevnet);
    }
    let admin = admins::by_login(app.store().read(), &username.to_lowercase()).await?.ok_or(AdminError::NoFactor)?;
    let owner = Actor::Admin(admin.admin_id.0);
    let code = app.second_factors().current_code(app.store(), owner).await.map_err(AdminError::Factor)?;
    code.ok_or(AdminError::NoFactor)
}

/// Takes away an administrator's lost second factor, where no two other owners are left who could decide about it. Ends
/// their sessions; at the next login they set up another. Returns how many sessions have ended.
///
/// # Errors
/// [`AdminError`].
pub async fn reset_admin_mfa(app: &App, username: &str) -> Result<usize, AdminError> {
    let admin = admins::by_login(app.store().read(), &username.to_lowercase()).await?.ok_or(AdminError::NoFactor)?;
    let (admin_id, now) = (admin.admin_id.0, app.now());
    let correlation_id = CorrelationId::from_uuid(app.new_uuid());
    let ended = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let mut able = 0_u64;
                for other in super_owners::active(tx).await? {
                    able += u64::from(other != admin_id && second_factors::is_on(tx, Actor::Admin(other)).await?);
                }
                if able >= DECIDERS {
                    return Err(AdminError::OthersCan);
                }
                if !second_factors::remove(tx, Actor::Admin(admin_id)).await? {
                    return Err(AdminError::NoFactor);
                }
                let why = "the second factor was taken away";
                let ended = admin_sessions::revoke_all(tx, admin_id, why, now).await?;
                let object = AuditObject::Admin(admin_id);
                let entry = AuditEntry::new(AuditEvent::AdminMfaReset, Actor::Operator, object, correlation_id, now)
                    .after("sessionsEnded", ended.len());
                audit::append(tx, entry).await?;
                Ok::<_, AdminError>(ended)
            })
        })
        .await?;
    for session in &ended {
        app.auth().ended(*session);
    }
    tracing::warn!(username, "an operator took an administrator's second factor away on the host");
    Ok(ended.len())
}

/// How many more the host may make.
///
/// # Errors
/// [`AdminError::Store`].
pub async fn super_owners_missing(app: &App) -> Result<u64, AdminError> {
    Ok(SUPER_OWNERS_BY_HOST_MAX.saturating_sub(super_owners::active_count(app.store().read()).await?))
}

fn check(new: &NewAdmin) -> Result<(), AdminError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if !(3..=32).contains(&new.username.len()) || !new.username.chars().all(allowed) {
        return Err(AdminError::Username);
    }
    let parts = new.email.split_once('@');
    if !parts
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !new.email.contains(char::is_whitespace))
    {
        return Err(AdminError::Email);
    }
    Ok(())
}

/// A password that satisfies the policy for administrators: every class at least once.
fn first_password(app: &App) -> Secret {
    let entropy = app.entropy();
    let pick = |from: &[u8]| {
        let index = usize::try_from(entropy.below(from.len() as u64)).unwrap_or(0);
        from.get(index).copied().map_or('x', char::from)
    };
    let classes = [LOWER, UPPER, DIGIT, SPECIAL];
    let mut characters: Vec<char> = classes.iter().map(|class| pick(class)).collect();
    let all = classes.concat();
    characters.extend((characters.len()..PASSWORD_CHARS).map(|_| pick(&all)));
    // The first four would tell their class by their place.
    for index in (1..characters.len()).rev() {
        let other = usize::try_from(entropy.below(index as u64 + 1)).unwrap_or(0);
        characters.swap(index, other);
    }
    Secret::new(characters.into_iter().collect::<String>())
}
