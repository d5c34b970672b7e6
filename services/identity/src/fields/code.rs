//! One-time codes: six digits, sent by mail or text message, kept only as a hash.

use std::fmt;

use gx_base::{Entropy, EntropyExt};
use gx_types::ErrorCode;

/// Six digits. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new code; every one of the million is equally likely.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self(format!("{:06}", entropy.below(1_000_000)))
    }

    /// What a person typed; spaces are dropped.
    ///
    /// # Errors
    /// `OTP_REQUIRED`, `OTP_INVALID_FORMAT`.
    pub fn typed(text: &str) -> Result<Self, ErrorCode> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.is_empty() {
            return Err(ErrorCode::OtpRequired);
        }
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ErrorCode::OtpInvalidFormat);
        }
        Ok(Self(digits))
    }

    /// The digits; call it only where the code is sent or hashed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use gx_base::SeededEntropy;

    use super::*;

    #[test]
    fn codes_have_six_digits_and_are_not_printed() {
        let entropy = SeededEntropy::new(3);
        for _ in 0..500 {
            let code = Code::new(&entropy);
            assert_eq!(Code::typed(code.expose()).unwrap(), code);
            assert_eq!(format!("{code:?}"), "[redacted]");
        }
    }

    #[test]
    fn typed_codes_are_checked() {
        assert_eq!(Code::typed(" 123 456 ").unwrap().expose(), "123456");
        assert_eq!(Code::typed("  "), Err(ErrorCode::OtpRequired));
        for bad in ["12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345"] {
            assert_eq!(Code::typed(bad), Err(ErrorCode::OtpInvalidFormat), "{bad}");
        }
    }
}
