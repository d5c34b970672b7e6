//! `gx audit`.

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use anyhow::{Context, Result};
use gx_types::api::admin::AuditVerification;

use crate::admin::app_of;
use crate::args::Audit;

/// Runs a command of `gx audit`.
///
/// # Errors
/// When the chain or the file cannot be read; what is wrong with it is told and ends with 1.
pub async fn run(command: Audit) -> Result<ExitCode> {
    let Audit::Verify { place, file } = command;
    let found = match file {
        Some(path) => {
            let file = File::open(&path).with_context(|| path.display().to_string())?;
            gx_admin::check_audit_export(BufReader::new(file))
                .map_err(anyhow::Error::msg)
                .with_context(|| path.display().to_string())?
        }
        None => {
            let app = app_of(&place).await?;
            let found = gx_admin::check_audit(&app).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
            app.store().close().await?;
            found
        }
    };
    Ok(tell(&found))
}

fn tell(found: &AuditVerification) -> ExitCode {
    println!("{} entries, the last is {} with hash {}", found.entries, found.head.sequence, found.head.hash);
    if let Some(noted) = &found.noted {
        println!("the end noted in the object store is entry {}", noted.sequence);
    }
    for fault in &found.faults {
        println!("FAULT: {fault}");
    }
    if found.intact {
        println!("the chain is as it was written");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
