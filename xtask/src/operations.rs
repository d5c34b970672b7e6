//! Was every documented operation answered with success?
//!
//! GX writes `<operation> <status>` into the file of the setting `ROUTE_RECORD_FILE`; all suites of a run share one.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Result;
use crate::process::root;

/// The printed table of routes; a house test keeps it true.
const ROUTES: &str = "docs/reference/routes.md";

/// Whether each operation of the table was answered with 2xx at least once; names those that were not.
pub fn all_answered(record: &Path) -> Result<()> {
    let table = root().join(ROUTES);
    let table = std::fs::read_to_string(&table).map_err(|error| format!("{}: {error}", table.display()))?;
    let record = std::fs::read_to_string(record).map_err(|error| format!("no suite recorded anything: {error}"))?;
    let operations: Vec<&str> = documented(&table).collect();
    if operations.is_empty() {
        return Err(format!("{ROUTES} names no operation"));
    }
    let missing = missing(&operations, &record);
    if missing.is_empty() {
        println!("all {} operations", operations.len());
        return Ok(());
    }
    println!("never answered with success: {}", missing.join(", "));
    Err(format!("{} of {} operations were never answered with success", missing.len(), operations.len()))
}

/// The third column of the table, below its head.
fn documented(table: &str) -> impl Iterator<Item = &str> {
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.filter_map(|row| row.split('|').nth(3).map(str::trim))
}

fn missing<'a>(operations: &[&'a str], record: &str) -> Vec<&'a str> {
    let answered: BTreeSet<&str> = record
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| status.len() == 3 && status.starts_with('2'))
        .map(|(operation, _)| operation)
        .collect();
    operations.iter().copied().filter(|operation| !answered.contains(operation)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Routes\n\n| method | path | operation | component | who |\n|---|---|---|---|---|\n\
        | GET | `/a` | readA | x | public |\n| POST | `/a` | makeA | x | person |\n";

    #[test]
    fn what_was_only_refused_is_missing() {
        let operations: Vec<&str> = documented(TABLE).collect();
        assert_eq!(operations, ["readA", "makeA"]);
        assert_eq!(missing(&operations, "readA 200\nmakeA 422\nmakeA 40"), ["makeA"]);
        assert!(missing(&operations, "makeA 422\nmakeA 202\nreadA 204\n").is_empty());
    }
}
