//! The two threads behind the state: one turns full tables into runs, one merges runs.

use std::ops::{Bound, Range};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::cursor::{Merge, Source};
use super::plan;
use super::run::{Run, RunInfo};
use super::run_writer::RunWriter;
use super::snapshot::Structure;
use super::store::Shared;
use crate::error::LedgerError;

/// Pause after a failure (a full disk, most likely) before trying again.
const RETRY: Duration = Duration::from_secs(1);

/// Starts both threads; they end when the store closes.
pub(super) fn start(shared: &Arc<Shared>) -> Result<Vec<JoinHandle<()>>, LedgerError> {
    let spawn = |name: &str, work: fn(&Shared)| {
        let folder = shared.folder.clone();
        let shared = Arc::clone(shared);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&shared))
            .map_err(|error| LedgerError::storage("start a thread for", &folder, &error))
    };
    Ok(vec![spawn("gx-ledger-flush", flush_loop)?, spawn("gx-ledger-merge", merge_loop)?])
}

/// Waits until `ready` says so; `false`: the store closes.
fn wait_until(shared: &Shared, ready: impl Fn(&Structure) -> bool) -> bool {
    let mut signals = shared.signals();
    loop {
        if signals.stop {
            return false;
        }
        if ready(&shared.structure()) {
            return true;
        }
        signals = shared.wake.wait(signals).unwrap_or_else(PoisonError::into_inner);
    }
}

fn flush_loop(shared: &Shared) {
    while wait_until(shared, |structure| !structure.sealed.is_empty()) {
        let result = flush_oldest(shared);
        let mut signals = shared.signals();
        let failed = result.is_err();
        if let Err(error) = &result
            && signals.flush_trouble.is_none()
        {
            tracing::error!(%error, "the ledger's state cannot be written; blocks are safe in the log");
        }
        signals.flush_trouble = result.err();
        shared.wake.notify_all();
        if failed && !signals.stop {
            let _woken = shared.wake.wait_timeout(signals, RETRY).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Writes the oldest full table as the newest run.
fn flush_oldest(shared: &Shared) -> Result<(), LedgerError> {
    let Some(oldest) = shared.structure().sealed.last().cloned() else { return Ok(()) };
    let id = shared.next_run_id();
    let mut writer = RunWriter::create(&shared.folder, id, oldest.table.len() as u64)?;
    let source = Source::Sorted(oldest.table.sorted(Bound::Unbounded, Bound::Unbounded, u64::MAX).into_iter());
    let written = write_all(&mut writer, vec![source], true, || false);
    let info = finish(writer, written)?;
    // Only this thread adds newer runs.
    let sequence = shared.structure().newest_sequence() + 1;
    let run = Arc::new(Run::open(&shared.folder, info, sequence)?);
    shared.commit(
        |manifest| {
            manifest.tip = oldest.tip;
            manifest.runs.insert(0, info);
        },
        |present| {
            let mut next = present.clone();
            next.sealed.pop();
            next.runs.insert(0, run);
            next
        },
    )
}

fn merge_loop(shared: &Shared) {
    let due = |structure: &Structure| next_merge(shared, structure).is_some();
    while wait_until(shared, due) {
        if let Err(error) = merge_once(shared) {
            if error == LedgerError::Closed {
                return;
            }
            tracing::error!(%error, "runs of the ledger's state cannot be merged");
            if matches!(error, LedgerError::Damaged { .. }) {
                // Trying again would not help; reads of the damaged place say so themselves.
                return;
            }
            let signals = shared.signals();
            if !signals.stop {
                let _woken = shared.wake.wait_timeout(signals, RETRY).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

fn next_merge(shared: &Shared, structure: &Structure) -> Option<Range<usize>> {
    let sizes: Vec<u64> = structure.runs.iter().map(|run| run.info().bytes).collect();
    plan::next_merge(&sizes, shared.options.memtable_bytes as u64)
}

fn merge_once(shared: &Shared) -> Result<(), LedgerError> {
    let structure = shared.structure();
    let Some(group) = next_merge(shared, &structure) else { return Ok(()) };
    // A deletion must stay as long as an older run may still hold what it hides.
    let keep_deletions = group.end < structure.runs.len();
    let group: Vec<Arc<Run>> = structure.runs.get(group).unwrap_or_default().to_vec();
    drop(structure);

    let entries = group.iter().map(|run| run.info().entries).sum();
    let mut writer = RunWriter::create(&shared.folder, shared.next_run_id(), entries)?;
    let sources: Result<Vec<_>, _> =
        group.iter().map(|run| Source::run(Arc::clone(run), &Bound::Unbounded, Bound::Unbounded)).collect();
    let written = sources.and_then(|sources| {
        // A long merge does not hold up closing; it starts over with the next start.
        write_all(&mut writer, sources, keep_deletions, || shared.signals().stop)
    });
    let info = finish(writer, written)?;
    let sequence = group.iter().map(|run| run.sequence()).max().unwrap_or(0);
    let run = Arc::new(Run::open(&shared.folder, info, sequence)?);

    let merged: Vec<u64> = group.iter().map(|run| run.info().id).collect();
    let replace = |ids: Vec<u64>| {
        let first = ids.iter().position(|id| merged.contains(id)).unwrap_or(0);
        first..first + merged.len()
    };
    shared.commit(
        |manifest| {
            let range = replace(manifest.runs.iter().map(|run| run.id).collect());
            manifest.runs.splice(range, [info]);
        },
        |present| {
            let mut next = present.clone();
            let range = replace(next.runs.iter().map(|run| run.info().id).collect());
            next.runs.splice(range, [run]);
            next
        },
    )?;
    for run in &group {
        run.retire();
    }
    Ok(())
}

fn write_all(
    writer: &mut RunWriter,
    sources: Vec<Source>,
    keep_deletions: bool,
    stop: impl Fn() -> bool,
) -> Result<(), LedgerError> {
    let mut merge = Merge::new(sources)?;
    let mut written = 0_u64;
    while let Some((key, stamped)) = merge.next()? {
        if stamped.value.is_some() || keep_deletions {
            writer.add(&key, stamped.version, stamped.value.as_deref())?;
        }
        written += 1;
        if written.is_multiple_of(16_384) && stop() {
            return Err(LedgerError::Closed);
        }
    }
    Ok(())
}

fn finish(writer: RunWriter, written: Result<(), LedgerError>) -> Result<RunInfo, LedgerError> {
    match written {
        Ok(()) => writer.finish(),
        Err(error) => {
            writer.abandon();
            Err(error)
        }
    }
}
