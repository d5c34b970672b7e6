//! The fee schedule: data, and the one function that computes a fee. The contract charges with it and the API quotes
//! with it, so that a quote is what is charged.

use std::fmt;

use gx_types::{AccountId, Qirat};
use serde::{Deserialize, Serialize};

/// Highest rate a schedule may hold, in basis points: 10 %.
pub const RATE_MAX_BPS: u16 = 1_000;

/// Highest minimum fee a band may hold, in Qirat: 1 GX.
pub const MINIMUM_MAX_QIRAT: u64 = 1_000_000;

/// Most bands a row may have.
pub const BANDS_MAX: usize = 16;

const BPS_PER_WHOLE: u128 = 10_000;

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TransactionType {
    /// Between two people.
    #[serde(rename = "P2P")]
    P2P,
    /// A person pays a business.
    Merchant,
    /// A government body takes part.
    Government,
    /// Between two businesses.
    #[serde(rename = "B2B")]
    B2B,
}

impl TransactionType {
    /// Every type, in the order of the schedule.
    pub const ALL: [Self; 4] = [Self::P2P, Self::Merchant, Self::Government, Self::B2B];

    /// The word used in arguments, events and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P2P => "P2P",
            Self::Merchant => "MERCHANT",
            Self::Government => "GOVERNMENT",
            Self::B2B => "B2B",
        }
    }

    /// Reads the word back; `None` for any other text.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for TransactionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether both accounts belong to one country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Both in one country.
    Local,
    /// In two countries.
    CrossBorder,
}

impl Scope {
    /// Both scopes, in the order of the schedule.
    pub const ALL: [Self; 2] = [Self::Local, Self::CrossBorder];

    /// The word used in events and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "LOCAL",
            Self::CrossBorder => "CROSS_BORDER",
        }
    }
}

/// The rate for amounts up to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeeBand {
    /// Highest amount of this band, in Qirat, included; none in the last band of a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_qirat: Option<u64>,
    /// Basis points of the amount; the fee is rounded up to a whole Qirat.
    pub rate_bps: u16,
    /// Lowest fee in Qirat, when the rate is above zero.
    pub minimum_qirat: u64,
}

/// The bands of one type and scope, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeeRow {
    /// What the payment is for.
    pub transaction_type: TransactionType,
    /// Local or cross-border.
    pub scope: Scope,
    /// Ascending; the last one has no bound.
    pub bands: Vec<FeeBand>,
}

/// The fee schedule, a parameter on the ledger (its value is this type's JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FeeRows")]
pub struct FeeSchedule {
    rows: Vec<FeeRow>,
}

/// A schedule before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeeRows {
    rows: Vec<FeeRow>,
}

impl TryFrom<FeeRows> for FeeSchedule {
    type Error = FeeScheduleError;

    fn try_from(raw: FeeRows) -> Result<Self, FeeScheduleError> {
        let schedule = Self { rows: raw.rows };
        schedule.check()?;
        Ok(schedule)
    }
}

/// A fee and the rate it was computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    /// What the payer pays on top, in Qirat.
    pub qirat: u64,
    /// The rate of the band, in basis points.
    pub rate_bps: u16,
}

/// What a payment costs and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// What the receiver gets, Qirat.
    pub amount: Qirat,
    /// What the payer pays on top, Qirat.
    pub fee: Qirat,
    /// Basis points of the amount; zero when the payment is free.
    pub rate_bps: u16,
    /// The type that was asked for, or follows from the accounts.
    pub transaction_type: TransactionType,
    /// Whether it crosses a border.
    pub scope: Scope,
}

/// The fee of a payment: what the contract charges, and what a quote says. Without `asked`, the type follows from the
/// accounts. Treasuries and the system neither pay nor cause a fee.
#[must_use]
pub fn quote(
    schedule: &FeeSchedule,
    from: &AccountId,
    to: &AccountId,
    asked: Option<TransactionType>,
    amount: Qirat,
) -> Quote {
    let transaction_type = asked.unwrap_or_else(|| inferred_type(from, to));
    let scope = scope(from, to);
    if from.is_fee_exempt() || to.is_fee_exempt() {
        return Quote { amount, fee: Qirat::ZERO, rate_bps: 0, transaction_type, scope };
    }
    schedule.quote(transaction_type, scope, amount)
}

/// Cross-border when both accounts have a country and these differ; system accounts have none.
fn scope(from: &AccountId, to: &AccountId) -> Scope {
    let country = |account: &AccountId| match account {
        AccountId::Holder(id) => Some(id.country()),
        AccountId::Treasury(country) => Some(*country),
        AccountId::System(_) => None,
    };
    match (country(from), country(to)) {
        (Some(a), Some(b)) if a != b => Scope::CrossBorder,
        _ => Scope::Local,
    }
}

/// By the kinds of both holders: 6 to 9 are governmental, 0 is a person, the others are businesses.
fn inferred_type(from: &AccountId, to: &AccountId) -> TransactionType {
    let kind = |account: &AccountId| match account {
        AccountId::Holder(id) => id.account_type().digit(),
        AccountId::Treasury(_) | AccountId::System(_) => '6',
    };
    match (kind(from), kind(to)) {
        ('6'..='9', _) | (_, '6'..='9') => TransactionType::Government,
        ('0', '0') => TransactionType::P2P,
        ('0', _) | (_, '0') => TransactionType::Merchant,
        _ => TransactionType::B2B,
    }
}

/// Why a schedule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeeScheduleError {
    /// Not the JSON of a schedule.
    #[error("the fee schedule is not readable: {0}")]
    Unreadable(String),
    /// Rows are not each type and scope once, in order.
    #[error("the fee schedule needs one row for each type and scope, in order")]
    Rows,
    /// The bands of a row do not ascend to an open end, or are too many.
    #[error("the bands of {0} {scope} must ascend and end open", scope = .1.as_str())]
    Bands(TransactionType, Scope),
    /// A rate above 10 %, a minimum above 1 GX, or a minimum without a rate.
    #[error("a rate or minimum of {0} {scope} is out of range", scope = .1.as_str())]
    Figures(TransactionType, Scope),
}

impl FeeSchedule {
    /// The schedule that the ledger starts with.
    #[must_use]
    pub fn initial() -> Self {
        use Scope::{CrossBorder, Local};
        use TransactionType::{B2B, Government, Merchant, P2P};
        let band = |up_to_qirat, rate_bps, minimum_qirat| FeeBand { up_to_qirat, rate_bps, minimum_qirat };
        let flat = |rate_bps| vec![band(None, rate_bps, 1)];
        let row = |transaction_type, scope, bands| FeeRow { transaction_type, scope, bands };
        Self {
            rows: vec![
                // Below 3 GX free; 3 GX and 100 GX belong to the middle band.
                row(P2P, Local, vec![band(Some(2_999_999), 0, 0), band(Some(100_000_000), 5, 1), band(None, 10, 1)]),
                row(P2P, CrossBorder, vec![band(Some(100), 15, 1), band(Some(100_000_000), 15, 2), band(None, 25, 2)]),
                row(Merchant, Local, flat(15)),
                row(Merchant, CrossBorder, flat(30)),
                row(Government, Local, flat(10)),
                row(Government, CrossBorder, flat(20)),
                row(B2B, Local, flat(20)),
                row(B2B, CrossBorder, flat(40)),
            ],
        }
    }

    /// Reads and checks a schedule.
    ///
    /// # Errors
    /// Anything but the complete schedule within its limits.
    pub fn from_json(text: &str) -> Result<Self, FeeScheduleError> {
        let raw: FeeRows =
            serde_json::from_str(text).map_err(|error| FeeScheduleError::Unreadable(error.to_string()))?;
        raw.try_into()
    }

    /// The canonical text, as it stands in the parameter.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The rows: every type and scope once.
    #[must_use]
    pub fn rows(&self) -> &[FeeRow] {
        &self.rows
    }

    /// What a payment of a type and scope costs, when none of both sides is exempt.
    #[must_use]
    pub fn quote(&self, transaction_type: TransactionType, scope: Scope, amount: Qirat) -> Quote {
        let Fee { qirat, rate_bps } = self.fee(transaction_type, scope, amount.get());
        // A tenth of an amount within the cap is within the cap.
        Quote { amount, fee: Qirat::new(qirat).unwrap_or(Qirat::CAP), rate_bps, transaction_type, scope }
    }

    /// The fee of a payment that is not exempt, for an amount in Qirat.
    #[must_use]
    pub fn fee(&self, transaction_type: TransactionType, scope: Scope, amount_qirat: u64) -> Fee {
        let band = self.band(transaction_type, scope, amount_qirat);
        if band.rate_bps == 0 {
            return Fee { qirat: 0, rate_bps: 0 };
        }
        // At most a tenth of the amount, so it fits.
        let exact = (u128::from(amount_qirat) * u128::from(band.rate_bps)).div_ceil(BPS_PER_WHOLE);
        let rounded = u64::try_from(exact).unwrap_or(u64::MAX);
        Fee { qirat: rounded.max(band.minimum_qirat), rate_bps: band.rate_bps }
    }

    fn band(&self, transaction_type: TransactionType, scope: Scope, amount_qirat: u64) -> FeeBand {
        let closed = FeeBand { up_to_qirat: None, rate_bps: RATE_MAX_BPS, minimum_qirat: MINIMUM_MAX_QIRAT };
        // `check` has seen each row and an open last band, so `closed` is never the answer.
        self.rows
            .iter()
            .find(|row| row.transaction_type == transaction_type && row.scope == scope)
            .and_then(|row| row.bands.iter().find(|band| band.up_to_qirat.is_none_or(|bound| amount_qirat <= bound)))
            .copied()
            .unwrap_or(closed)
    }

    fn check(&self) -> Result<(), FeeScheduleError> {
        let expected = TransactionType::ALL.into_iter().flat_map(|kind| Scope::ALL.map(|scope| (kind, scope)));
        if !self.rows.iter().map(|row| (row.transaction_type, row.scope)).eq(expected) {
            return Err(FeeScheduleError::Rows);
        }
        for row in &self.rows {
            let bounds: Vec<u64> = row.bands.iter().map(|band| band.up_to_qirat.unwrap_or(u64::MAX)).collect();
            let ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
            let ends_open = row.bands.last().is_some_and(|band| band.up_to_qirat.is_none());
            if !ascending || !ends_open || row.bands.len() > BANDS_MAX || bounds.first() == Some(&0) {
                return Err(FeeScheduleError::Bands(row.transaction_type, row.scope));
            }
            let sound = |band: &FeeBand| {
                band.rate_bps <= RATE_MAX_BPS
                    && band.minimum_qirat <= MINIMUM_MAX_QIRAT
                    && (band.rate_bps > 0 || band.minimum_qirat == 0)
            };
            if !row.bands.iter().all(sound) {
                return Err(FeeScheduleError::Figures(row.transaction_type, row.scope));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Scope::{CrossBorder, Local};
    use TransactionType::{B2B, Government, Merchant, P2P};

    /// (type, scope, amount, fee, rate), all in Qirat and basis points.
    const VECTORS: &[(TransactionType, Scope, u64, u64, u16)] = &[
        (P2P, CrossBorder, 1, 1, 15),
        (P2P, CrossBorder, 50, 1, 15),
        (P2P, CrossBorder, 100, 1, 15),
        (P2P, CrossBorder, 101, 2, 15),
        (P2P, CrossBorder, 200, 2, 15),
        (P2P, CrossBorder, 250, 2, 15),
        (P2P, CrossBorder, 1_333, 2, 15),
        (P2P, CrossBorder, 1_334, 3, 15),
        (P2P, CrossBorder, 10_000, 15, 15),
        (P2P, CrossBorder, 5_000_000, 7_500, 15),
        (P2P, CrossBorder, 99_999_999, 150_000, 15),
        (P2P, CrossBorder, 100_000_000, 150_000, 15),
        (P2P, CrossBorder, 100_000_001, 250_001, 25),
        (P2P, Local, 1, 0, 0),
        (P2P, Local, 2_999_999, 0, 0),
        (P2P, Local, 3_000_000, 1_500, 5),
        (P2P, Local, 3_000_001, 1_501, 5),
        (P2P, Local, 99_999_999, 50_000, 5),
        (P2P, Local, 100_000_000, 50_000, 5),
        (P2P, Local, 100_000_001, 100_001, 10),
        (Merchant, Local, 1, 1, 15),
        (Merchant, Local, 10_000, 15, 15),
        (Merchant, CrossBorder, 10_000, 30, 30),
        (Government, Local, 10_000, 10, 10),
        (Government, CrossBorder, 10_001, 21, 20),
        (B2B, Local, 10_000, 20, 20),
        (B2B, CrossBorder, 1, 1, 40),
        (B2B, CrossBorder, 1_250_000_000_000_000_000, 5_000_000_000_000_000, 40),
    ];

    #[test]
    fn fees_follow_the_table() {
        let schedule = FeeSchedule::initial();
        for &(kind, scope, amount, qirat, rate_bps) in VECTORS {
            assert_eq!(
                schedule.fee(kind, scope, amount),
                Fee { qirat, rate_bps },
                "{kind} {} {amount}",
                scope.as_str()
            );
        }
    }

    #[test]
    fn words_are_the_same_in_text_and_json() {
        for kind in TransactionType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(TransactionType::parse(kind.as_str()), Some(kind));
        }
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert_eq!(TransactionType::parse("p2p"), None);
    }

    #[test]
    fn the_initial_schedule_survives_its_own_text() {
        let schedule = FeeSchedule::initial();
        assert_eq!(FeeSchedule::from_json(&schedule.to_json()), Ok(schedule));
    }

    #[test]
    fn unsound_schedules_are_refused() {
        let initial = FeeSchedule::initial();
        let with = |change: &dyn Fn(&mut Vec<FeeRow>)| {
            let mut rows = initial.rows.clone();
            change(&mut rows);
            FeeSchedule::from_json(&FeeSchedule { rows }.to_json())
        };
        assert_eq!(with(&|rows| rows.truncate(7)), Err(FeeScheduleError::Rows));
        assert_eq!(with(&|rows| rows.swap(0, 1)), Err(FeeScheduleError::Rows));
        assert_eq!(with(&|rows| rows[7].scope = Local), Err(FeeScheduleError::Rows));
        assert_eq!(with(&|rows| rows[0].bands.clear()), Err(FeeScheduleError::Bands(P2P, Local)));
        assert_eq!(with(&|rows| rows[0].bands.truncate(2)), Err(FeeScheduleError::Bands(P2P, Local)));
        assert_eq!(with(&|rows| rows[1].bands.swap(0, 1)), Err(FeeScheduleError::Bands(P2P, CrossBorder)));
        assert_eq!(with(&|rows| rows[0].bands[0].up_to_qirat = None), Err(FeeScheduleError::Bands(P2P, Local)));
        assert_eq!(with(&|rows| rows[0].bands[0].up_to_qirat = Some(0)), Err(FeeScheduleError::Bands(P2P, Local)));
        assert_eq!(with(&|rows| rows[2].bands[0].rate_bps = 1_001), Err(FeeScheduleError::Figures(Merchant, Local)));
        assert_eq!(with(&|rows| rows[2].bands[0].rate_bps = 0), Err(FeeScheduleError::Figures(Merchant, Local)));
        assert_eq!(
            with(&|rows| rows[2].bands[0].minimum_qirat = 1_000_001),
            Err(FeeScheduleError::Figures(Merchant, Local))
        );
        for text in ["", "{}", "[]", r#"{"rows":[],"extra":1}"#, r#"{"rows":[{"transactionType":"GIFT"}]}"#] {
            assert!(matches!(FeeSchedule::from_json(text), Err(FeeScheduleError::Unreadable(_))), "{text}");
        }
    }
}
