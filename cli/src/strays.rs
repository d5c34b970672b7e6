//! Settings that nobody reads: a name that was mistyped would be taken for one that is heard.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::CommandFactory;
use gx_platform::settings;

use crate::args::Cli;

/// Beginnings of names that belong to this program alone.
const OWN: [&str; 4] = ["GX_", "RATE_LIMIT_", "OUTBOX_", "SOCKETS_"];
/// Names with such a beginning that are no settings: what the tests and the build use, and failpoints.
const NO_SETTINGS: [&str; 6] = ["GX_TEST_", "GX_CRASH_", "GX_SCHEMATHESIS_", "GX_FAILPOINT", "GX_COMMIT", "GX_BUILT_"];
/// The file of settings.
const FILE: &str = "GX_CONFIG";

/// Says on standard error which names in the environment and in the file of settings change nothing.
pub fn tell() {
    let known = known();
    let environment = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in environment.filter(|name| is_stray(name, &known)) {
        eprintln!("{}", sentence(&name, "the environment", &known));
    }
    let Some(file) = std::env::var_os(FILE).filter(|file| !file.is_empty()).map(PathBuf::from) else { return };
    // A file that cannot be read is told by whoever reads the settings.
    for name in settings::names_in(&file).unwrap_or_default() {
        if !known.contains(&name) {
            eprintln!("{}", sentence(&name, &file.display().to_string(), &known));
        }
    }
}

/// Every name that something reads.
fn known() -> BTreeSet<String> {
    let declared = settings::declared().chain(gx_outbox_submitter::SETTINGS).chain(crate::connection::SETTINGS);
    let mut names: BTreeSet<String> = declared
        .flat_map(|setting| std::iter::once(&setting.name).chain(setting.aliases))
        .map(|name| (*name).to_owned())
        .collect();
    names.insert(FILE.to_owned());
    flags(&Cli::command(), &mut names);
    names
}

/// The variables that stand for flags.
fn flags(command: &clap::Command, names: &mut BTreeSet<String>) {
    let of_flags = command.get_arguments().filter_map(|flag| flag.get_env()?.to_str());
    names.extend(of_flags.map(str::to_owned));
    command.get_subcommands().for_each(|command| flags(command, names));
}

fn is_stray(name: &str, known: &BTreeSet<String>) -> bool {
    // A cluster tells every container where its services are: GX_WALLET_FRONTEND_SERVICE_HOST, OUTBOX_SUBMITTER_PORT.
    let of_cluster = name.contains("_SERVICE_") || name.contains("_PORT");
    OWN.iter().any(|own| name.starts_with(own))
        && !NO_SETTINGS.iter().any(|other| name.starts_with(other))
        && !of_cluster
        && !known.contains(name)
}

fn sentence(name: &str, place: &str, known: &BTreeSet<String>) -> String {
    let nearest = known.iter().min_by_key(|candidate| distance(name, candidate));
    let nearest = nearest.map(|nearest| format!("; the nearest one is {nearest}")).unwrap_or_default();
    format!("warning: {name} in {place} is no setting and changes nothing{nearest}")
}

/// How many characters must be changed, added or left out to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (b, above) in other.bytes().zip(row.iter_mut().skip(1)) {
            let cost = usize::from(a != b);
            let best = (diagonal + cost).min(left + 1).min(*above + 1);
            diagonal = *above;
            *above = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_names_are_found_and_the_nearest_one_is_named() {
        let known = known();
        for stray in ["RATE_LIMIT_FOO", "GX_DTA", "OUTBOX_SUBMITERS"] {
            assert!(is_stray(stray, &known), "{stray}");
        }
        for heard in [
            "RATE_LIMIT_LOGIN",
            "GX_DATA",
            "GX_PORT",
            "GX_CONFIG",
            "GX_FABRIC_CONNECT",
            "OUTBOX_SUBMITTERS",
            "OUTBOX_LEASE_SECONDS",
            "GX_WALLET_FRONTEND_SERVICE_HOST",
            "OUTBOX_SUBMITTER_PORT_9090_TCP",
            "GX_TEST_BIN",
            "PATH",
        ] {
            assert!(!is_stray(heard, &known), "{heard}");
        }
        assert_eq!(
            sentence("OUTBOX_SUBMITERS", "the environment", &known),
            "warning: OUTBOX_SUBMITERS in the environment is no setting and changes nothing; the nearest one is \
             OUTBOX_SUBMITTERS"
        );
        assert_eq!(
            (distance("abc", "abc"), distance("abc", "abd"), distance("", "abc"), distance("kitten", "sitting")),
            (0, 1, 3, 3)
        );
    }
}
