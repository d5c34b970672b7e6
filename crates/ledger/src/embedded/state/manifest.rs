//! Which runs make up the state, and up to which block. Replaced as a whole; after a crash the old one or the new one
//! is there.

use std::path::{Path, PathBuf};

use super::run::RunInfo;
use crate::embedded::codec::{Cursor, Encode, Malformed};
use crate::embedded::files;
use crate::embedded::log::Tip;
use crate::error::LedgerError;

const MAGIC: &[u8; 8] = b"GXSTAT\x01\n";
const WHAT: &str = "state manifest";

/// The content of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// Hash of block 0 of the chain this state is derived from.
    pub(crate) fingerprint: [u8; 32],
    /// The last block whose writes are in the runs, and where the log goes on after it.
    pub(crate) tip: Tip,
    /// The id that the next run gets; ids are never used twice.
    pub(crate) next_run: u64,
    /// The runs, newest first.
    pub(crate) runs: Vec<RunInfo>,
}

impl Manifest {
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join("manifest.gx")
    }

    /// Reads the manifest; `None` if the folder holds no state at all.
    pub(crate) fn load(folder: &Path) -> Result<Option<Self>, LedgerError> {
        let path = Self::path(folder);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return if files::stems(folder, "run")?.is_empty() {
                    Ok(None)
                } else {
                    Err(LedgerError::damaged(&path, 0, "the file is missing, but there are runs beside it"))
                };
            }
            Err(error) => return Err(LedgerError::storage("read", &path, &error)),
        };
        Self::decode(&bytes).map(Some).map_err(|problem| LedgerError::damaged(&path, 0, problem.0))
    }

    /// Makes this the manifest, durably.
    pub(crate) fn store(&self, folder: &Path) -> Result<(), LedgerError> {
        files::replace(&Self::path(folder), &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.fingerprint);
        self.tip.encode(&mut bytes);
        bytes.put_u64(self.next_run);
        bytes.put_varint(self.runs.len() as u64);
        for run in &self.runs {
            bytes.put_u64(run.id);
            bytes.put_u64(run.bytes);
            bytes.put_u64(run.entries);
            bytes.put_u32(run.footer_crc);
        }
        let crc = crc32fast::hash(&bytes);
        bytes.put_u32(crc);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (covered, crc) = bytes.split_last_chunk::<4>().ok_or(Malformed("the file is too short"))?;
        if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
            return Err(Malformed("the checksum does not match"));
        }
        let mut cursor = Cursor::new(covered);
        if cursor.take(8, WHAT)? != MAGIC {
            return Err(Malformed("this is no manifest of this release"));
        }
        let fingerprint = cursor.array(WHAT)?;
        let tip = Tip::decode(&mut cursor)?;
        let next_run = cursor.u64(WHAT)?;
        let count = cursor.count(WHAT)?;
        let mut runs = Vec::with_capacity(count);
        for _ in 0..count {
            runs.push(RunInfo {
                id: cursor.u64(WHAT)?,
                bytes: cursor.u64(WHAT)?,
                entries: cursor.u64(WHAT)?,
                footer_crc: cursor.u32(WHAT)?,
            });
        }
        cursor.finish(WHAT)?;
        Ok(Self { fingerprint, tip, next_run, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_round_trips_and_any_flip_or_cut_is_noticed() {
        let manifest = Manifest {
            fingerprint: [7; 32],
            tip: Tip { number: 9, hash: [1; 32], timestamp: 5, segment: 0, offset: 4096 },
            next_run: 3,
            runs: vec![RunInfo { id: 2, bytes: 100, entries: 4, footer_crc: 77 }],
        };
        let good = manifest.encode();
        assert_eq!(Manifest::decode(&good), Ok(manifest));
        for byte in 0..good.len() {
            let mut bad = good.clone();
            bad[byte] ^= 0x10;
            assert!(Manifest::decode(&bad).is_err(), "byte {byte}");
            assert!(Manifest::decode(&good[..byte]).is_err(), "cut at {byte}");
        }
    }
}
