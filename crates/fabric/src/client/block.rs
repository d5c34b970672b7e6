//! Fabric's blocks as the ledger port gives them out.

use std::collections::HashMap;

use bytes::Bytes;
use gx_contracts::Signer;
use gx_ledger::{Block, Tx, TxCode};
use gx_types::{Sha256Hex, Timestamp};
use prost::Message;

use super::chain::ChainError;
use super::transaction::{self, Read};
use crate::identity::Certificate;
use crate::proto::common::{Block as FabricBlock, BlockMetadataIndex};
use crate::proto::msp::SerializedIdentity;

/// Creators remembered; there are a few per organisation.
const CREATORS_MAX: usize = 256;

/// The verdicts of the peer on a block's transactions, a byte each.
pub(super) fn verdicts(block: &FabricBlock) -> &[u8] {
    let place = BlockMetadataIndex::TransactionsFilter as usize;
    block.metadata.as_ref().and_then(|metadata| metadata.metadata.get(place)).map_or(&[], Bytes::as_ref)
}

/// Signers by creator bytes: reading a certificate costs more than all the rest of a transaction.
#[derive(Debug, Default)]
pub(super) struct Creators(HashMap<Bytes, Signer>);

impl Creators {
    /// Organisation and role of a creator. A certificate that cannot be read has no role.
    pub(super) fn signer(&mut self, creator: &Bytes) -> Signer {
        if let Some(signer) = self.0.get(creator) {
            return signer.clone();
        }
        let identity = SerializedIdentity::decode(creator.clone()).unwrap_or_default();
        let role = Certificate::from_pem(&identity.id_bytes).ok().and_then(|certificate| certificate.role);
        let signer = Signer { msp_id: identity.mspid, role };
        if self.0.len() >= CREATORS_MAX {
            self.0.clear();
        }
        // The creator is a slice of a whole block; a copy lets the block go.
        self.0.insert(Bytes::copy_from_slice(creator), signer.clone());
        signer
    }
}

/// Turns checked blocks into those of the port.
#[derive(Debug)]
pub(super) struct Reader {
    chaincode: String,
    creators: Creators,
    /// Time of the block before, as far as this reader has seen it.
    time: Timestamp,
}

impl Reader {
    /// A reader for the transactions of one chaincode.
    pub(super) fn new(chaincode: &str) -> Self {
        Self { chaincode: chaincode.to_owned(), creators: Creators::default(), time: Timestamp::from_micros(0) }
    }

    /// The block of the port. Fabric's blocks carry no time: it is the latest of its transactions', and never earlier
    /// than that of the block read before. Configuration, deployment and other chaincodes' transactions are left out.
    ///
    /// # Errors
    /// [`ChainError::Transaction`] when a valid transaction of our chaincode cannot be read.
    pub(super) fn read(&mut self, block: &FabricBlock, hash: Sha256Hex) -> Result<Block, ChainError> {
        let header = block.header.as_ref().ok_or(ChainError::Missing("header"))?;
        let data = block.data.as_ref().ok_or(ChainError::Missing("data"))?;
        let mut time = self.time;
        let mut transactions: Vec<Tx> = Vec::with_capacity(data.data.len());
        for (position, (bytes, verdict)) in data.data.iter().zip(verdicts(block)).enumerate() {
            let code = TxCode::from_number(*verdict);
            let unreadable = |problem| ChainError::Transaction { number: header.number, position, problem };
            match transaction::read(bytes.clone(), code, &self.chaincode, &mut self.creators).map_err(unreadable)? {
                Read::Ours(tx) => {
                    time = time.max(tx.timestamp);
                    transactions.push(*tx);
                }
                Read::Other(at) => time = time.max(at.unwrap_or(time)),
            }
        }
        self.time = time;
        Ok(Block {
            number: header.number,
            hash,
            previous_hash: hash_of(&header.previous_hash),
            data_hash: hash_of(&header.data_hash),
            timestamp: time,
            transactions,
        })
    }
}

/// A hash in a header that has been checked; the genesis block's previous hash is empty, which the port writes as zeros.
fn hash_of(bytes: &Bytes) -> Sha256Hex {
    Sha256Hex::from_bytes(bytes.as_ref().try_into().unwrap_or([0; 32]))
}
