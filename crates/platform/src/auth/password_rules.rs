//! What a chosen password must be: for people and for administrators, in one place.

/// Characters of any password at most, so that hashing stays bounded.
const CHARS_MAX: usize = 128;

/// The rules for one kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    chars_min: usize,
    special: bool,
}

/// A rule that a password breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// Nothing was typed.
    Empty,
    /// It has too few characters.
    TooShort,
    /// It has too many characters.
    TooLong,
    /// No upper-case letter.
    NoUppercase,
    /// No lower-case letter.
    NoLowercase,
    /// No digit.
    NoDigit,
    /// Nothing but letters and digits.
    NoSpecial,
}

impl PasswordRules {
    /// For people: 8 to 128 characters with an upper-case letter, a lower-case letter and a digit.
    pub const PERSON: Self = Self { chars_min: 8, special: false };
    /// For administrators: 12 to 128 characters with a special character as well.
    pub const ADMIN: Self = Self { chars_min: 12, special: true };

    /// Longest password, characters.
    pub const CHARS_MAX: usize = CHARS_MAX;

    /// The first rule that a password breaks.
    #[must_use]
    pub fn broken(self, password: &str) -> Option<PasswordFault> {
        let has = |what: fn(char) -> bool| password.chars().any(what);
        Some(match password.chars().count() {
            0 => PasswordFault::Empty,
            count if count < self.chars_min => PasswordFault::TooShort,
            count if count > CHARS_MAX => PasswordFault::TooLong,
            _ if !has(char::is_uppercase) => PasswordFault::NoUppercase,
            _ if !has(char::is_lowercase) => PasswordFault::NoLowercase,
            _ if !has(char::is_numeric) => PasswordFault::NoDigit,
            _ if self.special && !has(|c| !c.is_alphanumeric()) => PasswordFault::NoSpecial,
            _ => return None,
        })
    }

    /// The fault as a sentence.
    #[must_use]
    pub fn told(self, fault: PasswordFault) -> String {
        match fault {
            PasswordFault::Empty => "A password is needed.".to_owned(),
            PasswordFault::TooShort => format!("It has fewer than {} characters.", self.chars_min),
            PasswordFault::TooLong => format!("It has more than {CHARS_MAX} characters."),
            PasswordFault::NoUppercase => "It has no upper-case letter.".to_owned(),
            PasswordFault::NoLowercase => "It has no lower-case letter.".to_owned(),
            PasswordFault::NoDigit => "It has no digit.".to_owned(),
            PasswordFault::NoSpecial => "It has no special character.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_need_more_than_people() {
        for (password, person, admin) in [
            ("", Some(PasswordFault::Empty), Some(PasswordFault::Empty)),
            ("Abc4567", Some(PasswordFault::TooShort), Some(PasswordFault::TooShort)),
            ("TestPass1", None, Some(PasswordFault::TooShort)),
            ("TestPassword1", None, Some(PasswordFault::NoSpecial)),
            ("TestPassword1!", None, None),
            ("testpassword1!", Some(PasswordFault::NoUppercase), Some(PasswordFault::NoUppercase)),
            ("TESTPASSWORD1!", Some(PasswordFault::NoLowercase), Some(PasswordFault::NoLowercase)),
            ("TestPassword!!", Some(PasswordFault::NoDigit), Some(PasswordFault::NoDigit)),
            ("Пароль 2024 года", None, None),
        ] {
            assert_eq!(PasswordRules::PERSON.broken(password), person, "{password}");
            assert_eq!(PasswordRules::ADMIN.broken(password), admin, "{password}");
        }
        let long = format!("Aa1!{}", "x".repeat(125));
        assert_eq!(PasswordRules::ADMIN.broken(&long), Some(PasswordFault::TooLong));
        assert_eq!(PasswordRules::ADMIN.told(PasswordFault::TooShort), "It has fewer than 12 characters.");
    }
}
