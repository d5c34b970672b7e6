//! Dates of birth and of incorporation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{Date, Month};

use crate::{GxIdError, Timestamp};

/// A date between 1900-01-01 and 4000-01-01 that exists in the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthDate(Date);

impl BirthDate {
    /// From a calendar date.
    ///
    /// # Errors
    /// [`GxIdError::Date`] before 1900-01-01 or after 4000-01-01.
    pub fn new(date: Date) -> Result<Self, GxIdError> {
        let first = Date::from_calendar_date(1900, Month::January, 1).map_err(|_| GxIdError::Date)?;
        let last = Date::from_calendar_date(4000, Month::January, 1).map_err(|_| GxIdError::Date)?;
        if date < first || date > last { Err(GxIdError::Date) } else { Ok(Self(date)) }
    }

    /// The calendar date.
    #[must_use]
    pub const fn date(self) -> Date {
        self.0
    }

    /// Whole days since 1900-01-01.
    #[must_use]
    pub fn days(self) -> u32 {
        // 2_415_021 is the Julian day of 1900-01-01; later dates are greater.
        u32::try_from(self.0.to_julian_day() - 2_415_021).unwrap_or(0)
    }

    pub(crate) fn from_days(days: u32) -> Result<Self, GxIdError> {
        let julian = i32::try_from(days).ok().and_then(|days| days.checked_add(2_415_021)).ok_or(GxIdError::Date)?;
        Self::new(Date::from_julian_day(julian).map_err(|_| GxIdError::Date)?)
    }

    /// Age in full calendar years on the UTC day of `at`; `None` when born after it. Someone born on 29 February
    /// turns a year older on 1 March of common years.
    #[must_use]
    pub fn age_at(self, at: Timestamp) -> Option<u32> {
        let today = at.date();
        if today < self.0 {
            return None;
        }
        let years = today.year() - self.0.year();
        let had_birthday = (today.month() as u8, today.day()) >= (self.0.month() as u8, self.0.day());
        u32::try_from(if had_birthday { years } else { years - 1 }).ok()
    }
}

impl FromStr for BirthDate {
    type Err = GxIdError;

    /// `YYYY-MM-DD`, strictly: 1989-02-30 does not roll over.
    fn from_str(text: &str) -> Result<Self, GxIdError> {
        let bytes = text.as_bytes();
        let digits =
            |range: std::ops::Range<usize>| text.get(range).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return Err(GxIdError::Date);
        }
        let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
            return Err(GxIdError::Date);
        };
        let month: u8 = month.parse().map_err(|_| GxIdError::Date)?;
        let date = Date::from_calendar_date(
            year.parse().map_err(|_| GxIdError::Date)?,
            Month::try_from(month).map_err(|_| GxIdError::Date)?,
            day.parse().map_err(|_| GxIdError::Date)?,
        )
        .map_err(|_| GxIdError::Date)?;
        Self::new(date)
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month() as u8, self.0.day())
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BirthDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BirthDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(BirthDate, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "Calendar date", "1990-03-15");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_exist_and_lie_in_their_range() {
        for date in [
            "05/15/1989",
            "1989-5-15",
            "1989/05/15",
            "1989-13-01",
            "1989-02-30",
            "1899-12-31",
            "4000-01-02",
            "invalid-date",
            "",
        ] {
            assert_eq!(date.parse::<BirthDate>(), Err(GxIdError::Date), "{date}");
        }
    }

    #[test]
    fn age_counts_full_calendar_years() {
        let born: BirthDate = "2004-02-29".parse().unwrap();
        for (day, age) in [
            ("2004-02-28", None),
            ("2004-02-29", Some(0)),
            ("2017-02-28", Some(12)),
            ("2017-03-01", Some(13)),
            ("2020-02-29", Some(16)),
        ] {
            assert_eq!(born.age_at(format!("{day}T12:00:00Z").parse().unwrap()), age, "{day}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<BirthDate>();
        }
    }
}
