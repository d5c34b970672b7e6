//! A line chart of balances, drawn on the server: whole numbers only, no script.

use gx_types::Qirat;
use gx_types::api::conveniences::BalancePoint;

/// Width of the drawing.
const WIDTH: u64 = 640;
/// Height of the drawing.
const HEIGHT: u64 = 160;
/// Room above and below the line.
const MARGIN: u64 = 12;

/// A chart of balances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Corners of the line, as `points` of SVG.
    pub line: String,
    /// Corners of the surface below it.
    pub area: String,
    /// Where the newest point is.
    pub last: (u64, u64),
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Lowest balance.
    pub lowest: String,
    /// Highest balance.
    pub highest: String,
    /// The chart in words.
    pub told: String,
}

impl Chart {
    /// Width of the drawing.
    pub const WIDTH: u64 = WIDTH;
    /// Height of the drawing.
    pub const HEIGHT: u64 = HEIGHT;

    /// Draws the points; nothing for fewer than two.
    #[must_use]
    pub fn of(points: &[BalancePoint]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        if points.len() < 2 {
            return None;
        }
        let lowest = points.iter().map(|point| point.balance).min()?;
        let highest = points.iter().map(|point| point.balance).max()?;
        let steps = u64::try_from(points.len() - 1).ok()?;
        let corners: Vec<(u64, u64)> = points
            .iter()
            .zip(0_u64..)
            .map(|(point, step)| (step * WIDTH / steps, height(point.balance, lowest, highest)))
            .collect();
        let line = corners.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        let told = format!(
            "Balance from {} to {}: it began at {}, is {} now, was {} at least and {} at most.",
            first.day,
            last.day,
            first.balance.display_gx(),
            last.balance.display_gx(),
            lowest.display_gx(),
            highest.display_gx()
        );
        Some(Self {
            area: format!("0,{HEIGHT} {line} {WIDTH},{HEIGHT}"),
            line,
            last: corners.last().copied()?,
            from: first.day.clone(),
            until: last.day.clone(),
            lowest: lowest.display_gx(),
            highest: highest.display_gx(),
            told,
        })
    }
}

/// How far below the upper edge a balance is drawn; one that never changed lies in the middle.
fn height(balance: Qirat, lowest: Qirat, highest: Qirat) -> u64 {
    let span = u128::from(highest.get() - lowest.get());
    let room = HEIGHT - 2 * MARGIN;
    if span == 0 {
        return HEIGHT / 2;
    }
    let above = u128::from(balance.get().saturating_sub(lowest.get())) * u128::from(room) / span;
    HEIGHT - MARGIN - u64::try_from(above).unwrap_or(room).min(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(balances: &[u64]) -> Vec<BalancePoint> {
        balances
            .iter()
            .map(|balance| BalancePoint { day: "2026-03-14".to_owned(), balance: Qirat::new(*balance).unwrap() })
            .collect()
    }

    #[test]
    fn the_lowest_is_at_the_bottom_the_highest_at_the_top() {
        let chart = Chart::of(&points(&[0, Qirat::CAP.get(), Qirat::CAP.get() / 2])).unwrap();
        assert_eq!(chart.line, "0,148 320,12 640,80");
        assert_eq!(chart.last, (640, 80));
        assert_eq!(Chart::of(&points(&[7, 7])).unwrap().line, "0,80 640,80");
        assert_eq!(Chart::of(&points(&[7])), None);
        assert_eq!(Chart::of(&[]), None);
    }
}
