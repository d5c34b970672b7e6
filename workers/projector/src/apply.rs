//! One batch of blocks, one transaction: rows, history, notices, commands and the checkpoint commit together or not at
//! all.

use std::sync::Arc;

use gx_base::failpoint;
use gx_ledger::Block;
use gx_platform::BusMessage;
use gx_store::outbox::{self, NowProjected};
use gx_store::projection::checkpoint::{self, BlockMark, Lease, Stop};
use gx_store::projection::{load, save};
use gx_store::repo::webhooks;
use gx_store::{Store, StoreError, Tx};
use gx_types::api::command::{CommandResult, CommandView};
use gx_types::{CommandStatus, ProfileId, Timestamp};

use crate::fold::{Changes, Fold, Halt};
use crate::informational;
use crate::wanted::wanted;

/// Why a batch was not applied. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotApplied {
    /// A block of the batch must not be applied; the ones before it may.
    #[error("block {}: {}", .0.stop.block, .0.stop.reason)]
    Halted(Halt),
    /// Somebody else holds the lease, or has applied the block.
    #[error("another projector has taken over")]
    LostLease,
    /// A row changed between reading and writing; try again.
    #[error("a row changed while a batch was applied")]
    Overtaken,
    /// It was only tried out.
    #[error("it was only tried out")]
    Undone,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Blocks in order, and who applies them.
#[derive(Clone)]
pub(crate) struct Batch {
    pub blocks: Vec<Arc<Block>>,
    pub lease: Lease,
    pub now: Timestamp,
    pub lease_until: Timestamp,
}

/// What was applied.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Commands whose effects are shown now.
    pub settled: Vec<CommandView>,
    /// What to tell the other parts.
    pub messages: Vec<BusMessage>,
    /// How often each event occurred.
    pub events: std::collections::BTreeMap<&'static str, u64>,
    /// Informational events that were parked.
    pub parked: u64,
    /// Changes of people whom this database does not know.
    pub people_unknown: u64,
}

/// Applies a batch; an empty one changes nothing.
pub(crate) async fn apply(store: &Store, batch: Batch) -> Result<Applied, NotApplied> {
    if batch.blocks.is_empty() {
        return Ok(Applied::default());
    }
    let batch = Arc::new(batch);
    store
        .write(move |tx| {
            let batch = Arc::clone(&batch);
            Box::pin(async move { apply_in(tx, &batch).await })
        })
        .await
}

/// Applies a batch and undoes it: whether it could be applied.
pub(crate) async fn try_out(store: &Store, batch: Batch) -> Result<(), NotApplied> {
    let batch = Arc::new(batch);
    let tried: Result<(), NotApplied> = store
        .write(move |tx| {
            let batch = Arc::clone(&batch);
            Box::pin(async move {
                apply_in(tx, &batch).await?;
                // Every unit that fails is undone.
                Err(NotApplied::Undone)
            })
        })
        .await;
    match tried {
        Err(NotApplied::Undone) => Ok(()),
        other => other,
    }
}

async fn apply_in(tx: &Tx, batch: &Batch) -> Result<Applied, NotApplied> {
    let (Some(first), Some(last)) = (batch.blocks.first(), batch.blocks.last()) else {
        return Ok(Applied::default());
    };
    // 1. The checkpoint first: on PostgreSQL its row lock keeps every other projector waiting here.
    let mark = BlockMark { number: last.number, hash: last.hash, at: last.timestamp };
    if !checkpoint::advance(tx, &batch.lease, first.number, &mark, batch.now, batch.lease_until).await? {
        return Err(NotApplied::LostLease);
    }
    // 2. What the blocks mean.
    let found = load::load(tx, &wanted(batch.blocks.iter().map(Arc::as_ref))).await?;
    let mut fold = Fold::new(found);
    for block in &batch.blocks {
        fold.block(block).map_err(NotApplied::Halted)?;
    }
    let changes = fold.into_changes();
    // 3. All of it, table by table.
    write(tx, &changes).await?;
    let parked = informational::apply(tx, &changes.informational, batch.now).await?;
    let commands = outbox::mark_projected(tx, &changes.projected, batch.now).await?;
    let settled = commands.into_iter().map(|command| settled(command, batch.now)).collect();
    let mut messages = messages(&changes);
    messages.push(BusMessage::BlockProjected { number: last.number });
    Ok(Applied { settled, messages, events: changes.events, parked, people_unknown: changes.people_unknown })
}

/// The row of a command as this transaction leaves it.
fn settled(command: NowProjected, now: Timestamp) -> CommandView {
    CommandView {
        command_id: command.command_id,
        status: CommandStatus::Confirmed,
        result: Some(CommandResult { transaction_id: command.tx_id, block_number: command.block.to_string() }),
        error: None,
        created_at: command.created_at,
        updated_at: now,
    }
}

async fn write(tx: &Tx, changes: &Changes) -> Result<(), NotApplied> {
    let rows = &changes.rows;
    save::countries(tx, &rows.countries).await?;
    save::accounts(tx, &rows.accounts).await?;
    save::pools(tx, &rows.pools).await?;
    save::loans(tx, &rows.loans).await?;
    save::organizations(tx, &rows.organizations).await?;
    save::org_transactions(tx, &rows.org_transactions).await?;
    save::parameters(tx, &rows.parameters).await?;
    save::new_deltas(tx, &changes.new_deltas).await?;
    failpoint::reach("projector.mid_block");
    all(save::swept_deltas(tx, &changes.swept).await?, changes.swept.len())?;
    save::history(tx, &changes.history).await?;
    // A person may change more than once in a batch; each change starts where the one before has ended.
    for round in rounds(&changes.people) {
        all(save::people(tx, &round).await?, round.len())?;
    }
    save::wallets(tx, &changes.wallets).await?;
    save::paid_requests(tx, &changes.paid).await?;
    save::notices(tx, &changes.notices).await?;
    webhooks::projected(tx, &changes.history, &changes.paid, &changes.people).await?;
    Ok(())
}

fn all(written: u64, wanted: usize) -> Result<(), NotApplied> {
    if usize::try_from(written) == Ok(wanted) { Ok(()) } else { Err(NotApplied::Overtaken) }
}

/// Divides changes so that each round names a person once.
fn rounds(people: &[save::ChangedPerson]) -> Vec<Vec<save::ChangedPerson>> {
    let mut rounds: Vec<Vec<save::ChangedPerson>> = Vec::new();
    for change in people {
        let free = rounds.iter_mut().position(|round| round.iter().all(|other| other.gx_id != change.gx_id));
        // A later round than every one that names the person: rounds fill from the first, so «the first without» is it.
        match free.and_then(|index| rounds.get_mut(index)) {
            Some(round) => round.push(change.clone()),
            None => rounds.push(vec![change.clone()]),
        }
    }
    rounds
}

fn messages(changes: &Changes) -> Vec<BusMessage> {
    let mut people: Vec<ProfileId> = changes.notices.iter().map(|notice| notice.profile_id.0).collect();
    people.sort_unstable();
    people.dedup();
    let changed = people.into_iter().map(|profile_id| BusMessage::PersonChanged { profile_id });
    let notified = changes.notices.iter().map(|notice| BusMessage::Notified {
        profile_id: notice.profile_id.0,
        notification_id: notice.notification_id.0,
    });
    changed.chain(notified).collect()
}

/// Writes down where the projector has stopped. `false`: somebody else holds the lease.
pub(crate) async fn record_stop(store: &Store, lease: &Lease, stop: &Stop, now: Timestamp) -> Result<bool, StoreError> {
    let (lease, stop) = (lease.clone(), stop.clone());
    store
        .write(move |tx| {
            let (lease, stop) = (lease.clone(), stop.clone());
            Box::pin(async move { checkpoint::record_stop(tx, &lease, &stop, now).await })
        })
        .await
}
