//! What makes blocks a chain.

use bytes::Bytes;
use gx_types::Sha256Hex;
use sha2::{Digest, Sha256};

use crate::proto::common::{Block, BlockData, BlockHeader};

/// What is wrong with a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A part is missing.
    #[error("a block has no {0}")]
    Missing(&'static str),
    /// It is not the next one.
    #[error("block {found} comes instead of {expected}")]
    Number {
        /// The number it should have.
        expected: u64,
        /// The one it has.
        found: u64,
    },
    /// It does not name the hash of the block before.
    #[error("block {0} does not follow the block before")]
    PreviousHash(u64),
    /// Its transactions are not those its header was made for.
    #[error("the data of block {0} does not have the hash in its header")]
    DataHash(u64),
    /// There is not one verdict per transaction.
    #[error("block {number} has {transactions} transactions and {verdicts} verdicts")]
    Verdicts {
        /// Which block.
        number: u64,
        /// How many transactions.
        transactions: usize,
        /// How many verdicts.
        verdicts: usize,
    },
    /// A valid transaction of our chaincode cannot be read.
    #[error("transaction {position} of block {number} cannot be read: {problem}")]
    Transaction {
        /// Which block.
        number: u64,
        /// Its place in the block, from 0.
        position: usize,
        /// What is wrong.
        problem: String,
    },
}

/// The hash of a block: SHA-256 over the ASN.1 sequence of number, previous hash and data hash.
#[must_use]
pub fn header_hash(header: &BlockHeader) -> Sha256Hex {
    let mut body = integer(header.number);
    octets(&mut body, &header.previous_hash);
    octets(&mut body, &header.data_hash);
    let mut der = vec![0x30];
    length(&mut der, body.len());
    der.extend_from_slice(&body);
    Sha256Hex::from_bytes(Sha256::digest(&der).into())
}

/// The hash over a block's transactions, one after the other.
#[must_use]
pub fn data_hash(data: &BlockData) -> Sha256Hex {
    let mut hash = Sha256::new();
    for transaction in &data.data {
        hash.update(transaction);
    }
    Sha256Hex::from_bytes(hash.finalize().into())
}

/// A DER INTEGER, not negative.
fn integer(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(7);
    let digits = bytes.get(zeros..).unwrap_or_default();
    let pad = digits.first().is_some_and(|first| first & 0x80 != 0);
    let mut der = vec![0x02, (digits.len() + usize::from(pad)) as u8];
    if pad {
        der.push(0);
    }
    der.extend_from_slice(digits);
    der
}

fn octets(der: &mut Vec<u8>, bytes: &Bytes) {
    der.push(0x04);
    length(der, bytes.len());
    der.extend_from_slice(bytes);
}

fn length(der: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        der.push(length as u8);
        return;
    }
    let bytes = length.to_be_bytes();
    let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    der.push(0x80 | digits.len() as u8);
    der.extend_from_slice(&digits);
}

/// Checks that blocks follow each other.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    next: u64,
    previous: Option<Sha256Hex>,
}

impl ChainCheck {
    /// A check for blocks from `next` on. The first one's previous hash is the caller's to compare.
    #[must_use]
    pub const fn from(next: u64) -> Self {
        Self { next, previous: None }
    }

    /// Checks a block's number, previous hash, data hash and number of verdicts. Answers with its hash.
    ///
    /// # Errors
    /// [`ChainError`]; the block is not to be used then.
    pub fn accept(&mut self, block: &Block) -> Result<Sha256Hex, ChainError> {
        let header = block.header.as_ref().ok_or(ChainError::Missing("header"))?;
        let data = block.data.as_ref().ok_or(ChainError::Missing("data"))?;
        let number = header.number;
        if number != self.next {
            return Err(ChainError::Number { expected: self.next, found: number });
        }
        let follows = match (&self.previous, number) {
            (_, 0) => header.previous_hash.is_empty(),
            (Some(previous), _) => header.previous_hash.as_ref() == previous.as_bytes(),
            (None, _) => header.previous_hash.len() == 32,
        };
        if !follows {
            return Err(ChainError::PreviousHash(number));
        }
        if header.data_hash.as_ref() != data_hash(data).as_bytes() {
            return Err(ChainError::DataHash(number));
        }
        let (transactions, verdicts) = (data.data.len(), super::block::verdicts(block).len());
        if transactions != verdicts {
            return Err(ChainError::Verdicts { number, transactions, verdicts });
        }
        let hash = header_hash(header);
        self.next = number.saturating_add(1);
        self.previous = Some(hash);
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::common::BlockMetadata;

    fn block(number: u64, previous: &[u8], data: &[&'static [u8]]) -> Block {
        let data = BlockData { data: data.iter().map(|bytes| Bytes::from_static(bytes)).collect() };
        let header = BlockHeader {
            number,
            previous_hash: Bytes::copy_from_slice(previous),
            data_hash: Bytes::copy_from_slice(data_hash(&data).as_bytes()),
        };
        let verdicts = Bytes::from(vec![0; data.data.len()]);
        let metadata = BlockMetadata { metadata: vec![Bytes::new(), Bytes::new(), verdicts] };
        Block { header: Some(header), data: Some(data), metadata: Some(metadata) }
    }

    #[test]
    fn the_header_is_hashed_in_its_asn1_form() {
        let header = |number, previous: &'static [u8], data: &'static [u8]| BlockHeader {
            number,
            previous_hash: Bytes::from_static(previous),
            data_hash: Bytes::from_static(data),
        };
        // The DER bytes are written out; their SHA-256 is the hash.
        let vectors: [(BlockHeader, &[u8]); 4] = [
            (header(0, b"", b"\x01"), &[0x30, 8, 2, 1, 0, 4, 0, 4, 1, 1]),
            (header(127, b"a", b"b"), &[0x30, 9, 2, 1, 127, 4, 1, b'a', 4, 1, b'b']),
            (header(128, b"a", b"b"), &[0x30, 10, 2, 2, 0, 128, 4, 1, b'a', 4, 1, b'b']),
            (header(u64::MAX, b"", b""), &[0x30, 15, 2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255, 4, 0, 4, 0]),
        ];
        for (header, der) in vectors {
            let expected: [u8; 32] = Sha256::digest(der).into();
            assert_eq!(header_hash(&header), Sha256Hex::from_bytes(expected), "{header:?}");
        }
        let mut long = Vec::new();
        length(&mut long, 200);
        length(&mut long, 0x1234);
        assert_eq!(long, [0x81, 200, 0x82, 0x12, 0x34]);
    }

    #[test]
    fn blocks_that_do_not_follow_are_found() {
        let mut check = ChainCheck::from(0);
        let genesis = block(0, &[], &[b"config"]);
        let hash = check.accept(&genesis).unwrap();
        let next = block(1, hash.as_bytes(), &[b"one", b"two"]);

        let mut wrong = next.clone();
        wrong.data.as_mut().unwrap().data[0] = Bytes::from_static(b"onE");
        assert_eq!(check.clone().accept(&wrong), Err(ChainError::DataHash(1)));
        // The same bytes cut elsewhere have the same hash, and another number of verdicts.
        let mut joined = next.clone();
        joined.data.as_mut().unwrap().data = vec![Bytes::from_static(b"onetwo")];
        let verdicts = ChainError::Verdicts { number: 1, transactions: 1, verdicts: 2 };
        assert_eq!(check.clone().accept(&joined), Err(verdicts));
        assert_eq!(check.clone().accept(&block(1, &[7; 32], &[b"one"])), Err(ChainError::PreviousHash(1)));
        let skipped = ChainError::Number { expected: 1, found: 2 };
        assert_eq!(check.clone().accept(&block(2, hash.as_bytes(), &[])), Err(skipped));
        assert_eq!(check.clone().accept(&Block::default()), Err(ChainError::Missing("header")));
        assert_eq!(ChainCheck::from(0).accept(&block(0, &[1; 32], &[])), Err(ChainError::PreviousHash(0)));

        assert!(check.accept(&next).is_ok());
    }
}
