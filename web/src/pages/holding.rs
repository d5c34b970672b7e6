//! `/holding`: what the hoarding tax would take of one's own balance, and why.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_types::Qirat;
use gx_types::api::tax::{HoardingPreview, HoardingScheduleReply, HoardingState};

use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Chrome, Moment, State, Tab, Tone, range, rate};
use crate::visit::page;

#[derive(Template)]
#[template(path = "holding.html")]
struct HoldingPage {
    chrome: Chrome,
    period_days: u32,
    threshold: Option<String>,
    bands: Vec<Band>,
    /// None before the ledger has registered the person.
    own: Option<Own>,
}

struct Band {
    range: String,
    rate: String,
    /// The one of the balance.
    own: bool,
}

struct Own {
    state: State,
    balance: String,
    rate: String,
    range: String,
    since: Option<Moment>,
    due: Option<Moment>,
    days: u64,
    is_due: bool,
    amount: String,
    /// What the plain rate would come to, where it is more.
    relieved_from: Option<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/holding", get(show))
}

async fn show(signed: Signed) -> PageResult {
    let visit = &signed.visit;
    let schedule = visit.api().get(&visit.caller, "/api/v1/tax/hoarding/schedule").read::<HoardingScheduleReply>();
    let (schedule, preview) = tokio::join!(schedule, preview(&signed));
    let (schedule, preview) = (schedule?, preview?);
    let own_band = preview.as_ref().map(|preview| preview.band.from);
    page(&HoldingPage {
        chrome: signed.chrome("Holding", Tab::None),
        period_days: schedule.period_days,
        threshold: schedule.threshold.map(Qirat::display_gx),
        bands: schedule
            .bands
            .iter()
            .map(|band| Band {
                range: range(band.from, band.up_to, Qirat::ZERO),
                rate: taxed(band.rate_bps),
                own: own_band == Some(band.from),
            })
            .collect(),
        own: preview.as_ref().map(shown),
    })
}

/// The person's own preview; `None` before there is an account on the ledger.
async fn preview(signed: &Signed) -> PageResult<Option<HoardingPreview>> {
    let Some(id) = signed.me.fabric_user_id else { return Ok(None) };
    // An id has letters, digits and spaces only.
    let path = format!("/api/v1/tax/hoarding/accounts/{}", id.to_string().replace(' ', "%20"));
    match signed.visit.api().get(&signed.visit.caller, path).read::<HoardingPreview>().await {
        Ok(preview) => Ok(Some(preview)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// A rate of tax; what is not taxed has none.
fn taxed(rate_bps: u16) -> String {
    if rate_bps == 0 { "none".to_owned() } else { rate(rate_bps) }
}

fn shown(preview: &HoardingPreview) -> Own {
    Own {
        state: match preview.state {
            HoardingState::BelowThreshold => State::new(Tone::Good, "Below the threshold"),
            HoardingState::Holding => State::new(Tone::Wait, "A period runs"),
            HoardingState::Due => State::new(Tone::Bad, "A period is complete"),
        },
        balance: preview.balance.display_gx(),
        rate: taxed(preview.band.rate_bps),
        range: range(preview.band.from, preview.band.up_to, Qirat::ZERO),
        since: preview.held_since.map(Moment),
        due: preview.due_at.map(Moment),
        days: preview.held_days,
        is_due: preview.state == HoardingState::Due,
        amount: preview.amount.display_gx(),
        relieved_from: (preview.amount < preview.full_amount).then(|| preview.full_amount.display_gx()),
    }
}
