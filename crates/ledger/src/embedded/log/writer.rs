//! Appending blocks.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::reader::Place;
use super::{record, segment};
use crate::embedded::files;
use crate::error::LedgerError;

/// The end of the log, open for appending.
#[derive(Debug)]
pub(crate) struct LogWriter {
    folder: PathBuf,
    segment_bytes_max: u64,
    segment: u64,
    path: PathBuf,
    file: File,
    offset: u64,
    /// After a failed sync nobody knows what is on the disk; only opening anew can tell.
    poisoned: Option<LedgerError>,
}

impl LogWriter {
    /// Begins a log with its first segment.
    pub(crate) fn create(folder: &Path, segment_bytes_max: u64) -> Result<Self, LedgerError> {
        let (path, file) = new_segment(folder, 0)?;
        Ok(Self {
            folder: folder.to_owned(),
            segment_bytes_max,
            segment: 0,
            path,
            file,
            offset: segment::HEADER_BYTES as u64,
            poisoned: None,
        })
    }

    /// Goes on at `offset` of a segment; what lies behind is cut off (the caller has judged it an unfinished write).
    pub(crate) fn resume(
        folder: &Path,
        segment_bytes_max: u64,
        segment: u64,
        offset: u64,
    ) -> Result<Self, LedgerError> {
        let path = segment::path(folder, segment);
        let failed = |error| LedgerError::storage("open", &path, &error);
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
        if offset < segment::HEADER_BYTES as u64 {
            // The crash came before the segment had its header.
            let (path, file) = new_segment(folder, segment)?;
            let offset = segment::HEADER_BYTES as u64;
            return Ok(Self {
                folder: folder.to_owned(),
                segment_bytes_max,
                segment,
                path,
                file,
                offset,
                poisoned: None,
            });
        }
        if file.metadata().map_err(failed)?.len() != offset {
            file.set_len(offset).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok(Self { folder: folder.to_owned(), segment_bytes_max, segment, file, offset, poisoned: None, path })
    }

    /// Appends a block and makes it durable. On an error the log is as before, or the writer refuses from then on.
    pub(crate) fn append(&mut self, number: u64, body: &[u8]) -> Result<Place, LedgerError> {
        if let Some(error) = &self.poisoned {
            return Err(error.clone());
        }
        let bytes = record::frame(number, body);
        if self.offset > segment::HEADER_BYTES as u64 && self.offset + bytes.len() as u64 > self.segment_bytes_max {
            let (path, file) = new_segment(&self.folder, number)?;
            (self.path, self.file, self.segment, self.offset) = (path, file, number, segment::HEADER_BYTES as u64);
        }
        if let Err(error) = self.write(&bytes) {
            let error = LedgerError::storage("write", &self.path, &error);
            if let Err(undo) = self.file.set_len(self.offset) {
                self.poisoned = Some(LedgerError::storage("undo a write to", &self.path, &undo));
            }
            return Err(error);
        }
        if let Err(error) = self.file.sync_data() {
            let error = LedgerError::storage("sync", &self.path, &error);
            self.poisoned = Some(error.clone());
            return Err(error);
        }
        let place = Place { segment: self.segment, offset: self.offset, bytes: bytes.len() as u64 };
        self.offset += bytes.len() as u64;
        Ok(place)
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        // In two parts, with a point between them at which a crash test can kill the process.
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        self.file.write_all_at(head, self.offset)?;
        gx_base::failpoint::reach("ledger.mid_commit");
        self.file.write_all_at(tail, self.offset + head.len() as u64)
    }
}

fn new_segment(folder: &Path, first: u64) -> Result<(PathBuf, File), LedgerError> {
    let path = segment::path(folder, first);
    let failed = |error| LedgerError::storage("create", &path, &error);
    // A segment that a crash left without a block is written over.
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path).map_err(failed)?;
    file.write_all_at(&segment::header(first), 0).and_then(|()| file.sync_all()).map_err(failed)?;
    files::sync_folder(folder)?;
    Ok((path, file))
}
