//! What a peer may send that is wrong: an answer with the right status, and the stream goes on for others.

use std::time::Duration;

use bytes::Bytes;
use gx_contracts::{RefusalCode, Role};
use gx_fabric::chaincode::HostConfig;
use gx_fabric::proto::msp::SerializedIdentity;
use gx_fabric::proto::protos::chaincode_message::Type;
use gx_fabric::proto::protos::{ChaincodeInput, ChaincodeMessage, SignedProposal};
use tonic::Code;

use super::host::Host;
use super::peer::{Peer, State};
use super::proposal::{Tx, bytes, identity};

fn status_call(number: u64) -> Tx {
    Tx::new(number, Some(Role::Admin), "AdminContract:GetSystemStatus", &[])
}

/// The stream still serves.
async fn assert_alive(peer: &mut Peer) {
    peer.send(status_call(1_000).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}

#[tokio::test]
async fn malformed_transactions_are_answered_with_an_error() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    let good = status_call(1).message();
    let proposal = |bytes: Bytes| Some(SignedProposal { proposal_bytes: bytes, signature: Bytes::new() });
    let mut cut = good.proposal.clone().unwrap().proposal_bytes;
    cut.truncate(cut.len() - 1);
    let no_certificate = Tx { creator: Bytes::from_static(&[0xff]), ..status_call(1) };
    let no_hash = Tx { tx_id: "not a hash".to_owned(), ..status_call(1) };
    let spoilt = [
        ChaincodeMessage { payload: Bytes::from_static(&[0xff, 0xff]), ..good.clone() },
        ChaincodeMessage { proposal: None, ..good.clone() },
        ChaincodeMessage { proposal: proposal(Bytes::new()), ..good.clone() },
        ChaincodeMessage { proposal: proposal(Bytes::from_static(&[0x0a])), ..good.clone() },
        ChaincodeMessage { proposal: proposal(cut), ..good.clone() },
        ChaincodeMessage { txid: status_call(2).tx_id, ..good.clone() },
        ChaincodeMessage { channel_id: "another".to_owned(), ..good.clone() },
        no_certificate.message(),
        no_hash.message(),
    ];
    for (number, message) in spoilt.into_iter().enumerate() {
        let txid = message.txid.clone();
        peer.send(message).await;
        let last = peer.serve(&State::default()).await.last;
        assert_eq!((last.r#type(), last.txid), (Type::Error, txid), "{number}");
        assert!(!last.payload.is_empty());
    }
    assert_alive(&mut peer).await;
}

#[tokio::test]
async fn calls_that_cannot_be_are_refused_with_a_stable_code() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    let admin = Some(Role::Admin);
    let call = |function: &str, args: &[&str]| Tx::new(1, admin, function, args);
    let not_text =
        Tx { args: vec!["AdminContract:GetParameter".into(), Bytes::from_static(&[0xff])], ..status_call(1) };
    let not_text_name = Tx { args: vec![Bytes::from_static(&[0xc3, 0x28])], ..status_call(1) };
    let no_pem = SerializedIdentity { mspid: "Org1DevnetMSP".to_owned(), id_bytes: Bytes::from_static(b"x") };
    for (tx, code) in [
        (call("Nobody:Nothing", &[]), RefusalCode::UnknownFunction),
        (call("", &[]), RefusalCode::UnknownFunction),
        (Tx { args: Vec::new(), ..status_call(1) }, RefusalCode::UnknownFunction),
        (call("AdminContract:GetParameter", &[]), RefusalCode::ArgumentCount),
        (call("AdminContract:GetParameter", &["a", "b"]), RefusalCode::ArgumentCount),
        (not_text, RefusalCode::ArgumentInvalid),
        (not_text_name, RefusalCode::ArgumentInvalid),
        (Tx::new(1, None, "AdminContract:GetSystemStatus", &[]), RefusalCode::RoleRefused),
        (call("AdminContract:BootstrapSystem", &["boot-1"]), RefusalCode::RoleRefused),
        (Tx { creator: bytes(&no_pem), ..status_call(1) }, RefusalCode::RoleRefused),
        (Tx { creator: identity("not JSON"), ..status_call(1) }, RefusalCode::RoleRefused),
        (Tx { creator: identity(r#"{"attrs":{"gxc_role":"emperor"}}"#), ..status_call(1) }, RefusalCode::RoleRefused),
    ] {
        peer.send(tx.message()).await;
        let refusal = peer.serve(&State::default()).await.refusal();
        assert_eq!(refusal.code, code, "{:?}: {}", tx.args, refusal.detail);
    }
    assert_alive(&mut peer).await;
}

#[tokio::test]
async fn a_call_that_the_signer_did_not_sign_is_refused() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    let signed = status_call(1);
    let other = ChaincodeInput { args: vec!["AdminContract:ListAllCountries".into()], ..ChaincodeInput::default() };
    peer.send(ChaincodeMessage { payload: bytes(&other), ..signed.message() }).await;
    assert_eq!(peer.serve(&State::default()).await.refusal().code, RefusalCode::RoleRefused);
}

#[tokio::test]
async fn a_state_that_cannot_be_read_decides_nothing() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    for (kind, payload, said) in [
        (Type::Error, Bytes::from_static(b"the disk is on fire"), "the disk is on fire"),
        (Type::Error, Bytes::from_static(&[0xff]), "could not be read"),
        (Type::Response, Bytes::from_static(b"{no record"), "does not have its form"),
    ] {
        peer.send(status_call(1).message()).await;
        let question = peer.next().await;
        assert_eq!(question.r#type(), Type::GetState);
        peer.reply(&question, kind, payload).await;
        let response = peer.serve(&State::default()).await.response();
        assert_eq!(response.status, 500);
        assert!(response.message.contains(said), "{}", response.message);
    }
    // A range whose answer is no list.
    peer.send(Tx::new(2, Some(Role::Admin), "AdminContract:ListAllCountries", &[]).message()).await;
    let question = peer.next().await;
    peer.answer(&question, Bytes::from_static(&[0xff])).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 500);
    assert_alive(&mut peer).await;
}

#[tokio::test]
async fn a_write_that_the_peer_refuses_decides_nothing() {
    let host = Host::start().await;
    let mut peer = Peer::ready(host.address).await;
    peer.send(Tx::new(1, Some(Role::SuperAdmin), "AdminContract:BootstrapSystem", &["boot-1"]).message()).await;
    loop {
        let question = peer.next().await;
        match question.r#type() {
            Type::GetState => peer.answer(&question, "").await,
            _ => break peer.reply(&question, Type::Error, "read only").await,
        }
    }
    let response = peer.serve(&State::default()).await.response();
    assert_eq!(response.status, 500);
    assert!(response.message.contains("read only"), "{}", response.message);
    assert_alive(&mut peer).await;
}

#[tokio::test]
async fn a_peer_that_does_not_answer_costs_one_transaction_only() {
    let config = HostConfig { transaction_timeout: Duration::from_millis(50), ..HostConfig::default() };
    let host = Host::with(config, None).await;
    let mut peer = Peer::ready(host.address).await;
    peer.send(status_call(1).message()).await;
    assert_eq!(peer.next().await.r#type(), Type::GetState);
    let response = peer.serve(&State::default()).await.response();
    assert_eq!(response.status, 500);
    assert!(response.message.contains("time is up"), "{}", response.message);
    // Nothing to read for this one: the role is refused at once.
    peer.send(Tx::new(2, None, "AdminContract:GetSystemStatus", &[]).message()).await;
    assert_eq!(peer.serve(&State::default()).await.refusal().code, RefusalCode::RoleRefused);
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_its_stream_and_no_other() {
    let config = HostConfig { message_bytes_max: 10_000, ..HostConfig::default() };
    let host = Host::with(config, None).await;
    let (mut large, mut other) = (Peer::ready(host.address).await, Peer::ready(host.address).await);
    let argument = "x".repeat(10_000);
    large.send(Tx::new(1, Some(Role::Admin), "AdminContract:GetParameter", &[&argument]).message()).await;
    assert_eq!(large.heard().await.unwrap_err().code(), Code::ResourceExhausted);
    assert_alive(&mut other).await;
    assert_alive(&mut Peer::ready(host.address).await).await;
}
