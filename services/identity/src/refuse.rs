//! Refusing fields: each fault with the field's name and its own code.

use gx_platform::http::ApiError;
use gx_types::{ErrorCode, FieldError};

/// One refused field; the answer's own code is the fault's.
pub(crate) fn refused(field: &str, code: ErrorCode) -> ApiError {
    ApiError::new(code).with_field(field, code, code.title())
}

/// Collects the faults of several fields, so that a person learns of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    /// The value, or `None` after noting the fault.
    pub(crate) fn check<T>(&mut self, field: &str, value: Result<T, ErrorCode>) -> Option<T> {
        value.map_err(|code| self.add(field, code)).ok()
    }

    /// Notes a fault.
    pub(crate) fn add(&mut self, field: &str, code: ErrorCode) {
        self.say(field, code, code.title());
    }

    /// Notes a fault in words of its own.
    pub(crate) fn say(&mut self, field: &str, code: ErrorCode, message: &str) {
        self.0.push(FieldError { field: field.to_owned(), code, message: message.to_owned() });
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A problem whose code is the first fault's; `Ok` without one. For the wizard, whose steps have a field or two.
    pub(crate) fn first(self) -> Result<(), ApiError> {
        let Some(code) = self.0.first().map(|fault| fault.code) else { return Ok(()) };
        Err(self
            .0
            .into_iter()
            .fold(ApiError::new(code), |error, fault| error.with_field(fault.field, fault.code, fault.message)))
    }

    /// `VALIDATION_FAILED` that names every fault; `Ok` without one.
    pub(crate) fn all(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::fields(self.0)) }
    }
}
