//! The ledger after crashes: at every write, by a kill, and in the middle of a commit.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::future::join_all;
use gx_base::{SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, KeyState, Ledger, LedgerError, Outcome};
use std::sync::Arc;

use crate::support::*;

/// Lengths of the records in a segment file, as their frames tell: 24 bytes of header with the body's length at 4,
/// 8 bytes behind the body; the segment's own header has 20.
fn boundaries(segment: &[u8]) -> Vec<usize> {
    let mut ends = vec![20];
    while let Some(length) = segment.get(ends.last().unwrap() + 4..).and_then(|rest| rest.first_chunk::<4>()) {
        ends.push(ends.last().unwrap() + 32 + u32::from_le_bytes(*length) as usize);
    }
    assert_eq!(*ends.last().unwrap(), segment.len());
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_every_write_loses_only_what_nobody_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    // One segment, so that a cut is a cut of the last one.
    let options = gx_ledger::EmbeddedOptions { segment_bytes_max: u64::MAX, ..small() };
    let ledger = open_with(&whole, options.clone(), 1).unwrap();
    populate(&ledger, 4).await;
    let early = folder.path().join("early");
    copy(&whole, &early);
    let early_height = ledger.info().await.unwrap().height;
    let mut told = Vec::new();
    for number in 0..12_u64 {
        told.push(settle(&ledger, payment(number % 4, (number + 1) % 4, 100, &format!("told-{number}"))).await);
    }
    drop(ledger);

    let segment = std::fs::read(whole.join("blocks/00000000000000000000.blocks")).unwrap();
    let ends = boundaries(&segment);
    let mut seed = 10;
    for (height, pair) in ends.windows(2).enumerate().skip(early_height as usize) {
        // Block `height` is cut at its beginning, in its header, in its body, and just before its end.
        for cut in [pair[0], pair[0] + 1, pair[0] + 23, pair[0] + 24, pair[0].midpoint(pair[1]), pair[1] - 1] {
            // With no state, and with the state of an earlier time; the lock file and the key are as they were.
            for state in [None, Some(&early)] {
                let crashed = folder.path().join("crashed");
                copy(&early, &crashed);
                if state.is_none() {
                    std::fs::remove_dir_all(crashed.join("state")).unwrap();
                }
                std::fs::write(crashed.join("blocks/00000000000000000000.blocks"), &segment[..cut]).unwrap();
                seed += 1;
                let ledger = open_with(&crashed, options.clone(), seed).unwrap();
                let found = ledger.info().await.unwrap().height;
                assert_eq!(found, height as u64 - 1, "cut at {cut}");
                for committed in &told {
                    let outcome = ledger.outcome(&committed.tx_id, Duration::ZERO).await.unwrap();
                    let expected =
                        if committed.block <= found { Outcome::Committed(committed.clone()) } else { Outcome::Unknown };
                    assert_eq!(outcome, expected);
                }
                settle(&ledger, payment(0, 1, 100, "after-the-crash")).await;
                ledger.verify(|_| {}).unwrap();
                drop(ledger);
                std::fs::remove_dir_all(&crashed).unwrap();
            }
        }
    }

    // A state that is ahead of the chain is no crash: blocks that were durable are gone.
    for cut in [ends[ends.len() - 2], segment.len() - 1] {
        let crashed = folder.path().join("lost");
        copy(&whole, &crashed);
        std::fs::write(crashed.join("blocks/00000000000000000000.blocks"), &segment[..cut]).unwrap();
        let refused = open_with(&crashed, options.clone(), 99).unwrap_err();
        assert!(matches!(refused, LedgerError::Damaged { .. }), "{refused}");
        std::fs::remove_dir_all(&crashed).unwrap();
    }
}

/// The other process of the tests below: pays and tells, until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the tests that kill it"]
async fn child_that_pays() {
    let folder = std::env::var("GX_TEST_LEDGER").unwrap();
    let ledger =
        EmbeddedLedger::open(Path::new(&folder), small(), Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let ledger = Arc::new(ledger);
    let start = ledger.info().await.unwrap().height;
    for round in 0_u64.. {
        let payments = (0..4_u64).map(|lane| {
            let ledger = Arc::clone(&ledger);
            async move {
                let key = format!("killed-{start}-{round}-{lane}");
                let committed = settle(&ledger, payment(lane * 2, lane * 2 + 1, 100, &key)).await;
                // One write, so that a line is whole or not there.
                let line = format!("told {key} {} {}\n", committed.tx_id, committed.block);
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
        join_all(payments).await;
    }
}

fn start_child(folder: &Path, failpoint: Option<&str>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "crash::child_that_pays", "--ignored", "--nocapture"])
        .env("GX_TEST_LEDGER", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(failpoint) = failpoint {
        command.env("GX_FAILPOINT", failpoint).env("GX_FAILPOINT_HIT", folder.join("hit"));
    }
    command.spawn().unwrap()
}

/// Lets the child pay until it has told `count` payments or has died, kills it, and returns everything it told.
fn pay_until_killed(mut child: Child, count: usize) -> Vec<(String, String, u64)> {
    let mut told = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut killed = false;
    // After the kill the pipe still holds what was told before.
    while let Some(Ok(line)) = lines.next() {
        let words: Vec<_> = line.split(' ').collect();
        if let [.., "told", key, tx_id, block] = words.as_slice() {
            told.push(((*key).to_owned(), (*tx_id).to_owned(), block.parse().unwrap()));
        }
        if told.len() >= count && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    told
}

async fn check_told(folder: &Path, told: &[(String, String, u64)], seed: u64) {
    let ledger = open(folder, seed);
    for (key, tx_id, block) in told {
        let state = ledger.receipt_of(&key.parse().unwrap()).await.unwrap();
        let Some(KeyState::Receipt(committed)) = state else { panic!("{key} was told and is {state:?}") };
        assert_eq!((&committed.tx_id.to_string(), committed.block), (tx_id, *block));
    }
    ledger.verify(|_| {}).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_time_it_keeps_what_it_told() {
    let folder = tempfile::tempdir().unwrap();
    populate(&open(folder.path(), 1), 8).await;
    let mut all = Vec::new();
    for kill in 0..6 {
        let told = pay_until_killed(start_child(folder.path(), None), 10 + kill * 17);
        assert!(!told.is_empty());
        all.extend(told);
        check_told(folder.path(), &all, 100 + kill as u64).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_commit_it_keeps_what_it_told() {
    let folder = tempfile::tempdir().unwrap();
    populate(&open(folder.path(), 1), 8).await;
    let mut all = Vec::new();
    for nth in [1, 2, 7, 30] {
        let point = format!("ledger.mid_commit:{nth}");
        let told = pay_until_killed(start_child(folder.path(), Some(&point)), usize::MAX);
        let hit = std::fs::read_to_string(folder.path().join("hit")).expect("the point was hit");
        assert_eq!(hit, "ledger.mid_commit");
        std::fs::remove_file(folder.path().join("hit")).unwrap();
        all.extend(told);
        check_told(folder.path(), &all, 200 + nth).await;
    }
    assert!(!all.is_empty());
}
