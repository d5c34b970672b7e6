//! Pictures of people; the bytes lie in the object store. Owner: identity.

use gx_types::{ProfileId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `avatars`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "avatars")]
pub struct Model {
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// Where the bytes lie.
    pub object_key: String,
    /// Found from the bytes.
    pub mime_type: String,
    /// Size, bytes.
    pub size_bytes: i64,
    /// Width, pixels.
    pub width: i64,
    /// Height, pixels.
    pub height: i64,
    /// When it was uploaded.
    pub uploaded_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
