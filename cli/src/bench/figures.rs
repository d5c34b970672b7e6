//! What a measurement says: rate, percentiles, cores.

use std::fmt;
use std::time::Duration;

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// What was counted, for example `payments settled`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// How long the run took.
    pub took: Duration,
    /// Half were faster.
    pub p50: Duration,
    /// One in a hundred was slower.
    pub p99: Duration,
    /// The slowest.
    pub max: Duration,
}

impl Figures {
    /// Sums a run up. The times need no order.
    #[must_use]
    pub fn of(what: impl Into<String>, took: Duration, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
            times.get(rank).copied().unwrap_or_default()
        };
        let count = u64::try_from(times.len()).unwrap_or(u64::MAX);
        Self { what: what.into(), count, took, p50: at(50), p99: at(99), max: at(100) }
    }

    /// Per second, rounded down.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        let rate = u128::from(self.count) * 1_000_000 / self.took.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} in {}.{:01} s: {}/s, p50 {}, p99 {}, max {}",
            self.count,
            self.what,
            self.took.as_secs(),
            self.took.subsec_millis() / 100,
            self.per_second(),
            millis(self.p50),
            millis(self.p99),
            millis(self.max),
        )
    }
}

fn millis(duration: Duration) -> String {
    let tenths = duration.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

/// Cores that the process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Processor time that this process has used so far, in user and kernel mode; zero where the system does not say.
#[must_use]
pub fn cpu_time() -> Duration {
    cpu_time_of("self")
}

/// The same of any process, by its number.
#[must_use]
pub fn cpu_time_of(process: &str) -> Duration {
    // Clock ticks are hundredths of a second on every Linux.
    const TICK: Duration = Duration::from_millis(10);
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return Duration::ZERO };
    // The name in parentheses may itself contain spaces; the fields after it do not.
    let Some((_, fields)) = stat.rsplit_once(')') else { return Duration::ZERO };
    let ticks: u32 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// Resident memory of a process in KiB, now and at its highest; zero where the system does not say.
#[must_use]
pub fn resident_kib(process: &str) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    (field("VmRSS:"), field("VmHWM:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let figures = Figures::of("payments", Duration::from_millis(500), times);
        assert_eq!((figures.count, figures.per_second()), (200, 400));
        assert_eq!((figures.p50.as_millis(), figures.p99.as_millis(), figures.max.as_millis()), (100, 198, 200));
        assert_eq!(figures.to_string(), "200 payments in 0.5 s: 400/s, p50 100.0 ms, p99 198.0 ms, max 200.0 ms");
        assert_eq!(Figures::of("payments", Duration::ZERO, vec![]).per_second(), 0);
    }
}
