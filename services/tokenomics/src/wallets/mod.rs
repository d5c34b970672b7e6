//! Wallets: `/api/v1/wallets/{profileId}/…`, each for its owner alone.

pub mod balance;
pub mod dashboard;
pub mod export;
pub mod series;
pub mod statement;
pub mod transactions;

use gx_platform::auth::Person;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::repo::{payments, wallets};
use gx_store::sea_orm::ConnectionTrait;
use gx_types::api::tokenomics::WalletBalance;
use gx_types::{PersonStatus, ProfileId, Qirat};

/// The caller's own id out of the path; anyone else's is not there.
pub(crate) fn own(person: &Person, profile_id: ProfileId) -> ApiResult<ProfileId> {
    if person.profile_id == profile_id { Ok(profile_id) } else { Err(ApiError::not_found()) }
}

/// A person's wallet with its figures.
///
/// # Errors
/// 404 before the ledger has registered the person.
pub(crate) async fn balance_of(connection: &impl ConnectionTrait, profile_id: ProfileId) -> ApiResult<WalletBalance> {
    let wallet = wallets::of_profile(connection, profile_id).await?.ok_or_else(ApiError::not_found)?;
    let person = payments::side_of(connection, profile_id).await?.ok_or_else(ApiError::not_found)?;
    let (Some(id), Some(figures)) = (person.gx_id, person.account) else { return Err(ApiError::not_found()) };
    let frozen = figures.frozen || person.status == PersonStatus::Frozen;
    Ok(WalletBalance {
        wallet_id: wallet.wallet_id,
        profile_id,
        fabric_user_id: id,
        balance: figures.settled,
        pending: figures.pending,
        // A frozen account can spend nothing.
        available: if frozen { Qirat::ZERO } else { figures.available() },
        frozen,
        wallet_name: wallet.wallet_name,
        updated_at: figures.updated_at,
    })
}
