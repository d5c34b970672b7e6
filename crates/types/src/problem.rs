//! The body of every error answer.

use serde::{Deserialize, Serialize};

use crate::{CorrelationId, ErrorCode};

/// `application/problem+json` (RFC 9457) with a stable code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: the code says what happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable machine code.
    pub code: ErrorCode,
    /// One plain sentence per code.
    pub title: String,
    /// HTTP status, repeated.
    pub status: u16,
    /// What happened this time, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields that were refused, each with its own sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Ties the answer to log lines, rows and blocks.
    pub correlation_id: CorrelationId,
}

/// One refused field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field as the request spells it (`amount`, `documents[0].type`), or the name of a parameter or header.
    pub field: String,
    /// Stable machine code.
    pub code: ErrorCode,
    /// What is wrong with it, for people.
    pub message: String,
}
