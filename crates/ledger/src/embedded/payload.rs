//! A transaction as bytes: what an envelope carries and a block keeps.
//!
//! ```text
//! origin, signer, time, block it was simulated after, function, arguments ┃ reads ┃ ranges ┃ writes ┃ events ┃ receipt
//! ```
//! Each section has its length in front, so that a reader takes only what it needs. The transaction id is the SHA-256
//! of nonce and signer, as on Fabric; where a certificate stands for the signer, the id is stored as it was given.

use std::ops::Range;

use gx_contracts::{Event, Receipt, Role, Signer};
use gx_types::{Timestamp, TxId};
use sha2::{Digest, Sha256};

use super::codec::{Cursor, Encode, Malformed};
use super::state::{SharedKey, Version};

pub(crate) const NONCE_BYTES: usize = 24;

/// Keys and the version that was read; `None`: the key held nothing.
pub(crate) type Reads = Vec<(SharedKey, Option<Version>)>;

/// A range that was read: its bounds (`to` excluded) and every key found, with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeRead {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Vec<u8>,
    pub(crate) found: Vec<(Vec<u8>, Version)>,
}

/// The block after which a transaction was simulated. Its hash is part of it: after a ledger was restored from a backup,
/// the same height may be another block, and the same version another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Basis {
    pub(crate) height: u64,
    /// The first bytes of the block's hash.
    pub(crate) anchor: Anchor,
}

pub(crate) type Anchor = [u8; 8];

/// The anchor of a block.
pub(crate) fn anchor_of(hash: &[u8; 32]) -> Anchor {
    let mut anchor = [0; 8];
    for (to, from) in anchor.iter_mut().zip(hash) {
        *to = *from;
    }
    anchor
}

/// Where a transaction's id comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This process made it with a nonce.
    Nonce([u8; NONCE_BYTES]),
    /// A client chose it, with nonce and certificate; whoever took the transaction in has checked it.
    Signed(TxId),
}

const ORIGIN_NONCE: u8 = 0;
const ORIGIN_SIGNED: u8 = 1;

impl Origin {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "origin";
        match cursor.u8(WHAT)? {
            ORIGIN_NONCE => Ok(Self::Nonce(cursor.array(WHAT)?)),
            ORIGIN_SIGNED => Ok(Self::Signed(TxId::from_bytes(cursor.array(WHAT)?))),
            _ => Err(Malformed(WHAT)),
        }
    }

    fn tx_id(&self, msp_id: &str, role: Option<Role>) -> TxId {
        match (self, role) {
            (Self::Signed(tx_id), _) => *tx_id,
            (Self::Nonce(nonce), role) => tx_id(nonce, msp_id, role),
        }
    }
}

/// Everything about a transaction, before it becomes bytes.
#[derive(Debug, Clone)]
pub(crate) struct Payload<'a> {
    pub(crate) origin: Origin,
    pub(crate) msp_id: &'a str,
    pub(crate) role: Option<Role>,
    pub(crate) function: &'a str,
    pub(crate) args: &'a [String],
    pub(crate) timestamp: Timestamp,
    /// The state it was simulated against.
    pub(crate) basis: Basis,
    pub(crate) reads: &'a [(SharedKey, Option<Version>)],
    pub(crate) ranges: &'a [RangeRead],
    pub(crate) writes: &'a gx_contracts::WriteSet,
    pub(crate) events: &'a [Event],
    pub(crate) receipt: &'a Receipt,
}

/// The transaction id of a nonce and a signer.
pub(crate) fn tx_id(nonce: &[u8; NONCE_BYTES], msp_id: &str, role: Option<Role>) -> TxId {
    let mut hash = Sha256::new();
    hash.update(nonce);
    hash.update(msp_id.as_bytes());
    hash.update(b"\0");
    hash.update(role.map_or("", Role::as_str).as_bytes());
    TxId::from_bytes(hash.finalize().into())
}

const fn role_number(role: Option<Role>) -> u8 {
    match role {
        None => 0,
        Some(Role::SuperAdmin) => 1,
        Some(Role::Admin) => 2,
        Some(Role::PartnerApi) => 3,
    }
}

fn role_of(number: u8) -> Result<Option<Role>, Malformed> {
    let all = std::iter::once(None).chain(Role::ALL.into_iter().map(Some));
    all.into_iter().find(|role| role_number(*role) == number).ok_or(Malformed("role"))
}

fn put_version(bytes: &mut Vec<u8>, version: Version) {
    bytes.put_varint(version.block);
    bytes.put_varint(u64::from(version.position));
}

fn version(cursor: &mut Cursor<'_>) -> Result<Version, Malformed> {
    const WHAT: &str = "version";
    let block = cursor.varint(WHAT)?;
    let position = u32::try_from(cursor.varint(WHAT)?).map_err(|_| Malformed(WHAT))?;
    Ok(Version { block, position })
}

fn basis(cursor: &mut Cursor<'_>) -> Result<Basis, Malformed> {
    const WHAT: &str = "basis";
    Ok(Basis { height: cursor.varint(WHAT)?, anchor: cursor.array(WHAT)? })
}

impl Payload<'_> {
    /// The bytes of the transaction.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1_024);
        let mut section = Vec::with_capacity(512);
        let mut close = |section: &mut Vec<u8>| {
            bytes.put_bytes(section);
            section.clear();
        };

        match &self.origin {
            Origin::Nonce(nonce) => {
                section.put_u8(ORIGIN_NONCE);
                section.extend_from_slice(nonce);
            }
            Origin::Signed(tx_id) => {
                section.put_u8(ORIGIN_SIGNED);
                section.extend_from_slice(tx_id.as_bytes());
            }
        }
        section.put_text(self.msp_id);
        section.put_u8(role_number(self.role));
        section.extend_from_slice(&self.timestamp.micros().to_le_bytes());
        section.put_varint(self.basis.height);
        section.extend_from_slice(&self.basis.anchor);
        section.put_text(self.function);
        section.put_varint(self.args.len() as u64);
        for arg in self.args {
            section.put_text(arg);
        }
        close(&mut section);

        section.put_varint(self.reads.len() as u64);
        for (key, version) in self.reads {
            section.put_bytes(&key.bytes);
            section.put_u8(u8::from(version.is_some()));
            if let Some(version) = version {
                put_version(&mut section, *version);
            }
        }
        close(&mut section);

        section.put_varint(self.ranges.len() as u64);
        for range in self.ranges {
            section.put_bytes(&range.from);
            section.put_bytes(&range.to);
            section.put_varint(range.found.len() as u64);
            for (key, version) in &range.found {
                section.put_bytes(key);
                put_version(&mut section, *version);
            }
        }
        close(&mut section);

        section.put_varint(self.writes.len() as u64);
        for (key, value) in self.writes {
            section.put_text(key.as_str());
            section.put_u8(u8::from(value.is_some()));
            if let Some(value) = value {
                section.put_bytes(value);
            }
        }
        close(&mut section);

        // Closed enums of texts and numbers always serialise.
        let _ = serde_json::to_writer(&mut section, self.events);
        close(&mut section);
        let _ = serde_json::to_writer(&mut section, self.receipt);
        close(&mut section);
        bytes
    }
}

/// A transaction's bytes, looked at section by section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PayloadView<'a> {
    head: &'a [u8],
    reads: &'a [u8],
    /// Where the section of reads starts in the payload.
    reads_at: usize,
    ranges: &'a [u8],
    writes: &'a [u8],
    events: &'a [u8],
    receipt: &'a [u8],
}

/// The first section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) tx_id: TxId,
    pub(crate) signer: Signer,
    pub(crate) timestamp: Timestamp,
    pub(crate) function: String,
    pub(crate) args: Vec<String>,
}

impl<'a> PayloadView<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let head = cursor.bytes("head")?;
        let reads = cursor.bytes("reads")?;
        let view = Self {
            head,
            reads,
            reads_at: cursor.position() - reads.len(),
            ranges: cursor.bytes("ranges")?,
            writes: cursor.bytes("writes")?,
            events: cursor.bytes("events")?,
            receipt: cursor.bytes("receipt")?,
        };
        cursor.finish("bytes behind the transaction")?;
        Ok(view)
    }

    /// The id, and the block after which it was simulated.
    pub(crate) fn id_and_basis(&self) -> Result<(TxId, Basis), Malformed> {
        let mut cursor = Cursor::new(self.head);
        let origin = Origin::read(&mut cursor)?;
        let msp_id = cursor.text("msp id")?;
        let role = role_of(cursor.u8("role")?)?;
        cursor.take(8, "time")?;
        Ok((origin.tx_id(msp_id, role), basis(&mut cursor)?))
    }

    pub(crate) fn head(&self) -> Result<Head, Malformed> {
        let mut cursor = Cursor::new(self.head);
        let origin = Origin::read(&mut cursor)?;
        let msp_id = cursor.text("msp id")?;
        let role = role_of(cursor.u8("role")?)?;
        let timestamp = Timestamp::from_micros(i64::from_le_bytes(cursor.array("time")?));
        basis(&mut cursor)?;
        let function = cursor.text("function")?.to_owned();
        let mut args = Vec::new();
        for _ in 0..cursor.count("arguments")? {
            args.push(cursor.text("argument")?.to_owned());
        }
        cursor.finish("head")?;
        Ok(Head {
            tx_id: origin.tx_id(msp_id, role),
            signer: Signer { msp_id: msp_id.to_owned(), role },
            timestamp,
            function,
            args,
        })
    }

    /// Calls `each` with the place in the payload of every key read, the key, and its version.
    pub(crate) fn reads<E: From<Malformed>>(
        &self,
        mut each: impl FnMut(Range<usize>, &'a [u8], Option<Version>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = Cursor::new(self.reads);
        for _ in 0..cursor.count("reads")? {
            let key = cursor.bytes("read key")?;
            let key_end = self.reads_at + cursor.position();
            let version = match cursor.u8("read version")? {
                0 => None,
                1 => Some(version(&mut cursor)?),
                _ => return Err(Malformed("read version").into()),
            };
            each(key_end - key.len()..key_end, key, version)?;
        }
        Ok(cursor.finish("reads")?)
    }

    pub(crate) fn ranges(&self) -> Result<Vec<RangeRead>, Malformed> {
        let mut cursor = Cursor::new(self.ranges);
        let mut ranges = Vec::new();
        for _ in 0..cursor.count("ranges")? {
            let from = cursor.bytes("range start")?.to_vec();
            let to = cursor.bytes("range end")?.to_vec();
            let mut found = Vec::new();
            for _ in 0..cursor.count("range keys")? {
                found.push((cursor.bytes("range key")?.to_vec(), version(&mut cursor)?));
            }
            ranges.push(RangeRead { from, to, found });
        }
        cursor.finish("ranges")?;
        Ok(ranges)
    }

    /// Calls `each` with every key written and its value (`None`: removed).
    pub(crate) fn writes(&self, mut each: impl FnMut(&'a [u8], Option<&'a [u8]>)) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(self.writes);
        for _ in 0..cursor.count("writes")? {
            let key = cursor.bytes("written key")?;
            let value = match cursor.u8("written value")? {
                0 => None,
                1 => Some(cursor.bytes("written value")?),
                _ => return Err(Malformed("written value")),
            };
            each(key, value);
        }
        cursor.finish("writes")
    }

    pub(crate) fn events(&self) -> Result<Vec<Event>, Malformed> {
        serde_json::from_slice(self.events).map_err(|_| Malformed("events"))
    }

    pub(crate) fn receipt(&self) -> Result<Receipt, Malformed> {
        serde_json::from_slice(self.receipt).map_err(|_| Malformed("receipt"))
    }
}
