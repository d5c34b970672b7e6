//! The ledger across processes: the Gateway endpoint in front of the embedded one, and the connection to it, which is
//! the same as to a Fabric network.

mod settings;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use figment::Figment;
use figment::providers::{Format, Toml};
use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_fabric::ca::{NetworkPlan, Severity};
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::doctor::{Connection, Expected, Preflight, WatchIntervals};
use gx_fabric::endpoint::{Endpoint, EndpointOptions};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions};
use gx_types::EnvName;
use tokio_util::sync::CancellationToken;

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
    /// What readiness and `gx doctor fabric` look at.
    pub network: Connection,
}

impl Outside {
    fn of(network: Connection) -> Result<Self> {
        let Connection { config, signers, .. } = network.clone();
        let place = place_of(&config);
        let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
        Ok(Self { ledger: Arc::new(FabricLedger::new(Arc::new(client))), place, network })
    }

    /// Looks at the network from now on, for readiness.
    pub fn watched(&self, env: EnvName, stop: &CancellationToken) -> Arc<Preflight> {
        let expected = Expected::of(env, &EmbeddedOptions::of(env).organisations);
        let subject = self.network.clone().expecting(expected);
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Preflight::start(subject, clock, entropy, WatchIntervals::default(), stop.clone())
    }
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

/// A setting of this process: its environment's, else that of the file of settings (`GX_CONFIG`), as every other setting.
#[must_use]
pub fn of_process(name: &str) -> Option<String> {
    let own = std::env::var(name).ok().filter(|value| !value.is_empty());
    own.or_else(|| of_file(Path::new(&std::env::var_os("GX_CONFIG")?), name))
}

/// A setting in a file. That the file cannot be read is told by whoever reads the settings as a whole.
fn of_file(file: &Path, name: &str) -> Option<String> {
    let value = Figment::new().merge(Toml::file(file)).find_value(name).ok()?;
    let number = || value.to_num().and_then(|number| number.to_i128()).map(|number| number.to_string());
    value.as_str().map(str::to_owned).or_else(number).filter(|value| !value.is_empty())
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
            Outside::of(Connection::new(config, signers)).map(Some)
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

/// The ledger that a folder with connection material leads to. Nothing is connected yet. Certificates that cannot work and
/// roles that nobody has are told, and are no error here: readiness and `gx doctor fabric` say the same until it is mended.
///
/// # Errors
/// When the material cannot be read.
pub fn in_folder(folder: &Path, values: Values) -> Result<Outside> {
    let value = |name: &str| values(name).filter(|value| !value.is_empty());
    let shown = || folder.display().to_string();
    let home = value(MSP_ID);
    let mut network = Connection::of_material(folder, home.as_deref(), SystemClock.now()).with_context(shown)?;
    for finding in &network.findings {
        match finding.severity {
            Severity::Error => tracing::error!("{}: {}", folder.display(), finding.sentence),
            Severity::Warning => tracing::warn!("{}", finding.sentence),
        }
    }
    anyhow::ensure!(!network.config.gateways.is_empty(), "{}: the connection material names no peer", folder.display());
    if let Some(channel) = value(CHANNEL_NAME) {
        network.config.channel = channel;
    }
    if let Some(chaincode) = value(CHAINCODE_NAME) {
        network.config.chaincode = chaincode;
    }
    Outside::of(network)
}

/// Where a network is, in a line.
fn place_of(config: &ClientConfig) -> String {
    let gateways = config.gateways.iter().map(|gateway| format!("{} ({})", gateway.address, gateway.msp_id));
    format!("Fabric channel {} through {}", config.channel, gateways.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_the_ledger_may_stand_in_the_file_of_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gx.toml");
        std::fs::write(&file, "FABRIC_MSP_ID = \"Org1DevnetMSP\"\nOUTBOX_LEASE_SECONDS = 7\nFABRIC_KEY_PATH = \"\"\n")
            .unwrap();
        assert_eq!(of_file(&file, "FABRIC_MSP_ID").as_deref(), Some("Org1DevnetMSP"));
        assert_eq!(of_file(&file, "OUTBOX_LEASE_SECONDS").as_deref(), Some("7"));
        for absent in ["FABRIC_KEY_PATH", "FABRIC_CERT_PATH"] {
            assert_eq!(of_file(&file, absent), None, "{absent}");
        }
        assert_eq!(of_file(&folder.path().join("none.toml"), "FABRIC_MSP_ID"), None);
    }
}
