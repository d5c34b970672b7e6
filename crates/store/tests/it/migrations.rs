//! Migrations: versions, checksums, locks, conditions.

use gx_base::SystemClock;
use gx_store::migrate::{STEPS, Step, StepKind};
use gx_store::sea_orm::ConnectionTrait;
use gx_store::testing::TestStore;
use gx_store::{Backend, SchemaError, SchemaVersion, Store, StoreError, StoreOptions};

const NOTES: &str = "CREATE TABLE notes (note_id TEXT NOT NULL PRIMARY KEY, words BIGINT NOT NULL) {strict};";
const FIRST: &[Step] = &[Step { version: 1, name: "notes", kind: StepKind::Schema { sql: NOTES } }];
const ALTERED: &[Step] = &[Step {
    version: 1,
    name: "notes",
    kind: StepKind::Schema { sql: "CREATE TABLE notes (note_id TEXT NOT NULL PRIMARY KEY) {strict};" },
}];
const BROKEN: &[Step] = &[
    FIRST[0],
    Step {
        version: 2,
        name: "fill",
        kind: StepKind::Data {
            revision: "1",
            apply: |tx, _now| {
                Box::pin(async move {
                    tx.execute_unprepared("INSERT INTO notes VALUES ('a', 1)").await?;
                    Ok(vec![])
                })
            },
            holds: |_tx| Box::pin(async { Ok(Err("there must be two notes".to_owned())) }),
        },
    },
];

async fn each_empty() -> Vec<TestStore> {
    let mut stores = vec![TestStore::empty_sqlite().await.unwrap()];
    stores.extend(TestStore::empty_postgres().await.unwrap());
    stores
}

fn schema_error(result: Result<impl std::fmt::Debug, StoreError>) -> SchemaError {
    match result {
        Err(StoreError::Schema(error)) => error,
        other => panic!("a refusal of the schema was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_migration_applies_every_step_once_and_the_schema_is_then_known() {
    for test in each_empty().await {
        let store = &test.store;
        let needed = STEPS.last().unwrap().version;
        assert_eq!(schema_error(store.check_schema().await), SchemaError::Behind { found: 0, needed });
        let report = store.migrate(&SystemClock).await.unwrap();
        assert_eq!(report.applied.len(), STEPS.len());
        assert_eq!(report.version, SchemaVersion(needed));
        assert_eq!(store.check_schema().await.unwrap(), SchemaVersion(needed));
        assert!(store.migrate(&SystemClock).await.unwrap().applied.is_empty());
    }
}

#[tokio::test]
async fn an_altered_step_is_refused_by_migration_and_by_the_check_at_start() {
    for test in each_empty().await {
        test.store.migrate_with(FIRST, &SystemClock).await.unwrap();
        let altered = SchemaError::Altered { version: 1, name: "notes" };
        assert_eq!(schema_error(test.store.migrate_with(ALTERED, &SystemClock).await), altered);
        assert_eq!(schema_error(test.store.check_schema_with(ALTERED).await), altered);
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_refused() {
    for test in each_empty().await {
        test.store.migrate(&SystemClock).await.unwrap();
        let sql = "INSERT INTO schema_steps VALUES (9999, 'of tomorrow', 'SCHEMA', 'x', '[]', 0)";
        test.store
            .write(move |tx| Box::pin(async move { tx.execute_unprepared(sql).await.map_err(StoreError::from) }))
            .await
            .unwrap();
        let unknown = SchemaError::Unknown { version: 9999, name: "of tomorrow".to_owned() };
        assert_eq!(schema_error(test.store.migrate(&SystemClock).await), unknown);
        assert_eq!(schema_error(test.store.check_schema().await), unknown);
    }
}

#[tokio::test]
async fn a_step_whose_condition_breaks_leaves_nothing_behind() {
    for test in each_empty().await {
        let refused = schema_error(test.store.migrate_with(BROKEN, &SystemClock).await);
        assert!(matches!(refused, SchemaError::ConditionBroken { version: 2, .. }), "{refused}");
        let rows = test
            .store
            .read()
            .query_all_raw(gx_store::sea_orm::Statement::from_string(
                test.store.read().get_database_backend(),
                "SELECT * FROM notes",
            ))
            .await
            .unwrap();
        assert!(rows.is_empty(), "the rows of the refused step are gone");
        // The step before it is kept.
        test.store.check_schema_with(FIRST).await.unwrap();
    }
}

#[tokio::test]
async fn several_migrators_at_once_apply_each_step_once() {
    for test in each_empty().await {
        let mut migrators = Vec::new();
        for _ in 0..4 {
            let url = test.url.clone();
            migrators.push(tokio::spawn(async move {
                let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
                let applied = store.migrate(&SystemClock).await.unwrap().applied.len();
                store.close().await.unwrap();
                applied
            }));
        }
        let mut applied = 0;
        for migrator in migrators {
            applied += migrator.await.unwrap();
        }
        assert_eq!(applied, STEPS.len());
        test.store.check_schema().await.unwrap();
    }
}

#[test]
fn steps_ascend_and_their_checksums_differ() {
    for pair in STEPS.windows(2) {
        assert!(pair[0].version < pair[1].version);
        assert_ne!(pair[0].checksum(), pair[1].checksum());
    }
}

#[tokio::test]
async fn sqlite_is_set_to_survive_a_power_cut() {
    let test = TestStore::sqlite().await.unwrap();
    let values = test
        .store
        .write(|tx| {
            Box::pin(async move {
                let mut values = Vec::new();
                for pragma in ["journal_mode", "synchronous", "foreign_keys"] {
                    let statement = gx_store::sea_orm::Statement::from_string(
                        tx.get_database_backend(),
                        format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}"),
                    );
                    let row = tx.query_one_raw(statement).await?.unwrap();
                    values.push(row.try_get::<String>("", "value")?);
                }
                Ok::<_, StoreError>(values)
            })
        })
        .await
        .unwrap();
    assert_eq!(values, ["wal", "2", "1"]);
    assert_eq!(test.store.backend(), Backend::Sqlite);
}
