//! Accounts on the ledger.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{CountryCode, GxId};

/// The accounts that belong to the system: five supply pools and the operations fund, which is both pool and fee sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemAccount {
    /// Grants to people.
    UserGenesisPool,
    /// Grants to treasuries.
    GovtGenesisPool,
    /// Charity.
    CharitablePool,
    /// Loans.
    LoanPool,
    /// Founders and protocol.
    GxPool,
    /// Operations; every fee ends here.
    OperationsFund,
}

impl SystemAccount {
    /// Every system account.
    pub const ALL: [Self; 6] = [
        Self::UserGenesisPool,
        Self::GovtGenesisPool,
        Self::CharitablePool,
        Self::LoanPool,
        Self::GxPool,
        Self::OperationsFund,
    ];

    /// Its id on the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserGenesisPool => "SYSTEM_USER_GENESIS_POOL",
            Self::GovtGenesisPool => "SYSTEM_GOVT_GENESIS_POOL",
            Self::CharitablePool => "SYSTEM_CHARITABLE_POOL",
            Self::LoanPool => "SYSTEM_LOAN_POOL",
            Self::GxPool => "SYSTEM_GX_POOL",
            Self::OperationsFund => "SYSTEM_OPERATIONS_FUND",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::UserGenesisPool => "Genesis Pool",
            Self::GovtGenesisPool => "Treasury Genesis Pool",
            Self::CharitablePool => "Charitable Pool",
            Self::LoanPool => "Interest-Free Loan Pool",
            Self::GxPool => "GX Pool",
            Self::OperationsFund => "System Operations Fund",
        }
    }
}

/// Whose balance: a person (or organisation) by GX id, a country's treasury, or the system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountId {
    /// A holder with a GX id.
    Holder(GxId),
    /// The treasury of a country, `treasury_CC`.
    Treasury(CountryCode),
    /// A system account.
    System(SystemAccount),
}

/// The text names no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account is a GX id, treasury_ and a country, or a system account")]
pub struct AccountIdError;

impl AccountId {
    /// Whether transfers from or to it are free of fees: everything but holders.
    #[must_use]
    pub const fn is_fee_exempt(&self) -> bool {
        !matches!(self, Self::Holder(_))
    }
}

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, AccountIdError> {
        if let Some(system) = SystemAccount::ALL.into_iter().find(|account| account.as_str() == text) {
            return Ok(Self::System(system));
        }
        if let Some(code) = text.strip_prefix("treasury_") {
            let country: CountryCode = code.parse().map_err(|_| AccountIdError)?;
            // Lower case would be a second spelling of one account.
            return if country.as_str() == code { Ok(Self::Treasury(country)) } else { Err(AccountIdError) };
        }
        let id: GxId = text.parse().map_err(|_| AccountIdError)?;
        if id.as_str() == text { Ok(Self::Holder(id)) } else { Err(AccountIdError) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder(id) => id.fmt(f),
            Self::Treasury(country) => write!(f, "treasury_{country}"),
            Self::System(account) => f.write_str(account.as_str()),
        }
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(
    AccountId,
    "^[A-Za-z0-9_ ]{9,24}$",
    "Ledger account: GX id, treasury_CC or SYSTEM_…",
    "treasury_GB"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_exactly_one_spelling() {
        for text in ["treasury_GB", "SYSTEM_OPERATIONS_FUND", "US 984 AUM945 0ABCD 1234"] {
            assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
        }
        for text in ["treasury_gb", "TREASURY_GB", "SYSTEM_MINTER", "US  984 AUM945 0ABCD 1234", "", "bob"] {
            assert_eq!(text.parse::<AccountId>(), Err(AccountIdError), "{text}");
        }
    }
}
