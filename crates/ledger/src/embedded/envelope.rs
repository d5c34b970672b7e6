//! Envelopes: transactions with the embedded ledger's endorsement.
//!
//! The endorsement is an HMAC-SHA-256 under a key that lives beside the chain. It proves that the write set came out of
//! this ledger's simulation, not out of whoever can write to the database in which envelopes wait. Endorser and
//! validator are one process here, so a shared key does what certificates do between organisations.

use std::path::Path;

use gx_base::{Entropy, EntropyExt};
use sha2::{Digest, Sha256};

use super::candidate::Candidate;
use super::codec::Malformed;
use super::files;
use super::payload::PayloadView;
use crate::error::LedgerError;
use crate::transaction::Envelope;

const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
const BLOCK_BYTES: usize = 64;

/// The key that endorses.
pub(crate) struct Endorser {
    inner: Sha256,
    outer: Sha256,
}

impl std::fmt::Debug for Endorser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Endorser(…)")
    }
}

impl Endorser {
    /// Loads the key from `path`, or makes one. A lost key is no loss: envelopes of the old one are refused and
    /// prepared anew.
    pub(crate) fn open(path: &Path, entropy: &dyn Entropy) -> Result<Self, LedgerError> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let key = bytes
                    .split_last_chunk::<4>()
                    .filter(|(key, crc)| key.len() == KEY_BYTES && crc32fast::hash(key) == u32::from_le_bytes(**crc));
                match key {
                    Some((key, _)) => Ok(Self::new(key)),
                    None => Err(LedgerError::damaged(path, 0, "the endorsement key's checksum does not match")),
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key: [u8; KEY_BYTES] = entropy.bytes();
                let crc = crc32fast::hash(&key).to_le_bytes();
                files::replace_private(path, &[key.as_slice(), crc.as_slice()].concat())?;
                Ok(Self::new(&key))
            }
            Err(error) => Err(LedgerError::storage("read", path, &error)),
        }
    }

    fn new(key: &[u8]) -> Self {
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK_BYTES];
            for (to, from) in block.iter_mut().zip(key) {
                *to ^= from;
            }
            let mut hash = Sha256::new();
            hash.update(block);
            hash
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    fn mac(&self, bytes: &[u8]) -> [u8; MAC_BYTES] {
        let mut inner = self.inner.clone();
        inner.update(bytes);
        let mut outer = self.outer.clone();
        outer.update(inner.finalize());
        outer.finalize().into()
    }

    /// Endorses a payload.
    pub(crate) fn seal(&self, tx_id: gx_types::TxId, mut payload: Vec<u8>) -> Envelope {
        let mac = self.mac(&payload);
        payload.extend_from_slice(&mac);
        Envelope { tx_id, bytes: payload }
    }

    /// The transaction in an envelope that this key endorsed, whole and under the id it claims.
    pub(super) fn open_envelope(&self, envelope: &Envelope) -> Result<Candidate, LedgerError> {
        let rejected = |problem: Malformed| LedgerError::rejected(format!("the envelope is malformed: {}", problem.0));
        let (payload, mac) = envelope
            .bytes
            .split_last_chunk::<MAC_BYTES>()
            .ok_or_else(|| LedgerError::rejected("the envelope is too short"))?;
        // Every byte is compared, wherever the first difference is.
        let difference = self.mac(payload).iter().zip(mac).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        if difference != 0 {
            return Err(LedgerError::rejected("the envelope was not endorsed by this ledger"));
        }
        let candidate = PayloadView::new(payload)
            .and_then(|view| view.head())
            .and_then(|_| Candidate::new(payload.to_vec(), None))
            .map_err(rejected)?;
        if candidate.tx_id != envelope.tx_id {
            return Err(LedgerError::rejected("the envelope has another transaction id"));
        }
        Ok(candidate)
    }
}
