//! Listening for peers: one process, several addresses, a package id behind each.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

use super::config::HostConfig;
use super::request::Signers;
use super::stream::{self, Shared};
use crate::package::PackageId;
use crate::proto::protos::ChaincodeMessage;
use crate::proto::protos::chaincode_server::{Chaincode, ChaincodeServer};

/// An address with the package that peers find there. Peers do not say which package they want, so each needs its own.
#[derive(Debug)]
pub struct Endpoint {
    /// Where peers connect.
    pub listener: TcpListener,
    /// The id under which the peers installed the package.
    pub package_id: PackageId,
}

/// The host's side of TLS, all PEM.
#[derive(Clone)]
pub struct ServerTls {
    /// The certificate, and its chain.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
    /// Who must have issued the peers' client certificates; `None` asks for none.
    pub client_ca: Option<Vec<u8>>,
}

/// Why the host does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Certificate or key are not usable, or the server ended.
    #[error("the chaincode host cannot serve: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// A listener did not end in order.
    #[error("the chaincode host's listener ended: {0}")]
    Listener(#[from] tokio::task::JoinError),
}

/// Serves every endpoint until `stop` is ready, then answers what is in flight, for at most
/// [`HostConfig::drain_timeout`], and returns.
///
/// # Errors
/// [`ServeError`] when the TLS material is not usable or a listener breaks.
pub async fn serve(
    endpoints: Vec<Endpoint>,
    tls: Option<ServerTls>,
    config: HostConfig,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (stopper, stopped) = watch::channel(false);
    let drain = config.drain_timeout;
    let shared = Arc::new(Shared {
        running: Semaphore::new(config.transactions_max),
        waiting: AtomicUsize::new(0),
        signers: Arc::new(Signers::default()),
        stop: stopped.clone(),
        config,
    });
    let streams = Arc::new(Semaphore::new(shared.config.streams_max));
    let mut servers = JoinSet::new();
    for Endpoint { listener, package_id } in endpoints {
        let service =
            Service { shared: Arc::clone(&shared), streams: Arc::clone(&streams), package_id: Arc::new(package_id) };
        let service = ChaincodeServer::new(service)
            .max_decoding_message_size(shared.config.message_bytes_max)
            .max_encoding_message_size(usize::MAX);
        let mut server = Server::builder()
            .http2_keepalive_interval(Some(shared.config.keep_alive_interval))
            .http2_keepalive_timeout(Some(shared.config.keep_alive_timeout));
        if let Some(tls) = &tls {
            let mut server_tls = ServerTlsConfig::new().identity(Identity::from_pem(&tls.certificate, &tls.key));
            if let Some(ca) = &tls.client_ca {
                server_tls = server_tls.client_ca_root(Certificate::from_pem(ca));
            }
            server = server.tls_config(server_tls)?;
        }
        let mut stopped = stopped.clone();
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        servers.spawn(server.add_service(service).serve_with_incoming_shutdown(incoming, async move {
            // An error says that the stopper is gone, which is a stop too.
            let _ = stopped.wait_for(|stop| *stop).await;
        }));
    }
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = servers.join_next() => ended??,
            else => return Ok(()),
        }
    }
    tracing::info!("the chaincode host is stopping");
    stopper.send_replace(true);
    let drained = timeout(drain, async {
        while let Some(ended) = servers.join_next().await {
            ended??;
        }
        Ok(())
    });
    drained.await.unwrap_or_else(|_| {
        tracing::warn!(seconds = drain.as_secs(), "transactions were still in flight when the time to stop was up");
        Ok(())
    })
}

struct Service {
    shared: Arc<Shared>,
    streams: Arc<Semaphore>,
    package_id: Arc<PackageId>,
}

#[tonic::async_trait]
impl Chaincode for Service {
    type ConnectStream = ReceiverStream<Result<ChaincodeMessage, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let permit = Arc::clone(&self.streams).try_acquire_owned();
        let permit = permit.map_err(|_| Status::resource_exhausted("too many peers are connected"))?;
        // A transaction has one message on its way at most; keep-alives need little.
        let config = &self.shared.config;
        let (outbound, messages) = mpsc::channel(config.transactions_max.saturating_add(64));
        let (shared, package_id) = (Arc::clone(&self.shared), Arc::clone(&self.package_id));
        tokio::spawn(async move {
            stream::serve(shared, package_id.as_str(), request.into_inner(), outbound).await;
            drop(permit);
        });
        Ok(Response::new(ReceiverStream::new(messages)))
    }
}
