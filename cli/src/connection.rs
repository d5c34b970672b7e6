//! The ledger across processes: the Gateway endpoint in front of the embedded one, and the connection to it, which is
//! the same as to a Fabric network.

mod settings;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_fabric::ca::{NetworkPlan, Severity, check};
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::endpoint::{Endpoint, EndpointOptions};
use gx_fabric::identity::Material;
use gx_ledger::{EmbeddedLedger, EmbeddedOptions};
use gx_types::EnvName;

use self::settings::{CHAINCODE_NAME, CHANNEL_NAME, CONNECT, Described, MSP_ID, Named};
pub use self::settings::{SETTINGS, Use, Values};
use crate::place::Home;

/// Where the Gateway endpoint listens unless told otherwise.
pub const GATEWAY_ADDRESS: &str = "127.0.0.1:7051";

/// What people are told about a ledger that lives in this process.
pub const EMBEDDED: &str = "embedded, in this process";

/// A ledger that is reached over Fabric's Gateway.
pub struct Outside {
    /// The ledger.
    pub ledger: Arc<FabricLedger>,
    /// Where it is, for people.
    pub place: String,
}

/// The Gateway endpoint of a place's ledger, its certificates made if missing.
///
/// # Errors
/// When certificates cannot be made or read.
pub fn endpoint(
    home: &Home,
    env: EnvName,
    ledger: Arc<EmbeddedLedger>,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
) -> Result<Endpoint> {
    // Clients on this machine find it where it listens; «every interface» is no address to connect to.
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let reached = format!("{host}:{}", address.port());
    let plan = NetworkPlan::of(env, &EmbeddedOptions::of(env).organisations, &reached);
    Ok(Endpoint::open(&home.fabric(), ledger, clock, EndpointOptions::of(plan))?)
}

/// A setting of this process.
#[must_use]
pub fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The ledger that the settings name; `None` when they name none. Nothing is connected yet.
///
/// # Errors
/// With each setting that is missing, or what is wrong with a file.
pub fn outside(values: Values, usage: Use) -> Result<Option<Outside>> {
    match settings::named(values)? {
        Named::Nowhere => Ok(None),
        Named::Folder(folder) => in_folder(&folder, values).map(Some),
        Named::Settings => {
            let Described { config, signers } = settings::described(values, usage, &SystemClock)?;
            let place = place_of(&config);
            let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
            Ok(Some(Outside { ledger: Arc::new(FabricLedger::new(Arc::new(client))), place }))
        }
    }
}

/// The ledger that this process's settings name, for a worker, which has no other.
///
/// # Errors
/// When no setting names one; as [`outside`].
pub fn of_worker(usage: Use) -> Result<Outside> {
    outside(&of_process, usage)?.with_context(|| {
        format!(
            "no setting names the ledger: set {CONNECT} to a folder with connection material (`gx serve ledger` writes one \
             to <data folder>/fabric), or FABRIC_PEER_ENDPOINT and the others of docs/reference/settings.md"
        )
    })
}

/// The ledger that a folder with connection material leads to. Nothing is connected yet.
///
/// # Errors
/// When the material is of no use.
pub fn in_folder(folder: &Path, values: Values) -> Result<Outside> {
    let value = |name: &str| values(name).filter(|value| !value.is_empty());
    let shown = || folder.display().to_string();
    let material = Material::read(folder).with_context(shown)?;
    for finding in check(folder, &material, SystemClock.now()) {
        match finding.severity {
            Severity::Error => anyhow::bail!("{}: {}", folder.display(), finding.sentence),
            Severity::Warning => tracing::warn!("{}", finding.sentence),
        }
    }
    let first = material.endpoints.peers.first().map(|peer| peer.msp_id.clone());
    let home = value(MSP_ID).or(first).context("the connection material names no peer")?;
    let mut config = ClientConfig::from_material(&material, &home).with_context(shown)?;
    config.channel = value(CHANNEL_NAME).unwrap_or(config.channel);
    config.chaincode = value(CHAINCODE_NAME).unwrap_or(config.chaincode);
    let signers = material.signers(&home).with_context(shown)?;
    let place = place_of(&config);
    let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    Ok(Outside { ledger: Arc::new(FabricLedger::new(Arc::new(client))), place })
}

/// Where a network is, in a line.
fn place_of(config: &ClientConfig) -> String {
    let gateways = config.gateways.iter().map(|gateway| format!("{} ({})", gateway.address, gateway.msp_id));
    format!("Fabric channel {} through {}", config.channel, gateways.collect::<Vec<_>>().join(", "))
}
