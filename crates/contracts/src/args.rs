//! Strict reading of arguments: every value has one spelling, and a refusal names the argument.

use std::str::FromStr;

use gx_types::{AccountId, CountryCode, GxId, LedgerKey, LoanId, OrgTxId, Qirat, Sha256Hex};

use crate::error::{Refusal, RefusalCode};
use crate::function::Function;

/// Longest remark of a payment, in characters.
pub const REMARK_CHARS_MAX: usize = 200;

/// Longest reason of a pause or freeze, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// Longest id of an administrator, in bytes.
pub const ADMIN_ID_BYTES_MAX: usize = 64;

/// Longest single argument, in bytes: far above what a full sweep or all countries need.
pub const ARGUMENT_BYTES_MAX: usize = 128 * 1024;

/// The arguments of a call, counted and within their length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Args<'a> {
    function: Function,
    values: &'a [String],
}

impl<'a> Args<'a> {
    /// Counts the arguments.
    pub fn new(function: Function, values: &'a [String]) -> Result<Self, Refusal> {
        let expected = function.arguments().len();
        if values.len() != expected {
            let detail = format!("{function} takes {expected} arguments, {} were given", values.len());
            return Err(Refusal::with(RefusalCode::ArgumentCount, detail));
        }
        let args = Self { function, values };
        for (index, value) in values.iter().enumerate() {
            if value.len() > ARGUMENT_BYTES_MAX {
                return Err(args.invalid(index, "is too long"));
            }
        }
        Ok(args)
    }

    /// The argument as it stands; `index` is one of the function's.
    pub fn text(&self, index: usize) -> &'a str {
        self.values.get(index).map_or("", String::as_str)
    }

    /// A refusal that names the argument.
    pub fn invalid(&self, index: usize, why: impl std::fmt::Display) -> Refusal {
        let name = self.function.arguments().get(index).copied().unwrap_or("argument");
        Refusal::with(RefusalCode::ArgumentInvalid, format!("{name}: {why}"))
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, index: usize) -> Result<T, Refusal> {
        self.text(index).parse().map_err(|error| self.invalid(index, error))
    }

    /// The ledger key, the last argument.
    pub fn key(&self) -> Result<LedgerKey, Refusal> {
        self.parsed(self.values.len().saturating_sub(1))
    }

    /// An amount above zero.
    pub fn amount(&self, index: usize) -> Result<Qirat, Refusal> {
        let amount: Qirat = self.parsed(index)?;
        if amount.is_zero() { Err(self.invalid(index, "an amount is above zero")) } else { Ok(amount) }
    }

    /// An amount, zero included.
    pub fn threshold(&self, index: usize) -> Result<Qirat, Refusal> {
        self.parsed(index)
    }

    /// JSON of a known form.
    pub fn json<T: serde::de::DeserializeOwned>(&self, index: usize) -> Result<T, Refusal> {
        serde_json::from_str(self.text(index)).map_err(|error| self.invalid(index, error))
    }

    /// An account in its one spelling.
    pub fn account(&self, index: usize) -> Result<AccountId, Refusal> {
        self.parsed(index)
    }

    /// A GX id in its one spelling.
    pub fn gx_id(&self, index: usize) -> Result<GxId, Refusal> {
        let id: GxId = self.parsed(index)?;
        if id.as_str() == self.text(index) { Ok(id) } else { Err(self.invalid(index, "a GX id has single spaces")) }
    }

    /// A country, upper case.
    pub fn country(&self, index: usize) -> Result<CountryCode, Refusal> {
        let code: CountryCode = self.parsed(index)?;
        if code.as_str() == self.text(index) {
            Ok(code)
        } else {
            Err(self.invalid(index, "a country is two upper-case letters"))
        }
    }

    /// A SHA-256 value, 64 lower-case hexadecimal characters.
    pub fn sha256(&self, index: usize) -> Result<Sha256Hex, Refusal> {
        self.parsed(index)
    }

    /// A loan.
    pub fn loan_id(&self, index: usize) -> Result<LoanId, Refusal> {
        self.parsed(index)
    }

    /// A transaction of an organisation.
    pub fn org_tx_id(&self, index: usize) -> Result<OrgTxId, Refusal> {
        self.parsed(index)
    }

    /// A whole number from 0 to `most`, digits only, no leading zeros.
    pub fn number(&self, index: usize, most: u32) -> Result<u32, Refusal> {
        let text = self.text(index);
        text.parse()
            .ok()
            .filter(|number: &u32| *number <= most && number.to_string() == text)
            .ok_or_else(|| self.invalid(index, format!("a whole number from 0 to {most}, digits only")))
    }

    /// Words of people: at most `most` characters, none of them a control character. `needed` refuses blank ones.
    pub fn words(&self, index: usize, most: usize, needed: bool) -> Result<String, Refusal> {
        let text = self.text(index);
        if text.chars().count() > most {
            return Err(self.invalid(index, format!("at most {most} characters")));
        }
        if text.chars().any(char::is_control) {
            return Err(self.invalid(index, "no control characters"));
        }
        if needed && text.trim().is_empty() {
            return Err(self.invalid(index, "is needed"));
        }
        Ok(text.to_owned())
    }

    /// The id of an administrator: printable ASCII without spaces.
    pub fn admin_id(&self, index: usize) -> Result<String, Refusal> {
        let text = self.text(index);
        if text.is_empty() || text.len() > ADMIN_ID_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.invalid(index, format!("1 to {ADMIN_ID_BYTES_MAX} printable characters without spaces")));
        }
        Ok(text.to_owned())
    }
}
