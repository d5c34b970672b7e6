//! Dependencies between rooms point downwards only.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Every room with the rooms it may lean on directly, lowest first. A new room gets a line here.
const ROOMS: &[(&str, &[&str])] = &[
    ("gx-types", &[]),
    ("gx-base", &["gx-types"]),
    ("gx-contracts", &["gx-types", "gx-base"]),
    ("gx-store", &["gx-types", "gx-base", "gx-contracts"]),
    ("gx-ledger", &["gx-types", "gx-base", "gx-contracts"]),
    ("gx-fabric", &["gx-types", "gx-base", "gx-contracts", "gx-ledger"]),
    ("gx-platform", &["gx-types", "gx-base", "gx-contracts", "gx-store", "gx-ledger"]),
    ("gx-identity", BELOW_SERVICES),
    ("gx-admin", BELOW_SERVICES),
    ("gx-tokenomics", BELOW_SERVICES),
    ("gx-messaging", BELOW_SERVICES),
    ("gx-tax", BELOW_SERVICES),
    ("gx-outbox-submitter", BELOW_SERVICES),
    ("gx-projector", BELOW_SERVICES),
    ("gx-socket", &[]),
    ("gx-web", &["gx-types", "gx-base", "gx-platform"]),
];

const BELOW_SERVICES: &[&str] = &["gx-types", "gx-base", "gx-contracts", "gx-store", "gx-ledger", "gx-platform"];

/// Above everything: may lean on every room.
const ROOFS: &[&str] = &["gx-ops", "gx-cli", "gx-tests", "xtask"];

/// Crates that only the named room may name.
const ONLY_IN: &[(&str, &str)] = &[
    ("sea-orm", "gx-store"),
    ("sea-orm-migration", "gx-store"),
    ("lsm-tree", "gx-ledger"),
    ("tonic", "gx-fabric"),
    ("prost", "gx-fabric"),
    ("lettre", "gx-platform"),
    ("object_store", "gx-platform"),
    ("redis", "gx-platform"),
    ("askama", "gx-web"),
];

/// Room → direct dependencies, without those of tests.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata gives JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let direct = dependencies.iter().filter(|d| d["kind"].is_null()).map(|d| text(&d["name"])).collect();
            (text(&package["name"]), direct)
        })
        .collect()
}

#[test]
fn every_room_leans_only_on_rooms_below_it() {
    for (room, dependencies) in rooms() {
        if ROOFS.contains(&room.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("{room} is a new room: say in ROOMS on which rooms it may lean");
        };
        for dependency in dependencies.iter().filter(|name| name.starts_with("gx-")) {
            assert!(allowed.contains(&dependency.as_str()), "{room} leans on {dependency}");
        }
    }
}

#[test]
fn the_database_library_and_its_like_have_one_room_each() {
    for (room, dependencies) in rooms() {
        for (library, owner) in ONLY_IN {
            assert!(room == *owner || !dependencies.contains(*library), "{room} names {library}; only {owner} may");
        }
    }
}
