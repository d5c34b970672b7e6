//! The other end of a [`RemoteSigner`](crate::identity::RemoteSigner): a service that keeps keys. Whoever shows a TLS client
//! certificate of the authority it trusts may have anything signed, so that authority should issue for nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

use crate::chaincode::ServerTls;
use crate::identity::{FileSigner, Signer as _};
use crate::proto::signer::signer_server::{Signer, SignerServer};
use crate::proto::signer::{SignRequest, SignResponse};

/// Largest message signed, in bytes: above the largest transaction.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Signatures under way at once for one client.
const IN_FLIGHT_MAX: usize = 512;

/// Why the service does not serve.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// Whoever reaches it could sign.
    #[error("a signing service needs the authority of its clients' certificates")]
    NoClientAuthority,
    /// Certificate or key are not usable, or the server ended.
    #[error("the signing service cannot serve: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Signs with these signers until `stop` is ready, then answers what is under way.
///
/// # Errors
/// [`SigningError`].
pub async fn serve_signers(
    listener: TcpListener,
    signers: Vec<FileSigner>,
    tls: ServerTls,
    stop: impl Future<Output = ()>,
) -> Result<(), SigningError> {
    let client_ca = tls.client_ca.ok_or(SigningError::NoClientAuthority)?;
    let signers = signers.into_iter().map(|signer| {
        let hash: [u8; 32] = Sha256::digest(&signer.identity().certificate.der).into();
        (hash, signer)
    });
    let service = SignerServer::new(Service { signers: Arc::new(signers.collect()) })
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(&tls.certificate, &tls.key))
        .client_ca_root(Certificate::from_pem(client_ca));
    Server::builder()
        .tls_config(tls)?
        .http2_keepalive_interval(Some(Duration::from_secs(60)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .concurrency_limit_per_connection(IN_FLIGHT_MAX)
        .layer(tower::util::MapResponseLayer::new(crate::rpc::correct))
        .add_service(service)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), stop)
        .await?;
    Ok(())
}

struct Service {
    /// By the SHA-256 of their certificates.
    signers: Arc<BTreeMap<[u8; 32], FileSigner>>,
}

#[tonic::async_trait]
impl Signer for Service {
    async fn sign(&self, request: Request<SignRequest>) -> Result<Response<SignResponse>, Status> {
        let SignRequest { certificate_hash, message } = request.into_inner();
        let hash: [u8; 32] = certificate_hash
            .as_ref()
            .try_into()
            .map_err(|_| Status::invalid_argument("the certificate's hash has not 32 bytes"))?;
        let signer = self
            .signers
            .get(&hash)
            .ok_or_else(|| Status::not_found(format!("no key of the certificate {} is here", hex::encode(hash))))?;
        let signature = signer.sign(&message).await.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(SignResponse { signature: signature.into() }))
    }
}
