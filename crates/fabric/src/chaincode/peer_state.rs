//! The contracts' world, read from the peer: keys, pages of ranges, histories.

use bytes::Bytes;
use gx_contracts::{HistoryEntry, HostError, Key, Namespace, QueryHost, RangePage, ReadHost, TxContext};
use gx_types::{Timestamp, TxId};
use prost::Message;
use tokio::runtime::Handle;

use super::exchange::{AskError, Exchange};
use crate::proto::protos::chaincode_message::Type;
use crate::proto::protos::{
    GetHistoryForKey, GetState, GetStateByRange, QueryMetadata, QueryResponse, QueryResponseMetadata, QueryStateClose,
    QueryStateNext,
};
use crate::proto::queryresult::{KeyModification, Kv};

/// The host of one transaction. Its methods block: it lives on a thread for blocking work.
pub(super) struct PeerState {
    context: TxContext,
    exchange: Exchange,
    runtime: Handle,
}

impl PeerState {
    pub(super) const fn new(context: TxContext, exchange: Exchange, runtime: Handle) -> Self {
        Self { context, exchange, runtime }
    }

    fn ask(&self, kind: Type, question: &impl Message) -> Result<Bytes, HostError> {
        self.runtime.block_on(self.exchange.ask(kind, question)).map_err(unreadable)
    }

    fn ask_for<M: Message + Default>(&self, kind: Type, question: &impl Message) -> Result<M, HostError> {
        decode(self.ask(kind, question)?)
    }
}

fn unreadable(error: AskError) -> HostError {
    HostError::Read(error.to_string())
}

fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, HostError> {
    M::decode(bytes).map_err(|error| unreadable(AskError::Malformed(error.to_string())))
}

impl ReadHost for PeerState {
    fn tx(&self) -> &TxContext {
        &self.context
    }

    fn get(&mut self, key: &Key) -> Result<Option<Vec<u8>>, HostError> {
        let question = GetState { key: key.as_str().to_owned(), collection: String::new() };
        let value = self.ask(Type::GetState, &question)?;
        // Fabric knows no empty values: an empty answer says that the key is absent.
        Ok((!value.is_empty()).then(|| value.to_vec()))
    }
}

impl QueryHost for PeerState {
    fn range(
        &mut self,
        namespace: Namespace,
        prefix: &[&str],
        limit: usize,
        bookmark: Option<&str>,
    ) -> Result<RangePage, HostError> {
        // Every key of the range starts with the prefix, which ends in a zero character.
        let prefix = Key::new(namespace, prefix)?.as_str().to_owned();
        let mut end_key = prefix.clone();
        end_key.pop();
        end_key.push('\u{1}');
        // A bookmark is the last key of the page before, in hex; the next page starts right behind it.
        let start_key = match bookmark {
            None => prefix,
            Some(bookmark) => {
                let last = hex::decode(bookmark).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let mut last = last.filter(|last| last.starts_with(&prefix)).ok_or(HostError::InvalidKey)?;
                last.push('\0');
                last
            }
        };
        let page_size = i32::try_from(limit).unwrap_or(i32::MAX);
        let metadata = QueryMetadata { page_size, bookmark: String::new() }.encode_to_vec().into();
        let question = GetStateByRange { start_key, end_key, collection: String::new(), metadata };
        let answer: QueryResponse = self.ask_for(Type::GetStateByRange, &question)?;
        let told: QueryResponseMetadata = decode(answer.metadata.clone())?;
        let entries = self.entries(answer, limit, |bytes| {
            let entry: Kv = decode(bytes)?;
            Ok((Key::from_stored(entry.key), entry.value.to_vec()))
        })?;
        let last = entries.last().map(|(key, _): &(Key, Vec<u8>)| hex::encode(key.as_str()));
        Ok(RangePage { bookmark: last.filter(|_| !told.bookmark.is_empty()), entries })
    }

    fn history(&mut self, key: &Key, limit: usize) -> Result<Vec<HistoryEntry>, HostError> {
        let question = GetHistoryForKey { key: key.as_str().to_owned() };
        let answer: QueryResponse = self.ask_for(Type::GetHistoryForKey, &question)?;
        self.entries(answer, limit, |bytes| {
            let entry: KeyModification = decode(bytes)?;
            let tx_id: TxId = entry.tx_id.parse().map_err(|_| HostError::Corrupt(entry.tx_id.clone()))?;
            let time = entry.timestamp.unwrap_or_default();
            let micros = time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos).div_euclid(1_000));
            let value = (!entry.is_delete).then(|| entry.value.to_vec());
            Ok(HistoryEntry { tx_id, timestamp: Timestamp::from_micros(micros), value })
        })
    }
}

impl PeerState {
    /// The first `limit` entries of an iterator whose first batch is there.
    fn entries<T>(
        &self,
        mut batch: QueryResponse,
        limit: usize,
        read: impl Fn(Bytes) -> Result<T, HostError>,
    ) -> Result<Vec<T>, HostError> {
        let mut entries = Vec::new();
        loop {
            let (more, id) = (batch.has_more, std::mem::take(&mut batch.id));
            let empty = batch.results.is_empty();
            for result in batch.results.into_iter().take(limit.saturating_sub(entries.len())) {
                entries.push(read(result.result_bytes)?);
            }
            if !more {
                return Ok(entries);
            }
            // Paging needs no second batch, and a batch without entries would never end.
            if entries.len() >= limit || empty {
                // The peer closes what is left open when the transaction ends; here it can do so at once.
                let _: QueryResponse = self.ask_for(Type::QueryStateClose, &QueryStateClose { id })?;
                return Ok(entries);
            }
            batch = self.ask_for(Type::QueryStateNext, &QueryStateNext { id })?;
        }
    }
}
