//! Blocks as bytes, their hashes, and the genesis block.
//!
//! A block's body is the hash of the block before, its time, the hash of its data, and the data: either the genesis
//! entry or a list of transactions, each with its verdict in front. Verdicts are part of the data, so the chain of
//! hashes covers results too.

use gx_types::{LedgerKey, Sha256Hex, Timestamp};
use sha2::{Digest, Sha256};

use super::codec::{Cursor, Encode, Malformed};
use super::payload::PayloadView;
use crate::block::{Block, Tx, TxCode};

const FORMAT: u8 = 1;
const KIND_GENESIS: u8 = 0;
const KIND_TRANSACTIONS: u8 = 1;
const FIXED_BYTES: usize = 1 + 32 + 8 + 32;

/// The hash of a block's header.
pub(crate) fn block_hash(number: u64, previous: &[u8; 32], data_hash: &[u8; 32], timestamp: i64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"GX block 1\n");
    hash.update(number.to_be_bytes());
    hash.update(previous);
    hash.update(data_hash);
    hash.update(timestamp.to_be_bytes());
    hash.finalize().into()
}

/// A block being put together.
#[derive(Debug)]
pub(crate) struct BlockBuilder {
    bytes: Vec<u8>,
    count: u32,
    /// Where the data starts in `bytes`; what is before is filled in at the end.
    data_at: usize,
}

/// A finished block.
#[derive(Debug)]
pub(crate) struct BuiltBlock {
    pub(crate) hash: [u8; 32],
    pub(crate) timestamp: i64,
    pub(crate) body: Vec<u8>,
}

impl BlockBuilder {
    pub(crate) fn new() -> Self {
        let mut bytes = vec![0; FIXED_BYTES];
        bytes.put_u8(KIND_TRANSACTIONS);
        Self { bytes, count: 0, data_at: FIXED_BYTES }
    }

    /// Adds a transaction and returns its position.
    pub(crate) fn add(&mut self, code: TxCode, payload: &[u8]) -> u32 {
        self.bytes.put_u8(code.number());
        self.bytes.put_bytes(payload);
        self.count += 1;
        self.count - 1
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Chains the block to the one before.
    pub(crate) fn finish(mut self, number: u64, previous: &[u8; 32], timestamp: i64) -> BuiltBlock {
        self.bytes.put_u32(self.count);
        let data_hash: [u8; 32] = Sha256::digest(self.bytes.get(self.data_at..).unwrap_or_default()).into();
        let hash = block_hash(number, previous, &data_hash, timestamp);
        let fixed = [&[FORMAT][..], previous, &timestamp.to_le_bytes(), &data_hash].concat();
        if let Some(place) = self.bytes.get_mut(..FIXED_BYTES) {
            place.copy_from_slice(&fixed);
        }
        BuiltBlock { hash, timestamp, body: self.bytes }
    }
}

/// The genesis block of a new ledger. The salt makes two ledgers of one environment tell apart.
pub(crate) fn genesis(environment: &str, salt: &[u8; 32], timestamp: i64) -> BuiltBlock {
    let mut bytes = vec![0; FIXED_BYTES];
    bytes.put_u8(KIND_GENESIS);
    bytes.put_text(environment);
    bytes.extend_from_slice(salt);
    BlockBuilder { bytes, count: 0, data_at: FIXED_BYTES }.finish(0, &[0; 32], timestamp)
}

/// A block's body with its hashes checked.
#[derive(Debug, Clone)]
pub(crate) struct BodyView<'a> {
    pub(crate) number: u64,
    pub(crate) hash: [u8; 32],
    pub(crate) previous: [u8; 32],
    pub(crate) data_hash: [u8; 32],
    pub(crate) timestamp: i64,
    kind: u8,
    content: &'a [u8],
    count: u32,
}

impl<'a> BodyView<'a> {
    /// Reads a body; the data must have the hash that the block states.
    pub(crate) fn new(number: u64, body: &'a [u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "block";
        let mut cursor = Cursor::new(body);
        if cursor.u8(WHAT)? != FORMAT {
            return Err(Malformed("the block has a format of another release"));
        }
        let previous = cursor.array(WHAT)?;
        let timestamp = i64::from_le_bytes(cursor.array(WHAT)?);
        let data_hash: [u8; 32] = cursor.array(WHAT)?;
        let data = cursor.take(cursor.remaining(), WHAT)?;
        if <[u8; 32]>::from(Sha256::digest(data)) != data_hash {
            return Err(Malformed("the block's data does not have its hash"));
        }
        let (content, count) = data.split_last_chunk::<4>().ok_or(Malformed(WHAT))?;
        let (kind, content) = content.split_first().ok_or(Malformed(WHAT))?;
        let kind = *kind;
        if (kind == KIND_GENESIS) != (number == 0) || kind > KIND_TRANSACTIONS {
            return Err(Malformed("the block is of another kind"));
        }
        let hash = block_hash(number, &previous, &data_hash, timestamp);
        Ok(Self { number, hash, previous, data_hash, timestamp, kind, content, count: u32::from_le_bytes(*count) })
    }

    /// Calls `each` with position, verdict and bytes of every transaction.
    pub(crate) fn transactions<E: From<Malformed>>(
        &self,
        mut each: impl FnMut(u32, TxCode, &'a [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.kind == KIND_GENESIS {
            return Ok(());
        }
        let mut cursor = Cursor::new(self.content);
        for position in 0..self.count {
            let code = TxCode::from_number(cursor.u8("verdict")?);
            each(position, code, cursor.bytes("transaction")?)?;
        }
        Ok(cursor.finish("bytes behind the last transaction")?)
    }

    /// The environment in a genesis block.
    pub(crate) fn environment(&self) -> Result<&'a str, Malformed> {
        Cursor::new(self.content).text("environment")
    }

    /// The block as readers see it.
    pub(crate) fn decode(&self) -> Result<Block, Malformed> {
        let mut transactions = Vec::with_capacity(self.count as usize);
        self.transactions(|_, code, payload| {
            transactions.push(decode_tx(code, payload)?);
            Ok::<_, Malformed>(())
        })?;
        Ok(Block {
            number: self.number,
            hash: Sha256Hex::from_bytes(self.hash),
            previous_hash: Sha256Hex::from_bytes(self.previous),
            data_hash: Sha256Hex::from_bytes(self.data_hash),
            timestamp: Timestamp::from_micros(self.timestamp),
            transactions,
        })
    }
}

fn decode_tx(code: TxCode, payload: &[u8]) -> Result<Tx, Malformed> {
    let view = PayloadView::new(payload)?;
    let head = view.head()?;
    let valid = code == TxCode::Valid;
    let key: LedgerKey =
        head.call.args.last().and_then(|key| key.parse().ok()).ok_or(Malformed("ledger key of a transaction"))?;
    Ok(Tx {
        tx_id: head.tx_id,
        code,
        function: head.call.function,
        key,
        signer: head.signer,
        timestamp: head.timestamp,
        events: if valid { view.events()? } else { Vec::new() },
        receipt: if valid { Some(view.receipt()?) } else { None },
    })
}
