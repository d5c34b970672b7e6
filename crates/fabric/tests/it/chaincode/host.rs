//! A chaincode host on a port of its own.

use std::net::SocketAddr;
use std::time::Duration;

use gx_fabric::chaincode::{Endpoint, HostConfig, ServeError, ServerTls, serve};
use gx_fabric::package::PackageId;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longest wait for anything; only a failure waits so long.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Host {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ServeError>>,
}

pub fn package_id() -> PackageId {
    format!("gx-devnet:{}", "0".repeat(64)).parse().unwrap()
}

impl Host {
    pub async fn start() -> Self {
        Self::with(HostConfig::default(), None).await
    }

    pub async fn with(config: HostConfig, tls: Option<ServerTls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let endpoints = vec![Endpoint { listener, package_id: package_id() }];
        let task = tokio::spawn(serve(endpoints, tls, config, async move {
            let _ = stopped.await;
        }));
        Self { address, stop: Some(stop), task }
    }

    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has ended by itself, long before the time to drain is up.
    pub async fn ended(self) {
        timeout(LIMIT, self.task).await.unwrap().unwrap().unwrap();
    }
}
