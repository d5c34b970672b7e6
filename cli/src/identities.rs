//! `gx fabric identities`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use gx_base::{Clock, SystemClock};
use gx_fabric::ca::{Network, NetworkPlan, Severity, check};
use gx_fabric::identity::Material;
use gx_ledger::EmbeddedOptions;

use crate::args::Identities;
use crate::connection::GATEWAY_ADDRESS;

/// Makes what is missing, then looks through everything and tells.
///
/// # Errors
/// When certificates cannot be made or read. What cannot work is told and ends with 1.
pub fn run(identities: &Identities) -> Result<ExitCode> {
    let folder = match &identities.connect {
        Some(folder) => folder.clone(),
        None => identities.place.folder().join("fabric"),
    };
    let now = SystemClock.now();
    if !identities.check {
        let env = identities.place.env;
        let plan = NetworkPlan::of(env, &EmbeddedOptions::of(env).organisations, GATEWAY_ADDRESS);
        let is_ours = |msp_id: &String| folder.join(msp_id).join("authority").is_dir();
        anyhow::ensure!(
            !folder.join("endpoints.json").exists() || plan.organisations.iter().all(|plan| is_ours(&plan.msp_id)),
            "{} holds the material of a network that was not made here; --check only looks at it",
            folder.display()
        );
        Network::make(&folder, &plan, now)?;
    }
    let material = Material::read(&folder).with_context(|| folder.display().to_string())?;
    println!("{}", folder.display());
    for (msp_id, organisation) in &material.organisations {
        for identity in &organisation.identities {
            let certificate = &identity.signer.identity().certificate;
            let role = certificate.role.map_or("–", gx_contracts::Role::as_str);
            println!("  {msp_id:<16} {:<12} {role:<15} until {}", identity.name, certificate.not_after);
        }
    }
    let findings = check(&folder, &material, now);
    for finding in &findings {
        let word = if finding.severity == Severity::Error { "error" } else { "warning" };
        println!("{word}: {}", finding.sentence);
    }
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
