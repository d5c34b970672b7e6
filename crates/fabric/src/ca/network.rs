//! The certificates of a whole development network, in a folder. Making them again adds what is missing and changes
//! nothing that is there.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gx_contracts::Role;
use gx_types::{EnvName, Timestamp};
use zeroize::Zeroizing;

use super::authority::{Authority, AuthorityError, Issued, Purpose};
use crate::identity::{ChaincodeEntry, Endpoints, NodeEntry};

/// The folder of an organisation's only peer below `nodes/`.
pub const NODE: &str = "peer0";

/// The people of an organisation: folder, and what is in their certificate.
const PEOPLE: [(&str, Purpose); 4] = [
    ("SuperAdmin", Purpose::Client(Some(Role::SuperAdmin))),
    ("GxAdmin", Purpose::Client(Some(Role::Admin))),
    ("PartnerApi", Purpose::Client(Some(Role::PartnerApi))),
    ("Admin", Purpose::Admin),
];

/// An organisation to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationPlan {
    /// Its MSP id.
    pub msp_id: String,
    /// Its domain, the common part of the names in its certificates.
    pub domain: String,
    /// The name of its peer, which TLS certificates carry.
    pub peer: String,
    /// Where the peer listens, `host:port`.
    pub address: String,
}

/// A network to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPlan {
    /// The channel.
    pub channel: String,
    /// The chaincode's name.
    pub chaincode: String,
    /// Its organisations.
    pub organisations: Vec<OrganisationPlan>,
}

impl NetworkPlan {
    /// The network of an environment with one peer per organisation, all behind one address.
    #[must_use]
    pub fn of(env: EnvName, msp_ids: &[String], address: &str) -> Self {
        let organisations = msp_ids.iter().zip(1..).map(|(msp_id, number)| OrganisationPlan {
            msp_id: msp_id.clone(),
            domain: format!("org{number}.fabric-{env}.svc.cluster.local"),
            peer: format!("peer0-org{number}.fabric-{env}.svc.cluster.local"),
            address: address.to_owned(),
        });
        Self {
            channel: format!("gxchannel-{env}"),
            chaincode: format!("gx-{env}"),
            organisations: organisations.collect(),
        }
    }
}

/// Why the folder could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A certificate could not be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A file or folder could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

/// A folder with the certificates of a network.
#[derive(Debug, Clone)]
pub struct Network {
    folder: PathBuf,
}

impl Network {
    /// The network in a folder, with everything that the plan needs. Certificates and keys that are there stay;
    /// `endpoints.json` is written anew.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub fn make(folder: &Path, plan: &NetworkPlan, now: Timestamp) -> Result<Self, NetworkError> {
        for organisation in &plan.organisations {
            make_organisation(&folder.join(&organisation.msp_id), organisation, now)?;
        }
        let endpoints = Endpoints {
            channel: plan.channel.clone(),
            chaincode: ChaincodeEntry { name: plan.chaincode.clone(), address: None },
            orderer: None,
            peers: plan
                .organisations
                .iter()
                .map(|organisation| NodeEntry {
                    address: organisation.address.clone(),
                    tls_name: organisation.peer.clone(),
                    msp_id: organisation.msp_id.clone(),
                })
                .collect(),
        };
        let text = serde_json::to_string_pretty(&endpoints).unwrap_or_default();
        write_private(&folder.join("endpoints.json"), &text)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The folder of an organisation's peer.
    #[must_use]
    pub fn node(&self, msp_id: &str) -> PathBuf {
        self.folder.join(msp_id).join("nodes").join(NODE)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn make_organisation(folder: &Path, plan: &OrganisationPlan, now: Timestamp) -> Result<(), NetworkError> {
    for part in ["authority", "nodes"] {
        make_folder(&folder.join(part))?;
    }
    let ca = authority(folder, plan, "ca", now)?;
    let tls_ca = authority(folder, plan, "tlsca", now)?;
    let node = folder.join("nodes").join(NODE);
    let names = vec![plan.peer.clone(), "localhost".to_owned(), "127.0.0.1".to_owned()];
    issue(&ca, &node, ["cert.pem", "key.pem"], &plan.peer, &Purpose::Peer, now)?;
    issue(&tls_ca, &node, ["tls-server.crt", "tls-server.key"], &plan.peer, &Purpose::TlsServer(names), now)?;
    for (name, purpose) in PEOPLE {
        let person = folder.join(name);
        let common_name = format!("{name}@{}", plan.domain);
        issue(&ca, &person, ["cert.pem", "key.pem"], &common_name, &purpose, now)?;
        issue(&tls_ca, &person, ["tls-client.crt", "tls-client.key"], &common_name, &Purpose::TlsClient, now)?;
    }
    Ok(())
}

/// The authority whose certificate is `<name>.pem`: the one that is there, or a new one.
fn authority(folder: &Path, plan: &OrganisationPlan, name: &str, now: Timestamp) -> Result<Authority, NetworkError> {
    let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join("authority").join(format!("{name}.key")));
    let common_name = format!("{name}.{}", plan.domain);
    if let (Some(certificate), Some(key)) = (read(&certificate)?, read(&key)?) {
        return Ok(Authority::open(&plan.domain, &common_name, certificate, Zeroizing::new(key))?);
    }
    let authority = Authority::new(&plan.domain, &common_name, now)?;
    write_private(&key, authority.key())?;
    write_private(&certificate, authority.certificate())?;
    Ok(authority)
}

fn issue(
    authority: &Authority,
    folder: &Path,
    files: [&str; 2],
    name: &str,
    purpose: &Purpose,
    now: Timestamp,
) -> Result<(), NetworkError> {
    let [certificate, key] = files.map(|file| folder.join(file));
    if read(&certificate)?.is_some() && read(&key)?.is_some() {
        return Ok(());
    }
    make_folder(folder)?;
    let Issued { certificate: pem, key: secret } = authority.issue(name, purpose, now)?;
    write_private(&key, &secret)?;
    write_private(&certificate, &pem)
}

fn read(path: &Path) -> Result<Option<String>, NetworkError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(NetworkError::File { path: path.to_owned(), error }),
    }
}

fn make_folder(path: &Path) -> Result<(), NetworkError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| NetworkError::File { path: path.to_owned(), error })
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<(), NetworkError> {
    let draft = path.with_extension("draft");
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&draft, path));
    written.map_err(|error| NetworkError::File { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::ca::{Severity, check};
    use crate::identity::Material;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn plan() -> NetworkPlan {
        let organisations = ["Org1DevnetMSP".to_owned(), "Org2DevnetMSP".to_owned()];
        NetworkPlan::of(EnvName::Devnet, &organisations, "127.0.0.1:7051")
    }

    #[test]
    fn a_network_is_made_once_is_private_and_in_the_layout_that_clients_read() {
        let folder = tempfile::tempdir().unwrap();
        Network::make(folder.path(), &plan(), NOW).unwrap();
        let material = Material::read(folder.path()).unwrap();
        assert_eq!(material.endpoints.channel, "gxchannel-devnet");
        for msp_id in ["Org1DevnetMSP", "Org2DevnetMSP"] {
            let signers = material.signers(msp_id).unwrap();
            assert_eq!(signers.len(), Role::ALL.len());
            let key = folder.path().join(msp_id).join("GxAdmin/key.pem");
            assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(std::fs::read_to_string(&key).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
        }
        assert_eq!(check(folder.path(), &material, NOW), []);

        // Again: what is there stays, what is missing comes back.
        let (kept, lost) = ("Org1DevnetMSP/GxAdmin/cert.pem", "Org1DevnetMSP/PartnerApi/cert.pem");
        let before = std::fs::read(folder.path().join(kept)).unwrap();
        std::fs::remove_file(folder.path().join(lost)).unwrap();
        Network::make(folder.path(), &plan(), NOW).unwrap();
        assert_eq!(std::fs::read(folder.path().join(kept)).unwrap(), before);
        assert_eq!(check(folder.path(), &Material::read(folder.path()).unwrap(), NOW), []);
    }

    #[test]
    fn wrong_purposes_and_passing_time_are_found() {
        let folder = tempfile::tempdir().unwrap();
        Network::make(folder.path(), &plan(), NOW).unwrap();
        let day = 86_400_000_000;
        let later = |days: i64| Timestamp::from_micros(NOW.micros() + days * day);
        let findings = |now| check(folder.path(), &Material::read(folder.path()).unwrap(), now);
        assert!(findings(later(300)).is_empty());
        let soon = findings(later(340));
        assert!(!soon.is_empty() && soon.iter().all(|finding| finding.severity == Severity::Warning), "{soon:?}");
        assert!(findings(later(366)).iter().any(|finding| finding.severity == Severity::Error));

        // The enrolment authority in the place of the TLS authority.
        let organisation = folder.path().join("Org1DevnetMSP");
        std::fs::copy(organisation.join("ca.pem"), organisation.join("tlsca.pem")).unwrap();
        let wrong = findings(NOW);
        assert!(wrong.iter().any(|finding| finding.sentence.contains("tlsca.pem")), "{wrong:?}");
        // A key that others can read.
        let key = folder.path().join("Org2DevnetMSP/Admin/key.pem");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(findings(NOW).iter().any(|finding| finding.sentence.contains("can be read by others")));
    }
}
