//! The network under test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;

use gx_base::{SystemClock, SystemEntropy};
use gx_contracts::Role;
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::identity::{Material, Signer};
use gx_tests::{Platform, START_LIMIT, wait_until};

use super::ledger::LedgerProcess;

const CONNECT: &str = "GX_FABRIC_CONNECT";

/// A network: a Fabric network, or the Gateway endpoint of an embedded ledger.
pub struct Network {
    /// Its connection material.
    pub connect: PathBuf,
    /// The process of the embedded ledger; `None` on a Fabric network.
    pub embedded: Option<LedgerProcess>,
    material: Material,
}

impl Network {
    /// The Fabric network of the test run, or an embedded ledger.
    pub async fn find() -> Self {
        let (connect, embedded) = match std::env::var_os(CONNECT) {
            Some(folder) => (PathBuf::from(folder), None),
            None => {
                let ledger = LedgerProcess::start().await;
                (ledger.connect(), Some(ledger))
            }
        };
        let material = Material::read(&connect).unwrap();
        Self { connect, embedded, material }
    }

    /// Whether it is a Fabric network.
    pub fn is_fabric(&self) -> bool {
        self.embedded.is_none()
    }

    /// Where peers look for the chaincode.
    pub fn chaincode_address(&self) -> &str {
        self.material.endpoints.chaincode.address.as_deref().expect("endpoints.json names the chaincode's address")
    }

    /// The organisations, in the order of their peers.
    pub fn organisations(&self) -> Vec<String> {
        self.config().organisations
    }

    /// How clients find it.
    pub fn config(&self) -> ClientConfig {
        ClientConfig::from_material(&self.material, &self.material.endpoints.peers[0].msp_id).unwrap()
    }

    /// The signer of an identity of the first organisation, by folder name.
    pub fn signer(&self, name: &str) -> Arc<dyn Signer> {
        let home = &self.material.endpoints.peers[0].msp_id;
        let known = &self.material.organisations[home].identities;
        let found = known.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{home} has no {name}"));
        found.signer.clone()
    }

    /// The ledger, seen by a client that signs for each role with these.
    pub fn ledger_as(&self, signers: BTreeMap<Role, Arc<dyn Signer>>) -> FabricLedger {
        let client = Client::new(self.config(), signers, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
        FabricLedger::new(Arc::new(client))
    }

    /// The ledger, seen by the first organisation.
    pub fn ledger(&self) -> FabricLedger {
        self.ledger_as(self.material.signers(&self.material.endpoints.peers[0].msp_id).unwrap())
    }

    /// The settings that name it, each fact on its own.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let endpoints = &self.material.endpoints;
        let first = &endpoints.peers[0];
        let second = endpoints.peers.iter().find(|peer| peer.msp_id != first.msp_id).expect("two organisations");
        let file = |msp_id: &str, path: &str| self.connect.join(msp_id).join(path).display().to_string();
        vec![
            ("FABRIC_MSP_ID", first.msp_id.clone()),
            ("FABRIC_PEER_ENDPOINT", first.address.clone()),
            ("FABRIC_TLS_CA_PATH", file(&first.msp_id, "tlsca.pem")),
            ("FABRIC_TLS_SERVER_NAME_OVERRIDE", first.tls_name.clone()),
            ("FABRIC_ORG2_MSP_ID", second.msp_id.clone()),
            ("FABRIC_ORG2_PEER_ENDPOINT", second.address.clone()),
            ("FABRIC_ORG2_TLS_CA_PATH", file(&second.msp_id, "tlsca.pem")),
            ("FABRIC_ORG2_TLS_SERVER_NAME_OVERRIDE", second.tls_name.clone()),
            ("FABRIC_CHANNEL_NAME", endpoints.channel.clone()),
            ("FABRIC_CHAINCODE_NAME", endpoints.chaincode.name.clone()),
            ("FABRIC_CERT_PATH", file(&first.msp_id, "GxAdmin/cert.pem")),
            ("FABRIC_KEY_PATH", file(&first.msp_id, "GxAdmin/key.pem")),
            ("FABRIC_SUPER_ADMIN_CERT_PATH", file(&first.msp_id, "SuperAdmin/cert.pem")),
            ("FABRIC_SUPER_ADMIN_KEY_PATH", file(&first.msp_id, "SuperAdmin/key.pem")),
            ("FABRIC_PARTNER_CERT_PATH", file(&first.msp_id, "PartnerApi/cert.pem")),
            ("FABRIC_PARTNER_KEY_PATH", file(&first.msp_id, "PartnerApi/key.pem")),
        ]
    }
}

/// `gx serve chaincode` as a process of its own; ends when dropped.
pub struct Chaincode {
    child: Child,
    address: String,
    package_id: String,
    log: PathBuf,
}

impl Chaincode {
    /// Starts it and waits until it listens.
    pub async fn start(address: &str, package_id: &str, log: &Path) -> Self {
        let mut chaincode = Self {
            child: spawn(address, package_id, log),
            address: address.to_owned(),
            package_id: package_id.to_owned(),
            log: log.to_owned(),
        };
        chaincode.listens().await;
        chaincode
    }

    async fn listens(&mut self) {
        let (address, log) = (self.address.clone(), self.log.clone());
        wait_until("the chaincode to listen", START_LIMIT, || {
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            assert!(!ended, "gx serve chaincode ended: {}", std::fs::read_to_string(&log).unwrap_or_default());
            let there = std::net::TcpStream::connect(&address).is_ok();
            async move { there }
        })
        .await;
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again and waits until it listens.
    pub async fn start_again(&mut self) {
        self.child = spawn(&self.address, &self.package_id, &self.log);
        self.listens().await;
    }
}

impl Drop for Chaincode {
    fn drop(&mut self) {
        // A dead child is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(address: &str, package_id: &str, log: &Path) -> Child {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    Platform::gx(&["serve", "chaincode", "--address", address, "--package-id", package_id])
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap()
}
