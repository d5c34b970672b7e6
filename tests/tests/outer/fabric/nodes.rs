//! The processes of a Fabric network on this machine: killed, and started again as they were.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A node with a pid file.
pub struct Node {
    pid_file: PathBuf,
    name: String,
    pid: String,
}

/// What a node was when it was killed.
pub struct Killed {
    node: Node,
    command: Command,
}

impl Node {
    /// The node of this name beside a folder with connection material; `None` when no process of this machine is it.
    pub fn find(connect: &Path, name: &str) -> Option<Self> {
        let pid_file = connect.parent()?.join(format!("{name}.pid"));
        let pid = fs::read_to_string(&pid_file).ok()?.trim().to_owned();
        let program = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        name.starts_with(program.trim()).then(|| Self { pid_file, name: name.to_owned(), pid })
    }

    /// SIGKILL.
    pub fn kill(self) -> Killed {
        let of_process = |what: &str| PathBuf::from(format!("/proc/{}/{what}", self.pid));
        let words = |what: &str| -> Vec<OsString> {
            let bytes = fs::read(of_process(what)).unwrap();
            bytes
                .split(|byte| *byte == 0)
                .filter(|word| !word.is_empty())
                .map(|word| OsString::from_vec(word.to_vec()))
                .collect()
        };
        let mut command = Command::new(fs::read_link(of_process("exe")).unwrap());
        command.args(words("cmdline").into_iter().skip(1)).env_clear();
        for word in words("environ") {
            if let Some((name, value)) = word.to_string_lossy().split_once('=') {
                command.env(name, value);
            }
        }
        command.current_dir(fs::read_link(of_process("cwd")).unwrap());
        let killed = Command::new("kill").args(["-KILL", &self.pid]).status().unwrap();
        assert!(killed.success(), "{} (pid {}) cannot be killed", self.name, self.pid);
        Killed { node: self, command }
    }
}

impl Killed {
    /// Starts it with the arguments and the environment that it had; it outlives the test.
    #[expect(clippy::zombie_processes, reason = "nobody waits for what outlives the test")]
    pub fn start_again(mut self) {
        let log = self.node.pid_file.with_extension("log");
        let file = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        self.command.process_group(0).stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = self.command.spawn().unwrap();
        fs::write(&self.node.pid_file, child.id().to_string()).unwrap();
    }
}
