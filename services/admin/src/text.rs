//! Texts that administrators type.

use gx_platform::http::ApiError;
use gx_types::ErrorCode;

/// A text for people: trimmed, between `min` and `max` characters, without control characters except line breaks.
///
/// # Errors
/// 422 naming `field`.
pub(crate) fn checked(field: &'static str, text: &str, min: usize, max: usize) -> Result<String, ApiError> {
    let text = text.trim();
    let length = text.chars().count();
    if length < min || length > max {
        let message = format!("This text has {min} to {max} characters.");
        return Err(ApiError::field(field, ErrorCode::FieldInvalid, message));
    }
    if text.chars().any(|character| character.is_control() && character != '\n') {
        return Err(ApiError::field(field, ErrorCode::FieldInvalid, "This text has no control characters."));
    }
    Ok(text.to_owned())
}

/// The same for a text that may be left out; an empty one counts as left out.
///
/// # Errors
/// 422 naming `field`.
pub(crate) fn optional(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>, ApiError> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => checked(field, text, 1, max).map(Some),
        None => Ok(None),
    }
}
