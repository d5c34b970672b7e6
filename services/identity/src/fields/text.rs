//! Plain texts: one line, bounded, without control characters.

use gx_types::ErrorCode;
use unicode_normalization::UnicodeNormalization;

/// One line of text of 1 to `chars_max` characters in NFC; blanks around it are dropped, control characters refused.
///
/// # Errors
/// `FIELD_INVALID`.
pub fn line(text: &str, chars_max: usize) -> Result<String, ErrorCode> {
    let line: String = text.trim().nfc().collect();
    let count = line.chars().count();
    let breaks_out = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if count == 0 || count > chars_max || line.chars().any(breaks_out) {
        return Err(ErrorCode::FieldInvalid);
    }
    Ok(line)
}

/// The number of a document as it is kept, in the form in which the biometric hash takes it too: NFKC, upper case,
/// letters and digits only. «ab 12-34» and «AB1234» are the same document.
///
/// # Errors
/// `FIELD_INVALID` when too few or too many characters are left.
pub fn document_number(text: &str) -> Result<String, ErrorCode> {
    gx_platform::normalise_number(text).map_err(|_| ErrorCode::FieldInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_single_and_bounded() {
        assert_eq!(line("  12 Main St. ", 100).as_deref(), Ok("12 Main St."));
        for bad in ["", "  ", "a\nb", "a\u{0007}b", "a\u{202E}b", "abcd"] {
            assert_eq!(line(bad, 3), Err(ErrorCode::FieldInvalid), "{bad:?}");
        }
    }

    #[test]
    fn one_document_has_one_number() {
        for (typed, kept) in [
            ("ab 12-34", "AB1234"),
            ("ＡＢ１２３４", "AB1234"),
            (" AB/12.34 ", "AB1234"),
            ("straße 7", "STRASSE7"),
            ("ﬁ-123", "FI123"),
            ("é12e\u{0301}", "É12É"),
            ("Ⅷ 12", "VIII12"),
        ] {
            assert_eq!(document_number(typed).as_deref(), Ok(kept), "{typed}");
        }
        for bad in ["", "--", "a12", &"9".repeat(41)] {
            assert_eq!(document_number(bad), Err(ErrorCode::FieldInvalid), "{bad}");
        }
    }
}
