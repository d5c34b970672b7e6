//! Gateways that misbehave on purpose, over real connections on loopback.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt, stream};
use gx_base::{SystemClock, SystemEntropy};
use gx_contracts::{Function, Refusal, RefusalCode, Role};
use gx_fabric::client::{Client, ClientConfig, FabricError, FabricLedger, GatewayConfig, Limits};
use gx_fabric::identity::{FileSigner, Signer};
use gx_fabric::proto::common::{Block, Envelope};
use gx_fabric::proto::gateway::gateway_server::{Gateway, GatewayServer};
use gx_fabric::proto::gateway::{
    ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse, ErrorDetail, EvaluateRequest,
    EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
};
use gx_fabric::proto::protos::deliver_response::Type;
use gx_fabric::proto::protos::deliver_server::{Deliver, DeliverServer};
use gx_fabric::proto::protos::{DeliverResponse, Response as ChaincodeResponse};
use gx_fabric::wire::encode_refusal;
use gx_ledger::{Ledger, LedgerError, Prepared, Proposal};
use gx_types::{LedgerKey, Timestamp, TxId};
use prost::Message;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status, Streaming};

/// What a scripted gateway does.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Turns the first calls away as a peer with too much to do does, then answers.
    BusyAtFirst(usize),
    /// Never answers.
    Silent,
    /// Notices that the client's time is up before the client does, and says so with this code.
    Punctual(Code),
    /// One organisation refuses at first, as a peer that lags behind does; then both do.
    Lagging(usize),
    /// Endorses with bytes that are no transaction.
    Garbage,
    /// Sends blocks that do not follow each other.
    WrongBlocks,
    /// Sends a verdict instead of a block.
    NoBlocks,
}

struct Scripted {
    behaviour: Behaviour,
    calls: Arc<AtomicUsize>,
}

impl Scripted {
    fn busy(&self, times: usize) -> Result<(), Status> {
        match self.calls.fetch_add(1, Ordering::SeqCst) < times {
            true => Err(Status::unknown("too many requests for /gateway.Gateway, exceeding concurrency limit (500)")),
            false => Ok(()),
        }
    }
}

/// google.rpc.Status with the Gateway's details.
fn aborted(details: &[(&str, &str)]) -> Status {
    #[derive(Clone, PartialEq, prost::Message)]
    struct RpcStatus {
        #[prost(message, repeated, tag = "3")]
        details: Vec<prost_types::Any>,
    }
    let pack = |(msp_id, message): &(&str, &str)| prost_types::Any {
        type_url: "type.googleapis.com/gateway.ErrorDetail".to_owned(),
        value: ErrorDetail { address: "p:1".into(), msp_id: (*msp_id).into(), message: (*message).into() }
            .encode_to_vec(),
    };
    let packed = RpcStatus { details: details.iter().map(pack).collect() }.encode_to_vec();
    Status::with_details(Code::Aborted, "failed to collect enough transaction endorsements", packed.into())
}

#[tonic::async_trait]
impl Gateway for Scripted {
    async fn endorse(&self, _: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        match self.behaviour {
            Behaviour::Silent => std::future::pending().await,
            Behaviour::Lagging(times) => {
                let refusal = encode_refusal(&Refusal::of(RefusalCode::AccountNotFound)).unwrap();
                let both = [("Org1MSP", refusal.as_str()), ("Org2MSP", refusal.as_str())];
                let said = if self.calls.fetch_add(1, Ordering::SeqCst) < times { &both[1..] } else { &both[..] };
                Err(aborted(said))
            }
            _ => {
                let envelope = Envelope { payload: vec![0xff; 50].into(), ..Envelope::default() };
                Ok(Response::new(EndorseResponse { prepared_transaction: Some(envelope) }))
            }
        }
    }

    async fn submit(&self, _: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        Err(Status::unimplemented("not in this script"))
    }

    async fn commit_status(
        &self,
        _: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        match self.behaviour {
            Behaviour::Punctual(code) => Err(Status::new(code, "Timeout expired")),
            _ => std::future::pending().await,
        }
    }

    async fn evaluate(&self, _: Request<EvaluateRequest>) -> Result<Response<EvaluateResponse>, Status> {
        match self.behaviour {
            Behaviour::Silent => std::future::pending().await,
            Behaviour::BusyAtFirst(times) => self.busy(times)?,
            _ => {}
        }
        let result =
            ChaincodeResponse { status: 200, payload: b"42".as_slice().into(), ..ChaincodeResponse::default() };
        Ok(Response::new(EvaluateResponse { result: Some(result) }))
    }

    type ChaincodeEventsStream = Pin<Box<dyn Stream<Item = Result<ChaincodeEventsResponse, Status>> + Send>>;

    async fn chaincode_events(
        &self,
        _: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        Err(Status::unimplemented("not in this script"))
    }
}

type Blocks = Pin<Box<dyn Stream<Item = Result<DeliverResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Deliver for Scripted {
    type DeliverStream = Blocks;
    type DeliverFilteredStream = Blocks;
    type DeliverWithPrivateDataStream = Blocks;

    async fn deliver(&self, _: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        let answer = |answer| Ok(DeliverResponse { r#type: Some(answer) });
        let answers: Blocks = match self.behaviour {
            Behaviour::NoBlocks => stream::iter([answer(Type::Status(403))]).boxed(),
            Behaviour::WrongBlocks => stream::iter([answer(Type::Block(Block::default()))]).boxed(),
            _ => stream::pending().boxed(),
        };
        Ok(Response::new(answers))
    }

    async fn deliver_filtered(&self, _: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        Err(Status::unimplemented("not in this script"))
    }

    async fn deliver_with_private_data(&self, _: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        Err(Status::unimplemented("not in this script"))
    }
}

/// Starts a gateway; its address, and how often it was called.
async fn gateway(behaviour: Behaviour) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let calls = Arc::new(AtomicUsize::new(0));
    let scripted = || Scripted { behaviour, calls: Arc::clone(&calls) };
    let server = tonic::transport::Server::builder()
        .add_service(GatewayServer::new(scripted()))
        .add_service(DeliverServer::new(scripted()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (address, calls)
}

/// Signers for every role, valid in the given years.
fn signers(from: i32, to: i32) -> BTreeMap<Role, Arc<dyn Signer>> {
    let signer = |role: Role| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        let attributes = format!(r#"{{"attrs":{{"gxc_role":"{}"}}}}"#, role.as_str()).into_bytes();
        let oid = [1, 2, 3, 4, 5, 6, 7, 8, 1];
        params.custom_extensions.push(rcgen::CustomExtension::from_oid_content(&oid, attributes));
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        let pem = params.self_signed(&key).unwrap().pem();
        FileSigner::new("Org1MSP", pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap()
    };
    Role::ALL.into_iter().map(|role| (role, Arc::new(signer(role)) as Arc<dyn Signer>)).collect()
}

fn ledger_of(addresses: &[&str], limits: Limits, signers: BTreeMap<Role, Arc<dyn Signer>>) -> FabricLedger {
    let gateway =
        |address: &&str| GatewayConfig { msp_id: "Org1MSP".to_owned(), address: (*address).to_owned(), tls: None };
    let config = ClientConfig {
        channel: "gxchannel-test".to_owned(),
        chaincode: "gx-test".to_owned(),
        gateways: addresses.iter().map(gateway).collect(),
        organisations: vec!["Org1MSP".to_owned(), "Org2MSP".to_owned()],
        limits,
    };
    let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    FabricLedger::new(Arc::new(client))
}

fn ledger(addresses: &[&str], limits: Limits) -> FabricLedger {
    ledger_of(addresses, limits, signers(2020, 2100))
}

fn short() -> Limits {
    let short = Duration::from_millis(300);
    Limits {
        evaluate_timeout: short,
        endorse_timeout: short,
        submit_timeout: short,
        block_timeout: short,
        ..Limits::default()
    }
}

fn query() -> gx_contracts::Call {
    Function::GetSystemStatus.call(Vec::new())
}

fn payment() -> Proposal {
    let key = LedgerKey::prefixed("test", "1");
    Proposal { call: Function::VoidKey.call(vec![key.to_string()]), timestamp: Timestamp::from_micros(1) }
}

#[tokio::test]
async fn a_busy_gateway_is_asked_again_later() {
    let (address, calls) = gateway(Behaviour::BusyAtFirst(4)).await;
    let ledger = ledger(&[&address], Limits::default());
    assert_eq!(ledger.evaluate(query()).await, Ok(b"42".to_vec()));
    assert_eq!(calls.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_gateway_that_stays_busy_is_busy_when_the_time_is_up() {
    let (address, _) = gateway(Behaviour::BusyAtFirst(usize::MAX)).await;
    let begin = Instant::now();
    let error = ledger(&[&address], short()).evaluate(query()).await.unwrap_err();
    assert!(error.to_string().contains("busy") && error.to_string().contains("(500)"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(20), "it took {:?}", begin.elapsed());
}

#[tokio::test]
async fn silence_ends_with_the_deadline_and_the_next_gateway_is_asked_next() {
    let (silent, _) = gateway(Behaviour::Silent).await;
    let (good, _) = gateway(Behaviour::BusyAtFirst(0)).await;
    let ledger = ledger(&[&silent, &good], short());
    let error = ledger.evaluate(query()).await.unwrap_err();
    assert!(error.to_string().contains("took longer than"), "{error}");
    assert_eq!(ledger.evaluate(query()).await, Ok(b"42".to_vec()));
    // A block that does not come ends the same way, and the stream of blocks is not hurt by it.
    let error = ledger.info().await.unwrap_err();
    assert!(error.to_string().contains("deliver"), "{error}");
}

#[tokio::test]
async fn nobody_there_is_said_at_once_and_the_second_gateway_takes_over() {
    let (good, _) = gateway(Behaviour::BusyAtFirst(0)).await;
    assert_eq!(ledger(&["127.0.0.1:1", &good], short()).evaluate(query()).await, Ok(b"42".to_vec()));
    let error = ledger(&["127.0.0.1:1"], short()).evaluate(query()).await.unwrap_err();
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn one_voice_does_not_refuse_both_do() {
    let (address, calls) = gateway(Behaviour::Lagging(3)).await;
    let ledger = ledger(&[&address], Limits::default());
    let prepared = ledger.prepare(payment()).await.unwrap();
    assert!(matches!(&prepared, Prepared::Refused(refusal) if refusal.code == RefusalCode::AccountNotFound));
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_lasting_disagreement_is_no_refusal() {
    let (address, _) = gateway(Behaviour::Lagging(usize::MAX)).await;
    let error = ledger(&[&address], short()).prepare(payment()).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Unreachable { detail } if detail.contains("ACCOUNT_NOT_FOUND")), "{error}");
}

#[tokio::test]
async fn malformed_answers_are_errors_and_the_connection_goes_on() {
    let (address, _) = gateway(Behaviour::Garbage).await;
    let ledger = ledger(&[&address], short());
    let error = ledger.prepare(payment()).await.unwrap_err();
    assert!(error.to_string().contains("does not have its form"), "{error}");
    assert_eq!(ledger.evaluate(query()).await, Ok(b"42".to_vec()));
}

#[tokio::test]
async fn wrong_blocks_end_the_stream_with_an_error() {
    for (behaviour, says) in [(Behaviour::WrongBlocks, "a block has no header"), (Behaviour::NoBlocks, "FORBIDDEN")] {
        let (address, _) = gateway(behaviour).await;
        let ledger = ledger(&[&address], short());
        let mut blocks = ledger.blocks(0);
        let error = blocks.next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(blocks.next().await.is_none(), "something came after the error");
    }
}

#[tokio::test]
async fn an_outcome_that_does_not_come_is_unknown_in_time() {
    let (address, _) = gateway(Behaviour::Garbage).await;
    let ledger = ledger(&[&address], short());
    let nobody = TxId::from_bytes([1; 32]);
    let status = ledger.client().commit_status(Role::Admin, &nobody, Duration::from_millis(50)).await;
    assert_eq!(status, Ok(None));
}

#[tokio::test]
async fn an_outcome_is_unknown_when_the_gateway_is_the_first_to_notice_that_time_is_up() {
    for code in [Code::Cancelled, Code::DeadlineExceeded] {
        let (address, _) = gateway(Behaviour::Punctual(code)).await;
        let ledger = ledger(&[&address], short());
        let nobody = TxId::from_bytes([1; 32]);
        assert_eq!(ledger.client().commit_status(Role::Admin, &nobody, Duration::from_secs(60)).await, Ok(None));
    }
}

#[tokio::test]
async fn a_writing_function_is_not_evaluated() {
    let (address, calls) = gateway(Behaviour::BusyAtFirst(0)).await;
    let ledger = ledger(&[&address], Limits::default());
    let error = ledger.evaluate(payment().call).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Refused(refusal) if refusal.code == RefusalCode::UnknownFunction), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 0, "it was asked all the same");
}

#[tokio::test]
async fn an_expired_certificate_signs_nothing() {
    let (address, calls) = gateway(Behaviour::BusyAtFirst(0)).await;
    let ledger = ledger_of(&[&address], short(), signers(2020, 2021));
    let error = ledger.evaluate(query()).await.unwrap_err();
    assert!(error.to_string().contains("is valid from 2020"), "{error}");
    assert!(matches!(ledger.client().signer(Role::Admin), Err(FabricError::Expired { .. })));
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    let ledger = ledger_of(&[&address], short(), BTreeMap::new());
    let error = ledger.evaluate(query()).await.unwrap_err();
    assert!(error.to_string().contains("gxc_role=gx_admin"), "{error}");
}
