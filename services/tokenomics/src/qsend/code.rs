//! The code of a request: what people read out and type.

use std::fmt;
use std::str::FromStr;

use gx_base::{Entropy, EntropyExt as _};
use serde::{Deserialize, Deserializer, de};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// 32 symbols that cannot be mistaken for one another: no `I`, `O`, `0`, `1`.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const PREFIX: &str = "QS-";
const SYMBOLS: usize = 8;

/// `QS-` and eight symbols: 40 random bits, so that a guess finds one of a million open requests once in a million tries.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestCode(String);

/// The text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is written QS- and eight letters or digits, without I, O, 0 and 1")]
pub struct RequestCodeError;

impl RequestCode {
    /// A new code. Whether it is free, the unique column of the requests says.
    pub fn random(entropy: &dyn Entropy) -> Self {
        // 256 is a multiple of 32: every symbol is equally likely.
        let symbols = entropy.bytes::<SYMBOLS>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Self(PREFIX.chars().chain(symbols).collect())
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestCode {
    type Err = RequestCodeError;

    /// Spaces around it and lower case are forgiven: people type this.
    fn from_str(text: &str) -> Result<Self, RequestCodeError> {
        let code = text.trim().to_ascii_uppercase();
        let symbols = code.strip_prefix(PREFIX).ok_or(RequestCodeError)?;
        if symbols.len() != SYMBOLS || !symbols.bytes().all(|symbol| ALPHABET.contains(&symbol)) {
            return Err(RequestCodeError);
        }
        Ok(Self(code))
    }
}

impl<'de> Deserialize<'de> for RequestCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for RequestCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .pattern(Some("^[Qq][Ss]-[A-HJ-NP-Za-hj-np-z2-9]{8}$"))
            .description(Some("Code of a Q Send request"))
            .examples(["QS-6PAS3LHD"])
            .into()
    }
}
impl utoipa::ToSchema for RequestCode {}

impl fmt::Display for RequestCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RequestCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gx_base::SeededEntropy;

    use super::*;

    #[test]
    fn codes_use_every_symbol_and_read_back() {
        let entropy = SeededEntropy::new(1);
        let codes: Vec<RequestCode> = (0..200).map(|_| RequestCode::random(&entropy)).collect();
        let symbols: BTreeSet<u8> = codes.iter().flat_map(|code| code.as_str()[3..].bytes()).collect();
        assert_eq!(symbols, ALPHABET.iter().copied().collect());
        for code in codes {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
    }

    #[test]
    fn people_may_type_small_letters_but_nothing_else() {
        assert_eq!(" qs-6pas3lhd ".parse::<RequestCode>().unwrap().as_str(), "QS-6PAS3LHD");
        for bad in ["", "QS-", "6PAS3LHD", "QS-6PAS3LH", "QS-6PAS3LHDX", "QS-OPAS3LHD", "QS-6PAS 3LH", "QS-6PAS3LHÉ"] {
            assert_eq!(bad.parse::<RequestCode>(), Err(RequestCodeError), "{bad}");
        }
    }
}
