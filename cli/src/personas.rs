//! `gx personas`, and the test people that `gx up` makes on devnet.

use anyhow::Result;
use gx_platform::App;

use crate::args::Personas;

/// Runs a command of `gx personas`.
///
/// # Errors
/// When the environment has no test people.
pub async fn run(personas: Personas) -> Result<()> {
    let Personas::Apply { place, stage } = personas;
    let _ = (place, stage);
    anyhow::bail!("not wired")
}

/// Test people at first start.
///
/// # Errors
/// None yet.
pub async fn first_start(_app: &App) -> Result<Vec<String>> {
    Ok(Vec::new())
}
