//! Validation against views of the state, version by version and range by range.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use gx_contracts::testing::pay;
use gx_contracts::{Receipt, ReceiptResult, WriteSet};
use gx_types::{Qirat, Timestamp};

use super::candidate::Candidate;
use super::log::Tip;
use super::overlay::{Overlay, View};
use super::payload::{Origin, Payload, RangeRead, Reads};
use super::state::{KeyRef, SharedKey, Stamped, StateOptions, StateStore, Version, Write};
use crate::block::TxCode;

fn tip(number: u64) -> Tip {
    Tip { number, hash: [number as u8; 32], timestamp: 0, segment: 0, offset: 0 }
}

fn write(key: &str, block: u64, value: Option<&str>) -> Write {
    let version = Version { block, position: 0 };
    let value = value.map(|value| Arc::from(value.as_bytes()));
    Write { key: SharedKey::new(key.as_bytes()), stamped: Stamped { version, value } }
}

fn store(folder: &Path) -> StateStore {
    let options = StateOptions { memtable_bytes: 1_000, cache_bytes: 100_000 };
    let store = StateStore::open(folder, options, tip(0)).unwrap();
    store.apply(vec![write("\0a\0", 1, Some("1")), write("\0b\0", 1, Some("1"))], tip(1));
    store.flush().unwrap();
    store.apply(vec![write("\0c\0", 2, Some("2"))], tip(2));
    store
}

/// A transaction that was simulated in a view and read what is given.
fn candidate(view: View<'_>, reads: &[(&str, Option<u64>)], ranges: &[RangeRead]) -> Candidate {
    let reads: Reads = reads
        .iter()
        .map(|(key, block)| (SharedKey::new(key.as_bytes()), block.map(|block| Version { block, position: 0 })))
        .collect();
    let call = pay("a", "b", Qirat::new(1).unwrap(), "key");
    let receipt = Receipt {
        tx_id: gx_types::TxId::from_bytes([1; 32]),
        key: "key".parse().unwrap(),
        result: ReceiptResult::Done,
    };
    let payload = Payload {
        origin: Origin::Nonce([3; 24]),
        msp_id: "Org1DevnetMSP",
        role: Some(call.role),
        function: &call.function,
        args: &call.args,
        timestamp: Timestamp::from_micros(1),
        basis: view.basis(),
        reads: &reads,
        ranges,
        writes: &WriteSet::new(),
        events: &[],
        receipt: &receipt,
    };
    Candidate::new(payload.encode(), None).unwrap()
}

fn range_of(view: View<'_>, from: &str, to: &str) -> RangeRead {
    let found = view.range(Bound::Included(from.into()), to.as_bytes(), 100).unwrap();
    RangeRead {
        from: from.into(),
        to: to.into(),
        found: found.iter().map(|(key, stamped)| (key.to_vec(), stamped.version)).collect(),
    }
}

#[test]
fn reads_stand_as_long_as_nobody_writes_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let snapshot = store.snapshot();
    // One overlay knows every write since the simulation, the other knows nothing of earlier blocks: the verdicts agree.
    for mut overlay in [Overlay::above(2), Overlay::above(u64::MAX)] {
        let reads = [("\0a\0", Some(1)), ("\0c\0", Some(2)), ("\0none\0", None)];
        let tx = candidate(View::pending(&overlay, &snapshot), &reads, &[]);
        let verdict = |overlay: &Overlay| tx.verdict(View::pending(overlay, &snapshot)).unwrap();
        assert_eq!(verdict(&overlay), TxCode::Valid);
        overlay.add(3, &[write("\0b\0", 3, Some("3"))]);
        assert_eq!(verdict(&overlay), TxCode::Valid, "something else was written");
        for changed in [write("\0a\0", 3, Some("1")), write("\0c\0", 3, None), write("\0none\0", 3, Some("x"))] {
            let mut changed_overlay = Overlay::above(2);
            changed_overlay.add(3, &[changed]);
            assert_eq!(verdict(&changed_overlay), TxCode::MvccReadConflict);
        }
        // Something that was not there came and went: what was read is so again, as Fabric has it.
        overlay.add(4, &[write("\0none\0", 4, Some("x"))]);
        overlay.add(5, &[write("\0none\0", 5, None)]);
        assert_eq!(verdict(&overlay), TxCode::Valid);
    }
}

#[test]
fn a_wrong_version_is_a_conflict_wherever_the_key_lies() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let snapshot = store.snapshot();
    let view = View::durable(&snapshot);
    for (key, right) in [("\0a\0", Some(1)), ("\0c\0", Some(2)), ("\0none\0", None)] {
        for version in [None, Some(1), Some(2), Some(3)] {
            let expected = if version == right { TxCode::Valid } else { TxCode::MvccReadConflict };
            assert_eq!(candidate(view, &[(key, version)], &[]).verdict(view).unwrap(), expected, "{key} {version:?}");
        }
    }
    let mut foreign = candidate(view, &[("\0a\0", Some(1))], &[]);
    foreign.foreign = true;
    assert_eq!(foreign.verdict(view).unwrap(), TxCode::MvccReadConflict);
}

#[test]
fn what_appears_or_goes_in_a_range_that_was_read_is_a_phantom() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let snapshot = store.snapshot();
    let view = View::durable(&snapshot);
    let tx = candidate(view, &[], &[range_of(view, "\0a\0", "\0c\0")]);
    assert_eq!(tx.verdict(view).unwrap(), TxCode::Valid);
    let cases = [
        (write("\0c\0", 3, Some("3")), TxCode::Valid),
        (write("\0z\0", 3, Some("3")), TxCode::Valid),
        (write("\0ab\0", 3, Some("3")), TxCode::PhantomReadConflict),
        (write("\0bz\0", 3, Some("3")), TxCode::PhantomReadConflict),
        (write("\0a\0", 3, Some("3")), TxCode::PhantomReadConflict),
        (write("\0b\0", 3, None), TxCode::PhantomReadConflict),
    ];
    for (changed, expected) in cases {
        let mut overlay = Overlay::above(2);
        overlay.add(3, std::slice::from_ref(&changed));
        assert_eq!(tx.verdict(View::pending(&overlay, &snapshot)).unwrap(), expected, "{changed:?}");
    }
}

#[test]
fn the_overlay_forgets_old_blocks_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let snapshot = store.snapshot();
    let mut overlay = Overlay::above(2);
    let mut block = 2;
    // Many writes, so that old blocks go; each block writes one key of its own and one that every block writes.
    while overlay.len() < 60_000 {
        block += 1;
        let writes: Vec<Write> =
            (0..500).map(|number| write(&format!("\0{block}-{number}\0"), block, Some("x"))).collect();
        overlay.add(block, &writes);
        overlay.add(block, &[write("\0every\0", block, Some("x"))]);
    }
    overlay.forget(block - 5);
    assert!(overlay.len() <= 25_000, "{} writes are kept", overlay.len());
    let view = View::pending(&overlay, &snapshot);
    let newest = view.get(KeyRef::new(b"\0every\0")).unwrap().unwrap();
    assert_eq!(newest.version.block, block);
    // The state below does not have the forgotten blocks here, so asking it shows who is asked.
    assert!(view.get(KeyRef::new(b"\x003-1\0")).unwrap().is_none(), "block 3 was forgotten");
    let early = Some(Version { block: 1, position: 7 });
    assert!(
        !view.still_has(KeyRef::new(b"\0a\0"), early, 2).unwrap(),
        "an early simulation is compared with the state"
    );
    assert!(view.still_has(KeyRef::new(b"\0a\0"), early, block).unwrap(), "a late one is known to be unchanged");
}
