//! Which runs to merge next.
//!
//! Runs of about the same size are merged once there are [`RUNS_PER_CLASS`] of them, so every entry is written about
//! log₆(size of the state / size of a flush) times, and a read looks into a few runs per size at most.

use std::ops::Range;

/// Neighbours of one size class that are merged into one of the next.
pub(super) const RUNS_PER_CLASS: usize = 6;

fn class_of(bytes: u64, flush_bytes: u64) -> u32 {
    // The boundary lies between the sizes that flushes and merges give, not at one of them.
    let mut limit = flush_bytes.max(1).saturating_mul(3);
    let mut class = 0;
    while bytes > limit {
        class += 1;
        limit = limit.saturating_mul(RUNS_PER_CLASS as u64);
    }
    class
}

/// The neighbours to merge, given the runs' sizes, newest first; `None`: nothing to do.
pub(super) fn next_merge(sizes: &[u64], flush_bytes: u64) -> Option<Range<usize>> {
    // Seen from the newest, classes may only rise: a small run behind a large one counts as large.
    let mut highest = 0;
    let classes: Vec<u32> = sizes
        .iter()
        .map(|bytes| {
            highest = highest.max(class_of(*bytes, flush_bytes));
            highest
        })
        .collect();
    let mut start = 0;
    for group in classes.chunk_by(|a, b| a == b) {
        if group.len() >= RUNS_PER_CLASS {
            return Some(start..start + group.len());
        }
        start += group.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_of_a_size_are_merged_and_never_fewer() {
        assert_eq!(next_merge(&[10; 5], 10), None);
        assert_eq!(next_merge(&[10; 6], 10), Some(0..6));
        assert_eq!(next_merge(&[10, 10, 60, 60, 60, 60, 60, 60], 10), Some(2..8));
        assert_eq!(next_merge(&[10, 60, 1, 60, 60, 60, 60], 10), Some(1..7));
    }

    #[test]
    fn every_entry_is_rewritten_a_logarithmic_number_of_times() {
        let mut runs: Vec<u64> = Vec::new();
        let mut written = 0;
        for _ in 0..1_000 {
            runs.insert(0, 1);
            written += 1;
            while let Some(group) = next_merge(&runs, 1) {
                let sum = runs[group.clone()].iter().sum();
                runs.splice(group, [sum]);
                written += sum;
            }
            assert!(runs.len() <= 4 * RUNS_PER_CLASS);
        }
        assert!(written <= 5_000, "{written} units written for 1,000");
    }
}
