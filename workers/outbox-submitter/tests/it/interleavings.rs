//! Faults, kills and restarts in any order: every command has exactly one effect or none, and its row says which.

use std::time::Duration;

use gx_contracts::{Refusal, RefusalCode};
use gx_store::testing::TestStore;
use gx_types::OutboxState;
use proptest::prelude::*;

use crate::scene::{Scene, activate, eventually};
use crate::scripted::{Fate, Scripted};

#[derive(Debug, Clone)]
enum Event {
    /// A new command.
    Command,
    /// What happens to the next envelopes.
    Fates(Vec<Fate>),
    /// The contract refuses from now on what has not committed.
    Refuse,
    /// What was held back arrives.
    Release,
    /// Blocks of others.
    Blocks,
    /// Nobody answers for a while.
    Outage,
    /// The submitter dies and another starts.
    Kill,
    /// The submitter is stopped in order and another starts.
    Restart,
    /// Time passes.
    Wait(u64),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => Just(Fate::Commits),
        1 => Just(Fate::Lost),
        1 => Just(Fate::CommitsUnheard),
        1 => Just(Fate::LostUnheard),
        3 => Just(Fate::Held),
        1 => Just(Fate::Invalid),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Command),
        3 => prop::collection::vec(fate(), 1..6).prop_map(Event::Fates),
        2 => Just(Event::Refuse),
        1 => Just(Event::Release),
        2 => Just(Event::Blocks),
        1 => Just(Event::Outage),
        1 => Just(Event::Kill),
        1 => Just(Event::Restart),
        4 => (1..60_u64).prop_map(Event::Wait),
    ]
}

async fn play(test: &TestStore, events: &[Event]) {
    let ledger = Scripted::new();
    let mut scene = Scene::new(&test.store, ledger.clone());
    scene.options.lease = Duration::from_millis(300);
    scene.options.submitted_after = Duration::from_millis(5);
    scene.options.resend_after = Duration::from_millis(15);
    scene.options.outcome_after = Duration::from_millis(30);
    let countries = ["GB", "US", "FR", "DE", "IT"];
    let mut commands = Vec::new();
    let mut running = scene.start();
    for event in events {
        match event {
            Event::Command => {
                let command = activate(countries[commands.len() % countries.len()]);
                let key = command.ledger_key();
                commands.push((scene.enqueue(command).await, key));
            }
            Event::Fates(fates) => ledger.with(|world| world.fates = fates.clone()),
            Event::Refuse => ledger.with(|world| {
                for (_, key) in &commands {
                    world.refused.insert(key.clone(), Refusal::of(RefusalCode::SystemPaused));
                }
            }),
            Event::Release => ledger.release(),
            Event::Blocks => ledger.add_blocks(2),
            Event::Outage => {
                ledger.with(|world| world.unreachable = true);
                tokio::time::sleep(Duration::from_millis(20)).await;
                ledger.with(|world| world.unreachable = false);
            }
            Event::Kill => {
                running.kill().await;
                running = scene.start();
            }
            Event::Restart => {
                running.stop().await;
                running = scene.start();
            }
            Event::Wait(millis) => tokio::time::sleep(Duration::from_millis(*millis)).await,
        }
    }
    // Everything is well again; late envelopes stay late until all is decided.
    ledger.with(|world| world.fates.clear());
    for (id, _) in &commands {
        let id = *id;
        eventually("every command is final", async || {
            ledger.add_blocks(1);
            let state = scene.state(id).await;
            assert_ne!(state, OutboxState::Dead);
            state.is_final()
        })
        .await;
    }
    ledger.release();
    running.stop().await;
    for (id, key) in &commands {
        let state = scene.state(*id).await;
        let effects = ledger.with(|world| world.effects.get(key).copied().unwrap_or(0));
        match state {
            OutboxState::Committed => assert_eq!(effects, 1, "{key} is committed"),
            OutboxState::Failed => assert_eq!(effects, 0, "{key} was refused"),
            other => panic!("{key} is {other:?}"),
        }
    }
}

fn run(cases: u32, postgres: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = ProptestConfig { cases, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(events in prop::collection::vec(event(), 5..40))| {
        runtime.block_on(async {
            let test = if postgres {
                TestStore::migrated(gx_store::Backend::Postgres).await.unwrap()
            } else {
                Some(TestStore::sqlite().await.unwrap())
            };
            if let Some(test) = test {
                play(&test, &events).await;
                test.store.close().await.unwrap();
            }
        });
    });
}

#[test]
fn every_command_has_one_effect_or_none_on_sqlite() {
    run(24, false);
}

#[test]
fn every_command_has_one_effect_or_none_on_postgresql() {
    run(8, true);
}
