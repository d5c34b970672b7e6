//! Entries: the parts of a block as Fabric's clients see them, each an encoded `common.Envelope`.
//!
//! A transaction that a client signed is its envelope. What the ledger made itself (genesis, transactions of this
//! process, the seal that ends every block) was signed by nobody. It travels as the data of an envelope whose header
//! says so: type MESSAGE, version 1, extension `GX1`; the data is a tag and the bytes.

use gx_types::Timestamp;

use super::chain::decode_tx;
use super::codec::{Cursor, Encode, Malformed};
use crate::block::{Tx, TxCode};

/// Field 1 of a `Payload`: the `Header` with the channel header, and nothing else.
const HEADER: [u8; 11] = [0x0a, 9, 0x0a, 7, 0x10, 1, 0x3a, 3, b'G', b'X', b'1'];
/// Field 2 of a `Payload`, field 1 of an `Envelope`: bytes.
const DATA: u8 = 0x12;
const PAYLOAD: u8 = 0x0a;

/// What an entry of the ledger itself is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Genesis = 0,
    Transaction = 1,
    Seal = 2,
}

fn varint(value: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4);
    bytes.put_varint(value as u64);
    bytes
}

/// What stands before `count` bytes to make them an entry.
pub(crate) fn prefix(tag: Tag, count: usize) -> Vec<u8> {
    let data_len = varint(count + 1);
    let payload_len = varint(HEADER.len() + 1 + data_len.len() + 1 + count);
    [&[PAYLOAD][..], &payload_len, &HEADER, &[DATA], &data_len, &[tag as u8]].concat()
}

/// An entry that the ledger made itself.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnEntry {
    /// What block 0 holds.
    Genesis,
    /// A transaction of the ledger's own process, with the verdict given.
    Transaction(Box<Tx>),
    /// The end of a block: when it was cut.
    Seal(Timestamp),
}

impl OwnEntry {
    /// Reads an entry of a block, given the verdict that stands beside it. `None`: a client's envelope.
    ///
    /// # Errors
    /// A sentence when the entry is the ledger's own and malformed.
    pub fn decode(entry: &[u8], code: TxCode) -> Result<Option<Self>, &'static str> {
        let Some((tag, bytes)) = own(entry) else { return Ok(None) };
        read(tag, bytes, code).map(Some).map_err(|Malformed(what)| what)
    }
}

fn own(entry: &[u8]) -> Option<(u8, &[u8])> {
    let field = |cursor: &mut Cursor<'_>, tag: u8| cursor.u8("").ok().filter(|found| *found == tag);
    let mut cursor = Cursor::new(entry);
    field(&mut cursor, PAYLOAD)?;
    let payload = cursor.bytes("").ok()?;
    let mut cursor = Cursor::new(payload.strip_prefix(&HEADER)?);
    field(&mut cursor, DATA)?;
    cursor.bytes("").ok()?.split_first().map(|(tag, bytes)| (*tag, bytes))
}

fn read(tag: u8, bytes: &[u8], code: TxCode) -> Result<OwnEntry, Malformed> {
    match tag {
        0 => Ok(OwnEntry::Genesis),
        1 => Ok(OwnEntry::Transaction(Box::new(decode_tx(code, bytes)?))),
        2 => Ok(OwnEntry::Seal(Timestamp::from_micros(i64::from_le_bytes(Cursor::new(bytes).array("seal")?)))),
        _ => Err(Malformed("an entry of another release")),
    }
}
