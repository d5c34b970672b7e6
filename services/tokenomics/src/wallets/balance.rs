//! `GET /api/v1/wallets/{profileId}/balance`: what is settled, what is on its way, what can be spent.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiPath, ApiResult, Handled, Route};
use gx_types::ProfileId;
use gx_types::api::tokenomics::BalanceReply;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/wallets/{profileId}/balance", "getWalletBalance")
        .summary("Own balance: settled, pending and available")
        .access(Access::Person)
        .param::<ProfileId>("profileId", "The caller's own profile id")
        .reply::<BalanceReply>(200, "The wallet with its figures")
        .handle(balance)
}

async fn balance(
    State(app): State<App>,
    person: Person,
    ApiPath(profile_id): ApiPath<ProfileId>,
) -> ApiResult<Json<BalanceReply>> {
    let profile_id = super::own(&person, profile_id)?;
    Ok(Json(BalanceReply { balance: super::balance_of(app.store().read(), profile_id).await? }))
}
