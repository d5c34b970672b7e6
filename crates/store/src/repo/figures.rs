//! Figures about the whole system, for administrators and for the public.

use gx_types::{AccountId, AccountKind, OutboxState, Qirat, QiratSum};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::col::Col;
use crate::entity::{accounts, outbox_commands, qsend_requests, supply_pools, system_parameters, transactions};
use crate::error::StoreError;

pub use crate::entity::accounts::Model as Account;
pub use crate::entity::outbox_commands::Model as OutboxCommand;
pub use crate::entity::supply_pools::Model as SupplyPool;
pub use crate::entity::system_parameters::Model as Parameter;

/// The supply pools in their order of declaration; empty before the ledger was bootstrapped.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn supply_pools(db: &impl ConnectionTrait) -> Result<Vec<SupplyPool>, StoreError> {
    Ok(supply_pools::Entity::find().order_by_asc(supply_pools::Column::PoolId).all(db).await?)
}

/// What lies on an account, settled and waiting; zero when there is none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn balance(db: &impl ConnectionTrait, account: AccountId) -> Result<Qirat, StoreError> {
    let row = accounts::Entity::find_by_id(Col(account)).one(db).await?;
    Ok(row.map_or(Qirat::ZERO, |row| {
        // Both parts together are below the cap, which conservation guards.
        row.settled_balance.checked_add(row.unsettled_credit.0).unwrap_or(Qirat::CAP)
    }))
}

/// Everything on system accounts, settled and waiting.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn held_by_system(db: &impl ConnectionTrait) -> Result<QiratSum, StoreError> {
    let rows = accounts::Entity::find().filter(accounts::Column::Kind.eq(Col(AccountKind::System))).all(db).await?;
    Ok(rows.iter().flat_map(|row| [row.settled_balance.0, row.unsettled_credit.0]).map(QiratSum::from).sum())
}

/// Every row of the ledger's parameters, by name.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn parameters(db: &impl ConnectionTrait) -> Result<Vec<Parameter>, StoreError> {
    Ok(system_parameters::Entity::find().order_by_asc(system_parameters::Column::ParamKey).all(db).await?)
}

/// Lines in all histories.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn history_lines(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(transactions::Entity::find().count(db).await?)
}

/// Q Send requests ever made.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn payment_requests(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(qsend_requests::Entity::find().count(db).await?)
}

/// Which commands to list.
#[derive(Debug, Clone, Default)]
pub struct OutboxFilter {
    /// In this state.
    pub state: Option<OutboxState>,
    /// Of this kind, for example `Q_SEND_PAY`.
    pub command_type: Option<String>,
    /// Before this position.
    pub before: Option<i64>,
}

/// Commands, the newest place in the queue first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn outbox_commands(
    db: &impl ConnectionTrait,
    filter: &OutboxFilter,
    limit: u64,
) -> Result<Vec<OutboxCommand>, StoreError> {
    use outbox_commands::{Column, Entity};
    let mut query = Entity::find().order_by_desc(Column::Position).order_by_desc(Column::CommandId).limit(limit);
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(Col(state)));
    }
    if let Some(kind) = &filter.command_type {
        query = query.filter(Column::CommandType.eq(kind.clone()));
    }
    if let Some(position) = filter.before {
        // Positions are unique among commands: one per enqueue or replay.
        query = query.filter(Column::Position.lt(position));
    }
    Ok(query.all(db).await?)
}

/// Whether a command of this kind with this ordering key is under way: accepted, and not refused, dead or written by the
/// projector.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_under_way(db: &impl ConnectionTrait, kind: &str, ordering_key: &str) -> Result<bool, StoreError> {
    use outbox_commands::{Column, Entity};
    let open = [OutboxState::Failed, OutboxState::Dead].map(Col);
    let found = Entity::find()
        .filter(Column::OrderingKey.eq(ordering_key))
        .filter(Column::CommandType.eq(kind))
        .filter(Column::ProjectedBlock.is_null())
        .filter(Column::State.is_not_in(open))
        .count(db)
        .await?;
    Ok(found > 0)
}

/// An account of the ledger; `None` when the ledger has none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn account(db: &impl ConnectionTrait, account: AccountId) -> Result<Option<Account>, StoreError> {
    Ok(accounts::Entity::find_by_id(Col(account)).one(db).await?)
}
