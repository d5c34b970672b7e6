//! A run: an immutable sorted file of the state.
//!
//! ```text
//! pages │ index (last key and place of every page) │ filter │ footer
//! ```
//! Index, filter and footer are checked and loaded when the run is opened; pages are checked whenever they are read.
//! «Not in this run» rests on all of them: on the filter, on the index, or on a page.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::bloom::Bloom;
use super::key::KeyRef;
use super::page::Page;
use super::version::Stamped;
use crate::embedded::codec::{Cursor, Encode, Malformed};
use crate::embedded::files;
use crate::error::LedgerError;

pub(super) const FOOTER_BYTES: usize = 64;
pub(super) const MAGIC: &[u8; 8] = b"GXRUN\0\x01\n";

/// What the manifest says about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunInfo {
    pub(crate) id: u64,
    /// Length of the file, bytes.
    pub(crate) bytes: u64,
    /// Entries, deletions included.
    pub(crate) entries: u64,
    /// Checksum of the footer, which holds the checksums of index and filter.
    pub(crate) footer_crc: u32,
}

/// The last part of a run's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) id: u64,
    pub(super) entries: u64,
    pub(super) index_offset: u64,
    pub(super) index_bytes: u64,
    pub(super) filter_bytes: u64,
    pub(super) index_crc: u32,
    pub(super) filter_crc: u32,
}

impl Footer {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FOOTER_BYTES);
        bytes.extend_from_slice(MAGIC);
        for number in [self.id, self.entries, self.index_offset, self.index_bytes, self.filter_bytes] {
            bytes.put_u64(number);
        }
        bytes.put_u32(self.index_crc);
        bytes.put_u32(self.filter_crc);
        bytes.put_u32(0);
        let crc = crc32fast::hash(&bytes);
        bytes.put_u32(crc);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<(Self, u32), Malformed> {
        const WHAT: &str = "run footer";
        let mut cursor = Cursor::new(bytes);
        let covered = bytes.get(..FOOTER_BYTES - 4).ok_or(Malformed(WHAT))?;
        if cursor.take(8, WHAT)? != MAGIC {
            return Err(Malformed("this is not the footer of a run"));
        }
        let footer = Self {
            id: cursor.u64(WHAT)?,
            entries: cursor.u64(WHAT)?,
            index_offset: cursor.u64(WHAT)?,
            index_bytes: cursor.u64(WHAT)?,
            filter_bytes: cursor.u64(WHAT)?,
            index_crc: cursor.u32(WHAT)?,
            filter_crc: cursor.u32(WHAT)?,
        };
        cursor.u32(WHAT)?;
        let crc = cursor.u32(WHAT)?;
        if crc32fast::hash(covered) != crc {
            return Err(Malformed("the footer's checksum does not match"));
        }
        Ok((footer, crc))
    }
}

/// The index in memory: last keys back to back, and where each page starts.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) keys: Vec<u8>,
    /// End of each page's last key in `keys`.
    pub(super) key_ends: Vec<u32>,
    /// End of each page in the file; a page starts where the one before ends.
    pub(super) page_ends: Vec<u64>,
}

impl Index {
    pub(super) fn add(&mut self, last_key: &[u8], page_end: u64) {
        self.keys.extend_from_slice(last_key);
        self.key_ends.push(self.keys.len() as u32);
        self.page_ends.push(page_end);
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.keys.len() + self.key_ends.len() * 8);
        bytes.put_varint(self.page_ends.len() as u64);
        let mut before = 0;
        for (page, end) in self.page_ends.iter().enumerate() {
            bytes.put_bytes(self.last_key(page));
            bytes.put_varint(end - before);
            before = *end;
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "run index";
        let mut cursor = Cursor::new(bytes);
        let mut index = Self::default();
        let mut end = 0_u64;
        for _ in 0..cursor.count(WHAT)? {
            let key = cursor.bytes(WHAT)?;
            end = end.checked_add(cursor.varint(WHAT)?).ok_or(Malformed(WHAT))?;
            index.add(key, end);
        }
        cursor.finish(WHAT)?;
        Ok(index)
    }

    fn last_key(&self, page: usize) -> &[u8] {
        let end = self.key_ends.get(page).map_or(0, |end| *end as usize);
        let start = page.checked_sub(1).and_then(|before| self.key_ends.get(before)).map_or(0, |end| *end as usize);
        self.keys.get(start..end).unwrap_or_default()
    }

    /// The only page that can hold `key`; `None`: the key is above all of them.
    fn page_of(&self, key: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.page_ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.last_key(middle) < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.page_ends.len()).then_some(low)
    }
}

/// An open run.
#[derive(Debug)]
pub(crate) struct Run {
    path: PathBuf,
    file: File,
    info: RunInfo,
    sequence: u64,
    index: Index,
    filter: Bloom,
    /// Set once no manifest names the run any more: the last reader removes the file.
    obsolete: AtomicBool,
}

impl Run {
    /// The file of run `id`.
    pub(crate) fn path(folder: &Path, id: u64) -> PathBuf {
        folder.join(format!("{id:016}.run"))
    }

    /// Opens a run that the manifest names, and checks footer, index and filter.
    pub(crate) fn open(folder: &Path, info: RunInfo, sequence: u64) -> Result<Self, LedgerError> {
        let path = Self::path(folder, info.id);
        let file = File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LedgerError::damaged(&path, 0, "the file is missing"),
            _ => LedgerError::storage("open", &path, &error),
        })?;
        let length = file.metadata().map_err(|error| LedgerError::storage("open", &path, &error))?.len();
        if length != info.bytes {
            return Err(LedgerError::damaged(
                &path,
                length.min(info.bytes),
                format!("the file has {length} bytes instead of {}", info.bytes),
            ));
        }
        let footer_offset =
            length.checked_sub(FOOTER_BYTES as u64).ok_or_else(|| LedgerError::damaged(&path, 0, "no footer"))?;
        let footer = files::read_at(&file, &path, footer_offset, FOOTER_BYTES)?;
        let (footer, crc) =
            Footer::decode(&footer).map_err(|problem| LedgerError::damaged(&path, footer_offset, problem.0))?;
        let ends =
            footer.index_offset.checked_add(footer.index_bytes).and_then(|end| end.checked_add(footer.filter_bytes));
        if footer.id != info.id
            || footer.entries != info.entries
            || crc != info.footer_crc
            || ends != Some(footer_offset)
        {
            return Err(LedgerError::damaged(&path, footer_offset, "this is not the run that the manifest names"));
        }

        let index_bytes = files::read_at(&file, &path, footer.index_offset, footer.index_bytes as usize)?;
        if crc32fast::hash(&index_bytes) != footer.index_crc {
            return Err(LedgerError::damaged(&path, footer.index_offset, "the index's checksum does not match"));
        }
        let index = Index::decode(&index_bytes)
            .map_err(|problem| LedgerError::damaged(&path, footer.index_offset, problem.0))?;

        let filter_offset = footer.index_offset + footer.index_bytes;
        let filter_bytes = files::read_at(&file, &path, filter_offset, footer.filter_bytes as usize)?;
        if crc32fast::hash(&filter_bytes) != footer.filter_crc {
            return Err(LedgerError::damaged(&path, filter_offset, "the filter's checksum does not match"));
        }
        let filter = Bloom::from_bytes(filter_bytes)
            .ok_or_else(|| LedgerError::damaged(&path, filter_offset, "the filter has no whole lines"))?;
        Ok(Self { path, file, info, sequence, index, filter, obsolete: AtomicBool::new(false) })
    }

    pub(crate) fn info(&self) -> RunInfo {
        self.info
    }

    /// Rises with each flush; a merged run has the highest of those it replaces.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The value of a key; `None`: this run does not know the key.
    pub(crate) fn get(&self, key: KeyRef<'_>) -> Result<Option<Stamped>, LedgerError> {
        if !self.filter.may_hold(key.hash) {
            return Ok(None);
        }
        let key = key.bytes;
        let Some(number) = self.index.page_of(key) else { return Ok(None) };
        let page = self.page(number)?;
        let found = (|| {
            let place = page.lower_bound(key)?;
            if place == page.len() {
                return Ok(None);
            }
            let entry = page.entry(place)?;
            Ok((entry.key == key).then(|| entry.stamped()))
        })();
        found.map_err(|problem: Malformed| self.damage(number, problem))
    }

    pub(crate) fn pages(&self) -> usize {
        self.index.page_ends.len()
    }

    pub(crate) fn page(&self, number: usize) -> Result<Page, LedgerError> {
        let (start, end) = self.place(number);
        let bytes = files::read_at(&self.file, &self.path, start, (end - start) as usize)?;
        Page::open(bytes, self.info.id, number as u32).map_err(|problem| self.damage(number, problem))
    }

    /// The first page that can hold keys from `key` on.
    pub(crate) fn first_page_for(&self, key: &[u8]) -> usize {
        self.index.page_of(key).unwrap_or(self.pages())
    }

    pub(crate) fn damage(&self, page: usize, problem: Malformed) -> LedgerError {
        LedgerError::damaged(&self.path, self.place(page).0, problem.0)
    }

    /// The file goes away with the last reader.
    pub(crate) fn retire(&self) {
        self.obsolete.store(true, Ordering::Release);
    }

    fn place(&self, page: usize) -> (u64, u64) {
        let end = self.index.page_ends.get(page).copied().unwrap_or(0);
        let start = page.checked_sub(1).and_then(|before| self.index.page_ends.get(before)).copied().unwrap_or(0);
        (start.min(end), end)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.obsolete.load(Ordering::Acquire)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            // Harmless: the next start removes files that the manifest does not name.
            tracing::debug!(file = %self.path.display(), %error, "a merged run could not be removed");
        }
    }
}
