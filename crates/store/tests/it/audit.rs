//! The audit chain: written by many at once, and whatever is done to it afterwards is found and named.

use gx_store::audit::{self, AuditEntry, AuditFilter, ChainFault, Head};
use gx_store::sea_orm::ConnectionTrait;
use gx_store::testing::TestStore;
use gx_store::{Backend, Store, StoreError, StoreOptions};
use gx_types::{Actor, AdminId, AuditEvent, AuditObject, CorrelationId, ProfileId, Sha256Hex};
use proptest::prelude::*;
use uuid::Uuid;

use crate::outbox::NOW;

fn entry(number: u128) -> AuditEntry {
    let event = AuditEvent::ALL[usize::try_from(number).unwrap() % AuditEvent::ALL.len()];
    AuditEntry::new(
        event,
        Actor::Admin(AdminId::from_uuid(Uuid::from_u128(number % 7))),
        AuditObject::Person(ProfileId::from_uuid(Uuid::from_u128(number))),
        CorrelationId::from_uuid(Uuid::from_u128(number)),
        NOW,
    )
    .before("status", "ACTIVE")
    .after("status", "FROZEN \"quoted\" \u{1F980}")
}

async fn append(store: &Store, number: u128) {
    store
        .write(move |tx| Box::pin(async move { audit::append(tx, entry(number)).await }))
        .await
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
}

async fn chain_of(store: &Store, entries: u128) {
    for number in 0..entries {
        append(store, number).await;
    }
}

/// What the owner of the schema can do.
async fn tamper(store: &Store, statements: &[String]) {
    let off: &[&str] = match store.backend() {
        Backend::Sqlite => &["DROP TRIGGER audit_events_stay", "DROP TRIGGER audit_events_stay_all"],
        Backend::Postgres => &["ALTER TABLE audit_events DISABLE TRIGGER ALL"],
    };
    let all: Vec<String> = off.iter().map(|sql| (*sql).to_owned()).chain(statements.iter().cloned()).collect();
    store
        .write(move |tx| {
            let all = all.clone();
            Box::pin(async move {
                for sql in all {
                    tx.execute_unprepared(&sql).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
}

async fn faults(store: &Store) -> Vec<ChainFault> {
    audit::check(store.read(), None).await.unwrap().faults().to_vec()
}

#[tokio::test]
async fn concurrent_writers_make_one_chain_without_gaps() {
    for test in TestStore::each().await.unwrap() {
        let mut writers = Vec::new();
        for number in 0..60_u128 {
            let store = test.store.clone();
            writers.push(tokio::spawn(async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            audit::append(tx, entry(number)).await?;
                            if number % 4 == 0 { Err(StoreError::GivenUp("on purpose")) } else { Ok(()) }
                        })
                    })
                    .await
                    .is_ok()
            }));
        }
        let mut kept = 0;
        for writer in writers {
            kept += u64::from(writer.await.unwrap());
        }
        assert_eq!(kept, 45, "who fails takes their entry along");
        let check = audit::check(test.store.read(), None).await.unwrap();
        assert_eq!((check.faults(), check.entries()), (&[][..], kept));
        assert_eq!(check.end(), audit::head(test.store.read()).await.unwrap());
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_or_delete_entries() {
    for test in TestStore::each().await.unwrap() {
        append(&test.store, 1).await;
        for sql in ["UPDATE audit_events SET event = 'SYSTEM_PAUSED'", "DELETE FROM audit_events"] {
            let refused = test
                .store
                .write(move |tx| Box::pin(async move { Ok(tx.execute_unprepared(sql).await.map(|_| ())?) }))
                .await;
            let refused: Result<(), StoreError> = refused;
            assert!(refused.is_err(), "{sql}");
        }
        assert_eq!(faults(&test.store).await, []);
    }
}

#[tokio::test]
async fn what_was_done_to_the_chain_is_named() {
    let cases: Vec<(Vec<String>, Vec<ChainFault>)> = vec![
        (
            vec!["UPDATE audit_events SET body = replace(body, 'FROZEN', 'ACTIVE') WHERE sequence = 3".into()],
            vec![ChainFault::Changed(3)],
        ),
        (
            vec!["DELETE FROM audit_events WHERE sequence IN (3, 4)".into()],
            vec![ChainFault::Missing { from: 3, to: 4 }],
        ),
        (vec!["DELETE FROM audit_events WHERE sequence = 1".into()], vec![ChainFault::Missing { from: 1, to: 1 }]),
        (vec!["DELETE FROM audit_events WHERE sequence > 8".into()], vec![ChainFault::Cut { found: 8, known: 10 }]),
        (vec!["DELETE FROM audit_events".into()], vec![ChainFault::Cut { found: 0, known: 10 }]),
        (
            vec!["UPDATE audit_events SET actor = 'operator' WHERE sequence = 2".into()],
            vec![ChainFault::Column { sequence: 2, column: "actor" }],
        ),
        (
            vec!["UPDATE audit_events SET event = 'NOTHING' WHERE sequence = 2".into()],
            vec![ChainFault::Column { sequence: 2, column: "event" }],
        ),
        (vec!["UPDATE audit_head SET sequence = 8".into()], vec![ChainFault::BehindTheHead { head: 8, found: 10 }]),
        (
            vec![
                "UPDATE audit_events SET body = (SELECT other.body FROM audit_events AS other WHERE other.sequence = 5) \
                 WHERE sequence = 4"
                    .into(),
            ],
            vec![ChainFault::Changed(4)],
        ),
    ];
    for (statements, expected) in cases {
        for test in TestStore::each().await.unwrap() {
            chain_of(&test.store, 10).await;
            tamper(&test.store, &statements).await;
            let found = faults(&test.store).await;
            // Columns of an exchanged entry disagree too; what matters is that the entry is named.
            let columns = expected.iter().any(|fault| matches!(fault, ChainFault::Column { .. }));
            let named: Vec<_> =
                found.iter().filter(|fault| columns || !matches!(fault, ChainFault::Column { .. })).collect();
            assert_eq!(named, expected.iter().collect::<Vec<_>>(), "{statements:?}");
        }
    }
}

/// Two entries that change places, hashes and all.
#[tokio::test]
async fn exchanged_entries_are_named() {
    for test in TestStore::each().await.unwrap() {
        chain_of(&test.store, 6).await;
        let swap: Vec<String> = [(4, 100), (5, 4), (100, 5)]
            .iter()
            .map(|(from, to)| format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from}"))
            .collect();
        tamper(&test.store, &swap).await;
        let found = faults(&test.store).await;
        assert!(found.contains(&ChainFault::Moved { sequence: 4, found: 5 }), "{found:?}");
        assert!(found.contains(&ChainFault::Moved { sequence: 5, found: 4 }), "{found:?}");
    }
}

/// Somebody who rewrites entry, hashes and head leaves a chain that is sound in itself; what was noted elsewhere tells.
#[tokio::test]
async fn a_chain_that_was_cut_or_written_anew_does_not_contain_the_end_that_was_noted() {
    for test in TestStore::each().await.unwrap() {
        chain_of(&test.store, 5).await;
        let noted = audit::head(test.store.read()).await.unwrap();
        append(&test.store, 6).await;
        assert_eq!(audit::check(test.store.read(), Some(noted)).await.unwrap().faults(), []);

        let fourth = audit::find(test.store.read(), 4).await.unwrap().unwrap();
        let cut = vec![
            "DELETE FROM audit_events WHERE sequence > 4".to_owned(),
            format!("UPDATE audit_head SET sequence = 4, entry_hash = '{}'", fourth.entry_hash.0),
        ];
        tamper(&test.store, &cut).await;
        assert_eq!(faults(&test.store).await, [], "by itself the shorter chain is sound");
        let check = audit::check(test.store.read(), Some(noted)).await.unwrap();
        assert_eq!(check.faults(), [ChainFault::Cut { found: 4, known: 5 }]);

        append(&test.store, 77).await;
        let check = audit::check(test.store.read(), Some(noted)).await.unwrap();
        assert_eq!(check.faults(), [ChainFault::Rewritten(5)]);
        let other = Head { sequence: 3, hash: Sha256Hex::from_bytes([9; 32]) };
        assert_eq!(audit::check(test.store.read(), Some(other)).await.unwrap().faults(), [ChainFault::Rewritten(3)]);
    }
}

#[tokio::test]
async fn entries_are_found_by_event_actor_object_request_and_time() {
    for test in TestStore::each().await.unwrap() {
        chain_of(&test.store, 30).await;
        let wanted = entry(9);
        let filters = [
            AuditFilter { events: vec![wanted.event], ..AuditFilter::default() },
            AuditFilter { actor: Some(wanted.actor), ..AuditFilter::default() },
            AuditFilter { object: Some(wanted.object.clone()), ..AuditFilter::default() },
            AuditFilter { correlation_id: Some(wanted.correlation_id), ..AuditFilter::default() },
        ];
        for filter in filters {
            let found = audit::list(test.store.read(), &filter, 100).await.unwrap();
            assert!(found.iter().any(|row| row.sequence == 10), "{filter:?}");
            assert!(found.len() < 30, "{filter:?}");
            assert_eq!(found[0].entry().unwrap().before["status"], "ACTIVE");
        }
        let none = AuditFilter { until: Some(NOW), ..AuditFilter::default() };
        assert_eq!(audit::list(test.store.read(), &none, 100).await.unwrap(), []);
        let page = AuditFilter { before: Some(3), from: Some(NOW), ..AuditFilter::default() };
        let page = audit::list(test.store.read(), &page, 100).await.unwrap();
        assert_eq!(page.iter().map(|row| row.sequence).collect::<Vec<_>>(), [2, 1]);
    }
}

/// What one writer of the property below does: so many entries in each of its units of work, and whether it keeps them.
type Plan = Vec<(u8, bool)>;

async fn write_all(store: Store, writer: u128, plan: Plan) -> Vec<(Uuid, Vec<i64>)> {
    let mut kept = Vec::new();
    for (unit, (entries, keeps)) in plan.into_iter().enumerate() {
        let correlation = Uuid::from_u128(writer << 64 | unit as u128);
        let done: Result<Vec<i64>, StoreError> = store
            .write(move |tx| {
                Box::pin(async move {
                    let mut places = Vec::new();
                    for number in 0..entries {
                        let mut entry = entry(writer * 1_000 + u128::from(number));
                        entry.correlation_id = CorrelationId::from_uuid(correlation);
                        places.push(audit::append(tx, entry).await?);
                    }
                    if keeps { Ok(places) } else { Err(StoreError::GivenUp("on purpose")) }
                })
            })
            .await;
        match done {
            Ok(places) => kept.push((correlation, places)),
            Err(error) => assert!(!keeps, "a unit was lost: {error}"),
        }
    }
    kept
}

/// Several pools, as several processes have them, each with several tasks.
async fn many_writers(test: &TestStore, plans: Vec<Plan>) {
    let patient = StoreOptions { busy_timeout: std::time::Duration::from_secs(60), ..StoreOptions::default() };
    let mut stores = vec![test.store.clone()];
    for _ in 0..2 {
        stores.push(Store::connect(&test.url, patient).await.unwrap());
    }
    let before = audit::head(test.store.read()).await.unwrap().sequence;
    let tasks: Vec<_> = plans
        .into_iter()
        .enumerate()
        .map(|(number, plan)| {
            let store = stores[number % stores.len()].clone();
            tokio::spawn(write_all(store, number as u128 + 1, plan))
        })
        .collect();
    let mut places = Vec::new();
    for task in tasks {
        let kept = task.await.unwrap();
        // Within a unit the entries follow each other without a stranger between them; a writer's units come in order.
        let mut last = 0;
        for (correlation, unit) in kept {
            for (index, place) in unit.iter().enumerate() {
                assert_eq!(*place, unit[0] + i64::try_from(index).unwrap(), "a unit lies together");
                assert!(*place > last, "in the order in which they were written");
                last = *place;
                let row = audit::find(test.store.read(), *place).await.unwrap().unwrap();
                assert_eq!(row.correlation_id.0.uuid(), correlation, "whose place it is");
            }
            places.extend(unit);
        }
    }
    // None is lost, none is there twice, and the chain is the sum of what was kept.
    places.sort_unstable();
    let expected: Vec<i64> = (before + 1..=before + i64::try_from(places.len()).unwrap()).collect();
    assert_eq!(places, expected);
    let check = audit::check(test.store.read(), None).await.unwrap();
    assert_eq!(check.faults(), []);
    assert_eq!(check.end(), audit::head(test.store.read()).await.unwrap());
    for store in stores.into_iter().skip(1) {
        store.close().await.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Whoever writes at the same time, through however many pools and processes: one chain, in order, nothing lost.
    #[test]
    fn many_writers_make_one_chain_on_every_database(
        plans in prop::collection::vec(prop::collection::vec((1_u8..4, prop::bool::weighted(0.8)), 1..4), 2..8)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            for test in TestStore::each().await.unwrap() {
                many_writers(&test, plans.clone()).await;
            }
        });
    }

    /// Whichever entry is changed, taken out or exchanged with another: it is found, and named.
    #[test]
    fn whatever_is_done_to_whichever_entry_is_named_on_every_database(
        length in 3_i64..9, at in 0_i64..9, other in 0_i64..9, what in 0_u8..3
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for test in TestStore::each().await.unwrap() {
                chain_of(&test.store, u128::try_from(length).unwrap()).await;
                let one = at % length + 1;
                let other = if other % length + 1 == one { one % length + 1 } else { other % length + 1 };
                let set = |from: i64, to: i64| format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from}");
                let (statements, expected) = match what {
                    0 => (
                        vec![format!("UPDATE audit_events SET body = replace(body, 'ACTIVE', 'CLOSED') WHERE sequence = {one}")],
                        vec![ChainFault::Changed(one)],
                    ),
                    1 if one == length => (
                        vec![format!("DELETE FROM audit_events WHERE sequence = {one}")],
                        vec![ChainFault::Cut { found: length - 1, known: length }],
                    ),
                    1 => (
                        vec![format!("DELETE FROM audit_events WHERE sequence = {one}")],
                        vec![ChainFault::Missing { from: one, to: one }],
                    ),
                    _ => (
                        vec![set(one, 1_000), set(other, one), set(1_000, other)],
                        vec![
                            ChainFault::Moved { sequence: one, found: other },
                            ChainFault::Moved { sequence: other, found: one },
                        ],
                    ),
                };
                tamper(&test.store, &statements).await;
                let found = faults(&test.store).await;
                for fault in expected {
                    assert!(found.contains(&fault), "{fault:?} in {found:?}");
                }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever single byte of whatever entry is changed, that entry is named.
    #[test]
    fn any_changed_byte_is_found(length in 1_u128..12, at in 0_usize..12, position in 0_usize..400) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let test = TestStore::sqlite().await.unwrap();
            chain_of(&test.store, length).await;
            let sequence = i64::try_from(at).unwrap() % i64::try_from(length).unwrap() + 1;
            let row = audit::find(test.store.read(), sequence).await.unwrap().unwrap();
            let characters: Vec<char> = row.body.chars().collect();
            let position = position % characters.len();
            let changed: String = characters
                .iter()
                .enumerate()
                .map(|(index, character)| if index == position { if *character == 'x' { 'y' } else { 'x' } } else { *character })
                .collect();
            tamper(&test.store, &[format!(
                "UPDATE audit_events SET body = '{}' WHERE sequence = {sequence}", changed.replace('\'', "''")
            )]).await;
            let found = faults(&test.store).await;
            assert!(found.contains(&ChainFault::Changed(sequence)), "{found:?}");
        });
    }
}
