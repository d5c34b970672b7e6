//! Units of work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gx_store::sea_orm::{ConnectionTrait, Statement};
use gx_store::testing::TestStore;
use gx_store::{Answers, Backend, Store, StoreError, Together, Tx, Work};

async fn put(tx: &Tx, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO environment_facts (fact_name, fact_value, recorded_at) VALUES ($1, $2, 0)";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [name.into(), value.into()]);
    tx.execute_raw(statement).await?;
    Ok(())
}

async fn names(store: &Store) -> Vec<String> {
    let sql = "SELECT fact_name FROM environment_facts ORDER BY fact_name";
    let connection = store.read();
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "fact_name").unwrap()).collect()
}

#[derive(Debug)]
enum Refused {
    ByRule,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[tokio::test]
async fn a_unit_that_fails_is_undone_alone() {
    for test in TestStore::each().await.unwrap() {
        let mut units = Vec::new();
        for number in 0..100_u32 {
            let store = test.store.clone();
            units.push(tokio::spawn(async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            put(tx, &format!("fact {number:03}"), "x").await?;
                            if number % 3 == 0 { Err(Refused::ByRule) } else { Ok(number) }
                        })
                    })
                    .await
            }));
        }
        let mut kept = Vec::new();
        for (number, unit) in units.into_iter().enumerate() {
            match unit.await.unwrap() {
                Ok(_) => kept.push(format!("fact {number:03}")),
                Err(Refused::ByRule) => assert_eq!(number % 3, 0),
                Err(Refused::Store(error)) => panic!("{error}"),
            }
        }
        assert_eq!(names(&test.store).await, kept);
    }
}

#[tokio::test]
async fn a_broken_statement_a_duplicate_and_a_panic_harm_nobody_else() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let good = store.write(|tx| Box::pin(async move { put(tx, "good", "1").await }));
        let bad = store.write(|tx| {
            Box::pin(async move {
                put(tx, "bad", "1").await?;
                tx.execute_unprepared("SELECT nonsense").await.map_err(StoreError::from)
            })
        });
        let dup = store.write(|tx| {
            Box::pin(async move {
                put(tx, "twice", "1").await?;
                put(tx, "twice", "2").await
            })
        });
        let (good, bad, dup) = tokio::join!(good, bad, dup);
        good.unwrap();
        assert!(matches!(bad, Err(StoreError::Internal(_))), "{bad:?}");
        assert!(matches!(dup, Err(StoreError::Duplicate { .. })), "{dup:?}");
        assert_eq!(names(store).await, ["good"]);
    }
}

#[tokio::test]
async fn a_panicking_unit_does_not_take_the_writer_with_it() {
    let test = TestStore::sqlite().await.unwrap();
    let died = test
        .store
        .write(|tx| {
            Box::pin(async move {
                put(tx, "half", "1").await?;
                if tx.get_database_backend() == gx_store::sea_orm::DbBackend::Sqlite {
                    panic!("on purpose");
                }
                Ok::<(), StoreError>(())
            })
        })
        .await;
    assert!(matches!(died, Err(StoreError::GivenUp(_))), "{died:?}");
    test.store.write(|tx| Box::pin(async move { put(tx, "whole", "1").await })).await.unwrap();
    assert_eq!(names(&test.store).await, ["whole"]);
}

#[tokio::test]
async fn the_reading_door_does_not_write() {
    for test in TestStore::each().await.unwrap() {
        let refused = test
            .store
            .read()
            .execute_unprepared(
                "INSERT INTO environment_facts (fact_name, fact_value, recorded_at) VALUES ('a', 'b', 0)",
            )
            .await;
        assert!(refused.is_err());
    }
}

#[tokio::test]
async fn a_commit_wakes_those_who_wait_for_one() {
    for test in TestStore::each().await.unwrap() {
        let mut commits = test.store.commits();
        commits.mark_unchanged();
        test.store.write(|tx| Box::pin(async move { put(tx, "a", "1").await })).await.unwrap();
        tokio::time::timeout(std::time::Duration::from_secs(5), commits.changed()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_is_queued_before_closing_is_kept_and_what_comes_after_is_refused() {
    let test = TestStore::sqlite().await.unwrap();
    let store = test.store.clone();
    let queued = tokio::spawn(async move { store.write(|tx| Box::pin(async move { put(tx, "a", "1").await })).await });
    queued.await.unwrap().unwrap();
    test.store.close().await.unwrap();
    let late = test.store.write(|tx| Box::pin(async move { put(tx, "b", "1").await })).await;
    assert!(matches!(late, Err(StoreError::GivenUp(_))), "{late:?}");
}

/// Two units that take two rows in opposite order deadlock on PostgreSQL; the store repeats the victim.
#[tokio::test]
async fn a_deadlock_on_postgresql_is_repeated_until_both_are_done() {
    let Some(test) = TestStore::migrated(Backend::Postgres).await.unwrap() else { return };
    let store = &test.store;
    store
        .write(|tx| {
            Box::pin(async move {
                put(tx, "a", "0").await?;
                put(tx, "b", "0").await
            })
        })
        .await
        .unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    let crossing = |first: &'static str, second: &'static str| {
        let (runs, barrier) = (runs.clone(), barrier.clone());
        let store = store.clone();
        async move {
            store
                .write(move |tx| {
                    let (runs, barrier) = (runs.clone(), barrier.clone());
                    Box::pin(async move {
                        let raise = |name: &str| {
                            format!(
                                "UPDATE environment_facts SET fact_value = fact_value || '+' WHERE fact_name = '{name}'"
                            )
                        };
                        tx.execute_unprepared(&raise(first)).await.map_err(StoreError::from)?;
                        if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                            barrier.wait().await;
                        }
                        tx.execute_unprepared(&raise(second)).await.map_err(StoreError::from)?;
                        Ok::<_, StoreError>(())
                    })
                })
                .await
        }
    };
    let (one, two) = tokio::join!(crossing("a", "b"), crossing("b", "a"));
    one.unwrap();
    two.unwrap();
    assert!(runs.load(Ordering::SeqCst) >= 3, "one of them ran again");
}

/// A full disk: everything in the transaction fails as unavailable, nothing of it is kept, and with room again all is
/// well.
#[tokio::test]
async fn a_full_disk_is_unavailable_and_keeps_nothing_half() {
    let test = TestStore::sqlite().await.unwrap();
    let pages = async |pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let limit = test.store.write(move |tx| {
            let sql = sql.clone();
            Box::pin(async move { tx.execute_unprepared(&sql).await.map(|_| ()).map_err(StoreError::from) })
        });
        limit.await.unwrap();
    };
    for number in 0..8 {
        // SQLite never goes below what is in use, so this leaves no room at all. The limit goes with the connection, and
        // the connection with a transaction that could not be ended in order.
        pages(1).await;
        let name = format!("big {number}");
        let unit = test.store.write(move |tx| {
            let name = name.clone();
            Box::pin(async move { put(tx, &name, &"x".repeat(100_000)).await })
        });
        let full = unit.await.unwrap_err();
        assert!(full.is_unavailable(), "{full}");
    }
    assert_eq!(names(&test.store).await, [""; 0]);
    pages(1_000_000).await;
    test.store.write(|tx| Box::pin(async move { put(tx, "small", "1").await })).await.unwrap();
    assert_eq!(names(&test.store).await, ["small"]);
}

/// A disk that is really full, where this user may mount a small one: what is written after it has room again is
/// written, and not into a transaction that never ends.
#[tokio::test]
async fn what_is_written_after_a_full_disk_is_there_for_everyone() {
    let folder = tempfile::tempdir().unwrap();
    let mount =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(folder.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    }
    let url = format!("sqlite://{}/gx.db", folder.path().display());
    let store = Store::connect(&url, gx_store::StoreOptions::default()).await.unwrap();
    store.migrate(&gx_base::SystemClock).await.unwrap();
    let write = async |name: String, bytes: usize| {
        let text = "x".repeat(bytes);
        store
            .write(move |tx| {
                let (name, text) = (name.clone(), text.clone());
                Box::pin(async move { put(tx, &name, &text).await })
            })
            .await
    };
    for round in 0..4 {
        // 1. Until nothing more fits: one unit at a time, then several in one group.
        let ballast = folder.path().join("ballast");
        let mut file = std::fs::File::create(&ballast).unwrap();
        while std::io::Write::write_all(&mut file, &[0; 512]).is_ok() {}
        let mut refused = false;
        for number in 0..1_000 {
            let units = (0..1 + number % 5).map(|unit| write(format!("{round}-{number}-{unit}"), 3_000 * (unit + 1)));
            refused |= futures::future::join_all(units).await.iter().any(Result::is_err);
            if refused && number > 20 {
                break;
            }
        }
        assert!(refused);
        // Something small may still find its place; otherwise that is said.
        if let Err(told) = store.ping().await {
            assert!(matches!(told, StoreError::NotWritable(_)) && told.is_unavailable(), "{told}");
        }
        // 2. Room again; found out by asking, though nobody writes.
        drop(file);
        std::fs::remove_file(&ballast).unwrap();
        let mut tries = 0;
        while let Err(error) = store.ping().await {
            assert!(error.is_unavailable() && tries < 20, "{error}");
            tries += 1;
        }
        let told = format!("told-{round}");
        let mut tries = 0;
        while let Err(error) = write(told.clone(), 10).await {
            assert!(error.is_unavailable() && tries < 20, "{error}");
            tries += 1;
        }
        assert!(names(&store).await.contains(&told), "round {round}: what a caller was told is there for readers");
        let clean = store.write(|tx| {
            Box::pin(async move {
                let sql = "DELETE FROM environment_facts WHERE fact_name NOT LIKE 'told%'";
                tx.execute_unprepared(sql).await.map(drop).map_err(StoreError::from)
            })
        });
        clean.await.unwrap();
    }
    store.close().await.unwrap();
    let again = Store::connect(&url, gx_store::StoreOptions::default()).await.unwrap();
    assert_eq!(names(&again).await, ["told-0", "told-1", "told-2", "told-3"]);
    again.close().await.unwrap();
    drop(std::process::Command::new("umount").arg("--lazy").arg(folder.path()).output());
}

/// The server drops every connection: at worst one answer is «unavailable», then all is well again.
#[tokio::test]
async fn a_server_that_drops_its_connections_is_reached_again() {
    let Some(test) = TestStore::migrated(Backend::Postgres).await.unwrap() else { return };
    test.store.write(|tx| Box::pin(async move { put(tx, "before", "1").await })).await.unwrap();
    test.store.ping().await.unwrap();
    let admin = Store::connect(&test.url, gx_store::StoreOptions::default()).await.unwrap();
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin
        .write(move |tx| Box::pin(async move { tx.execute_unprepared(sql).await.map_err(StoreError::from) }))
        .await
        .unwrap();
    let mut tries = 0;
    while let Err(error) = test.store.write(|tx| Box::pin(async move { put(tx, "after", "1").await })).await {
        assert!(error.is_unavailable(), "{error}");
        tries += 1;
        assert!(tries < 10, "it is not reached again: {error}");
    }
    assert_eq!(names(&test.store).await, ["after", "before"]);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    for url in ["postgres://nobody@127.0.0.1:1/gx", "sqlite:///no/such/folder/gx.db", "mysql://x"] {
        let options =
            gx_store::StoreOptions { busy_timeout: std::time::Duration::from_millis(300), ..Default::default() };
        let refused = Store::connect(url, options).await.unwrap_err();
        assert!(refused.is_unavailable(), "{url}: {refused}");
    }
}

/// A fact to be put; `None`: refused by rule. One with a bad name fails all that are written with it.
#[derive(Debug, Clone)]
struct Putting(Option<String>);

static BATCHES: AtomicU32 = AtomicU32::new(0);

impl Together for Putting {
    type Answer = String;
    type Error = Refused;
    const UNITS_MAX: usize = 64;

    fn write_all<'tx>(units: &'tx [Self], tx: &'tx Tx) -> Work<'tx, Answers<Self>, StoreError> {
        Box::pin(async move {
            BATCHES.fetch_add(1, Ordering::Relaxed);
            for name in units.iter().filter_map(|unit| unit.0.as_deref()) {
                if name.starts_with("bad") {
                    return Err(StoreError::Corrupt(name.to_owned()));
                }
                put(tx, name, "x").await?;
            }
            Ok(units.iter().map(|unit| unit.0.clone().ok_or(Refused::ByRule)).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_of_one_kind_go_together_and_one_that_fails_fails_alone() {
    for test in TestStore::each().await.unwrap() {
        BATCHES.store(0, Ordering::Relaxed);
        // The others gather behind the first.
        let units: Vec<_> = (0..400_u32)
            .map(|number| {
                let store = test.store.clone();
                let name = match number {
                    7 | 300 => Some(format!("bad {number}")),
                    _ if number % 10 == 0 => None,
                    _ => Some(format!("fact {number:03}")),
                };
                tokio::spawn(async move { (name.clone(), store.write_together(Putting(name)).await) })
            })
            .collect();
        let mut kept = Vec::new();
        for unit in units {
            match unit.await.unwrap() {
                (None, answer) => assert!(matches!(answer, Err(Refused::ByRule))),
                (Some(name), Err(Refused::Store(error))) => {
                    assert!(name.starts_with("bad") && error.to_string().contains(&name), "{name}: {error}");
                }
                (Some(name), answer) => {
                    assert_eq!(answer.unwrap(), name);
                    kept.push(name);
                }
            }
        }
        kept.sort();
        assert_eq!(names(&test.store).await, kept);
        // Far fewer than there are units, although two batches were divided.
        let batches = BATCHES.load(Ordering::Relaxed);
        assert!((7..=300).contains(&batches), "{batches}");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_unit_behind_that_keeps_others_waiting() {
    for test in TestStore::each().await.unwrap() {
        for number in 0..20_u32 {
            let gone = test.store.write_together(Putting(Some(format!("gone {number:03}"))));
            // Asked once and dropped.
            assert!(futures::FutureExt::now_or_never(gone).is_none());
        }
        let stays = test.store.write_together(Putting(Some("stays".to_owned()))).await;
        assert_eq!(stays.unwrap(), "stays");
        assert!(names(&test.store).await.contains(&"stays".to_owned()));
    }
}
