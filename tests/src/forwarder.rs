//! A stretch of network in front of the platform, which a test takes away and gives back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
struct State {
    target: Option<String>,
    cut: CancellationToken,
}

/// Forwards connections to wherever the platform is.
#[derive(Clone)]
pub struct Forwarder {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Forwarder {
    /// Listens on loopback and leads nowhere yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let forwarder = Self { address, state: Arc::default() };
        let state = Arc::clone(&forwarder.state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, cut) = {
                    let state = state.lock().unwrap_or_else(PoisonError::into_inner);
                    (state.target.clone(), state.cut.clone())
                };
                tokio::spawn(async move {
                    let Some(target) = target else { return };
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = carry(near, &target) => {}
                    }
                });
            }
        });
        forwarder
    }

    /// Its address, under the name that people use.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Leads to this address from now on.
    pub fn to(&self, url: &str) {
        let target = url.trim_start_matches("http://").to_owned();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.target = Some(target);
        state.cut = CancellationToken::new();
    }

    /// Ends every connection and takes no more.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.target = None;
        state.cut.cancel();
    }
}

async fn carry(mut near: TcpStream, target: &str) {
    let Ok(mut far) = TcpStream::connect(target).await else { return };
    // It ends when one side does.
    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
}
