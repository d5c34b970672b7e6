//! `cargo xtask test`: every suite with its time and its limit.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Result;
use crate::process::{cargo, run_within};
use crate::services::Services;
use crate::{machine, operations};

/// A suite: one cargo command.
struct Suite {
    name: &'static str,
    what: &'static str,
    limit: Duration,
    args: &'static [&'static str],
}

const MINUTE: u64 = 60;
/// What one kill may take more, on both databases together: dying, starting, and some payments.
const KILL_LIMIT: Duration = Duration::from_secs(90);

/// Suites that look for a Fabric network; every other one has its own ledger, whatever the environment says.
const ON_A_NETWORK: [&str; 2] = ["rooms", "fabric"];
/// Names the connection material of a Fabric network.
const CONNECT: &str = "GX_FABRIC_CONNECT";
/// The suite that needs Rust's target for browsers.
const WASM: &str = "wasm";
/// What one more case per operation may take, over all operations and both callers.
const CASE_LIMIT: Duration = Duration::from_secs(30);

/// In the order in which they run: what fails fast and often comes first.
///
/// Commands take the whole workspace and pick targets, not packages: cargo unites the features of the packages it is
/// given, so that another choice of packages would compile everything below them again. Browsers are another target
/// and share nothing with the rest, so theirs names its package.
const SUITES: &[Suite] = &[
    Suite {
        name: "format",
        what: "the code is formatted",
        limit: Duration::from_secs(MINUTE),
        args: &["fmt", "--all", "--check"],
    },
    Suite {
        name: "build",
        what: "the gx binary and every test compile",
        limit: Duration::from_secs(15 * MINUTE),
        args: &["test", "--workspace", "--lib", "--bins", "--tests", "--no-run", "--quiet"],
    },
    Suite {
        name: "binary",
        what: "the gx binary and the outer suites that run it",
        limit: Duration::from_secs(10 * MINUTE),
        args: &["build", "--workspace", "--bin", "gx", "--test", "outer"],
    },
    Suite {
        name: "rooms",
        what: "unit, property and integration tests of every crate, on SQLite and PostgreSQL",
        limit: Duration::from_secs(15 * MINUTE),
        args: &["test", "--workspace", "--lib", "--bins", "--test", "it", "--no-fail-fast"],
    },
    Suite {
        name: "house",
        what: "the rooms depend downwards only; generated documents and the requirements list are true",
        limit: Duration::from_secs(2 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "house::"],
    },
    Suite {
        name: "journeys",
        what: "people register, are approved and pay, through the public API, on both databases",
        limit: Duration::from_secs(8 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "journeys::"],
    },
    Suite {
        name: "browser",
        what: "the pages in Chromium, at a desk and on a phone, from the wizard to a paid request",
        limit: Duration::from_secs(10 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "browser::"],
    },
    Suite {
        name: "routes",
        what: "every route: no token, wrong permission, another's object, each field",
        limit: Duration::from_secs(10 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "routes::"],
    },
    Suite {
        name: "fabric",
        what: "the ledger outside: every component a process, Fabric's own client library, a network (GX_FABRIC_CONNECT) or its endpoint",
        limit: Duration::from_secs(15 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "fabric::", "--nocapture"],
    },
    Suite {
        name: "live",
        what: "the socket: official client and server from npm, what a payment tells, with and without Redis",
        limit: Duration::from_secs(8 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "live::", "--skip", "browser::", "--nocapture"],
    },
    Suite {
        name: WASM,
        what: "the socket client compiles for browsers",
        limit: Duration::from_secs(5 * MINUTE),
        args: &["check", "--package", "gx-socket", "--target", "wasm32-unknown-unknown"],
    },
    Suite {
        name: "crash",
        what: "processes killed at any point: nothing lost, nothing twice",
        limit: Duration::from_secs(8 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "crash::"],
    },
    Suite {
        name: "schemathesis",
        what: "every documented operation, as a person and as an administrator: nothing contradicts the document",
        limit: Duration::from_secs(15 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "schemathesis::", "--nocapture"],
    },
    Suite {
        name: "faults",
        what: "bad days: time passes, ledger or database are away, several workers; logs without secrets",
        limit: Duration::from_secs(12 * MINUTE),
        args: &["test", "--workspace", "--test", "outer", "--", "faults::"],
    },
    Suite {
        name: "lint",
        what: "clippy finds nothing",
        limit: Duration::from_secs(8 * MINUTE),
        args: &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"],
    },
];

/// What is checked after all suites, under its name.
const OPERATIONS: (&str, &str) =
    ("operations", "every documented operation was answered with success by a suite before");

/// The crash suite with another number of kills: `cargo xtask crash --kills 500`.
pub fn crash(args: &[String]) -> Result<()> {
    let kills = number(args, "--kills").ok_or("how many? For example: cargo xtask crash --kills 500")?;
    at_length("crash", ("GX_CRASH_KILLS", kills), KILL_LIMIT * kills)
}

/// The schemathesis suite with another number of cases: `cargo xtask fuzz --cases 100`.
pub fn fuzz(args: &[String]) -> Result<()> {
    let cases = number(args, "--cases").ok_or("how many? For example: cargo xtask fuzz --cases 100")?;
    at_length("schemathesis", ("GX_SCHEMATHESIS_CASES", cases), CASE_LIMIT * cases)
}

/// A number above zero behind its flag.
fn number(args: &[String], wanted: &str) -> Option<u32> {
    let [flag, number] = args else { return None };
    number.parse().ok().filter(|number| flag == wanted && *number > 0)
}

/// Runs a suite by itself with a setting that makes it longer, and so much more time.
fn at_length(name: &str, (setting, value): (&str, u32), more: Duration) -> Result<()> {
    let services = Services::start(&machine::prepare()?)?;
    for suite in SUITES.iter().filter(|suite| ["binary", name].contains(&suite.name)) {
        println!("\n── {}: {}", suite.name, suite.what);
        let begun = Instant::now();
        let mut command: Command = cargo();
        command.args(suite.args).envs(services.env.iter().map(|(name, value)| (*name, value)));
        command.env(setting, value.to_string());
        run_within(&mut command, suite.limit + more, suite.name)?;
        println!("{} passed after {} s", suite.name, begun.elapsed().as_secs());
    }
    Ok(())
}

/// Runs the named suites, or all of them.
pub fn run(names: &[String]) -> Result<()> {
    if names.iter().any(|name| name == "--list") {
        for suite in SUITES {
            println!("{:<12} {:>4} s  {}", suite.name, suite.limit.as_secs(), suite.what);
        }
        println!("{:<12} {:>4} s  {}", OPERATIONS.0, 1, OPERATIONS.1);
        return Ok(());
    }
    let known = |name: &str| name == OPERATIONS.0 || SUITES.iter().any(|suite| suite.name == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(format!("there is no suite «{unknown}»; `cargo xtask test --list` names them"));
    }
    let started = Instant::now();
    let services = Services::start(&machine::prepare()?)?;
    println!("machine ready in {} s", started.elapsed().as_secs());

    let mut report = Vec::new();
    let wanted = |wanted: &str| names.is_empty() || names.iter().any(|name| name == wanted);
    for suite in SUITES.iter().filter(|suite| wanted(suite.name)) {
        println!("\n── {}: {}", suite.name, suite.what);
        let begun = Instant::now();
        if suite.name == WASM && !machine::has_wasm() {
            println!("skipped: Rust's target for browsers is not installed and cannot be had");
            continue;
        }
        let mut command: Command = cargo();
        command.args(suite.args).envs(services.env.iter().map(|(name, value)| (*name, value)));
        if names.is_empty() {
            // A whole run compiles each crate once: what a next build would reuse only fills the disk.
            command.env("CARGO_INCREMENTAL", "0");
        }
        if !ON_A_NETWORK.contains(&suite.name) {
            command.env_remove(CONNECT);
        }
        let result = run_within(&mut command, suite.limit, suite.name);
        report.push((suite.name, begun.elapsed(), result));
    }
    if wanted(OPERATIONS.0) {
        println!("\n── {}: {}", OPERATIONS.0, OPERATIONS.1);
        report.push((OPERATIONS.0, Duration::ZERO, operations::all_answered(&services.route_record())));
    }

    println!("\nsuite        seconds  result");
    for (name, time, result) in &report {
        let text = result.as_ref().map_or_else(String::as_str, |()| "passed");
        println!("{name:<12} {:>7}  {text}", time.as_secs());
    }
    let failed = report.iter().filter(|(_, _, result)| result.is_err()).count();
    println!("all          {:>7}", started.elapsed().as_secs());
    println!("{} passed, {failed} failed", report.len() - failed);
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} suites failed", report.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_behind_its_flag() {
        let args = |list: &[&str]| list.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        assert_eq!(number(&args(&["--cases", "100"]), "--cases"), Some(100));
        for wrong in [&["--cases"][..], &["--cases", "0"], &["--cases", "many"], &["--kills", "5"], &["100"], &[]] {
            assert_eq!(number(&args(wrong), "--cases"), None, "{wrong:?}");
        }
    }
}
