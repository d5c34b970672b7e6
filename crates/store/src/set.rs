//! Sets as one JSON parameter.

use sea_orm::{ConnectionTrait, DbErr, ExecResult, QueryResult, Value};
use serde_json::Value as Json;

use crate::connect::Backend;
use crate::sql::statement;

/// The statement's text with `{rows}` (a table `e` whose column `value` is a JSON array per row) and `{texts}` (a
/// sub-select of plain texts) put into the words of the database. Both stand for the first parameter.
fn text(connection: &impl ConnectionTrait, sql: &str) -> String {
    let (rows, texts) = match Backend::of(connection) {
        Backend::Sqlite => ("json_each($1) AS e", "(SELECT value FROM json_each($1))"),
        Backend::Postgres => (
            "json_array_elements(CAST($1 AS json)) AS e",
            "(SELECT value FROM json_array_elements_text(CAST($1 AS json)))",
        ),
    };
    sql.replace("{rows}", rows).replace("{texts}", texts)
}

fn parameters(set: Vec<Json>, more: Vec<Value>) -> Vec<Value> {
    let mut values = vec![Json::Array(set).to_string().into()];
    values.extend(more);
    values
}

/// Runs `sql` over the set; nothing is run for an empty one.
pub(crate) async fn execute(
    connection: &impl ConnectionTrait,
    sql: &str,
    set: Vec<Json>,
    more: Vec<Value>,
) -> Result<Option<ExecResult>, DbErr> {
    if set.is_empty() {
        return Ok(None);
    }
    let sql = text(connection, sql);
    connection.execute_raw(statement(connection, sql, parameters(set, more))).await.map(Some)
}

/// Asks `sql` over the set; an empty one has an empty answer.
pub(crate) async fn query(
    connection: &impl ConnectionTrait,
    sql: &str,
    set: Vec<Json>,
) -> Result<Vec<QueryResult>, DbErr> {
    if set.is_empty() {
        return Ok(Vec::new());
    }
    let sql = text(connection, sql);
    connection.query_all_raw(statement(connection, sql, parameters(set, Vec::new()))).await
}

/// The statement of a query over a set, for an entity's `find_by_statement`.
pub(crate) fn select(connection: &impl ConnectionTrait, sql: &str, set: Vec<Json>) -> sea_orm::Statement {
    statement(connection, text(connection, sql), parameters(set, Vec::new()))
}

/// Texts as a set.
pub(crate) fn texts<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> Vec<Json> {
    items.into_iter().map(|item| Json::String(item.to_string())).collect()
}

/// Text that both databases can hold: PostgreSQL has no zero character.
pub(crate) fn storable(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
