//! The parameters on the ledger: a closed set, each with its first value and a check of type and range.

use crate::fees::FeeSchedule;

/// Name of the fee schedule; its value is the JSON of [`FeeSchedule`].
pub const FEE_SCHEDULE: &str = "feeSchedule";

/// Name of the most one disbursement may pay, in whole GX.
pub const DISBURSEMENT_MAX_GX: &str = "disbursementMaxGx";

/// Highest value of [`DISBURSEMENT_MAX_GX`], and its first one: 100 million GX.
const DISBURSEMENT_CEILING_GX: u64 = 100_000_000;

/// A registered parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// The fee schedule.
    FeeSchedule,
    /// The most one disbursement may pay, in whole GX.
    DisbursementMaxGx,
}

impl Parameter {
    /// Every parameter.
    pub const ALL: [Self; 2] = [Self::FeeSchedule, Self::DisbursementMaxGx];

    /// Its name on the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FeeSchedule => FEE_SCHEDULE,
            Self::DisbursementMaxGx => DISBURSEMENT_MAX_GX,
        }
    }

    /// Reads the name back; `None` for any other text.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }

    /// The value that the bootstrap gives it.
    #[must_use]
    pub fn initial(self) -> String {
        match self {
            Self::FeeSchedule => FeeSchedule::initial().to_json(),
            Self::DisbursementMaxGx => DISBURSEMENT_CEILING_GX.to_string(),
        }
    }

    /// The value as it is stored: one spelling for each meaning.
    ///
    /// # Errors
    /// What is wrong with the type or the range, in words.
    pub fn check(self, value: &str) -> Result<String, String> {
        match self {
            Self::FeeSchedule => {
                FeeSchedule::from_json(value).map(|schedule| schedule.to_json()).map_err(|error| error.to_string())
            }
            Self::DisbursementMaxGx => whole_number(value, 1, DISBURSEMENT_CEILING_GX),
        }
    }
}

fn whole_number(value: &str, least: u64, most: u64) -> Result<String, String> {
    value
        .parse::<u64>()
        .ok()
        .filter(|number| (least..=most).contains(number) && number.to_string() == value)
        .map(|number| number.to_string())
        .ok_or_else(|| format!("a whole number from {least} to {most}, digits only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_value_passes_its_own_check() {
        for parameter in Parameter::ALL {
            assert_eq!(parameter.check(&parameter.initial()), Ok(parameter.initial()));
            assert_eq!(Parameter::parse(parameter.name()), Some(parameter));
        }
        assert_eq!(Parameter::parse("feeschedule"), None);
    }

    #[test]
    fn values_outside_type_or_range_are_refused() {
        for value in ["", "0", "100000001", "-1", "+1", "01", "1.0", "1e3", " 1", "18446744073709551616"] {
            assert!(Parameter::DisbursementMaxGx.check(value).is_err(), "{value:?}");
        }
        assert_eq!(Parameter::DisbursementMaxGx.check("1"), Ok("1".to_owned()));
        assert!(Parameter::FeeSchedule.check("{}").is_err());
        let spaced = FeeSchedule::initial().to_json().replace(',', " , ");
        assert_eq!(Parameter::FeeSchedule.check(&spaced), Ok(FeeSchedule::initial().to_json()));
    }
}
