//! Randomness and new ids, passed in.

use std::sync::Mutex;

use gx_types::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Where randomness comes from.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the slice with random bytes fit for keys and codes.
    fn fill(&self, bytes: &mut [u8]);
}

/// What can be made from randomness.
pub trait EntropyExt: Entropy {
    /// `N` random bytes.
    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A random number, every value equally likely.
    fn number(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// A random number below `bound`, every value equally likely; 0 for a bound of 0.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Rejects the incomplete last stretch, which would favour small values.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.number();
            if number < limit {
                return number % bound;
            }
        }
    }

    /// A new UUIDv7 for the given time; ids sort by creation.
    fn uuid_v7(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// `bytes` random bytes as lower-case hexadecimal, for opaque tokens.
    fn token(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        self.fill(&mut buffer);
        hex::encode(buffer)
    }
}

impl<T: Entropy + ?Sized> EntropyExt for T {}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::panic,
        reason = "without randomness no key, code or id is safe; stopping is the only right answer"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// A generator that repeats itself, for tests: SHA-256 over seed and counter.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededEntropy {
    /// A generator for `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut counter = self.counter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            *counter += 1;
            let mut hash = Sha256::new();
            hash.update(self.seed.to_le_bytes());
            hash.update(counter.to_le_bytes());
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_below_a_bound_stay_below_it_and_reach_every_value() {
        let entropy = SeededEntropy::new(7);
        let mut seen = [false; 10];
        for _ in 0..1_000 {
            seen[usize::try_from(entropy.below(10)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 10]);
    }

    #[test]
    fn ids_sort_by_time() {
        let entropy = SeededEntropy::new(1);
        let early = entropy.uuid_v7(Timestamp::from_micros(1_000_000));
        let late = entropy.uuid_v7(Timestamp::from_micros(2_000_000));
        assert!(early < late);
        assert_eq!(late.get_version_num(), 7);
    }
}
