//! The Gateway endpoint: our own client against it, and everything that no well-behaved client sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_contracts::{Role, void_key_call};
use gx_fabric::ca::{Authority, NetworkPlan, Purpose};
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::endpoint::{Endpoint, EndpointOptions};
use gx_fabric::identity::{FileSigner, Material, Signer, parse_der, transaction_id};
use gx_fabric::proto::common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader};
use gx_fabric::proto::gateway::gateway_client::GatewayClient;
use gx_fabric::proto::gateway::{EndorseRequest, EvaluateRequest, SignedCommitStatusRequest, SubmitRequest};
use gx_fabric::proto::orderer::seek_position::Type as Position;
use gx_fabric::proto::orderer::{SeekInfo, SeekNewest, SeekPosition};
use gx_fabric::proto::protos::deliver_client::DeliverClient;
use gx_fabric::proto::protos::deliver_response::Type as Answer;
use gx_fabric::proto::protos::{
    ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
    ChaincodeSpec, Proposal, SignedProposal,
};
use gx_ledger::conformance::{self, Suite};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger, Settled};
use gx_types::{EnvName, LedgerKey};
use prost::Message;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Code, Status};

const WAIT: Duration = Duration::from_secs(30);
pub const ORG: &str = "Org1DevnetMSP";

pub struct Running {
    pub folder: TempDir,
    pub address: String,
    pub stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub async fn start() -> Running {
    start_with(|_| {}).await
}

pub async fn start_with(change: impl FnOnce(&mut EndpointOptions)) -> Running {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let options = EmbeddedOptions::of(EnvName::Devnet);
    let ledger = EmbeddedLedger::open(&folder.path().join("ledger"), options.clone(), clock.clone(), entropy).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let plan = NetworkPlan::of(EnvName::Devnet, &options.organisations, &address);
    let mut options = EndpointOptions::of(plan);
    options.handshake_timeout = Duration::from_secs(2);
    change(&mut options);
    let endpoint = Endpoint::open(&folder.path().join("fabric"), Arc::new(ledger), clock, options).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(endpoint.serve(listener, stop.clone()));
    Running { folder, address, stop }
}

impl Running {
    pub fn connect(&self) -> std::path::PathBuf {
        self.folder.path().join("fabric")
    }

    pub fn ledger(&self, home: &str) -> Arc<FabricLedger> {
        let material = Material::read(&self.connect()).unwrap();
        let config = ClientConfig::from_material(&material, home).unwrap();
        let signers = material.signers(home).unwrap();
        let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
        Arc::new(FabricLedger::new(Arc::new(client)))
    }

    async fn channel(&self) -> Channel {
        let ca = std::fs::read(self.connect().join(ORG).join("tlsca.pem")).unwrap();
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)).domain_name("localhost");
        let endpoint = Channel::from_shared(format!("https://{}", self.address)).unwrap().tls_config(tls).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub fn signer(&self, name: &str) -> FileSigner {
        let folder = self.connect().join(ORG).join(name);
        FileSigner::open(ORG, &folder.join("cert.pem"), &folder.join("key.pem")).unwrap()
    }
}

/// What goes into a proposal; a test changes one thing.
struct Draft {
    channel: String,
    chaincode: String,
    args: Vec<Bytes>,
    nonce: Vec<u8>,
    tx_id: Option<String>,
    kind: HeaderType,
}

impl Draft {
    fn of(args: &[&str]) -> Self {
        Self {
            channel: "gxchannel-devnet".to_owned(),
            chaincode: "gx-devnet".to_owned(),
            args: args.iter().map(|arg| Bytes::copy_from_slice(arg.as_bytes())).collect(),
            nonce: gx_base::EntropyExt::bytes::<24>(&SystemEntropy).to_vec(),
            tx_id: None,
            kind: HeaderType::EndorserTransaction,
        }
    }

    async fn signed(self, signer: &dyn Signer) -> SignedProposal {
        let creator = signer.identity().creator.clone();
        let tx_id = self.tx_id.unwrap_or_else(|| transaction_id(&self.nonce, &creator).to_string());
        let id = Some(ChaincodeId { name: self.chaincode, ..ChaincodeId::default() });
        let now = SystemClock.now().micros();
        let channel = ChannelHeader {
            r#type: self.kind.into(),
            timestamp: Some(prost_types::Timestamp { seconds: now / 1_000_000, nanos: 0 }),
            channel_id: self.channel,
            tx_id,
            extension: ChaincodeHeaderExtension { chaincode_id: id.clone() }.encode_to_vec().into(),
            ..ChannelHeader::default()
        };
        let header = Header {
            channel_header: channel.encode_to_vec().into(),
            signature_header: SignatureHeader { creator, nonce: self.nonce.into() }.encode_to_vec().into(),
        };
        let input = ChaincodeInput { args: self.args, ..ChaincodeInput::default() };
        let spec = ChaincodeSpec { chaincode_id: id, input: Some(input), ..ChaincodeSpec::default() };
        let input = ChaincodeInvocationSpec { chaincode_spec: Some(spec) }.encode_to_vec().into();
        let proposal = Proposal {
            header: header.encode_to_vec().into(),
            payload: ChaincodeProposalPayload { input, transient_map: BTreeMap::new() }.encode_to_vec().into(),
            extension: Bytes::new(),
        };
        let proposal_bytes = proposal.encode_to_vec();
        let signature = signer.sign(&proposal_bytes).await.unwrap();
        SignedProposal { proposal_bytes: proposal_bytes.into(), signature: signature.into() }
    }
}

fn endorse(proposal: SignedProposal) -> EndorseRequest {
    EndorseRequest { proposed_transaction: Some(proposal), ..EndorseRequest::default() }
}

fn evaluate(proposal: SignedProposal) -> EvaluateRequest {
    EvaluateRequest { proposed_transaction: Some(proposal), ..EvaluateRequest::default() }
}

/// Everything that a status says, its details too.
fn words(status: &Status) -> String {
    format!("{} {}", status.message(), String::from_utf8_lossy(status.details()))
}

fn other_signer(folder: &Path, authority: &Authority, msp_id: &str, expired: bool) -> FileSigner {
    let purpose = Purpose::Client(Some(Role::Admin));
    let now = SystemClock.now();
    let issued = if expired {
        authority.issue_expired("late", &purpose, now).unwrap()
    } else {
        authority.issue("stranger", &purpose, now).unwrap()
    };
    let (certificate, key) = (folder.join("other.pem"), folder.join("other.key"));
    std::fs::write(&certificate, issued.certificate).unwrap();
    std::fs::write(&key, issued.key.as_bytes()).unwrap();
    FileSigner::open(msp_id, &certificate, &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn our_client_conforms_on_the_endpoint() {
    let running = start().await;
    let ledger = running.ledger(ORG);
    let suite = Suite::new(ledger, Arc::new(SystemClock), 20);
    conformance::run(&suite).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn either_organisation_is_served_and_both_see_one_ledger() {
    let running = start().await;
    let (one, two) = (running.ledger(ORG), running.ledger("Org2DevnetMSP"));
    Suite::new(Arc::clone(&one) as _, Arc::new(SystemClock), 1).set_up().await.unwrap();
    let (of_one, of_two) = (one.info().await.unwrap(), two.info().await.unwrap());
    assert_eq!((of_one.fingerprint, of_one.last_block_hash), (of_two.fingerprint, of_two.last_block_hash));
    let call = void_key_call(&LedgerKey::prefixed("test", "one"));
    let proposal = || gx_ledger::Proposal { call: call.clone(), timestamp: SystemClock.now() };
    let Settled::Committed(first) = two.submit(proposal(), WAIT).await.unwrap() else { panic!() };
    let Settled::Replayed(again) = one.submit(proposal(), WAIT).await.unwrap() else { panic!() };
    assert_eq!(first.tx_id, again.tx_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_forgeries_and_replays_are_refused_as_fabric_refuses_them() {
    let running = start().await;
    let mut gateway = GatewayClient::new(running.channel().await);
    let admin = running.signer("GxAdmin");
    let status = ["AdminContract:GetSystemStatus"];

    // 1. A stranger: a certificate of no authority of the network, an organisation that is not in it, an expired one.
    let foreign = Authority::new("elsewhere", "ca.elsewhere", SystemClock.now()).unwrap();
    let authority = running.connect().join(ORG);
    let own = Authority::open(
        "org1",
        "ca",
        std::fs::read_to_string(authority.join("ca.pem")).unwrap(),
        std::fs::read_to_string(authority.join("authority/ca.key")).unwrap().into(),
    )
    .unwrap();
    let folder = running.folder.path();
    for (signer, expected) in [
        (other_signer(folder, &foreign, ORG, false), "creator org [Org1DevnetMSP]"),
        (other_signer(folder, &foreign, "NobodyMSP", false), "creator org unknown"),
        (other_signer(folder, &own, ORG, true), "creator org [Org1DevnetMSP]"),
    ] {
        let refused = gateway.evaluate(evaluate(Draft::of(&status).signed(&signer).await)).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
        assert!(words(&refused).contains(expected), "{}", words(&refused));
        let refused = gateway.endorse(endorse(Draft::of(&status).signed(&signer).await)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Aborted);
        assert!(words(&refused).contains(expected), "{}", words(&refused));
    }

    // 2. A forgery: another's signature, a wrong transaction id, another kind of message.
    let mut forged = Draft::of(&status).signed(&admin).await;
    forged.signature = Draft::of(&status).signed(&admin).await.signature;
    let refused = gateway.evaluate(evaluate(forged)).await.unwrap_err();
    assert!(words(&refused).contains("access denied"), "{}", words(&refused));
    let wrong = Draft { tx_id: Some("00".repeat(32)), ..Draft::of(&status) };
    let refused = gateway.evaluate(evaluate(wrong.signed(&admin).await)).await.unwrap_err();
    assert!(words(&refused).contains("incorrectly computed txid"), "{}", words(&refused));
    let wrong = Draft { kind: HeaderType::Config, ..Draft::of(&status) };
    let refused = gateway.evaluate(evaluate(wrong.signed(&admin).await)).await.unwrap_err();
    assert!(words(&refused).contains("invalid header type CONFIG"), "{}", words(&refused));

    // 3. The signature's other form, which is a valid one of ECDSA: anybody can make it out of the first.
    let mut high = Draft::of(&status).signed(&admin).await;
    high.signature = high_s(&high.signature).into();
    let refused = gateway.evaluate(evaluate(high.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    assert!(words(&refused).contains("access denied"), "{}", words(&refused));
    let refused = gateway.endorse(endorse(high)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted, "{refused:?}");

    // 4. A transaction id that is in a block.
    Suite::new(running.ledger(ORG), Arc::new(SystemClock), 1).set_up().await.unwrap();
    let proposal = Draft::of(&["TokenomicsContract:VoidKey", "test-replay"]).signed(&admin).await;
    let prepared = gateway.endorse(endorse(proposal.clone())).await.unwrap().into_inner().prepared_transaction.unwrap();
    let signature = admin.sign(&prepared.payload).await.unwrap();
    let submit = |envelope: Envelope| SubmitRequest {
        channel_id: "gxchannel-devnet".to_owned(),
        prepared_transaction: Some(envelope),
        ..SubmitRequest::default()
    };
    let unsigned = gateway.submit(submit(prepared.clone())).await.unwrap_err();
    assert_eq!(unsigned.code(), Code::InvalidArgument);
    let wrong = Envelope { signature: admin.sign(b"something else").await.unwrap().into(), ..prepared.clone() };
    let wrong = gateway.submit(submit(wrong)).await.unwrap_err();
    assert_eq!(wrong.code(), Code::Aborted);
    assert!(wrong.message().contains("status=FORBIDDEN"), "{}", wrong.message());
    let envelope = Envelope { signature: signature.into(), ..prepared };
    gateway.submit(submit(envelope)).await.unwrap();
    let tx_id = {
        let proposal = Proposal::decode(proposal.proposal_bytes.clone()).unwrap();
        let header = Header::decode(proposal.header).unwrap();
        ChannelHeader::decode(header.channel_header).unwrap().tx_id.parse().unwrap()
    };
    let outcome = running.ledger(ORG).outcome(&tx_id, WAIT).await.unwrap();
    assert!(matches!(outcome, gx_ledger::Outcome::Committed(_)), "{outcome:?}");
    let refused = gateway.endorse(endorse(proposal)).await.unwrap_err();
    assert!(words(&refused).contains("duplicate transaction found"), "{}", words(&refused));
}

/// The other form of a signature, (r, n − s), in DER.
fn high_s(der: &[u8]) -> Vec<u8> {
    let fixed = parse_der(der).unwrap();
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let (mut s, mut borrow) = ([0_u8; 32], 0_i16);
    for place in (0..32).rev() {
        let digit = i16::from(order[place]) - i16::from(fixed[32 + place]) - borrow;
        borrow = i16::from(digit < 0);
        s[place] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    let number = |digits: &[u8]| {
        let digits: Vec<u8> = digits.iter().copied().skip_while(|digit| *digit == 0).collect();
        let pad = if digits[0] & 0x80 == 0 { vec![] } else { vec![0] };
        let body = [pad, digits].concat();
        [vec![2, u8::try_from(body.len()).unwrap()], body].concat()
    };
    let body = [number(&fixed[..32]), number(&s)].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}

/// Sends bytes as they are.
#[derive(Clone, Copy)]
struct AsIs;

impl tonic::codec::Codec for AsIs {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl tonic::codec::Encoder for AsIs {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut tonic::codec::EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(to, &item);
        Ok(())
    }
}

impl tonic::codec::Decoder for AsIs {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut tonic::codec::DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let bytes = bytes::Buf::copy_to_bytes(from, bytes::Buf::remaining(from));
        Ok(Some(bytes.to_vec()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused_by_every_method() {
    let running = start().await;
    let channel = running.channel().await;
    for (method, expected) in [
        ("/gateway.Gateway/Evaluate", Code::Internal),
        ("/gateway.Gateway/Endorse", Code::Internal),
        ("/gateway.Gateway/Submit", Code::Internal),
        ("/gateway.Gateway/CommitStatus", Code::Internal),
        ("/gateway.Gateway/ChaincodeEvents", Code::Internal),
        ("/gateway.Gateway/Nothing", Code::Unimplemented),
        ("/elsewhere.Service/Method", Code::Unimplemented),
    ] {
        // A tag of a field that ends before its bytes, and a number that never ends.
        for bytes in [vec![0x1a, 0x7f, 1, 2, 3], vec![0xff; 30]] {
            let mut raw = tonic::client::Grpc::new(channel.clone());
            raw.ready().await.unwrap();
            let request = tonic::Request::new(bytes);
            let refused = raw.unary(request, method.parse().unwrap(), AsIs).await.unwrap_err();
            assert_eq!(refused.code(), expected, "{method}: {refused:?}");
        }
    }
    // The connection serves on.
    let admin = running.signer("GxAdmin");
    let answer = GatewayClient::new(channel)
        .evaluate(evaluate(Draft::of(&["AdminContract:GetSystemStatus"]).signed(&admin).await))
        .await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mutual_tls_lets_in_who_shows_a_certificate_of_the_network() {
    let running = start_with(|options| options.mutual_tls = true).await;
    let ledger = running.ledger(ORG);
    ledger.info().await.unwrap();

    let material = Material::read(&running.connect()).unwrap();
    let said = async |client: Option<(Vec<u8>, Vec<u8>)>| {
        let mut config = ClientConfig::from_material(&material, ORG).unwrap();
        config.gateways.truncate(1);
        for gateway in &mut config.gateways {
            gateway.tls.as_mut().unwrap().client = client.clone();
        }
        let signers = material.signers(ORG).unwrap();
        let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
        FabricLedger::new(Arc::new(client)).info().await.unwrap_err().to_string()
    };
    let none = said(None).await;
    assert!(none.contains("a TLS client certificate"), "{none}");
    // One of another authority.
    let foreign = Authority::new("elsewhere", "tlsca.elsewhere", SystemClock.now()).unwrap();
    let issued = foreign.issue("somebody", &Purpose::TlsClient, SystemClock.now()).unwrap();
    let wrong = said(Some((issued.certificate.into(), issued.key.as_bytes().to_vec()))).await;
    assert!(wrong.contains("a TLS client certificate"), "{wrong}");
    ledger.info().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_the_right_status_and_the_connection_stays_usable() {
    let running = start().await;
    let mut gateway = GatewayClient::new(running.channel().await).max_encoding_message_size(64 * 1024 * 1024);
    let admin = running.signer("GxAdmin");

    // 1. Not a message at all, or one with holes.
    let garbage = SignedProposal { proposal_bytes: Bytes::from_static(&[0xff; 40]), signature: Bytes::new() };
    for proposal in [garbage, SignedProposal::default()] {
        let refused = gateway.evaluate(evaluate(proposal.clone())).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        let refused = gateway.endorse(endorse(proposal)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    }
    let refused = gateway.submit(SubmitRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let refused = gateway.commit_status(SignedCommitStatusRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);

    // 2. Wrong channel, contract, function, number of arguments, text that is none.
    let draft = Draft { channel: "elsewhere".to_owned(), ..Draft::of(&["AdminContract:GetSystemStatus"]) };
    let refused = gateway.evaluate(evaluate(draft.signed(&admin).await)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    let draft = Draft { chaincode: "another".to_owned(), ..Draft::of(&["AdminContract:GetSystemStatus"]) };
    let refused = gateway.evaluate(evaluate(draft.signed(&admin).await)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    let mut odd = Draft::of(&["TokenomicsContract:GetBalance"]);
    odd.args.push(Bytes::from_static(&[0xff, 0xfe]));
    for (draft, code) in [
        (Draft::of(&["Nothing:Nowhere"]), "UNKNOWN_FUNCTION"),
        (Draft::of(&[]), "UNKNOWN_FUNCTION"),
        (Draft::of(&["TokenomicsContract:GetBalance"]), "ARGUMENT_COUNT"),
        (odd, "ARGUMENT_INVALID"),
    ] {
        let refused = gateway.evaluate(evaluate(draft.signed(&admin).await)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unknown, "{refused:?}");
        assert!(words(&refused).contains(code), "{}", words(&refused));
    }

    // 3. Too large.
    let large = SignedProposal { proposal_bytes: vec![0; 9 * 1024 * 1024].into(), signature: Bytes::new() };
    let refused = gateway.evaluate(evaluate(large)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");

    let (requests, receiver) = tokio::sync::mpsc::channel::<Envelope>(1);
    requests.send(Envelope { payload: vec![0; 9 * 1024 * 1024].into(), signature: Bytes::new() }).await.unwrap();
    let receiver = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut deliver = DeliverClient::new(running.channel().await).max_encoding_message_size(64 * 1024 * 1024);
    let refused = deliver.deliver(receiver).await.unwrap().into_inner().message().await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");

    // 4. Somebody who connects and says nothing holds up nobody, and neither does a stream that nobody reads.
    let mut silent = tokio::net::TcpStream::connect(&running.address).await.unwrap();
    silent.write_all(b"\x16\x03").await.unwrap();
    let (_requests, receiver) = tokio::sync::mpsc::channel::<Envelope>(1);
    let receiver = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let _stalled = DeliverClient::new(running.channel().await).deliver(receiver).await.unwrap();
    let answer = gateway.evaluate(evaluate(Draft::of(&["AdminContract:GetSystemStatus"]).signed(&admin).await)).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deliver_checks_who_asks_and_for_what() {
    let running = start().await;
    let admin = running.signer("GxAdmin");
    let mut deliver = DeliverClient::new(running.channel().await);
    let newest = || Some(SeekPosition { r#type: Some(Position::Newest(SeekNewest {})) });
    let envelope = async |channel: &str, seek: SeekInfo, message: Option<&[u8]>| {
        let header = Header {
            channel_header: ChannelHeader {
                channel_id: channel.to_owned(),
                timestamp: Some(prost_types::Timestamp { seconds: SystemClock.now().micros() / 1_000_000, nanos: 0 }),
                ..ChannelHeader::default()
            }
            .encode_to_vec()
            .into(),
            signature_header: SignatureHeader {
                creator: admin.identity().creator.clone(),
                nonce: Bytes::from_static(&[1; 24]),
            }
            .encode_to_vec()
            .into(),
        };
        let payload = Payload { header: Some(header), data: seek.encode_to_vec().into() }.encode_to_vec();
        let signature = admin.sign(message.unwrap_or(&payload)).await.unwrap();
        Envelope { payload: payload.into(), signature: signature.into() }
    };
    let seek = || SeekInfo { start: newest(), stop: newest(), ..SeekInfo::default() };
    let none = SeekInfo { start: newest(), stop: None, ..SeekInfo::default() };
    for (envelope, expected) in [
        (Envelope { payload: Bytes::from_static(&[0xff; 9]), signature: Bytes::new() }, 400),
        (envelope("gxchannel-devnet", none, None).await, 400),
        (envelope("gxchannel-devnet", seek(), Some(b"another")).await, 403),
        (envelope("elsewhere", seek(), None).await, 404),
    ] {
        let mut answers = deliver.deliver(futures::stream::iter([envelope])).await.unwrap().into_inner();
        let answer = answers.message().await.unwrap().unwrap().r#type;
        assert_eq!(answer, Some(Answer::Status(expected)));
    }
    let good = envelope("gxchannel-devnet", seek(), None).await;
    let mut answers = deliver.deliver(futures::stream::iter([good])).await.unwrap().into_inner();
    assert!(matches!(answers.message().await.unwrap().unwrap().r#type, Some(Answer::Block(_))));
    assert_eq!(answers.message().await.unwrap().unwrap().r#type, Some(Answer::Status(200)));
}
