//! Child processes: run to the end within a limit, or kept until the test run ends.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// The root of the repository.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// Where builds go.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command to its end; it and its children are killed when the limit passes.
pub fn run_within(command: &mut Command, limit: Duration, what: &str) -> Result<()> {
    let mut child = command.process_group(0).spawn().map_err(|error| format!("{what} did not start: {error}"))?;
    let started = Instant::now();
    loop {
        match child.try_wait().map_err(|error| format!("{what}: {error}"))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{what} failed ({status})")),
            None if started.elapsed() > limit => {
                kill_group(&mut child);
                return Err(format!("{what} passed its limit of {} s and was stopped", limit.as_secs()));
            }
            None => pause(Duration::from_millis(100)),
        }
    }
}

/// Runs a command and gives its standard output.
pub fn output(command: &mut Command, what: &str) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{what} did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("{what} failed ({})", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A process that lives until this value is dropped.
pub struct Kept {
    child: Child,
}

impl Kept {
    /// Starts a command in a group of its own, its output in `log`.
    pub fn start(command: &mut Command, log: &Path, what: &str) -> Result<Self> {
        let file = std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = file.try_clone().map_err(|error| format!("{}: {error}", log.display()))?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("{what} did not start: {error}"))?;
        Ok(Self { child })
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        kill_group(&mut self.child);
    }
}

/// Ends the process and its children: first politely, then not.
fn kill_group(child: &mut Child) {
    for signal in ["-TERM", "-KILL"] {
        let group = format!("-{}", child.id());
        // A group that has ended is what we want.
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
        if wait_until(Duration::from_secs(10), || matches!(child.try_wait(), Ok(Some(_)))) {
            return;
        }
    }
}

/// Asks again and again until the answer is yes or the time is up.
pub fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if started.elapsed() > limit {
            return false;
        }
        pause(Duration::from_millis(50));
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks of a wait with a limit")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// A TCP port on loopback that nobody uses now.
pub fn free_port() -> Result<u16> {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}

/// Whether something listens there.
pub fn listens(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}
