//! Names of people, in every script.

use gx_types::ErrorCode;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest name, characters.
pub const NAME_CHARS_MAX: usize = 50;

/// A name: letters of any script with their marks, joined by single spaces, hyphens, apostrophes or middle dots; brought
/// to NFC, so that one spelling is one name.
///
/// # Errors
/// `NAME_REQUIRED`, `NAME_TOO_SHORT`, `NAME_TOO_LONG`, `NAME_INVALID_CHARS`.
pub fn name(text: &str) -> Result<String, ErrorCode> {
    let composed: String = text.nfc().collect();
    let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(ErrorCode::NameRequired);
    }
    let chars: Vec<char> = name.chars().collect();
    if chars.len() > NAME_CHARS_MAX {
        return Err(ErrorCode::NameTooLong);
    }
    let mut after_letter = false;
    for (index, &c) in chars.iter().enumerate() {
        let fits = match kind(c) {
            Kind::Letter => true,
            Kind::Mark => after_letter,
            Kind::Joiner => after_letter && index + 1 < chars.len(),
            // «Jr.», «M. Night»: after a letter, before a space or the end.
            Kind::Dot => after_letter && chars.get(index + 1).is_none_or(|next| *next == ' '),
            // «M. Night»: a space may follow a dot as well.
            Kind::Space => after_letter || chars.get(index.wrapping_sub(1)) == Some(&'.'),
            Kind::Other => false,
        };
        if !fits {
            return Err(ErrorCode::NameInvalidChars);
        }
        after_letter = matches!(kind(c), Kind::Letter | Kind::Mark);
    }
    let letters = chars.iter().filter(|c| kind(**c) == Kind::Letter).count();
    // «李» is a whole name; «L» is an initial.
    let writes_syllables = chars.iter().any(|c| *c >= '\u{0E00}');
    if letters < 2 && !writes_syllables {
        return Err(ErrorCode::NameTooShort);
    }
    Ok(name)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Mark,
    Joiner,
    Dot,
    Space,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        ' ' => Kind::Space,
        '.' => Kind::Dot,
        // Hyphens, apostrophes, the Catalan and the Japanese middle dot, Hebrew maqaf, geresh and gershayim, and the
        // joiners that Persian and Indic names are spelled with.
        '-' | '\'' | '\u{2010}' | '\u{2019}' | '\u{02BC}' | '\u{00B7}' | '\u{30FB}' | '\u{05BE}' | '\u{05F3}'
        | '\u{05F4}' | '\u{200C}' | '\u{200D}' => Kind::Joiner,
        c if is_combining_mark(c) => Kind::Mark,
        // Letters in circles and squares count as alphabetic but are pictures.
        '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F189}' => Kind::Other,
        c if c.is_alphabetic() && !c.is_numeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_names() {
        for good in [
            "Ada",
            "Jean-Luc",
            "O'Neill",
            "O’Neill",
            "María José",
            "Müller",
            "Łukasz",
            "Дмитрий",
            "Ελένη",
            "محمد",
            "علی‌رضا",
            "שרה",
            "राजेश",
            "ஸ்ரீதர்",
            "ศิริพร",
            "ငြိမ်း",
            "李",
            "王小明",
            "たかし",
            "マリア・クララ",
            "김",
            "ნინო",
            "Արմեն",
            "አበበ",
            "Nguyễn",
            "Màrcel·lí",
            "Martin Luther Jr.",
            "M. Night",
            "ʻAkoni",
            "ꦧꦸꦢꦶ",
        ] {
            assert_eq!(name(good).as_deref(), Ok(good.nfc().collect::<String>().as_str()), "{good}");
        }
    }

    #[test]
    fn one_spelling_is_one_name() {
        assert_eq!(name("  Ada   Maria "), Ok("Ada Maria".to_owned()));
        assert_eq!(name("Zoe\u{0308}"), Ok("Zoë".to_owned()));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(name(" "), Err(ErrorCode::NameRequired));
        assert_eq!(name("L"), Err(ErrorCode::NameTooShort));
        assert_eq!(name("L."), Err(ErrorCode::NameTooShort));
        assert!(name(&"a".repeat(50)).is_ok());
        assert_eq!(name(&"a".repeat(51)), Err(ErrorCode::NameTooLong));
        for bad in [
            "<script>",
            "Ada1",
            "Ada_",
            "-Ada",
            "Ada-",
            "'Ada",
            "A--da",
            "Ada!",
            "Ada;",
            "Ada/Bob",
            "😀😀",
            "Ada\u{202E}bda",
            "Ada\u{0000}",
            "ⒶⒷ",
            "Ⅷ Ⅸ",
            "\u{0301}Ada",
            ".Ada",
            "A.da.b",
            "Ada\u{200B}Bob",
            "1234",
            "a@b",
        ] {
            assert_eq!(name(bad), Err(ErrorCode::NameInvalidChars), "{bad:?}");
        }
    }
}
