//! Keys with their hash, computed once and used by every table, filter and cache that the key meets.

use std::sync::Arc;

/// A key and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyRef<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: u64,
}

impl<'a> KeyRef<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, hash: hash(bytes) }
    }
}

/// An owned key and its hash; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedKey {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) hash: u64,
}

impl SharedKey {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { bytes: Arc::from(bytes), hash: hash(bytes) }
    }

    pub(crate) fn as_ref(&self) -> KeyRef<'_> {
        KeyRef { bytes: &self.bytes, hash: self.hash }
    }
}

/// A 64-bit hash of a key, the same on every machine and in every release: stored filters depend on it.
fn hash(key: &[u8]) -> u64 {
    let mut state = mix(0x9e37_79b9_7f4a_7c15 ^ (key.len() as u64));
    let (words, rest) = key.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word));
    }
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(rest) {
        *to = *from;
    }
    mix(state ^ u64::from_le_bytes(word))
}

/// Spreads every bit of a number over all bits of the result.
pub(crate) const fn mix(mut value: u64) -> u64 {
    value ^= value >> 32;
    value = value.wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^= value >> 32;
    value = value.wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^ (value >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fixed() {
        assert_ne!(hash(b"a"), hash(b"a\0"));
        assert_eq!(hash(b""), 4_441_772_488_867_197_775);
        assert_eq!(hash(b"balance/US 984 AUM945 0"), 8_938_487_577_412_359_252);
    }
}
