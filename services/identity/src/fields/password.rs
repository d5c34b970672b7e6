//! Passwords as people choose them.

use std::fmt;

use gx_base::Secret;
use gx_platform::auth::{PasswordFault, PasswordRules};
use gx_types::ErrorCode;
use gx_types::api::identity::PasswordStrength;
use unicode_normalization::UnicodeNormalization;

/// A password in NFC, so that every keyboard spells it alike. Prints as `[redacted]`.
#[derive(Clone)]
pub struct Password(Secret);

impl Password {
    /// A password that meets the rules.
    ///
    /// # Errors
    /// The first rule that is broken: `PASSWORD_REQUIRED`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`,
    /// `PASSWORD_MISSING_UPPERCASE`, `PASSWORD_MISSING_LOWERCASE`, `PASSWORD_MISSING_NUMBER`.
    pub fn choose(text: &str) -> Result<Self, ErrorCode> {
        let password: String = text.nfc().collect();
        match PasswordRules::PERSON.broken(&password) {
            None => Ok(Self(Secret::new(password))),
            Some(PasswordFault::Empty) => Err(ErrorCode::PasswordRequired),
            Some(PasswordFault::TooShort) => Err(ErrorCode::PasswordTooShort),
            Some(PasswordFault::TooLong) => Err(ErrorCode::PasswordTooLong),
            Some(PasswordFault::NoUppercase) => Err(ErrorCode::PasswordMissingUppercase),
            Some(PasswordFault::NoLowercase) => Err(ErrorCode::PasswordMissingLowercase),
            Some(PasswordFault::NoDigit) => Err(ErrorCode::PasswordMissingNumber),
            // Not asked of people.
            Some(PasswordFault::NoSpecial) => Err(ErrorCode::PasswordPolicyViolation),
        }
    }

    /// A password typed to sign in. Any text: rules may have been others when it was chosen. `None` for what nobody can
    /// have chosen, so that hashing stays bounded.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        // Four bytes per character at most, and NFC never makes a text longer than three times.
        if text.is_empty() || text.len() > PasswordRules::CHARS_MAX * 12 {
            return None;
        }
        Some(Self(Secret::new(text.nfc().collect::<String>())))
    }

    /// The text; call it only where it is hashed.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A rough measure: a point each for 12 characters, 16 characters, a special character, two upper-case letters, two
/// digits; three points are strong, one is medium.
#[must_use]
pub fn strength(password: &Password) -> PasswordStrength {
    let text = password.expose();
    let length = text.chars().count();
    let count = |what: fn(char) -> bool| text.chars().filter(|c| what(*c)).count();
    let points = [
        length >= 12,
        length >= 16,
        count(|c| !c.is_alphanumeric()) >= 1,
        count(char::is_uppercase) >= 2,
        count(char::is_numeric) >= 2,
    ];
    match points.into_iter().filter(|point| *point).count() {
        3.. => PasswordStrength::Strong,
        1.. => PasswordStrength::Medium,
        _ => PasswordStrength::Weak,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> ErrorCode {
        Password::choose(text).unwrap_err()
    }

    #[test]
    fn each_rule_has_its_code() {
        assert_eq!(refused(""), ErrorCode::PasswordRequired);
        assert_eq!(refused("Abc4567"), ErrorCode::PasswordTooShort);
        assert_eq!(refused(&format!("Aa1{}", "x".repeat(126))), ErrorCode::PasswordTooLong);
        assert_eq!(refused("abcdefg1"), ErrorCode::PasswordMissingUppercase);
        assert_eq!(refused("ABCDEFG1"), ErrorCode::PasswordMissingLowercase);
        assert_eq!(refused("Abcdefgh"), ErrorCode::PasswordMissingNumber);
        for good in ["TestPass123!", "Пароль2024", "Aa1 with blanks", &format!("Aa1{}", "x".repeat(125))] {
            assert!(Password::choose(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn keyboards_that_spell_differently_agree() {
        assert_eq!(
            Password::choose("Zoe\u{0308}12345").unwrap().expose(),
            Password::typed("Zoë12345").unwrap().expose()
        );
        assert_eq!(format!("{:?}", Password::typed("secret")), "Some([redacted])");
        assert!(Password::typed(&"x".repeat(2000)).is_none());
        assert!(Password::typed("").is_none());
    }

    #[test]
    fn strength_grows_with_length_and_variety() {
        let of = |text: &str| strength(&Password::choose(text).unwrap());
        assert_eq!(of("abcdefG1"), PasswordStrength::Weak);
        assert_eq!(of("abcdefG12"), PasswordStrength::Medium);
        assert_eq!(of("TestPass123!"), PasswordStrength::Strong);
    }
}
