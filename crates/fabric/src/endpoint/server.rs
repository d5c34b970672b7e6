//! Listening: TLS with a certificate per organisation, limits, and an end in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gx_base::Clock;
use gx_ledger::{EmbeddedLedger, Ledger};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tower::util::MapResponseLayer;

use super::deliver::Deliver;
use super::gateway::Gateway;
use super::member::Members;
use super::peer::{Channel, Node};
use crate::ca::{Network, NetworkPlan};
use crate::identity::{Certificate, FileSigner};
use crate::proto::gateway::gateway_server::GatewayServer;
use crate::proto::protos::deliver_server::DeliverServer;
use crate::rpc;

/// Limits and names of an endpoint.
#[derive(Debug, Clone)]
pub struct EndpointOptions {
    /// The network: organisations, names, addresses.
    pub plan: NetworkPlan,
    /// Whether clients have to show a TLS certificate; shown ones are checked in any case.
    pub mutual_tls: bool,
    /// Calls of the Gateway service under way at once; a peer's own limit is 500.
    pub calls_max: usize,
    /// Connections at once; more wait to be accepted.
    pub connections_max: usize,
    /// Largest message taken, in bytes.
    pub message_bytes_max: usize,
    /// Longest TLS handshake.
    pub handshake_timeout: Duration,
}

impl EndpointOptions {
    /// The ordinary limits for a network.
    #[must_use]
    pub fn of(plan: NetworkPlan) -> Self {
        Self {
            plan,
            mutual_tls: false,
            calls_max: 500,
            connections_max: 1_000,
            message_bytes_max: 8 * 1024 * 1024,
            handshake_timeout: Duration::from_secs(10),
        }
    }
}

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The certificates could not be made or read.
    #[error("the certificates in {}: {problem}", folder.display())]
    Certificates {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The network could not be served.
    #[error("the Gateway endpoint ended: {0}")]
    Serving(String),
}

/// A Gateway endpoint, ready to serve.
pub struct Endpoint {
    channel: Arc<Channel>,
    tls: Arc<ServerConfig>,
    options: EndpointOptions,
}

impl Endpoint {
    /// An endpoint in front of a ledger. Certificates that are missing in `folder` are made, and the connection material
    /// for clients is written there.
    ///
    /// # Errors
    /// [`EndpointError::Certificates`].
    pub fn open(
        folder: &Path,
        ledger: Arc<EmbeddedLedger>,
        clock: Arc<dyn Clock>,
        options: EndpointOptions,
    ) -> Result<Self, EndpointError> {
        let wrong = |problem: String| EndpointError::Certificates { folder: folder.to_owned(), problem };
        let now = clock.now();
        let network = Network::make(folder, &options.plan, now).map_err(|error| wrong(error.to_string()))?;
        let mut authorities = BTreeMap::new();
        let mut nodes = Vec::new();
        for organisation in &options.plan.organisations {
            let msp_id = &organisation.msp_id;
            let ca = std::fs::read(folder.join(msp_id).join("ca.pem")).map_err(|error| wrong(error.to_string()))?;
            let ca = Certificate::from_pem(&ca).map_err(|error| wrong(format!("{msp_id}/ca.pem: {error}")))?;
            authorities.insert(msp_id.clone(), ca);
            let node = network.node(msp_id);
            let signer = FileSigner::open(msp_id, &node.join("cert.pem"), &node.join("key.pem"))
                .map_err(|error| wrong(error.to_string()))?;
            nodes.push(Node { msp_id: msp_id.clone(), address: format!("{}:7051", organisation.peer), signer });
        }
        let tls = Arc::new(tls(&network, &options).map_err(wrong)?);
        let channel = Channel {
            name: options.plan.channel.clone(),
            chaincode: options.plan.chaincode.clone(),
            ledger,
            clock,
            members: Members::new(authorities),
            nodes,
        };
        for (node, identity) in channel.nodes.iter().map(|node| (node, crate::identity::Signer::identity(&node.signer)))
        {
            channel
                .members
                .member(&identity.creator, now)
                .map_err(|denied| wrong(format!("the node certificate of {} is of no use: {denied:?}", node.msp_id)))?;
        }
        Ok(Self { channel: Arc::new(channel), tls, options })
    }

    /// Serves until `stop`, then lets calls under way end.
    ///
    /// # Errors
    /// [`EndpointError::Serving`].
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<(), EndpointError> {
        let Self { channel, tls, options } = self;
        let bytes = options.message_bytes_max;
        let gateway = GatewayServer::new(Gateway::new(Arc::clone(&channel), options.calls_max, stop.clone()))
            .max_decoding_message_size(bytes);
        let deliver =
            DeliverServer::new(Deliver::new(Arc::clone(&channel), stop.clone())).max_decoding_message_size(bytes);
        let (connections, accepted) = mpsc::channel(16);
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(tls), connections, options, stop.clone()));
        let served = Server::builder()
            .http2_keepalive_interval(Some(Duration::from_secs(60)))
            .http2_keepalive_timeout(Some(Duration::from_secs(20)))
            .max_concurrent_streams(Some(1_000))
            .layer(MapResponseLayer::new(rpc::correct))
            .add_service(gateway)
            .add_service(deliver)
            .serve_with_incoming_shutdown(ReceiverStream::new(accepted), stop.clone().cancelled_owned())
            .await;
        stop.cancel();
        // It ends with the token.
        let _ = accepting.await;
        served.map_err(|error| EndpointError::Serving(error.to_string()))
    }

    /// The ledger behind it.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.channel.ledger) as Arc<dyn Ledger>
    }
}

type Connection = Result<Counted, std::io::Error>;

/// Accepts connections; a handshake that stalls holds up nobody else.
async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    connections: mpsc::Sender<Connection>,
    options: EndpointOptions,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(options.connections_max));
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => return,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let Ok(permit) = permit else { return };
        let accepted: Result<(TcpStream, SocketAddr), std::io::Error> = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely; it passes.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small messages go at once; without it a call waits for the last one's acknowledgement.
        let _ = stream.set_nodelay(true);
        let (acceptor, connections) = (acceptor.clone(), connections.clone());
        let limit = options.handshake_timeout;
        tokio::spawn(async move {
            match tokio::time::timeout(limit, acceptor.accept(stream)).await {
                // When nobody takes it, the server has ended.
                Ok(Ok(stream)) => drop(connections.send(Ok(Counted { stream, _permit: permit })).await),
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake stalled"),
            }
        });
    }
}

/// A connection with its place among those allowed.
struct Counted {
    stream: TlsStream<TcpStream>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl tonic::transport::server::Connected for Counted {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl tokio::io::AsyncRead for Counted {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl tokio::io::AsyncWrite for Counted {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// One address stands for the peers of all organisations: the name that a client asks for decides whose certificate it
/// sees. Who asks for none gets the first organisation's.
#[derive(Debug)]
struct Resolver {
    by_name: BTreeMap<String, Arc<CertifiedKey>>,
    first: Option<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.by_name.get(name));
        named.or(self.first.as_ref()).cloned()
    }
}

fn tls(network: &Network, options: &EndpointOptions) -> Result<ServerConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut resolver = Resolver { by_name: BTreeMap::new(), first: None };
    let mut roots = RootCertStore::empty();
    for organisation in &options.plan.organisations {
        let node = network.node(&organisation.msp_id);
        let (file, key) = (node.join("tls-server.crt"), node.join("tls-server.key"));
        let chain: Vec<_> = CertificateDer::pem_file_iter(&file)
            .and_then(Iterator::collect)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| format!("{}: {error}", key.display()))?;
        let certified = CertifiedKey::from_der(chain, key, &provider).map_err(|error| error.to_string())?;
        let certified = Arc::new(certified);
        resolver.first.get_or_insert_with(|| Arc::clone(&certified));
        resolver.by_name.insert(organisation.peer.clone(), certified);
        let authority = network.folder().join(&organisation.msp_id).join("tlsca.pem");
        let authority =
            CertificateDer::from_pem_file(&authority).map_err(|error| format!("{}: {error}", authority.display()))?;
        roots.add(authority).map_err(|error| error.to_string())?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = if options.mutual_tls { verifier } else { verifier.allow_unauthenticated() };
    let verifier = verifier.build().map_err(|error| error.to_string())?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}
