//! E-mail addresses.

use gx_types::ErrorCode;

const CHARS_MIN: usize = 5;
const CHARS_MAX: usize = 254;
const LOCAL_CHARS_MAX: usize = 64;
const LABEL_CHARS_MAX: usize = 63;

/// An e-mail address: as typed, for writing to it, and in lower case, for telling people apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// As typed, without blanks around it.
    pub typed: String,
    /// In lower case; unique among people.
    pub normalised: String,
}

impl Email {
    /// Checks an address. Only ASCII: two addresses that look alike must not be two people.
    ///
    /// # Errors
    /// `EMAIL_REQUIRED`, `EMAIL_INVALID_FORMAT`.
    pub fn parse(text: &str) -> Result<Self, ErrorCode> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ErrorCode::EmailRequired);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(ErrorCode::EmailInvalidFormat)?;
        if (CHARS_MIN..=CHARS_MAX).contains(&text.len()) && is_local_part(local) && is_domain(domain) {
            Ok(Self { typed: text.to_owned(), normalised: text.to_ascii_lowercase() })
        } else {
            Err(ErrorCode::EmailInvalidFormat)
        }
    }
}

fn is_local_part(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    (1..=LOCAL_CHARS_MAX).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_CHARS_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    // A top-level name of digits alone would be an IP address.
    labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && top.len() >= 2
        && !top.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_compared_in_lower_case() {
        let email = Email::parse("  Ada.Lovelace+gx@Example.ORG ").unwrap();
        assert_eq!(email.typed, "Ada.Lovelace+gx@Example.ORG");
        assert_eq!(email.normalised, "ada.lovelace+gx@example.org");
        for good in
            ["a@b.cd", "x_y@sub.domain.example", "alice.johnson@devnet.gxcoin.test", "o'neill@xn--bcher-kva.example"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(Email::parse(" \t"), Err(ErrorCode::EmailRequired));
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.example.org", "b.".repeat(130));
        for bad in [
            "a",
            "a@b",
            "@example.org",
            "a@",
            "a@.org",
            "a@example.",
            "a@-x.org",
            "a@x-.org",
            ".a@example.org",
            "a.@example.org",
            "a..b@example.org",
            "a b@example.org",
            "a@exa mple.org",
            "a@b@example.org",
            "аda@example.org",
            "a@exämple.org",
            "a@127.0.0.1",
            "a@example.o",
            "\"a\"@example.org",
            "a@[::1].org",
            "a\r\nBcc: x@example.org",
            "<a@example.org>",
            long.as_str(),
            longer.as_str(),
        ] {
            assert_eq!(Email::parse(bad), Err(ErrorCode::EmailInvalidFormat), "{bad}");
        }
    }
}
