//! Where a client connects, and its limits.

use std::time::Duration;

use gx_contracts::Role;

use crate::identity::{Credentials, Material, MaterialError};

/// A network as a client needs to know it.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The channel.
    pub channel: String,
    /// The chaincode's name on it.
    pub chaincode: String,
    /// Gateways in the order in which they are used: the next one when the one before cannot be reached.
    pub gateways: Vec<GatewayConfig>,
    /// MSP ids of the organisations that have to endorse.
    pub organisations: Vec<String>,
    /// Limits.
    pub limits: Limits,
}

/// A peer with its gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// The peer's organisation.
    pub msp_id: String,
    /// `host:port`.
    pub address: String,
    /// How to recognise it; `None` for plain text, which only development networks have.
    pub tls: Option<TlsConfig>,
}

/// TLS of a connection.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// Certificates of the authorities that may have issued the server's, PEM.
    pub ca_pem: Vec<u8>,
    /// The name to look for in the server's certificate where it is not the address's host.
    pub server_name: Option<String>,
    /// Certificate and key for mutual TLS, PEM.
    pub client: Option<(Vec<u8>, Vec<u8>)>,
}

/// Limits of a client.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls of a gateway under way at once, without those that wait for a commit. A gateway refuses more than 500 of
    /// both kinds together, from all its clients.
    pub calls_in_flight_max: usize,
    /// Calls under way at once that wait for a commit.
    pub waits_in_flight_max: usize,
    /// Longest wait for a TCP and TLS connection.
    pub connect_timeout: Duration,
    /// Longest time for an evaluation.
    pub evaluate_timeout: Duration,
    /// Longest time for an endorsement, repetitions included.
    pub endorse_timeout: Duration,
    /// Longest time until the ordering service has taken a transaction.
    pub submit_timeout: Duration,
    /// Longest time for reading one block.
    pub block_timeout: Duration,
    /// How often a silent connection is asked for a sign of life. Peers refuse clients that ask more than once a minute.
    pub keep_alive_interval: Duration,
    /// How long it may take to answer.
    pub keep_alive_timeout: Duration,
    /// How long a gateway that could not be reached comes last.
    pub avoid: Duration,
    /// Largest message read, in bytes; Fabric's own limit.
    pub message_bytes_max: usize,
    /// Endorsements of one command after read conflicts, in [`submit`](gx_ledger::Ledger::submit).
    pub endorsements_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_in_flight_max: 192,
            waits_in_flight_max: 256,
            connect_timeout: Duration::from_secs(3),
            evaluate_timeout: Duration::from_secs(10),
            endorse_timeout: Duration::from_secs(15),
            submit_timeout: Duration::from_secs(10),
            block_timeout: Duration::from_secs(10),
            keep_alive_interval: Duration::from_secs(70),
            keep_alive_timeout: Duration::from_secs(20),
            avoid: Duration::from_secs(5),
            message_bytes_max: 100 * 1024 * 1024,
            endorsements_max: 10,
        }
    }
}

impl ClientConfig {
    /// The network of a folder with connection material, with the peers of `home` first. Every organisation that has a
    /// peer there endorses.
    ///
    /// # Errors
    /// [`MaterialError::NoOrganisation`].
    pub fn from_material(material: &Material, home: &str) -> Result<Self, MaterialError> {
        let mut peers: Vec<_> = material.endpoints.peers.iter().collect();
        peers.sort_by_key(|peer| peer.msp_id != home);
        let mut organisations: Vec<String> = peers.iter().map(|peer| peer.msp_id.clone()).collect();
        organisations.dedup();
        // A peer that asks for a TLS client certificate gets the home organisation's.
        let known = material.organisations.get(home).map(|organisation| organisation.identities.as_slice());
        let with_tls = || known.unwrap_or_default().iter().filter(|one| one.tls_client.is_some());
        let is_admin = |one: &&Credentials| one.signer.identity().role() == Some(Role::Admin);
        let client = with_tls().find(is_admin).or_else(|| with_tls().next()).and_then(|one| one.tls_client.clone());
        let gateways = peers.into_iter().map(|peer| {
            let tls = TlsConfig {
                ca_pem: material.organisation(&peer.msp_id)?.tls_ca.clone(),
                server_name: Some(peer.tls_name.clone()),
                client: client.clone(),
            };
            Ok(GatewayConfig { msp_id: peer.msp_id.clone(), address: peer.address.clone(), tls: Some(tls) })
        });
        Ok(Self {
            channel: material.endpoints.channel.clone(),
            chaincode: material.endpoints.chaincode.name.clone(),
            gateways: gateways.collect::<Result<_, _>>()?,
            organisations,
            limits: Limits::default(),
        })
    }
}
