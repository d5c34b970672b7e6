//! Ends: a peer that goes, a host that is told to stop.

use std::time::Duration;

use gx_contracts::Role;
use gx_fabric::chaincode::HostConfig;
use gx_fabric::proto::protos::chaincode_message::Type;

use super::host::Host;
use super::peer::{Peer, State};
use super::proposal::Tx;

fn status_call(number: u64) -> Tx {
    Tx::new(number, Some(Role::Admin), "AdminContract:GetSystemStatus", &[])
}

/// No test waits so long; who does has leaked something.
fn patient() -> HostConfig {
    HostConfig { drain_timeout: Duration::from_secs(600), ..HostConfig::default() }
}

#[tokio::test]
async fn a_host_without_peers_stops_at_once() {
    let mut host = Host::with(patient(), None).await;
    host.stop();
    host.ended().await;
}

#[tokio::test]
async fn what_is_in_flight_is_answered_and_nothing_new_is_taken() {
    let mut host = Host::with(patient(), None).await;
    let mut peer = Peer::ready(host.address).await;
    let mut idle = Peer::ready(host.address).await;
    peer.send(status_call(1).message()).await;
    let question = peer.next().await;
    assert_eq!(question.r#type(), Type::GetState);
    host.stop();
    assert!(idle.heard().await.unwrap().is_none(), "a stream with nothing in flight ends at once");
    peer.send(status_call(2).message()).await;
    let turned_away = peer.serve(&State::default()).await;
    assert_eq!(turned_away.last.txid, status_call(2).tx_id);
    assert!(turned_away.response().message.contains("stopping"));
    peer.answer(&question, "").await;
    let done = peer.serve(&State::default()).await;
    assert_eq!((done.last.txid.as_str(), done.response().status), (&*status_call(1).tx_id, 200));
    assert!(peer.heard().await.unwrap().is_none(), "the stream ends in order");
    drop((peer, idle));
    host.ended().await;
}

#[tokio::test]
async fn a_peer_that_goes_in_the_middle_leaves_nothing_behind() {
    let mut host = Host::with(patient(), None).await;
    for number in 0..50 {
        let mut peer = Peer::ready(host.address).await;
        peer.send(status_call(number).message()).await;
        assert_eq!(peer.next().await.r#type(), Type::GetState);
        // Gone, with a question open.
        drop(peer);
    }
    let mut peer = Peer::ready(host.address).await;
    peer.send(status_call(99).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
    drop(peer);
    host.stop();
    host.ended().await;
}

#[tokio::test]
async fn a_peer_that_closes_its_half_ends_the_stream() {
    let host = Host::start().await;
    let Peer { to, mut from } = Peer::ready(host.address).await;
    drop(to);
    assert!(from.message().await.unwrap().is_none());
}
