//! X.509 certificates, as far as Fabric and GX look into them.

use gx_contracts::Role;
use gx_types::Timestamp;
use serde::Deserialize;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::wire::ROLE_ATTRIBUTE;

/// The extension in which Fabric CA writes a certificate's attributes, as JSON.
const ATTRIBUTES_OID: &str = "1.2.3.4.5.6.7.8.1";

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no PEM block `CERTIFICATE`.
    #[error("there is no PEM certificate")]
    NotPem,
    /// The block is no X.509 certificate.
    #[error("the certificate is malformed: {0}")]
    Malformed(String),
    /// Its key is not on P-256.
    #[error("the certificate's key is not on P-256")]
    NotP256,
    /// Its attributes are not the JSON that Fabric CA writes.
    #[error("the certificate's attributes are malformed: {0}")]
    Attributes(String),
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The PEM text as it was given; an identity carries it byte for byte.
    pub pem: Vec<u8>,
    /// The DER form.
    pub der: Vec<u8>,
    /// The subject, for people.
    pub subject: String,
    /// The issuer, for people.
    pub issuer: String,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until, inclusive.
    pub not_after: Timestamp,
    /// The public key, an uncompressed point.
    pub public_key: Vec<u8>,
    /// The attribute `gxc_role`, when it names a role.
    pub role: Option<Role>,
    /// Organisational units; Fabric reads `client`, `admin`, `peer`, `orderer` from them.
    pub units: Vec<String>,
    /// Whether it may sign certificates.
    pub is_ca: bool,
    /// Whether it is meant for TLS servers or clients, by its extended key usage.
    pub is_tls: bool,
}

#[derive(Deserialize)]
struct Attributes {
    attrs: std::collections::BTreeMap<String, String>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let der = pem_block(pem, |label| label == "CERTIFICATE").ok_or(CertificateError::NotPem)?;
        let malformed = |problem: String| CertificateError::Malformed(problem);
        let (rest, x509) = X509Certificate::from_der(&der).map_err(|error| malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed("bytes follow it".to_owned()));
        }
        let key = x509.public_key();
        let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
        if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY || curve != Some(OID_EC_P256) {
            return Err(CertificateError::NotP256);
        }
        let usage = x509.extended_key_usage().map_err(|error| malformed(error.to_string()))?;
        let units = x509.subject().iter_organizational_unit().filter_map(|unit| unit.as_str().ok());
        let time =
            |time: x509_parser::time::ASN1Time| Timestamp::from_micros(time.timestamp().saturating_mul(1_000_000));
        Ok(Self {
            pem: pem.to_vec(),
            subject: x509.subject().to_string(),
            issuer: x509.issuer().to_string(),
            not_before: time(x509.validity().not_before),
            not_after: time(x509.validity().not_after),
            public_key: key.subject_public_key.data.to_vec(),
            role: role(&x509)?,
            units: units.map(str::to_owned).collect(),
            is_ca: x509.is_ca(),
            is_tls: usage.is_some_and(|usage| usage.value.server_auth || usage.value.client_auth),
            der,
        })
    }

    /// Whether it is valid at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

fn role(x509: &X509Certificate<'_>) -> Result<Option<Role>, CertificateError> {
    let malformed = |problem: String| CertificateError::Attributes(problem);
    let mut extensions = x509.extensions().iter().filter(|extension| extension.oid.to_id_string() == ATTRIBUTES_OID);
    let Some(extension) = extensions.next() else { return Ok(None) };
    if extensions.next().is_some() {
        return Err(malformed("they are there twice".to_owned()));
    }
    let attributes: Attributes =
        serde_json::from_slice(extension.value).map_err(|error| malformed(error.to_string()))?;
    let named = attributes.attrs.get(ROLE_ATTRIBUTE);
    Ok(named.and_then(|named| Role::ALL.into_iter().find(|role| role.as_str() == named)))
}

/// The content of the first PEM block whose label is wanted.
pub(super) fn pem_block(pem: &[u8], wanted: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    x509_parser::pem::Pem::iter_from_buffer(pem)
        .filter_map(Result::ok)
        .find(|block| wanted(&block.label))
        .map(|block| block.contents)
}
