//! Writing a run from entries in key order.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::bloom::Bloom;
use super::key::KeyRef;
use super::page::PageBuilder;
use super::run::{Footer, Index, Run, RunInfo};
use super::version::Version;
use crate::embedded::files;
use crate::error::LedgerError;

/// Bytes after which what was written is pushed to the disk, so that a long merge does not pile up work for the next
/// block's fsync.
const SYNC_BYTES: usize = 4 * 1024 * 1024;

/// A run being written.
pub(crate) struct RunWriter {
    folder: PathBuf,
    path: PathBuf,
    file: File,
    id: u64,
    entries: u64,
    page: PageBuilder,
    buffer: Vec<u8>,
    /// Bytes in the file and the buffer.
    written: u64,
    index: Index,
    filter: Bloom,
    last_key: Vec<u8>,
}

impl RunWriter {
    /// Starts run `id` for at most `entries_max` entries.
    pub(crate) fn create(folder: &Path, id: u64, entries_max: u64) -> Result<Self, LedgerError> {
        let path = Run::path(folder, id);
        let file = File::create(&path).map_err(|error| LedgerError::storage("create", &path, &error))?;
        Ok(Self {
            folder: folder.to_owned(),
            path,
            file,
            id,
            entries: 0,
            page: PageBuilder::default(),
            buffer: Vec::new(),
            written: 0,
            index: Index::default(),
            filter: Bloom::sized_for(entries_max),
            last_key: Vec::new(),
        })
    }

    /// Adds an entry; keys come in ascending order, each once.
    pub(crate) fn add(&mut self, key: &[u8], version: Version, value: Option<&[u8]>) -> Result<(), LedgerError> {
        debug_assert!(self.entries == 0 || self.last_key.as_slice() < key, "entries come in key order");
        self.filter.add(KeyRef::new(key).hash);
        self.page.add(key, version, value);
        self.entries += 1;
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        if self.page.is_full() { self.finish_page() } else { Ok(()) }
    }

    /// Writes index, filter and footer and makes the file durable.
    pub(crate) fn finish(mut self) -> Result<RunInfo, LedgerError> {
        if !self.page.is_empty() {
            self.finish_page()?;
        }
        let index = self.index.encode();
        let filter = self.filter.as_bytes();
        let footer = Footer {
            id: self.id,
            entries: self.entries,
            index_offset: self.written,
            index_bytes: index.len() as u64,
            filter_bytes: filter.len() as u64,
            index_crc: crc32fast::hash(&index),
            filter_crc: crc32fast::hash(filter),
        }
        .encode();
        self.buffer.extend_from_slice(&index);
        self.buffer.extend_from_slice(filter);
        self.buffer.extend_from_slice(&footer);
        let bytes = self.written + (index.len() + filter.len() + footer.len()) as u64;
        self.flush()?;
        files::sync_folder(&self.folder)?;
        let footer_crc = footer.last_chunk::<4>().map_or(0, |crc| u32::from_le_bytes(*crc));
        Ok(RunInfo { id: self.id, bytes, entries: self.entries, footer_crc })
    }

    /// Gives the run up and removes its file.
    pub(crate) fn abandon(self) {
        // Harmless if it stays: the next start removes files that the manifest does not name.
        let _ = std::fs::remove_file(&self.path);
    }

    fn finish_page(&mut self) -> Result<(), LedgerError> {
        let page = self.page.finish(self.id, self.index.page_ends.len() as u32);
        self.written += page.len() as u64;
        self.buffer.extend_from_slice(&page);
        self.index.add(&self.last_key, self.written);
        if self.buffer.len() >= SYNC_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        self.file
            .write_all(&self.buffer)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| LedgerError::storage("write", &self.path, &error))?;
        self.buffer.clear();
        Ok(())
    }
}
