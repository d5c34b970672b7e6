//! What can be typed about Hyperledger Fabric.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

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
