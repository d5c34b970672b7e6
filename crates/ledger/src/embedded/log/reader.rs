//! Reading blocks: one by its place, or all from a place on.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::record::{self, Header};
use super::segment;
use crate::embedded::files;
use crate::error::LedgerError;

/// Segments kept open for reading.
const OPEN_SEGMENTS_MAX: usize = 32;

/// Where a block's record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Segment, by its first block.
    pub(crate) segment: u64,
    /// Offset in the segment.
    pub(crate) offset: u64,
    /// Length of the record.
    pub(crate) bytes: u64,
}

/// What is behind the last whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The last segment.
    pub(crate) segment: u64,
    /// Where its last whole record ends; 0 if it has no whole header.
    pub(crate) offset: u64,
    /// Bytes of an unfinished write behind it.
    pub(crate) unfinished: u64,
}

/// Reads blocks of a log, also while it is written.
#[derive(Debug)]
pub(crate) struct LogReader {
    folder: PathBuf,
    open: Mutex<BTreeMap<u64, Arc<File>>>,
}

impl LogReader {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), open: Mutex::default() }
    }

    /// The first blocks of all segments, in order.
    pub(crate) fn segments(&self) -> Result<Vec<u64>, LedgerError> {
        segment::list(&self.folder)
    }

    /// The file of a segment.
    pub(crate) fn path(&self, segment: u64) -> PathBuf {
        segment::path(&self.folder, segment)
    }

    /// The body of block `number` at its place.
    pub(crate) fn read(&self, number: u64, place: Place) -> Result<Vec<u8>, LedgerError> {
        let path = self.path(place.segment);
        let bytes = files::read_at(&*self.file(place.segment)?, &path, place.offset, place.bytes as usize)?;
        record::unframe(number, bytes).map_err(|problem| LedgerError::damaged(&path, place.offset, problem.0))
    }

    /// Walks the log from block `number`, which starts at `offset` of `segment` (or is the first of the next).
    pub(crate) fn scan(&self, number: u64, segment: u64, offset: u64) -> Result<Scan<'_>, LedgerError> {
        let segments: Vec<u64> = self.segments()?.into_iter().filter(|first| *first >= segment).collect();
        if segments.first() != Some(&segment) {
            return Err(LedgerError::damaged(&self.path(segment), 0, "the file is missing"));
        }
        Ok(Scan { log: self, number, segments, offset })
    }

    fn file(&self, segment: u64) -> Result<Arc<File>, LedgerError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&segment) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(segment);
        let file = File::open(&path).map(Arc::new).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LedgerError::damaged(&path, 0, "the file is missing"),
            _ => LedgerError::storage("open", &path, &error),
        })?;
        if open.len() >= OPEN_SEGMENTS_MAX {
            open.pop_first();
        }
        open.insert(segment, Arc::clone(&file));
        Ok(file)
    }
}

/// A walk over the records of a log.
pub(crate) struct Scan<'a> {
    log: &'a LogReader,
    number: u64,
    /// The present segment and those after it.
    segments: Vec<u64>,
    offset: u64,
}

/// One step of a [`Scan`].
#[derive(Debug)]
pub(crate) enum Step {
    /// A block.
    Block { number: u64, body: Vec<u8>, place: Place },
    /// The end of the log.
    End(Tail),
}

impl Scan<'_> {
    /// The next block, or the end. Anything but a whole block or an unfinished last write is damage.
    pub(crate) fn next(&mut self) -> Result<Step, LedgerError> {
        loop {
            let Some(&segment) = self.segments.first() else { return Err(LedgerError::Closed) };
            let is_last = self.segments.len() == 1;
            let path = self.log.path(segment);
            let file = self.log.file(segment)?;
            let length = file.metadata().map_err(|error| LedgerError::storage("read", &path, &error))?.len();
            let end = |offset: u64| Ok(Step::End(Tail { segment, offset, unfinished: length.saturating_sub(offset) }));
            let damaged = |offset: u64, what: String| Err(LedgerError::damaged(&path, offset, what));

            // 1. The segment's header.
            if self.offset <= segment::HEADER_BYTES as u64 {
                let header = files::read_at(&file, &path, 0, segment::HEADER_BYTES.min(length as usize))?;
                if is_last && header.len() < segment::HEADER_BYTES && segment::header(segment).starts_with(&header) {
                    return end(0);
                }
                if let Err(problem) = segment::check_header(&header, segment) {
                    return damaged(0, problem.0.to_owned());
                }
                self.offset = segment::HEADER_BYTES as u64;
            }

            // 2. The end of the segment: the end of the log, or the next segment follows.
            let at = self.offset;
            let Some(left) = length.checked_sub(at) else {
                return damaged(length, "the file ends before blocks that were there before".to_owned());
            };
            if left == 0 {
                if is_last {
                    return end(at);
                }
                self.segments.remove(0);
                self.offset = 0;
                if self.segments.first() != Some(&self.number) {
                    return damaged(at, format!("block {} is missing, but there are later ones", self.number));
                }
                continue;
            }

            // 3. The record's header, and whether the file can hold the record.
            let head = files::read_at(&file, &path, at, record::HEADER_BYTES.min(left as usize))?;
            if head.len() < record::HEADER_BYTES {
                let cut = is_last && record::is_header_beginning(&head, self.number);
                return if cut { end(at) } else { damaged(at, "no block starts here".to_owned()) };
            }
            let header = match Header::decode(&head) {
                Ok(header) => header,
                Err(problem) => {
                    // The file system may have allotted the place and written only the first part of the header.
                    let cut = is_last
                        && record::is_header_beginning(&head, self.number)
                        && is_zero_to_end(&file, &path, at + head.len() as u64, length)?;
                    return if cut { end(at) } else { damaged(at, problem.0.to_owned()) };
                }
            };
            if header.number != self.number {
                return damaged(at, format!("block {} is here instead of {}", header.number, self.number));
            }
            let bytes = header.record_bytes();
            if bytes > left {
                return if is_last { end(at) } else { damaged(at, "the file ends inside a block".to_owned()) };
            }

            // 4. The block.
            let record = files::read_at(&file, &path, at, bytes as usize)?;
            let unfinished = is_last && bytes == left && record::is_unfinished(&record);
            return match record::unframe(self.number, record) {
                Ok(body) => {
                    let number = self.number;
                    self.number += 1;
                    self.offset += bytes;
                    Ok(Step::Block { number, body, place: Place { segment, offset: at, bytes } })
                }
                Err(_) if unfinished => end(at),
                Err(problem) => damaged(at, problem.0.to_owned()),
            };
        }
    }
}

fn is_zero_to_end(file: &File, path: &Path, from: u64, length: u64) -> Result<bool, LedgerError> {
    const CHUNK: u64 = 64 * 1024;
    let mut at = from;
    while at < length {
        let chunk = files::read_at(file, path, at, CHUNK.min(length - at) as usize)?;
        if chunk.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += CHUNK;
    }
    Ok(true)
}
