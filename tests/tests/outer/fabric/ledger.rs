//! `gx serve ledger` as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use gx_tests::{Api, Platform, START_LIMIT, wait_for};
use tempfile::TempDir;

/// The process that owns the file of an embedded ledger; ends when dropped.
pub struct LedgerProcess {
    folder: TempDir,
    child: Child,
    /// Where it tells how it is.
    pub probes: Api,
}

impl LedgerProcess {
    /// Starts it on a fresh ledger, and waits until it listens.
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("log");
        let file = std::fs::File::create(&log).unwrap();
        let child = Platform::gx(&["serve", "ledger", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .env("GX_ENV", "devnet")
            .env("GX_DATA", folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let address = wait_for("gx serve ledger to listen", START_LIMIT, || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            async move {
                text.lines()
                    .find_map(|line| line.strip_prefix("metrics at ")?.strip_suffix("/metrics").map(str::to_owned))
            }
        })
        .await;
        Self { probes: Api::at(address), folder, child }
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its connection material.
    pub fn connect(&self) -> PathBuf {
        self.data().join("fabric")
    }

    /// What every component tells about itself, although this one speaks gRPC.
    pub async fn tells_how_it_is(&self) {
        self.probes.get("/livez").await.expect(200);
        let ready = self.probes.get("/readyz").await.expect(200);
        assert_eq!((&ready["component"], &ready["ready"]), (&"ledger".into(), &true.into()), "{ready}");
        let health = self.probes.get("/health").await.expect(200);
        let chain = &health["dependencies"][0];
        assert!(chain["reason"].as_str().unwrap().contains("fingerprint"), "{health}");
        assert!(self.probes.get("/version").await.expect(200)["version"].is_string());
        self.probes.get("/metrics").await.expect(200);
    }
}

impl Drop for LedgerProcess {
    fn drop(&mut self) {
        // A dead child is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("── log of gx serve ledger\n{}", read(&self.folder.path().join("log")));
        }
    }
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
