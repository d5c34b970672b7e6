//! A small disk that a test fills up.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A file system of its own in memory; gone when dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// A disk of so many MiB; `None` (with a word about it) where this user may not mount one.
    #[must_use]
    pub fn of(mebibytes: u32) -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=700"), "tmpfs"])
            .arg(folder.path())
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!(
                "skipped: this user may not mount a small disk; `a_full_disk_refuses_writes_and_keeps_reading` stands in"
            );
            return None;
        }
        Some(Self { folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.ballast()).expect("a file");
        // Ends when nothing more fits; smaller and smaller pieces find the last free byte.
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Makes room again.
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast goes");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open keeps it until they end.
        drop(Command::new("umount").arg("--lazy").arg(self.folder.path()).output());
    }
}
