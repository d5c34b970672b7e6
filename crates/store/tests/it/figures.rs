//! Figures for administrators are read from indexes: a table that grows without end is never read through.

use gx_store::repo::dashboard::GROWING;
use gx_store::sea_orm::{ConnectionTrait, Statement};
use gx_store::testing::TestStore;
use gx_store::{Backend, StoreError};

/// How the database would answer, one line per step.
async fn plan(test: &TestStore, sql: &'static str) -> Vec<String> {
    let backend = test.store.backend();
    let lines: Result<Vec<String>, StoreError> = test
        .store
        .write(move |tx| {
            Box::pin(async move {
                let asked = sql.replace("$1", "1768478400000000");
                let (asked, column) = match backend {
                    Backend::Sqlite => (format!("EXPLAIN QUERY PLAN {asked}"), "detail"),
                    Backend::Postgres => {
                        // A small table is read through whatever there is; what matters is that there is another way.
                        tx.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
                        (format!("EXPLAIN {asked}"), "QUERY PLAN")
                    }
                };
                let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), asked)).await?;
                Ok(rows.iter().map(|row| row.try_get("", column)).collect::<Result<Vec<String>, _>>()?)
            })
        })
        .await;
    lines.unwrap()
}

#[tokio::test]
async fn figures_are_answered_by_indexes() {
    for test in TestStore::each().await.unwrap() {
        for sql in GROWING {
            let plan = plan(&test, sql).await;
            let through = |line: &&String| match test.store.backend() {
                Backend::Sqlite => line.starts_with("SCAN ") && !line.contains("COVERING INDEX"),
                Backend::Postgres => line.contains("Seq Scan"),
            };
            assert_eq!(plan.iter().find(through), None, "{sql}: {plan:?}");
            // Where a time is named, what lies before it is not looked at.
            if sql.contains("$1") && sql.contains("_at") && test.store.backend() == Backend::Sqlite {
                assert!(plan.iter().any(|line| line.starts_with("SEARCH ")), "{sql}: {plan:?}");
            }
        }
    }
}
