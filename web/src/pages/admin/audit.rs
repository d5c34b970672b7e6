//! `/admin/audit`: what was done, by whom, to what; checking the chain; exports.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_platform::auth::Permission;
use gx_platform::http::Page;
use gx_types::api::admin::{AuditEntryView, AuditEventTypes, AuditVerification};
use gx_types::{Actor, AuditCategory, AuditSeverity, Timestamp};

use super::session::Officer;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Form, Moment, State, Tab, Tone};
use crate::visit::page;

/// Entries on one page.
const PAGE_ITEMS: u32 = 25;
/// A day, microseconds.
const DAY_MICROS: i64 = 86_400_000_000;
/// What the list can be narrowed down by; the API's names.
const FILTERS: [&str; 6] = ["event", "category", "actor", "object", "from", "until"];
const CATEGORIES: [(AuditCategory, &str, &str); 5] = [
    (AuditCategory::Security, "SECURITY", "Signing in and security"),
    (AuditCategory::People, "PEOPLE", "People"),
    (AuditCategory::Control, "CONTROL", "Administrators and approvals"),
    (AuditCategory::System, "SYSTEM", "System and ledger"),
    (AuditCategory::Access, "ACCESS", "Reading and exporting"),
];

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    chrome: Chrome,
    form: Form,
    events: Vec<Choice>,
    categories: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    may_export: bool,
    verified: Option<AuditVerification>,
}

struct Row {
    entry: AuditEntryView,
    actor_href: Option<String>,
    object_href: Option<String>,
    state: State,
    at: Moment,
    facts: Vec<Fact>,
}

struct Fact {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/audit", get(list))
}

async fn list(officer: Officer) -> PageResult {
    let visit = &officer.visit;
    let typed = |name: &str| visit.param(name).map(str::trim).filter(|text| !text.is_empty());
    let mut form = Form::default();
    for name in FILTERS {
        form = form.with(name, typed(name).unwrap_or_default());
    }
    // Days as people name them: both belong to what is shown.
    let from = day(&mut form, "from", 0);
    let until = day(&mut form, "until", 1);
    let entries = visit
        .api()
        .get(&visit.caller, "/api/v1/admin/audit")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("event", typed("event"))
        .maybe("category", typed("category"))
        .maybe("actor", typed("actor"))
        .maybe("object", typed("object"))
        .maybe("from", from.map(Timestamp::rfc3339))
        .maybe("until", until.map(Timestamp::rfc3339))
        .maybe("cursor", typed("cursor"))
        .read::<Page<AuditEntryView>>();
    let kinds = visit.api().get(&visit.caller, "/api/v1/admin/audit/event-types").read::<AuditEventTypes>();
    let (entries, kinds) = tokio::join!(entries, kinds);
    let (rows, next) = match entries {
        Ok(entries) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for name in FILTERS {
                if let Some(text) = typed(name) {
                    query.append_pair(name, text);
                }
            }
            let next = entries.next_cursor.as_ref().map(|cursor| {
                query.append_pair("cursor", cursor.as_str());
                format!("/admin/audit?{}", query.finish())
            });
            (entries.items.into_iter().map(row).collect(), next)
        }
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &FILTERS);
            (Vec::new(), None)
        }
    };
    let verified = match visit.param("verify") {
        Some(_) => Some(visit.api().get(&visit.caller, "/api/v1/admin/audit/verify").read().await?),
        None => None,
    };
    page(&AuditPage {
        chrome: officer.chrome("Audit", Tab::Audit),
        form,
        events: kinds?.event_types.iter().map(|kind| Choice::new(kind.event.as_str(), kind.label.clone())).collect(),
        categories: CATEGORIES.iter().map(|(_, value, label)| Choice::new(*value, *label)).collect(),
        rows,
        next,
        may_export: officer.may(Permission::AuditExport),
        verified,
    })
}

fn row(entry: AuditEntryView) -> Row {
    let names: std::collections::BTreeSet<&String> = entry.before.keys().chain(entry.after.keys()).collect();
    let facts = names
        .into_iter()
        .map(|name| Fact {
            name: name.clone(),
            before: entry.before.get(name).cloned(),
            after: entry.after.get(name).cloned(),
        })
        .collect();
    let state = match entry.severity {
        AuditSeverity::Low => State::new(Tone::Off, "everyday"),
        AuditSeverity::Medium => State::new(Tone::Wait, "notable"),
        AuditSeverity::High => State::new(Tone::Bad, "weighty"),
    };
    Row {
        at: Moment(entry.at),
        state,
        facts,
        actor_href: match entry.actor {
            Actor::Person(id) => Some(format!("/admin/users/{id}")),
            Actor::Admin(id) => Some(format!("/admin/admins/{id}")),
            _ => None,
        },
        object_href: super::place_of(&entry.object),
        entry,
    }
}

/// The beginning of a typed day, `later` days on.
fn day(form: &mut Form, name: &str, later: i64) -> Option<Timestamp> {
    let text = form.optional(name)?;
    let begins = format!("{text}T00:00:00Z").parse::<Timestamp>();
    match begins {
        Ok(begins) => Some(Timestamp::from_micros(begins.micros() + later * DAY_MICROS)),
        Err(_) => {
            form.refuse(name, "A day, for example 2026-03-14.");
            None
        }
    }
}
