//! The chain itself, without a database: hashing, and finding what is wrong. An export is checked by the same code.

use gx_types::{Actor, AuditEvent, AuditObject, CorrelationId, Sha256Hex, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Facts;

/// What the first entry follows.
pub const GENESIS: Sha256Hex = Sha256Hex::from_bytes([0; 32]);
/// Faults that are named at most; a chain with so many is broken beyond listing.
pub const MAX_FAULTS: usize = 100;
/// Sets these hashes apart from every other SHA-256 of the platform.
const DOMAIN: &[u8] = b"gx audit chain 1\n";

/// An entry as it is written and hashed: these fields, in this order, as JSON without white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EntryBody {
    /// Place in the chain, from 1.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub event: AuditEvent,
    /// Who did it.
    pub actor: Actor,
    /// To what.
    pub object: AuditObject,
    /// What was so before.
    pub before: Facts,
    /// What is so now, or was asked for.
    pub after: Facts,
    /// The request it happened in.
    pub correlation_id: CorrelationId,
}

/// The hash of an entry that follows `previous`: SHA-256 over a domain word, the previous hash and the stored bytes.
#[must_use]
pub fn entry_hash(previous: Sha256Hex, body: &str) -> Sha256Hex {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(previous.as_bytes());
    hash.update(body.as_bytes());
    Sha256Hex::from_bytes(hash.finalize().into())
}

/// An entry with its hashes: a line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Link {
    /// Place in the chain.
    pub sequence: i64,
    /// Hash of the entry before.
    pub previous_hash: Sha256Hex,
    /// Hash of this entry.
    pub hash: Sha256Hex,
    /// The stored bytes.
    pub body: String,
}

/// The end of a chain: what has to be known elsewhere to notice that its tail was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Head {
    /// Place of the newest entry; 0 for an empty chain.
    pub sequence: i64,
    /// Its hash.
    pub hash: Sha256Hex,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Entries are not there.
    #[error("entries {from} to {to} are missing")]
    Missing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// The bytes of an entry are not those that were hashed.
    #[error("entry {0} was changed: its content does not have its hash")]
    Changed(i64),
    /// An entry stands in the place of another.
    #[error("entry {found} stands in the place of entry {sequence}")]
    Moved {
        /// The place.
        sequence: i64,
        /// The entry that says it belongs elsewhere.
        found: i64,
    },
    /// An entry does not follow the one before it.
    #[error("entry {0} does not follow the entry before it: one of the two was replaced")]
    Unlinked(i64),
    /// A column to search by does not say what the entry says.
    #[error("column {column} of entry {sequence} was changed: it does not say what the entry says")]
    Column {
        /// The entry.
        sequence: i64,
        /// The column.
        column: &'static str,
    },
    /// The chain ends elsewhere than is known.
    #[error("the chain ends at entry {found}, and entry {known} was written: its end was cut off or replaced")]
    Cut {
        /// The last entry that is there.
        found: i64,
        /// The last that is known to have been written.
        known: i64,
    },
    /// Entries stand behind the head.
    #[error("the chain goes on to entry {found} and its head names entry {head}: the head was set back")]
    BehindTheHead {
        /// The entry that the head names.
        head: i64,
        /// The last that is there.
        found: i64,
    },
    /// An entry that was noted elsewhere has another hash now.
    #[error("entry {0} is not the one that was noted elsewhere: the chain was written anew")]
    Rewritten(i64),
}

/// Walks along a chain, entry by entry, and collects what is wrong with it.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    end: Head,
    known: Option<Head>,
    entries: u64,
    faults: Vec<ChainFault>,
}

impl ChainCheck {
    /// From the first entry on. `known` is an end that was noted elsewhere, which the chain has to contain.
    #[must_use]
    pub const fn from_the_beginning(known: Option<Head>) -> Self {
        Self::after(Head { sequence: 0, hash: GENESIS }, known)
    }

    /// From behind `end` on, which is taken for true.
    #[must_use]
    pub const fn after(end: Head, known: Option<Head>) -> Self {
        Self { end, known, entries: 0, faults: Vec::new() }
    }

    /// Looks at the next entry; returns its content when it can be read.
    pub fn look(&mut self, link: &Link) -> Option<EntryBody> {
        let sequence = link.sequence;
        let expected = self.end.sequence.saturating_add(1);
        if sequence > expected {
            self.fault(ChainFault::Missing { from: expected, to: sequence.saturating_sub(1) });
        } else if sequence < expected {
            self.fault(ChainFault::Moved { sequence: expected, found: sequence });
        }
        let body: Option<EntryBody> = serde_json::from_str(&link.body).ok();
        let hashes = entry_hash(link.previous_hash, &link.body) == link.hash;
        match &body {
            Some(body) if hashes && body.sequence != sequence => {
                self.fault(ChainFault::Moved { sequence, found: body.sequence });
            }
            Some(_) if hashes => {}
            _ => self.fault(ChainFault::Changed(sequence)),
        }
        // Behind a gap nothing can be said about the entry before.
        if sequence == expected && hashes && link.previous_hash != self.end.hash {
            self.fault(ChainFault::Unlinked(sequence));
        }
        if self.known.is_some_and(|known| known.sequence == sequence && known.hash != link.hash) {
            self.fault(ChainFault::Rewritten(sequence));
        }
        self.end = Head { sequence: sequence.max(self.end.sequence), hash: link.hash };
        self.entries += 1;
        body
    }

    /// Notes a fault that the caller has found.
    pub fn fault(&mut self, fault: ChainFault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Compares the end that was reached with one that is said to be the chain's.
    pub fn ends_with(&mut self, head: Head) {
        if self.end.sequence < head.sequence {
            self.fault(ChainFault::Cut { found: self.end.sequence, known: head.sequence });
        } else if self.end.sequence > head.sequence {
            self.fault(ChainFault::BehindTheHead { head: head.sequence, found: self.end.sequence });
        } else if self.end.hash != head.hash {
            self.fault(ChainFault::Rewritten(head.sequence));
        }
    }

    /// Closes the walk: an end that was noted elsewhere must have been passed.
    pub fn close(&mut self) {
        if let Some(known) = self.known
            && known.sequence > self.end.sequence
        {
            self.fault(ChainFault::Cut { found: self.end.sequence, known: known.sequence });
        }
    }

    /// How many entries were looked at.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The end that was reached.
    #[must_use]
    pub const fn end(&self) -> Head {
        self.end
    }

    /// What is wrong, in the order of the chain.
    #[must_use]
    pub fn faults(&self) -> &[ChainFault] {
        &self.faults
    }
}
