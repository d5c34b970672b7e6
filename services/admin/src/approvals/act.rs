//! Doing what was asked for: once in rehearsal when it is asked and when it is approved, and for good when it is executed.

use std::collections::BTreeSet;

use gx_base::{EntropyExt, Secret};
use gx_contracts::parameters::Parameter;
use gx_contracts::pools::Pool;
use gx_contracts::{Command, CountryShare, countries as table};
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::audit::AuditEntry;
use gx_store::outbox::NewCommand;
use gx_store::projection::system::pause_reason;
use gx_store::repo::admins::{self, Administrator};
use gx_store::repo::{admin_sessions, countries, figures, people, second_factors, super_owners};
use gx_store::sea_orm::ConnectionTrait;
use gx_store::{Col, StoreError, Tx};
use gx_types::api::admin::FreezeReason;
use gx_types::{
    AccountId, Actor, AdminId, AdminRole, ApprovalId, AuditEvent, AuditObject, CommandId, CorrelationId, CountryCode,
    ErrorCode, GxId, LedgerKey, PersonChange, PersonStatus, ProfileId, Qirat, SessionId, Timestamp,
};

use super::Action;
use crate::command::enqueue;

/// Owners that stay active, whatever happens.
const OWNERS_MIN: u64 = 2;

/// Whose word an action rests on, and with which role they give it now.
pub(super) type Decider = (AdminId, AdminRole);

/// The circumstances in which an action is done.
#[derive(Debug, Clone)]
pub(super) struct Doing {
    pub(super) approval_id: ApprovalId,
    pub(super) attempt: i64,
    pub(super) actor: Actor,
    /// Requester, approver, executor, as far as there are any yet.
    pub(super) deciders: Vec<Decider>,
    pub(super) command_id: CommandId,
    pub(super) correlation_id: CorrelationId,
    pub(super) now: Timestamp,
    pub(super) prepared: Prepared,
}

/// What cannot be made inside of a transaction, or must be the same when it runs again.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared {
    admin: Option<(AdminId, String)>,
    pub(super) first_password: Option<Secret>,
}

/// What doing it has led to.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) command_id: Option<CommandId>,
    pub(super) audit: AuditEntry,
    pub(super) person: Option<ProfileId>,
    pub(super) sessions: Vec<SessionId>,
}

/// Makes what an action needs beforehand.
pub(super) async fn prepare(app: &App, action: &Action) -> ApiResult<Prepared> {
    let Action::AdminCreate { .. } = action else { return Ok(Prepared::default()) };
    let password = first_password(app);
    let hash = app.passwords().hash(password.clone()).await?;
    Ok(Prepared { admin: Some((AdminId::from_uuid(app.new_uuid()), hash)), first_password: Some(password) })
}

/// The same without the costly parts, for a rehearsal.
pub(super) fn prepare_rehearsal(app: &App, action: &Action) -> Prepared {
    match action {
        Action::AdminCreate { .. } => {
            Prepared { admin: Some((AdminId::from_uuid(app.new_uuid()), String::new())), ..Prepared::default() }
        }
        _ => Prepared::default(),
    }
}

impl Doing {
    fn audit(&self, event: AuditEvent, object: AuditObject) -> AuditEntry {
        AuditEntry::new(event, self.actor, object, self.correlation_id, self.now).after("approvalId", self.approval_id)
    }

    /// What the ledger knows this execution by: a repeated one is another.
    fn request(&self) -> LedgerKey {
        LedgerKey::prefixed("approval", &format!("{}-{}", self.approval_id, self.attempt))
    }

    async fn send(&self, tx: &Tx, command: Command, audit: AuditEntry) -> ApiResult<Done> {
        let new = NewCommand {
            command_id: self.command_id,
            command,
            actor: self.actor,
            correlation_id: self.correlation_id,
            now: self.now,
        };
        let command_id = enqueue(tx, new).await?;
        let audit = audit.after("commandId", command_id);
        Ok(Done { command_id: Some(command_id), audit, person: None, sessions: Vec::new() })
    }
}

/// Does it, in the transaction of the caller, after checking everything that must be so.
pub(super) async fn act(tx: &Tx, action: &Action, doing: &Doing) -> ApiResult<Done> {
    use AuditEvent as Event;
    match action {
        Action::UserFreeze { profile_id, reason, notes } => {
            freeze(tx, *profile_id, *reason, notes.clone(), doing).await
        }
        Action::UserUnfreeze { profile_id } => release(tx, *profile_id, doing).await,
        Action::SystemPause { reason } => {
            if pause_reason(tx).await?.is_some() {
                return Err(conflict("the system is paused already"));
            }
            let command = Command::PauseSystem { reason: reason.clone(), request: doing.request() };
            doing.send(tx, command, doing.audit(Event::SystemPaused, AuditObject::System)).await
        }
        Action::SystemBootstrap {} => {
            let audit = doing.audit(Event::SystemBootstrapped, AuditObject::System);
            doing.send(tx, Command::BootstrapSystem, audit).await
        }
        Action::CountryInitialize { codes } => {
            let shares = shares(tx, codes.as_deref()).await?;
            let audit = doing.audit(Event::CountriesAdded, AuditObject::System).after("countries", shares.len());
            let command = Command::InitializeCountryData { countries: shares, request: doing.request() };
            doing.send(tx, command, audit).await
        }
        Action::TreasuryActivate { country } => {
            if countries::find(tx, *country).await?.is_none() {
                return Err(not_served("countryCode"));
            }
            let audit = doing.audit(Event::TreasuryActivated, AuditObject::Country(*country));
            let command = Command::ActivateTreasury { country: *country, request: doing.request() };
            doing.send(tx, command, audit).await
        }
        Action::TreasuryDisburse { pool, to, amount, remark } => {
            disburse(tx, *pool, *to, *amount, remark.clone(), doing).await
        }
        Action::ConfigChange { parameter, value } => set(tx, parameter, value, doing).await,
        Action::AdminAppoint { admin_id } => {
            let target = target(tx, *admin_id).await?;
            if target.appointed_block.is_some() {
                return Err(conflict("the ledger has appointed them already"));
            }
            let audit = doing.audit(Event::AdminAppointed, AuditObject::Admin(*admin_id));
            let command = Command::AppointAdmin { admin_id: admin_id.to_string(), request: doing.request() };
            doing.send(tx, command, audit).await
        }
        Action::AdminCreate { username, email, display_name, role } => {
            let named = (username.as_str(), email.as_str(), display_name.as_str());
            create(tx, named, *role, doing).await
        }
        Action::AdminRoleChange { admin_id, new_role, .. } => change_role(tx, *admin_id, *new_role, doing).await,
        Action::AdminDisable { admin_id, .. } => disable(tx, *admin_id, doing).await,
        Action::AdminEnable { admin_id, .. } => enable(tx, *admin_id, doing).await,
        Action::AdminMfaReset { admin_id } => reset_mfa(tx, *admin_id, doing).await,
    }
}

fn conflict(detail: &'static str) -> ApiError {
    ApiError::new(ErrorCode::StateConflict).with_detail(detail)
}

fn not_served(field: &str) -> ApiError {
    let code = ErrorCode::CountryNotFound;
    ApiError::new(code).with_field(field, code, code.title())
}

// ── people ──

/// The GX id of a person whom the ledger knows.
async fn on_ledger(tx: &Tx, profile_id: ProfileId) -> ApiResult<GxId> {
    let person = people::lock(tx, profile_id).await?.ok_or_else(ApiError::not_found)?;
    match (person.gx_id, person.onchain_registered_at) {
        (Some(id), Some(_)) => Ok(id.0),
        _ => Err(conflict("the ledger has not registered the person")),
    }
}

async fn freeze(
    tx: &Tx,
    profile_id: ProfileId,
    reason: FreezeReason,
    notes: Option<String>,
    doing: &Doing,
) -> ApiResult<Done> {
    let user_id = on_ledger(tx, profile_id).await?;
    let mut person = people::lock(tx, profile_id).await?.ok_or_else(ApiError::not_found)?;
    let before = person.status.0;
    people::change_state(tx, profile_id, PersonChange::Freeze, doing.now)
        .await?
        .ok_or_else(|| conflict("only an active account can be frozen"))?;
    person.lock_reason = Some(reason.as_str().to_owned());
    person.lock_notes = notes;
    person.locked_by = Some(doing.actor.to_string());
    person.locked_at = Some(Col(doing.now));
    person.updated_at = Col(doing.now);
    people::save(tx, person).await?;
    let audit = doing
        .audit(AuditEvent::PersonFrozen, AuditObject::Person(profile_id))
        .before("status", before.as_str())
        .after("status", PersonStatus::Frozen.as_str())
        .after("reason", reason.as_str());
    let reason = reason.as_str().to_owned();
    let command = Command::FreezeWallet { profile_id, user_id, reason, request: doing.request() };
    let done = doing.send(tx, command, audit).await?;
    Ok(Done { person: Some(profile_id), ..done })
}

async fn release(tx: &Tx, profile_id: ProfileId, doing: &Doing) -> ApiResult<Done> {
    let user_id = on_ledger(tx, profile_id).await?;
    let command = Command::UnfreezeWallet { profile_id, user_id, request: doing.request() };
    // The state says «frozen» until the ledger has released the account, so a second order looks at the first.
    if figures::is_under_way(tx, command.kind(), &command.ordering_key().unwrap_or_default()).await? {
        return Err(conflict("the release is under way"));
    }
    people::change_state(tx, profile_id, PersonChange::Unfreeze, doing.now)
        .await?
        .ok_or_else(|| conflict("only an account that the ledger has frozen can be released"))?;
    let audit = doing
        .audit(AuditEvent::PersonReleased, AuditObject::Person(profile_id))
        .before("status", PersonStatus::Frozen.as_str());
    doing.send(tx, command, audit).await
}

// ── the ledger ──

/// The countries to put on the ledger. Names and shares come from the platform's own table.
async fn shares(tx: &Tx, codes: Option<&[CountryCode]>) -> ApiResult<Vec<CountryShare>> {
    let on_ledger: BTreeSet<CountryCode> = countries::all(tx)
        .await?
        .into_iter()
        .filter(|row| row.initialized_block.is_some())
        .map(|row| row.country_code.0)
        .collect();
    let Some(codes) = codes else {
        let missing: Vec<CountryShare> = table::COUNTRIES
            .iter()
            .filter_map(|row| Some(CountryShare { code: row.code.parse().ok()?, share_e8: row.share_e8 }))
            .filter(|share| !on_ledger.contains(&share.code))
            .collect();
        if missing.is_empty() {
            return Err(ApiError::new(ErrorCode::CountryOnLedger).with_detail("every country is on the ledger already"));
        }
        return Ok(missing);
    };
    let mut seen = BTreeSet::new();
    let mut shares = Vec::new();
    for (index, code) in codes.iter().copied().enumerate() {
        let field = format!("countriesData[{index}].code");
        let Some(row) = table::country(code.as_str()) else { return Err(not_served(&field)) };
        if !seen.insert(code) {
            return Err(ApiError::field(field, ErrorCode::FieldInvalid, "This country is named twice."));
        }
        if on_ledger.contains(&code) {
            let error = ApiError::new(ErrorCode::CountryOnLedger);
            return Err(error.with_field(field, ErrorCode::CountryOnLedger, ErrorCode::CountryOnLedger.title()));
        }
        shares.push(CountryShare { code, share_e8: row.share_e8 });
    }
    if shares.is_empty() {
        let message = "Name at least one country, or none at all.";
        return Err(ApiError::field("countriesData", ErrorCode::FieldInvalid, message));
    }
    Ok(shares)
}

async fn disburse(tx: &Tx, pool: Pool, to: GxId, amount: Qirat, remark: String, doing: &Doing) -> ApiResult<Done> {
    if pool.is_genesis() {
        let message = "Only registrations take out of this pool.";
        return Err(ApiError::field("pool", ErrorCode::FieldInvalid, message));
    }
    let row = figures::supply_pools(tx).await?.into_iter().find(|row| row.pool_id == pool.as_str());
    let row = row.ok_or_else(|| conflict("the ledger has no pools yet"))?;
    let balance = figures::balance(tx, row.account_id.0).await?;
    let free = row.cap.saturating_sub(row.minted.0).checked_add(balance).unwrap_or(Qirat::CAP);
    if amount > free {
        let code = ErrorCode::InsufficientFunds;
        return Err(ApiError::new(code).with_detail("the pool has less").with_field("amount", code, code.title()));
    }
    if figures::account(tx, AccountId::Holder(to)).await?.is_none() {
        let code = ErrorCode::AccountNotFound;
        return Err(ApiError::new(code).with_field("to", code, code.title()));
    }
    let audit = doing
        .audit(AuditEvent::PoolDisbursed, AuditObject::Pool(pool.as_str().to_owned()))
        .after("amount", amount)
        .after("to", to);
    let command = Command::DisburseFromPool { pool, to, amount, remark, request: doing.request() };
    doing.send(tx, command, audit).await
}

async fn set(tx: &Tx, name: &str, value: &str, doing: &Doing) -> ApiResult<Done> {
    let parameter = Parameter::parse(name)
        .ok_or_else(|| ApiError::field("paramId", ErrorCode::ParameterUnknown, ErrorCode::ParameterUnknown.title()))?;
    let value = parameter.check(value).map_err(|why| ApiError::field("newValue", ErrorCode::FieldInvalid, why))?;
    let name = parameter.name().to_owned();
    let mut audit =
        doing.audit(AuditEvent::ParameterChanged, AuditObject::Parameter(name.clone())).after("value", &value);
    if let Some(row) = figures::parameters(tx).await?.into_iter().find(|row| row.param_key == name) {
        audit = audit.before("value", row.param_value);
    }
    let command = Command::UpdateSystemParameter { parameter: name, value, request: doing.request() };
    doing.send(tx, command, audit).await
}

// ── administrators ──

/// Whether these administrators stand high enough for what an action is about, as things are now. Nothing else is looked
/// at, and nothing is changed.
///
/// # Errors
/// 403 `ROLE_TOO_HIGH`.
pub(super) async fn entitled(db: &impl ConnectionTrait, action: &Action, who: &[Decider]) -> ApiResult<()> {
    let (id, new_role, peers) = match action {
        Action::AdminCreate { role, .. } => return all_higher(who, *role, true),
        Action::AdminRoleChange { admin_id, new_role, .. } => (*admin_id, Some(*new_role), false),
        Action::AdminDisable { admin_id, .. }
        | Action::AdminEnable { admin_id, .. }
        | Action::AdminMfaReset { admin_id } => (*admin_id, None, true),
        Action::UserFreeze { .. }
        | Action::UserUnfreeze { .. }
        | Action::SystemPause { .. }
        | Action::SystemBootstrap {}
        | Action::CountryInitialize { .. }
        | Action::TreasuryActivate { .. }
        | Action::TreasuryDisburse { .. }
        | Action::ConfigChange { .. }
        | Action::AdminAppoint { .. } => return Ok(()),
    };
    nobody_is(who, id)?;
    if let Some(role) = new_role {
        all_higher(who, role, peers)?;
    }
    all_higher(who, target(db, id).await?.role.0, peers)
}

async fn target(tx: &impl ConnectionTrait, id: AdminId) -> ApiResult<Administrator> {
    admins::find(tx, id)
        .await?
        .ok_or_else(|| ApiError::field("adminId", ErrorCode::FieldInvalid, "There is no such administrator."))
}

/// Everybody whose word it rests on stands strictly higher than the role; owners may act on owners where `peers` says so.
fn all_higher(deciders: &[Decider], role: AdminRole, peers: bool) -> ApiResult<()> {
    let higher = |decider: &Decider| {
        decider.1.level() > role.level()
            || (peers && decider.1 == AdminRole::SuperOwner && role == AdminRole::SuperOwner)
    };
    if deciders.iter().all(higher) { Ok(()) } else { Err(ErrorCode::RoleTooHigh.into()) }
}

fn nobody_is(deciders: &[Decider], id: AdminId) -> ApiResult<()> {
    if deciders.iter().any(|decider| decider.0 == id) {
        return Err(ApiError::new(ErrorCode::RoleTooHigh).with_detail("nobody has a say in what becomes of themselves"));
    }
    Ok(())
}

async fn create(
    tx: &Tx,
    (username, email, display_name): (&str, &str, &str),
    role: AdminRole,
    doing: &Doing,
) -> ApiResult<Done> {
    // Two owners together make a third: the one role that its own kind gives.
    all_higher(&doing.deciders, role, true)?;
    let (admin_id, password_hash) = doing
        .prepared
        .admin
        .clone()
        .ok_or_else(|| ApiError::internal("an administrator is made without a password"))?;
    let row = Administrator {
        admin_id: Col(admin_id),
        username: username.to_owned(),
        email: email.to_owned(),
        display_name: display_name.to_owned(),
        password_hash,
        role: Col(role),
        is_active: true,
        must_change_password: true,
        last_login_at: None,
        appointed_block: None,
        created_by: doing.actor.to_string(),
        created_at: Col(doing.now),
        updated_at: Col(doing.now),
    };
    super_owners::add(tx, row).await.map_err(|error| match error {
        StoreError::Duplicate { constraint } => {
            let field = if constraint.contains("email") { "email" } else { "username" };
            ApiError::new(ErrorCode::StateConflict).with_field(field, ErrorCode::StateConflict, "This is taken.")
        }
        other => other.into(),
    })?;
    let audit = doing.audit(AuditEvent::AdminCreated, AuditObject::Admin(admin_id)).after("role", role);
    Ok(Done { command_id: None, audit, person: None, sessions: Vec::new() })
}

async fn change_role(tx: &Tx, id: AdminId, new_role: AdminRole, doing: &Doing) -> ApiResult<Done> {
    let target = target(tx, id).await?;
    nobody_is(&doing.deciders, id)?;
    let old = target.role.0;
    all_higher(&doing.deciders, old, false)?;
    all_higher(&doing.deciders, new_role, false)?;
    if old == new_role {
        return Err(conflict("they have this role already"));
    }
    admins::change_role(tx, id, new_role, doing.now).await?;
    // What was begun with the old role ends; with the new one they sign in again.
    let sessions = admin_sessions::revoke_all(tx, id, "the role was changed", doing.now).await?;
    let audit =
        doing.audit(AuditEvent::AdminRoleChanged, AuditObject::Admin(id)).before("role", old).after("role", new_role);
    Ok(Done { command_id: None, audit, person: None, sessions })
}

async fn disable(tx: &Tx, id: AdminId, doing: &Doing) -> ApiResult<Done> {
    let target = target(tx, id).await?;
    nobody_is(&doing.deciders, id)?;
    all_higher(&doing.deciders, target.role.0, true)?;
    if !target.is_active {
        return Err(conflict("they are shut out already"));
    }
    admins::set_active(tx, id, false, doing.now).await?;
    if super_owners::active_count(tx).await? < OWNERS_MIN && target.role.0 == AdminRole::SuperOwner {
        return Err(ErrorCode::TooFewOwners.into());
    }
    let sessions = admin_sessions::revoke_all(tx, id, "the account was disabled", doing.now).await?;
    let audit = doing
        .audit(AuditEvent::AdminDisabled, AuditObject::Admin(id))
        .before("active", true)
        .after("active", false)
        .after("role", target.role.0);
    Ok(Done { command_id: None, audit, person: None, sessions })
}

async fn enable(tx: &Tx, id: AdminId, doing: &Doing) -> ApiResult<Done> {
    let target = target(tx, id).await?;
    nobody_is(&doing.deciders, id)?;
    all_higher(&doing.deciders, target.role.0, true)?;
    if target.is_active {
        return Err(conflict("they are not shut out"));
    }
    admins::set_active(tx, id, true, doing.now).await?;
    let audit = doing
        .audit(AuditEvent::AdminEnabled, AuditObject::Admin(id))
        .before("active", false)
        .after("active", true)
        .after("role", target.role.0);
    Ok(Done { command_id: None, audit, person: None, sessions: Vec::new() })
}

async fn reset_mfa(tx: &Tx, id: AdminId, doing: &Doing) -> ApiResult<Done> {
    let target = target(tx, id).await?;
    nobody_is(&doing.deciders, id)?;
    all_higher(&doing.deciders, target.role.0, true)?;
    if !second_factors::remove(tx, Actor::Admin(id)).await? {
        return Err(conflict("they have no second factor"));
    }
    let sessions = admin_sessions::revoke_all(tx, id, "the second factor was taken away", doing.now).await?;
    let audit = doing.audit(AuditEvent::AdminMfaReset, AuditObject::Admin(id)).after("role", target.role.0);
    Ok(Done { command_id: None, audit, person: None, sessions })
}

/// Characters of a first password: no two look alike, every class is there.
fn first_password(app: &App) -> Secret {
    const CLASSES: [&[u8]; 4] = [b"abcdefghijkmnpqrstuvwxyz", b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"23456789", b"-_+=!?"];
    const CHARS: usize = 20;
    let entropy = app.entropy();
    let pick = |from: &[u8]| {
        let index = usize::try_from(entropy.below(from.len() as u64)).unwrap_or(0);
        from.get(index).copied().map_or('x', char::from)
    };
    let all = CLASSES.concat();
    let mut characters: Vec<char> = CLASSES.iter().map(|class| pick(class)).collect();
    characters.extend((characters.len()..CHARS).map(|_| pick(&all)));
    // The first four would tell their class by their place.
    for index in (1..characters.len()).rev() {
        let other = usize::try_from(entropy.below(index as u64 + 1)).unwrap_or(0);
        characters.swap(index, other);
    }
    Secret::new(characters.into_iter().collect::<String>())
}
