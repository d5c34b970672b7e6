//! The log after crashes and damage.

use std::path::Path;

use super::{LogReader, LogWriter, Step, Tail};
use crate::error::LedgerError;

const SEGMENT_BYTES: u64 = 1_000;

fn body(number: u64) -> Vec<u8> {
    vec![number as u8 + 1; 100 + number as usize * 7]
}

fn fill(folder: &Path, blocks: u64) {
    let mut log = LogWriter::create(folder, SEGMENT_BYTES).unwrap();
    for number in 0..blocks {
        log.append(number, &body(number)).unwrap();
    }
}

/// How many blocks a walk finds, each compared with what was written, and the end.
fn walk(folder: &Path) -> Result<(u64, Tail), LedgerError> {
    let reader = LogReader::new(folder);
    let mut scan = reader.scan(0, 0, 0)?;
    let mut blocks = 0;
    loop {
        match scan.next()? {
            Step::Block { number, body: found, place } => {
                assert_eq!(number, blocks);
                assert_eq!(found, body(number));
                assert_eq!(reader.read(number, place)?, found);
                blocks += 1;
            }
            Step::End(tail) => return Ok((blocks, tail)),
        }
    }
}

#[test]
fn blocks_come_back_over_several_segments() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 20);
    let (blocks, tail) = walk(folder.path()).unwrap();
    assert_eq!((blocks, tail.unfinished), (20, 0));
    assert!(LogReader::new(folder.path()).segments().unwrap().len() > 2);
}

#[test]
fn a_log_cut_anywhere_in_its_last_block_goes_on_after_the_block_before() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 4);
    let reader = LogReader::new(folder.path());
    let file = reader.path(0);
    let whole = std::fs::read(&file).unwrap();
    let last = {
        let mut scan = reader.scan(0, 0, 0).unwrap();
        let mut last = None;
        while let Step::Block { place, .. } = scan.next().unwrap() {
            last = Some(place);
        }
        last.unwrap()
    };
    for length in last.offset..whole.len() as u64 {
        // Cut short, or with the place allotted and the rest never written.
        for zeros in [false, true] {
            let mut bytes = whole[..length as usize].to_vec();
            if zeros {
                bytes.resize(whole.len(), 0);
            }
            std::fs::write(&file, &bytes).unwrap();
            if zeros && length > whole.len() as u64 - 8 {
                // Part of the end mark is there: not provably unfinished.
                assert!(matches!(walk(folder.path()), Err(LedgerError::Damaged { .. })), "at {length}");
                continue;
            }
            let (blocks, tail) = walk(folder.path()).unwrap();
            assert_eq!((blocks, tail.offset), (3, last.offset), "at {length}");
            let mut log = LogWriter::resume(folder.path(), SEGMENT_BYTES, tail.segment, tail.offset).unwrap();
            log.append(3, &body(3)).unwrap();
            assert_eq!(std::fs::read(&file).unwrap(), whole);
            assert_eq!(walk(folder.path()).unwrap().0, 4);
        }
    }
}

#[test]
fn a_segment_without_a_whole_header_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 20);
    let reader = LogReader::new(folder.path());
    let last = *reader.segments().unwrap().last().unwrap();
    let whole = std::fs::read(reader.path(last)).unwrap();
    for length in 0..=20 {
        std::fs::write(reader.path(last), &whole[..length]).unwrap();
        let (blocks, tail) = walk(folder.path()).unwrap();
        assert_eq!(blocks, last);
        let mut log = LogWriter::resume(folder.path(), SEGMENT_BYTES, tail.segment, tail.offset).unwrap();
        for number in last..20 {
            log.append(number, &body(number)).unwrap();
        }
        assert_eq!(walk(folder.path()).unwrap().0, 20);
    }
}

#[test]
fn every_flipped_byte_is_damage_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 8);
    let reader = LogReader::new(folder.path());
    for segment in reader.segments().unwrap() {
        let file = reader.path(segment);
        let good = std::fs::read(&file).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1 << (place % 8);
            std::fs::write(&file, &bad).unwrap();
            let Err(LedgerError::Damaged { file: named, .. }) = walk(folder.path()) else {
                panic!("byte {place} of segment {segment} was not noticed");
            };
            assert_eq!(named, file);
        }
        std::fs::write(&file, &good).unwrap();
    }
}

#[test]
fn a_missing_or_shortened_segment_in_the_middle_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 20);
    let reader = LogReader::new(folder.path());
    let middle = reader.segments().unwrap()[1];
    let whole = std::fs::read(reader.path(middle)).unwrap();
    for length in [10, 25, whole.len() - 1] {
        std::fs::write(reader.path(middle), &whole[..length]).unwrap();
        assert!(matches!(walk(folder.path()), Err(LedgerError::Damaged { .. })), "cut at {length}");
    }
    std::fs::remove_file(reader.path(middle)).unwrap();
    assert!(matches!(walk(folder.path()), Err(LedgerError::Damaged { .. })));
}
