//! `/admin/overview`: how much there is of everything, how it went on in the last weeks, and what was decided lately. All
//! of it comes out of the projected read model; days are UTC.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_types::api::admin::{DashboardStats, DayFigure, DaySeries, RecentActivity, UserDistribution};
use gx_types::{OnchainStatus, PersonStatus};

use super::session::Officer;
use super::system::system_state;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Bars, Chart, Chrome, Moment, Point, State, Tab, person_state};
use crate::visit::page;

/// Days of the series that can be chosen for the growth.
const GROWTH_DAYS: [u32; 2] = [30, 90];
/// Days of the other series.
const SERIES_DAYS: u32 = 14;
/// Lines of what was decided lately.
const ACTIVITIES: u32 = 10;
/// Width of the bar beside a figure.
const SHARE_WIDTH: u64 = 100;

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    chrome: Chrome,
    state: State,
    stats: DashboardStats,
    growth_days: u32,
    growth: Option<Chart>,
    series: Vec<Series>,
    days: Vec<Day>,
    statuses: Vec<Share>,
    countries: Vec<Share>,
    activities: Vec<Activity>,
}

struct Series {
    id: &'static str,
    name: &'static str,
    bars: Bars,
}

/// A row of the table that says what the charts show.
struct Day {
    date: String,
    registrations: u64,
    payments: u64,
    volume: String,
}

struct Share {
    label: String,
    count: u64,
    width: u64,
}

struct Activity {
    label: String,
    object: String,
    href: Option<String>,
    at: Moment,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/overview", get(show))
}

async fn show(officer: Officer) -> PageResult {
    let (api, caller) = (officer.visit.api(), &officer.visit.caller);
    let asked = officer.visit.param("days").and_then(|days| days.parse().ok());
    let growth_days = asked.filter(|days| GROWTH_DAYS.contains(days)).unwrap_or(GROWTH_DAYS[0]);
    let of = |name: &str| format!("/api/v1/admin/dashboard/{name}");
    let series = |name: &str| api.get(caller, of(name)).query("days", SERIES_DAYS.to_string()).read::<DaySeries>();
    let (stats, growth, registrations, payments, distribution, activity) = tokio::join!(
        api.get(caller, of("stats")).read::<DashboardStats>(),
        api.get(caller, of("user-growth")).query("days", growth_days.to_string()).read::<DaySeries>(),
        series("new-registrations"),
        series("transaction-volume"),
        api.get(caller, of("user-distribution")).read::<UserDistribution>(),
        api.get(caller, of("recent-activity")).query("limit", ACTIVITIES.to_string()).read::<RecentActivity>(),
    );
    let (stats, registrations, payments, distribution) = (stats?, registrations?, payments?, distribution?);
    let growth = counts(&growth?);
    page(&OverviewPage {
        chrome: officer.chrome("Overview", Tab::Overview),
        state: system_state(stats.system_status),
        growth_days,
        growth: Chart::line("People with an account", &growth),
        series: drawn(&registrations, &payments),
        days: days(&registrations, &payments),
        statuses: shares(distribution.by_status.iter().map(|one| (status_name(one.status), one.count))),
        countries: shares(distribution.by_country.iter().map(|one| (one.country_code.to_string(), one.count))),
        activities: activity?.activities.into_iter().map(activity_of).collect(),
        stats,
    })
}

fn counts(series: &DaySeries) -> Vec<Point> {
    series.days.iter().map(|day| Point::count(&day.date, day.count)).collect()
}

fn drawn(registrations: &DaySeries, payments: &DaySeries) -> Vec<Series> {
    let volumes: Vec<Point> = payments
        .days
        .iter()
        .map(|day| {
            let volume = day.volume.unwrap_or_default();
            Point { day: day.date.clone(), value: volume.get(), shown: volume.display_gx() }
        })
        .collect();
    [
        ("chart-registrations", "New accounts", counts(registrations)),
        ("chart-payments", "Settled payments", counts(payments)),
        ("chart-volume", "Paid between people", volumes),
    ]
    .into_iter()
    .filter_map(|(id, name, points)| Some(Series { id, name, bars: Bars::of(name, &points)? }))
    .collect()
}

/// The newest first, as tables of days are read.
fn days(registrations: &DaySeries, payments: &DaySeries) -> Vec<Day> {
    let of_day = |(registered, paid): (&DayFigure, &DayFigure)| Day {
        date: paid.date.clone(),
        registrations: registered.count,
        payments: paid.count,
        volume: paid.volume.unwrap_or_default().display_gx(),
    };
    registrations.days.iter().zip(&payments.days).rev().map(of_day).collect()
}

fn shares(counts: impl Iterator<Item = (String, u64)>) -> Vec<Share> {
    let mut counts: Vec<(String, u64)> = counts.filter(|(_, count)| *count > 0).collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let most = counts.first().map_or(1, |(_, count)| *count).max(1);
    let width = |count: u64| count.saturating_mul(SHARE_WIDTH).div_ceil(most);
    counts.into_iter().map(|(label, count)| Share { width: width(count), label, count }).collect()
}

/// A status alone: what the ledger says beside it is not counted here.
fn status_name(status: PersonStatus) -> String {
    person_state(status, OnchainStatus::Frozen).label().to_owned()
}

fn activity_of(activity: gx_types::api::admin::Activity) -> Activity {
    Activity {
        label: activity.label,
        href: super::place_of(&activity.object),
        object: activity.object.to_string(),
        at: Moment(activity.at),
    }
}
