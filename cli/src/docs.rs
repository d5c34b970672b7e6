//! `gx docs`: the reference pages, printed from the declarations, so that no second copy is kept by hand.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use gx_base::{Component, MetricDecl, MetricKind, MetricRoom, MetricScope};
use gx_contracts::RefusalCode;
use gx_platform::http::{RouteSet, permission_table};
use gx_types::{EnvName, ErrorCode};

use crate::args::{Cli, Docs};

const NOTE: &str = "<!-- Printed by `gx docs`; changes belong into the declarations. -->\n\n";

/// Writes the pages, or says which are stale.
///
/// # Errors
/// When a page cannot be written.
pub fn run(docs: &Docs) -> Result<ExitCode> {
    let mut stale = Vec::new();
    let pages = pages();
    let count = pages.len();
    for (name, text) in pages {
        let path = docs.out.join(name);
        if docs.check {
            if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
                stale.push(path);
            }
        } else {
            fs::create_dir_all(&docs.out).with_context(|| docs.out.display().to_string())?;
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
    }
    if !docs.check {
        println!("{count} pages are written to {}.", docs.out.display());
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for path in stale {
        eprintln!("{} is stale; `gx docs` writes it anew", path.display());
    }
    Ok(ExitCode::FAILURE)
}

fn pages() -> [(&'static str, String); 6] {
    [
        ("commands.md", commands()),
        ("components.md", components()),
        ("errors.md", errors()),
        ("metrics.md", metrics()),
        ("routes.md", routes()),
        ("settings.md", settings()),
    ]
}

/// Strings always take more text; the result of `write!` carries nothing.
macro_rules! line {
    ($text:expr, $($arg:tt)*) => { let _ = writeln!($text, $($arg)*); };
}

fn commands() -> String {
    let mut text = format!("# Commands\n\n{NOTE}");
    let mut root = Cli::command().term_width(100);
    root.build();
    command(&mut text, &mut root);
    text
}

fn command(text: &mut String, of: &mut clap::Command) {
    let name = of.get_bin_name().unwrap_or("gx").to_owned();
    let help = of.clone().term_width(100).render_help().to_string();
    line!(text, "## {name}\n\n```text\n{}\n```\n", help.trim_end());
    for sub in of.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
        command(text, sub);
    }
}

fn components() -> String {
    let mut text = format!("# Components\n\n{NOTE}| component | workload | port | what |\n|---|---|---|---|\n");
    for component in Component::ALL {
        let ports: Vec<String> =
            [component.port(), component.socket_port()].iter().flatten().map(u16::to_string).collect();
        let port = if ports.is_empty() { "–".to_owned() } else { ports.join(", ") };
        line!(text, "| {} | {} | {port} | {} |", component.name(), component.workload(), component.what());
    }
    text
}

fn errors() -> String {
    let mut text =
        format!("# Error codes\n\n{NOTE}Every error answer is `application/problem+json` with one of these codes.\n\n");
    text.push_str("| code | status | meaning |\n|---|---|---|\n");
    for code in ErrorCode::ALL {
        line!(text, "| `{code}` | {} | {} |", code.status(), code.title());
    }
    text.push_str("\n## Refusals of the ledger\n\n| code | meaning |\n|---|---|\n");
    for code in RefusalCode::ALL {
        line!(text, "| `{code}` | {} |", code.meaning());
    }
    text
}

/// Who shows what belongs to the ledger: the process that is it alone, else the first worker in a process.
const AT_LEDGER: MetricScope = MetricScope::At(&[Component::Ledger, Component::OutboxSubmitter, Component::Projector]);

/// The metrics of every room, and where they are shown.
pub const METRICS: &[MetricRoom] = &[
    gx_platform::metrics::METRICS,
    MetricRoom { scope: AT_LEDGER, metrics: gx_ledger::METRICS },
    // A chaincode host is a process of its own, which shows all it counts.
    MetricRoom { scope: MetricScope::At(&[]), metrics: gx_fabric::chaincode::METRICS },
    MetricRoom { scope: AT_LEDGER, metrics: gx_fabric::client::METRICS },
    MetricRoom { scope: MetricScope::At(&[Component::OutboxSubmitter]), metrics: gx_outbox_submitter::METRICS },
    MetricRoom { scope: MetricScope::At(&[Component::Projector]), metrics: gx_projector::METRICS },
    MetricRoom { scope: MetricScope::At(&[Component::Admin]), metrics: gx_admin::METRICS },
    MetricRoom { scope: MetricScope::At(&[Component::Tax]), metrics: gx_tax::metrics::METRICS },
    MetricRoom {
        scope: MetricScope::At(&[Component::Messaging, Component::Wallet]),
        metrics: gx_messaging::live::metrics::METRICS,
    },
];

fn metrics() -> String {
    let mut text = format!(
        "# Metrics\n\n{NOTE}Each is shown at `/metrics` of the component named; where several are \
        named, at the first of them that the process serves.\n\n\
        | metric | kind | labels | shown at | meaning |\n|---|---|---|---|---|\n"
    );
    let mut all: Vec<(&MetricDecl, MetricScope)> =
        METRICS.iter().flat_map(|room| room.metrics.iter().map(|metric| (metric, room.scope))).collect();
    all.sort_by_key(|(metric, _)| metric.name);
    for (metric, scope) in all {
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram(_) => "histogram",
        };
        let shown = match scope {
            MetricScope::ByLabel => "each component, its own".to_owned(),
            MetricScope::At([]) => "the chaincode".to_owned(),
            MetricScope::At(places) => places.iter().map(|place| place.name()).collect::<Vec<_>>().join(", "),
        };
        line!(text, "| `{}` | {kind} | {} | {shown} | {} |", metric.name, metric.labels.join(", "), metric.help);
    }
    text
}

fn routes() -> String {
    let mut text = format!("# Routes and who may call them\n\n{NOTE}");
    text.push_str("| method | path | operation | component | who |\n|---|---|---|---|---|\n");
    let sets = [
        gx_identity::routes().merge(gx_platform::dev_mailbox_routes(EnvName::Devnet)),
        gx_admin::routes(),
        gx_tokenomics::routes(),
        gx_messaging::routes(),
        gx_tax::routes(),
    ];
    for row in permission_table(&sets.iter().collect::<Vec<&RouteSet>>()) {
        line!(text, "| {} | `{}` | {} | {} | {} |", row.method, row.path, row.operation_id, row.component, row.access);
    }
    text
}

fn settings() -> String {
    let mut text = format!("# Settings\n\n{NOTE}");
    text.push_str(
        "Values come from defaults, then from a TOML file named by `GX_CONFIG`, then from the environment; the later wins. \
         What has no default and is needed is an error that names it.\n\n\
         | setting | default | meaning |\n|---|---|---|\n",
    );
    for setting in
        gx_platform::settings::declared().chain(gx_outbox_submitter::SETTINGS).chain(crate::connection::SETTINGS)
    {
        let aliases = setting.aliases.iter().map(|alias| format!(" (`{alias}`)")).collect::<String>();
        let default = setting.default.map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
        let secret = if setting.secret { " Secret." } else { "" };
        line!(text, "| `{}`{aliases} | {default} | {}{secret} |", setting.name, setting.help);
    }
    text
}
