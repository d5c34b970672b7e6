//! Transactions that clients sign: the way in for the Gateway endpoint.
//!
//! The endpoint checks certificates, signatures and endorsements; the ledger simulates, orders and validates. What a
//! simulation read and would write travels to the client and back inside its envelope, so it comes apart and together
//! here: [`EmbeddedLedger::simulate_signed`] gives an [`Endorsable`], [`EmbeddedLedger::order_signed`] takes it back.

use gx_contracts::{Call, Event, InvokeError, Receipt, Role, Simulation, TxContext};
use gx_types::{LedgerKey, TxId};

use super::candidate::Candidate;
use super::host::StateHost;
use super::ledger::EmbeddedLedger;
use super::overlay::View;
use super::payload::{self, Origin, Payload};
use super::queue::Item;
use super::simulate::{guarded, query_as};
use super::state::{SharedKey, Version};
use crate::block::{RawBlock, TxCode};
use crate::error::LedgerError;
use crate::port::Ledger;
use crate::transaction::Outcome;

/// The block after which a transaction was simulated, told apart from one of the same height in another chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Number of the block.
    pub block: u64,
    /// The first bytes of its hash.
    pub anchor: [u8; 8],
}

/// A key that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRead {
    /// The key as the ledger stores it.
    pub key: String,
    /// Block and position of the transaction that wrote what was found; `None`: nothing was there.
    pub version: Option<(u64, u32)>,
}

/// A key that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWrite {
    /// The key as the ledger stores it.
    pub key: String,
    /// The value; `None` removes the key.
    pub value: Option<Vec<u8>>,
}

/// What a simulation read and would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Endorsable {
    /// The state it ran on.
    pub basis: Basis,
    /// Every key it read.
    pub reads: Vec<KeyRead>,
    /// Every key it writes; none when replayed.
    pub writes: Vec<KeyWrite>,
    /// Its events in order; none when replayed.
    pub events: Vec<Event>,
    /// Its receipt; the first transaction's when replayed.
    pub receipt: Receipt,
    /// Whether the call had been done before under the same ledger key.
    pub replayed: bool,
}

/// A transaction as it comes back from its client.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    /// Id, time and signer, as the client's proposal has them.
    pub tx: TxContext,
    /// `Contract:Function`.
    pub function: String,
    /// The function's arguments, the ledger key last.
    pub args: Vec<String>,
    /// What was endorsed.
    pub endorsed: Endorsable,
    /// [`TxCode::Valid`] if its endorsements hold; any other verdict goes into the block as it is.
    pub code: TxCode,
    /// The envelope, byte for byte.
    pub envelope: Vec<u8>,
}

impl EmbeddedLedger {
    /// Runs a writing call for whoever signed it, without changing anything.
    ///
    /// # Errors
    /// `Refused` with the contract's reason; `Rejected` and `Storage` as everywhere.
    pub fn simulate_signed(&self, tx: TxContext, function: &str, args: &[String]) -> Result<Endorsable, LedgerError> {
        let inner = &self.inner;
        let snapshot = inner.state.snapshot();
        let view = View::durable(&snapshot);
        // The signer's role is the context's; the call's own is not looked at.
        let call = Call { function: function.to_owned(), args: args.to_vec(), role: Role::Admin };
        let mut host = StateHost::new(view, &inner.chain, tx);
        let simulation = match guarded(&mut host, |host| gx_contracts::simulate(host, &call))? {
            Ok(simulation) => simulation,
            Err(InvokeError::Refused(refusal)) => return Err(LedgerError::Refused(refusal)),
            Err(InvokeError::Host(error)) => return Err(host.into_failure(error)),
        };
        let Simulation { writes, events, receipt, replayed } = simulation;
        let (reads, _) = host.into_reads();
        let payload::Basis { height, anchor } = view.basis();
        Ok(Endorsable {
            basis: Basis { block: height, anchor },
            reads: reads
                .into_iter()
                .map(|(key, version)| KeyRead {
                    key: String::from_utf8_lossy(&key.bytes).into_owned(),
                    version: version.map(|version| (version.block, version.position)),
                })
                .collect(),
            writes: writes.into_iter().map(|(key, value)| KeyWrite { key: key.as_str().to_owned(), value }).collect(),
            events,
            receipt,
            replayed,
        })
    }

    /// Runs a reading call for whoever signed it.
    ///
    /// # Errors
    /// As [`EmbeddedLedger::simulate_signed`].
    pub fn query_signed(&self, tx: TxContext, function: &str, args: &[String]) -> Result<Vec<u8>, LedgerError> {
        let snapshot = self.inner.state.snapshot();
        query_as(tx, function, args, View::durable(&snapshot), &self.inner.chain)
    }

    /// Gives a signed transaction to the ledger for ordering. `Ok` means accepted for ordering, nothing more.
    ///
    /// # Errors
    /// `Rejected` when there is no ledger key; `Busy`, `Closed` and `Storage`.
    pub fn order_signed(&self, signed: Signed) -> Result<(), LedgerError> {
        let Signed { tx, function, args, endorsed, code, envelope } = signed;
        if args.last().is_none_or(|key| key.parse::<LedgerKey>().is_err()) {
            return Err(LedgerError::rejected("the last argument of a transaction is its ledger key"));
        }
        let basis = payload::Basis { height: endorsed.basis.block, anchor: endorsed.basis.anchor };
        let reads: Vec<_> = endorsed
            .reads
            .iter()
            .map(|read| {
                let version = read.version.map(|(block, position)| Version { block, position });
                (SharedKey::new(read.key.as_bytes()), version)
            })
            .collect();
        let writes =
            endorsed.writes.into_iter().map(|write| (gx_contracts::Key::from_stored(write.key), write.value)).collect();
        let payload = Payload {
            origin: Origin::Signed(tx.tx_id),
            msp_id: &tx.signer.msp_id,
            role: tx.signer.role,
            function: &function,
            args: &args,
            timestamp: tx.timestamp,
            basis,
            reads: &reads,
            ranges: &[],
            writes: &writes,
            events: &endorsed.events,
            receipt: &endorsed.receipt,
        };
        let mut candidate = Candidate::new(payload.encode(), Some(endorsed.receipt.clone()))
            .map_err(|problem| LedgerError::rejected(problem.0))?;
        candidate.foreign = !self.inner.has(basis)?;
        candidate.condemned = Some(code).filter(|code| *code != TxCode::Valid);
        candidate.envelope = envelope;
        self.inner.queue.push(Item { candidate, fused: None })
    }

    /// Whether a transaction with this id is in a block, valid or not.
    ///
    /// # Errors
    /// `Storage`.
    pub fn knows(&self, tx_id: &TxId) -> Result<bool, LedgerError> {
        Ok(self.inner.look_up(tx_id)? != Outcome::Unknown)
    }

    /// Block `number` in Fabric's shape; `None`: there is no such block yet.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn raw_block(&self, number: u64) -> Result<Option<RawBlock>, LedgerError> {
        if number > self.info().await?.height {
            return Ok(None);
        }
        let inner = std::sync::Arc::clone(&self.inner);
        let block = tokio::task::spawn_blocking(move || inner.chain.raw_block(number)).await;
        block.unwrap_or(Err(LedgerError::Closed)).map(Some)
    }
}
