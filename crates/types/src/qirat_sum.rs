//! Sums of amounts that may pass the total supply: what was asked for, what went back and forth.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Qirat;

/// A sum of amounts in Qirat, not bounded by the supply. A decimal string in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct QiratSum(u128);

impl QiratSum {
    /// From a number of Qirat.
    #[must_use]
    pub const fn new(qirat: u128) -> Self {
        Self(qirat)
    }

    /// From the two halves that databases sum without overflow: Σ(x / 10⁶) and Σ(x mod 10⁶). Negative halves, which
    /// no column of amounts gives, count as zero.
    #[must_use]
    pub fn from_halves(whole_gx: i64, rest_qirat: i64) -> Self {
        let half = |number: i64| u128::try_from(number).unwrap_or(0);
        Self(half(whole_gx) * u128::from(Qirat::PER_GX) + half(rest_qirat))
    }

    /// The number of Qirat.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The same as an amount, or `None` above the total supply.
    #[must_use]
    pub fn to_qirat(self) -> Option<Qirat> {
        u64::try_from(self.0).ok().and_then(|qirat| Qirat::new(qirat).ok())
    }

    /// Text for people: GX from 1 GX up, Qirat below.
    #[must_use]
    pub fn display_gx(self) -> String {
        crate::qirat::display_gx(self.0)
    }
}

impl From<Qirat> for QiratSum {
    fn from(amount: Qirat) -> Self {
        Self(u128::from(amount.get()))
    }
}

impl Sum for QiratSum {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        // 10²⁰ amounts at the cap would be needed to pass u128.
        Self(iter.fold(0, |sum, item| sum.saturating_add(item.0)))
    }
}

impl fmt::Display for QiratSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for QiratSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Q", self.0)
    }
}

impl Serialize for QiratSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for QiratSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(de::Error::custom("a sum is a whole number of Qirat, written with digits only"));
        }
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(QiratSum, "^[0-9]{1,39}$", "Sum of amounts in Qirat, as a decimal string", "250");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_join_beyond_the_supply() {
        let amounts = [Qirat::CAP, Qirat::CAP, Qirat::new(1_999_999).unwrap()];
        let whole: i64 = amounts.iter().map(|amount| amount.to_i64() / 1_000_000).sum();
        let rest: i64 = amounts.iter().map(|amount| amount.to_i64() % 1_000_000).sum();
        let sum = QiratSum::from_halves(whole, rest);
        assert_eq!(sum, amounts.into_iter().map(QiratSum::from).sum());
        assert_eq!(sum.to_string(), "2500000000001999999");
        assert_eq!(sum.to_qirat(), None);
        assert_eq!(sum.display_gx(), "2,500,000,000,001.999999 GX");
        assert_eq!(QiratSum::from_halves(0, 250).to_qirat(), Qirat::new(250).ok());
    }

    #[test]
    fn json_is_a_decimal_string() {
        assert_eq!(serde_json::to_string(&QiratSum::new(250)).unwrap(), "\"250\"");
        assert_eq!(serde_json::from_str::<QiratSum>("\"250\"").unwrap(), QiratSum::new(250));
        for bad in ["\"\"", "\"-1\"", "\"1.5\"", "250.5"] {
            assert!(serde_json::from_str::<QiratSum>(bad).is_err(), "{bad}");
        }
    }
}
