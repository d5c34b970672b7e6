//! `cargo xtask up`: build, then become `gx up`.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use crate::Result;
use crate::process::{cargo, root, target};

/// Builds the `gx` binary and replaces this process by `gx up` with the remaining arguments.
pub fn run(args: &[String]) -> Result<()> {
    let release = args.iter().any(|arg| arg == "--release");
    let rest: Vec<&String> = args.iter().filter(|arg| *arg != "--release" && *arg != "--").collect();
    let profile = if release { "release" } else { "dev" };
    println!("Building GX ({profile} profile; the first build takes a few minutes, later ones seconds) …");
    let started = Instant::now();
    let status = cargo()
        .args(["build", "--package", "gx-cli", "--bin", "gx", "--profile", profile])
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if !status.success() {
        return Err("the build failed; the messages above say where".to_owned());
    }
    println!("Built in {} s. Starting …", started.elapsed().as_secs());
    let binary = target().join(if release { "release" } else { "debug" }).join("gx");
    let error = Command::new(&binary).arg("up").args(rest).current_dir(root()).exec();
    Err(format!("{} did not start: {error}", binary.display()))
}
