//! The network that is measured: a Fabric network, or an embedded ledger with its Gateway endpoint in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Command as LedgerCommand, CountryShare, Function, Role};
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::identity::Material;
use gx_fabric::package::{Connection, Package, PackageId};
use gx_ledger::{Ledger, LedgerError, Proposal, Settled};
use gx_types::LedgerKey;
use tokio::process::{Child, Command};

use super::super::figures::{cores, cpu_time_of};
use super::super::running::Folder;
use crate::fabric::deploy_for;

/// How long something may take to start and to answer.
const START_LIMIT: Duration = Duration::from_secs(90);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest time for one command.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// Folder of the administrator's identity.
const ADMIN: &str = "Admin";

/// A process whose processor time is counted.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// What it is.
    pub name: String,
    /// Its number.
    pub pid: String,
}

/// The network under measurement.
pub(super) struct Net {
    /// Folder with connection material.
    pub connect: PathBuf,
    /// The same, read.
    pub material: Material,
    /// How the first organisation reaches it.
    pub config: ClientConfig,
    /// Peers and orderer, or the process of the embedded ledger.
    pub parts: Vec<Part>,
    /// The chaincode's process, where this run has started it.
    pub chaincode: Option<Part>,
    is_fabric: bool,
    children: Vec<Child>,
    folder: Folder,
}

impl Net {
    /// Finds or starts it, with our chaincode on it and the countries on its ledger.
    pub async fn open(connect: Option<PathBuf>) -> Result<Self> {
        let folder = Folder::of(None);
        fs::create_dir_all(folder.path()).with_context(|| folder.path().display().to_string())?;
        let (connect, is_fabric, mut children) = match connect {
            Some(connect) => (connect, true, vec![]),
            None => (folder.path().join("data/fabric"), false, vec![embedded(folder.path()).await?]),
        };
        let material = Material::read(&connect)?;
        let home = material.endpoints.peers.first().context("the connection material names no peer")?.msp_id.clone();
        let config = ClientConfig::from_material(&material, &home)?;
        let parts = match children.first().and_then(Child::id) {
            Some(pid) => vec![Part { name: "the embedded ledger".to_owned(), pid: pid.to_string() }],
            None => nodes(&connect),
        };
        let mut chaincode = None;
        if is_fabric && let Some(address) = material.endpoints.chaincode.address.clone() {
            let name = material.endpoints.chaincode.name.clone();
            let package = deploy(&material, &name, &address).await?;
            if tokio::net::TcpStream::connect(&address).await.is_err() {
                let child = Command::new(std::env::current_exe()?)
                    .args(["serve", "chaincode", "--address", &address, "--package-id", package.as_str()])
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .kill_on_drop(true)
                    .spawn()
                    .context("gx serve chaincode")?;
                let pid = child.id().map(|pid| pid.to_string()).unwrap_or_default();
                chaincode = Some(Part { name: "gx serve chaincode".to_owned(), pid });
                children.push(child);
                listens(&address).await?;
            }
        }
        let net = Self { connect, material, config, parts, chaincode, is_fabric, children, folder };
        net.bootstrap().await?;
        Ok(net)
    }

    /// Whether peers of Fabric are measured.
    pub const fn is_fabric(&self) -> bool {
        self.is_fabric
    }

    /// Folder for what is gone afterwards.
    pub const fn scratch(&self) -> &PathBuf {
        self.folder.path()
    }

    /// In a line.
    pub fn describe(&self) -> String {
        let peers: Vec<_> =
            self.config.gateways.iter().map(|one| format!("{} ({})", one.address, one.msp_id)).collect();
        match self.is_fabric {
            true => format!("Fabric channel {} through {}", self.config.channel, peers.join(", ")),
            false => format!("Gateway endpoint of an embedded ledger at {}", peers.join(", ")),
        }
    }

    /// A client that signs as the first organisation.
    pub fn client(&self) -> Result<Client> {
        let home = self.config.gateways.first().context("no gateway")?.msp_id.clone();
        let signers = self.material.signers(&home)?;
        Ok(Client::new(self.config.clone(), signers, Arc::new(SystemClock), Arc::new(SystemEntropy))?)
    }

    /// The ledger; a command that meets a conflict is told so, and not endorsed anew.
    pub fn ledger(&self) -> Result<FabricLedger> {
        let mut config = self.config.clone();
        config.limits.endorsements_max = 1;
        let home = config.gateways.first().context("no gateway")?.msp_id.clone();
        let signers = self.material.signers(&home)?;
        let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
        Ok(FabricLedger::new(Arc::new(client)))
    }

    /// Folder name of the identity of the first organisation that pays.
    pub fn payer(&self) -> Result<String> {
        let home = &self.config.gateways.first().context("no gateway")?.msp_id;
        let known = &self.material.organisation(home)?.identities;
        let found = known.iter().find(|one| one.signer.identity().role() == Some(Role::Admin));
        Ok(found.context("nobody has gxc_role=gx_admin")?.name.clone())
    }

    /// Parameters, pools and countries, where they are missing.
    async fn bootstrap(&self) -> Result<()> {
        let ledger = self.ledger()?;
        let began = Instant::now();
        let listed = loop {
            match ledger.evaluate(Function::ListAllCountries.call(vec![])).await {
                Ok(listed) => break serde_json::from_slice::<Vec<serde_json::Value>>(&listed)?.len(),
                Err(LedgerError::Refused(_)) => break 0,
                Err(error) if began.elapsed() > START_LIMIT => return Err(error).context("the ledger does not answer"),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        if listed >= COUNTRIES.len() {
            return Ok(());
        }
        let shares = COUNTRIES.iter().map(|row| {
            let code = row.code.parse().context("a country code")?;
            Ok(CountryShare { code, share_e8: row.share_e8 })
        });
        let request = LedgerKey::prefixed("gx", "first");
        let countries = LedgerCommand::InitializeCountryData { countries: shares.collect::<Result<_>>()?, request };
        for command in [LedgerCommand::BootstrapSystem, countries] {
            let settled = ledger.submit(Proposal::of(&command, SystemClock.now()), LIMIT).await?;
            let done = matches!(settled, Settled::Committed(_) | Settled::Replayed(_));
            ensure!(done, "{}: {settled:?}", command.ledger_key());
        }
        Ok(())
    }

    /// Ends what was started.
    pub async fn end(mut self) -> Result<()> {
        for mut child in self.children.drain(..) {
            child.kill().await?;
        }
        Ok(())
    }
}

/// Puts a chaincode on the channel for every organisation; the package's id.
pub(super) async fn deploy(material: &Material, name: &str, address: &str) -> Result<PackageId> {
    let package = Package::new(name, &Connection { address: address.to_owned(), tls_ca: None })?;
    let id = package.id.clone();
    for msp_id in material.organisations.keys() {
        deploy_for(material, msp_id, ADMIN, name, env!("CARGO_PKG_VERSION"), package.clone(), &mut |_| ()).await?;
    }
    Ok(id)
}

/// Waits until somebody listens.
pub(super) async fn listens(address: &str) -> Result<()> {
    let began = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_err() {
        ensure!(began.elapsed() < START_LIMIT, "nothing listens at {address}");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Starts `gx serve ledger` on a fresh ledger and waits until it listens.
async fn embedded(folder: &Path) -> Result<Child> {
    let log = folder.join("log");
    let file = fs::File::create(&log).with_context(|| log.display().to_string())?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "ledger", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
        .env("GX_ENV", "devnet")
        .env("GX_DATA", folder.join("data"))
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .kill_on_drop(true)
        .spawn()
        .context("gx serve ledger")?;
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        if text.lines().any(|line| line.starts_with("metrics at ")) {
            return Ok(child);
        }
        if child.try_wait()?.is_some() || began.elapsed() > START_LIMIT {
            bail!("gx serve ledger does not start: {text}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The nodes of a network that runs on this machine: their pid files lie beside the connection material.
fn nodes(connect: &Path) -> Vec<Part> {
    let Some(folder) = connect.parent() else { return vec![] };
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.path();
        let Some(name) = file.file_stem().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
        if file.extension().is_none_or(|extension| extension != "pid") {
            continue;
        }
        let pid = fs::read_to_string(&file).unwrap_or_default().trim().to_owned();
        let program = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if !program.trim().is_empty() && name.starts_with(program.trim()) {
            parts.push(Part { name, pid });
        }
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    parts
}

/// Processor time of some processes since a moment.
pub(super) struct Watch {
    began: Instant,
    parts: Vec<(Part, Duration)>,
}

impl Watch {
    pub fn start(parts: impl IntoIterator<Item = Part>) -> Self {
        let parts = parts.into_iter().map(|part| (part.clone(), cpu_time_of(&part.pid)));
        Self { parts: parts.collect(), began: Instant::now() }
    }

    /// What each has used until now.
    pub fn used(&self) -> Used {
        let parts =
            self.parts.iter().map(|(part, before)| (part.name.clone(), cpu_time_of(&part.pid).saturating_sub(*before)));
        Used { took: self.began.elapsed(), parts: parts.collect() }
    }
}

/// Processor time of processes during a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Used {
    took: Duration,
    parts: Vec<(String, Duration)>,
}

impl Used {
    /// Adds another round of the same processes.
    pub fn add(&mut self, other: Self) {
        if self.parts.is_empty() {
            *self = other;
            return;
        }
        self.took += other.took;
        for ((_, sum), (_, more)) in self.parts.iter_mut().zip(other.parts) {
            *sum += more;
        }
    }

    /// What the process of this name has used.
    pub fn of(&self, name: &str) -> Duration {
        self.parts.iter().filter(|(known, _)| known == name).map(|(_, used)| *used).sum()
    }

    /// Shares of all cores, in a line.
    pub fn shares(&self) -> String {
        let all = self.took.as_micros().max(1) * cores() as u128;
        let shares = self.parts.iter().map(|(name, used)| format!("{name} {} %", used.as_micros() * 100 / all));
        shares.collect::<Vec<_>>().join(", ")
    }
}
