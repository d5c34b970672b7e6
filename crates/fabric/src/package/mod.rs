//! The chaincode package: which label, where the chaincode serves. The same inputs give the same bytes on every machine
//! and with every build, so every organisation that packs for itself gets one package id.
//!
//! A package is a gzipped tar of `metadata.json` and `code.tar.gz`; the latter holds `connection.json`. `archive.rs`
//! writes both without compressing: a compressor's next version would give other bytes.

mod archive;

use std::fmt;
use std::str::FromStr;

use gx_types::Sha256Hex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use archive::{gzip, tar};

/// Most characters of a label.
const LABEL_CHARACTERS_MAX: usize = 128;

/// A label or a package id that Fabric would not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// The label is not one.
    #[error("«{0}» is no label: letters, digits and «_.+-», a letter or digit first, at most 128 characters")]
    Label(String),
    /// The text is no package id.
    #[error("«{0}» is no package id: a label, a colon, 64 hexadecimal characters")]
    Id(String),
    /// A file does not fit a tar header.
    #[error("the file {0} does not fit into an archive")]
    TooLarge(&'static str),
    /// An address is empty.
    #[error("the chaincode's address is empty")]
    NoAddress,
}

/// `label:sha256`, under which peers know an installed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(String);

impl PackageId {
    /// The id of a package's bytes.
    fn of(label: &str, bytes: &[u8]) -> Self {
        Self(format!("{label}:{}", Sha256Hex::from_bytes(Sha256::digest(bytes).into())))
    }

    /// The id as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PackageId {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let parts = text.split_once(':').filter(|(label, hash)| is_label(label) && hash.parse::<Sha256Hex>().is_ok());
        parts.map(|_| Self(text.to_owned())).ok_or_else(|| PackageError::Id(text.to_owned()))
    }
}

/// How peers reach the chaincode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// `host:port`. `{{.address}}` stands for what each peer's external builder is configured with, so that
    /// organisations with different addresses still share a package.
    pub address: String,
    /// Who issued the chaincode's TLS certificate, PEM; `None` for a connection without TLS.
    pub tls_ca: Option<String>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its id.
    pub id: PackageId,
    /// Its label.
    pub label: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Serialize)]
struct MetadataFile<'a> {
    path: &'a str,
    r#type: &'a str,
    label: &'a str,
}

#[derive(Serialize)]
struct ConnectionFile<'a> {
    address: &'a str,
    dial_timeout: &'a str,
    tls_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_cert: Option<&'a str>,
}

impl Package {
    /// Packs.
    ///
    /// # Errors
    /// [`PackageError`] for a label that Fabric does not take or an empty address.
    pub fn new(label: &str, connection: &Connection) -> Result<Self, PackageError> {
        if !is_label(label) {
            return Err(PackageError::Label(label.to_owned()));
        }
        if connection.address.is_empty() {
            return Err(PackageError::NoAddress);
        }
        let connection = json(&ConnectionFile {
            address: &connection.address,
            dial_timeout: "10s",
            tls_required: connection.tls_ca.is_some(),
            root_cert: connection.tls_ca.as_deref(),
        });
        let metadata = json(&MetadataFile { path: "", r#type: "ccaas", label });
        let code = gzip(&tar(&[("connection.json", &connection)])?)?;
        let bytes = gzip(&tar(&[("metadata.json", &metadata), ("code.tar.gz", &code)])?)?;
        Ok(Self { id: PackageId::of(label, &bytes), label: label.to_owned(), bytes })
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Plain structs of texts always have a JSON form.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Fabric's rule for labels.
fn is_label(text: &str) -> bool {
    text.len() <= LABEL_CHARACTERS_MAX
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_.+-".contains(character))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn package() -> Package {
        let connection = Connection { address: "chaincode.example:7052".to_owned(), tls_ca: None };
        Package::new("gx-devnet", &connection).unwrap()
    }

    #[test]
    fn the_same_inputs_give_the_same_bytes_for_ever() {
        assert_eq!(package(), package());
        // Written down once: an organisation with an older build must come to this id too.
        assert_eq!(package().id.as_str(), "gx-devnet:c0cb72805d457afa4b788d98bf636f6a42dbcf26a385d0637698a5f01b90430b");
    }

    #[test]
    fn every_input_is_in_the_id() {
        let mut ids = vec![package().id];
        for (label, address, tls_ca) in [
            ("gx-testnet", "chaincode.example:7052", None),
            ("gx-devnet", "chaincode.example:7053", None),
            ("gx-devnet", "chaincode.example:7052", Some("-----BEGIN CERTIFICATE-----\n".to_owned())),
        ] {
            ids.push(Package::new(label, &Connection { address: address.to_owned(), tls_ca }).unwrap().id);
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn the_tools_of_the_system_unpack_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("p.tgz"), package().bytes).unwrap();
        for archive in ["p.tgz", "code.tar.gz"] {
            let status = Command::new("tar").args(["-xzf", archive]).current_dir(folder.path()).status().unwrap();
            assert!(status.success(), "{archive}");
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("metadata.json"), r#"{"path":"","type":"ccaas","label":"gx-devnet"}"#);
        assert_eq!(
            read("connection.json"),
            r#"{"address":"chaincode.example:7052","dial_timeout":"10s","tls_required":false}"#
        );
    }

    #[test]
    fn labels_and_ids_are_checked() {
        let connection = Connection { address: "a:1".to_owned(), tls_ca: None };
        for label in ["", "-a", "a b", "a/b", "ä", &"a".repeat(129)] {
            assert_eq!(Package::new(label, &connection), Err(PackageError::Label(label.to_owned())));
        }
        let nowhere = Connection { address: String::new(), tls_ca: None };
        assert_eq!(Package::new("a", &nowhere), Err(PackageError::NoAddress));
        let id = package().id;
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        for text in ["", "gx", "gx:", ":00", &format!("{id}0"), &id.as_str().to_uppercase()] {
            assert_eq!(text.parse::<PackageId>(), Err(PackageError::Id(text.to_owned())));
        }
    }
}
