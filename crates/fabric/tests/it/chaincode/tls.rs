//! Mutual TLS, and several packages in one process.

use std::net::SocketAddr;

use gx_base::{Clock, SystemClock};
use gx_contracts::Role;
use gx_fabric::ca::{Authority, Issued, Purpose};
use gx_fabric::chaincode::{Endpoint, HostConfig, ServerTls, serve};
use gx_fabric::package::PackageId;
use gx_fabric::proto::protos::chaincode_client::ChaincodeClient;
use gx_fabric::proto::protos::chaincode_message::Type;
use gx_fabric::proto::protos::{ChaincodeId, ChaincodeMessage};
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use super::host::Host;
use super::peer::{Peer, State};
use super::proposal::Tx;

fn status_call(number: u64) -> Tx {
    Tx::new(number, Some(Role::Admin), "AdminContract:GetSystemStatus", &[])
}

/// A connection as a peer makes it; TLS 1.3 tells a refused client certificate with the first bytes that are read.
async fn says_something(address: SocketAddr, ca: &str, client: Option<&Issued>) -> Result<Channel, String> {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)).domain_name("chaincode.example");
    if let Some(Issued { certificate, key }) = client {
        tls = tls.identity(Identity::from_pem(certificate, key.as_bytes()));
    }
    let endpoint = Channel::from_shared(format!("https://{address}")).unwrap().tls_config(tls).unwrap();
    let channel = endpoint.connect().await.map_err(|error| error.to_string())?;
    let (_to, messages) = tokio::sync::mpsc::channel::<ChaincodeMessage>(1);
    let mut client = ChaincodeClient::new(channel.clone());
    let answer = client.connect(ReceiverStream::new(messages)).await.map_err(|status| status.to_string())?;
    match answer.into_inner().message().await {
        Ok(Some(_)) => Ok(channel),
        Ok(None) => Err("the stream ended".to_owned()),
        Err(status) => Err(status.to_string()),
    }
}

#[tokio::test]
async fn only_peers_with_a_certificate_of_their_authority_are_let_in() {
    let now = SystemClock.now();
    let own = Authority::new("org1", "tlsca.org1", now).unwrap();
    let foreign = Authority::new("elsewhere", "tlsca.elsewhere", now).unwrap();
    let server = own.issue("chaincode", &Purpose::TlsServer(vec!["chaincode.example".to_owned()]), now).unwrap();
    let tls = ServerTls {
        certificate: server.certificate.clone().into(),
        key: server.key.as_bytes().to_vec(),
        client_ca: Some(own.certificate().to_owned().into()),
    };
    let host = Host::with(HostConfig::default(), Some(tls)).await;
    let stranger = foreign.issue("peer0", &Purpose::TlsClient, now).unwrap();
    let late = own.issue_expired("peer0", &Purpose::TlsClient, now).unwrap();
    for refused in [None, Some(&stranger), Some(&late)] {
        assert!(says_something(host.address, own.certificate(), refused).await.is_err(), "{refused:?}");
    }
    let peer = own.issue("peer0", &Purpose::TlsClient, now).unwrap();
    let channel = says_something(host.address, own.certificate(), Some(&peer)).await.unwrap();
    let mut peer = Peer::over(channel).await.greeted().await;
    peer.send(status_call(1).message()).await;
    assert_eq!(peer.serve(&State::default()).await.response().status, 200);
}

#[tokio::test]
async fn one_process_serves_several_packages_each_at_its_own_address() {
    let ids: Vec<PackageId> =
        ["1", "2"].iter().map(|digit| format!("gx-devnet:{}", digit.repeat(64)).parse().unwrap()).collect();
    let (mut endpoints, mut addresses) = (Vec::new(), Vec::new());
    for package_id in &ids {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        addresses.push(listener.local_addr().unwrap());
        endpoints.push(Endpoint { listener, package_id: package_id.clone() });
    }
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(serve(endpoints, None, HostConfig::default(), async move {
        let _ = stopped.await;
    }));
    let mut peers = Vec::new();
    for (address, id) in addresses.iter().zip(&ids) {
        let mut peer = Peer::connect(*address).await;
        let register = peer.next().await;
        assert_eq!(register.r#type(), Type::Register);
        assert_eq!(ChaincodeId::decode(register.payload).unwrap().name, id.as_str());
        peer.say(Type::Registered).await;
        peer.say(Type::Ready).await;
        peers.push(peer);
    }
    // Both at once, as during an upgrade.
    for (number, peer) in (1..).zip(&peers) {
        peer.send(status_call(number).message()).await;
    }
    for peer in &mut peers {
        assert_eq!(peer.serve(&State::default()).await.response().status, 200);
    }
    drop(peers);
    stop.send(()).unwrap();
    task.await.unwrap().unwrap();
}
