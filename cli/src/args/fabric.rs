//! What can be typed about Hyperledger Fabric.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gx_types::Sha256Hex;

use super::Place;

/// `gx fabric …`.
#[derive(Debug, Subcommand)]
pub enum Fabric {
    /// Pack the chaincode; the same arguments give the same package id everywhere
    Package(Pack),
    /// Install and approve for one organisation; commit once every organisation has approved; does nothing twice
    Deploy(Deploy),
    /// Make the certificates of a development network (what is there stays), or look through those of any network
    Identities(Identities),
}

/// `gx fabric identities`.
#[derive(Debug, Args)]
pub struct Identities {
    /// Which environment and where
    #[command(flatten)]
    pub place: Place,
    /// Folder with connection material; `fabric` below the data folder unless given
    #[arg(long, value_name = "DIR", env = "GX_FABRIC_CONNECT")]
    pub connect: Option<PathBuf>,
    /// Make nothing, only look: purposes, issuers, expiry, who may read the keys; exits with 1 when something cannot work
    #[arg(long)]
    pub check: bool,
}

/// `gx doctor …`.
#[derive(Debug, Subcommand)]
pub enum Doctor {
    /// Look through a Fabric network, or the Gateway endpoint of an embedded ledger: peers, chaincode, endorsement by each
    /// organisation, identities and roles, clocks, certificates, what is on the ledger. Exits with 0 when nothing fails, 1
    /// when something does, 2 when nothing fails and something could not be found out
    Fabric(DoctorFabric),
}

/// `gx doctor fabric`.
#[derive(Debug, Args)]
pub struct DoctorFabric {
    /// Which environment and where
    #[command(flatten)]
    pub place: Place,
    /// Folder with connection material; without it the network that the settings name, else `fabric` below the data folder
    #[arg(long, value_name = "DIR", env = "GX_FABRIC_CONNECT")]
    pub connect: Option<PathBuf>,
    /// Hash of the genesis block that must be there; the one that the environment's database is bound to unless given
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Sha256Hex>,
    /// Longest time for each check; all run at once
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub timeout_seconds: u16,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// `gx fabric package`.
#[derive(Debug, Args)]
pub struct Pack {
    /// Where peers find the chaincode, host:port; «{{.address}}» leaves it to each peer's external builder
    #[arg(long, value_name = "HOST:PORT", default_value = "{{.address}}")]
    pub address: String,
    /// Certificate authority of the chaincode's TLS certificate (PEM); without it peers connect without TLS
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Label of the package
    #[arg(long)]
    pub label: String,
    /// File of the package; only the package id is printed when left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `gx fabric deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// Organisation to act for: its number (1, 2) or its MSP id
    #[arg(long)]
    pub org: String,
    /// Folder with connection material
    #[arg(long, value_name = "DIR", env = "GX_FABRIC_CONNECT")]
    pub connect: PathBuf,
    /// Where peers find the chaincode; from the connection material unless given
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// Certificate authority of the chaincode's TLS certificate (PEM); without it peers connect without TLS
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Version of the definition
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    pub version: String,
    /// Folder name of the administrator's identity in the connection material
    #[arg(long, default_value = "Admin")]
    pub admin: String,
}

/// `gx serve chaincode`.
#[derive(Debug, Args)]
pub struct ServeChaincode {
    /// Address to listen on; may be repeated, each with its package id
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub address: Vec<SocketAddr>,
    /// Package id behind the address at the same place, as `gx fabric package` prints it
    #[arg(long, value_name = "LABEL:SHA256", required = true)]
    pub package_id: Vec<String>,
    /// Certificate for TLS (PEM); without it the chaincode is served without TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Certificate authority of the peers' client certificates (PEM); asks peers for one
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub client_ca: Option<PathBuf>,
    /// Transactions that run at the same time
    #[arg(long, value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=400))]
    pub transactions_max: u16,
    /// Where /metrics and /livez are served; nowhere when left out
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<SocketAddr>,
}

/// `gx serve signer`.
#[derive(Debug, Args)]
pub struct ServeSigner {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub address: SocketAddr,
    /// Folder with cert.pem and key.pem of an identity; may be repeated
    #[arg(long, value_name = "DIR", required = true)]
    pub identity: Vec<PathBuf>,
    /// Certificate for TLS (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_cert: PathBuf,
    /// Key of the certificate (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_key: PathBuf,
    /// Certificate authority of those who may have something signed (PEM)
    #[arg(long, value_name = "FILE")]
    pub client_ca: PathBuf,
}

/// A part of `gx bench fabric`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FabricPart {
    /// Our client beside the official one
    Clients,
    /// Our chaincode host beside the official shim
    Chaincode,
    /// Transfers between disjoint pairs
    Conflicts,
}

/// `gx bench fabric`.
#[derive(Debug, Args)]
pub struct BenchFabric {
    /// Folder with connection material of a network; an embedded ledger of its own, with its endpoint, when left out
    #[arg(long, value_name = "DIR", env = "GX_FABRIC_CONNECT")]
    pub connect: Option<PathBuf>,
    /// Node, for the comparison
    #[arg(long, value_name = "FILE")]
    pub node: Option<PathBuf>,
    /// Folder of Node's modules, with @hyperledger/fabric-gateway, and fabric-shim for the chaincode
    #[arg(long, value_name = "DIR")]
    pub node_modules: Option<PathBuf>,
    /// Where the Node chaincode listens, host:port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7152")]
    pub node_chaincode: String,
    /// People of one country to register; every two are a pair that pays
    #[arg(long, default_value_t = 2_000)]
    pub people: usize,
    /// Transfers in a round
    #[arg(long, default_value_t = 1_000)]
    pub transfers: usize,
    /// Rounds of each client or host, in turn
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Transfers in flight
    #[arg(long, default_value_t = 64)]
    pub in_flight: usize,
    /// Only these parts, separated by commas; people are registered for each
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub only: Vec<FabricPart>,
}
