//! `/`: what GX is, and how many coins exist.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_types::api::admin::{PoolFigures, SupplyPools, SupplyReply};

use crate::Web;
use crate::error::PageResult;
use crate::view::{Chrome, Moment};
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingPage {
    chrome: Chrome,
    supply: Supply,
}

enum Supply {
    Known(Box<Shown>),
    Unknown(&'static str),
}

struct Shown {
    at: Option<Moment>,
    minted: String,
    cap: String,
    available: String,
    percentage: String,
    pools: Vec<Pool>,
}

struct Pool {
    name: &'static str,
    minted: String,
    cap: String,
    percentage: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/", get(show))
}

async fn show(visit: Visit) -> PageResult {
    let supply = match visit.api().get(&visit.caller, "/api/v1/public/supply").read::<SupplyReply>().await {
        Ok(supply) => Supply::Known(Box::new(shown(supply))),
        // The page is about more than this figure, and must not pretend to know it.
        Err(failure) => {
            tracing::warn!(%failure, "the landing page has no supply figure");
            Supply::Unknown("The figure cannot be read at present.")
        }
    };
    page(&LandingPage { chrome: visit.chrome("Paid means settled"), supply })
}

fn shown(supply: SupplyReply) -> Shown {
    let SupplyPools { user_genesis, govt_genesis, charitable, loan, gx, operations } = supply.pools;
    let pools = [
        ("Grants to people", user_genesis),
        ("Grants to treasuries", govt_genesis),
        ("Charity", charitable),
        ("Interest-free loans", loan),
        ("Founders and protocol", gx),
        ("Operations", operations),
    ];
    Shown {
        at: supply.last_updated.map(Moment),
        minted: supply.total_minted.display_gx(),
        cap: supply.max_supply.display_gx(),
        available: supply.available_to_mint.display_gx(),
        percentage: share(&supply.minted_percentage, supply.total_minted.is_zero()),
        pools: pools.map(|(name, figures)| pool(name, figures)).into(),
    }
}

fn pool(name: &'static str, figures: PoolFigures) -> Pool {
    Pool {
        name,
        minted: figures.minted.display_gx(),
        cap: figures.cap.display_gx(),
        percentage: share(&figures.percentage, figures.minted.is_zero()),
    }
}

/// A share in words; a little is not nothing.
fn share(percentage: &str, nothing: bool) -> String {
    if percentage == "0.00" && !nothing { "below 0.01 %".to_owned() } else { format!("{percentage} %") }
}
