//! schemathesis on every documented operation, as a person and as an administrator: no server error, nothing that
//! contradicts the documents that the components publish. Sessions and fixtures are made by `schemathesis/hooks.py`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gx_tests::document::merged;
use gx_tests::{Database, Platform};
use serde_json::Value;

/// Random cases per operation, beside those that follow from its schema; `GX_SCHEMATHESIS_CASES` asks for more.
const CASES: &str = "20";

/// Operations that change what others stand on: in a run of their own after all others.
const LAST: &[&str] = &[
    "adminLogin",
    "adminLogout",
    "refreshAdminSession",
    "endAdminSession",
    "endOtherAdminSessions",
    "setUpAdminMfa",
    "enableAdminMfa",
    "disableAdminMfa",
    "login",
    "logout",
    "refreshSession",
    "freezeUser",
    "unfreezeUser",
    "setParameter",
    "pauseSystem",
    "resumeSystem",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_as_documented() {
    let Some(program) = std::env::var_os("GX_TEST_SCHEMATHESIS") else {
        gx_tests::skipped("GX_TEST_SCHEMATHESIS is not set (`cargo xtask test` sets it)");
        return;
    };
    // Webhooks of this run go to this machine, where nobody listens.
    let platform = Platform::with_people(Database::Sqlite).env("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8").start().await;
    let document = merged(&platform).await;
    for name in LAST {
        assert!(document.to_string().contains(&format!("\"{name}\"")), "{name} is no operation any more");
    }
    let run =
        Run { program: program.into(), folder: platform.data(), edge: platform.api().base().to_owned(), document };
    std::fs::write(run.file(), run.document.to_string()).expect("the document is written");
    let logins = std::fs::read_to_string(platform.data().join("secrets/devnet-admins")).expect("the logins");
    let admins: Vec<&str> = logins.lines().collect();
    let mut failed = Vec::new();
    for (which, option) in [("all", "--exclude-operation-id"), ("last", "--include-operation-id")] {
        for caller in ["person", "admin"] {
            if !run.passes(caller, option, &admins) {
                failed.push(format!("{which} as {caller}"));
            }
        }
    }
    assert!(failed.is_empty(), "schemathesis contradicts the document: {}", failed.join(", "));
}

struct Run {
    program: PathBuf,
    folder: PathBuf,
    edge: String,
    document: Value,
}

impl Run {
    fn file(&self) -> PathBuf {
        self.folder.join("openapi.json")
    }

    /// Runs schemathesis over the operations outside or inside of [`LAST`]; its report goes to the test's output.
    fn passes(&self, caller: &str, option: &str, admins: &[&str]) -> bool {
        let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemathesis");
        let cases = std::env::var("GX_SCHEMATHESIS_CASES").unwrap_or_else(|_| CASES.to_owned());
        let mut command = Command::new(&self.program);
        command.arg("--config-file").arg(settings.join("schemathesis.toml")).arg("--no-color");
        command.arg("run").arg(self.file()).args(["--url", &self.edge, "--max-examples", &cases]);
        // They would be about callers who may not, which is what half of the runs ask.
        command.args(["--warnings", "off"]);
        for operation in LAST {
            command.args([option, operation]);
        }
        command
            .env("GX_EDGE", &self.edge)
            .env("GX_CALLER", caller)
            .env("GX_ADMIN", admins[0])
            .env("GX_OTHER_ADMIN", admins[1])
            .env("GX_PROGRAM", Platform::binary())
            .env("GX_DATA", &self.folder)
            .env("GX_ENV", "devnet");
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("SCHEMATHESIS_HOOKS", settings.join("hooks.py"));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.status().expect("schemathesis runs").success()
    }
}
