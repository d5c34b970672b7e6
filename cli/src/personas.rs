//! `gx personas`, and the test people that `gx up` makes on devnet.

use std::time::Duration;

use anyhow::Result;
use gx_ops::Stage as Reached;
use gx_platform::App;

use crate::admin::app_of;
use crate::args::{Personas, Stage};

/// How long the ledger may take to register them all.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a command of `gx personas`.
///
/// # Errors
/// When the environment has no test people, or a step was refused.
pub async fn run(personas: Personas) -> Result<()> {
    let Personas::Apply { place, stage } = personas;
    let app = app_of(&place).await?;
    let reached = match stage {
        Stage::Registered => Reached::Registered,
        Stage::Submitted => Reached::Submitted,
        Stage::Settled => Reached::Settled,
    };
    for login in gx_ops::apply_personas(&app, reached, LIMIT).await? {
        println!("{login}");
    }
    app.store().close().await?;
    Ok(())
}

/// The test people of a platform that runs in this process: made at the first start, told at every start.
///
/// # Errors
/// When a step was refused, or the ledger takes too long.
pub async fn of_devnet(app: &App) -> Result<Vec<String>> {
    let logins = gx_ops::apply_personas(app, Reached::Settled, LIMIT).await?;
    Ok(logins.iter().map(|login| format!("{:<17} {login}", "person")).collect())
}
