//! The six supply pools and their caps. Coins are minted on demand, never above the cap of their pool; the caps add up to
//! the cap of the whole supply.

use std::fmt;

use gx_types::{Qirat, SystemAccount};
use serde::{Deserialize, Serialize};

/// A supply pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Pool {
    /// Genesis grants to people; minted by registrations only.
    UserGenesis,
    /// Genesis grants to treasuries; minted by registrations only.
    GovtGenesis,
    /// Charity.
    Charitable,
    /// Loans.
    Loan,
    /// Founders and protocol.
    Gx,
    /// Operations.
    Operations,
}

impl Pool {
    /// Every pool.
    pub const ALL: [Self; 6] =
        [Self::UserGenesis, Self::GovtGenesis, Self::Charitable, Self::Loan, Self::Gx, Self::Operations];

    /// Its id in arguments, events and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserGenesis => "USER_GENESIS",
            Self::GovtGenesis => "GOVT_GENESIS",
            Self::Charitable => "CHARITABLE",
            Self::Loan => "LOAN",
            Self::Gx => "GX",
            Self::Operations => "OPERATIONS",
        }
    }

    /// Reads the id back; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pool| pool.as_str() == text)
    }

    /// The most that may ever be minted from it.
    #[must_use]
    pub const fn cap(self) -> Qirat {
        match self {
            Self::UserGenesis => Qirat::gx(577_500_000_000),
            Self::GovtGenesis => Qirat::gx(152_000_000_000),
            Self::Charitable => Qirat::gx(158_000_000_000),
            Self::Loan => Qirat::gx(300_000_000_000),
            Self::Gx | Self::Operations => Qirat::gx(31_250_000_000),
        }
    }

    /// The account that receives repayments and is spent before anything is minted.
    #[must_use]
    pub const fn account(self) -> SystemAccount {
        match self {
            Self::UserGenesis => SystemAccount::UserGenesisPool,
            Self::GovtGenesis => SystemAccount::GovtGenesisPool,
            Self::Charitable => SystemAccount::CharitablePool,
            Self::Loan => SystemAccount::LoanPool,
            Self::Gx => SystemAccount::GxPool,
            Self::Operations => SystemAccount::OperationsFund,
        }
    }

    /// Whether it is minted by registrations, slot by slot, and by nothing else.
    #[must_use]
    pub const fn is_genesis(self) -> bool {
        matches!(self, Self::UserGenesis | Self::GovtGenesis)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caps_add_up_to_the_supply() {
        let caps: Option<Qirat> = Pool::ALL.into_iter().map(Pool::cap).sum();
        assert_eq!(caps, Some(Qirat::CAP));
    }

    #[test]
    fn every_pool_has_one_id_and_one_account() {
        for pool in Pool::ALL {
            assert_eq!(Pool::parse(pool.as_str()), Some(pool));
            assert_eq!(serde_json::to_value(pool).unwrap(), pool.as_str());
            assert_eq!(Pool::ALL.iter().filter(|other| other.account() == pool.account()).count(), 1);
        }
        assert_eq!(Pool::parse("gx"), None);
    }
}
