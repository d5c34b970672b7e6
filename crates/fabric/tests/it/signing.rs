//! Keys that are elsewhere: a whole transaction with a signing service, and what goes wrong on the way to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_contracts::void_key_call;
use gx_fabric::ca::{Authority, Issued, Purpose};
use gx_fabric::chaincode::ServerTls;
use gx_fabric::client::{Client, ClientConfig, FabricLedger, GatewayConfig, TlsConfig};
use gx_fabric::identity::{FileSigner, Material, RemoteSigner, Signer, SignerEntry, verify};
use gx_fabric::signing::{SigningError, serve_signers};
use gx_ledger::conformance::Suite;
use gx_ledger::{Ledger, Proposal, Settled};
use gx_types::LedgerKey;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::endpoint::{ORG, Running, start};

/// Only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Service {
    address: String,
    authority: Authority,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), SigningError>>,
}

/// A service with the keys of these identities.
async fn service(running: &Running, names: &[&str]) -> Service {
    let authority = Authority::new("signing", "tlsca.signing", SystemClock.now()).unwrap();
    let names_of_server = Purpose::TlsServer(vec!["signer.example".to_owned()]);
    let server = authority.issue("signer", &names_of_server, SystemClock.now()).unwrap();
    let tls = ServerTls {
        certificate: server.certificate.into(),
        key: server.key.as_bytes().to_vec(),
        client_ca: Some(authority.certificate().to_owned().into()),
    };
    let signers = names.iter().map(|name| running.signer(name)).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve_signers(listener, signers, tls, async move {
        let _ = stopped.await;
    }));
    Service { address, authority, stop, task }
}

impl Service {
    fn config(&self, client: Option<&Issued>) -> GatewayConfig {
        let tls = TlsConfig {
            ca_pem: self.authority.certificate().to_owned().into(),
            server_name: Some("signer.example".to_owned()),
            client: client.map(|one| (one.certificate.clone().into(), one.key.as_bytes().to_vec())),
        };
        GatewayConfig { msp_id: "signing".to_owned(), address: self.address.clone(), tls: Some(tls) }
    }

    fn client(&self) -> Issued {
        self.authority.issue("submitter", &Purpose::TlsClient, SystemClock.now()).unwrap()
    }

    fn signer(&self, folder: &Path) -> RemoteSigner {
        let certificate = std::fs::read(folder.join("cert.pem")).unwrap();
        RemoteSigner::new(ORG, &certificate, &self.config(Some(&self.client())), PATIENCE).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_are_signed_by_keys_that_are_elsewhere() {
    let running = start().await;
    let names = ["SuperAdmin", "GxAdmin", "PartnerApi"];
    let service = service(&running, &names).await;
    // The connection material says where the keys are, and has none of its own.
    for name in names {
        let folder = running.connect().join(ORG).join(name);
        std::fs::remove_file(folder.join("key.pem")).unwrap();
        let Issued { certificate, key } = service.client();
        std::fs::write(folder.join("signer-client.crt"), certificate).unwrap();
        std::fs::write(folder.join("signer-client.key"), key.as_bytes()).unwrap();
        std::fs::write(folder.join("signer-ca.pem"), service.authority.certificate()).unwrap();
        let entry = SignerEntry {
            address: service.address.clone(),
            tls_name: "signer.example".to_owned(),
            ca: "signer-ca.pem".into(),
            certificate: "signer-client.crt".into(),
            key: "signer-client.key".into(),
        };
        std::fs::write(folder.join("signer.json"), serde_json::to_string(&entry).unwrap()).unwrap();
    }
    let material = Material::read(&running.connect()).unwrap();
    let config = ClientConfig::from_material(&material, ORG).unwrap();
    let signers = material.signers(ORG).unwrap();
    let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let ledger = Arc::new(FabricLedger::new(Arc::new(client)));
    Suite::new(Arc::clone(&ledger) as _, Arc::new(SystemClock), 1).set_up().await.unwrap();
    let call = void_key_call(&LedgerKey::prefixed("test", "remote"));
    let settled = ledger.submit(Proposal { call, timestamp: SystemClock.now() }, PATIENCE).await.unwrap();
    assert!(matches!(settled, Settled::Committed(_)), "{settled:?}");

    // The service goes: the error says who is missing. Peers are not to blame.
    service.stop.send(()).unwrap();
    service.task.await.unwrap().unwrap();
    let call = void_key_call(&LedgerKey::prefixed("test", "nobody-signs"));
    let error = ledger.submit(Proposal { call, timestamp: SystemClock.now() }, PATIENCE).await.unwrap_err();
    assert!(error.to_string().contains("the signing service signer (127.0.0.1:"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_signs_for_its_own_clients_and_its_own_keys_only() {
    let running = start().await;
    let service = service(&running, &["GxAdmin"]).await;
    let folder = running.connect().join(ORG);
    let own = service.signer(&folder.join("GxAdmin"));
    let signature = own.sign(b"a message").await.unwrap();
    assert_eq!(verify(&own.identity().certificate.public_key, b"a message", &signature), Ok(()));

    // A certificate whose key is not there.
    let error = service.signer(&folder.join("PartnerApi")).sign(b"x").await.unwrap_err().to_string();
    assert!(error.contains("no key of the certificate"), "{error}");
    // A client that is not of the authority, and one that shows nothing.
    let certificate = std::fs::read(folder.join("GxAdmin/cert.pem")).unwrap();
    let foreign = Authority::new("elsewhere", "tlsca.elsewhere", SystemClock.now()).unwrap();
    let stranger = foreign.issue("somebody", &Purpose::TlsClient, SystemClock.now()).unwrap();
    for client in [None, Some(&stranger)] {
        let signer = RemoteSigner::new(ORG, &certificate, &service.config(client), PATIENCE).unwrap();
        let error = signer.sign(b"x").await.unwrap_err().to_string();
        assert!(error.contains("TLS client certificate"), "{error}");
    }
    // Too large a message is refused and hurts nobody.
    let error = own.sign(&vec![0; 17 * 1024 * 1024]).await.unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
    assert!(own.sign(b"again").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_an_authority_of_clients_does_not_start() {
    let made = rcgen::generate_simple_self_signed(["signer.example".to_owned()]).unwrap();
    let tls = ServerTls {
        certificate: made.cert.pem().into(),
        key: made.signing_key.serialize_pem().into(),
        client_ca: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = serve_signers(listener, Vec::<FileSigner>::new(), tls, std::future::pending()).await;
    assert!(matches!(refused, Err(SigningError::NoClientAuthority)), "{refused:?}");
}
