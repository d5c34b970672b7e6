//! Everything a batch of blocks changes: one statement per table.

use gx_types::{AccountId, GxId, PersonState, ProfileId, Qirat, Stakeholder, Timestamp, TxId};
use sea_orm::ConnectionTrait;
use serde_json::{Value as Json, json};

use crate::col::Stored;
use crate::entity::{
    accounts, countries, ledger_deltas, loans, notifications, organization_transactions, organizations, supply_pools,
    system_parameters, transactions, wallets,
};
use crate::error::StoreError;
use crate::set::{execute, storable};

/// A delta entry that a sweep added to its account's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweptDelta {
    /// The entry.
    pub delta_key: String,
    /// The sweep.
    pub swept_by: TxId,
}

/// A person whose state the ledger has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPerson {
    /// Who.
    pub gx_id: GxId,
    /// Where the person stood.
    pub from: PersonState,
    /// Where the person stands.
    pub to: PersonState,
    /// Time of the transaction.
    pub at: Timestamp,
    /// Time of the registration, when this is it.
    pub registered_at: Option<Timestamp>,
    /// What becomes of the reason of a lock.
    pub lock: LockChange,
}

/// What becomes of the reason of a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockChange {
    /// Nothing.
    Keep,
    /// Set, unless an administrator's own words are there.
    Set(String),
    /// Cleared.
    Clear,
}

/// A Q Send request that the ledger has paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidRequest {
    /// Its code.
    pub code: String,
    /// The payer's profile; `None` when nobody in this database has the account.
    pub payer_profile_id: Option<ProfileId>,
    /// The payer's account.
    pub payer_account_id: AccountId,
    /// The payer's name.
    pub payer_name: Option<String>,
    /// What the payer paid on top, Qirat.
    pub fee: Qirat,
    /// The transaction.
    pub tx_id: TxId,
    /// Its block.
    pub block: i64,
    /// Its time.
    pub at: Timestamp,
}

/// Writes accounts, new and changed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn accounts(tx: &impl ConnectionTrait, rows: &[accounts::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts (account_id, kind, country_code, settled_balance, unsettled_credit, status, frozen,
                 created_block, updated_block, updated_at)
               SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, CAST(e.value ->> 3 AS BIGINT),
                 CAST(e.value ->> 4 AS BIGINT), e.value ->> 5, CAST(e.value ->> 6 AS BOOLEAN),
                 CAST(e.value ->> 7 AS BIGINT), CAST(e.value ->> 8 AS BIGINT), CAST(e.value ->> 9 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (account_id) DO UPDATE SET settled_balance = excluded.settled_balance,
                 unsettled_credit = excluded.unsettled_credit, status = excluded.status, frozen = excluded.frozen,
                 updated_block = excluded.updated_block, updated_at = excluded.updated_at";
    let set = rows.iter().map(|row| {
        json!([
            row.account_id.to_string(),
            row.kind.as_str(),
            row.country_code.map(|code| code.to_string()),
            row.settled_balance.to_i64(),
            row.unsettled_credit.to_i64(),
            row.status.as_str(),
            row.frozen,
            row.created_block,
            row.updated_block,
            row.updated_at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes new delta entries.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn new_deltas(tx: &impl ConnectionTrait, rows: &[ledger_deltas::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO ledger_deltas (delta_key, account_id, amount, block_number, tx_id, swept_by)
               SELECT e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BIGINT), CAST(e.value ->> 3 AS BIGINT),
                 e.value ->> 4, e.value ->> 5
               FROM {rows}";
    let set = rows.iter().map(|row| {
        json!([
            row.delta_key,
            row.account_id.to_string(),
            row.amount.to_i64(),
            row.block_number,
            row.tx_id.to_string(),
            row.swept_by.map(|tx_id| tx_id.to_string()),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Marks delta entries as swept. Returns how many were still unswept.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn swept_deltas(tx: &impl ConnectionTrait, rows: &[SweptDelta]) -> Result<u64, StoreError> {
    let sql = "UPDATE ledger_deltas SET swept_by = e.value ->> 1 FROM {rows}
               WHERE ledger_deltas.delta_key = e.value ->> 0 AND ledger_deltas.swept_by IS NULL";
    let set = rows.iter().map(|row| json!([row.delta_key, row.swept_by.to_string()]));
    let done = execute(tx, sql, set.collect(), vec![]).await?;
    Ok(done.map_or(0, |done| done.rows_affected()))
}

/// Writes lines of histories. A line that is there already is an error: no block is applied twice.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn history(tx: &impl ConnectionTrait, rows: &[transactions::Model]) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO transactions (account_id, tx_id, event_index, leg, kind, direction, counterparty_id, amount, fee,
                 balance_after, remark, ledger_key, block_number, tx_position, occurred_at)
               SELECT e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BIGINT), CAST(e.value ->> 3 AS BIGINT),
                 e.value ->> 4, e.value ->> 5, e.value ->> 6, CAST(e.value ->> 7 AS BIGINT),
                 CAST(e.value ->> 8 AS BIGINT), CAST(e.value ->> 9 AS BIGINT), e.value ->> 10, e.value ->> 11,
                 CAST(e.value ->> 12 AS BIGINT), CAST(e.value ->> 13 AS BIGINT), CAST(e.value ->> 14 AS BIGINT)
               FROM {rows}";
    let set = rows.iter().map(|row| {
        json!([
            row.account_id.to_string(),
            row.tx_id.to_string(),
            row.event_index,
            row.leg,
            row.kind.as_str(),
            row.direction.as_str(),
            row.counterparty_id.map(|id| id.to_string()),
            row.amount.to_i64(),
            row.fee.to_i64(),
            row.balance_after.map(|amount| amount.to_i64()),
            storable(&row.remark),
            row.ledger_key.as_ref().map(|key| key.as_str()),
            row.block_number,
            row.tx_position,
            row.occurred_at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes pools, new and changed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn pools(tx: &impl ConnectionTrait, rows: &[supply_pools::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO supply_pools (pool_id, account_id, cap, minted, updated_block)
               SELECT e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BIGINT), CAST(e.value ->> 3 AS BIGINT),
                 CAST(e.value ->> 4 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (pool_id) DO UPDATE SET minted = excluded.minted, updated_block = excluded.updated_block";
    let set = rows.iter().map(|row| {
        json!([row.pool_id, row.account_id.to_string(), row.cap.to_i64(), row.minted.to_i64(), row.updated_block])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes loans, new and changed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn loans(tx: &impl ConnectionTrait, rows: &[loans::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO loans (loan_id, borrower_id, amount, outstanding, collateral_hash, status, first_approver,
                 second_approver, reason, applied_tx_id, applied_block, tx_position, applied_at, updated_block, updated_at)
               SELECT e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BIGINT), CAST(e.value ->> 3 AS BIGINT),
                 e.value ->> 4, e.value ->> 5, e.value ->> 6, e.value ->> 7, e.value ->> 8, e.value ->> 9,
                 CAST(e.value ->> 10 AS BIGINT), CAST(e.value ->> 11 AS BIGINT), CAST(e.value ->> 12 AS BIGINT),
                 CAST(e.value ->> 13 AS BIGINT), CAST(e.value ->> 14 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (loan_id) DO UPDATE SET outstanding = excluded.outstanding, status = excluded.status,
                 first_approver = excluded.first_approver, second_approver = excluded.second_approver,
                 reason = excluded.reason, updated_block = excluded.updated_block, updated_at = excluded.updated_at";
    let set = rows.iter().map(|row| {
        json!([
            row.loan_id.to_string(),
            row.borrower_id.to_string(),
            row.amount.to_i64(),
            row.outstanding.to_i64(),
            row.collateral_hash.to_string(),
            row.status.as_str(),
            row.first_approver,
            row.second_approver,
            row.reason.as_deref().map(storable),
            row.applied_tx_id.to_string(),
            row.applied_block,
            row.tx_position,
            row.applied_at.micros(),
            row.updated_block,
            row.updated_at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes organisations with their stakeholders, new and changed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn organizations(tx: &impl ConnectionTrait, rows: &[organizations::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO organizations (organization_id, name, status, proposer_id, stakeholders, rules,
                 proposed_rules, lock_reason, activated_at, proposed_tx_id, proposed_block, tx_position, proposed_at,
                 updated_block, updated_at)
               SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5,
                 e.value ->> 6, e.value ->> 7, CAST(e.value ->> 8 AS BIGINT), e.value ->> 9,
                 CAST(e.value ->> 10 AS BIGINT), CAST(e.value ->> 11 AS BIGINT), CAST(e.value ->> 12 AS BIGINT),
                 CAST(e.value ->> 13 AS BIGINT), CAST(e.value ->> 14 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (organization_id) DO UPDATE SET status = excluded.status,
                 stakeholders = excluded.stakeholders, rules = excluded.rules,
                 proposed_rules = excluded.proposed_rules, lock_reason = excluded.lock_reason,
                 activated_at = excluded.activated_at, updated_block = excluded.updated_block,
                 updated_at = excluded.updated_at";
    let set = rows.iter().map(|row| {
        json!([
            row.organization_id.to_string(),
            storable(&row.name),
            row.status.as_str(),
            row.proposer_id.to_string(),
            row.stakeholders.0.to_raw(),
            row.rules.0.to_raw(),
            row.proposed_rules.0.to_raw(),
            row.lock_reason.as_deref().map(storable),
            row.activated_at.map(|at| at.micros()),
            row.proposed_tx_id.to_string(),
            row.proposed_block,
            row.tx_position,
            row.proposed_at.micros(),
            row.updated_block,
            row.updated_at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    let members = "INSERT INTO organization_stakeholders (organization_id, stakeholder_id)
                   SELECT e.value ->> 0, e.value ->> 1 FROM {rows} WHERE true ON CONFLICT DO NOTHING";
    let set = rows.iter().flat_map(|row| {
        let of = |member: &Stakeholder| json!([row.organization_id.to_string(), member.gx_id.to_string()]);
        row.stakeholders.0.0.iter().map(of)
    });
    execute(tx, members, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes transactions of organisations, new and changed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn org_transactions(
    tx: &impl ConnectionTrait,
    rows: &[organization_transactions::Model],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO organization_transactions (org_tx_id, organization_id, initiator_id, to_id, amount, remark,
                 rule, decisions, status, failure_code, failure_reason, executed_tx_id, expires_at, initiated_block,
                 tx_position, initiated_at, updated_block, updated_at)
               SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, CAST(e.value ->> 4 AS BIGINT),
                 e.value ->> 5, e.value ->> 6, e.value ->> 7, e.value ->> 8, e.value ->> 9, e.value ->> 10,
                 e.value ->> 11, CAST(e.value ->> 12 AS BIGINT), CAST(e.value ->> 13 AS BIGINT),
                 CAST(e.value ->> 14 AS BIGINT), CAST(e.value ->> 15 AS BIGINT), CAST(e.value ->> 16 AS BIGINT),
                 CAST(e.value ->> 17 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (org_tx_id) DO UPDATE SET decisions = excluded.decisions, status = excluded.status,
                 failure_code = excluded.failure_code, failure_reason = excluded.failure_reason,
                 executed_tx_id = excluded.executed_tx_id, updated_block = excluded.updated_block,
                 updated_at = excluded.updated_at";
    let set = rows.iter().map(|row| {
        json!([
            row.org_tx_id.to_string(),
            row.organization_id.to_string(),
            row.initiator_id.to_string(),
            row.to_id.to_string(),
            row.amount.to_i64(),
            storable(&row.remark),
            row.rule.0.to_raw(),
            row.decisions.0.to_raw(),
            row.status.as_str(),
            row.failure_code,
            row.failure_reason.as_deref().map(storable),
            row.executed_tx_id.map(|id| id.to_string()),
            row.expires_at.micros(),
            row.initiated_block,
            row.tx_position,
            row.initiated_at.micros(),
            row.updated_block,
            row.updated_at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes what the ledger says about countries; names and regions stay.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn countries(tx: &impl ConnectionTrait, rows: &[countries::Model]) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO countries (country_code, country_name, share_e8, initialized_block, users_count, phase1_granted,
                 phase2_granted, phase3_granted, phase4_granted, phase5_granted, phase6_granted, people_granted,
                 treasury_granted)
               SELECT e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BIGINT), CAST(e.value ->> 3 AS BIGINT),
                 CAST(e.value ->> 4 AS BIGINT), CAST(e.value ->> 5 AS BIGINT), CAST(e.value ->> 6 AS BIGINT),
                 CAST(e.value ->> 7 AS BIGINT), CAST(e.value ->> 8 AS BIGINT), CAST(e.value ->> 9 AS BIGINT),
                 CAST(e.value ->> 10 AS BIGINT), CAST(e.value ->> 11 AS BIGINT), CAST(e.value ->> 12 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (country_code) DO UPDATE SET share_e8 = excluded.share_e8,
                 initialized_block = excluded.initialized_block, users_count = excluded.users_count,
                 phase1_granted = excluded.phase1_granted, phase2_granted = excluded.phase2_granted,
                 phase3_granted = excluded.phase3_granted, phase4_granted = excluded.phase4_granted,
                 phase5_granted = excluded.phase5_granted, phase6_granted = excluded.phase6_granted,
                 people_granted = excluded.people_granted, treasury_granted = excluded.treasury_granted";
    let set = rows.iter().map(|row| {
        json!([
            row.country_code.to_string(),
            row.country_name,
            row.share_e8,
            row.initialized_block,
            row.users_count,
            row.phase1_granted,
            row.phase2_granted,
            row.phase3_granted,
            row.phase4_granted,
            row.phase5_granted,
            row.phase6_granted,
            row.people_granted.to_i64(),
            row.treasury_granted.to_i64(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes parameters, new and changed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn parameters(tx: &impl ConnectionTrait, rows: &[system_parameters::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO system_parameters (param_key, param_value, updated_block, updated_at)
               SELECT e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BIGINT), CAST(e.value ->> 3 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (param_key) DO UPDATE SET param_value = excluded.param_value,
                 updated_block = excluded.updated_block, updated_at = excluded.updated_at";
    let set = rows
        .iter()
        .map(|row| json!([row.param_key, storable(&row.param_value), row.updated_block, row.updated_at.micros()]));
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes people's states. Returns how many were still where they were loaded.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn people(tx: &impl ConnectionTrait, rows: &[ChangedPerson]) -> Result<u64, StoreError> {
    let sql = "UPDATE user_profiles
               SET status = e.value ->> 3, onchain_status = e.value ->> 4, updated_at = CAST(e.value ->> 5 AS BIGINT),
                 onchain_registered_at = COALESCE(CAST(e.value ->> 6 AS BIGINT), onchain_registered_at),
                 lock_reason = CASE e.value ->> 7 WHEN 'CLEAR' THEN NULL WHEN 'SET' THEN COALESCE(lock_reason, e.value ->> 8)
                   ELSE lock_reason END,
                 lock_notes = CASE e.value ->> 7 WHEN 'CLEAR' THEN NULL ELSE lock_notes END,
                 locked_by = CASE e.value ->> 7 WHEN 'CLEAR' THEN NULL ELSE locked_by END,
                 locked_at = CASE e.value ->> 7 WHEN 'CLEAR' THEN NULL
                   WHEN 'SET' THEN COALESCE(locked_at, CAST(e.value ->> 5 AS BIGINT)) ELSE locked_at END
               FROM {rows}
               WHERE user_profiles.gx_id = e.value ->> 0 AND user_profiles.status = e.value ->> 1
                 AND user_profiles.onchain_status = e.value ->> 2";
    let set = rows.iter().map(|row| {
        let (lock, reason) = match &row.lock {
            LockChange::Keep => ("KEEP", None),
            LockChange::Set(reason) => ("SET", Some(storable(reason))),
            LockChange::Clear => ("CLEAR", None),
        };
        json!([
            row.gx_id.to_string(),
            row.from.status.as_str(),
            row.from.onchain.as_str(),
            row.to.status.as_str(),
            row.to.onchain.as_str(),
            row.at.micros(),
            row.registered_at.map(Timestamp::micros),
            lock,
            reason,
        ])
    });
    let done = execute(tx, sql, set.collect(), vec![]).await?;
    Ok(done.map_or(0, |done| done.rows_affected()))
}

/// Writes new wallets.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn wallets(tx: &impl ConnectionTrait, rows: &[wallets::Model]) -> Result<(), StoreError> {
    let sql = "INSERT INTO wallets (wallet_id, profile_id, account_id, wallet_name, created_at, updated_at)
               SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, CAST(e.value ->> 4 AS BIGINT),
                 CAST(e.value ->> 5 AS BIGINT)
               FROM {rows}";
    let set = rows.iter().map(|row| {
        json!([
            row.wallet_id,
            row.profile_id.to_string(),
            row.account_id.to_string(),
            row.wallet_name,
            row.created_at.micros(),
            row.updated_at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Marks Q Send requests as paid, whatever state they are in: the ledger has decided.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn paid_requests(tx: &impl ConnectionTrait, rows: &[PaidRequest]) -> Result<(), StoreError> {
    let sql = "UPDATE qsend_requests
               SET status = 'PAID', payer_profile_id = COALESCE(e.value ->> 1, payer_profile_id),
                 payer_account_id = e.value ->> 2, payer_name = COALESCE(e.value ->> 3, payer_name),
                 fee = CAST(e.value ->> 4 AS BIGINT), on_chain_tx_id = e.value ->> 5,
                 block_number = CAST(e.value ->> 6 AS BIGINT), paid_at = CAST(e.value ->> 7 AS BIGINT),
                 updated_at = CAST(e.value ->> 7 AS BIGINT), failure_code = NULL, failure_reason = NULL
               FROM {rows}
               WHERE qsend_requests.request_code = e.value ->> 0";
    let set = rows.iter().map(|row| {
        json!([
            row.code,
            row.payer_profile_id.map(|id| id.to_string()),
            row.payer_account_id.to_string(),
            row.payer_name,
            row.fee.to_i64(),
            row.tx_id.to_string(),
            row.block,
            row.at.micros(),
        ])
    });
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Writes notices of ledger events; one per transaction, event and receiver.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn notices(tx: &impl ConnectionTrait, rows: &[notifications::Model]) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO notifications (notification_id, profile_id, kind, title, message, action_url, action_required,
                 status, tx_id, event_index, created_at)
               SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5,
                 CAST(e.value ->> 6 AS BOOLEAN), e.value ->> 7, e.value ->> 8, CAST(e.value ->> 9 AS BIGINT),
                 CAST(e.value ->> 10 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (tx_id, event_index, profile_id) DO NOTHING";
    // Each person's counter is locked on the way: in one order for everyone, so that no two units wait for each other.
    let mut rows: Vec<&notifications::Model> = rows.iter().collect();
    rows.sort_by_key(|row| row.profile_id.0);
    let set = rows.into_iter().map(notice);
    execute(tx, sql, set.collect(), vec![]).await?;
    Ok(())
}

/// Notes the block in which the ledger recorded an administrator's appointment. `false`: there is no such administrator.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn appointed(tx: &impl ConnectionTrait, admin_id: &str, block: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE admin_users SET appointed_block = $2 WHERE admin_id = $1";
    let done = tx.execute_raw(crate::sql::statement(tx, sql, vec![admin_id.into(), block.into()])).await?;
    Ok(done.rows_affected() == 1)
}

fn notice(row: &notifications::Model) -> Json {
    json!([
        row.notification_id.to_string(),
        row.profile_id.to_string(),
        row.kind.as_str(),
        storable(&row.title),
        storable(&row.message),
        row.action_url,
        row.action_required,
        row.status.as_str(),
        row.tx_id.map(|tx_id| tx_id.to_string()),
        row.event_index,
        row.created_at.micros(),
    ])
}
