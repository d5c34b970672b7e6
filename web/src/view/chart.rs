//! Charts, drawn on the server: whole numbers only, no script. A line shows how something stands, bars how much there was
//! on each day.

use gx_types::Qirat;
use gx_types::api::conveniences::BalancePoint;

/// Width of a drawing.
const WIDTH: u64 = 640;
/// Height of a drawing.
const HEIGHT: u64 = 160;
/// Room above and below a line.
const MARGIN: u64 = 12;
/// Room between bars.
const GAP: u64 = 4;

/// A day of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// What is drawn.
    pub value: u128,
    /// What is read.
    pub shown: String,
}

impl Point {
    /// Something that is counted.
    #[must_use]
    pub fn count(day: &str, count: u64) -> Self {
        Self { day: day.to_owned(), value: count.into(), shown: count.to_string() }
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Corners of the line, as `points` of SVG.
    pub line: String,
    /// Corners of the surface below it.
    pub area: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The lowest value.
    pub lowest: String,
    /// The highest value.
    pub highest: String,
    /// The chart in words.
    pub told: String,
}

impl Chart {
    /// Width of the drawing.
    pub const WIDTH: u64 = WIDTH;
    /// Height of the drawing.
    pub const HEIGHT: u64 = HEIGHT;

    /// Draws balances; nothing for fewer than two.
    #[must_use]
    pub fn of(balances: &[BalancePoint]) -> Option<Self> {
        let point = |one: &BalancePoint| {
            let balance: Qirat = one.balance;
            Point { day: one.day.clone(), value: balance.get().into(), shown: balance.display_gx() }
        };
        Self::line("Balance", &balances.iter().map(point).collect::<Vec<_>>())
    }

    /// Draws what is called `name`; nothing for fewer than two points.
    #[must_use]
    pub fn line(name: &str, points: &[Point]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        if points.len() < 2 {
            return None;
        }
        let lowest = points.iter().min_by_key(|point| point.value)?;
        let highest = points.iter().max_by_key(|point| point.value)?;
        let steps = u64::try_from(points.len() - 1).ok()?;
        let corners: Vec<String> = points
            .iter()
            .zip(0_u64..)
            .map(|(point, step)| {
                format!("{},{}", step * WIDTH / steps, height(point.value, lowest.value, highest.value))
            })
            .collect();
        let line = corners.join(" ");
        let told = format!(
            "{name} from {} to {}: it began at {}, is {} now, was {} at least and {} at most.",
            first.day, last.day, first.shown, last.shown, lowest.shown, highest.shown
        );
        Some(Self {
            area: format!("0,{HEIGHT} {line} {WIDTH},{HEIGHT}"),
            line,
            from: first.day.clone(),
            until: last.day.clone(),
            lowest: lowest.shown.clone(),
            highest: highest.shown.clone(),
            told,
        })
    }
}

/// How far below the upper edge a value is drawn. Nothing lies on the ground; another value that never changed in the middle.
fn height(value: u128, lowest: u128, highest: u128) -> u64 {
    let span = highest.saturating_sub(lowest);
    // The line itself is as thick as this.
    let bottom = if lowest == 0 { HEIGHT - 1 } else { HEIGHT - MARGIN };
    let room = bottom - MARGIN;
    if span == 0 {
        return if highest == 0 { bottom } else { HEIGHT / 2 };
    }
    let above = value.saturating_sub(lowest).saturating_mul(u128::from(room)) / span;
    bottom - u64::try_from(above).unwrap_or(room).min(room)
}

/// A bar for each day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// The bars, from left to right.
    pub bars: Vec<Bar>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The highest value.
    pub highest: String,
    /// The chart in words.
    pub told: String,
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Its left edge.
    pub x: u64,
    /// Its upper edge.
    pub y: u64,
    /// Its width.
    pub width: u64,
    /// Its height.
    pub height: u64,
    /// What it says.
    pub says: String,
}

impl Bars {
    /// Width of the drawing.
    pub const WIDTH: u64 = WIDTH;
    /// Height of the drawing.
    pub const HEIGHT: u64 = HEIGHT;

    /// Draws what is called `name`; nothing without days.
    #[must_use]
    pub fn of(name: &str, points: &[Point]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let highest = points.iter().max_by_key(|point| point.value)?;
        let step = WIDTH / u64::try_from(points.len()).ok()?.clamp(1, WIDTH);
        let width = step.saturating_sub(GAP).max(1);
        let room = u128::from(HEIGHT - MARGIN);
        let bars = points
            .iter()
            .zip(0_u64..)
            .map(|(point, number)| {
                let scaled = point.value.saturating_mul(room).checked_div(highest.value).unwrap_or(0);
                // Little is not nothing.
                let least = u64::from(point.value > 0) * 2;
                let height = u64::try_from(scaled).unwrap_or(HEIGHT - MARGIN).max(least);
                let says = format!("{}: {}", point.day, point.shown);
                Bar { x: number * step, y: HEIGHT - height, width, height, says }
            })
            .collect();
        let told = format!(
            "{name} from {} to {}: {} on the last day, {} at most, on {}.",
            first.day, last.day, last.shown, highest.shown, highest.day
        );
        Some(Self { bars, from: first.day.clone(), until: last.day.clone(), highest: highest.shown.clone(), told })
    }
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
        assert_eq!(chart.line, "0,159 320,12 640,86");
        assert_eq!(Chart::of(&points(&[7, 7])).unwrap().line, "0,80 640,80");
        assert_eq!(Chart::of(&points(&[0, 0])).unwrap().line, "0,159 640,159");
        assert_eq!(Chart::of(&points(&[7])), None);
        assert_eq!(Chart::of(&[]), None);
    }

    #[test]
    fn bars_stand_on_the_ground_and_little_is_not_nothing() {
        let days = [("2026-03-13", 1_000_000), ("2026-03-14", 1), ("2026-03-15", 0), ("2026-03-16", 500_000)];
        let bars = Bars::of("Payments", &days.map(|(day, count)| Point::count(day, count))).unwrap();
        let drawn: Vec<(u64, u64, u64)> = bars.bars.iter().map(|bar| (bar.x, bar.y, bar.height)).collect();
        assert_eq!(drawn, [(0, 12, 148), (160, 158, 2), (320, 160, 0), (480, 86, 74)]);
        assert_eq!(
            bars.told,
            "Payments from 2026-03-13 to 2026-03-16: 500000 on the last day, 1000000 at most, on 2026-03-13."
        );
        let none = Bars::of("Payments", &[Point::count("2026-03-13", 0)]).unwrap();
        assert_eq!(none.bars[0].height, 0, "a day without anything has no bar");
        assert_eq!(Bars::of("Payments", &[]), None);
        let vast = Point { day: "2026-03-13".to_owned(), value: u128::MAX, shown: String::new() };
        assert!(Bars::of("Payments", &[vast.clone(), vast]).is_some(), "sums beyond any supply do not overflow");
    }
}
