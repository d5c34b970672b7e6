//! Signers: an identity, and something that signs for it — a key in a file, or a service elsewhere.

use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use bytes::Bytes;
use gx_contracts::Role;
use prost::Message;
use zeroize::Zeroizing;

use super::certificate::{Certificate, CertificateError, pem_block};
use super::signature::low_s_der;
use crate::proto::msp::SerializedIdentity;

/// Why there is no signature, or no signer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The certificate is of no use.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The file holds no PKCS#8 or SEC 1 private key on P-256.
    #[error("there is no PEM private key on P-256")]
    Key,
    /// The key is not the certificate's.
    #[error("the private key does not belong to the certificate of {0}")]
    OtherKey(String),
    /// A file could not be read.
    #[error("could not read {}: {detail}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The signing failed; a remote signer may be out of reach.
    #[error("could not sign: {0}")]
    Failed(String),
}

/// Whom a signature speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The organisation.
    pub msp_id: String,
    /// The certificate.
    pub certificate: Certificate,
    /// The encoded `SerializedIdentity`: what headers call the creator.
    pub creator: Bytes,
}

impl Identity {
    /// The identity of a certificate in an organisation.
    #[must_use]
    pub fn new(msp_id: impl Into<String>, certificate: Certificate) -> Self {
        let msp_id = msp_id.into();
        let serialized = SerializedIdentity { mspid: msp_id.clone(), id_bytes: certificate.pem.clone().into() };
        Self { msp_id, certificate, creator: serialized.encode_to_vec().into() }
    }

    /// The role in the certificate.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.certificate.role
    }
}

/// Something that signs for an identity.
#[async_trait]
pub trait Signer: Send + Sync + fmt::Debug {
    /// For whom it signs.
    fn identity(&self) -> &Identity;

    /// Signs: ECDSA on P-256 over SHA-256 of `message`, DER, low S.
    ///
    /// # Errors
    /// [`SignError::Failed`].
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A signer with its key in memory.
pub struct FileSigner {
    identity: Identity,
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSigner").field("subject", &self.identity.certificate.subject).finish_non_exhaustive()
    }
}

impl FileSigner {
    /// A signer for a certificate and its key, both PEM.
    ///
    /// # Errors
    /// [`SignError`] when either is of no use or they do not belong together.
    pub fn new(msp_id: &str, certificate_pem: &[u8], key_pem: &[u8]) -> Result<Self, SignError> {
        let certificate = Certificate::from_pem(certificate_pem)?;
        let key = private_key(key_pem)?;
        if key.public_key().as_ref() != certificate.public_key {
            return Err(SignError::OtherKey(certificate.subject));
        }
        Ok(Self { identity: Identity::new(msp_id, certificate), key, random: SystemRandom::new() })
    }

    /// A signer from two files.
    ///
    /// # Errors
    /// As [`FileSigner::new`], and [`SignError::File`].
    pub fn open(msp_id: &str, certificate: &Path, key: &Path) -> Result<Self, SignError> {
        let read = |file: &Path| {
            std::fs::read(file)
                .map(Zeroizing::new)
                .map_err(|error| SignError::File { file: file.to_owned(), detail: error.to_string() })
        };
        Self::new(msp_id, &read(certificate)?, &read(key)?)
    }
}

#[async_trait]
impl Signer for FileSigner {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = || SignError::Failed("the key refused".to_owned());
        let signature = self.key.sign(&self.random, message).map_err(|_| failed())?;
        let fixed = signature.as_ref().try_into().map_err(|_| failed())?;
        Ok(low_s_der(fixed))
    }
}

fn private_key(pem: &[u8]) -> Result<EcdsaKeyPair, SignError> {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let block = |label: &'static str| pem_block(pem, move |found| found == label).map(Zeroizing::new);
    let key = match (block("PRIVATE KEY"), block("EC PRIVATE KEY")) {
        (Some(pkcs8), _) => EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8),
        (None, Some(sec1)) => EcdsaKeyPair::from_private_key_der(algorithm, &sec1),
        (None, None) => return Err(SignError::Key),
    };
    key.map_err(|_| SignError::Key)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use gx_types::Timestamp;
    use rcgen::{CertificateParams, CustomExtension, KeyPair as NewKey};

    use super::*;
    use crate::identity::{SignatureError, parse_der, verify};

    fn certificate(attributes: Option<&str>) -> (String, NewKey) {
        let key = NewKey::generate().unwrap();
        let mut params = CertificateParams::new(vec!["somebody".to_owned()]).unwrap();
        if let Some(attributes) = attributes {
            let oid = [1, 2, 3, 4, 5, 6, 7, 8, 1];
            params.custom_extensions.push(CustomExtension::from_oid_content(&oid, attributes.as_bytes().to_vec()));
        }
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 12, 31);
        (params.self_signed(&key).unwrap().pem(), key)
    }

    #[tokio::test]
    async fn signatures_verify_are_low_and_cannot_be_turned_high() {
        let (pem, key) = certificate(None);
        let signer = FileSigner::new("OrgMSP", pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
        let public_key = signer.identity().certificate.public_key.clone();
        for round in 0..64_u32 {
            let message = round.to_be_bytes();
            let der = signer.sign(&message).await.unwrap();
            assert_eq!(verify(&public_key, &message, &der), Ok(()));
            assert_eq!(verify(&public_key, b"another", &der), Err(SignatureError::Mismatch));
            // The twin with the high S is a valid ECDSA signature, and refused.
            let high = high_s(&der);
            assert_eq!(verify(&public_key, &message, &high), Err(SignatureError::HighS));
            assert_eq!(low_s_der(&parse_der(&high).unwrap()), der);
        }
    }

    /// The other form of a signature, (r, n − s), in DER.
    fn high_s(der: &[u8]) -> Vec<u8> {
        let fixed = parse_der(der).unwrap();
        let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
        let (mut s, mut borrow) = ([0_u8; 32], 0_i16);
        for place in (0..32).rev() {
            let digit = i16::from(order[place]) - i16::from(fixed[32 + place]) - borrow;
            borrow = i16::from(digit < 0);
            s[place] = digit.rem_euclid(256) as u8;
        }
        let number = |digits: &[u8]| {
            let digits: Vec<u8> = digits.iter().copied().skip_while(|digit| *digit == 0).collect();
            let pad = if digits[0] & 0x80 == 0 { vec![] } else { vec![0] };
            let body = [pad, digits].concat();
            [vec![2, body.len() as u8], body].concat()
        };
        let body = [number(&fixed[..32]), number(&s)].concat();
        [vec![0x30, body.len() as u8], body].concat()
    }

    #[test]
    fn a_certificate_tells_role_and_dates() {
        let (pem, _) = certificate(Some(r#"{"attrs":{"gxc_role":"gx_admin","hf.Type":"client"}}"#));
        let read = Certificate::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(read.role, Some(Role::Admin));
        let day = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(read.is_valid_at(day("2026-06-01T00:00:00Z")));
        assert!(!read.is_valid_at(day("2025-12-31T23:59:59Z")) && !read.is_valid_at(day("2027-01-01T00:00:00Z")));
        for other in [None, Some(r#"{"attrs":{}}"#), Some(r#"{"attrs":{"gxc_role":"root"}}"#)] {
            let (pem, _) = certificate(other);
            assert_eq!(Certificate::from_pem(pem.as_bytes()).unwrap().role, None, "{other:?}");
        }
        let (pem, _) = certificate(Some("{"));
        assert!(matches!(Certificate::from_pem(pem.as_bytes()), Err(CertificateError::Attributes(_))));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let ((one, key), (_, other)) = (certificate(None), certificate(None));
        let new = |key: &[u8]| FileSigner::new("OrgMSP", one.as_bytes(), key).map(|_| ());
        assert_eq!(new(key.serialize_pem().as_bytes()), Ok(()));
        assert!(matches!(new(other.serialize_pem().as_bytes()), Err(SignError::OtherKey(_))));
        assert_eq!(new(b"nothing"), Err(SignError::Key));
        assert_eq!(new(one.as_bytes()), Err(SignError::Key));
        assert_eq!(Certificate::from_pem(b"nothing"), Err(CertificateError::NotPem));
        let cut = one.replace("MII", "MIA");
        assert!(matches!(Certificate::from_pem(cut.as_bytes()), Err(CertificateError::Malformed(_))));
    }

    #[test]
    fn keys_in_the_older_form_are_read_too() {
        let (pem, key) = certificate(None);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der()).unwrap();
        let sec1 = AsDer::<aws_lc_rs::encoding::EcPrivateKeyRfc5915Der>::as_der(&pair.private_key()).unwrap();
        let text = format!(
            "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n",
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sec1.as_ref())
        );
        assert!(FileSigner::new("OrgMSP", pem.as_bytes(), text.as_bytes()).is_ok());
    }
}
