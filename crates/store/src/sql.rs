//! Statements that are the same on both databases except for small words.

use sea_orm::{ConnectionTrait, Statement, Value};

use crate::connect::Backend;

/// A statement with `$1`, `$2`, … on either database.
pub(crate) fn statement(connection: &impl ConnectionTrait, sql: impl Into<String>, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

/// Puts the words of a database into a migration: column types, literals, strict tables.
pub(crate) fn for_backend(text: &str, backend: Backend) -> String {
    match backend {
        Backend::Postgres => text
            .replace("{bytes}", "BYTEA")
            .replace(" {strict}", "")
            .replace("{true}", "TRUE")
            .replace("{false}", "FALSE")
            .replace("{positions}", "CREATE SEQUENCE outbox_positions;"),
        Backend::Sqlite => text
            .replace("BIGINT", "INTEGER")
            .replace("BOOLEAN", "INTEGER")
            .replace("{bytes}", "BLOB")
            .replace("{strict}", "STRICT")
            .replace("{true}", "1")
            .replace("{false}", "0")
            .replace("{positions}", ""),
    }
}
