//! A PostgreSQL server of one test's own, which it may stop.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const BIN: &str = "/usr/lib/postgresql/15/bin";

/// A server on loopback; ends and is thrown away when dropped.
pub struct PostgresServer {
    folder: TempDir,
    port: u16,
    as_postgres: bool,
}

impl PostgresServer {
    /// Makes a server and starts it; `None` (with a word about it) where PostgreSQL is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        if !Path::new(BIN).join("postgres").exists() {
            eprintln!("skipped: PostgreSQL is not installed (`cargo xtask test` installs it)");
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let as_postgres = output(Command::new("id").arg("-u")) == "0";
        if as_postgres {
            // It refuses to run as root.
            let id = |what: &str| output(Command::new("id").args([what, "postgres"])).parse::<u32>().ok();
            chown(folder.path(), id("-u"), id("-g")).expect("the folder is given to postgres");
        }
        let server = Self { folder, port, as_postgres };
        let data = server.data().display().to_string();
        run(server.program("initdb").args(["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]));
        server.start_again();
        Some(server)
    }

    /// The address of the one database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops it as a crash does.
    pub fn stop(&self) {
        run(self.program("pg_ctl").arg("-D").arg(self.data()).args(["-m", "immediate", "-w", "stop"]));
    }

    /// Starts it on the same data.
    pub fn start_again(&self) {
        let options =
            format!("-p {} -k '' -c listen_addresses=127.0.0.1 -c max_connections=100 -c fsync=off", self.port);
        let log = self.folder.path().join("log");
        run(self.program("pg_ctl").arg("-D").arg(self.data()).args(["-w", "-o", &options, "-l"]).arg(log).arg("start"));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = Path::new(BIN).join(name);
        let mut command = if self.as_postgres {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // One that is stopped already is what we want.
        let stop = self.program("pg_ctl").arg("-D").arg(self.data()).args(["-m", "immediate", "-w", "stop"]).output();
        drop(stop);
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn run(command: &mut Command) {
    let status = command.stdout(std::process::Stdio::null()).status().expect("the program runs");
    assert!(status.success(), "{command:?}: {status}");
}
