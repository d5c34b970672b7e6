//! PostgreSQL, Redis and an S3 server of our own: on free ports, in a temporary folder, gone when the run ends.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::machine::{Machine, is_root};
use crate::process::{Kept, free_port, listens, output, target, wait_until};

const START_LIMIT: Duration = Duration::from_secs(60);
const POSTGRES_BIN: &str = "/usr/lib/postgresql/15/bin";

/// The running servers; dropping it ends them and removes their data.
pub struct Services {
    /// Environment variables that the suites read.
    pub env: Vec<(&'static str, String)>,
    // Processes end before their folder goes.
    kept: Vec<Kept>,
    folder: PathBuf,
}

impl Services {
    /// Starts all servers and waits until they answer.
    pub fn start(machine: &Machine) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("gx-test-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut services = Self { env: Vec::new(), kept: Vec::new(), folder };
        services.postgres()?;
        services.redis()?;
        services.s3(machine)?;
        // What a test needs is here: one that cannot find it fails.
        services.env.push(("GX_TEST_TOOLS_REQUIRED", "1".to_owned()));
        services.env.push(("GX_TEST_CHROMEDRIVER", "/usr/bin/chromedriver".to_owned()));
        services.env.push(("GX_TEST_CHROMIUM", "/usr/bin/chromium".to_owned()));
        services.env.push(("GX_TEST_SCHEMATHESIS", machine.venv_bin.join("schemathesis").display().to_string()));
        services.env.push(("GX_TEST_PYTHON", machine.venv_bin.join("python").display().to_string()));
        // Every process of GX that a suite starts, and every test that serves routes itself, writes into it.
        services.env.push(("ROUTE_RECORD_FILE", services.route_record().display().to_string()));
        services.env.push(("GX_TEST_NODE", machine.venv_bin.join("node").display().to_string()));
        services.env.push(("GX_TEST_NODE_MODULES", machine.node_modules.display().to_string()));
        services.env.push(("GX_TEST_BIN", target().join("debug/gx").display().to_string()));
        Ok(services)
    }

    /// Where the suites record which operations were answered with which status.
    pub fn route_record(&self) -> PathBuf {
        self.folder.join("answered-operations")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn keep(&mut self, mut kept: Kept, port: u16, name: &str) -> Result<()> {
        let ready = wait_until(START_LIMIT, || listens(port) || kept.has_ended());
        if !ready || kept.has_ended() {
            let log = std::fs::read_to_string(self.log(name)).unwrap_or_default();
            return Err(format!("{name} did not start:\n{log}"));
        }
        self.kept.push(kept);
        Ok(())
    }

    fn postgres(&mut self) -> Result<()> {
        let (data, port) = (self.folder.join("postgres"), free_port()?);
        std::fs::create_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
        // PostgreSQL refuses to run as root.
        let as_postgres = is_root()?;
        if as_postgres {
            output(Command::new("chmod").arg("755").arg(&self.folder), "chmod")?;
            output(Command::new("chown").arg("postgres").arg(&data), "chown")?;
        }
        let command = |program: &str| {
            let path = Path::new(POSTGRES_BIN).join(program);
            if as_postgres {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(path);
                command.current_dir("/");
                command
            } else {
                Command::new(path)
            }
        };
        output(
            command("initdb").arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]),
            "initdb",
        )?;
        let kept = Kept::start(
            command("postgres").arg("-D").arg(&data).args(["-p", &port.to_string(), "-k", ""]).args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=400",
                // The tests kill GX, never the database: its own durability is not what they ask about.
                "-c",
                "fsync=off",
                "-c",
                "full_page_writes=off",
            ]),
            &self.log("postgres"),
            "postgres",
        )?;
        self.keep(kept, port, "postgres")?;
        let isready = Path::new(POSTGRES_BIN).join("pg_isready");
        let answers = || Command::new(&isready).args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status();
        if !wait_until(START_LIMIT, || answers().is_ok_and(|status| status.success())) {
            return Err("PostgreSQL listens but does not answer".to_owned());
        }
        self.env.push(("GX_TEST_POSTGRES_URL", format!("postgres://postgres@127.0.0.1:{port}/postgres")));
        Ok(())
    }

    fn redis(&mut self) -> Result<()> {
        let port = free_port()?;
        let kept = Kept::start(
            Command::new("/usr/bin/redis-server")
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .current_dir(&self.folder),
            &self.log("redis"),
            "redis",
        )?;
        self.keep(kept, port, "redis")?;
        self.env.push(("GX_TEST_REDIS_URL", format!("redis://127.0.0.1:{port}/?protocol=resp3")));
        Ok(())
    }

    fn s3(&mut self, machine: &Machine) -> Result<()> {
        let port = free_port()?;
        let kept = Kept::start(
            Command::new(machine.venv_bin.join("moto_server"))
                .args(["-H", "127.0.0.1", "-p", &port.to_string()])
                .current_dir(&self.folder),
            &self.log("s3"),
            "s3",
        )?;
        self.keep(kept, port, "s3")?;
        self.env.push(("GX_TEST_S3_ENDPOINT", format!("http://127.0.0.1:{port}")));
        Ok(())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.kept.clear();
        // What is left over is in the temporary folder and harmless.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
