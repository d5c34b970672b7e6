//! Who belongs to which organisation, to find a person's organisations. The projector is the only writer.

use gx_types::GxId;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `organization_stakeholders`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_stakeholders")]
pub struct Model {
    /// The organisation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: Col<GxId>,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stakeholder_id: Col<GxId>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
