//! Documents about the collateral of loans; the bytes lie in the object store. Owner: loanpool.

use gx_types::{ProfileId, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `loan_documents`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "loan_documents")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// SHA-256 of the bytes; the ledger keeps it with the loan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_hash: Col<Sha256Hex>,
    /// Name as uploaded.
    pub file_name: String,
    /// Media type by content.
    pub mime_type: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// Key in the object store.
    pub object_key: String,
    /// When it was uploaded first.
    pub uploaded_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
