//! From a name to a connection. A name is resolved for every connection anew: peers move, and an address once learnt is
//! no promise.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::codegen::http::Uri;

/// Port of an address that names none.
const PORT: u16 = 443;

/// Turns names into addresses.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    /// The addresses of a host, in the order in which to try them.
    ///
    /// # Errors
    /// When the name leads nowhere.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// A name that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} does not resolve: {detail}")]
pub(super) struct NotResolved {
    pub(super) host: String,
    pub(super) detail: String,
}

/// Connects to the first address of a host that answers; each has its part of the time.
pub(super) async fn connect(resolver: Arc<dyn Resolver>, uri: Uri, limit: Duration) -> io::Result<TokioIo<TcpStream>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(PORT);
    let unresolved = |detail: String| io::Error::other(NotResolved { host: host.clone(), detail });
    let addresses = resolver.resolve(&host, port).await.map_err(|error| unresolved(error.to_string()))?;
    let part = limit / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut last = unresolved("it has no address".to_owned());
    for address in addresses {
        match tokio::time::timeout(part, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small messages go at once; without it a call waits for the last one's acknowledgement.
                stream.set_nodelay(true)?;
                return Ok(TokioIo::new(stream));
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, format!("{address} does not answer")),
        }
    }
    Err(last)
}
