//! The parameters on the ledger: a closed set, each with its first value and a check of type and range.

use gx_types::Qirat;

use crate::fees::{FeeSchedule, FeeScheduleError};
use crate::genesis::PHASES;
use crate::hoarding::HoardingTax;

/// Name of the fee schedule; its value is the JSON of [`FeeSchedule`].
pub const FEE_SCHEDULE: &str = "feeSchedule";

/// Name of the hoarding tax; its value is the JSON of [`HoardingTax`].
pub const HOARDING_TAX: &str = "hoardingTax";

/// Name of the most one disbursement may pay, in whole GX.
pub const DISBURSEMENT_MAX_GX: &str = "disbursementMaxGx";

/// Name of the least trust that a loan asks for.
pub const LOAN_TRUST_MIN: &str = "loanTrustMin";

/// Highest value of [`LOAN_TRUST_MIN`]. Nobody has trust yet, so its first value is 0.
const LOAN_TRUST_CEILING: u64 = 100;

/// Highest value of [`DISBURSEMENT_MAX_GX`], and its first one: 100 million GX.
const DISBURSEMENT_CEILING_GX: u64 = 100_000_000;

/// A registered parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// The fee schedule.
    FeeSchedule,
    /// The most one disbursement may pay, in whole GX.
    DisbursementMaxGx,
    /// The least trust that a loan asks for.
    LoanTrustMin,
    /// Period and bands of the hoarding tax.
    HoardingTax,
}

impl Parameter {
    /// Every parameter.
    pub const ALL: [Self; 4] = [Self::FeeSchedule, Self::DisbursementMaxGx, Self::LoanTrustMin, Self::HoardingTax];

    /// Its name on the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FeeSchedule => FEE_SCHEDULE,
            Self::DisbursementMaxGx => DISBURSEMENT_MAX_GX,
            Self::LoanTrustMin => LOAN_TRUST_MIN,
            Self::HoardingTax => HOARDING_TAX,
        }
    }

    /// Its type and range.
    #[must_use]
    pub const fn kind(self) -> ParameterKind {
        match self {
            Self::FeeSchedule | Self::HoardingTax => ParameterKind::Json,
            Self::DisbursementMaxGx => ParameterKind::Whole { unit: "GX", least: 1, most: DISBURSEMENT_CEILING_GX },
            Self::LoanTrustMin => ParameterKind::Whole { unit: "points", least: 0, most: LOAN_TRUST_CEILING },
        }
    }

    /// What it decides, one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::FeeSchedule => "Rates in basis points and least fees, by kind of payment, place and amount.",
            Self::DisbursementMaxGx => "The most that one disbursement from a pool may pay.",
            Self::LoanTrustMin => "The least trust with which a person is lent coins.",
            Self::HoardingTax => {
                "Days that a balance is held before the hoarding tax is due, and its rates by balance."
            }
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
            Self::LoanTrustMin => "0".to_owned(),
            Self::HoardingTax => HoardingTax::initial().to_json(),
        }
    }

    /// The value as it is stored: one spelling for each meaning.
    ///
    /// # Errors
    /// What is wrong with the type or the range, in words.
    pub fn check(self, value: &str) -> Result<String, String> {
        match self {
            Self::FeeSchedule => {
                FeeSchedule::from_json(value).map(|schedule| schedule.to_json()).map_err(|error| match error {
                    FeeScheduleError::Unreadable(_) => {
                        "This is not a fee schedule: give all of it as JSON, in the form of the present value."
                            .to_owned()
                    }
                    other => other.to_string(),
                })
            }
            Self::DisbursementMaxGx => whole_number(value, 1, DISBURSEMENT_CEILING_GX),
            Self::LoanTrustMin => whole_number(value, 0, LOAN_TRUST_CEILING),
            Self::HoardingTax => {
                HoardingTax::from_json(value).map(|tax| tax.to_json()).map_err(|error| error.to_string())
            }
        }
    }
}

/// The type of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A whole number, digits only.
    Whole {
        /// What is counted.
        unit: &'static str,
        /// Smallest value.
        least: u64,
        /// Largest value.
        most: u64,
    },
    /// A JSON object.
    Json,
}

/// A figure that is part of the contracts and changes only with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: u64,
    /// What is counted.
    pub unit: &'static str,
    /// What it decides, one sentence.
    pub meaning: String,
}

/// Every figure that is part of the contracts.
#[must_use]
pub fn constants() -> Vec<Constant> {
    let mut all = vec![Constant {
        name: "MAX_SUPPLY".to_owned(),
        value: Qirat::CAP.get(),
        unit: "Qirat",
        meaning: "The most coins that there can ever be.".to_owned(),
    }];
    for phase in PHASES {
        all.push(Constant {
            name: format!("PHASE_{}_COINS", phase.number),
            value: phase.user_grant.get(),
            unit: "Qirat",
            meaning: format!("What a person is granted in genesis phase {}.", phase.number),
        });
    }
    // The treasuries' rate is one for the first five phases and another for the last.
    let mut rates: Vec<(Qirat, u8, u8)> = Vec::new();
    for phase in PHASES {
        match rates.last_mut() {
            Some((grant, _, last)) if *grant == phase.treasury_grant => *last = phase.number,
            _ => rates.push((phase.treasury_grant, phase.number, phase.number)),
        }
    }
    for (grant, first, last) in rates {
        let name =
            if first == 1 { "GOVT_ALLOCATION_RATE".to_owned() } else { format!("GOVT_ALLOCATION_RATE_PHASE_{first}") };
        let phases = if first == last { format!("phase {first}") } else { format!("phases {first} to {last}") };
        all.push(Constant {
            name,
            value: grant.get(),
            unit: "Qirat",
            meaning: format!("What the treasury of a person's country is granted in genesis {phases}."),
        });
    }
    all
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
    fn what_is_fixed_is_told_by_name() {
        let of =
            |name: &str| constants().into_iter().find(|constant| constant.name == name).map(|constant| constant.value);
        assert_eq!(of("MAX_SUPPLY"), Some(1_250_000_000_000_000_000));
        for (phase, gx) in [(1, 500), (2, 400), (3, 300), (4, 200), (5, 100), (6, 50)] {
            assert_eq!(of(&format!("PHASE_{phase}_COINS")), Some(gx * 1_000_000));
        }
        assert_eq!(of("GOVT_ALLOCATION_RATE"), Some(50_000_000));
        assert_eq!(of("GOVT_ALLOCATION_RATE_PHASE_6"), Some(10_000_000));
        assert_eq!(constants().len(), 9);
        assert!(constants().iter().all(|constant| Parameter::parse(&constant.name).is_none()));
    }

    #[test]
    fn values_outside_type_or_range_are_refused() {
        for value in ["", "0", "100000001", "-1", "+1", "01", "1.0", "1e3", " 1", "18446744073709551616"] {
            assert!(Parameter::DisbursementMaxGx.check(value).is_err(), "{value:?}");
        }
        assert_eq!(Parameter::DisbursementMaxGx.check("1"), Ok("1".to_owned()));
        assert!(Parameter::FeeSchedule.check("{}").is_err());
        assert!(Parameter::HoardingTax.check("{}").is_err());
        let spaced = FeeSchedule::initial().to_json().replace(',', " , ");
        assert_eq!(Parameter::FeeSchedule.check(&spaced), Ok(FeeSchedule::initial().to_json()));
    }
}
