//! Running a contract call against a view of the state.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gx_base::{Entropy, EntropyExt};
use gx_contracts::{InvokeError, Receipt, Refusal, Signer, Simulation, TxContext};
use gx_types::{Timestamp, TxId};

use super::candidate::Candidate;
use super::host::StateHost;
use super::overlay::View;
use super::payload::{self, NONCE_BYTES, Origin, Payload};
use super::reader::ChainReader;
use crate::error::LedgerError;
use crate::transaction::Proposal;

/// What came of a call.
pub(super) enum Simulated {
    /// A transaction that may be put into a block.
    Transaction(Candidate),
    /// It was done before; the first receipt.
    Replayed(Receipt),
    /// The contract says no.
    Refused(Refusal),
}

/// Runs a call and writes down what it read, would write, and says.
pub(super) fn simulate(
    proposal: &Proposal,
    msp_id: &str,
    view: View<'_>,
    chain: &ChainReader,
    entropy: &dyn Entropy,
) -> Result<Simulated, LedgerError> {
    let nonce: [u8; NONCE_BYTES] = entropy.bytes();
    let call = &proposal.call;
    let tx_id = payload::tx_id(&nonce, msp_id, Some(call.role));
    let mut host = StateHost::new(view, chain, context(tx_id, proposal.timestamp, msp_id, call.role));
    let result = guarded(&mut host, |host| gx_contracts::simulate(host, call))?;
    match result {
        Ok(Simulation { receipt, replayed: true, .. }) => Ok(Simulated::Replayed(receipt)),
        Ok(Simulation { writes, events, receipt, .. }) => {
            let (reads, ranges) = host.into_reads();
            let payload = Payload {
                origin: Origin::Nonce(nonce),
                msp_id,
                role: Some(call.role),
                function: &call.function,
                args: &call.args,
                timestamp: proposal.timestamp,
                basis: view.basis(),
                reads: &reads,
                ranges: &ranges,
                writes: &writes,
                events: &events,
                receipt: &receipt,
            };
            let candidate = Candidate::new(payload.encode(), Some(receipt.clone()))
                .map_err(|problem| LedgerError::rejected(problem.0))?;
            Ok(Simulated::Transaction(candidate))
        }
        Err(InvokeError::Refused(refusal)) => Ok(Simulated::Refused(refusal)),
        Err(InvokeError::Host(error)) => Err(host.into_failure(error)),
    }
}

/// Runs a reading call.
pub(super) fn query(
    call: &gx_contracts::Call,
    now: Timestamp,
    msp_id: &str,
    view: View<'_>,
    chain: &ChainReader,
) -> Result<Vec<u8>, LedgerError> {
    let nobody = TxId::from_bytes([0; 32]);
    query_as(context(nobody, now, msp_id, call.role), &call.function, &call.args, view, chain)
}

/// Runs a reading call for whoever the context names.
pub(super) fn query_as(
    tx: TxContext,
    function: &str,
    args: &[String],
    view: View<'_>,
    chain: &ChainReader,
) -> Result<Vec<u8>, LedgerError> {
    let mut host = StateHost::new(view, chain, tx);
    match guarded(&mut host, |host| gx_contracts::query(host, function, args))? {
        Ok(answer) => Ok(answer),
        Err(InvokeError::Refused(refusal)) => Err(LedgerError::Refused(refusal)),
        Err(InvokeError::Host(error)) => Err(host.into_failure(error)),
    }
}

fn context(tx_id: TxId, timestamp: Timestamp, msp_id: &str, role: gx_contracts::Role) -> TxContext {
    TxContext { tx_id, timestamp, signer: Signer { msp_id: msp_id.to_owned(), role: Some(role) } }
}

/// A panicking contract must not take the ledger's threads with it. Its host is thrown away.
pub(super) fn guarded<'a, T>(
    host: &mut StateHost<'a>,
    run: impl FnOnce(&mut StateHost<'a>) -> T,
) -> Result<T, LedgerError> {
    catch_unwind(AssertUnwindSafe(|| run(host)))
        .map_err(|_| LedgerError::rejected("the contract panicked; this is a defect of the contract"))
}
