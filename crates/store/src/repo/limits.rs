//! Limits that people put on their own payments. A lower one holds at once, a higher one later.
//!
//! Change and payment both hold the payer's lock (see [`super::payments::lock_payer`]), so a payment sees the limit from
//! before a change or from after it.

use std::collections::{BTreeSet, HashMap};

use gx_types::{AccountId, LimitKind, ProfileId, Qirat, Timestamp, TransactionKind};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::col::Col;
use crate::entity::spending_limits::{Column, Entity};
use crate::entity::transactions;
use crate::error::StoreError;
use crate::set;

pub use crate::entity::spending_limits::Model as SpendingLimit;

/// Lines of a history that are read at a time.
const LINES: u64 = 500;

impl SpendingLimit {
    /// The limit that holds; `None` when there is none.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Option<Qirat> {
        let amount = match (self.next_amount, self.next_from) {
            (Some(next), Some(from)) if from.0 <= now => next.0,
            _ => self.amount.0,
        };
        Some(amount).filter(|amount| *amount < Qirat::CAP)
    }

    /// The limit that was asked for and does not hold yet: `None` inside stands for none.
    #[must_use]
    pub fn waiting(&self, now: Timestamp) -> Option<(Option<Qirat>, Timestamp)> {
        match (self.next_amount, self.next_from) {
            (Some(next), Some(from)) if from.0 > now => {
                Some((Some(next.0).filter(|amount| *amount < Qirat::CAP), from.0))
            }
            _ => None,
        }
    }
}

/// The limits of a person.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn of_person(db: &impl ConnectionTrait, person: ProfileId) -> Result<Vec<SpendingLimit>, StoreError> {
    Ok(Entity::find().filter(Column::ProfileId.eq(Col(person))).all(db).await?)
}

/// The limits of many people, those of each together.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn of_people(
    db: &impl ConnectionTrait,
    people: &BTreeSet<ProfileId>,
) -> Result<HashMap<ProfileId, Vec<SpendingLimit>>, StoreError> {
    let mut limits: HashMap<_, Vec<_>> = HashMap::new();
    if !people.is_empty() {
        let sql = "SELECT * FROM spending_limits WHERE profile_id IN {texts}";
        for row in Entity::find().from_raw_sql(set::select(db, sql, set::texts(people))).all(db).await? {
            limits.entry(row.profile_id.0).or_default().push(row);
        }
    }
    Ok(limits)
}

/// Writes a limit.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn save(tx: &impl ConnectionTrait, row: SpendingLimit) -> Result<(), StoreError> {
    let replaced = OnConflict::columns([Column::ProfileId, Column::Kind])
        .update_columns([Column::Amount, Column::NextAmount, Column::NextFrom, Column::UpdatedAt])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(replaced).exec_without_returning(tx).await?;
    Ok(())
}

/// A row without a limit.
#[must_use]
pub fn none(person: ProfileId, kind: LimitKind, now: Timestamp) -> SpendingLimit {
    SpendingLimit {
        profile_id: Col(person),
        kind: Col(kind),
        amount: Col(Qirat::CAP),
        next_amount: None,
        next_from: None,
        updated_at: Col(now),
    }
}

/// What has left an account by payments settled since `since`, fees included. Reads the newest lines until one is older,
/// so its cost grows with the payments of that time and not with the history.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn paid_since(db: &impl ConnectionTrait, account: AccountId, since: Timestamp) -> Result<Qirat, StoreError> {
    use transactions::Column as C;
    type Line = (Col<TransactionKind>, Col<Qirat>, Col<Timestamp>, i64, i64, i64, i64);
    let mut sum = Qirat::ZERO;
    let mut after: Option<(i64, i64, i64, i64)> = None;
    loop {
        let mut place = Condition::all();
        if let Some((block, position, event, leg)) = after {
            place = place.add(C::BlockNumber.lte(block)).add(
                Condition::any()
                    .add(C::BlockNumber.lt(block))
                    .add(C::TxPosition.lt(position))
                    .add(Condition::all().add(C::TxPosition.eq(position)).add(C::EventIndex.lt(event)))
                    .add(
                        Condition::all()
                            .add(C::TxPosition.eq(position))
                            .add(C::EventIndex.eq(event))
                            .add(C::Leg.lt(leg)),
                    ),
            );
        }
        let lines: Vec<Line> = transactions::Entity::find()
            .select_only()
            .columns([C::Kind, C::Amount, C::OccurredAt, C::BlockNumber, C::TxPosition, C::EventIndex, C::Leg])
            .filter(C::AccountId.eq(Col(account)))
            .filter(place)
            .order_by_desc(C::BlockNumber)
            .order_by_desc(C::TxPosition)
            .order_by_desc(C::EventIndex)
            .order_by_desc(C::Leg)
            .limit(LINES)
            .into_tuple()
            .all(db)
            .await?;
        let full = lines.len() as u64 == LINES;
        for (kind, amount, at, block, position, event, leg) in lines {
            if at.0 < since {
                return Ok(sum);
            }
            if matches!(kind.0, TransactionKind::Sent | TransactionKind::Fee) {
                // Nobody can pay more in a day than there is; should coins go round, the sum stays at the cap.
                sum = sum.checked_add(amount.0).unwrap_or(Qirat::CAP);
            }
            after = Some((block, position, event, leg));
        }
        if !full {
            return Ok(sum);
        }
    }
}
