//! Contacts: `/api/v1/contacts`, each person's own.
//!
//! A contact is added by the profile id that a look-up has answered, so that the list is no way around the limit of
//! look-ups. Its name stays masked until one has paid or been paid; the own name is the owner's.

pub mod add;
pub mod change;
pub mod list;
pub mod remove;

use gx_platform::http::{ApiError, ApiResult};
use gx_store::repo::contacts::{self, Contact};
use gx_store::repo::payments::{self, Side};
use gx_store::sea_orm::ConnectionTrait;
use gx_types::ProfileId;
use gx_types::api::conveniences::ContactView;

use crate::names;
use crate::payment::payable;

/// Contacts as their owner sees them.
async fn views(db: &impl ConnectionTrait, owner: ProfileId, rows: Vec<(Contact, Side)>) -> ApiResult<Vec<ContactView>> {
    let own = payments::side_of(db, owner).await?.and_then(|side| side.gx_id);
    let others: Vec<_> = rows.iter().filter_map(|(_, side)| side.gx_id).collect();
    let known = match own {
        Some(own) => contacts::dealt_with(db, own, &others).await?,
        None => std::collections::BTreeSet::new(),
    };
    Ok(rows
        .into_iter()
        .map(|(contact, side)| {
            let known = side.gx_id.is_some_and(|id| known.contains(&id));
            ContactView {
                profile_id: side.profile_id,
                own_name: contact.own_name,
                name: if known { side.name() } else { names::masked(&side.first_name, &side.last_name) },
                masked: !known,
                favourite: contact.favourite,
                payable: payable(&side).is_some(),
                created_at: contact.created_at.0,
            }
        })
        .collect())
}

/// One contact as its owner sees it.
async fn one(db: &impl ConnectionTrait, owner: ProfileId, contact: ProfileId) -> ApiResult<ContactView> {
    let row = contacts::find(db, owner, contact).await?.ok_or_else(ApiError::not_found)?;
    let side = payments::side_of(db, contact).await?.ok_or_else(ApiError::not_found)?;
    views(db, owner, vec![(row, side)]).await?.pop().ok_or_else(ApiError::not_found)
}
