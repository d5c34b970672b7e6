//! Dates in filters.

use gx_platform::http::{ApiError, ApiResult};
use gx_types::{ErrorCode, Timestamp};
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A calendar day in UTC (`2026-03-15`) or a point in time (RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A whole day, beginning here.
    Day(Timestamp),
    /// A point.
    Point(Timestamp),
}

impl Moment {
    /// As the lower bound of a range: the first moment that is inside.
    #[must_use]
    pub const fn from(self) -> Timestamp {
        match self {
            Self::Day(at) | Self::Point(at) => at,
        }
    }

    /// As the upper bound of a range: the first moment that is outside. A day is inside as a whole.
    #[must_use]
    pub fn until(self) -> Timestamp {
        match self {
            Self::Day(at) => at.plus(DAY),
            Self::Point(at) => at,
        }
    }
}

/// Refuses a time that ends before it begins.
///
/// # Errors
/// 422 naming the end.
pub fn in_order(from: (&str, Option<Moment>), until: (&str, Option<Moment>)) -> ApiResult<()> {
    match (from, until) {
        ((start, Some(from)), (end, Some(until))) if until.until() < from.from() || until.from() < from.from() => {
            Err(ApiError::field(end, ErrorCode::FieldInvalid, format!("this is before {start}")))
        }
        _ => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parse = |text: &str| serde_json::from_value::<Timestamp>(serde_json::Value::String(text.to_owned()));
        let is_day = text.len() == 10 && text.is_ascii();
        let moment =
            if is_day { parse(&format!("{text}T00:00:00Z")).map(Self::Day) } else { parse(&text).map(Self::Point) };
        moment.map_err(|_| de::Error::custom("a date is written 2026-03-15, a time 2026-03-15T12:00:00Z"))
    }
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .pattern(Some(r"^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$"))
            .description(Some("A day in UTC (2026-03-15) or a point in time (RFC 3339)"))
            .examples(["2026-03-15"])
            .into()
    }
}
impl utoipa::ToSchema for Moment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_inside_as_a_whole_and_a_point_ends_before_itself() {
        let parse = |text: &str| serde_json::from_value::<Moment>(serde_json::Value::String(text.to_owned()));
        let day = parse("2026-03-15").unwrap();
        let noon = parse("2026-03-15T12:00:00Z").unwrap();
        assert_eq!(day.until().since(day.from()), DAY);
        assert_eq!(noon.from(), noon.until());
        assert_eq!(noon.from().since(day.from()), Duration::from_secs(12 * 3600));
        assert_eq!(parse("2026-03-15T14:00:00+02:00").unwrap(), noon);
        for bad in ["", "2026-02-30", "2026-3-15", "15.03.2026", "yesterday", "2026-03-15T12:00:00", "２０２６-03"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
