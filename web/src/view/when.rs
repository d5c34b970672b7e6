//! Times and spans as people read them.

use std::time::Duration;

use gx_types::Timestamp;

/// A moment, shown in UTC; the script turns it into the reader's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// For `datetime` attributes and scripts.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.0.rfc3339()
    }

    /// For readers: `14 Mar 2026, 09:05 UTC`.
    #[must_use]
    pub fn plain(self) -> String {
        let at = self.0.datetime();
        format!("{}, {:02}:{:02} UTC", date(at.date()), at.hour(), at.minute())
    }

    /// With seconds, where they matter: `14 Mar 2026, 09:05:59 UTC`.
    #[must_use]
    pub fn exact(self) -> String {
        let at = self.0.datetime();
        format!("{}, {:02}:{:02}:{:02} UTC", date(at.date()), at.hour(), at.minute(), at.second())
    }
}

/// `14 Mar 2026`.
#[must_use]
pub fn date(date: time::Date) -> String {
    let month = date.month().to_string();
    format!("{} {} {}", date.day(), month.get(..3).unwrap_or(&month), date.year())
}

/// The two largest parts of a span: `3 d 4 h`, `5 min 2 s`, `now` below one second.
#[must_use]
pub fn long_duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let Some(first) = parts.iter().position(|(count, _)| *count > 0) else { return "now".to_owned() };
    parts
        .iter()
        .skip(first)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_read_well() {
        let at = Moment(Timestamp::from_micros(1_700_000_000_123_456));
        assert_eq!(at.plain(), "14 Nov 2023, 22:13 UTC");
        assert_eq!(at.exact(), "14 Nov 2023, 22:13:20 UTC");
        for (seconds, text) in [
            (0, "now"),
            (59, "59 s"),
            (300, "5 min"),
            (302, "5 min 2 s"),
            (90_061, "1 d 1 h"),
            (86_400, "1 d"),
            (86_460, "1 d"),
        ] {
            assert_eq!(long_duration(Duration::from_secs(seconds)), text);
        }
    }
}
