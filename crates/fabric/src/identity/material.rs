//! Connection material in a folder, the layout that `GX_FABRIC_CONNECT` names:
//!
//! ```text
//! endpoints.json                                   channel, chaincode, orderer, peers
//! <MSP id>/ca.pem   <MSP id>/tlsca.pem             the organisation's two authorities
//! <MSP id>/<name>/cert.pem  key.pem                an identity; its role is the certificate's `gxc_role`
//! <MSP id>/<name>/cert.pem  signer.json            the same, its key kept by a signing service
//! <MSP id>/<name>/tls-client.crt  tls-client.key   for mutual TLS, where there is any
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gx_contracts::Role;
use serde::{Deserialize, Serialize};

use super::remote::{RemoteSigner, SIGN_TIMEOUT};
use super::signer::{FileSigner, SignError, Signer};
use crate::client::{GatewayConfig, TlsConfig};

/// Why a folder with connection material is of no use.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// A file or folder could not be read or written.
    #[error("could not read {}: {detail}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// `endpoints.json` or a `signer.json` is malformed.
    #[error("{} is malformed: {detail}", file.display())]
    Endpoints {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// An identity is of no use.
    #[error("the identity in {}: {problem}", folder.display())]
    Identity {
        /// Its folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: SignError,
    },
    /// No identity of an organisation has a role.
    #[error("no certificate of {msp_id} carries gxc_role={}", role.as_str())]
    NoRole {
        /// The organisation.
        msp_id: String,
        /// The role looked for.
        role: Role,
    },
    /// An organisation named by a peer has no folder.
    #[error("there is no material of {0}")]
    NoOrganisation(String),
}

/// `endpoints.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// The channel.
    pub channel: String,
    /// The chaincode.
    pub chaincode: ChaincodeEntry,
    /// An orderer; absent where there is none to reach (the Gateway endpoint of the embedded ledger).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orderer: Option<NodeEntry>,
    /// Peers; each is a gateway.
    pub peers: Vec<NodeEntry>,
}

/// The chaincode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChaincodeEntry {
    /// Its name on the channel.
    pub name: String,
    /// Where it listens, `host:port`; absent where nobody may connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A node of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeEntry {
    /// Where it listens, `host:port`.
    pub address: String,
    /// The name in its TLS certificate.
    pub tls_name: String,
    /// Its organisation.
    pub msp_id: String,
}

/// `signer.json`: the signing service that has an identity's key. Files are PEM, relative to the identity's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerEntry {
    /// Where it listens, `host:port`.
    pub address: String,
    /// The name in its TLS certificate.
    pub tls_name: String,
    /// Certificate of the authority that issued it.
    pub ca: PathBuf,
    /// TLS client certificate that it is shown.
    pub certificate: PathBuf,
    /// Key of that certificate.
    pub key: PathBuf,
}

/// An identity's files, PEM, with a TLS client certificate where there is one.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The folder's name.
    pub name: String,
    /// The signer.
    pub signer: Arc<dyn Signer>,
    /// Certificate and key for mutual TLS, PEM.
    pub tls_client: Option<(Vec<u8>, Vec<u8>)>,
}

/// What is there of an organisation.
#[derive(Debug, Clone)]
pub struct OrganisationMaterial {
    /// Certificate of the authority that issues identities, PEM.
    pub ca: Vec<u8>,
    /// Certificate of the authority that issues TLS certificates, PEM.
    pub tls_ca: Vec<u8>,
    /// Its identities, by folder name.
    pub identities: Vec<Credentials>,
}

/// A folder with connection material, read.
#[derive(Debug, Clone)]
pub struct Material {
    /// Where everything listens.
    pub endpoints: Endpoints,
    /// Organisations by MSP id.
    pub organisations: BTreeMap<String, OrganisationMaterial>,
}

impl Material {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`MaterialError`], naming the file.
    pub fn read(folder: &Path) -> Result<Self, MaterialError> {
        let file = folder.join("endpoints.json");
        let endpoints: Endpoints = serde_json::from_slice(&read(&file)?)
            .map_err(|error| MaterialError::Endpoints { file, detail: error.to_string() })?;
        let mut organisations = BTreeMap::new();
        for peer in &endpoints.peers {
            if !organisations.contains_key(&peer.msp_id) {
                organisations.insert(peer.msp_id.clone(), organisation(folder, &peer.msp_id)?);
            }
        }
        Ok(Self { endpoints, organisations })
    }

    /// What is there of an organisation.
    ///
    /// # Errors
    /// [`MaterialError::NoOrganisation`].
    pub fn organisation(&self, msp_id: &str) -> Result<&OrganisationMaterial, MaterialError> {
        self.organisations.get(msp_id).ok_or_else(|| MaterialError::NoOrganisation(msp_id.to_owned()))
    }

    /// An organisation's signer for each role.
    ///
    /// # Errors
    /// [`MaterialError::NoRole`], [`MaterialError::NoOrganisation`].
    pub fn signers(&self, msp_id: &str) -> Result<BTreeMap<Role, Arc<dyn Signer>>, MaterialError> {
        let organisation = self.organisation(msp_id)?;
        let signer_for = |role: Role| {
            let with_role = |one: &&Credentials| one.signer.identity().role() == Some(role);
            let found = organisation.identities.iter().find(with_role);
            let found = found.ok_or_else(|| MaterialError::NoRole { msp_id: msp_id.to_owned(), role })?;
            Ok((role, Arc::clone(&found.signer)))
        };
        Role::ALL.into_iter().map(signer_for).collect()
    }
}

fn organisation(folder: &Path, msp_id: &str) -> Result<OrganisationMaterial, MaterialError> {
    let folder = folder.join(msp_id);
    let unreadable = |error: std::io::Error| MaterialError::File { file: folder.clone(), detail: error.to_string() };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.path().join("cert.pem").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let identities = names.into_iter().map(|name| credentials(folder.join(&name), msp_id, name));
    Ok(OrganisationMaterial {
        ca: read(&folder.join("ca.pem"))?,
        tls_ca: read(&folder.join("tlsca.pem"))?,
        identities: identities.collect::<Result<_, _>>()?,
    })
}

fn credentials(folder: PathBuf, msp_id: &str, name: String) -> Result<Credentials, MaterialError> {
    let (certificate, key) = (folder.join("tls-client.crt"), folder.join("tls-client.key"));
    let tls_client = match certificate.is_file() {
        true => Some((read(&certificate)?, read(&key)?)),
        false => None,
    };
    let service = folder.join("signer.json");
    let key = if service.is_file() { service } else { folder.join("key.pem") };
    let signer = open_signer(msp_id, &folder.join("cert.pem"), &key)?;
    Ok(Credentials { name, signer, tls_client })
}

/// Who signs with a certificate (PEM): the key in a file (PEM), or the signing service that a `….json` in its place names,
/// which has the layout of [`SignerEntry`] and files relative to its own folder.
///
/// # Errors
/// [`MaterialError`], naming the file.
pub fn open_signer(msp_id: &str, certificate: &Path, key: &Path) -> Result<Arc<dyn Signer>, MaterialError> {
    let signer: Result<Arc<dyn Signer>, SignError> = if key.extension().is_some_and(|extension| extension == "json") {
        let service = signing_service(key.parent().unwrap_or(Path::new("")), key)?;
        RemoteSigner::new(msp_id, &read(certificate)?, &service, SIGN_TIMEOUT)
            .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
    } else {
        FileSigner::open(msp_id, certificate, key).map(|signer| Arc::new(signer) as Arc<dyn Signer>)
    };
    signer.map_err(|problem| MaterialError::Identity {
        folder: certificate.parent().unwrap_or(certificate).to_owned(),
        problem,
    })
}

/// Where `signer.json` says that the key is.
fn signing_service(folder: &Path, file: &Path) -> Result<GatewayConfig, MaterialError> {
    let entry: SignerEntry = serde_json::from_slice(&read(file)?)
        .map_err(|error| MaterialError::Endpoints { file: file.to_owned(), detail: error.to_string() })?;
    let tls = TlsConfig {
        ca_pem: read(&folder.join(&entry.ca))?,
        server_name: Some(entry.tls_name),
        client: Some((read(&folder.join(&entry.certificate))?, read(&folder.join(&entry.key))?)),
    };
    Ok(GatewayConfig { msp_id: "signer".to_owned(), address: entry.address, tls: Some(tls) })
}

fn read(file: &Path) -> Result<Vec<u8>, MaterialError> {
    std::fs::read(file).map_err(|error| MaterialError::File { file: file.to_owned(), detail: error.to_string() })
}
