//! File operations with their failures named.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::error::LedgerError;

/// Reads exactly `length` bytes at `offset`. A file that ends earlier is damaged.
pub(crate) fn read_at(file: &File, path: &Path, offset: u64, length: usize) -> Result<Vec<u8>, LedgerError> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset).map_err(|error| {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            LedgerError::damaged(path, offset, format!("the file ends before {length} bytes"))
        } else {
            LedgerError::storage("read", path, &error)
        }
    })?;
    Ok(bytes)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), LedgerError> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|error| LedgerError::storage("sync", folder, &error))
}

/// Creates a folder with its parents.
pub(crate) fn create_folder(folder: &Path) -> Result<(), LedgerError> {
    fs::create_dir_all(folder).map_err(|error| LedgerError::storage("create", folder, &error))
}

/// Puts `bytes` in place of the file as a whole: after a crash there is the old content or the new, never a mixture.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    replace_with(path, bytes, 0o644)
}

/// As [`replace`], readable by the owner only.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    replace_with(path, bytes, 0o600)
}

fn replace_with(path: &Path, bytes: &[u8], mode: u32) -> Result<(), LedgerError> {
    let fresh = path.with_extension("new");
    let folder = path.parent().unwrap_or(Path::new("."));
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&fresh)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|error| LedgerError::storage("write", &fresh, &error))?;
    fs::rename(&fresh, path).map_err(|error| LedgerError::storage("replace", path, &error))?;
    sync_folder(folder)
}

/// Names of the files in a folder that end in `.extension`, without it.
pub(crate) fn stems(folder: &Path, extension: &str) -> Result<Vec<String>, LedgerError> {
    let entries = fs::read_dir(folder).map_err(|error| LedgerError::storage("list", folder, &error))?;
    let mut stems = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| LedgerError::storage("list", folder, &error))?.path();
        if path.extension().is_some_and(|found| found == extension)
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
        {
            stems.push(stem.to_owned());
        }
    }
    Ok(stems)
}
