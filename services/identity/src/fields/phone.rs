//! Phone numbers, E.164.

use gx_types::ErrorCode;

/// A phone number as `+` and 7 to 15 digits. Spaces, hyphens, parentheses and dots are dropped.
///
/// # Errors
/// `PHONE_REQUIRED`, `PHONE_INVALID_FORMAT`.
pub fn phone(text: &str) -> Result<String, ErrorCode> {
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '.' | '\u{2010}' | '\u{2011}'))
        .collect();
    if compact.is_empty() {
        return Err(ErrorCode::PhoneRequired);
    }
    let digits = compact.strip_prefix('+').unwrap_or(&compact);
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0') {
        Ok(format!("+{digits}"))
    } else {
        Err(ErrorCode::PhoneInvalidFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for text in ["+44 7700 900123", "447700900123", "+44-(7700)-900.123", " +447700900123 "] {
            assert_eq!(phone(text).as_deref(), Ok("+447700900123"), "{text}");
        }
        assert_eq!(phone(" - "), Err(ErrorCode::PhoneRequired));
        for bad in [
            "07700900123",
            "+07700900123",
            "123456",
            "+1234567890123456",
            "++447700900123",
            "+44x7700900",
            "٤٤٧٧٠٠٩٠٠١٢٣",
            "0044 7700 900123",
        ] {
            assert_eq!(phone(bad), Err(ErrorCode::PhoneInvalidFormat), "{bad}");
        }
    }
}
