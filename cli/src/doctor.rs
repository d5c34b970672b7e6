//! `gx doctor fabric`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_fabric::doctor::{Check, CheckKind, Expected, Report, Subject, examine};
use gx_ledger::EmbeddedOptions;
use gx_platform::settings;
use gx_types::Sha256Hex;
use tokio::time::timeout;

use crate::args::{Doctor, DoctorFabric};
use crate::belonging;
use crate::connection::{self, Use};
use crate::migrate::settings_of;

/// Looks, tells, and ends with the report's exit code.
///
/// # Errors
/// Only when the report cannot be written; what is wrong with the network stands in it.
pub async fn run(doctor: Doctor) -> Result<ExitCode> {
    let Doctor::Fabric(args) = doctor;
    let report = fabric(&args).await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(ExitCode::from(report.exit_code()))
}

async fn fabric(args: &DoctorFabric) -> Report {
    let env = args.place.env;
    let mut expected = Expected::of(env, &EmbeddedOptions::of(env).organisations);
    let limit = Duration::from_secs(u64::from(args.timeout_seconds));
    let bound = match args.fingerprint {
        Some(fingerprint) => Ok(Some(fingerprint)),
        None => timeout(limit, bound(args))
            .await
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the database did not answer in time"))),
    };
    expected.fingerprint = bound.as_ref().ok().copied().flatten();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let mut report = match subject(args, expected) {
        Ok(subject) => examine(&subject, clock, entropy, limit).await,
        Err(check) => Report::new(vec![check], clock.now()),
    };
    if let Err(error) = bound {
        let sentence = format!("to which ledger this environment is bound is not known: {error:#}");
        report.add(Check::unknown(CheckKind::Fingerprint, "database", sentence));
    }
    report
}

/// The network that is meant, or why there is none.
fn subject(args: &DoctorFabric, expected: Expected) -> Result<Subject, Check> {
    let values = &connection::of_process;
    let own = args.place.folder().join("fabric");
    let network = match &args.connect {
        Some(folder) => connection::in_folder(folder, values).map(Some),
        None => match connection::outside(values, Use::Submits) {
            Ok(None) if own.join("endpoints.json").exists() => connection::in_folder(&own, values).map(Some),
            named => named,
        },
    };
    match network {
        Ok(Some(outside)) => Ok(outside.network.expecting(expected)),
        Ok(None) => Err(Check::fail(
            CheckKind::Settings,
            "",
            format!(
                "no network at all: neither GX_FABRIC_CONNECT nor FABRIC_PEER_ENDPOINT is set, and there is no {}",
                own.display()
            ),
            "name the folder with connection material (--connect), set FABRIC_PEER_ENDPOINT and the others of \
             docs/reference/settings.md, or start `gx up --fabric-gateway`, which writes such a folder",
        )),
        Err(error) => Err(Check::fail(
            CheckKind::Settings,
            "",
            format!("{error:#}"),
            "docs/fabric.md shows the layout of a folder with connection material, docs/reference/settings.md the settings",
        )),
    }
}

/// The ledger that the environment's database is bound to; `None` where there is no database yet.
async fn bound(args: &DoctorFabric) -> Result<Option<Sha256Hex>> {
    let file = args.place.folder().join("gx.db");
    if std::env::var_os(settings::DATABASE_URL).is_none() && !file.exists() {
        return Ok(None);
    }
    belonging::bound_to(&settings_of(&args.place)?).await
}
