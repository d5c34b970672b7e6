//! The state against a model: ordinary maps, one per block.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::{KeyRef, SharedKey, Snapshot, Stamped, StateOptions, StateStore, Version, Write};
use crate::embedded::log::Tip;
use crate::error::LedgerError;

type Model = BTreeMap<Vec<u8>, (Version, Vec<u8>)>;

/// Small tables, so that flushes and merges happen all the time.
const OPTIONS: StateOptions = StateOptions { memtable_bytes: 20_000, cache_bytes: 100_000 };

fn tip(number: u64) -> Tip {
    Tip { number, hash: [number as u8; 32], timestamp: 0, segment: 0, offset: number * 100 }
}

fn genesis() -> Tip {
    Tip { hash: [9; 32], ..tip(0) }
}

fn key(number: u32) -> Vec<u8> {
    format!("\0balance\0account-{number:05}\0").into_bytes()
}

fn write(number: u32, version: Version, value: Option<Vec<u8>>) -> Write {
    Write { key: SharedKey::new(&key(number)), stamped: Stamped { version, value: value.map(Arc::from) } }
}

fn apply(store: &StateStore, model: &mut Model, block: u64, writes: &[(u32, Option<Vec<u8>>)]) {
    let mut batch = Vec::new();
    for (position, (number, value)) in writes.iter().enumerate() {
        let version = Version { block, position: position as u32 };
        batch.push(write(*number, version, value.clone()));
        match value {
            Some(value) => model.insert(key(*number), (version, value.clone())),
            None => model.remove(&key(*number)),
        };
    }
    store.apply(batch, tip(block));
}

fn check_get(snapshot: &Snapshot, model: &Model, number: u32) -> Result<(), LedgerError> {
    let found =
        snapshot.get(KeyRef::new(&key(number)))?.map(|stamped| (stamped.version, stamped.value.unwrap().to_vec()));
    assert_eq!(found.as_ref(), model.get(&key(number)), "account {number} at {}", snapshot.height());
    Ok(())
}

fn check_range(snapshot: &Snapshot, model: &Model) -> Result<(), LedgerError> {
    let mut range = snapshot.range(Bound::Unbounded, Bound::Unbounded)?;
    let mut expected = model.iter();
    while let Some((key, stamped)) = range.next()? {
        let (wanted, (version, value)) = expected.next().expect("no key that the model does not hold");
        assert_eq!(
            (key.to_vec(), stamped.version, stamped.value.unwrap().to_vec()),
            (wanted.clone(), *version, value.clone())
        );
    }
    assert_eq!(expected.next(), None);
    Ok(())
}

/// A few hundred blocks over a few hundred keys, with deletions.
fn fill(folder: &Path, blocks: u64) -> Model {
    let store = StateStore::open(folder, OPTIONS, genesis()).unwrap();
    let mut model = Model::new();
    for block in 1..=blocks {
        let writes: Vec<_> = (0..20_u32)
            .map(|place| {
                let number = (block as u32 * 7 + place * 31) % 700;
                (number, (place % 5 != 0).then(|| vec![block as u8; 60 + place as usize]))
            })
            .collect();
        apply(&store, &mut model, block, &writes);
    }
    store.flush().unwrap();
    model
}

#[test]
fn what_was_flushed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let model = fill(folder.path(), 300);
    let store = StateStore::open(folder.path(), OPTIONS, genesis()).unwrap();
    assert_eq!(store.tip(), tip(300));
    assert!(store.size().1 > 1, "several runs");
    let snapshot = store.snapshot();
    check_range(&snapshot, &model).unwrap();
    for number in 0..750 {
        check_get(&snapshot, &model, number).unwrap();
    }
}

#[test]
fn a_flipped_byte_anywhere_is_an_error_by_name_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = fill(folder.path(), 70);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut refused = 0;
    for file in &files {
        let good = std::fs::read(file).unwrap();
        // A prime stride visits headers, places, keys, values, index, filter and footer.
        for place in (0..good.len()).step_by(211).chain(good.len().saturating_sub(70)..good.len()) {
            let mut bad = good.clone();
            bad[place] ^= 1 << (place % 8);
            std::fs::write(file, &bad).unwrap();
            let result = StateStore::open(folder.path(), OPTIONS, genesis()).and_then(|store| {
                let snapshot = store.snapshot();
                (0..750).try_for_each(|number| check_get(&snapshot, &model, number))?;
                check_range(&snapshot, &model)
            });
            match result {
                Ok(()) => {}
                Err(LedgerError::Damaged { file: named, .. }) => {
                    assert_eq!(&named, file);
                    refused += 1;
                }
                Err(other) => panic!("{other}"),
            }
            std::fs::write(file, &good).unwrap();
        }
    }
    assert!(refused > 100, "{refused} flips were noticed");
}

#[test]
fn files_that_a_crash_left_behind_are_removed_and_missing_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let model = fill(folder.path(), 50);
    let stray = folder.path().join("9999999999999999.run");
    std::fs::write(&stray, b"half a run").unwrap();
    let store = StateStore::open(folder.path(), OPTIONS, genesis()).unwrap();
    assert!(!stray.exists());
    check_range(&store.snapshot(), &model).unwrap();
    drop(store);

    let other = Tip { hash: [8; 32], ..tip(0) };
    assert!(matches!(StateStore::open(folder.path(), OPTIONS, other), Err(LedgerError::Damaged { .. })));

    let manifest = folder.path().join("manifest.gx");
    std::fs::rename(&manifest, folder.path().join("manifest.away")).unwrap();
    let Err(LedgerError::Damaged { file, .. }) = StateStore::open(folder.path(), OPTIONS, genesis()) else {
        panic!("a state without manifest was opened");
    };
    assert_eq!(file, manifest);
}

#[test]
fn readers_keep_their_height_while_blocks_flushes_and_merges_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = StateStore::open(folder.path(), OPTIONS, genesis()).unwrap();
    let mut model = Model::new();
    let mut kept = Vec::new();
    for block in 1..=400_u64 {
        let writes: Vec<_> =
            (0..15_u32).map(|place| ((block as u32 * 13 + place * 3) % 200, Some(vec![block as u8; 100]))).collect();
        apply(&store, &mut model, block, &writes);
        if block % 40 == 0 {
            kept.push((store.snapshot(), model.clone()));
        }
    }
    for (snapshot, model) in &kept {
        check_range(snapshot, model).unwrap();
        (0..200).for_each(|number| check_get(snapshot, model, number).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_state_is_what_the_model_says(
        blocks in prop::collection::vec(
            prop::collection::vec((0..60_u32, prop::option::weighted(0.8, 1..400_usize)), 0..30), 1..80),
        flush_at in 0..80_usize,
        bounds in (0..60_u32, 0..60_u32),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = StateStore::open(folder.path(), OPTIONS, genesis()).unwrap();
        let mut model = Model::new();
        for (number, writes) in blocks.iter().enumerate() {
            let block = number as u64 + 1;
            let writes: Vec<_> =
                writes.iter().map(|(key, size)| (*key, size.map(|size| vec![block as u8; size]))).collect();
            apply(&store, &mut model, block, &writes);
            if number == flush_at {
                store.flush().unwrap();
            }
        }
        let snapshot = store.snapshot();
        check_range(&snapshot, &model).unwrap();
        (0..60).for_each(|number| check_get(&snapshot, &model, number).unwrap());

        let (from, to) = (key(bounds.0.min(bounds.1)), key(bounds.0.max(bounds.1)));
        let mut range = snapshot.range(Bound::Excluded(from.clone()), Bound::Included(to.clone())).unwrap();
        let mut found = Vec::new();
        while let Some((key, _)) = range.next().unwrap() {
            found.push(key.to_vec());
        }
        let wanted: Vec<_> = if from == to {
            Vec::new()
        } else {
            model.range((Bound::Excluded(from), Bound::Included(to))).map(|(key, _)| key.clone()).collect()
        };
        prop_assert_eq!(found, wanted);
    }
}
