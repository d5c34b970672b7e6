//! `GET /api/v1/wallets/{profileId}/dashboard`: the wallet, its newest lines, and what is on its way.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::wallets::{self, HeldState, HistoryFilter};
use gx_types::api::tokenomics::WalletDashboardReply;
use gx_types::{AccountId, ProfileId};

use super::transactions::{settled_views, unsettled_views};

/// Lines of each kind on the page.
const LINES_MAX: u64 = 10;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/wallets/{profileId}/dashboard", "getWalletDashboard")
        .summary("Own wallet at a glance")
        .access(Access::Person)
        .param::<ProfileId>("profileId", "The caller's own profile id")
        .reply::<WalletDashboardReply>(200, "The wallet, its ten newest lines and up to ten unsettled payments")
        .handle(dashboard)
}

async fn dashboard(
    State(app): State<App>,
    person: Person,
    ApiPath(profile_id): ApiPath<ProfileId>,
) -> ApiResult<Json<WalletDashboardReply>> {
    let profile_id = super::own(&person, profile_id)?;
    let db = app.store().read();
    let wallet = super::balance_of(db, profile_id).await?;
    let account = AccountId::Holder(wallet.fabric_user_id);
    let lines = wallets::history(db, account, &HistoryFilter::default(), None, LINES_MAX).await?;
    let waiting = wallets::held_commands(db, profile_id, HeldState::Unsettled, None, None, None, LINES_MAX).await?;
    Ok(Json(WalletDashboardReply {
        recent_transactions: settled_views(db, &wallet.wallet_id, lines).await?,
        pending_transactions: unsettled_views(db, &wallet.wallet_id, waiting, HeldState::Unsettled, None).await?,
        wallet,
    }))
}
