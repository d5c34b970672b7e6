//! A signer whose key is elsewhere: a service signs for whoever shows a TLS client certificate that it trusts. The key
//! never comes to this machine.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::certificate::Certificate;
use super::signature::{low_s_der, parse_der, verify};
use super::signer::{Identity, SignError, Signer};
use crate::client::{FabricError, GatewayConfig, Limits, Peer, Step};
use crate::proto::signer::SignRequest;

/// Longest wait for a signature, unless told otherwise.
pub const SIGN_TIMEOUT: Duration = Duration::from_secs(5);

/// A signer behind a signing service.
pub struct RemoteSigner {
    identity: Identity,
    certificate_hash: Bytes,
    service: Peer,
    timeout: Duration,
}

impl fmt::Debug for RemoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSigner")
            .field("subject", &self.identity.certificate.subject)
            .field("service", &self.service.name)
            .finish_non_exhaustive()
    }
}

impl RemoteSigner {
    /// A signer for a certificate (PEM) whose key the service at `service` has. Nothing is connected yet; the connection
    /// is made when first needed and anew whenever it broke.
    ///
    /// # Errors
    /// [`SignError`] when the certificate or the settings of the connection are of no use.
    pub fn new(
        msp_id: &str,
        certificate_pem: &[u8],
        service: &GatewayConfig,
        timeout: Duration,
    ) -> Result<Self, SignError> {
        let identity = Identity::new(msp_id, Certificate::from_pem(certificate_pem)?);
        let service = Peer::new(service, &Limits::default()).map_err(|error| SignError::Failed(error.to_string()))?;
        let certificate_hash = Bytes::copy_from_slice(&Sha256::digest(&identity.certificate.der));
        Ok(Self { identity, certificate_hash, service, timeout })
    }
}

#[async_trait]
impl Signer for RemoteSigner {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = |what: String| SignError::Failed(format!("the signing service {}: {what}", self.service.name));
        let request =
            SignRequest { certificate_hash: self.certificate_hash.clone(), message: Bytes::copy_from_slice(message) };
        let mut client = self.service.signer();
        let answer = match tokio::time::timeout(self.timeout, client.sign(request)).await {
            Ok(Ok(answer)) => answer.into_inner(),
            Ok(Err(status)) => {
                return Err(match self.service.failure(Step::Sign, &status) {
                    FabricError::Failed(failure) => failed(failure.message),
                    error => failed(error.to_string()),
                });
            }
            Err(_) => {
                // Its other end may have moved.
                self.service.renew();
                return Err(failed(format!("no answer within {} ms", self.timeout.as_millis())));
            }
        };
        let fixed = parse_der(&answer.signature).map_err(|error| failed(error.to_string()))?;
        let signature = low_s_der(&fixed);
        // A key of somebody else would be noticed by peers only, and in words that lead nowhere near it.
        verify(&self.identity.certificate.public_key, message, &signature).map_err(|_| {
            failed(format!("it signs with another key than that of {}", self.identity.certificate.subject))
        })?;
        Ok(signature)
    }
}
