//! Statements that are the same on both databases except for small words.

use std::fmt::Write as _;

use sea_orm::{ConnectionTrait, Statement, Value};

use crate::connect::Backend;

/// Rows in one statement at most; more go into several. Both databases take more parameters than this makes.
pub(crate) const BATCH_ROWS_MAX: usize = 512;

/// A statement with `$1`, `$2`, … on either database.
pub(crate) fn statement(connection: &impl ConnectionTrait, sql: impl Into<String>, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

/// A list of rows for one statement, filled up to a power of two by repeating the last one, so that there are few
/// different texts and each is prepared once. Only for statements to which a repeated row is harmless.
pub(crate) fn filled<T: Clone>(rows: &[T]) -> Vec<T> {
    let mut filled = rows.to_vec();
    if let Some(last) = rows.last() {
        filled.resize(rows.len().next_power_of_two(), last.clone());
    }
    filled
}

/// `($1, $2), ($3, $4)` for `rows` rows of `columns` columns, counting from `first`.
pub(crate) fn placeholders(rows: usize, columns: usize, first: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            if column > 0 {
                text.push_str(", ");
            }
            // Writing to a text does not fail.
            let _ = write!(text, "${}", first + row * columns + column);
        }
        text.push(')');
    }
    text
}

/// `$1, $2, $3` for `count` values, counting from `first`.
pub(crate) fn list(count: usize, first: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// The database itself refuses to change or delete what was appended. Whoever owns the schema can take that away; what
/// they do then, the chain shows.
const APPEND_ONLY_POSTGRES: &str = "
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$;
CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_events_stay_all BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
";
const APPEND_ONLY_SQLITE: &str = "
CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
CREATE TRIGGER audit_events_stay_all BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
";

/// Puts the words of a database into a migration: column types, literals, strict tables.
pub(crate) fn for_backend(text: &str, backend: Backend) -> String {
    match backend {
        Backend::Postgres => text
            .replace("{bytes}", "BYTEA")
            .replace(" {strict}", "")
            .replace("{positions}", "CREATE SEQUENCE outbox_positions;")
            .replace("{notification_order}", include_str!("migrate/sql/notification_order.postgres.sql"))
            .replace("{append_only_audit}", APPEND_ONLY_POSTGRES),
        Backend::Sqlite => text
            .replace("BIGINT", "INTEGER")
            .replace("BOOLEAN", "INTEGER")
            .replace("{bytes}", "BLOB")
            .replace("{strict}", "STRICT")
            .replace("{positions}", "")
            .replace("{notification_order}", include_str!("migrate/sql/notification_order.sqlite.sql"))
            .replace("{append_only_audit}", APPEND_ONLY_SQLITE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_up_to_a_power_of_two_and_numbered_through() {
        assert_eq!(filled(&[1, 2, 3]), [1, 2, 3, 3]);
        assert_eq!(filled::<u8>(&[]), [0_u8; 0]);
        assert_eq!(placeholders(2, 3, 4), "($4, $5, $6), ($7, $8, $9)");
        assert_eq!(list(3, 2), "$2, $3, $4");
    }
}
