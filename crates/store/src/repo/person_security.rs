//! How people protect their accounts: PIN and step-up amount.

use std::collections::{BTreeSet, HashMap};

use gx_types::{Actor, ProfileId, Qirat, Timestamp};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};

use crate::col::Col;
use crate::entity::person_security::{Entity, Model};
use crate::error::StoreError;
use crate::repo::second_factors;
use crate::set;

pub use crate::entity::person_security::Model as PersonSecurity;

/// How each of several people protects the account; nobody is in it who never changed anything.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_people(
    db: &impl ConnectionTrait,
    people: &BTreeSet<ProfileId>,
) -> Result<HashMap<ProfileId, PersonSecurity>, StoreError> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "SELECT * FROM person_security WHERE profile_id IN {texts}";
    let rows = Entity::find().from_raw_sql(set::select(db, sql, set::texts(people))).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.profile_id.0, row)).collect())
}

/// What decides whether a payment needs more than a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepUpFacts {
    /// The person's own amount; `None`: the platform's.
    pub amount: Option<Qirat>,
    /// Hash of the PIN, if there is one.
    pub pin_hash: Option<String>,
    /// Whether the person has a second factor.
    pub has_second_factor: bool,
}

/// How a person protects the account; `None` when nothing was ever changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, person: ProfileId) -> Result<Option<PersonSecurity>, StoreError> {
    Ok(Entity::find_by_id(Col(person)).one(db).await?)
}

/// What decides whether a payment of the person needs more than a session.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn step_up_facts(db: &impl ConnectionTrait, person: ProfileId) -> Result<StepUpFacts, StoreError> {
    let row = find(db, person).await?;
    let has_second_factor = second_factors::is_on(db, Actor::Person(person)).await?;
    Ok(StepUpFacts {
        amount: row.as_ref().and_then(|row| row.step_up_amount).map(|amount| amount.0),
        pin_hash: row.and_then(|row| row.pin_hash),
        has_second_factor,
    })
}

/// Changes how a person protects the account. The person's own row must be held (see `people::lock`), so that two
/// changes at once come one after the other.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn change(
    tx: &impl ConnectionTrait,
    person: ProfileId,
    now: Timestamp,
    change: impl FnOnce(&mut PersonSecurity) + Send,
) -> Result<(), StoreError> {
    let found = Entity::find_by_id(Col(person)).lock_exclusive().one(tx).await?;
    let there = found.is_some();
    let mut row = found.unwrap_or(Model {
        profile_id: Col(person),
        pin_hash: None,
        pin_set_at: None,
        step_up_amount: None,
        password_changed_at: None,
        updated_at: Col(now),
    });
    change(&mut row);
    row.updated_at = Col(now);
    let row = row.into_active_model().reset_all();
    if there {
        row.update(tx).await?;
    } else {
        Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}
