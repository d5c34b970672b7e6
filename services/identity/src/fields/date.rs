//! Dates: `YYYY-MM-DD`, strictly, existing in the calendar.

use gx_contracts::genesis::AGE_MIN_YEARS;
use gx_types::{BirthDate, ErrorCode, Timestamp};

/// The oldest whom a birth date may make, full years.
pub const AGE_MAX_YEARS: u32 = 120;

/// A birth date of someone who may register at `now`.
///
/// # Errors
/// `DOB_REQUIRED`, `DOB_INVALID_FORMAT`, `DOB_FUTURE_DATE`, `DOB_MIN_AGE`, `DOB_MAX_AGE`.
pub fn birth_date(text: &str, now: Timestamp) -> Result<BirthDate, ErrorCode> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ErrorCode::DobRequired);
    }
    let date = match text.parse::<BirthDate>() {
        Ok(date) => date,
        // A real date before 1900 is a matter of age, not of form.
        Err(_) if is_real_date_before_1900(text) => return Err(ErrorCode::DobMaxAge),
        Err(_) => return Err(ErrorCode::DobInvalidFormat),
    };
    match date.age_at(now) {
        None => Err(ErrorCode::DobFutureDate),
        Some(age) if age < u32::from(AGE_MIN_YEARS) => Err(ErrorCode::DobMinAge),
        Some(age) if age > AGE_MAX_YEARS => Err(ErrorCode::DobMaxAge),
        Some(_) => Ok(date),
    }
}

fn is_real_date_before_1900(text: &str) -> bool {
    // Moved 400 years, a whole cycle of the calendar, onward the same date must exist.
    text.get(..4)
        .and_then(|year| year.parse::<u32>().ok())
        .filter(|year| (1000..1900).contains(year))
        .zip(text.get(4..))
        .is_some_and(|(year, rest)| {
            let moved = if year < 1500 { year + 800 } else { year + 400 };
            format!("{moved:04}{rest}").parse::<BirthDate>().is_ok()
        })
}

/// Any calendar date between 1900 and 4000, for example when a document was issued.
///
/// # Errors
/// `FIELD_INVALID`.
pub fn calendar_date(text: &str) -> Result<BirthDate, ErrorCode> {
    text.trim().parse().map_err(|_| ErrorCode::FieldInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        format!("{day}T12:00:00Z").parse().unwrap()
    }

    #[test]
    fn ages_count_in_full_years_on_the_day() {
        let now = at("2025-06-15");
        assert_eq!(birth_date("2012-06-16", now), Err(ErrorCode::DobMinAge));
        assert!(birth_date("2012-06-15", now).is_ok());
        assert!(birth_date("1905-06-15", now).is_ok());
        assert!(birth_date("1904-06-16", now).is_ok());
        assert_eq!(birth_date("1904-06-15", now), Err(ErrorCode::DobMaxAge));
        assert_eq!(birth_date("1850-02-28", now), Err(ErrorCode::DobMaxAge));
        assert_eq!(birth_date("2025-06-16", now), Err(ErrorCode::DobFutureDate));
    }

    #[test]
    fn leap_days_do_not_roll_over() {
        // Born on 29 February: a year older on 1 March of common years.
        assert_eq!(birth_date("2012-02-29", at("2025-02-28")), Err(ErrorCode::DobMinAge));
        assert!(birth_date("2012-02-29", at("2025-03-01")).is_ok());
        for bad in [
            "1989-02-30",
            "1900-02-29",
            "1850-02-29",
            "1989-13-01",
            "1989-5-15",
            "15.05.1989",
            "1989/05/15",
            "tomorrow",
        ] {
            assert_eq!(birth_date(bad, at("2025-01-01")), Err(ErrorCode::DobInvalidFormat), "{bad}");
        }
        assert_eq!(birth_date(" ", at("2025-01-01")), Err(ErrorCode::DobRequired));
    }
}
