//! Reading wallets: the history with its filters, names of the other sides, own commands that are not settled.

use std::collections::BTreeMap;

use gx_types::{
    AccountId, CommandId, GxId, OutboxState, ProfileId, Qirat, Timestamp, TransactionDirection, TransactionKind, TxId,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
};

use crate::col::Col;
use crate::entity::{outbox_commands, transactions, user_profiles, wallets};
use crate::error::StoreError;
use crate::sql::statement;

/// The wallet of a person; none before the ledger has registered the person.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn of_profile(
    connection: &impl ConnectionTrait,
    person: ProfileId,
) -> Result<Option<wallets::Model>, StoreError> {
    Ok(wallets::Entity::find().filter(wallets::Column::ProfileId.eq(Col(person))).one(connection).await?)
}

/// Which lines of a history are wanted; everything `None`: all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// What they are about.
    pub kind: Option<TransactionKind>,
    /// Which way the coins went.
    pub direction: Option<TransactionDirection>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before, not at.
    pub until: Option<Timestamp>,
    /// The account on the other side.
    pub counterparty: Option<AccountId>,
}

/// Where a line stands in the history of its account: block, position in the block, event, leg.
pub type HistoryKey = (i64, i64, i64, i64);

/// Up to `limit` lines of an account's history, newest first, after the line `after`.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn history(
    connection: &impl ConnectionTrait,
    account: AccountId,
    filter: &HistoryFilter,
    after: Option<HistoryKey>,
    limit: u64,
) -> Result<Vec<transactions::Model>, StoreError> {
    use transactions::Column as C;
    let mut condition = Condition::all()
        .add(C::AccountId.eq(Col(account)))
        .add_option(filter.kind.map(|kind| C::Kind.eq(Col(kind))))
        .add_option(filter.direction.map(|direction| C::Direction.eq(Col(direction))))
        .add_option(filter.from.map(|from| C::OccurredAt.gte(Col(from))))
        .add_option(filter.until.map(|until| C::OccurredAt.lt(Col(until))))
        .add_option(filter.counterparty.map(|other| C::CounterpartyId.eq(Col(other))));
    if let Some((block, position, event, leg)) = after {
        condition = condition.add(C::BlockNumber.lte(block)).add(
            Condition::any()
                .add(C::BlockNumber.lt(block))
                .add(C::TxPosition.lt(position))
                .add(Condition::all().add(C::TxPosition.eq(position)).add(C::EventIndex.lt(event)))
                .add(Condition::all().add(C::TxPosition.eq(position)).add(C::EventIndex.eq(event)).add(C::Leg.lt(leg))),
        );
    }
    Ok(transactions::Entity::find()
        .filter(condition)
        .order_by_desc(C::BlockNumber)
        .order_by_desc(C::TxPosition)
        .order_by_desc(C::EventIndex)
        .order_by_desc(C::Leg)
        .limit(limit)
        .all(connection)
        .await?)
}

/// Profile names of the holders among `accounts`, as (first name, last name).
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn names_of(
    connection: &impl ConnectionTrait,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<BTreeMap<AccountId, (String, String)>, StoreError> {
    let mut ids: Vec<GxId> = accounts
        .into_iter()
        .filter_map(|account| match account {
            AccountId::Holder(id) => Some(id),
            AccountId::Treasury(_) | AccountId::System(_) => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Option<Col<GxId>>, String, String)> = user_profiles::Entity::find()
        .select_only()
        .column(user_profiles::Column::GxId)
        .column(user_profiles::Column::FirstName)
        .column(user_profiles::Column::LastName)
        .filter(user_profiles::Column::GxId.is_in(ids.into_iter().map(Col)))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, first, last)| id.map(|Col(id)| (AccountId::Holder(id), (first, last))))
        .collect())
}

/// Whether coins have ever gone from one account to the other.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn have_dealt(
    connection: &impl ConnectionTrait,
    account: AccountId,
    other: AccountId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM transactions WHERE account_id = $1 AND counterparty_id = $2 LIMIT 1";
    let row =
        connection.query_one_raw(statement(connection, sql, vec![Col(account).into(), Col(other).into()])).await?;
    Ok(row.is_some())
}

/// A command that takes from a person's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCommand {
    /// The command.
    pub command_id: CommandId,
    /// Place in the queue; later commands have higher ones.
    pub position: i64,
    /// The command as canonical JSON.
    pub payload: String,
    /// Where it stands.
    pub state: OutboxState,
    /// What it holds, in Qirat.
    pub hold: Qirat,
    /// Its transaction, once there is an envelope.
    pub tx_id: Option<TxId>,
    /// The refusal.
    pub error_code: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
}

/// Which of a person's commands are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldState {
    /// Accepted, not settled yet.
    Unsettled,
    /// Refused by the ledger.
    Refused,
}

/// Up to `limit` of a person's commands that take from the balance, newest first, before the
/// position `after` in the queue.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn held_commands(
    connection: &impl ConnectionTrait,
    person: ProfileId,
    state: HeldState,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<HeldCommand>, StoreError> {
    use outbox_commands::Column as C;
    let wanted = match state {
        HeldState::Unsettled => {
            Condition::all().add(C::ProjectedBlock.is_null()).add(C::State.ne(Col(OutboxState::Failed)))
        }
        HeldState::Refused => Condition::all().add(C::State.eq(Col(OutboxState::Failed))),
    };
    let rows = outbox_commands::Entity::find()
        .filter(C::HoldProfileId.eq(Col(person)))
        .filter(wanted)
        .filter(
            Condition::all()
                .add_option(from.map(|from| C::CreatedAt.gte(Col(from))))
                .add_option(until.map(|until| C::CreatedAt.lt(Col(until))))
                .add_option(after.map(|after| C::Position.lt(after))),
        )
        .order_by_desc(C::Position)
        .limit(limit)
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| HeldCommand {
            command_id: row.command_id.0,
            position: row.position,
            payload: row.payload,
            state: row.state.0,
            hold: row.hold_amount.0,
            tx_id: row.tx_id.map(|col| col.0),
            error_code: row.error_code,
            created_at: row.created_at.0,
        })
        .collect())
}

/// Sum of what a person's unsettled commands hold.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn pending_of(connection: &impl ConnectionTrait, person: ProfileId) -> Result<Qirat, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(hold_amount), 0) AS BIGINT) AS pending FROM outbox_commands \
         WHERE hold_profile_id = $1 AND projected_block IS NULL AND state <> 'FAILED'";
    let row = connection.query_one_raw(statement(connection, sql, vec![Col(person).into()])).await?;
    let pending = |row: QueryResult| row.try_get::<Col<Qirat>>("", "pending").map(|col| col.0);
    Ok(row.map(pending).transpose()?.unwrap_or_default())
}
