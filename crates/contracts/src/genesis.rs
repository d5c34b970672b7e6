//! The genesis distribution: who is granted what, and how many slots each country and shard has. Exact integers only.
//!
//! A phase has a fixed number of slots in the world. A country gets its share of them rounded down; what rounding leaves
//! over goes, one each, to the largest remainders (ties by code). The slots of a country are divided over shards, so
//! that registrations of one country do not meet on one key.

use std::sync::LazyLock;

use gx_types::Qirat;

use crate::countries::{COUNTRIES, COUNTRY_COUNT, SHARE_TOTAL_E8, country_index};

/// Number of genesis phases.
pub const PHASE_COUNT: usize = 6;

/// Youngest age, in full years, that may register and is granted coins.
pub const AGE_MIN_YEARS: u16 = 13;

/// Oldest age, in full years, that is granted coins; above it a person registers without a grant.
pub const GRANT_AGE_MAX_YEARS: u16 = 73;

/// Most shards a country is divided into.
pub const SHARDS_MAX: u64 = 64;

/// Units of share per shard.
const SHARE_E8_PER_SHARD: u64 = 1_000;

/// The phase that is recorded for a country when every slot is used.
pub(crate) const PHASE_EXHAUSTED: u8 = 7;

/// One phase of the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// 1 to 6.
    pub number: u8,
    /// Slots in the whole world.
    pub world_slots: u64,
    /// What a person is granted.
    pub user_grant: Qirat,
    /// What the treasury of the person's country is granted.
    pub treasury_grant: Qirat,
}

/// The phases in order; a country moves to the next when all its slots of one are used.
pub const PHASES: [Phase; PHASE_COUNT] = [
    Phase { number: 1, world_slots: 100_000_000, user_grant: Qirat::gx(500), treasury_grant: Qirat::gx(50) },
    Phase { number: 2, world_slots: 200_000_000, user_grant: Qirat::gx(400), treasury_grant: Qirat::gx(50) },
    Phase { number: 3, world_slots: 300_000_000, user_grant: Qirat::gx(300), treasury_grant: Qirat::gx(50) },
    Phase { number: 4, world_slots: 400_000_000, user_grant: Qirat::gx(200), treasury_grant: Qirat::gx(50) },
    Phase { number: 5, world_slots: 1_550_000_000, user_grant: Qirat::gx(100), treasury_grant: Qirat::gx(50) },
    Phase { number: 6, world_slots: 2_450_000_000, user_grant: Qirat::gx(50), treasury_grant: Qirat::gx(10) },
];

/// Slots per phase, phase 1 first.
pub type Slots = [u64; PHASE_COUNT];

static COUNTRY_SLOTS: LazyLock<[Slots; COUNTRY_COUNT]> = LazyLock::new(divide_world);

/// Slots of a country per phase; `None` for a code that the distribution does not know.
#[must_use]
pub fn country_slots(code: &str) -> Option<Slots> {
    country_index(code).map(|index| COUNTRY_SLOTS[index])
}

/// Number of shards of a country, 1 to 64; `None` for a code that the distribution does not know.
#[must_use]
pub fn shard_count(code: &str) -> Option<u16> {
    let share = COUNTRIES[country_index(code)?].share_e8;
    u16::try_from((share / SHARE_E8_PER_SHARD).clamp(1, SHARDS_MAX)).ok()
}

/// Slots of one shard per phase: the country's divided by `shards`, what is left over to the first shards.
/// `shard` counts from 0 and is below `shards`.
#[must_use]
pub fn shard_slots(country: Slots, shard: u16, shards: u16) -> Slots {
    let shards = u64::from(shards.max(1));
    country.map(|slots| slots / shards + u64::from(u64::from(shard) < slots % shards))
}

fn divide_world() -> [Slots; COUNTRY_COUNT] {
    let mut table = [[0; PHASE_COUNT]; COUNTRY_COUNT];
    for (index, phase) in PHASES.iter().enumerate() {
        let mut left_over = phase.world_slots;
        let mut by_remainder: Vec<(u64, usize)> = Vec::with_capacity(COUNTRY_COUNT);
        for (row, country) in COUNTRIES.iter().enumerate() {
            // At most 2.45 × 10⁹ · 10⁸, far below 2⁶⁴.
            let scaled = phase.world_slots * country.share_e8;
            table[row][index] = scaled / SHARE_TOTAL_E8;
            left_over -= table[row][index];
            by_remainder.push((scaled % SHARE_TOTAL_E8, row));
        }
        // Rows ascend by code, and the sort is stable: ties stay in code order.
        by_remainder.sort_by_key(|(remainder, _)| std::cmp::Reverse(*remainder));
        for (_, row) in by_remainder {
            if left_over == 0 {
                break;
            }
            table[row][index] += 1;
            left_over -= 1;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::countries::country;

    #[test]
    fn the_world_adds_up_in_every_phase() {
        for (index, phase) in PHASES.iter().enumerate() {
            let sum: u64 = COUNTRIES.iter().map(|row| country_slots(row.code).unwrap()[index]).sum();
            assert_eq!(sum, phase.world_slots, "phase {}", phase.number);
        }
    }

    #[test]
    fn grants_add_up_to_the_two_genesis_pools() {
        let users: u64 = PHASES.iter().map(|phase| phase.world_slots * (phase.user_grant.get() / Qirat::PER_GX)).sum();
        let treasuries: u64 =
            PHASES.iter().map(|phase| phase.world_slots * (phase.treasury_grant.get() / Qirat::PER_GX)).sum();
        assert_eq!((users, treasuries), (577_500_000_000, 152_000_000_000));
    }

    #[test]
    fn slots_follow_the_share_and_left_overs_go_to_the_first_59_odd_shares_by_code() {
        let mut odd = 0;
        for row in &COUNTRIES {
            let s = row.share_e8;
            let extra = u64::from(s % 2 == 1 && odd < 59);
            odd += s % 2;
            let expected = [s, 2 * s, 3 * s, 4 * s, 31 * s / 2 + extra, 49 * s / 2 + extra];
            assert_eq!(country_slots(row.code), Some(expected), "{}", row.code);
        }
        assert_eq!(odd, 118);
    }

    #[test]
    fn the_smallest_country_has_one_shard_and_600_slots() {
        assert_eq!(country_slots("VA"), Some([12, 24, 36, 48, 186, 294]));
        assert_eq!(country_slots("VA").unwrap().iter().sum::<u64>(), 600);
        assert_eq!(shard_count("VA"), Some(1));
    }

    #[test]
    fn shards_are_between_1_and_64_and_lose_no_slot() {
        for row in &COUNTRIES {
            let shards = shard_count(row.code).unwrap();
            assert_eq!(u64::from(shards), (country(row.code).unwrap().share_e8 / 1_000).clamp(1, 64), "{}", row.code);
            let slots = country_slots(row.code).unwrap();
            for phase in 0..PHASE_COUNT {
                let parts: Vec<u64> = (0..shards).map(|shard| shard_slots(slots, shard, shards)[phase]).collect();
                assert_eq!(parts.iter().sum::<u64>(), slots[phase], "{} phase {}", row.code, phase + 1);
                assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
            }
        }
        assert_eq!(shard_count("US"), Some(64));
        assert_eq!(shard_count("AD"), Some(1));
        assert_eq!((country_slots("ZZ"), shard_count("ZZ")), (None, None));
    }
}
