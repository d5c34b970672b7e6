//! Loans as the ledger names them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::TxId;

const PREFIX: &str = "LOAN-";

/// The text is no id of a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a loan is named LOAN- and 64 lower-case hexadecimal characters")]
pub struct LoanIdError;

/// The id of a loan: `LOAN-` and the transaction that applied for it, so that every endorser makes the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoanId(TxId);

impl LoanId {
    /// The loan that a transaction applied for.
    #[must_use]
    pub const fn of(tx_id: TxId) -> Self {
        Self(tx_id)
    }
}

impl FromStr for LoanId {
    type Err = LoanIdError;

    fn from_str(text: &str) -> Result<Self, LoanIdError> {
        let hex = text.strip_prefix(PREFIX).ok_or(LoanIdError)?;
        hex.parse().map(Self).map_err(|_| LoanIdError)
    }
}

impl fmt::Display for LoanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl fmt::Debug for LoanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LoanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LoanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(
    LoanId,
    "^LOAN-[0-9a-f]{64}$",
    "Id of a loan",
    "LOAN-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_has_one_spelling() {
        let id = LoanId::of("ab".repeat(32).parse().unwrap());
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "LOAN-", "LOAN-x", &"ab".repeat(32), &id.to_string().to_uppercase(), &format!("{id} ")] {
            assert_eq!(bad.parse::<LoanId>(), Err(LoanIdError), "{bad:?}");
        }
    }
}
