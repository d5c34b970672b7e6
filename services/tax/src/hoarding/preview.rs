//! `GET /api/v1/tax/hoarding/accounts/{accountId}`: what the hoarding tax would take of one's own account.
//!
//! Balance and timer come out of the history that the ledger wrote, in one statement, so that they are of one moment.
//! The caller is compared with the account before anything is read about it: someone else's account, one that is not
//! there, and one that belongs to nobody are the same answer.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::{holding, people};
use gx_types::api::tax::{HoardingPreview, HoardingState};
use gx_types::{AccountId, Qirat};

use crate::metrics::HOARDING_PREVIEWS;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/tax/hoarding/accounts/{accountId}", "previewHoardingTax")
        .summary("What the hoarding tax would take of one's own account")
        .description(
            "By the formula of the ledger's contracts, from the settled balance and the time since which it has not been below \
             the threshold. A preview: nothing is charged by it. 404 for every account but one's own.",
        )
        .access(Access::Person)
        .param::<AccountId>("accountId", "The caller's own GX id")
        .reply::<HoardingPreview>(200, "Period, band and amount")
        .handle(preview)
}

async fn preview(
    State(app): State<App>,
    person: Person,
    ApiPath(account_id): ApiPath<AccountId>,
) -> ApiResult<Json<HoardingPreview>> {
    let db = app.store().read();
    let own = people::find(db, person.profile_id).await?.and_then(|row| row.gx_id).map(|id| AccountId::Holder(id.0));
    if own != Some(account_id) {
        return Err(ApiError::not_found());
    }
    let (tax, _) = super::in_force(&app).await?;
    let threshold = tax.threshold();
    // Without a threshold nothing is held; no balance passes the cap.
    let holding = holding::of(db, account_id, threshold.unwrap_or(Qirat::CAP)).await?;
    // Approved, and not on the ledger yet.
    let holding = holding.ok_or_else(ApiError::not_found)?;
    let held_since = threshold.and(holding.held_since);
    let at = app.now();
    let assessed = tax.assess(holding.settled, held_since, at);
    let state = match (held_since, assessed.is_due) {
        (None, _) => HoardingState::BelowThreshold,
        (Some(_), false) => HoardingState::Holding,
        (Some(_), true) => HoardingState::Due,
    };
    metrics::counter!(HOARDING_PREVIEWS.name, "state" => state.as_str()).increment(1);
    Ok(Json(HoardingPreview {
        account_id,
        state,
        balance: holding.settled,
        threshold,
        period_days: tax.period_days(),
        held_since,
        held_days: assessed.held_days,
        due_at: assessed.due_at,
        band: super::shown(assessed.band),
        full_amount: assessed.full,
        amount: assessed.tax,
        due_amount: if assessed.is_due { assessed.tax } else { Qirat::ZERO },
        at,
    }))
}
