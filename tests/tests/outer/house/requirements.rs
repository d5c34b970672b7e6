//! `docs/requirements.md` is held to what the repository really contains.
//!
//! A row reads `| R7 | what | met by | shown by |`. Everything in backquotes in the third column is a file of the repository
//! or a command; everything in backquotes in the fourth is the name of a test function. «not yet» claims nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const REQUIREMENTS: std::ops::RangeInclusive<u32> = 1..=234;
const NOT_YET: &str = "not yet";

struct Row {
    number: u32,
    met_by: Vec<String>,
    met_by_text: String,
    shown_by: Vec<String>,
    shown_by_text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| R")?.strip_suffix(" |")?.split(" | ").collect();
    let [number, _what, met_by, shown_by] = cells.as_slice() else {
        panic!("a row has four cells: {line}");
    };
    Some(Row {
        number: number.parse().ok()?,
        met_by: quoted(met_by),
        met_by_text: (*met_by).to_owned(),
        shown_by: quoted(shown_by),
        shown_by_text: (*shown_by).to_owned(),
    })
}

/// Names of all test functions of the sources: a `fn` in the few lines after an attribute that makes it a test.
fn test_names(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "data" && !name.starts_with('.') {
                test_names(&path, names);
            }
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut attribute_age = usize::MAX;
            for line in text.lines().map(str::trim) {
                let attribute = line.starts_with("#[test]") || (line.starts_with("#[") && line.contains("::test"));
                attribute_age = if attribute { 0 } else { attribute_age.saturating_add(1) };
                let after_fn = line.split_once("fn ").filter(|(before, _)| before.is_empty() || *before == "async ");
                if let Some((_, rest)) = after_fn.filter(|_| attribute_age <= 6) {
                    names.insert(rest.split(['(', '<']).next().unwrap().to_owned());
                    attribute_age = usize::MAX;
                }
            }
        }
    }
}

/// Whether a command is one that `gx` or `cargo xtask` has; `None` for what is no command. Arguments are not looked at.
fn is_known_command(text: &str) -> Option<bool> {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let words = |rest: &str| -> Vec<String> {
        rest.split(' ').take_while(|word| !word.starts_with('-')).map(str::to_owned).collect()
    };
    if let Some(rest) = text.strip_prefix("gx ") {
        return Some(read("docs/reference/commands.md").contains(&format!("## gx {}\n", words(rest).join(" "))));
    }
    if let Some(rest) = text.strip_prefix("cargo xtask ") {
        let command = words(rest).first().cloned().unwrap_or_default();
        return Some(read("xtask/src/main.rs").contains(&format!("\"{command}\" =>")));
    }
    text.starts_with(".ci/").then(|| root().join(text).exists())
}

#[test]
fn requirements_are_honest() {
    let document = std::fs::read_to_string(root().join("docs/requirements.md")).unwrap();
    let rows: Vec<Row> = document.lines().filter_map(row).collect();

    // 1. Every number exactly once.
    let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
    for row in &rows {
        *seen.entry(row.number).or_default() += 1;
    }
    for number in REQUIREMENTS {
        assert_eq!(seen.remove(&number), Some(1), "R{number} must appear exactly once");
    }
    assert!(seen.is_empty(), "rows that no requirement stands behind: {seen:?}");

    // 2. A claim names something that is there.
    let mut tests = BTreeSet::new();
    test_names(&root(), &mut tests);
    let mut wrong = Vec::new();
    for row in &rows {
        let number = row.number;
        let claims_place = row.met_by_text != NOT_YET;
        let claims_test = row.shown_by_text != NOT_YET;
        if claims_place && row.met_by.is_empty() {
            wrong.push(format!("R{number} is said to be met, but no file or command is named"));
        }
        if claims_test && (row.shown_by.is_empty() || !claims_place) {
            wrong.push(format!("R{number} is said to be shown, but names no test, or no place where it is met"));
        }
        for place in &row.met_by {
            let exists = is_known_command(place).unwrap_or_else(|| place.contains('/') && root().join(place).exists());
            if !exists {
                wrong.push(format!("R{number} names `{place}`, which does not exist"));
            }
        }
        for test in &row.shown_by {
            if !tests.contains(test) {
                wrong.push(format!("R{number} names the test `{test}`, which does not exist"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
