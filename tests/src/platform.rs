//! The platform as a child process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::inside::{Inside, Running};
use crate::wait::wait_for;
use crate::{Api, Database, serve};

/// How long a debug build may take from start to ready.
pub const START_LIMIT: Duration = Duration::from_secs(90);

/// Where documents go when the test run has an S3 server.
const BUCKET: &str = "gx-test-documents";

/// What to start.
pub struct PlatformBuilder {
    database: Database,
    args: Vec<String>,
    env: Vec<(String, String)>,
    in_processes: bool,
    inside: Option<Inside>,
    data: Option<PathBuf>,
}

impl PlatformBuilder {
    /// In this process, with what `inside` has in its hands.
    #[must_use]
    pub fn inside(mut self, inside: &Inside) -> Self {
        self.inside = Some(inside.clone());
        self
    }

    /// On a database server of the test's own.
    #[must_use]
    pub fn database_url(self, url: &str) -> Self {
        self.env("DATABASE_URL", url)
    }

    /// With its data there, for example on another disk.
    #[must_use]
    pub fn data_in(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// Ledger and workers in one process, every service and the edge in a process of its own beside it; over Redis and
    /// S3 where the test run has them.
    #[must_use]
    pub fn in_processes(mut self) -> Self {
        self.in_processes = true;
        self.args = vec!["--only".to_owned(), "ledger,outbox-submitter,projector".to_owned()];
        if let Ok(url) = std::env::var("GX_TEST_REDIS_URL") {
            self = self.env("REDIS_URL", &url);
        }
        if let Ok(endpoint) = std::env::var("GX_TEST_S3_ENDPOINT") {
            self = self.env("S3_ENDPOINT", &endpoint).env("S3_BUCKET_DOCUMENTS", BUCKET);
            self = self.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test-secret");
        }
        self
    }

    /// The same without Redis and S3, whatever the test run has.
    #[must_use]
    pub fn in_processes_alone(mut self) -> Self {
        self.in_processes = true;
        self.args = vec!["--only".to_owned(), "ledger,outbox-submitter,projector".to_owned()];
        self
    }

    /// Further arguments of `gx up`.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// A setting.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it and waits until it lists its addresses, ready or not.
    pub async fn start_unready(self) -> Platform {
        let mut platform = self.prepare().await;
        platform.start_only();
        assert!(platform.listed().await, "gx up ended:\n{}", platform.log());
        platform
    }

    /// Starts it and waits until every component is ready.
    pub async fn start(self) -> Platform {
        let in_processes = self.in_processes;
        let mut platform = self.prepare().await;
        platform.restart().await;
        if in_processes {
            serve::beside(&mut platform).await;
        }
        platform
    }

    /// Every component as a `gx serve` process, this many of the workers, on the ledger that the settings name; no
    /// `gx up` has ever run on the data.
    pub async fn served(self, submitters: usize, projectors: usize) -> Platform {
        let secret = "a secret that every process of this test shares";
        let mut platform = self.env("SESSION_SECRET", secret).prepare().await;
        serve::everything(&mut platform, submitters, projectors).await;
        platform
    }

    /// Settings and folders, and nothing that runs.
    async fn prepare(self) -> Platform {
        let folder = TempDir::new().expect("a temporary folder");
        let data = self.data.unwrap_or_else(|| folder.path().join("data"));
        let mut env = self.env;
        if !env.iter().any(|(name, _)| name == "DATABASE_URL")
            && let Some(url) = self.database.create()
        {
            env.push(("DATABASE_URL".to_owned(), url));
        }
        // A person's limits are for people; a suite is many people from one address.
        for class in [
            "PEER",
            "LOGIN",
            "REFRESH",
            "REGISTER",
            "CODE_SEND",
            "CODE_CHECK",
            "READ",
            "WRITE",
            "UPLOAD",
            "LOOKUP",
            "SOCKET",
            "SOCKET_EVENT",
        ] {
            env.push((format!("RATE_LIMIT_{class}"), "1000000/60".to_owned()));
        }
        if let Some((_, endpoint)) = env.iter().find(|(name, _)| name == "S3_ENDPOINT") {
            // The test server takes a bucket from anyone.
            let made = reqwest::Client::new().put(format!("{endpoint}/{BUCKET}")).send().await;
            assert!(
                made.is_ok_and(|reply| reply.status().is_success() || reply.status() == 409),
                "a bucket at {endpoint}"
            );
        }
        Platform {
            folder,
            data,
            args: self.args,
            env,
            child: None,
            inside: self.inside,
            running: None,
            services: Vec::new(),
            addresses: BTreeMap::new(),
            failpoint: None,
        }
    }
}

/// A running platform with a data folder of its own; ends when dropped.
pub struct Platform {
    folder: TempDir,
    data: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    child: Option<Child>,
    inside: Option<Inside>,
    running: Option<Running>,
    services: Vec<(String, Child)>,
    pub(crate) addresses: BTreeMap<String, String>,
    failpoint: Option<String>,
}

impl Platform {
    /// A platform without test people, on devnet.
    #[must_use]
    pub fn on(database: Database) -> PlatformBuilder {
        PlatformBuilder {
            database,
            args: vec!["--no-people".to_owned()],
            env: Vec::new(),
            in_processes: false,
            inside: None,
            data: None,
        }
    }

    /// A platform with the test people, on devnet.
    #[must_use]
    pub fn with_people(database: Database) -> PlatformBuilder {
        PlatformBuilder { database, args: Vec::new(), env: Vec::new(), in_processes: false, inside: None, data: None }
    }

    /// The `gx` binary under test.
    #[must_use]
    pub fn binary() -> PathBuf {
        std::env::var_os("GX_TEST_BIN").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("target/debug/gx"),
            PathBuf::from,
        )
    }

    /// `gx` with a ledger that is named to it or embedded, whatever network the test run itself is about.
    #[must_use]
    pub fn gx(args: &[&str]) -> Command {
        let mut command = Command::new(Self::binary());
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in names.filter(|name| name == "GX_FABRIC_CONNECT" || name.starts_with("FABRIC_")) {
            command.env_remove(name);
        }
        command.args(args);
        command
    }

    /// `gx` with this platform's folder and settings, for other commands than `up`.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Self::gx(args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.env("GX_DATA", &self.data).env("GX_ENV", "devnet");
        command
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// Where the file is that a named point writes before it kills the process.
    #[must_use]
    pub fn failpoint_file(&self) -> PathBuf {
        self.folder.path().join("failpoint-hit")
    }

    /// Arms a named point (`name` or `name:nth`) for the next start; `None` disarms.
    pub fn arm(&mut self, failpoint: Option<&str>) {
        self.failpoint = failpoint.map(str::to_owned);
        // A left-over file would say «hit» about another run.
        let _ = std::fs::remove_file(self.failpoint_file());
    }

    /// Starts it again on the same data and waits until it is ready.
    pub async fn restart(&mut self) {
        assert!(self.try_restart().await, "gx up ended:\n{}", self.log());
    }

    /// Starts it again on the same data and waits until it is ready, or has ended: an armed point may be reached while
    /// it catches up. Whether it is ready.
    pub async fn try_restart(&mut self) -> bool {
        self.start_only();
        if !self.listed().await {
            return false;
        }
        let client = reqwest::Client::new();
        let urls: Vec<String> = self.addresses.values().map(|address| format!("{address}/readyz")).collect();
        for url in urls {
            let ready = wait_for(&format!("{url} to be ready"), START_LIMIT, || {
                let (request, ended) = (client.get(&url).timeout(Duration::from_secs(5)).send(), self.has_ended());
                async move {
                    let ready = request.await.is_ok_and(|reply| reply.status().is_success());
                    if ended { Some(false) } else { ready.then_some(true) }
                }
            })
            .await;
            if !ready {
                return false;
            }
        }
        true
    }

    /// Waits until it lists its addresses. `false`: it has ended.
    async fn listed(&mut self) -> bool {
        let addresses = self.addresses_file();
        let listed = wait_for("gx up to list its addresses", START_LIMIT, || {
            let (text, ended) = (std::fs::read_to_string(&addresses).ok(), self.has_ended());
            async move {
                let listed = text.and_then(|text| serde_json::from_str::<BTreeMap<String, String>>(&text).ok());
                if ended { Some(None) } else { listed.map(Some) }
            }
        })
        .await;
        let Some(listed) = listed else { return false };
        self.addresses = listed;
        true
    }

    /// Starts the process without waiting for anything.
    pub fn start_only(&mut self) {
        self.kill();
        // The old list must not be taken for the new one.
        let _ = std::fs::remove_file(self.addresses_file());
        if let Some(inside) = &self.inside {
            self.running = Some(inside.start(self.data(), &self.env));
            return;
        }
        let mut args = vec!["up", "--port", "0"];
        args.extend(self.args.iter().map(String::as_str));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_file()).expect("a log file");
        let errors = log.try_clone().expect("a log file");
        let mut command = self.command(&args);
        if let Some(failpoint) = &self.failpoint {
            command.env("GX_FAILPOINT", failpoint).env("GX_FAILPOINT_HIT", self.failpoint_file());
        }
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("gx starts");
        self.child = Some(child);
    }

    /// Another edge before this platform's services, which cannot reach one of them; its address.
    pub async fn edge_without(&mut self, service: &str) -> String {
        serve::edge_without(self, service).await
    }

    /// SIGTERM, and waits until it has ended in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end().await;
        }
        if let Some(inside) = &self.inside {
            inside.let_go();
        }
        if let Some(child) = &self.child {
            let asked = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
            assert!(asked.success(), "it still runs");
            wait_for("gx up to end", START_LIMIT, || {
                let ended = self.has_ended();
                async move { ended.then_some(()) }
            })
            .await;
            self.child = None;
        }
    }

    /// SIGKILL, if it still runs.
    pub fn kill(&mut self) {
        self.running = None;
        for mut child in self.child.take().into_iter().chain(self.services.drain(..).map(|(_, child)| child)) {
            // An already dead child is what we want.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Keeps a process that ends with the platform.
    pub(crate) fn keep(&mut self, name: &str, child: Child) {
        self.services.push((name.to_owned(), child));
    }

    /// SIGKILL for one of the served processes.
    pub fn kill_served(&mut self, name: &str) {
        let place = self.services.iter().position(|(known, _)| known == name);
        let (_, mut child) = self.services.remove(place.unwrap_or_else(|| panic!("{name} is not served")));
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }

    /// `gx serve` of a component with the settings of this platform's processes, on any free port.
    #[must_use]
    pub fn served_command(&self, component: &str) -> Command {
        serve::command(self, component)
    }

    /// Whether a setting was given.
    pub(crate) fn has_setting(&self, wanted: &str) -> bool {
        self.env.iter().any(|(name, _)| name == wanted)
    }

    /// Where the platform's own files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        if let Some(running) = &self.running {
            return running.task.is_finished();
        }
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// The address of a component, for example `http://127.0.0.1:4711`.
    #[must_use]
    pub fn address(&self, component: &str) -> String {
        self.addresses.get(component).unwrap_or_else(|| panic!("{component} is not served")).clone()
    }

    /// The components that have an address.
    #[must_use]
    pub fn components(&self) -> Vec<String> {
        self.addresses.keys().cloned().collect()
    }

    /// The API through the edge, as nobody in particular.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::at(self.address("wallet"))
    }

    /// Everything it has printed.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("gx.log")
    }

    fn addresses_file(&self) -> PathBuf {
        self.data().join("run/addresses.json")
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("── log of gx up\n{}", self.log());
        }
    }
}
