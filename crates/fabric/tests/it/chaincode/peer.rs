//! A peer: its half of a stream, and a state to answer from.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use gx_contracts::{Event, Refusal};
use gx_fabric::proto::protos::chaincode_client::ChaincodeClient;
use gx_fabric::proto::protos::chaincode_message::Type;
use gx_fabric::proto::protos::{
    ChaincodeId, ChaincodeMessage, DelState, GetHistoryForKey, GetState, GetStateByRange, PutState, QueryMetadata,
    QueryResponse, QueryResponseMetadata, QueryResultBytes, QueryStateClose, QueryStateNext, Response,
};
use gx_fabric::proto::queryresult::{KeyModification, Kv};
use gx_fabric::wire::{EVENT_NAME, decode_events};
use gx_types::Timestamp;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::host::{LIMIT, package_id};
use super::proposal::bytes;

/// A peer's half of a stream.
pub struct Peer {
    pub to: mpsc::Sender<ChaincodeMessage>,
    pub from: Streaming<ChaincodeMessage>,
}

impl Peer {
    /// Connects; nothing is said yet.
    pub async fn connect(address: std::net::SocketAddr) -> Self {
        Self::over(Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()).await
    }

    pub async fn over(channel: Channel) -> Self {
        let (to, messages) = mpsc::channel(4_096);
        let mut client = ChaincodeClient::new(channel);
        let from = client.connect(ReceiverStream::new(messages)).await.unwrap().into_inner();
        Self { to, from }
    }

    /// Connects and goes through the handshake.
    pub async fn ready(address: std::net::SocketAddr) -> Self {
        Self::connect(address).await.greeted().await
    }

    pub async fn greeted(mut self) -> Self {
        let register = self.next().await;
        assert_eq!(register.r#type(), Type::Register);
        let name = ChaincodeId::decode(register.payload).unwrap().name;
        assert_eq!(name, package_id().as_str());
        self.say(Type::Registered).await;
        self.say(Type::Ready).await;
        self
    }

    pub async fn say(&self, kind: Type) {
        self.send(ChaincodeMessage { r#type: kind.into(), ..ChaincodeMessage::default() }).await;
    }

    pub async fn send(&self, message: ChaincodeMessage) {
        self.to.send(message).await.unwrap();
    }

    /// What the host says next.
    pub async fn next(&mut self) -> ChaincodeMessage {
        self.heard().await.unwrap().expect("the stream ended")
    }

    /// What the host says next, or how the stream ended.
    pub async fn heard(&mut self) -> Result<Option<ChaincodeMessage>, Status> {
        timeout(LIMIT, self.from.message()).await.expect("the host says nothing")
    }

    /// Answers a question.
    pub async fn answer(&self, question: &ChaincodeMessage, payload: impl Into<Bytes>) {
        self.reply(question, Type::Response, payload).await;
    }

    pub async fn reply(&self, question: &ChaincodeMessage, kind: Type, payload: impl Into<Bytes>) {
        let (txid, channel_id) = (question.txid.clone(), question.channel_id.clone());
        let payload = payload.into();
        let r#type = kind.into();
        self.send(ChaincodeMessage { r#type, payload, txid, channel_id, ..ChaincodeMessage::default() }).await;
    }

    /// Answers from a state until a transaction ends.
    pub async fn serve(&mut self, state: &State) -> Done {
        let mut pages = Pages::default();
        let mut done = Done::default();
        loop {
            let message = self.next().await;
            let kind = message.r#type();
            if matches!(kind, Type::Completed | Type::Error) {
                done.last = message;
                return done;
            }
            let payload = answer(state, &mut pages, &mut done.writes, kind, message.payload.clone());
            self.answer(&message, payload).await;
        }
    }
}

/// How a transaction ended.
#[derive(Debug, Default)]
pub struct Done {
    pub last: ChaincodeMessage,
    pub writes: BTreeMap<String, Option<Vec<u8>>>,
}

impl Done {
    pub fn response(&self) -> Response {
        assert_eq!(self.last.r#type(), Type::Completed, "{:?}", self.last);
        Response::decode(self.last.payload.clone()).unwrap()
    }

    pub fn refusal(&self) -> Refusal {
        let response = self.response();
        assert_eq!(response.status, 400, "{response:?}");
        assert!(self.writes.is_empty() && self.last.chaincode_event.is_none());
        serde_json::from_str(&response.message).unwrap()
    }

    pub fn events(&self) -> Vec<Event> {
        let event = self.last.chaincode_event.as_ref();
        event.map_or_else(Vec::new, |event| {
            assert_eq!((event.event_name.as_str(), event.tx_id.as_str()), (EVENT_NAME, self.last.txid.as_str()));
            decode_events(&event.payload).unwrap()
        })
    }
}

/// What a key had, newest first: transaction, time, value.
type Lines = Vec<(String, Timestamp, Option<Vec<u8>>)>;

/// A peer's state.
#[derive(Default, Clone)]
pub struct State {
    pub keys: BTreeMap<String, Vec<u8>>,
    history: BTreeMap<String, Lines>,
}

impl State {
    pub fn commit(&mut self, tx_id: &str, at: Timestamp, writes: &BTreeMap<String, Option<Vec<u8>>>) {
        for (key, value) in writes {
            self.history.entry(key.clone()).or_default().insert(0, (tx_id.to_owned(), at, value.clone()));
            match value {
                Some(value) => drop(self.keys.insert(key.clone(), value.clone())),
                None => drop(self.keys.remove(key)),
            }
        }
    }
}

/// Iterators that are open: what is left of them. Batches are small, so that several are needed.
#[derive(Default)]
struct Pages {
    left: Vec<QueryResultBytes>,
    closed: bool,
}

const BATCH: usize = 3;

impl Pages {
    fn batch(&mut self) -> QueryResponse {
        assert!(!self.closed);
        let rest = self.left.split_off(self.left.len().min(BATCH));
        let results = std::mem::replace(&mut self.left, rest);
        let has_more = !self.left.is_empty();
        QueryResponse { results, has_more, id: "iterator".to_owned(), metadata: Bytes::new() }
    }
}

fn answer(
    state: &State,
    pages: &mut Pages,
    writes: &mut BTreeMap<String, Option<Vec<u8>>>,
    kind: Type,
    payload: Bytes,
) -> Bytes {
    match kind {
        Type::GetState => {
            let asked = GetState::decode(payload).unwrap();
            state.keys.get(&asked.key).cloned().unwrap_or_default().into()
        }
        Type::PutState => {
            let put = PutState::decode(payload).unwrap();
            writes.insert(put.key, Some(put.value.to_vec()));
            Bytes::new()
        }
        Type::DelState => {
            writes.insert(DelState::decode(payload).unwrap().key, None);
            Bytes::new()
        }
        Type::GetStateByRange => {
            let asked = GetStateByRange::decode(payload).unwrap();
            let page = QueryMetadata::decode(asked.metadata).unwrap();
            let range = (Bound::Included(asked.start_key), Bound::Excluded(asked.end_key));
            let mut entries = state.keys.range(range);
            let limit = usize::try_from(page.page_size).unwrap();
            let results: Vec<_> = entries
                .by_ref()
                .take(limit)
                .map(|(key, value)| Kv { namespace: "gx".into(), key: key.clone(), value: value.clone().into() })
                .map(|entry| QueryResultBytes { result_bytes: bytes(&entry) })
                .collect();
            let metadata = QueryResponseMetadata {
                fetched_records_count: i32::try_from(results.len()).unwrap(),
                bookmark: entries.next().map(|(key, _)| key.clone()).unwrap_or_default(),
            };
            *pages = Pages { left: results, closed: false };
            bytes(&QueryResponse { metadata: bytes(&metadata), ..pages.batch() })
        }
        Type::GetHistoryForKey => {
            let asked = GetHistoryForKey::decode(payload).unwrap();
            let lines = state.history.get(&asked.key).cloned().unwrap_or_default();
            let line = |(tx_id, at, value): (String, Timestamp, Option<Vec<u8>>)| KeyModification {
                tx_id,
                is_delete: value.is_none(),
                value: value.unwrap_or_default().into(),
                timestamp: Some(prost_types::Timestamp { seconds: at.micros() / 1_000_000, nanos: 0 }),
            };
            let results = lines.into_iter().map(line).map(|line| QueryResultBytes { result_bytes: bytes(&line) });
            *pages = Pages { left: results.collect(), closed: false };
            bytes(&pages.batch())
        }
        Type::QueryStateNext => {
            assert_eq!(QueryStateNext::decode(payload).unwrap().id, "iterator");
            bytes(&pages.batch())
        }
        Type::QueryStateClose => {
            assert_eq!(QueryStateClose::decode(payload).unwrap().id, "iterator");
            pages.closed = true;
            bytes(&QueryResponse::default())
        }
        other => panic!("the host asks {}", other.as_str_name()),
    }
}
