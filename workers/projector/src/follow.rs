//! Following the chain: the lease, the stream, batches, and standing still before a block that must not be applied.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use gx_ledger::{Block, LedgerError};
use gx_store::StoreError;
use gx_store::entity::projector_checkpoints;
use gx_store::projection::checkpoint::{self, Lease, Stop};
use gx_types::{Sha256Hex, TxId};
use tokio_util::sync::CancellationToken;

use crate::apply::{Applied, Batch, NotApplied, apply, record_stop, try_out};
use crate::fold::Halt;
use crate::metrics;
use crate::projector::{PROJECTOR, Projector};
use crate::status::describe;

type Blocks = BoxStream<'static, Result<Arc<Block>, LedgerError>>;

/// Tries of a batch that was overtaken by another writer.
const OVERTAKEN_TRIES_MAX: u32 = 5;

/// Why following has ended.
enum End {
    /// Asked to.
    Asked,
    /// Somebody else leads.
    Lost,
    /// Ledger or database are away; the reason was noted.
    Interrupted,
    /// Before a block that must not be applied.
    Stopped,
}

/// The chain as far as it is projected.
struct Tip {
    next: u64,
    last_hash: Option<Sha256Hex>,
}

impl Projector {
    /// Holds the lease whenever it can be had, and follows the chain while holding it.
    pub(crate) async fn lead(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.take_lease().await {
                Ok(Some(row)) => {
                    self.status.leading(true);
                    let end = self.follow(&row, stop).await;
                    match end {
                        End::Asked => return,
                        End::Lost => {
                            tracing::info!(instance = self.parts.instance, "another projector leads now");
                            self.status.leading(false);
                            self.parts.settings.lease / 3
                        }
                        // The lease is kept meanwhile: another instance would meet the same.
                        End::Interrupted | End::Stopped => self.parts.settings.retry_after,
                    }
                }
                Ok(None) => {
                    self.status.leading(false);
                    self.parts.settings.lease / 3
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the projector cannot reach its database");
                    self.parts.settings.retry_after
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes or renews the lease.
    async fn take_lease(&self) -> Result<Option<projector_checkpoints::Model>, StoreError> {
        let now = self.parts.clock.now();
        let until = now.plus(self.parts.settings.lease);
        let owner = self.parts.instance.clone();
        self.parts
            .store
            .write(move |tx| {
                let owner = owner.clone();
                Box::pin(async move { checkpoint::take(tx, PROJECTOR, &owner, now, until).await })
            })
            .await
    }

    /// Gives the lease back on the way out; another projector then need not wait for its end.
    pub(crate) async fn give_up_lease(&self) {
        if !self.status.is_leading() {
            return;
        }
        let owner = self.parts.instance.clone();
        let released = self
            .parts
            .store
            .write(move |tx| {
                let owner = owner.clone();
                Box::pin(async move { checkpoint::release(tx, PROJECTOR, &owner).await })
            })
            .await;
        if let Err(error) = released {
            let error: StoreError = error;
            tracing::warn!(error = %error, "the projector's lease could not be given back; it runs out by itself");
        }
        self.status.leading(false);
    }

    async fn follow(&self, row: &projector_checkpoints::Model, stop: &CancellationToken) -> End {
        let lease = Lease { projector: PROJECTOR.to_owned(), owner: self.parts.instance.clone(), fence: row.fence };
        let next = u64::try_from(row.next_block).unwrap_or(0);
        let mut tip = Tip { next, last_hash: row.last_block_hash.map(|hash| hash.0) };
        let mut blocks = match self.open_stream(&tip).await {
            Ok(blocks) => blocks,
            Err(Opening::Interrupted(error)) => return self.interrupted(&error),
            Err(Opening::Halted(halt)) => return self.halted(&lease, halt).await,
        };
        let mut renewed = Instant::now();
        loop {
            let renew_in = (self.parts.settings.lease / 3).saturating_sub(renewed.elapsed());
            let first = tokio::select! {
                () = stop.cancelled() => return End::Asked,
                () = tokio::time::sleep(renew_in) => {
                    match self.take_lease().await {
                        Ok(Some(row)) if row.fence == lease.fence => renewed = Instant::now(),
                        Ok(_) => return End::Lost,
                        Err(error) => {
                            tracing::warn!(error = %error, "the projector's lease could not be renewed");
                            return End::Interrupted;
                        }
                    }
                    continue;
                }
                block = blocks.next() => block,
            };
            let (batch, after) = self.collect(first, &mut blocks);
            if let Err(end) = self.apply_all(&lease, &mut tip, batch).await {
                return end;
            }
            // Applying renews the lease too.
            renewed = Instant::now();
            match after {
                After::More => {}
                After::Failed(error) => return self.interrupted(&error),
                After::Ended => return self.interrupted(&LedgerError::Closed),
            }
        }
    }

    /// The stream from the next block on, after a look at whether the ledger is the one that was projected so far.
    async fn open_stream(&self, tip: &Tip) -> Result<Blocks, Opening> {
        let ledger = &self.parts.ledger;
        let Some(last) = tip.next.checked_sub(1) else { return Ok(ledger.blocks(0)) };
        let height = ledger.info().await.map_err(Opening::Interrupted)?.height;
        if height < last {
            let reason = format!("the ledger ends at block {height}, and block {last} was projected from it before");
            return Err(Opening::Halted(halt_at(tip.next, reason)));
        }
        let mut blocks = ledger.blocks(last);
        match blocks.next().await {
            Some(Ok(block)) if block.number == last && Some(block.hash) == tip.last_hash => Ok(blocks),
            Some(Ok(block)) => {
                let reason = format!("block {last} of the ledger is {}, another one than was projected", block.hash);
                Err(Opening::Halted(halt_at(tip.next, reason)))
            }
            Some(Err(error)) => Err(Opening::Interrupted(error)),
            None => Err(Opening::Interrupted(LedgerError::Closed)),
        }
    }

    /// The block that came, and those that wait behind it, up to the limit of a batch.
    fn collect(&self, first: Option<Result<Arc<Block>, LedgerError>>, blocks: &mut Blocks) -> (Vec<Arc<Block>>, After) {
        let mut batch = Vec::new();
        let mut transactions = 0;
        let mut came = Some(first);
        loop {
            match came {
                Some(Some(Ok(block))) => {
                    transactions += block.transactions.len().max(1);
                    batch.push(block);
                }
                Some(Some(Err(error))) => return (batch, After::Failed(error)),
                Some(None) => return (batch, After::Ended),
                None => return (batch, After::More),
            }
            if transactions >= self.parts.settings.batch_transactions_max {
                return (batch, After::More);
            }
            came = blocks.next().now_or_never();
        }
    }

    /// Applies every block of the batch, or says why not. Blocks before a bad one are applied.
    async fn apply_all(&self, lease: &Lease, tip: &mut Tip, mut blocks: Vec<Arc<Block>>) -> Result<(), End> {
        let mut halted = None;
        if let Err(halt) = check_links(tip, &blocks) {
            blocks.retain(|block| block.number < halt.stop.block);
            halted = Some(halt);
        }
        let mut overtaken = 0;
        while let Some(last) = blocks.last().map(Arc::clone) {
            let began = Instant::now();
            match self.apply_batch(lease, blocks.clone()).await {
                Ok(applied) => {
                    *tip = Tip { next: last.number + 1, last_hash: Some(last.hash) };
                    self.announce(&applied, tip.next, began.elapsed());
                    break;
                }
                Err(NotApplied::LostLease) => return Err(End::Lost),
                Err(NotApplied::Halted(halt)) => {
                    blocks.retain(|block| block.number < halt.stop.block);
                    halted = Some(halt);
                }
                Err(NotApplied::Overtaken) if overtaken < OVERTAKEN_TRIES_MAX => overtaken += 1,
                Err(NotApplied::Store(error)) if error.is_unavailable() => {
                    tracing::warn!(error = %error, block = last.number, "the read model could not be written; trying again");
                    return Err(End::Interrupted);
                }
                // The database refuses what the blocks say. One by one, to find the block.
                Err(error) if blocks.len() > 1 => {
                    tracing::warn!(error = %error, "a batch was refused by the database; its blocks are applied one by one");
                    for block in std::mem::take(&mut blocks) {
                        Box::pin(self.apply_all(lease, tip, vec![block])).await?;
                    }
                }
                Err(error) => {
                    blocks.clear();
                    let mut halt = halt_at(last.number, format!("the database refuses it: {error}"));
                    halt.stop.tx_id = self.refused_transaction(lease, &last).await;
                    halted = Some(halt);
                }
            }
        }
        match halted {
            None => Ok(()),
            Some(halt) => Err(self.halted(lease, halt).await),
        }
    }

    /// The first transaction of a block that the database refuses; every try is undone.
    async fn refused_transaction(&self, lease: &Lease, block: &Arc<Block>) -> Option<TxId> {
        let (mut fits, mut too_many) = (0, block.transactions.len());
        while too_many - fits > 1 {
            let middle = fits + (too_many - fits) / 2;
            let mut part = Block::clone(block);
            part.transactions.truncate(middle);
            if try_out(&self.parts.store, self.batch(lease, vec![Arc::new(part)])).await.is_ok() {
                fits = middle;
            } else {
                too_many = middle;
            }
        }
        block.transactions.get(fits).map(|tx| tx.tx_id)
    }

    async fn apply_batch(&self, lease: &Lease, blocks: Vec<Arc<Block>>) -> Result<Applied, NotApplied> {
        apply(&self.parts.store, self.batch(lease, blocks)).await
    }

    fn batch(&self, lease: &Lease, blocks: Vec<Arc<Block>>) -> Batch {
        let now = self.parts.clock.now();
        Batch { blocks, lease: lease.clone(), now, lease_until: now.plus(self.parts.settings.lease) }
    }

    /// After the commit: numbers, status, bus.
    fn announce(&self, applied: &Applied, next: u64, took: Duration) {
        metrics::applied(&applied.events, applied.people_unknown, took);
        if applied.parked > 0 {
            metrics::parked_more(applied.parked);
        }
        if applied.people_unknown > 0 {
            let people = applied.people_unknown;
            tracing::warn!(people, next_block = next, "the ledger knows people whom this database does not");
        }
        if self.standing().stop.is_some() {
            tracing::info!(next_block = next, "the projector goes on");
        }
        self.status.applied(next);
        self.parts.bus.settled(&applied.settled);
        for message in &applied.messages {
            self.parts.bus.publish(message);
        }
    }

    /// Stands still before a block: written down, shown, and said once.
    async fn halted(&self, lease: &Lease, halt: Halt) -> End {
        let known = self.standing().stop.as_ref() == Some(&halt.stop);
        if !known {
            tracing::error!(
                block = halt.stop.block,
                tx_id = halt.stop.tx_id.map(|tx_id| tx_id.to_string()),
                event_index = halt.stop.event_index,
                event = halt.event,
                reason = halt.stop.reason,
                "the projector stands before a block that it must not apply; someone must look"
            );
        }
        match record_stop(&self.parts.store, lease, &halt.stop, self.parts.clock.now()).await {
            Ok(true) => {}
            Ok(false) => return End::Lost,
            Err(error) => {
                tracing::warn!(error = %error, stop = describe(&halt.stop), "a stop could not be written down")
            }
        }
        self.status.stopped(halt.stop);
        End::Stopped
    }

    fn interrupted(&self, error: &LedgerError) -> End {
        tracing::warn!(error = %error, "the stream of blocks was interrupted; it is opened again");
        self.status.ledger_failed(error.to_string());
        End::Interrupted
    }
}

enum Opening {
    Interrupted(LedgerError),
    Halted(Halt),
}

enum After {
    More,
    Failed(LedgerError),
    Ended,
}

/// Number and previous hash of every block continue the chain; the hash of its data was checked by the ledger.
fn check_links(tip: &Tip, blocks: &[Arc<Block>]) -> Result<(), Halt> {
    let (mut next, mut last_hash) = (tip.next, tip.last_hash);
    for block in blocks {
        if block.number != next {
            return Err(halt_at(next, format!("block {} came where block {next} was due", block.number)));
        }
        if last_hash.is_some_and(|hash| hash != block.previous_hash) {
            let reason = format!("its previous hash {} is not the hash of block {}", block.previous_hash, next - 1);
            return Err(halt_at(next, reason));
        }
        (next, last_hash) = (block.number + 1, Some(block.hash));
    }
    Ok(())
}

fn halt_at(block: u64, reason: String) -> Halt {
    Halt { stop: Stop { block, tx_id: None, event_index: None, reason }, event: "" }
}
