//! A line to the ledger that a test cuts, stalls, or makes slow.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use gx_contracts::Call;
use gx_ledger::{Block, Envelope, KeyState, Ledger, LedgerError, LedgerInfo, Outcome, Prepared, Proposal};
use gx_types::{LedgerKey, TxId};
use tokio::sync::watch;

/// How a line is at present.
#[derive(Debug)]
struct State {
    cut: AtomicBool,
    /// Whether blocks flow.
    flows: watch::Sender<bool>,
    holds: AtomicBool,
    held: Mutex<Vec<Envelope>>,
}

/// A line; clones are the same line.
#[derive(Debug, Clone)]
pub struct Line(Arc<State>);

impl Default for Line {
    fn default() -> Self {
        Self(Arc::new(State {
            cut: AtomicBool::new(false),
            flows: watch::Sender::new(true),
            holds: AtomicBool::new(false),
            held: Mutex::default(),
        }))
    }
}

impl Line {
    /// Nobody answers at the other end.
    pub fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
    }

    /// It answers again.
    pub fn mend(&self) {
        self.0.cut.store(false, Ordering::SeqCst);
    }

    /// The ledger answers, but gives out no more blocks.
    pub fn stall_blocks(&self) {
        self.0.flows.send_replace(false);
    }

    /// Blocks flow again.
    pub fn let_blocks_flow(&self) {
        self.0.flows.send_replace(true);
    }

    /// Takes envelopes and keeps them: they are under way.
    pub fn hold_envelopes(&self) {
        self.0.holds.store(true, Ordering::SeqCst);
    }

    /// Envelopes that come from now on arrive at once; those under way stay under way.
    pub fn hold_no_more(&self) {
        self.0.holds.store(false, Ordering::SeqCst);
    }

    /// How many envelopes are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.0.held.lock().expect("no test panics here").len()
    }

    /// What is under way arrives at the ledger.
    pub async fn arrive(&self, ledger: &dyn Ledger) {
        let held = std::mem::take(&mut *self.0.held.lock().expect("no test panics here"));
        for envelope in held {
            ledger.send(&envelope).await.expect("the ledger takes it for ordering");
            ledger.outcome(&envelope.tx_id, Duration::from_secs(10)).await.expect("it is decided");
        }
    }

    /// The ledger at the other end of this line.
    #[must_use]
    pub fn to(&self, ledger: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        Arc::new(Reached { line: self.clone(), ledger })
    }

    /// Whether the envelope is under way from now on, or has been for a while: sent again it is still the same.
    fn keeps(&self, envelope: &Envelope) -> bool {
        let mut held = self.0.held.lock().expect("no test panics here");
        if held.contains(envelope) {
            return true;
        }
        let keeps = self.0.holds.load(Ordering::SeqCst);
        if keeps {
            held.push(envelope.clone());
        }
        keeps
    }

    fn check(&self) -> Result<(), LedgerError> {
        if self.0.cut.load(Ordering::SeqCst) {
            return Err(LedgerError::Unreachable { detail: "the line is cut".to_owned() });
        }
        Ok(())
    }
}

struct Reached {
    line: Line,
    ledger: Arc<dyn Ledger>,
}

#[async_trait]
impl Ledger for Reached {
    async fn prepare(&self, proposal: Proposal) -> Result<Prepared, LedgerError> {
        self.line.check()?;
        self.ledger.prepare(proposal).await
    }

    async fn send(&self, envelope: &Envelope) -> Result<(), LedgerError> {
        self.line.check()?;
        if self.line.keeps(envelope) {
            return Ok(());
        }
        self.ledger.send(envelope).await
    }

    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError> {
        self.line.check()?;
        self.ledger.outcome(tx_id, wait).await
    }

    async fn receipt_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        self.line.check()?;
        self.ledger.receipt_of(key).await
    }

    async fn evaluate(&self, call: Call) -> Result<Vec<u8>, LedgerError> {
        self.line.check()?;
        self.ledger.evaluate(call).await
    }

    async fn info(&self) -> Result<LedgerInfo, LedgerError> {
        self.line.check()?;
        self.ledger.info().await
    }

    fn blocks(&self, from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>> {
        let line = self.line.clone();
        let blocks = self.ledger.blocks(from);
        blocks
            .then(move |block| {
                let line = line.clone();
                async move {
                    let mut flows = line.0.flows.subscribe();
                    // The sender lives as long as the line.
                    let _ = flows.wait_for(|flows| *flows).await;
                    line.check()?;
                    block
                }
            })
            .boxed()
    }
}
