//! The hoarding tax: data, and the one place that computes it. Who holds at least the threshold for a whole period
//! without a break owes a share of the balance.
//!
//! ```text
//! timer    starts when the balance reaches the threshold, ends when it falls below
//! due      timer + period
//! band     the one that holds the whole balance
//! full     ⌊balance × rate ÷ 10,000⌋
//! tax(b)   min(full, tax(e) + (b − e)), where e is the end of the band below
//! ```
//!
//! The second part of the last line takes the cliffs away that a rate on the whole balance has at the edges of its bands:
//! nobody is left with less because they hold a Qirat more. It acts only just above an edge; the rest of a band pays the
//! plain rate. Nothing here reads a clock or a state: a contract charges with it, and a preview is computed by it.

use std::time::Duration;

use gx_types::{Qirat, Timestamp};
use serde::{Deserialize, Serialize};

/// Highest rate a band may have, in basis points: 10 %.
pub const RATE_MAX_BPS: u16 = 1_000;

/// Longest period, in days.
pub const PERIOD_DAYS_MAX: u32 = 3_660;

/// Most bands.
pub const BANDS_MAX: usize = 16;

const BPS_PER_WHOLE: u128 = 10_000;
const DAY_SECONDS: u64 = 86_400;

/// The rate for balances up to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoardingBand {
    /// Highest balance of this band, in Qirat, included; none in the last band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_qirat: Option<u64>,
    /// Basis points of the whole balance for a period.
    pub rate_bps: u16,
}

/// Period and bands, a parameter on the ledger (its value is this type's JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", rename_all = "camelCase")]
pub struct HoardingTax {
    period_days: u32,
    bands: Vec<HoardingBand>,
}

/// The same before it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    period_days: u32,
    bands: Vec<HoardingBand>,
}

impl TryFrom<Unchecked> for HoardingTax {
    type Error = HoardingTaxError;

    fn try_from(raw: Unchecked) -> Result<Self, HoardingTaxError> {
        let tax = Self { period_days: raw.period_days, bands: raw.bands };
        tax.check()?;
        Ok(tax)
    }
}

/// Why period and bands are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoardingTaxError {
    /// Not the JSON of a hoarding tax.
    #[error("the hoarding tax is not readable: {0}")]
    Unreadable(String),
    /// No days, or too many.
    #[error("the period has 1 to {PERIOD_DAYS_MAX} days")]
    Period,
    /// The bands do not ascend to an open end, or are too many.
    #[error("the bands, at most {BANDS_MAX}, must ascend and end open")]
    Bands,
    /// A rate above 10 %, one that falls, or one above zero in the first band.
    #[error("the rates begin with 0, do not fall, and end at {RATE_MAX_BPS} basis points at most")]
    Rates,
}

/// A band with both its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandRange {
    /// Lowest balance, Qirat, included.
    pub from: Qirat,
    /// Highest balance, Qirat, included; none in the last band.
    pub up_to: Option<Qirat>,
    /// Basis points of the whole balance for a period.
    pub rate_bps: u16,
}

/// Where a balance stands with the tax at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assessment {
    /// The band of the balance.
    pub band: BandRange,
    /// The whole balance at the rate of its band, Qirat.
    pub full: Qirat,
    /// What is owed for a complete period, Qirat: `full`, or less just above the edge of a band.
    pub tax: Qirat,
    /// Whole days, of 24 hours each, since the timer started; 0 without a timer.
    pub held_days: u64,
    /// When the period is complete; none without a timer.
    pub due_at: Option<Timestamp>,
    /// Whether it is.
    pub is_due: bool,
}

impl HoardingTax {
    /// What the ledger starts with: 355 days; 2.5 % from 100 GX on, 6 % above 100,000 GX.
    #[must_use]
    pub fn initial() -> Self {
        let band = |up_to: Qirat, rate_bps| HoardingBand { up_to_qirat: Some(up_to.get()), rate_bps };
        Self {
            period_days: 355,
            bands: vec![
                // Below 100 GX nothing; 100 GX itself is held.
                HoardingBand { up_to_qirat: Some(Qirat::gx(100).get() - 1), rate_bps: 0 },
                band(Qirat::gx(1_000), 250),
                band(Qirat::gx(5_000), 300),
                band(Qirat::gx(10_000), 350),
                band(Qirat::gx(25_000), 400),
                band(Qirat::gx(50_000), 450),
                band(Qirat::gx(100_000), 550),
                HoardingBand { up_to_qirat: None, rate_bps: 600 },
            ],
        }
    }

    /// Reads and checks a parameter's value.
    ///
    /// # Errors
    /// Anything but a complete tax within its limits.
    pub fn from_json(text: &str) -> Result<Self, HoardingTaxError> {
        let raw: Unchecked =
            serde_json::from_str(text).map_err(|error| HoardingTaxError::Unreadable(error.to_string()))?;
        raw.try_into()
    }

    /// The canonical text, as it stands in the parameter.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Days that a balance must be held without a break.
    #[must_use]
    pub const fn period_days(&self) -> u32 {
        self.period_days
    }

    /// The bands with both their ends, ascending.
    pub fn bands(&self) -> impl Iterator<Item = BandRange> {
        let mut from = Qirat::ZERO;
        self.bands.iter().map(move |band| {
            // `check` has seen that bounds are amounts that can exist, below the cap.
            let up_to = band.up_to_qirat.map(|bound| Qirat::new(bound).unwrap_or(Qirat::CAP));
            let range = BandRange { from, up_to, rate_bps: band.rate_bps };
            from = up_to.and_then(|bound| bound.checked_add(ONE)).unwrap_or(Qirat::CAP);
            range
        })
    }

    /// The lowest balance that is taxed; `None` when none is.
    #[must_use]
    pub fn threshold(&self) -> Option<Qirat> {
        self.bands().find(|band| band.rate_bps > 0).map(|band| band.from)
    }

    /// One step of the timer: since when the threshold is held, after a change of the balance at `at`.
    #[must_use]
    pub fn held_since(&self, before: Option<Timestamp>, balance: Qirat, at: Timestamp) -> Option<Timestamp> {
        let held = self.threshold().is_some_and(|threshold| balance >= threshold);
        held.then(|| before.unwrap_or(at))
    }

    /// What a complete period costs on a balance, in Qirat.
    #[must_use]
    pub fn tax(&self, balance: Qirat) -> Qirat {
        self.upto(balance).1
    }

    /// Where a balance stands at `at`; `held_since` is the timer.
    #[must_use]
    pub fn assess(&self, balance: Qirat, held_since: Option<Timestamp>, at: Timestamp) -> Assessment {
        let (band, tax) = self.upto(balance);
        let period = Duration::from_secs(u64::from(self.period_days) * DAY_SECONDS);
        let due_at = held_since.map(|since| since.plus(period));
        Assessment {
            band,
            full: share(balance, band.rate_bps),
            tax,
            held_days: held_since.map_or(0, |since| at.since(since).as_secs() / DAY_SECONDS),
            due_at,
            is_due: due_at.is_some_and(|due| due <= at),
        }
    }

    /// The band of a balance, and the tax on it: band by band from below, each edge taking the tax of the one before.
    fn upto(&self, balance: Qirat) -> (BandRange, Qirat) {
        let (mut edge, mut owed_at_edge) = (Qirat::ZERO, Qirat::ZERO);
        let mut last = BandRange { from: Qirat::ZERO, up_to: None, rate_bps: 0 };
        for band in self.bands() {
            let end = band.up_to.map_or(balance, |bound| bound.min(balance));
            let above = end.saturating_sub(edge);
            let relieved = owed_at_edge.checked_add(above).unwrap_or(Qirat::CAP);
            owed_at_edge = share(end, band.rate_bps).min(relieved);
            (edge, last) = (end, band);
            if band.up_to.is_none_or(|bound| balance <= bound) {
                break;
            }
        }
        (last, owed_at_edge)
    }

    fn check(&self) -> Result<(), HoardingTaxError> {
        if !(1..=PERIOD_DAYS_MAX).contains(&self.period_days) {
            return Err(HoardingTaxError::Period);
        }
        let bounds: Vec<u64> = self.bands.iter().map(|band| band.up_to_qirat.unwrap_or(u64::MAX)).collect();
        let (open, closed) = self.bands.split_last().ok_or(HoardingTaxError::Bands)?;
        let within = |band: &HoardingBand| band.up_to_qirat.is_some_and(|bound| bound < Qirat::CAP.get());
        let ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || open.up_to_qirat.is_some() || !closed.iter().all(within) || self.bands.len() > BANDS_MAX {
            return Err(HoardingTaxError::Bands);
        }
        let rates: Vec<u16> = self.bands.iter().map(|band| band.rate_bps).collect();
        if rates.first() != Some(&0) || !rates.is_sorted() || rates.last().is_some_and(|rate| *rate > RATE_MAX_BPS) {
            return Err(HoardingTaxError::Rates);
        }
        Ok(())
    }
}

/// One Qirat, the step from one band to the next.
const ONE: Qirat = match Qirat::new(1) {
    Ok(one) => one,
    Err(_) => Qirat::ZERO,
};

/// A share of an amount, rounded down to a whole Qirat.
fn share(amount: Qirat, rate_bps: u16) -> Qirat {
    let exact = u128::from(amount.get()) * u128::from(rate_bps) / BPS_PER_WHOLE;
    // A tenth of an amount within the cap is within the cap.
    u64::try_from(exact).ok().and_then(|qirat| Qirat::new(qirat).ok()).unwrap_or(Qirat::CAP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_768_478_400_000_000);
    const DAY: Duration = Duration::from_secs(DAY_SECONDS);

    fn qirat(value: u64) -> Qirat {
        Qirat::new(value).unwrap()
    }

    /// (balance, rate in basis points, tax), amounts in Qirat.
    const VECTORS: &[(u64, u16, u64)] = &[
        (0, 0, 0),
        (99_999_999, 0, 0),
        // Just above an edge a Qirat more costs no more than that Qirat.
        (100_000_000, 250, 1),
        (100_000_001, 250, 2),
        // From about 102.56 GX on the plain rate is less.
        (102_564_101, 250, 2_564_102),
        (102_564_102, 250, 2_564_102),
        (103_000_000, 250, 2_575_000),
        (200_000_000, 250, 5_000_000),
        (500_000_000, 250, 12_500_000),
        (500_000_039, 250, 12_500_000),
        (500_000_040, 250, 12_500_001),
        (1_000_000_000, 250, 25_000_000),
        (1_000_000_001, 300, 25_000_001),
        (1_500_000_000, 300, 45_000_000),
        (5_000_000_000, 300, 150_000_000),
        (6_000_000_000, 350, 210_000_000),
        (10_000_000_000, 350, 350_000_000),
        (20_000_000_000, 400, 800_000_000),
        (25_000_000_000, 400, 1_000_000_000),
        (40_000_000_000, 450, 1_800_000_000),
        (50_000_000_000, 450, 2_250_000_000),
        (75_000_000_000, 550, 4_125_000_000),
        (100_000_000_000, 550, 5_500_000_000),
        (100_000_000_001, 600, 5_500_000_001),
        (200_000_000_000, 600, 12_000_000_000),
        (1_250_000_000_000_000_000, 600, 75_000_000_000_000_000),
    ];

    #[test]
    fn the_tax_follows_the_table() {
        let tax = HoardingTax::initial();
        for &(balance, rate_bps, owed) in VECTORS {
            let assessed = tax.assess(qirat(balance), None, START);
            assert_eq!((assessed.band.rate_bps, assessed.tax.get()), (rate_bps, owed), "{balance}");
            assert_eq!(tax.tax(qirat(balance)), assessed.tax);
            let plain = u128::from(balance) * u128::from(rate_bps) / 10_000;
            assert_eq!(u128::from(assessed.full.get()), plain, "{balance}");
        }
        assert_eq!(tax.threshold(), Some(Qirat::gx(100)));
    }

    #[test]
    fn a_period_is_complete_to_the_microsecond() {
        let tax = HoardingTax::initial();
        let due = START.plus(DAY * 355);
        let at = |moment| tax.assess(Qirat::gx(500), Some(START), moment);
        for (moment, days, is_due) in [
            (START, 0, false),
            (START.plus(DAY).minus(Duration::from_micros(1)), 0, false),
            (START.plus(DAY), 1, false),
            (due.minus(Duration::from_micros(1)), 354, false),
            (due, 355, true),
            (due.plus(DAY * 100), 455, true),
            // A clock that is behind the ledger.
            (START.minus(DAY), 0, false),
        ] {
            let assessed = at(moment);
            assert_eq!((assessed.held_days, assessed.is_due, assessed.due_at), (days, is_due, Some(due)), "{moment:?}");
        }
        let never = tax.assess(Qirat::gx(99), None, due);
        assert_eq!((never.held_days, never.is_due, never.due_at), (0, false, None));
    }

    #[test]
    fn the_timer_starts_at_the_threshold_and_ends_below_it() {
        let tax = HoardingTax::initial();
        let day = |number: u32| START.plus(DAY * number);
        let mut timer = None;
        for (number, balance, since) in [
            (0, 99_999_999, None),
            (1, 100_000_000, Some(1)),
            (2, 900_000_000, Some(1)),
            (3, 100_000_000, Some(1)),
            (4, 99_999_999, None),
            (5, 0, None),
            (6, 500_000_000, Some(6)),
        ] {
            timer = tax.held_since(timer, qirat(balance), day(number));
            assert_eq!(timer, since.map(day), "day {number}");
        }
    }

    #[test]
    fn a_tax_of_nothing_has_no_threshold() {
        let none = HoardingTax::from_json(r#"{"periodDays":1,"bands":[{"rateBps":0}]}"#).unwrap();
        assert_eq!(none.threshold(), None);
        assert_eq!(none.held_since(Some(START), Qirat::CAP, START), None);
        assert_eq!(none.tax(Qirat::CAP), Qirat::ZERO);
    }

    #[test]
    fn the_initial_tax_survives_its_own_text() {
        let tax = HoardingTax::initial();
        assert_eq!(HoardingTax::from_json(&tax.to_json()), Ok(tax));
    }

    #[test]
    fn unsound_taxes_are_refused() {
        use HoardingTaxError::{Bands, Period, Rates};
        let initial = HoardingTax::initial();
        let with = |change: &dyn Fn(&mut HoardingTax)| {
            let mut tax = initial.clone();
            change(&mut tax);
            HoardingTax::from_json(&tax.to_json()).map(|_| ())
        };
        assert_eq!(with(&|tax| tax.period_days = 0), Err(Period));
        assert_eq!(with(&|tax| tax.period_days = PERIOD_DAYS_MAX + 1), Err(Period));
        assert_eq!(with(&|tax| tax.bands.clear()), Err(Bands));
        assert_eq!(with(&|tax| tax.bands.truncate(3)), Err(Bands));
        assert_eq!(with(&|tax| tax.bands.swap(1, 2)), Err(Bands));
        assert_eq!(with(&|tax| tax.bands[2].up_to_qirat = None), Err(Bands));
        assert_eq!(with(&|tax| tax.bands[6].up_to_qirat = Some(Qirat::CAP.get())), Err(Bands));
        assert_eq!(with(&|tax| tax.bands.splice(0..0, (1..=9).map(narrow)).for_each(drop)), Err(Bands));
        assert_eq!(with(&|tax| tax.bands[0].rate_bps = 1), Err(Rates));
        assert_eq!(with(&|tax| tax.bands[3].rate_bps = 299), Err(Rates));
        assert_eq!(with(&|tax| tax.bands[7].rate_bps = 1_001), Err(Rates));
        for text in ["", "{}", "[]", r#"{"periodDays":355,"bands":[{"rateBps":0}],"extra":1}"#] {
            assert!(matches!(HoardingTax::from_json(text), Err(HoardingTaxError::Unreadable(_))), "{text}");
        }
    }

    fn narrow(bound: u64) -> HoardingBand {
        HoardingBand { up_to_qirat: Some(bound), rate_bps: 0 }
    }

    /// Any sound tax; bands may be as narrow as a Qirat.
    fn taxes() -> impl Strategy<Value = HoardingTax> {
        let bounds = prop::collection::btree_set(prop_oneof![1..2_000_u64, 1..Qirat::CAP.get()], 1..BANDS_MAX);
        (bounds, prop::collection::vec(0..=RATE_MAX_BPS, BANDS_MAX), 1..=PERIOD_DAYS_MAX).prop_map(
            |(bounds, mut rates, period_days)| {
                rates[0] = 0;
                rates.sort_unstable();
                let ends = bounds.into_iter().map(Some).chain([None]);
                let bands =
                    ends.zip(rates).map(|(up_to_qirat, rate_bps)| HoardingBand { up_to_qirat, rate_bps }).collect();
                HoardingTax { period_days, bands }
            },
        )
    }

    /// Balances of every size, and such as lie at the edges of bands.
    fn balances() -> impl Strategy<Value = u64> {
        prop_oneof![0..3_000_u64, 0..=Qirat::CAP.get(), 0..2_000_000_000_000_u64]
    }

    proptest! {
        /// Every made-up tax is one that the ledger would take.
        #[test]
        fn sound_taxes_pass_their_own_check(tax in taxes()) {
            prop_assert_eq!(HoardingTax::from_json(&tax.to_json()), Ok(tax));
        }

        /// Who has more pays no less, and is left with no less.
        #[test]
        fn a_qirat_more_never_leaves_less(tax in taxes(), low in balances(), more in prop_oneof![Just(1_u64), balances()]) {
            let low = qirat(low);
            let high = low.checked_add(qirat(more)).unwrap_or(Qirat::CAP);
            prop_assert!(tax.tax(low) <= tax.tax(high));
            prop_assert!(low.get() - tax.tax(low).get() <= high.get() - tax.tax(high).get());
        }

        /// Never more than the rate of the band, nothing below the threshold, and exactly the rate away from the edges.
        #[test]
        fn the_rate_is_the_most(tax in taxes(), balance in balances()) {
            let balance = qirat(balance);
            let assessed = tax.assess(balance, None, START);
            prop_assert!(assessed.tax <= assessed.full);
            prop_assert!(assessed.band.from <= balance && assessed.band.up_to.is_none_or(|end| balance <= end));
            if tax.threshold().is_none_or(|threshold| balance < threshold) {
                prop_assert_eq!(assessed.tax, Qirat::ZERO);
            }
            // Above an edge by the highest rate's share of the balance, the relief has ended.
            let above = balance.get() - assessed.band.from.get();
            if u128::from(above) * 10 > u128::from(balance.get()) {
                prop_assert_eq!(assessed.tax, assessed.full);
            }
        }

        /// The timer is the time of the first balance of the unbroken run that ends now.
        #[test]
        fn the_timer_is_the_start_of_the_last_run(
            steps in prop::collection::vec((0..300_u64, 0..1_000_000_u64), 0..40)
        ) {
            let tax = HoardingTax::initial();
            let mut at = START;
            let mut timer = None;
            let mut lines = Vec::new();
            for (gx, gap) in steps {
                at = at.plus(Duration::from_secs(gap));
                timer = tax.held_since(timer, Qirat::gx(gx), at);
                lines.push((gx, at));
            }
            let run = lines.iter().rev().take_while(|(gx, _)| *gx >= 100).last().map(|(_, at)| *at);
            prop_assert_eq!(timer, run);
        }
    }
}
