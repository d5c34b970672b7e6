//! Two read models side by side: the live one, and one rebuilt from block 0.

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement};
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::set::query;
use crate::sql::statement;

/// A projected table with the columns that a rebuild must give again, all of them text in the comparison.
#[derive(Debug, Clone, Copy)]
pub struct ComparedTable {
    /// The table.
    pub name: &'static str,
    /// The columns of its key.
    pub key: &'static [&'static str],
    /// The other columns that are compared.
    pub columns: &'static [&'static str],
}

/// Everything that a rebuild must give again, column by column. What is missing here is not the ledger's: names, notes
/// and times of people's own rows (held to the ledger by [`super::check::agreement`]), and when a parked event was
/// replayed.
pub const COMPARED: &[ComparedTable] = &[
    ComparedTable {
        name: "accounts",
        key: &["account_id"],
        columns: &[
            "kind",
            "country_code",
            "settled_balance",
            "unsettled_credit",
            "status",
            "frozen",
            "created_block",
            "updated_block",
            "updated_at",
        ],
    },
    ComparedTable {
        name: "ledger_deltas",
        key: &["delta_key"],
        columns: &["account_id", "amount", "block_number", "tx_id", "swept_by"],
    },
    ComparedTable {
        name: "transactions",
        key: &["account_id", "tx_id", "event_index", "leg"],
        columns: &[
            "kind",
            "direction",
            "counterparty_id",
            "amount",
            "fee",
            "balance_after",
            "remark",
            "ledger_key",
            "block_number",
            "tx_position",
            "occurred_at",
        ],
    },
    ComparedTable {
        name: "supply_pools",
        key: &["pool_id"],
        columns: &["account_id", "cap", "minted", "updated_block"],
    },
    ComparedTable {
        name: "loans",
        key: &["loan_id"],
        columns: &[
            "borrower_id",
            "amount",
            "outstanding",
            "collateral_hash",
            "status",
            "first_approver",
            "second_approver",
            "reason",
            "applied_tx_id",
            "applied_block",
            "tx_position",
            "applied_at",
            "updated_block",
            "updated_at",
        ],
    },
    ComparedTable {
        name: "organizations",
        key: &["organization_id"],
        columns: &[
            "name",
            "status",
            "proposer_id",
            "stakeholders",
            "rules",
            "proposed_rules",
            "lock_reason",
            "activated_at",
            "proposed_tx_id",
            "proposed_block",
            "tx_position",
            "proposed_at",
            "updated_block",
            "updated_at",
        ],
    },
    ComparedTable { name: "organization_stakeholders", key: &["organization_id", "stakeholder_id"], columns: &[] },
    ComparedTable {
        name: "organization_transactions",
        key: &["org_tx_id"],
        columns: &[
            "organization_id",
            "initiator_id",
            "to_id",
            "amount",
            "remark",
            "rule",
            "decisions",
            "status",
            "failure_code",
            "failure_reason",
            "executed_tx_id",
            "expires_at",
            "initiated_block",
            "tx_position",
            "initiated_at",
            "updated_block",
            "updated_at",
        ],
    },
    ComparedTable {
        name: "countries",
        key: &["country_code"],
        columns: &[
            "share_e8",
            "initialized_block",
            "users_count",
            "phase1_granted",
            "phase2_granted",
            "phase3_granted",
            "phase4_granted",
            "phase5_granted",
            "phase6_granted",
            "people_granted",
            "treasury_granted",
        ],
    },
    ComparedTable {
        name: "system_parameters",
        key: &["param_key"],
        columns: &["param_value", "updated_block", "updated_at"],
    },
];

/// What the comparison of a table found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableComparison {
    /// The table.
    pub table: &'static str,
    /// Rows of the live read model.
    pub rows: u64,
    /// Differences, a sentence each, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<String>,
}

/// Differences that are named per table, at most.
pub const DIFFERENCES_MAX: usize = 20;
/// Rows compared at a time.
const PAGE_ROWS: u64 = 2_000;

/// Compares `live` with `rebuilt`, both on the same kind of database.
///
/// # Errors
/// [`StoreError`] when either cannot be read.
pub async fn compare(
    live: &DatabaseTransaction,
    rebuilt: &impl ConnectionTrait,
) -> Result<Vec<TableComparison>, StoreError> {
    let mut comparisons = Vec::with_capacity(COMPARED.len());
    for table in COMPARED {
        let rows = count(live, table).await?;
        let mut differences = missing_or_different(live, rebuilt, table, "in the rebuilt one").await?;
        if rows != count(rebuilt, table).await? && differences.len() < DIFFERENCES_MAX {
            differences.extend(missing_or_different(rebuilt, live, table, "in the live one").await?);
        }
        differences.truncate(DIFFERENCES_MAX);
        comparisons.push(TableComparison { table: table.name, rows, differences });
    }
    Ok(comparisons)
}

async fn count(connection: &impl ConnectionTrait, table: &ComparedTable) -> Result<u64, StoreError> {
    let sql = format!("SELECT COUNT(*) AS rows_found FROM {}", table.name);
    let row = connection.query_one_raw(statement(connection, sql, vec![])).await?;
    let found: i64 = row.map(|row| row.try_get("", "rows_found")).transpose()?.unwrap_or(0);
    Ok(u64::try_from(found).unwrap_or(0))
}

/// Every row of `left` that `right` does not have, or has otherwise.
async fn missing_or_different(
    left: &impl ConnectionTrait,
    right: &impl ConnectionTrait,
    table: &ComparedTable,
    place: &str,
) -> Result<Vec<String>, StoreError> {
    let mut differences = Vec::new();
    let mut after: Option<Vec<String>> = None;
    loop {
        let page = page(left, table, after.as_deref()).await?;
        let Some(last) = page.last() else { return Ok(differences) };
        after = Some(last.iter().take(table.key.len()).map(|value| value.clone().unwrap_or_default()).collect());
        let others = rows_with_keys(right, table, &page).await?;
        for row in &page {
            let key = &row[..table.key.len()];
            let name = key.iter().map(|part| part.as_deref().unwrap_or("")).collect::<Vec<_>>().join(" / ");
            match others.get(key) {
                None => differences.push(format!("{}: {name} is missing {place}", table.name)),
                Some(other) if other != row => {
                    for ((column, mine), theirs) in columns(table).zip(row).zip(other) {
                        if mine != theirs {
                            let (mine, theirs) = (shown(mine), shown(theirs));
                            differences.push(format!("{}: {name}: {column} is {mine}, {theirs} {place}", table.name));
                        }
                    }
                }
                Some(_) => {}
            }
            if differences.len() >= DIFFERENCES_MAX {
                return Ok(differences);
            }
        }
    }
}

type Row = Vec<Option<String>>;

fn shown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("empty")
}

fn columns(table: &ComparedTable) -> impl Iterator<Item = &'static str> {
    table.key.iter().chain(table.columns).copied()
}

fn select_list(table: &ComparedTable) -> String {
    columns(table).map(|column| format!("CAST(t.{column} AS TEXT) AS {column}")).collect::<Vec<_>>().join(", ")
}

/// The next rows in key order.
async fn page(
    connection: &impl ConnectionTrait,
    table: &ComparedTable,
    after: Option<&[String]>,
) -> Result<Vec<Row>, StoreError> {
    let key = table.key.iter().map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ");
    let mut values: Vec<sea_orm::Value> = Vec::new();
    let mut place = |column: &str, text: &str| -> String {
        // Indexes are numbers; everything else in a key is text.
        let number = text.parse::<i64>().ok().filter(|_| matches!(column, "event_index" | "leg"));
        values.push(number.map_or_else(|| text.into(), Into::into));
        format!("${}", values.len())
    };
    let condition = after.map_or_else(String::new, |after| {
        let places: Vec<String> = table.key.iter().zip(after).map(|(column, text)| place(column, text)).collect();
        format!("WHERE ({key}) > ({})", places.join(", "))
    });
    let sql =
        format!("SELECT {} FROM {} t {condition} ORDER BY {key} LIMIT {PAGE_ROWS}", select_list(table), table.name);
    let statement: Statement = statement(connection, sql, values);
    connection.query_all_raw(statement).await?.iter().map(|row| read(row, table)).collect()
}

/// The rows of `connection` that have the keys of `page`.
async fn rows_with_keys(
    connection: &impl ConnectionTrait,
    table: &ComparedTable,
    page: &[Row],
) -> Result<std::collections::HashMap<Row, Row>, StoreError> {
    let on = table
        .key
        .iter()
        .enumerate()
        .map(|(index, column)| match *column {
            "event_index" | "leg" => format!("t.{column} = CAST(e.value ->> {index} AS BIGINT)"),
            _ => format!("t.{column} = e.value ->> {index}"),
        })
        .collect::<Vec<_>>()
        .join(" AND ");
    // CROSS JOIN keeps SQLite from walking the big table.
    let sql = format!("SELECT {} FROM {{rows}} CROSS JOIN {} t WHERE {on}", select_list(table), table.name);
    let set = page
        .iter()
        .map(|row| Json::Array(row.iter().take(table.key.len()).map(|part| part.clone().into()).collect()))
        .collect();
    let rows = query(connection, &sql, set).await?;
    rows.iter()
        .map(|row| read(row, table).map(|row| (row.iter().take(table.key.len()).cloned().collect(), row)))
        .collect()
}

fn read(row: &QueryResult, table: &ComparedTable) -> Result<Row, StoreError> {
    columns(table).map(|column| row.try_get::<Option<String>>("", column).map_err(StoreError::from)).collect()
}
