//! The countries of the world: name and share from the data file, the rest from the ledger.

use gx_types::{CountryCode, Qirat};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `countries`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "countries")]
pub struct Model {
    /// ISO 3166 alpha-2 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub country_code: Col<CountryCode>,
    /// Name for people.
    pub country_name: String,
    /// Continent or region, where known.
    pub region: Option<String>,
    /// Share of the world population in 10⁻⁸; genesis slots follow from it.
    pub share_e8: i64,
    /// The block that put the country on the ledger; before it nobody of the country can be registered.
    pub initialized_block: Option<i64>,
    /// People registered on the ledger.
    pub users_count: i64,
    /// Genesis slots of phase 1 used up.
    pub phase1_granted: i64,
    /// Genesis slots of phase 2 used up.
    pub phase2_granted: i64,
    /// Genesis slots of phase 3 used up.
    pub phase3_granted: i64,
    /// Genesis slots of phase 4 used up.
    pub phase4_granted: i64,
    /// Genesis slots of phase 5 used up.
    pub phase5_granted: i64,
    /// Genesis slots of phase 6 used up.
    pub phase6_granted: i64,
    /// Granted to people of the country, in Qirat.
    pub people_granted: Col<Qirat>,
    /// Granted to the treasury, in Qirat.
    pub treasury_granted: Col<Qirat>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
