//! SHA-256 values in hexadecimal: hashes and transaction ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not exactly 64 lower-case hexadecimal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 value is written as exactly 64 lower-case hexadecimal characters")]
pub struct Sha256HexError;

macro_rules! sha256_type {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// From the 32 bytes of a digest.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Sha256HexError;

            fn from_str(text: &str) -> Result<Self, Sha256HexError> {
                let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let mut bytes = [0; 32];
                if !lower || hex::decode_to_slice(text, &mut bytes).is_err() {
                    return Err(Sha256HexError);
                }
                Ok(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 64];
                // 32 bytes are 64 characters, all of them ASCII.
                hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parsed(deserializer)
            }
        }

        #[cfg(feature = "openapi")]
        crate::api::string_schema!($name, "^[0-9a-f]{64}$", $what, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    };
}

sha256_type!(
    /// A SHA-256 value: document hashes, biometric hashes, block hashes.
    Sha256Hex,
    "SHA-256 value in lower-case hexadecimal"
);
sha256_type!(
    /// The id of a ledger transaction, 64 lower-case hexadecimal characters on every ledger.
    TxId,
    "Ledger transaction id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_lower_case_hex_characters_make_a_hash() {
        let good = "0123456789abcdef".repeat(4);
        assert_eq!(good.parse::<Sha256Hex>().unwrap().to_string(), good);
        for bad in [
            good.to_uppercase(),
            good[..63].to_owned(),
            format!("{good}0"),
            format!("{}g", &good[..63]),
            String::new(),
            "$2b$10$abcdefghijklmnopqrstuv1234567890abcdefghijklmnopqrstu12345".to_owned(),
        ] {
            assert_eq!(bad.parse::<Sha256Hex>(), Err(Sha256HexError), "{bad:?}");
            assert_eq!(bad.parse::<TxId>(), Err(Sha256HexError), "{bad:?}");
        }
    }
}
