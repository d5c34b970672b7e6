//! Amounts as people type them. Whole numbers only: a float never touches money.

use gx_types::Qirat;

/// Why a typed amount is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("Enter an amount.")]
    Empty,
    /// Something else than digits, group commas and one point.
    #[error("Enter an amount with digits and at most one decimal point, for example 12.5.")]
    NotANumber,
    /// Zeros in front: nobody means them, and a slip of the finger may have made them.
    #[error("Write the amount without zeros in front, for example 7.")]
    LeadingZeros,
    /// More decimals than the unit has.
    #[error("A GX has six decimal places. Smaller than 0.000001 GX is not possible.")]
    TooFine,
    /// A Qirat is the smallest unit.
    #[error("Q are whole numbers. Choose GX to use decimals.")]
    WholeQirat,
    /// Zero.
    #[error("Enter an amount above zero.")]
    Zero,
    /// More than there can ever be.
    #[error("That is more than all GX there can ever be.")]
    AboveCap,
}

/// Reads an amount in `unit` (`"Q"`, or anything else for GX). Spaces and well-placed group commas are accepted.
///
/// # Errors
/// Names what is wrong, in words for the person who typed it.
pub fn parse_amount(text: &str, unit: &str) -> Result<Qirat, AmountError> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if text.is_empty() {
        return Err(AmountError::Empty);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = ungroup(whole).ok_or(AmountError::NotANumber)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || (whole.is_empty() && fraction.is_empty()) {
        return Err(AmountError::NotANumber);
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(AmountError::LeadingZeros);
    }
    let scale: usize = if unit == "Q" { 0 } else { 6 };
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > scale {
        return Err(if scale == 0 { AmountError::WholeQirat } else { AmountError::TooFine });
    }
    let digits = format!("{whole}{fraction:0<scale$}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Err(AmountError::Zero);
    }
    digits.parse().map_err(|_| AmountError::AboveCap)
}

/// Digits without their group commas; `None` when a comma does not stand before three digits.
fn ungroup(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || (1..=3).contains(&first.len());
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    (grouped && digits(&first) && rest.iter().all(|group| group.len() == 3 && digits(group)))
        .then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, unit, qirat) in [
            ("1", "GX", 1_000_000),
            ("0.5", "GX", 500_000),
            (".5", "GX", 500_000),
            ("5.", "GX", 5_000_000),
            ("12.500000000", "GX", 12_500_000),
            ("1,250.000001", "GX", 1_250_000_001),
            ("1 250", "GX", 1_250_000_000),
            ("0.000007", "GX", 7),
            ("50", "Q", 50),
            ("10,000", "Q", 10_000),
            ("50.0", "Q", 50),
        ] {
            assert_eq!(parse_amount(text, unit).map(Qirat::get), Ok(qirat), "{text} {unit}");
        }
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        use AmountError as E;
        for (text, unit, error) in [
            ("", "GX", E::Empty),
            ("  ", "Q", E::Empty),
            ("-1", "GX", E::NotANumber),
            ("+1", "GX", E::NotANumber),
            ("1e6", "Q", E::NotANumber),
            ("1.2.3", "GX", E::NotANumber),
            (".", "GX", E::NotANumber),
            ("1,25", "GX", E::NotANumber),
            (",250", "GX", E::NotANumber),
            ("1250,000", "GX", E::NotANumber),
            ("0x10", "Q", E::NotANumber),
            ("١", "Q", E::NotANumber),
            ("007", "GX", E::LeadingZeros),
            ("00", "GX", E::LeadingZeros),
            ("01,000", "Q", E::LeadingZeros),
            ("00.5", "GX", E::LeadingZeros),
            ("0.0000001", "GX", E::TooFine),
            ("0.5", "Q", E::WholeQirat),
            ("0", "GX", E::Zero),
            ("0.000000", "GX", E::Zero),
            ("1250000000001", "GX", E::AboveCap),
            ("99999999999999999999999999999999", "Q", E::AboveCap),
        ] {
            assert_eq!(parse_amount(text, unit), Err(error), "{text:?} {unit}");
        }
    }

    proptest! {
        /// What the pages show can be typed back and means the same.
        #[test]
        fn shown_amounts_read_back(value in 1..=Qirat::CAP.get()) {
            let amount = Qirat::new(value).unwrap();
            let shown = amount.display_gx();
            let (number, unit) = shown.split_once(' ').unwrap();
            prop_assert_eq!(parse_amount(number, unit), Ok(amount));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", unit in "(GX|Q|)") {
            let _ = parse_amount(&text, &unit);
        }
    }
}
