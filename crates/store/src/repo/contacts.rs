//! Contacts: people one pays often, with names of one's own.

use std::collections::BTreeSet;

use gx_types::{AccountId, GxId, ProfileId, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use crate::col::Col;
use crate::entity::contacts::{Column, Entity};
use crate::error::StoreError;
use crate::repo::payments::{self, Side};
use crate::sql::{list, statement};

pub use crate::entity::contacts::Model as Contact;

/// The contacts of a person with who they are, favourites first, then the oldest; at most `rows_max`.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: ProfileId,
    rows_max: u64,
) -> Result<Vec<(Contact, Side)>, StoreError> {
    let sql = format!(
        "SELECT c.own_name, c.favourite, c.created_at AS contact_created_at, c.updated_at AS contact_updated_at, \
         {}, CAST(0 AS BIGINT) AS pending \
         FROM contacts c JOIN user_profiles p ON p.profile_id = c.contact_profile_id \
         LEFT JOIN accounts a ON a.account_id = p.gx_id WHERE c.profile_id = $1 \
         ORDER BY c.favourite DESC, c.created_at, c.contact_profile_id LIMIT {rows_max}",
        payments::SIDE_COLUMNS
    );
    let rows = db.query_all_raw(statement(db, sql, vec![Col(person).into()])).await?;
    let mut contacts = Vec::with_capacity(rows.len());
    for row in rows {
        let side = payments::side(&row)?;
        let contact = Contact {
            profile_id: Col(person),
            contact_profile_id: Col(side.profile_id),
            own_name: row.try_get("", "own_name")?,
            favourite: row.try_get("", "favourite")?,
            created_at: row.try_get("", "contact_created_at")?,
            updated_at: row.try_get("", "contact_updated_at")?,
        };
        contacts.push((contact, side));
    }
    Ok(contacts)
}

/// A contact of a person.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn find(
    db: &impl ConnectionTrait,
    person: ProfileId,
    contact: ProfileId,
) -> Result<Option<Contact>, StoreError> {
    Ok(Entity::find_by_id((Col(person), Col(contact))).one(db).await?)
}

/// How many contacts a person has.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn count(db: &impl ConnectionTrait, person: ProfileId) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::ProfileId.eq(Col(person))).count(db).await?)
}

/// Adds a contact. `false`: the person has it already, and nothing was changed.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn insert(tx: &impl ConnectionTrait, row: Contact) -> Result<bool, StoreError> {
    let sql = "INSERT INTO contacts (profile_id, contact_profile_id, own_name, favourite, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (profile_id, contact_profile_id) DO NOTHING";
    let values = vec![
        row.profile_id.into(),
        row.contact_profile_id.into(),
        row.own_name.into(),
        row.favourite.into(),
        row.created_at.into(),
        row.updated_at.into(),
    ];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Writes a contact that there is.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn save(tx: &impl ConnectionTrait, row: Contact) -> Result<(), StoreError> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Removes a contact. `false`: there was none.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn delete(tx: &impl ConnectionTrait, person: ProfileId, contact: ProfileId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id((Col(person), Col(contact))).exec(tx).await?.rows_affected == 1)
}

/// Those of `others` with whom coins have ever gone to or from `account`.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn dealt_with(
    db: &impl ConnectionTrait,
    account: GxId,
    others: &[GxId],
) -> Result<BTreeSet<GxId>, StoreError> {
    if others.is_empty() {
        return Ok(BTreeSet::new());
    }
    // One way through the account's own lines, however many others there are.
    let sql = format!(
        "SELECT DISTINCT counterparty_id FROM transactions WHERE account_id = $1 AND counterparty_id IN ({})",
        list(others.len(), 2)
    );
    let mut values = vec![Col(AccountId::Holder(account)).into()];
    values.extend(others.iter().map(|other| Col(AccountId::Holder(*other)).into()));
    let rows = db.query_all_raw(statement(db, sql, values)).await?;
    let mut known = BTreeSet::new();
    for row in rows {
        if let AccountId::Holder(id) = row.try_get::<Col<AccountId>>("", "counterparty_id")?.0 {
            known.insert(id);
        }
    }
    Ok(known)
}

/// A new row.
#[must_use]
pub fn row(
    person: ProfileId,
    contact: ProfileId,
    own_name: Option<String>,
    favourite: bool,
    now: Timestamp,
) -> Contact {
    Contact {
        profile_id: Col(person),
        contact_profile_id: Col(contact),
        own_name,
        favourite,
        created_at: Col(now),
        updated_at: Col(now),
    }
}
