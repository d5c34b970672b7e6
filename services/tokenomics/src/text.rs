//! Texts that people write to one another with a payment.

use gx_types::{ErrorCode, FieldError};

/// The text without the space around it.
///
/// # Errors
/// The field's error for an empty text, one longer than `chars_max` characters, and one with control characters (line
/// breaks too: it is shown on one line, and it is written to the ledger for good).
pub fn line(field: &str, text: &str, chars_max: usize) -> Result<String, FieldError> {
    let text = text.trim();
    let error = |code, message: String| Err(FieldError { field: field.to_owned(), code, message });
    if text.is_empty() {
        return error(ErrorCode::FieldRequired, "a few words are needed".to_owned());
    }
    if text.chars().count() > chars_max {
        return error(ErrorCode::FieldInvalid, format!("at most {chars_max} characters"));
    }
    if text.chars().any(|character| character.is_control() || INVISIBLE.contains(&character)) {
        return error(ErrorCode::FieldInvalid, "no control characters and no line breaks".to_owned());
    }
    Ok(text.to_owned())
}

/// The same for a text that may be left out; an empty one counts as left out.
///
/// # Errors
/// As [`line`].
pub fn optional_line(field: &str, text: Option<&str>, chars_max: usize) -> Result<Option<String>, FieldError> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => line(field, text, chars_max).map(Some),
    }
}

/// Characters that turn the direction of writing or break lines: with them a name or an amount can be made to look like
/// another one.
const INVISIBLE: &[char] = &[
    '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2028}', '\u{2029}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{feff}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_and_plain() {
        assert_eq!(line("reason", "  Lunch, 12 €  ", 20).unwrap(), "Lunch, 12 €");
        assert_eq!(line("reason", &"語".repeat(20), 20).unwrap().chars().count(), 20);
        for (text, code) in [
            ("", ErrorCode::FieldRequired),
            ("   ", ErrorCode::FieldRequired),
            ("123456789012345678901", ErrorCode::FieldInvalid),
            ("a\nb", ErrorCode::FieldInvalid),
            ("a\u{0}b", ErrorCode::FieldInvalid),
            ("pay \u{202e}001", ErrorCode::FieldInvalid),
        ] {
            let error = line("reason", text, 20).unwrap_err();
            assert_eq!((error.field.as_str(), error.code), ("reason", code), "{text:?}");
        }
        assert_eq!(optional_line("reference", Some(" "), 20), Ok(None));
        assert_eq!(optional_line("reference", None, 20), Ok(None));
    }
}
