//! `/dashboard`: what a person has, what is on its way, and how far their registration is.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_types::api::conveniences::BalanceSeries;
use gx_types::api::identity::ProfileView;
use gx_types::api::tokenomics::WalletDashboardReply;
use gx_types::{OnchainStatus, PersonStatus};

use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Chart, Chrome, Line, State, Tab, person_state};
use crate::visit::page;

/// Days on the chart.
const CHART_DAYS: u32 = 30;
/// How often the page looks again while something is under way, seconds.
const LOOK_AGAIN_SECONDS: u32 = 3;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage {
    chrome: Chrome,
    name: String,
    state: State,
    path: Option<Path>,
    blocked: Option<&'static str>,
    wallet: Option<Wallet>,
}

/// The way to an account on the ledger.
struct Path {
    steps: Vec<PathStep>,
    denied: Option<String>,
    call: Option<&'static str>,
}

struct PathStep {
    class: &'static str,
    title: &'static str,
    text: &'static str,
}

struct Wallet {
    settled: String,
    pending: String,
    has_pending: bool,
    available: String,
    gx_id: String,
    lines: Vec<Line>,
    pending_lines: Vec<Line>,
    chart: Option<Chart>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/dashboard", get(show))
}

async fn show(signed: Signed) -> PageResult {
    let me = &signed.me;
    let wallet = match me.onchain_status {
        OnchainStatus::Registered | OnchainStatus::Frozen => Some(wallet(&signed).await?),
        OnchainStatus::NotRegistered | OnchainStatus::Pending => None,
    };
    let mut chrome = signed.chrome("Home", Tab::Home);
    let waits = me.status == PersonStatus::ApprovedPendingOnchain
        || wallet.as_ref().is_some_and(|wallet| !wallet.pending_lines.is_empty());
    if waits {
        chrome = chrome.refreshing(LOOK_AGAIN_SECONDS);
    }
    page(&DashboardPage {
        chrome,
        name: me.first_name.clone(),
        state: person_state(me.status, me.onchain_status),
        path: path(me),
        blocked: blocked(me),
        wallet,
    })
}

async fn wallet(signed: &Signed) -> PageResult<Wallet> {
    let path = format!("/api/v1/wallets/{}/dashboard", signed.me.profile_id);
    let series = format!("/api/v1/wallets/{}/balance/series", signed.me.profile_id);
    let api = signed.visit.api();
    let (reply, series) = tokio::join!(
        api.get(&signed.visit.caller, path).read::<WalletDashboardReply>(),
        api.get(&signed.visit.caller, series).query("days", CHART_DAYS.to_string()).read::<BalanceSeries>(),
    );
    let reply = reply?;
    Ok(Wallet {
        // The page is of use without it.
        chart: series.ok().and_then(|series| Chart::of(&series.points)),
        settled: reply.wallet.balance.display_gx(),
        pending: reply.wallet.pending.display_gx(),
        has_pending: !reply.wallet.pending.is_zero(),
        available: reply.wallet.available.display_gx(),
        gx_id: reply.wallet.fabric_user_id.to_string(),
        lines: reply.recent_transactions.iter().map(Line::of).collect(),
        pending_lines: reply.pending_transactions.iter().map(Line::of).collect(),
    })
}

fn blocked(me: &ProfileView) -> Option<&'static str> {
    match (me.status, me.onchain_status) {
        (PersonStatus::Frozen, OnchainStatus::Frozen) => {
            Some("Your account is frozen. You can look, but neither pay nor be paid.")
        }
        (PersonStatus::Frozen, _) => Some("Your account is being frozen. You can look, but neither pay nor be paid."),
        _ => None,
    }
}

/// The steps of a person who has no account on the ledger yet.
fn path(me: &ProfileView) -> Option<Path> {
    let (documents, review, ledger, denied, call) = match me.status {
        PersonStatus::Registered => ("now", "", "", None, Some("Hand in documents")),
        PersonStatus::Denied => ("refused", "", "", Some(denial(me)), Some("Look at your documents")),
        PersonStatus::PendingAdminApproval => ("done", "now", "", None, None),
        PersonStatus::ApprovedPendingOnchain => ("done", "done", "now", None, None),
        PersonStatus::Active | PersonStatus::Frozen | PersonStatus::Suspended | PersonStatus::Closed => return None,
    };
    let step = |class, title, text| PathStep { class, title, text };
    Some(Path {
        steps: vec![
            step("done", "You have an account.", "E-mail address and phone are confirmed."),
            step(
                documents,
                "Show who you are.",
                "Upload an identity card, passport or driving licence and hand it in.",
            ),
            step(review, "An administrator compares.", "You are told the result here and by a notification."),
            step(ledger, "The ledger registers you.", "Then you can pay and be paid. This page follows by itself."),
        ],
        denied,
        call,
    })
}

pub(super) fn denial(me: &ProfileView) -> String {
    match me.denial_reason.as_deref() {
        Some("DOCUMENT_ALREADY_USED") => {
            "Somebody has already registered with this document. One document gives one account.".to_owned()
        }
        Some(reason) => reason.to_owned(),
        None => "Your documents were refused without a stated reason.".to_owned(),
    }
}
