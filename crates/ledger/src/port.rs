//! The ledger as the rest of GX sees it: one trait, whatever stands behind it.
//!
//! The way of a transaction has the steps that Hyperledger Fabric's Gateway has, so that nothing can rely on more:
//!
//! 1. [`Ledger::prepare`] runs the contract against the state at one height (*endorse*). The answer is a refusal, the
//!    receipt of an earlier transaction with the same ledger key, or a signed [`Envelope`] with its transaction id.
//! 2. The caller stores id and envelope, then [`Ledger::send`]s it (*submit*). «Sent» says nothing about the outcome.
//! 3. [`Ledger::outcome`] tells how the transaction ended, now or within the time given (*commit status*).
//! 4. [`Ledger::blocks`] streams full blocks from a height on, and follows the chain (*deliver*).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use gx_contracts::Call;
use gx_types::{LedgerKey, TxId};

use crate::block::Block;
use crate::error::LedgerError;
use crate::transaction::{Envelope, KeyState, LedgerInfo, Outcome, Prepared, Proposal, Settled};

/// A ledger.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Runs the contract against the present state, without changing it.
    ///
    /// # Errors
    /// [`LedgerError`] of any class but `Refused`: a refusal is an answer here, [`Prepared::Refused`].
    async fn prepare(&self, proposal: Proposal) -> Result<Prepared, LedgerError>;

    /// Gives an envelope to the ledger for ordering. `Ok` means accepted for ordering, nothing more. Sending the same
    /// envelope again is harmless: a transaction id counts once.
    ///
    /// # Errors
    /// `Transport`: not known whether it arrived; send the same envelope again. `Rejected`: not an envelope of this
    /// ledger, now or ever. `Storage`: the ledger cannot write.
    async fn send(&self, envelope: &Envelope) -> Result<(), LedgerError>;

    /// How a transaction ended. Waits up to `wait` for one that has not ended yet, then answers [`Outcome::Unknown`],
    /// which does **not** mean that it will not commit.
    ///
    /// # Errors
    /// `Transport` and `Storage`.
    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError>;

    /// What the ledger holds under a ledger key; `None`: no transaction with it has committed.
    ///
    /// # Errors
    /// `Transport` and `Storage`.
    async fn receipt_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError>;

    /// Runs a read-only contract function and returns its answer, canonical JSON.
    ///
    /// # Errors
    /// `Refused` with the contract's reason; `Transport`, `Rejected`, `Storage`.
    async fn evaluate(&self, call: Call) -> Result<Vec<u8>, LedgerError>;

    /// Fingerprint, height, last block, endorsing organisations.
    ///
    /// # Errors
    /// `Transport` and `Storage`.
    async fn info(&self) -> Result<LedgerInfo, LedgerError>;

    /// Full blocks in order from block `from` on, then each new block as it is committed; the stream ends only with an
    /// error or with the ledger. Every block's number, previous hash and data hash are checked before it is given out;
    /// the caller compares the first block's previous hash with what it remembers.
    fn blocks(&self, from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>>;

    /// Prepare, send and wait in one call, for callers that keep no envelope (tests, tools, seeding). A caller that
    /// must survive its own crash stores the envelope between the steps instead. After [`Settled::Unknown`] the
    /// transaction may still commit.
    ///
    /// # Errors
    /// As the three steps.
    async fn submit(&self, proposal: Proposal, wait: Duration) -> Result<Settled, LedgerError> {
        let envelope = match self.prepare(proposal).await? {
            Prepared::Envelope(envelope) => envelope,
            Prepared::Refused(refusal) => return Ok(Settled::Refused(refusal)),
            Prepared::Replayed(committed) => return Ok(Settled::Replayed(committed)),
        };
        self.send(&envelope).await?;
        Ok(match self.outcome(&envelope.tx_id, wait).await? {
            Outcome::Committed(committed) => Settled::Committed(committed),
            Outcome::Invalid { block, code } => Settled::Invalid { tx_id: envelope.tx_id, block, code },
            Outcome::Unknown => Settled::Unknown { tx_id: envelope.tx_id },
        })
    }
}
