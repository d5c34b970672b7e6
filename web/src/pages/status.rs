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
    asked: Moment,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    /// What it is for, one sentence.
    what: &'static str,
    state: State,
    since: Moment,
    reason: String,
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
    let rows: Vec<Row> = probed.iter().map(|probed| row(probed, now)).collect();
    page(&StatusPage { chrome: visit.chrome("System status"), overall: overall(&probed), asked: Moment(now), rows })
}

/// What a component is for.
fn what(name: &str) -> &'static str {
    Component::ALL
        .iter()
        .find(|component| component.name() == name)
        .map_or("A part of GX", |component| component.what())
}

fn overall(probed: &[Probed]) -> State {
    let ready = |probed: &&Probed| probed.answer.as_ref().is_ok_and(|answer| answer.health.ready);
    let unknown = probed.iter().filter(|probed| probed.answer.is_err()).count();
    let good = probed.iter().filter(ready).count();
    if probed.is_empty() {
        State::new(Tone::Off, "Nothing is known")
    } else if good == probed.len() {
        State::new(Tone::Good, "Everything answers and is ready")
    } else if good + unknown == probed.len() {
        State::new(Tone::Off, format!("{unknown} of {} do not answer", probed.len()))
    } else {
        State::new(Tone::Bad, format!("{} of {} are not ready", probed.len() - good - unknown, probed.len()))
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
