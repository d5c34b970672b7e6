//! A filter that says «certainly not in this run» for most keys that are not in it.
//!
//! The filter is made of 64-byte lines, and a key touches one line only, so that a question costs one cache miss. A
//! wrong «not here» would be a lost value: the stored filter carries a checksum that is verified when the run is opened.

use super::key::mix;

/// Bits set per key.
const PROBES: u32 = 6;
/// Filter bits per key; with six probes in one line about 1.5 % of foreign keys are let through.
const BITS_PER_KEY: u64 = 10;
const LINE_BYTES: usize = 64;

/// A Bloom filter over hashed keys.
#[derive(Debug)]
pub(crate) struct Bloom {
    lines: Vec<u8>,
}

impl Bloom {
    /// An empty filter sized for `keys` keys.
    pub(crate) fn sized_for(keys: u64) -> Self {
        let bytes = usize::try_from(keys.saturating_mul(BITS_PER_KEY).div_ceil(8)).unwrap_or(usize::MAX / 2);
        Self { lines: vec![0; bytes.div_ceil(LINE_BYTES).max(1) * LINE_BYTES] }
    }

    /// From stored bytes; `None` if they are no filter.
    pub(crate) fn from_bytes(lines: Vec<u8>) -> Option<Self> {
        (!lines.is_empty() && lines.len().is_multiple_of(LINE_BYTES)).then_some(Self { lines })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.lines
    }

    fn line_of(&self, hash: u64) -> usize {
        let lines = (self.lines.len() / LINE_BYTES) as u128;
        // The upper half of a 128-bit product spreads the hash over the lines without a division.
        ((u128::from(hash) * lines) >> 64) as usize * LINE_BYTES
    }

    /// The bits of a key inside its line, from bits of the hash that do not choose the line.
    fn bits(hash: u64) -> impl Iterator<Item = (usize, u8)> {
        let mut rest = mix(hash);
        (0..PROBES).map(move |_| {
            let bit = (rest & 511) as usize;
            rest >>= 9;
            (bit / 8, 1_u8 << (bit % 8))
        })
    }

    pub(crate) fn add(&mut self, hash: u64) {
        let line = self.line_of(hash);
        for (byte, bit) in Self::bits(hash) {
            if let Some(cell) = self.lines.get_mut(line + byte) {
                *cell |= bit;
            }
        }
    }

    /// `false`: the key was certainly never added.
    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        let line = self.line_of(hash);
        Self::bits(hash).all(|(byte, bit)| self.lines.get(line + byte).is_none_or(|cell| cell & bit != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::KeyRef;
    use super::*;

    fn hash(key: &[u8]) -> u64 {
        KeyRef::new(key).hash
    }

    #[test]
    fn added_keys_are_found_and_few_others() {
        let mut bloom = Bloom::sized_for(10_000);
        for key in 0..10_000_u32 {
            bloom.add(hash(format!("account/{key}").as_bytes()));
        }
        assert!((0..10_000_u32).all(|key| bloom.may_hold(hash(format!("account/{key}").as_bytes()))));
        let wrong = (0..10_000_u32).filter(|key| bloom.may_hold(hash(format!("other/{key}").as_bytes()))).count();
        assert!(wrong < 300, "{wrong} of 10,000 foreign keys let through");
    }
}
