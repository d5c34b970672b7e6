//! `cargo xtask`: builds and runs GX, prepares a test machine, runs the suites.
//!
//! `cargo xtask up` and `cargo xtask test` are the two commands of the README; everything else is a part of one of them.

mod fabric;
mod machine;
mod operations;
mod process;
mod services;
mod suites;
mod up;

use std::process::ExitCode;

/// An error is a sentence for the person at the terminal.
type Result<T> = std::result::Result<T, String>;

const HELP: &str = "\
cargo xtask <command>

  up [--env devnet|testnet|mainnet] [--data DIR] [--no-people] [--release] [-- ARGS]
          builds what is needed and runs the whole platform at http://localhost:3000;
          further arguments go to `gx up`
  test [SUITE ...]
          installs what the tests need and runs every suite, or the named ones
  test --list
          names the suites with their limits
  fabric up|down [--data DIR] [--port PORT]
          a development network of Hyperledger Fabric, from its own programs on PATH (docs/fabric.md)
  crash --kills N
          the crash suite with N kills on each database, for example 500
  fuzz --cases N
          schemathesis with N random cases per documented operation, for example 100
  machine
          only installs what the tests need
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.split_first() {
        Some((command, rest)) => match command.as_str() {
            "up" => up::run(rest),
            "test" => suites::run(rest),
            "fabric" => fabric::run(rest),
            "crash" => suites::crash(rest),
            "fuzz" => suites::fuzz(rest),
            "machine" => machine::prepare().map(|_| ()),
            "help" | "--help" | "-h" => {
                print!("{HELP}");
                Ok(())
            }
            other => Err(format!("there is no command «{other}»\n\n{HELP}")),
        },
        None => Err(HELP.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
