//! Tells the binary which commit it was built from and when.

use std::process::Command;

fn main() {
    let commit = output("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    // A reproducible build sets SOURCE_DATE_EPOCH; otherwise the commit's own time is the honest answer.
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().or_else(|| output("git", &["log", "-1", "--format=%ct"]));
    println!("cargo::rustc-env=GX_COMMIT={commit}");
    println!("cargo::rustc-env=GX_BUILT_EPOCH={}", epoch.unwrap_or_else(|| "0".to_owned()));
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    if let Some(head) = output("git", &["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={head}");
    }
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
