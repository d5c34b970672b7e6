//! What the ledger itself keeps in the state beside the contracts' keys: where each transaction and each block is.
//!
//! The contracts' keys all start with a zero byte (Fabric's composite form), these with another.

use std::sync::Arc;

use gx_types::TxId;

use super::codec::{Cursor, Encode, Malformed};
use super::log::Place;
use super::state::{SharedKey, Stamped, Version, Write};
use crate::block::TxCode;

const TRANSACTION: u8 = 1;
const BLOCK: u8 = 2;

/// The key under which the place and verdict of a transaction are kept.
pub(crate) fn tx_key(tx_id: &TxId) -> [u8; 33] {
    let mut key = [TRANSACTION; 33];
    for (to, from) in key.iter_mut().skip(1).zip(tx_id.as_bytes()) {
        *to = *from;
    }
    key
}

/// The entry of a transaction: its version says where it is, its value what came of it.
pub(crate) fn tx_write(tx_id: &TxId, version: Version, code: TxCode) -> Write {
    Write { key: SharedKey::new(&tx_key(tx_id)), stamped: Stamped { version, value: Some(Arc::from([code.number()])) } }
}

/// The verdict in a transaction's entry.
pub(crate) fn tx_code(value: &[u8]) -> Result<TxCode, Malformed> {
    match value {
        [code] => Ok(TxCode::from_number(*code)),
        _ => Err(Malformed("entry of a transaction")),
    }
}

/// The key under which the place of a block is kept.
pub(crate) fn block_key(number: u64) -> [u8; 9] {
    let mut key = [BLOCK; 9];
    for (to, from) in key.iter_mut().skip(1).zip(number.to_be_bytes()) {
        *to = from;
    }
    key
}

/// The entry of a block.
pub(crate) fn block_write(number: u64, place: Place) -> Write {
    let mut value = Vec::with_capacity(16);
    value.put_varint(place.segment);
    value.put_varint(place.offset);
    value.put_varint(place.bytes);
    let version = Version { block: number, position: u32::MAX };
    Write { key: SharedKey::new(&block_key(number)), stamped: Stamped { version, value: Some(value.into()) } }
}

/// The place in a block's entry.
pub(crate) fn block_place(value: &[u8]) -> Result<Place, Malformed> {
    const WHAT: &str = "entry of a block";
    let mut cursor = Cursor::new(value);
    let place = Place { segment: cursor.varint(WHAT)?, offset: cursor.varint(WHAT)?, bytes: cursor.varint(WHAT)? };
    cursor.finish(WHAT)?;
    Ok(place)
}
