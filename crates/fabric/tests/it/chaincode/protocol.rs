//! Handshake, order, many transactions at once, TLS.

use std::collections::BTreeSet;
use std::time::Duration;

use gx_contracts::Role;
use gx_fabric::chaincode::{HostConfig, ServerTls};
use gx_fabric::proto::protos::ChaincodeMessage;
use gx_fabric::proto::protos::chaincode_message::Type;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use super::host::Host;
use super::peer::{Peer, State};
use super::proposal::Tx;

fn status_call(number: u64) -> Tx {
    Tx::new(number, Some(Role::Admin), "AdminContract:GetSystemStatus", &[])
}

fn bootstrap(number: u64) -> Tx {
    Tx::new(number, Some(Role::SuperAdmin), "AdminContract:BootstrapSystem", &["boot-1"])
}

/// The stream's end, past anything that was said before it.
async fn end_of(peer: &mut Peer) -> Result<(), Code> {
    loop {
        match peer.heard().await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(status) => return Err(status.code()),
        }
    }
}

#[tokio::test]
async fn a_transaction_reads_writes_and_says_what_happened() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    peer.send(bootstrap(1).message()).await;
    let done = peer.serve(&State::default()).await;
    let response = done.response();
    assert_eq!(response.status, 200, "{response:?}");
    assert!(!done.writes.is_empty());
    assert_eq!(done.events().len(), 1);
    assert_eq!((done.last.txid.as_str(), done.last.channel_id.as_str()), (&*bootstrap(1).tx_id, "gxchannel-devnet"));
}

#[tokio::test]
async fn what_comes_out_of_order_ends_the_stream_and_only_that() {
    let host = Host::start().await;
    let orders: [&[Type]; 4] = [
        &[Type::Ready],
        &[Type::Registered, Type::Registered],
        &[Type::Transaction],
        &[Type::Registered, Type::Transaction],
    ];
    for order in orders {
        let mut peer = Peer::connect(host.address).await;
        for kind in order {
            peer.say(*kind).await;
        }
        assert_eq!(end_of(&mut peer).await, Err(Code::FailedPrecondition), "{order:?}");
    }
    let mut peer = Peer::ready(host.address).await;
    peer.send(status_call(1).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}

#[tokio::test]
async fn a_peer_that_refuses_the_registration_hears_why_the_stream_ends() {
    let host = Host::start().await;
    let mut peer = Peer::connect(host.address).await;
    peer.send(ChaincodeMessage {
        r#type: Type::Error.into(),
        payload: "no such package".into(),
        ..ChaincodeMessage::default()
    })
    .await;
    peer.next().await;
    let status = peer.heard().await.unwrap_err();
    assert!(status.message().contains("no such package"), "{status}");
}

#[tokio::test]
async fn a_silent_peer_is_let_go() {
    let config = HostConfig { handshake_timeout: Duration::from_millis(50), ..HostConfig::default() };
    let host = Host::with(config, None).await;
    let mut peer = Peer::connect(host.address).await;
    assert_eq!(end_of(&mut peer).await, Err(Code::DeadlineExceeded));
}

#[tokio::test]
async fn keep_alives_come_back() {
    let host = Host::start().await;
    let mut peer = Peer::connect(host.address).await;
    assert_eq!(peer.next().await.r#type(), Type::Register);
    peer.say(Type::Keepalive).await;
    assert_eq!(peer.next().await.r#type(), Type::Keepalive);
    peer.say(Type::Registered).await;
    peer.say(Type::Ready).await;
    peer.say(Type::Keepalive).await;
    assert_eq!(peer.next().await.r#type(), Type::Keepalive);
}

#[tokio::test]
async fn a_transaction_that_arrives_twice_runs_once() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    peer.send(bootstrap(1).message()).await;
    peer.send(bootstrap(1).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
    peer.say(Type::Keepalive).await;
    assert_eq!(peer.next().await.r#type(), Type::Keepalive, "nothing else follows");
}

#[tokio::test]
async fn answers_that_nobody_waits_for_are_dropped() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    let stray = status_call(9).message();
    peer.answer(&stray, "x").await;
    peer.reply(&stray, Type::Error, "x").await;
    peer.send(status_call(1).message()).await;
    let question = peer.next().await;
    assert_eq!(question.r#type(), Type::GetState);
    peer.answer(&question, "").await;
    let last = peer.next().await;
    assert_eq!(last.r#type(), Type::Completed);
    peer.answer(&question, "again").await;
    peer.answer(&last, "again").await;
    peer.send(status_call(2).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}

#[tokio::test]
async fn what_only_chaincodes_ask_is_answered_with_a_sentence() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    let unwanted = [Type::InvokeChaincode, Type::GetState, Type::Completed, Type::Register, Type::GetQueryResult];
    for kind in unwanted {
        peer.reply(&status_call(5).message(), kind, "").await;
        let answer = peer.next().await;
        assert_eq!(answer.r#type(), Type::Error, "{kind:?}");
        assert!(!answer.payload.is_empty());
    }
    // Without a transaction there is nobody to answer, and a number that is no message of the protocol is dropped too.
    peer.say(Type::Undefined).await;
    peer.send(ChaincodeMessage { r#type: 4_711, ..ChaincodeMessage::default() }).await;
    peer.send(status_call(1).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}

#[tokio::test]
async fn init_needs_nothing() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    peer.send(ChaincodeMessage { r#type: Type::Init.into(), ..status_call(1).message() }).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_transactions_run_at_once_and_are_answered_in_any_order() {
    let config = HostConfig { transactions_max: 8, ..HostConfig::default() };
    let host = Host::with(config, None).await;
    let mut peer = Peer::ready(host.address).await;
    let count = 200;
    for number in 0..count {
        peer.send(status_call(number).message()).await;
    }
    let (mut open, mut done) = (Vec::new(), BTreeSet::new());
    while done.len() < usize::try_from(count).unwrap() {
        let message = peer.next().await;
        match message.r#type() {
            Type::GetState => open.push(message),
            Type::Completed => assert!(done.insert(message.txid)),
            other => panic!("{other:?}"),
        }
        // As many as may run wait here; the newest is answered first.
        if open.len() == 8 || done.len() + open.len() == usize::try_from(count).unwrap() {
            while let Some(question) = open.pop() {
                peer.answer(&question, "").await;
            }
        }
    }
}

#[tokio::test]
async fn more_than_may_wait_are_turned_away() {
    let config = HostConfig { transactions_max: 1, waiting_max: 1, ..HostConfig::default() };
    let host = Host::with(config, None).await;
    let mut peer = Peer::ready(host.address).await;
    peer.send(status_call(1).message()).await;
    let question = peer.next().await;
    for number in 2..=4 {
        peer.send(status_call(number).message()).await;
    }
    // One of the three waits, two are turned away.
    for _ in 0..2 {
        let done = peer.serve(&State::default()).await;
        assert_eq!(done.response().status, 500);
        assert!(done.response().message.contains("too many"), "{:?}", done.response());
    }
    peer.answer(&question, "").await;
    for _ in 0..2 {
        assert_eq!(peer.serve(&State::default()).await.response().status, 200);
    }
}

#[tokio::test]
async fn a_peer_recognises_the_host_by_its_certificate() {
    let made = rcgen::generate_simple_self_signed(["chaincode.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = ServerTls { certificate: certificate.clone().into(), key: key.into(), client_ca: None };
    let host = Host::with(HostConfig::default(), Some(tls)).await;
    let connect = |name: &str| {
        let settings = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&certificate)).domain_name(name);
        let endpoint = Channel::from_shared(format!("https://{}", host.address)).unwrap();
        let endpoint = endpoint.tls_config(settings).unwrap();
        async move { endpoint.connect().await }
    };
    assert!(connect("other.example").await.is_err());
    let mut peer = Peer::over(connect("chaincode.example").await.unwrap()).await.greeted().await;
    peer.send(status_call(1).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}
