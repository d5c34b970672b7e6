//! The suite that every ledger passes, on the embedded one: through its fused path, and through the three steps only.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use gx_contracts::Call;
use gx_ledger::conformance::{CASES, Suite};
use gx_ledger::{
    Block, EmbeddedLedger, Envelope, KeyState, Ledger, LedgerError, LedgerInfo, Outcome, Prepared, Proposal,
};
use gx_types::{LedgerKey, TxId};

use crate::support::{clock, open, suite};

async fn run(suite: &Suite) {
    for case in CASES {
        let begin = std::time::Instant::now();
        case.run(suite).await.unwrap_or_else(|failure| panic!("{failure}"));
        println!("{:>6} ms  {}", begin.elapsed().as_millis(), case.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_ledger_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    run(&suite(&ledger, 1_000)).await;
    let verified = ledger.verify(|_| {}).unwrap();
    assert_eq!(verified.height, ledger.info().await.unwrap().height);
    assert!(verified.transactions > 3_000 && verified.valid < verified.transactions);
}

/// The embedded ledger without its fused path: what is left is what Fabric has too.
struct StepsOnly(Arc<EmbeddedLedger>);

#[async_trait]
impl Ledger for StepsOnly {
    async fn prepare(&self, proposal: Proposal) -> Result<Prepared, LedgerError> {
        self.0.prepare(proposal).await
    }
    async fn send(&self, envelope: &Envelope) -> Result<(), LedgerError> {
        self.0.send(envelope).await
    }
    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError> {
        self.0.outcome(tx_id, wait).await
    }
    async fn receipt_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        self.0.receipt_of(key).await
    }
    async fn evaluate(&self, call: Call) -> Result<Vec<u8>, LedgerError> {
        self.0.evaluate(call).await
    }
    async fn info(&self) -> Result<LedgerInfo, LedgerError> {
        self.0.info().await
    }
    fn blocks(&self, from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>> {
        self.0.blocks(from)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_ledger_conforms_without_its_fused_path() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 2);
    run(&Suite::new(Arc::new(StepsOnly(Arc::clone(&ledger))), clock(), 200)).await;
    ledger.verify(|_| {}).unwrap();
}
