//! The countries that GX serves, and how many of their genesis slots the projector has seen used.

use gx_contracts::genesis::Slots;
use gx_types::CountryCode;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::col::Col;
use crate::entity::countries::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::countries::Model as Country;

impl Country {
    /// Slots used per phase, phase 1 first.
    #[must_use]
    pub fn granted(&self) -> Slots {
        [
            self.phase1_granted,
            self.phase2_granted,
            self.phase3_granted,
            self.phase4_granted,
            self.phase5_granted,
            self.phase6_granted,
        ]
        // The column refuses negative numbers.
        .map(|granted| u64::try_from(granted).unwrap_or(0))
    }
}

/// A country; `None` when GX does not serve it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, code: CountryCode) -> Result<Option<Country>, StoreError> {
    Ok(Entity::find_by_id(Col(code)).one(db).await?)
}

/// Every country, by name.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Country>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::CountryName).order_by_asc(Column::CountryCode).all(db).await?)
}

/// Whether every country is on the ledger, as far as the projector has read it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn are_on_ledger(db: &impl ConnectionTrait) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(Column::InitializedBlock.is_null()).count(db).await? == 0)
}
