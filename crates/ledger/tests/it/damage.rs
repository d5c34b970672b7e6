//! A flipped byte anywhere: what is read is right, or refused by name.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use gx_base::{EntropyExt, SeededEntropy};
use gx_ledger::{Block, Committed, KeyState, Ledger, LedgerError, Outcome};
use std::sync::Arc;

use crate::support::*;

/// What a good ledger holds.
struct Truth {
    blocks: Vec<Arc<Block>>,
    balances: Vec<u64>,
    committed: Vec<Committed>,
}

const PEOPLE: u64 = 24;

async fn build(folder: &Path) -> Truth {
    let ledger = open(folder, 1);
    populate(&ledger, PEOPLE).await;
    let mut committed = Vec::new();
    for round in 0..8_u64 {
        let payments = (0..PEOPLE / 2).map(|couple| {
            let call = payment(couple * 2, couple * 2 + 1, 100 + round, &format!("pay-{round}-{couple}"));
            settle(&ledger, call)
        });
        committed.extend(futures::future::join_all(payments).await);
    }
    let height = ledger.info().await.unwrap().height;
    let blocks = ledger.blocks(0).take(height as usize + 1).map(Result::unwrap).collect().await;
    let mut balances = Vec::new();
    for number in 0..PEOPLE {
        balances.push(balance(&ledger, number).await.unwrap());
    }
    Truth { blocks, balances, committed }
}

/// Opens the ledger and reads everything in every way; whatever is answered must be true.
async fn read_everything(folder: &Path, truth: &Truth, seed: u64) -> Result<(), LedgerError> {
    let ledger = open_with(folder, small(), seed)?;
    let mut first = None;
    let mut keep = |error: LedgerError| {
        first.get_or_insert(error);
    };
    let height = ledger.info().await?.height;
    assert_eq!(height as usize + 1, truth.blocks.len());
    for (number, expected) in truth.balances.iter().enumerate() {
        match balance(&ledger, number as u64).await {
            Ok(found) => assert_eq!(found, *expected),
            Err(error) => keep(error),
        }
    }
    for committed in &truth.committed {
        match ledger.outcome(&committed.tx_id, Duration::ZERO).await {
            Ok(found) => assert_eq!(found, Outcome::Committed(committed.clone())),
            Err(error) => keep(error),
        }
        match ledger.receipt_of(&committed.receipt.key).await {
            Ok(found) => assert_eq!(found, Some(KeyState::Receipt(committed.clone()))),
            Err(error) => keep(error),
        }
    }
    for expected in &truth.blocks {
        match ledger.blocks(expected.number).next().await.unwrap() {
            Ok(found) => assert_eq!(&found, expected),
            Err(error) => keep(error),
        }
    }
    if let Err(error) = ledger.verify(|_| {}) {
        keep(error);
    }
    first.map_or(Ok(()), Err)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_in_200_random_places_is_noticed_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    let truth = build(&good).await;
    read_everything(&good, &truth, 2).await.unwrap();

    let random = SeededEntropy::new(7);
    let files: Vec<_> = files(&good).into_iter().filter(|file| std::fs::metadata(file).unwrap().len() > 0).collect();
    assert!(files.len() > 5, "several segments and runs: {files:?}");
    let sizes: Vec<u64> = files.iter().map(|file| std::fs::metadata(file).unwrap().len()).collect();
    let (mut noticed, mut harmless) = (0, 0);
    for flip in 0..200_u64 {
        // Half of the flips are spread by bytes, half by files, so that small files get their share.
        let file = if flip % 2 == 0 {
            let mut place = random.below(sizes.iter().sum());
            sizes.iter().position(|size| place.checked_sub(*size).map(|left| place = left).is_none()).unwrap()
        } else {
            random.below(files.len() as u64) as usize
        };
        let name = files[file].strip_prefix(&good).unwrap();
        let place = random.below(sizes[file]) as usize;
        let bad = folder.path().join("bad");
        copy(&good, &bad);
        let mut bytes = std::fs::read(bad.join(name)).unwrap();
        bytes[place] ^= 1 << random.below(8);
        std::fs::write(bad.join(name), &bytes).unwrap();

        match read_everything(&bad, &truth, 1_000 + flip).await {
            Ok(()) => harmless += 1,
            Err(LedgerError::Damaged { file, .. }) => {
                assert_eq!(file, bad.join(name), "byte {place}");
                noticed += 1;
            }
            Err(other) => panic!("byte {place} of {}: {other}", name.display()),
        }
        std::fs::remove_dir_all(&bad).unwrap();
    }
    println!("{noticed} noticed, {harmless} harmless");
    assert!(noticed > 190, "{noticed} noticed, {harmless} harmless");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    let truth = build(&good).await;
    for file in files(&good) {
        let name = file.strip_prefix(&good).unwrap();
        let bad = folder.path().join("bad");
        copy(&good, &bad);
        std::fs::remove_file(bad.join(name)).unwrap();
        let read = read_everything(&bad, &truth, 5).await;
        let name = name.to_str().unwrap();
        if name == "ledger.lock" || name == "endorser.key" {
            read.unwrap();
        } else {
            assert!(matches!(read, Err(LedgerError::Damaged { .. })), "without {name}: {read:?}");
        }
        std::fs::remove_dir_all(&bad).unwrap();
    }
}
