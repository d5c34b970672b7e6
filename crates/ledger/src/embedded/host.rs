//! The world as a contract sees it in the embedded ledger.

use std::ops::Bound;
use std::sync::Arc;

use gx_contracts::{HistoryEntry, HostError, Key, Namespace, QueryHost, RangePage, ReadHost, TxContext};

use super::overlay::View;
use super::payload::{RangeRead, Reads};
use super::reader::ChainReader;
use super::state::{KeyRef, SharedKey};
use crate::error::LedgerError;

/// A host over a view of the state. It keeps what was read, for the validator.
pub(crate) struct StateHost<'a> {
    view: View<'a>,
    chain: &'a ChainReader,
    tx: TxContext,
    reads: Reads,
    ranges: Vec<RangeRead>,
    failure: Option<LedgerError>,
}

impl<'a> StateHost<'a> {
    pub(crate) fn new(view: View<'a>, chain: &'a ChainReader, tx: TxContext) -> Self {
        Self { view, chain, tx, reads: Reads::new(), ranges: Vec::new(), failure: None }
    }

    /// What was read.
    pub(crate) fn into_reads(self) -> (Reads, Vec<RangeRead>) {
        (self.reads, self.ranges)
    }

    /// The ledger's error behind a [`HostError`], which only has room for a text.
    pub(crate) fn into_failure(self, error: HostError) -> LedgerError {
        match (self.failure, error) {
            (Some(failure), _) => failure,
            (None, HostError::InvalidKey) => LedgerError::rejected("an argument cannot be part of a ledger key"),
            (None, error @ (HostError::Read(_) | HostError::Corrupt(_))) => self.chain.state_damage(&error.to_string()),
        }
    }

    fn read<T>(&mut self, result: Result<T, LedgerError>) -> Result<T, HostError> {
        result.map_err(|error| {
            let text = error.to_string();
            self.failure = Some(error);
            HostError::Read(text)
        })
    }

    fn stored_key(key: &[u8]) -> Result<Key, HostError> {
        let text = String::from_utf8(key.to_vec()).map_err(|_| HostError::Corrupt(hex::encode(key)))?;
        Ok(Key::from_stored(text))
    }
}

fn bytes(value: Option<Arc<[u8]>>) -> Vec<u8> {
    value.map(|value| value.to_vec()).unwrap_or_default()
}

impl ReadHost for StateHost<'_> {
    fn tx(&self) -> &TxContext {
        &self.tx
    }

    fn get(&mut self, key: &Key) -> Result<Option<Vec<u8>>, HostError> {
        let key = KeyRef::new(key.as_str().as_bytes());
        let found = self.view.get(key);
        let found = self.read(found)?;
        // A key's version cannot change under a view: noting it once is enough. Transactions read few keys.
        if !self.reads.iter().any(|(known, _)| known.as_ref() == key) {
            let version = found.as_ref().map(|stamped| stamped.version);
            self.reads.push((SharedKey { bytes: key.bytes.into(), hash: key.hash }, version));
        }
        Ok(found.map(|stamped| bytes(stamped.value)))
    }
}

impl QueryHost for StateHost<'_> {
    fn range(
        &mut self,
        namespace: Namespace,
        prefix: &[&str],
        limit: usize,
        bookmark: Option<&str>,
    ) -> Result<RangePage, HostError> {
        // Every key of the range starts with the prefix, which ends in a zero character; so does the bookmark.
        let prefix = Key::new(namespace, prefix)?.as_str().as_bytes().to_vec();
        let mut to = prefix.clone();
        if let Some(last) = to.last_mut() {
            *last = 1;
        }
        let from = match bookmark {
            None => Bound::Included(prefix.clone()),
            Some(bookmark) => {
                let after = hex::decode(bookmark).ok().filter(|after| after.starts_with(&prefix));
                Bound::Excluded(after.ok_or(HostError::InvalidKey)?)
            }
        };
        let items = self.view.range(from.clone(), &to, limit);
        let items = self.read(items)?;
        let more = items.len() == limit;
        let last = items.last().map(|(key, _)| key.to_vec());
        // What was looked at ends behind the last key when there may be more.
        let seen_to = match &last {
            Some(last) if more => [last.as_slice(), &[0]].concat(),
            _ => to,
        };
        let seen_from = match from {
            Bound::Excluded(after) => [after.as_slice(), &[0]].concat(),
            Bound::Included(from) => from,
            Bound::Unbounded => Vec::new(),
        };
        let found = items.iter().map(|(key, stamped)| (key.to_vec(), stamped.version)).collect();
        self.ranges.push(RangeRead { from: seen_from, to: seen_to, found });
        let entries = items
            .into_iter()
            .map(|(key, stamped)| Ok((Self::stored_key(&key)?, bytes(stamped.value))))
            .collect::<Result<_, HostError>>()?;
        Ok(RangePage { entries, bookmark: last.filter(|_| more).map(hex::encode) })
    }

    fn history(&mut self, key: &Key, limit: usize) -> Result<Vec<HistoryEntry>, HostError> {
        let key = key.as_str().as_bytes();
        let newest = self.view.version(KeyRef::new(key));
        let newest = self.read(newest)?;
        let history = self.chain.history(key, newest, limit);
        self.read(history)
    }
}
