//! A network of two peers of which one lacks the chaincode, answered for with the words of Fabric's peers.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use gx_base::{Clock, SystemClock};
use gx_fabric::ca::{Network as Certificates, NetworkPlan};
use gx_fabric::client::data_hash;
use gx_fabric::doctor::{Connection, Expected, Subject};
use gx_fabric::proto::common::{Block, BlockData, BlockHeader, BlockMetadata, Envelope};
use gx_fabric::proto::gateway::gateway_server::{Gateway, GatewayServer};
use gx_fabric::proto::gateway::{
    ChaincodeEventsResponse, CommitStatusResponse, EndorseRequest, EndorseResponse, EvaluateRequest, EvaluateResponse,
    SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
};
use gx_fabric::proto::lifecycle::query_installed_chaincodes_result::{Chaincode, InstalledChaincode, References};
use gx_fabric::proto::lifecycle::{QueryChaincodeDefinitionResult, QueryInstalledChaincodesResult};
use gx_fabric::proto::protos::deliver_response::Type;
use gx_fabric::proto::protos::deliver_server::{Deliver, DeliverServer};
use gx_fabric::proto::protos::endorser_server::{Endorser, EndorserServer};
use gx_fabric::proto::protos::{
    ChaincodeInvocationSpec, ChaincodeProposalPayload, DeliverResponse, Proposal, ProposalResponse,
    Response as ChaincodeResponse, SignedProposal,
};
use gx_types::EnvName;
use prost::Message;
use tempfile::TempDir;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, Streaming};

/// Two peers, one per organisation.
pub struct Network {
    folder: TempDir,
    addresses: Vec<String>,
}

impl Network {
    pub async fn without_chaincode_on(lacking: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let organisations = ["Org1DevnetMSP".to_owned(), "Org2DevnetMSP".to_owned()];
        let plan = NetworkPlan::of(EnvName::Devnet, &organisations, "127.0.0.1:0");
        Certificates::make(folder.path(), &plan, SystemClock.now()).unwrap();
        let mut addresses = Vec::new();
        for msp_id in &organisations {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().unwrap().to_string());
            let peer = Arc::new(Peer { has_chaincode: msp_id != lacking, lacking: lacking.to_owned() });
            let server = tonic::transport::Server::builder()
                .add_service(GatewayServer::from_arc(Arc::clone(&peer)))
                .add_service(DeliverServer::from_arc(Arc::clone(&peer)))
                .add_service(EndorserServer::from_arc(peer));
            tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        }
        Self { folder, addresses }
    }

    pub fn subject(&self, expected: Expected) -> Subject {
        let mut connection = Connection::of_material(self.folder.path(), None, SystemClock.now()).unwrap();
        for (gateway, address) in connection.config.gateways.iter_mut().zip(&self.addresses) {
            gateway.address.clone_from(address);
            gateway.tls = None;
        }
        connection.expecting(expected)
    }
}

struct Peer {
    has_chaincode: bool,
    lacking: String,
}

/// The chaincode and the function that a proposal calls.
fn called(signed: Option<SignedProposal>) -> (String, String) {
    let proposal = Proposal::decode(signed.unwrap().proposal_bytes).unwrap();
    let payload = ChaincodeProposalPayload::decode(proposal.payload).unwrap();
    let spec = ChaincodeInvocationSpec::decode(payload.input).unwrap().chaincode_spec.unwrap();
    let function = String::from_utf8(spec.input.unwrap().args[0].to_vec()).unwrap();
    (spec.chaincode_id.unwrap().name, function)
}

fn answer(payload: impl Into<Bytes>) -> ChaincodeResponse {
    ChaincodeResponse { status: 200, message: String::new(), payload: payload.into() }
}

#[tonic::async_trait]
impl Gateway for Peer {
    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Result<Response<EvaluateResponse>, Status> {
        let (chaincode, function) = called(request.into_inner().proposed_transaction);
        let result = match (chaincode.as_str(), function.as_str()) {
            ("_lifecycle", "QueryChaincodeDefinition") => {
                let approvals = [("Org1DevnetMSP".to_owned(), true), ("Org2DevnetMSP".to_owned(), true)];
                let found = QueryChaincodeDefinitionResult {
                    sequence: 3,
                    version: "0.1.0".to_owned(),
                    approvals: approvals.into_iter().collect(),
                    ..QueryChaincodeDefinitionResult::default()
                };
                answer(found.encode_to_vec())
            }
            (_, "AdminContract:GetSystemStatus") => answer(r#"{"isBootstrapped":true,"isPaused":false,"reason":null}"#),
            (_, "AdminContract:ListAllCountries") => answer("[]"),
            other => return Err(Status::unimplemented(format!("{other:?} is not in this script"))),
        };
        Ok(Response::new(EvaluateResponse { result: Some(result) }))
    }

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        if request.into_inner().endorsing_organizations.contains(&self.lacking) {
            let what = format!("failed to find any endorsing peers for org(s): {}", self.lacking);
            return Err(Status::unavailable(what));
        }
        Ok(Response::new(EndorseResponse { prepared_transaction: Some(Envelope::default()) }))
    }

    async fn submit(&self, _: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        panic!("a look submits nothing")
    }

    async fn commit_status(
        &self,
        _: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        panic!("a look waits for nothing")
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
impl Deliver for Peer {
    type DeliverStream = Blocks;
    type DeliverFilteredStream = Blocks;
    type DeliverWithPrivateDataStream = Blocks;

    async fn deliver(&self, _: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        let data = BlockData::default();
        let header = BlockHeader {
            number: 0,
            previous_hash: Bytes::new(),
            data_hash: data_hash(&data).as_bytes().to_vec().into(),
        };
        let metadata = BlockMetadata { metadata: vec![Bytes::new(); 5] };
        let block = Block { header: Some(header), data: Some(data), metadata: Some(metadata) };
        Ok(Response::new(stream::iter([Ok(DeliverResponse { r#type: Some(Type::Block(block)) })]).boxed()))
    }

    async fn deliver_filtered(&self, _: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        Err(Status::unimplemented("not in this script"))
    }

    async fn deliver_with_private_data(&self, _: Request<Streaming<Envelope>>) -> Result<Response<Blocks>, Status> {
        Err(Status::unimplemented("not in this script"))
    }
}

#[tonic::async_trait]
impl Endorser for Peer {
    async fn process_proposal(&self, request: Request<SignedProposal>) -> Result<Response<ProposalResponse>, Status> {
        let (chaincode, function) = called(Some(request.into_inner()));
        assert_eq!((chaincode.as_str(), function.as_str()), ("_lifecycle", "QueryInstalledChaincodes"));
        let mut installed = QueryInstalledChaincodesResult::default();
        if self.has_chaincode {
            let chaincode = Chaincode { name: "gx-devnet".to_owned(), version: "0.1.0".to_owned() };
            let references = References { chaincodes: vec![chaincode] };
            installed.installed_chaincodes.push(InstalledChaincode {
                package_id: format!("gx-devnet:{}", "0".repeat(64)),
                label: "gx-devnet".to_owned(),
                references: [("gxchannel-devnet".to_owned(), references)].into_iter().collect(),
            });
        }
        let response = Some(answer(installed.encode_to_vec()));
        Ok(Response::new(ProposalResponse { response, ..ProposalResponse::default() }))
    }
}
