//! What people type, checked and brought into one form. Every check answers the code that names the fault; the sentence
//! for people is the code's title.

mod code;
mod date;
mod email;
mod name;
mod password;
mod phone;
mod text;

pub use code::Code;
pub use date::{birth_date, calendar_date};
pub use email::Email;
pub use name::{NAME_CHARS_MAX, name};
pub use password::{Password, strength};
pub use phone::phone;
pub use text::{document_number, line};

use gx_types::{CountryCode, ErrorCode, Gender};

/// The code of a country that GX serves.
///
/// # Errors
/// `COUNTRY_REQUIRED`, `COUNTRY_INVALID_FORMAT`, `COUNTRY_NOT_FOUND`.
pub fn country(text: &str) -> Result<CountryCode, ErrorCode> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ErrorCode::CountryRequired);
    }
    let code: CountryCode = text.parse().map_err(|_| ErrorCode::CountryInvalidFormat)?;
    match gx_contracts::countries::country(code.as_str()) {
        Some(_) => Ok(code),
        None => Err(ErrorCode::CountryNotFound),
    }
}

/// `MALE` or `FEMALE`, in any case.
///
/// # Errors
/// `GENDER_REQUIRED`, `GENDER_INVALID`.
pub fn gender(text: &str) -> Result<Gender, ErrorCode> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ErrorCode::GenderRequired);
    }
    text.to_ascii_uppercase().parse().map_err(|_| ErrorCode::GenderInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_and_genders_have_one_form() {
        assert_eq!(country(" gb ").unwrap().as_str(), "GB");
        assert_eq!(country("  "), Err(ErrorCode::CountryRequired));
        for bad in ["G", "GBR", "G1", "éé", "🇬🇧"] {
            assert_eq!(country(bad), Err(ErrorCode::CountryInvalidFormat), "{bad}");
        }
        assert_eq!(country("XX"), Err(ErrorCode::CountryNotFound));
        assert_eq!(gender("Female"), Ok(Gender::Female));
        assert_eq!(gender("MALE"), Ok(Gender::Male));
        assert_eq!(gender(""), Err(ErrorCode::GenderRequired));
        assert_eq!(gender("other"), Err(ErrorCode::GenderInvalid));
    }
}
