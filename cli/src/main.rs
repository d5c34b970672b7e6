//! The `gx` binary.

use std::process::ExitCode;

/// A password hash takes 19 MiB for a moment, on whichever thread. The system's allocator keeps such blocks for each
/// thread that ever had one; this one gives them back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gx_cli::main()
}
