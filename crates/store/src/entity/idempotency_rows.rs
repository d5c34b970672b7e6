//! Requests that carried an idempotency key, with their answers. Written through [`crate::idempotency`] only.

use gx_types::{Actor, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `idempotency_rows`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_rows")]
pub struct Model {
    /// Who asked.
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor: Col<Actor>,
    /// Route of the request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub route: String,
    /// Key given by the client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: String,
    /// SHA-256 of the body.
    pub body_hash: Col<Sha256Hex>,
    /// The answer, once there is one.
    pub answer_status: Option<i64>,
    /// Body of the answer.
    pub answer_body: Option<String>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// Until when it holds.
    pub expires_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
