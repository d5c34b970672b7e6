//! `/status`: every component and what it depends on, as it says itself, with the age of its answer.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_base::Component;
use gx_platform::BuildInfo;
use gx_platform::health::{DependencyHealth, HealthState, Need};
use gx_types::Timestamp;

use crate::Web;
use crate::error::PageResult;
use crate::probe::Probed;
use crate::view::{Chrome, Moment, State, Tone, long_duration};
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    chrome: Chrome,
    overall: State,
    paused: Option<String>,
    asked: Moment,
    rows: Vec<Row>,
}

/// The component that everything else settles on.
const LEDGER: &str = Component::Ledger.name();

struct Row {
    name: &'static str,
    /// What it is for, one sentence.
    what: &'static str,
    state: State,
    since: Moment,
    reason: String,
    /// Empty for what has no version of its own.
    version: String,
    age: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    kind: &'static str,
    state: State,
    since: Moment,
    reason: String,
    age: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/status", get(show))
}

async fn show(visit: Visit) -> PageResult {
    let probed = visit.web.probe.look().await;
    let now = visit.web.clock.now();
    let mut rows: Vec<Row> = probed.iter().map(|probed| row(probed, now)).collect();
    if !probed.is_empty() && probed.iter().all(|probed| probed.name != LEDGER) {
        rows.push(ledger(&probed, now));
    }
    let paused = probed.iter().find_map(|probed| probed.answer.as_ref().ok()?.health.paused.clone());
    let overall = overall(&rows, paused.is_some());
    page(&StatusPage { chrome: visit.chrome("System status"), overall, paused, asked: Moment(now), rows })
}

/// The ledger, which has no address of its own that the edge knows: as those who need it see it. One who misses it is
/// enough: nothing is shown as good that somebody cannot reach.
fn ledger(probed: &[Probed], now: Timestamp) -> Row {
    let mut seen: Vec<&DependencyHealth> = probed
        .iter()
        .filter_map(|probed| probed.answer.as_ref().ok())
        .flat_map(|answer| &answer.health.dependencies)
        .filter(|dependency| dependency.name == LEDGER)
        .collect();
    seen.sort_by_key(|dependency| (dependency.state == HealthState::Up, std::cmp::Reverse(dependency.checked_at)));
    let (state, since, reason, checked) = match seen.first() {
        None => (State::new(Tone::Off, "Not known"), now, "nobody who needs it answers".to_owned(), now),
        Some(known) => {
            let state = match known.state {
                HealthState::Up => State::new(Tone::Good, "Answers"),
                HealthState::Down => State::new(Tone::Bad, "Out of reach"),
            };
            (state, known.since, known.reason.clone().unwrap_or_default(), known.checked_at)
        }
    };
    Row {
        name: LEDGER,
        what: what(LEDGER),
        state,
        since: Moment(since),
        reason,
        version: String::new(),
        age: age(checked, now),
        dependencies: Vec::new(),
    }
}

/// What a component is for.
fn what(name: &str) -> &'static str {
    Component::ALL
        .iter()
        .find(|component| component.name() == name)
        .map_or("A part of GX", |component| component.what())
}

fn overall(rows: &[Row], paused: bool) -> State {
    let of = |tone: Tone| rows.iter().filter(|row| row.state.tone() == tone.class()).count();
    let (bad, unknown, all) = (of(Tone::Bad), of(Tone::Off), rows.len());
    if rows.is_empty() {
        State::new(Tone::Off, "Nothing is known")
    } else if bad > 0 {
        State::new(Tone::Bad, format!("{bad} of {all} are not ready"))
    } else if unknown > 0 {
        State::new(Tone::Off, format!("{unknown} of {all} do not answer"))
    } else if paused {
        State::new(Tone::Bad, "Paused: no coins move")
    } else {
        State::new(Tone::Good, "Everything answers and is ready")
    }
}

fn row(probed: &Probed, now: Timestamp) -> Row {
    let age = age(probed.asked, now);
    match &probed.answer {
        Ok(answer) => {
            let missing: Vec<String> = answer.health.missing().map(|dependency| dependency.name.clone()).collect();
            let degraded: Vec<&str> = answer
                .health
                .dependencies
                .iter()
                .filter(|dependency| dependency.need == Need::Degrading && dependency.state == HealthState::Down)
                .map(|dependency| dependency.name.as_str())
                .collect();
            let (state, reason) = if !answer.health.ready {
                (State::new(Tone::Bad, "Not ready"), format!("needs {}", missing.join(", ")))
            } else if degraded.is_empty() {
                (State::new(Tone::Good, "Ready"), String::new())
            } else {
                (State::new(Tone::Wait, "Ready, serving less"), format!("without {}", degraded.join(", ")))
            };
            Row {
                name: probed.name,
                what: what(probed.name),
                state,
                since: Moment(probed.since),
                reason,
                version: answer.version.as_ref().map_or_else(|| "not known".to_owned(), short),
                age,
                dependencies: answer.health.dependencies.iter().map(|known| dependency(known, now)).collect(),
            }
        }
        Err(why) => Row {
            name: probed.name,
            what: what(probed.name),
            state: State::new(Tone::Off, "Not known"),
            since: Moment(probed.since),
            reason: why.clone(),
            version: "not known".to_owned(),
            age,
            dependencies: Vec::new(),
        },
    }
}

fn dependency(known: &DependencyHealth, now: Timestamp) -> Dependency {
    Dependency {
        name: known.name.clone(),
        kind: match known.need {
            Need::Required => "required",
            Need::Degrading => "serves less without",
        },
        state: match known.state {
            HealthState::Up => State::new(Tone::Good, "Up"),
            HealthState::Down => State::new(Tone::Bad, "Down"),
        },
        since: Moment(known.since),
        reason: known.reason.clone().unwrap_or_default(),
        age: age(known.checked_at, now),
    }
}

/// Version and the start of the commit.
fn short(build: &BuildInfo) -> String {
    let commit = build.commit.get(..8).unwrap_or(&build.commit);
    format!("{} {commit}", build.version).trim_end().to_owned()
}

fn age(asked: Timestamp, now: Timestamp) -> String {
    match long_duration(now.since(asked)) {
        now if now == "now" => now,
        span => format!("{span} ago"),
    }
}
