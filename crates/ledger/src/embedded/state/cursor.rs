//! Walking sorted sources together: what is newest wins, deletions hide what is older.

use std::ops::Bound;
use std::sync::Arc;

use super::page::Page;
use super::run::Run;
use super::version::Stamped;
use crate::error::LedgerError;

/// A key with its value and version, on its way through a merge.
pub(crate) type Item = (Arc<[u8]>, Stamped);

/// One sorted source.
pub(crate) enum Source {
    Sorted(std::vec::IntoIter<Item>),
    Run { run: Arc<Run>, page_number: usize, page: Option<Page>, entry: usize, to: Bound<Vec<u8>> },
}

fn is_below(key: &[u8], to: &Bound<Vec<u8>>) -> bool {
    match to {
        Bound::Included(to) => key <= to.as_slice(),
        Bound::Excluded(to) => key < to.as_slice(),
        Bound::Unbounded => true,
    }
}

impl Source {
    pub(crate) fn run(run: Arc<Run>, from: &Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Self, LedgerError> {
        let (page_number, entry, page) = match from {
            Bound::Unbounded => (0, 0, None),
            Bound::Included(key) | Bound::Excluded(key) => {
                let number = run.first_page_for(key);
                if number == run.pages() {
                    (number, 0, None)
                } else {
                    let page = run.page(number)?;
                    let place = (|| {
                        let place = page.lower_bound(key)?;
                        let skip = matches!(from, Bound::Excluded(_))
                            && place < page.len()
                            && page.entry(place)?.key == key.as_slice();
                        Ok(place + usize::from(skip))
                    })()
                    .map_err(|problem| run.damage(number, problem))?;
                    (number, place, Some(page))
                }
            }
        };
        Ok(Self::Run { run, page_number, page, entry, to })
    }

    fn next(&mut self) -> Result<Option<Item>, LedgerError> {
        match self {
            Self::Sorted(items) => Ok(items.next()),
            Self::Run { run, page_number, page, entry, to } => loop {
                if *page_number >= run.pages() {
                    return Ok(None);
                }
                let current = match page {
                    Some(current) => current,
                    None => page.insert(run.page(*page_number)?),
                };
                if *entry < current.len() {
                    let found = current.entry(*entry).map_err(|problem| run.damage(*page_number, problem))?;
                    *entry += 1;
                    return Ok(is_below(found.key, to).then(|| (Arc::from(found.key), found.stamped())));
                }
                *page = None;
                *page_number += 1;
                *entry = 0;
            },
        }
    }
}

/// Several sources as one, the newest first in the list.
pub(crate) struct Merge {
    sources: Vec<Source>,
    heads: Vec<Option<Item>>,
}

impl Merge {
    pub(crate) fn new(mut sources: Vec<Source>) -> Result<Self, LedgerError> {
        let heads = sources.iter_mut().map(Source::next).collect::<Result<_, _>>()?;
        Ok(Self { sources, heads })
    }

    /// The next key with its newest entry, which may be a deletion.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, LedgerError> {
        let mut best: Option<usize> = None;
        for (number, head) in self.heads.iter().enumerate() {
            if let Some((key, _)) = head {
                let better = match best.and_then(|best| self.heads.get(best)?.as_ref()) {
                    Some((best, _)) => key < best,
                    None => true,
                };
                if better {
                    best = Some(number);
                }
            }
        }
        let Some(best) = best else { return Ok(None) };
        let item = self.advance(best)?;
        if let Some((key, _)) = &item {
            for number in best + 1..self.heads.len() {
                if self.heads.get(number).is_some_and(|head| head.as_ref().is_some_and(|(other, _)| other == key)) {
                    self.advance(number)?;
                }
            }
        }
        Ok(item)
    }

    fn advance(&mut self, number: usize) -> Result<Option<Item>, LedgerError> {
        match (self.sources.get_mut(number), self.heads.get_mut(number)) {
            (Some(source), Some(head)) => {
                let next = source.next()?;
                Ok(std::mem::replace(head, next))
            }
            _ => Ok(None),
        }
    }
}
