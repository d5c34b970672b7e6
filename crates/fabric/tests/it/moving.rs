//! Peers that move: the name stays, the address behind it changes, and nobody starts the client anew.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use gx_base::{SystemClock, SystemEntropy};
use gx_contracts::Function;
use gx_fabric::client::{Client, ClientConfig, FabricLedger, Limits, Resolver};
use gx_fabric::identity::Material;
use gx_ledger::Ledger;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::endpoint::{ORG, Running, start};

/// Only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A place in front of the peer; it can be left, or fall silent with its connections open.
struct Place {
    address: SocketAddr,
    left: CancellationToken,
    silent: CancellationToken,
}

impl Place {
    async fn before(peer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = Self {
            address: listener.local_addr().unwrap(),
            left: CancellationToken::new(),
            silent: CancellationToken::new(),
        };
        let (peer, left, silent) = (peer.to_owned(), place.left.clone(), place.silent.clone());
        tokio::spawn(async move {
            loop {
                let mut near = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap().0,
                    () = left.cancelled() => return,
                };
                let (peer, left, silent) = (peer.clone(), left.clone(), silent.clone());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(peer).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = left.cancelled() => {}
                        // Nothing passes any more, and nobody is told.
                        () = silent.cancelled() => left.cancelled().await,
                    }
                });
            }
        });
        place
    }
}

/// A name service with one name.
#[derive(Debug)]
struct Names(Mutex<SocketAddr>);

impl Names {
    fn now_at(&self, place: &Place) {
        *self.0.lock().unwrap() = place.address;
    }
}

#[async_trait::async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        assert_eq!((host, port), ("peer0.example", 7051));
        Ok(vec![*self.0.lock().unwrap()])
    }
}

fn ledger(running: &Running, names: &Arc<Names>) -> FabricLedger {
    // An answer takes milliseconds; the limits only bound how long the silence lasts.
    let limits = Limits {
        evaluate_timeout: Duration::from_secs(5),
        keep_alive_interval: Duration::from_secs(1),
        keep_alive_timeout: Duration::from_secs(10),
        ..Limits::default()
    };
    let material = Material::read(&running.connect()).unwrap();
    let mut config = ClientConfig::from_material(&material, ORG).unwrap();
    config.gateways.truncate(1);
    config.gateways[0].address = "peer0.example:7051".to_owned();
    config.limits = limits;
    let signers = material.signers(ORG).unwrap();
    let resolver = Arc::clone(names) as Arc<dyn Resolver>;
    let client = Client::with_resolver(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy), resolver);
    FabricLedger::new(Arc::new(client.unwrap()))
}

/// Asks until there is an answer again.
async fn answers_again(ledger: &FabricLedger) {
    let begin = Instant::now();
    loop {
        match ledger.evaluate(Function::GetSystemStatus.call(Vec::new())).await {
            Ok(_) => return,
            Err(error) => assert!(begin.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_left_for_another_address_is_found_again() {
    let running = start().await;
    let (old, new) = (Place::before(&running.address).await, Place::before(&running.address).await);
    let names = Arc::new(Names(Mutex::new(old.address)));
    let ledger = ledger(&running, &names);
    answers_again(&ledger).await;
    old.left.cancel();
    names.now_at(&new);
    answers_again(&ledger).await;
    // And blocks are read from there.
    ledger.info().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_old_address_fell_silent_is_found_again() {
    let running = start().await;
    let (old, new) = (Place::before(&running.address).await, Place::before(&running.address).await);
    let names = Arc::new(Names(Mutex::new(old.address)));
    let ledger = ledger(&running, &names);
    answers_again(&ledger).await;
    old.silent.cancel();
    names.now_at(&new);
    answers_again(&ledger).await;
    ledger.info().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_blocks_that_fell_silent_ends_by_keep_alive() {
    let running = start().await;
    let (old, new) = (Place::before(&running.address).await, Place::before(&running.address).await);
    let names = Arc::new(Names(Mutex::new(old.address)));
    let ledger = ledger(&running, &names);
    let mut blocks = ledger.blocks(0);
    assert_eq!(blocks.next().await.unwrap().unwrap().number, 0);
    // Nobody asks for anything any more: whoever only listens has to notice too.
    old.silent.cancel();
    names.now_at(&new);
    let ended = tokio::time::timeout(PATIENCE, blocks.next()).await.expect("the silence is not noticed");
    assert!(ended.unwrap().is_err());
    answers_again(&ledger).await;
    assert_eq!(ledger.blocks(0).next().await.unwrap().unwrap().number, 0);
}
