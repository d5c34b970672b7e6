//! New e-mail addresses and phone numbers that wait for their codes. Owner: identity.

use gx_types::{ContactChangeId, MailboxChannel, ProfileId, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `contact_changes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_changes")]
pub struct Model {
    /// The change.
    #[sea_orm(primary_key, auto_increment = false)]
    pub change_id: Col<ContactChangeId>,
    /// The person.
    pub profile_id: Col<ProfileId>,
    /// What changes: the address or the number.
    pub channel: Col<MailboxChannel>,
    /// Where the code for the present owner went.
    pub proved_by: Col<MailboxChannel>,
    /// The new address or number.
    pub new_value: String,
    /// Keyed hash of the code for the present owner.
    pub old_code_hash: Col<Sha256Hex>,
    /// Keyed hash of the code that went to the new address or number.
    pub new_code_hash: Col<Sha256Hex>,
    /// Wrong tries of both together.
    pub tries: i64,
    /// When it was begun.
    pub created_at: Col<Timestamp>,
    /// Until when the codes are good.
    pub expires_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
