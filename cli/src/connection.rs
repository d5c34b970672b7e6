//! The ledger across processes: the Gateway endpoint in front of the embedded one, and the connection to it, which is
//! the same as to a Fabric network.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{Clock, SettingDecl, SystemClock, SystemEntropy};
use gx_fabric::ca::{NetworkPlan, Severity, check};
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::endpoint::{Endpoint, EndpointOptions};
use gx_fabric::identity::Material;
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_types::EnvName;

use crate::place::Home;

/// Where the Gateway endpoint listens unless told otherwise.
pub const GATEWAY_ADDRESS: &str = "127.0.0.1:7051";

const CONNECT: &str = "GX_FABRIC_CONNECT";
const MSP_ID: &str = "FABRIC_MSP_ID";
const CHANNEL_NAME: &str = "FABRIC_CHANNEL_NAME";
const CHAINCODE_NAME: &str = "FABRIC_CHAINCODE_NAME";

/// Settings of the connection.
pub const SETTINGS: &[SettingDecl] = &[
    SettingDecl {
        name: CONNECT,
        aliases: &[],
        help: "Folder with connection material of the ledger: endpoints.json, and per organisation authorities and \
               identities. Needed by workers that run as processes.",
        default: None,
        secret: false,
    },
    SettingDecl {
        name: MSP_ID,
        aliases: &[],
        help: "MSP id of the organisation that signs; that of the first peer in the connection material when absent.",
        default: None,
        secret: false,
    },
    SettingDecl {
        name: CHANNEL_NAME,
        aliases: &[],
        help: "The channel; that of the connection material when absent.",
        default: None,
        secret: false,
    },
    SettingDecl {
        name: CHAINCODE_NAME,
        aliases: &[],
        help: "The chaincode's name; that of the connection material when absent.",
        default: None,
        secret: false,
    },
];

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

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The ledger that this process's settings name.
///
/// # Errors
/// When a setting is missing or the connection material is of no use.
pub fn ledger_of_process() -> Result<Arc<dyn Ledger>> {
    let folder = setting(CONNECT).map(PathBuf::from);
    let folder = folder.with_context(|| {
        format!("{CONNECT} is not set: it names the folder with connection material (`gx serve ledger` writes one to <data folder>/fabric)")
    })?;
    Ok(Arc::new(ledger(&folder)?))
}

/// The ledger that a folder with connection material leads to. Nothing is connected yet.
///
/// # Errors
/// When the material is of no use.
pub fn ledger(folder: &Path) -> Result<FabricLedger> {
    let shown = || folder.display().to_string();
    let material = Material::read(folder).with_context(shown)?;
    for finding in check(folder, &material, SystemClock.now()) {
        match finding.severity {
            Severity::Error => anyhow::bail!("{}: {}", folder.display(), finding.sentence),
            Severity::Warning => tracing::warn!("{}", finding.sentence),
        }
    }
    let first = material.endpoints.peers.first().map(|peer| peer.msp_id.clone());
    let home = setting(MSP_ID).or(first).context("the connection material names no peer")?;
    let mut config = ClientConfig::from_material(&material, &home).with_context(shown)?;
    config.channel = setting(CHANNEL_NAME).unwrap_or(config.channel);
    config.chaincode = setting(CHAINCODE_NAME).unwrap_or(config.chaincode);
    let signers = material.signers(&home).with_context(shown)?;
    let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    Ok(FabricLedger::new(Arc::new(client)))
}
