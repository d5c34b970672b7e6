//! Blocks as bytes, their hashes, and the genesis block.
//!
//! A block's body is the hash of the block before, its time, the hash of its data, and the data: either the genesis
//! entry or a list of transactions, each with its verdict in front.
//!
//! Hashes are those of a block on Hyperledger Fabric: a header is hashed in its ASN.1 form, the data hash is over the
//! concatenated *entries*, which are what a peer's Deliver service gives out (`entry`). So the chain that a client sees
//! through the Gateway endpoint is this chain, with the same fingerprint.

use gx_types::{LedgerKey, Sha256Hex, Timestamp};
use sha2::{Digest, Sha256};

use super::codec::{Cursor, Encode, Malformed};
use super::entry::{self, Tag};
use super::payload::PayloadView;
use crate::block::{Block, RawBlock, Tx, TxCode};

const FORMAT: u8 = 2;
const KIND_GENESIS: u8 = 0;
const KIND_TRANSACTIONS: u8 = 1;
const FIXED_BYTES: usize = 1 + 32 + 8 + 32;

/// The hash of a block's header: SHA-256 over SEQUENCE { INTEGER number, OCTET STRING previous, OCTET STRING data }.
/// Before block 0 there is nothing, which is an empty string there.
pub(crate) fn block_hash(number: u64, previous: &[u8; 32], data_hash: &[u8; 32]) -> [u8; 32] {
    let digits = number.to_be_bytes();
    // The shortest form whose first bit is not a sign.
    let skipped = digits.iter().take(7).take_while(|digit| **digit == 0).count();
    let mut integer = digits.get(skipped..).unwrap_or_default().to_vec();
    if integer.first().is_some_and(|first| first & 0x80 != 0) {
        integer.insert(0, 0);
    }
    let previous: &[u8] = if number == 0 { &[] } else { previous };
    let mut sequence = Vec::with_capacity(80);
    for (tag, value) in [(0x02, integer.as_slice()), (0x04, previous), (0x04, data_hash)] {
        sequence.push(tag);
        sequence.push(value.len() as u8);
        sequence.extend_from_slice(value);
    }
    let mut hash = Sha256::new();
    hash.update([0x30, sequence.len() as u8]);
    hash.update(&sequence);
    hash.finalize().into()
}

/// A transaction in a block's data.
#[derive(Debug, Clone, Copy)]
struct Stored<'a> {
    code: TxCode,
    payload: &'a [u8],
    /// The envelope that its client signed; empty when the ledger made the transaction itself.
    envelope: &'a [u8],
}

fn stored<'a>(cursor: &mut Cursor<'a>) -> Result<Stored<'a>, Malformed> {
    Ok(Stored {
        code: TxCode::from_number(cursor.u8("verdict")?),
        payload: cursor.bytes("transaction")?,
        envelope: cursor.bytes("envelope")?,
    })
}

/// Gives `each` the bytes of every entry, in pieces: transactions in order, then the seal, which holds what entries do
/// not: the block's time, verdicts, and the hashes of payloads that stand beside an envelope.
fn entries(
    kind: u8,
    content: &[u8],
    count: u32,
    timestamp: i64,
    mut each: impl FnMut(&[&[u8]]),
) -> Result<(), Malformed> {
    let mut seal = timestamp.to_le_bytes().to_vec();
    if kind == KIND_GENESIS {
        each(&[&entry::prefix(Tag::Genesis, content.len()), content]);
    } else {
        let mut cursor = Cursor::new(content);
        for _ in 0..count {
            let Stored { code, payload, envelope } = stored(&mut cursor)?;
            seal.push(code.number());
            if envelope.is_empty() {
                each(&[&entry::prefix(Tag::Transaction, payload.len()), payload]);
            } else {
                seal.extend_from_slice(&Sha256::digest(payload));
                each(&[envelope]);
            }
        }
        cursor.finish("bytes behind the last transaction")?;
    }
    each(&[&entry::prefix(Tag::Seal, seal.len()), &seal]);
    Ok(())
}

fn data_hash(kind: u8, content: &[u8], count: u32, timestamp: i64) -> Result<[u8; 32], Malformed> {
    let mut hash = Sha256::new();
    entries(kind, content, count, timestamp, |pieces| pieces.iter().for_each(|piece| hash.update(piece)))?;
    Ok(hash.finalize().into())
}

/// A block being put together.
#[derive(Debug)]
pub(crate) struct BlockBuilder {
    bytes: Vec<u8>,
    count: u32,
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
        Self::of(KIND_TRANSACTIONS)
    }

    fn of(kind: u8) -> Self {
        let mut bytes = vec![0; FIXED_BYTES];
        bytes.put_u8(kind);
        Self { bytes, count: 0 }
    }

    /// Adds a transaction and returns its position. `envelope` is empty unless a client signed one.
    pub(crate) fn add(&mut self, code: TxCode, payload: &[u8], envelope: &[u8]) -> u32 {
        self.bytes.put_u8(code.number());
        self.bytes.put_bytes(payload);
        self.bytes.put_bytes(envelope);
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
        let (kind, content) = self
            .bytes
            .get(FIXED_BYTES..)
            .and_then(<[u8]>::split_first)
            .map_or((KIND_TRANSACTIONS, &[][..]), |(kind, content)| (*kind, content));
        // What `add` wrote is read back as it was written.
        let data_hash = data_hash(kind, content, self.count, timestamp).unwrap_or_default();
        self.bytes.put_u32(self.count);
        let hash = block_hash(number, previous, &data_hash);
        let fixed = [&[FORMAT][..], previous, &timestamp.to_le_bytes(), &data_hash].concat();
        if let Some(place) = self.bytes.get_mut(..FIXED_BYTES) {
            place.copy_from_slice(&fixed);
        }
        BuiltBlock { hash, timestamp, body: self.bytes }
    }
}

/// The genesis block of a new ledger. The salt makes two ledgers of one environment tell apart.
pub(crate) fn genesis(environment: &str, salt: &[u8; 32], timestamp: i64) -> BuiltBlock {
    let mut builder = BlockBuilder::of(KIND_GENESIS);
    builder.bytes.put_text(environment);
    builder.bytes.extend_from_slice(salt);
    builder.finish(0, &[0; 32], timestamp)
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
        let (content, count) = data.split_last_chunk::<4>().ok_or(Malformed(WHAT))?;
        let (kind, content) = content.split_first().ok_or(Malformed(WHAT))?;
        let kind = *kind;
        if (kind == KIND_GENESIS) != (number == 0) || kind > KIND_TRANSACTIONS {
            return Err(Malformed("the block is of another kind"));
        }
        let count = u32::from_le_bytes(*count);
        if self::data_hash(kind, content, count, timestamp)? != data_hash {
            return Err(Malformed("the block's data does not have its hash"));
        }
        let hash = block_hash(number, &previous, &data_hash);
        Ok(Self { number, hash, previous, data_hash, timestamp, kind, content, count })
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
            let Stored { code, payload, .. } = stored(&mut cursor)?;
            each(position, code, payload)?;
        }
        Ok(cursor.finish("bytes behind the last transaction")?)
    }

    /// The block in Fabric's shape.
    pub(crate) fn raw(&self) -> Result<RawBlock, Malformed> {
        let mut codes = Vec::with_capacity(self.count as usize + 1);
        if self.kind == KIND_GENESIS {
            codes.push(TxCode::Valid);
        }
        let mut cursor = Cursor::new(self.content);
        if self.kind != KIND_GENESIS {
            for _ in 0..self.count {
                codes.push(stored(&mut cursor)?.code);
            }
        }
        // The seal.
        codes.push(TxCode::Valid);
        let mut list = Vec::with_capacity(codes.len());
        entries(self.kind, self.content, self.count, self.timestamp, |pieces| list.push(pieces.concat()))?;
        let previous_hash = if self.number == 0 { Vec::new() } else { self.previous.to_vec() };
        Ok(RawBlock { number: self.number, previous_hash, data_hash: self.data_hash.to_vec(), entries: list, codes })
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

pub(crate) fn decode_tx(code: TxCode, payload: &[u8]) -> Result<Tx, Malformed> {
    let view = PayloadView::new(payload)?;
    let head = view.head()?;
    let valid = code == TxCode::Valid;
    let key: LedgerKey =
        head.args.last().and_then(|key| key.parse().ok()).ok_or(Malformed("ledger key of a transaction"))?;
    Ok(Tx {
        tx_id: head.tx_id,
        code,
        function: head.function,
        key,
        signer: head.signer,
        timestamp: head.timestamp,
        events: if valid { view.events()? } else { Vec::new() },
        receipt: if valid { Some(view.receipt()?) } else { None },
    })
}
