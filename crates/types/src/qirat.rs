//! Amounts of money.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount in Qirat, the smallest unit: 1 GX = 1,000,000 Q. Always between 0 and [`Qirat::CAP`].
///
/// JSON carries it as a decimal string (`"10000"`); on input a number that is an exact integer is accepted too. Signs,
/// decimals, exponents, leading zeros and anything above the cap are refused by name ([`QiratError`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Qirat(u64);

/// Why a text or number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QiratError {
    /// Nothing was given.
    #[error("an amount is needed")]
    Empty,
    /// A sign, a decimal point, an exponent, a space or any other character that is no digit.
    #[error("an amount is a whole number of Qirat, written with digits only")]
    NotDigits,
    /// Leading zeros, as in `007`.
    #[error("an amount has no leading zeros")]
    LeadingZero,
    /// More than the total supply.
    #[error("an amount is at most 1250000000000000000 Qirat")]
    AboveCap,
}

impl Qirat {
    /// Total supply: 1,250,000,000,000 GX in Qirat.
    pub const CAP: Self = Self(1_250_000_000_000_000_000);
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Qirat in one GX.
    pub const PER_GX: u64 = 1_000_000;

    /// An amount of `qirat` Qirat.
    ///
    /// # Errors
    /// [`QiratError::AboveCap`] above [`Qirat::CAP`].
    pub const fn new(qirat: u64) -> Result<Self, QiratError> {
        if qirat > Self::CAP.0 { Err(QiratError::AboveCap) } else { Ok(Self(qirat)) }
    }

    /// An amount of `gx` whole GX, for constants: fails to compile in const position when above the cap.
    #[must_use]
    pub const fn gx(gx: u64) -> Self {
        assert!(gx <= Self::CAP.0 / Self::PER_GX, "above the total supply");
        Self(gx * Self::PER_GX)
    }

    /// The number of Qirat.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of Qirat as the signed integer that databases store; the cap fits.
    #[must_use]
    pub const fn to_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// An amount read from a database column.
    ///
    /// # Errors
    /// [`QiratError::NotDigits`] when negative, [`QiratError::AboveCap`] above the cap.
    pub fn from_i64(value: i64) -> Result<Self, QiratError> {
        u64::try_from(value).map_err(|_| QiratError::NotDigits).and_then(Self::new)
    }

    /// The sum, or `None` above the cap.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|sum| Self::new(sum).ok())
    }

    /// The difference, or `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The difference, or zero when `other` is greater.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Text for people: GX from 1 GX up («1,250.5 GX»), Qirat below («50 Q»).
    #[must_use]
    pub fn display_gx(self) -> String {
        display_gx(self.0.into())
    }

    /// The amount in GX as a plain decimal number, for programs: `0.000002`, `1250.5`.
    #[must_use]
    pub fn decimal_gx(self) -> String {
        let (whole, rest) = (self.0 / Self::PER_GX, self.0 % Self::PER_GX);
        if rest == 0 {
            return whole.to_string();
        }
        let decimals = format!("{rest:06}");
        format!("{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// Text for people: GX from 1 GX up, Qirat below.
pub(crate) fn display_gx(qirat: u128) -> String {
    let per_gx = u128::from(Qirat::PER_GX);
    if qirat < per_gx {
        return format!("{} Q", group(qirat));
    }
    let (whole, rest) = (qirat / per_gx, qirat % per_gx);
    if rest == 0 {
        return format!("{} GX", group(whole));
    }
    let decimals = format!("{rest:06}");
    format!("{}.{} GX", group(whole), decimals.trim_end_matches('0'))
}

/// `1234567` → `1,234,567`.
fn group(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl FromStr for Qirat {
    type Err = QiratError;

    fn from_str(text: &str) -> Result<Self, QiratError> {
        if text.is_empty() {
            return Err(QiratError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QiratError::NotDigits);
        }
        if text.len() > 1 && text.starts_with('0') {
            return Err(QiratError::LeadingZero);
        }
        // Only digits are left, so the one way to fail is to be too long.
        text.parse().map_err(|_| QiratError::AboveCap).and_then(Self::new)
    }
}

impl fmt::Display for Qirat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Qirat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Q", self.0)
    }
}

impl Serialize for Qirat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Qirat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Qirat;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of Qirat as a decimal string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Qirat, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Qirat, E> {
                Qirat::new(number).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Qirat, E> {
                Err(E::custom(QiratError::NotDigits))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Qirat, E> {
                Err(E::custom(QiratError::NotDigits))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The checked sum of many amounts, `None` above the cap.
impl Sum<Qirat> for Option<Qirat> {
    fn sum<I: Iterator<Item = Qirat>>(mut iter: I) -> Self {
        iter.try_fold(Qirat::ZERO, Qirat::checked_add)
    }
}

#[cfg(feature = "openapi")]
pub(crate) mod openapi {
    use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
    use utoipa::openapi::{RefOr, Schema};

    impl utoipa::PartialSchema for super::Qirat {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .pattern(Some("^(0|[1-9][0-9]{0,18})$"))
                .description(Some(
                    "Whole number of Qirat (1 GX = 1,000,000 Q), at most 1250000000000000000, as a decimal string",
                ))
                .examples(["10000"])
                .build()
                .into()
        }
    }
    impl utoipa::ToSchema for super::Qirat {}

    /// A fee as clients may send it. Only a schema.
    #[derive(Debug, Clone, Copy)]
    pub struct FeeTyped;

    /// What shall be paid, as clients may send it: above zero. Only a schema.
    #[derive(Debug, Clone, Copy)]
    pub struct AmountTyped;

    fn typed(pattern: &str, least: usize) -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .pattern(Some(pattern))
            .description(Some("Whole number of Qirat as a decimal string, at most 1250000000000000000"))
            .examples(["10000"]);
        let number = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .minimum(Some(least))
            .maximum(usize::try_from(super::Qirat::CAP.get()).ok())
            .description(Some("The same as a number, without fraction or exponent"));
        OneOfBuilder::new().item(text).item(number).examples(["10000"]).into()
    }

    impl utoipa::PartialSchema for FeeTyped {
        fn schema() -> RefOr<Schema> {
            typed("^(0|[1-9][0-9]{0,18})$", 0)
        }
    }
    impl utoipa::ToSchema for FeeTyped {}

    impl utoipa::PartialSchema for AmountTyped {
        fn schema() -> RefOr<Schema> {
            typed("^[1-9][0-9]{0,18}$", 1)
        }
    }
    impl utoipa::ToSchema for AmountTyped {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_decimal_number_for_programs_has_no_unit_and_no_groups() {
        for (qirat, text) in
            [(0, "0"), (2, "0.000002"), (1_000, "0.001"), (500_000_000, "500"), (1_250_500_000, "1250.5")]
        {
            assert_eq!(Qirat(qirat).decimal_gx(), text);
        }
    }

    #[test]
    fn malformed_amounts_are_refused_by_name() {
        for (text, error) in [
            ("", QiratError::Empty),
            ("-1", QiratError::NotDigits),
            ("+1", QiratError::NotDigits),
            ("1.0", QiratError::NotDigits),
            ("1e3", QiratError::NotDigits),
            (" 1", QiratError::NotDigits),
            ("٣", QiratError::NotDigits),
            ("007", QiratError::LeadingZero),
            ("00", QiratError::LeadingZero),
            ("1250000000000000001", QiratError::AboveCap),
            ("99999999999999999999999", QiratError::AboveCap),
        ] {
            assert_eq!(text.parse::<Qirat>(), Err(error), "{text:?}");
        }
        assert_eq!("1250000000000000000".parse::<Qirat>(), Ok(Qirat::CAP));
    }

    #[test]
    fn json_takes_strings_and_exact_integers_and_gives_strings() {
        assert_eq!(serde_json::from_str::<Qirat>("\"50\"").unwrap(), Qirat(50));
        assert_eq!(serde_json::from_str::<Qirat>("50").unwrap(), Qirat(50));
        for bad in ["50.0", "5e1", "-5", "null", "true", "\"50.0\"", "[]"] {
            assert!(serde_json::from_str::<Qirat>(bad).is_err(), "{bad}");
        }
        assert_eq!(serde_json::to_string(&Qirat(50)).unwrap(), "\"50\"");
    }

    #[test]
    fn people_read_gx_and_qirat_below_one_gx() {
        for (qirat, text) in [
            (0, "0 Q"),
            (999_999, "999,999 Q"),
            (1_000_000, "1 GX"),
            (1_500_000, "1.5 GX"),
            (500_000_200, "500.0002 GX"),
            (1_250_000_000_000_000_000, "1,250,000,000,000 GX"),
        ] {
            assert_eq!(Qirat(qirat).display_gx(), text);
        }
    }

    proptest! {
        #[test]
        fn text_and_database_round_trip(value in 0..=Qirat::CAP.get()) {
            let amount = Qirat::new(value).unwrap();
            prop_assert_eq!(amount.to_string().parse::<Qirat>(), Ok(amount));
            prop_assert_eq!(Qirat::from_i64(amount.to_i64()), Ok(amount));
        }

        #[test]
        fn sums_never_pass_the_cap_and_differences_never_pass_zero(a in 0..=Qirat::CAP.get(), b in 0..=Qirat::CAP.get()) {
            let (x, y) = (Qirat::new(a).unwrap(), Qirat::new(b).unwrap());
            prop_assert_eq!(x.checked_add(y).map(Qirat::get), a.checked_add(b).filter(|sum| *sum <= Qirat::CAP.get()));
            prop_assert_eq!(x.checked_sub(y).map(Qirat::get), a.checked_sub(b));
        }
    }
}
