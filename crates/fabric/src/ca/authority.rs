//! An authority: a certificate that signs certificates, and its key.

use gx_contracts::Role;
use gx_types::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::wire::ROLE_ATTRIBUTE;

/// The extension in which Fabric CA writes attributes.
const ATTRIBUTES_OID: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 1];

/// Life of an authority's certificate.
const AUTHORITY_LIFE: Duration = Duration::days(3_650);

/// Life of every other certificate.
const LIFE: Duration = Duration::days(365);

/// How far a certificate reaches back, for clocks that are behind.
const BACKDATED: Duration = Duration::minutes(10);

/// Why there is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate of {name} could not be made: {problem}")]
pub struct AuthorityError {
    /// Whose.
    pub name: String,
    /// What the library said.
    pub problem: String,
}

/// What a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Speaks for a person or a service of the organisation; the role goes into `gxc_role`.
    Client(Option<Role>),
    /// Administers the organisation's part of the network.
    Admin,
    /// Endorses.
    Peer,
    /// TLS of a server under these names and addresses.
    TlsServer(Vec<String>),
    /// TLS of a client.
    TlsClient,
}

/// A certificate and its private key, both PEM; the key is PKCS#8 on P-256.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: Zeroizing<String>,
}

/// An authority.
pub struct Authority {
    certificate: String,
    key: Zeroizing<String>,
    issuer: Issuer<'static, KeyPair>,
    organisation: String,
    name: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Authority {
    /// A new authority called `name` of an organisation.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn new(organisation: &str, name: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let failed = |error: rcgen::Error| failure(name, &error);
        let mut params = params(organisation, name, None, now, AUTHORITY_LIFE).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.self_signed(&key).map_err(failed)?.pem();
        Self::open(organisation, name, certificate, Zeroizing::new(key.serialize_pem()))
    }

    /// An authority from its certificate and key, PEM.
    ///
    /// # Errors
    /// [`AuthorityError`] when they are of no use.
    pub fn open(
        organisation: &str,
        name: &str,
        certificate: String,
        key: Zeroizing<String>,
    ) -> Result<Self, AuthorityError> {
        let failed = |error: rcgen::Error| failure(name, &error);
        let pair = KeyPair::from_pem(&key).map_err(failed)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, pair).map_err(failed)?;
        Ok(Self { certificate, key, issuer, organisation: organisation.to_owned(), name: name.to_owned() })
    }

    /// Its certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its key, PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Issues a certificate with a new key, valid from `now` for a year.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn issue(&self, name: &str, purpose: &Purpose, now: Timestamp) -> Result<Issued, AuthorityError> {
        self.issue_for(name, purpose, now, LIFE)
    }

    /// Issues a certificate that was valid for a day and is no more, for those who check that it is refused.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn issue_expired(&self, name: &str, purpose: &Purpose, now: Timestamp) -> Result<Issued, AuthorityError> {
        let long_ago = Timestamp::from_micros(now.micros().saturating_sub(30 * 86_400_000_000));
        self.issue_for(name, purpose, long_ago, Duration::days(1))
    }

    fn issue_for(
        &self,
        name: &str,
        purpose: &Purpose,
        from: Timestamp,
        life: Duration,
    ) -> Result<Issued, AuthorityError> {
        let failed = |error: rcgen::Error| failure(name, &error);
        let unit = match purpose {
            Purpose::Client(_) | Purpose::TlsClient => Some("client"),
            Purpose::Admin => Some("admin"),
            Purpose::Peer => Some("peer"),
            Purpose::TlsServer(_) => None,
        };
        let mut params = params(&self.organisation, name, unit, from, life).map_err(failed)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        match purpose {
            Purpose::Client(Some(role)) => {
                let attributes = serde_json::json!({ "attrs": { ROLE_ATTRIBUTE: role.as_str() } }).to_string();
                params
                    .custom_extensions
                    .push(CustomExtension::from_oid_content(&ATTRIBUTES_OID, attributes.into_bytes()));
            }
            Purpose::Client(None) | Purpose::Admin | Purpose::Peer => {}
            Purpose::TlsServer(names) => {
                params.subject_alt_names = CertificateParams::new(names.clone()).map_err(failed)?.subject_alt_names;
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }
            Purpose::TlsClient => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        }
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Issued { certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
    }
}

fn failure(name: &str, error: &rcgen::Error) -> AuthorityError {
    AuthorityError { name: name.to_owned(), problem: error.to_string() }
}

fn params(
    organisation: &str,
    name: &str,
    unit: Option<&str>,
    from: Timestamp,
    life: Duration,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    let from =
        OffsetDateTime::from_unix_timestamp(from.micros().div_euclid(1_000_000)).map_err(|_| rcgen::Error::Time)?;
    params.not_before = from - BACKDATED;
    params.not_after = from + life;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, organisation);
    if let Some(unit) = unit {
        subject.push(DnType::OrganizationalUnitName, unit);
    }
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    Ok(params)
}
