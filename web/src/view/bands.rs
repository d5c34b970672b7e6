//! Rates and ranges in words.

use gx_types::Qirat;

/// Basis points as people read them: `0.15 %`; `free` for none.
#[must_use]
pub fn rate(bps: u16) -> String {
    if bps == 0 {
        return "free".to_owned();
    }
    let (whole, rest) = (bps / 100, bps % 100);
    let decimals = format!("{rest:02}");
    match decimals.trim_end_matches('0') {
        "" => format!("{whole} %"),
        decimals => format!("{whole}.{decimals} %"),
    }
}

/// A range of amounts, both ends included: `below 3 GX`, `3 GX to 100 GX`, `above 100 GX`. `least` is the smallest
/// amount there is to speak of.
#[must_use]
pub fn range(from: Qirat, up_to: Option<Qirat>, least: Qirat) -> String {
    // The round number just outside reads better than the odd one just inside.
    let after = |amount: Qirat| {
        amount.get().checked_add(1).and_then(|next| Qirat::new(next).ok()).filter(|next| is_round(*next))
    };
    let before = from.get().checked_sub(1).and_then(|before| Qirat::new(before).ok());
    let end = up_to.map(|up_to| after(up_to).map(Qirat::display_gx).ok_or_else(|| up_to.display_gx()));
    if from <= least {
        return match end {
            None => "any amount".to_owned(),
            Some(Ok(below)) => format!("below {below}"),
            Some(Err(up_to)) => format!("up to {up_to}"),
        };
    }
    let above = before.filter(|_| !is_round(from)).map(Qirat::display_gx);
    match (above, end) {
        (Some(above), None) => format!("above {above}"),
        (Some(above), Some(Ok(below))) => format!("above {above}, below {below}"),
        (Some(above), Some(Err(up_to))) => format!("above {above}, up to {up_to}"),
        (None, None) => format!("from {}", from.display_gx()),
        (None, Some(Ok(below))) => format!("from {}, below {below}", from.display_gx()),
        (None, Some(Err(up_to))) => format!("{} to {up_to}", from.display_gx()),
    }
}

fn is_round(amount: Qirat) -> bool {
    !amount.is_zero() && amount.get().is_multiple_of(Qirat::PER_GX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_as_percentages() {
        for (bps, text) in [(0, "free"), (5, "0.05 %"), (15, "0.15 %"), (40, "0.4 %"), (250, "2.5 %"), (600, "6 %")] {
            assert_eq!(rate(bps), text);
        }
    }

    #[test]
    fn ranges_have_round_ends_where_they_can() {
        let gx = |gx: u64| Qirat::gx(gx).get();
        for (from, up_to, text) in [
            (1, None, "any amount"),
            (0, Some(gx(100) - 1), "below 100 GX"),
            (1, Some(100), "up to 100 Q"),
            (gx(3), Some(gx(100)), "3 GX to 100 GX"),
            (101, Some(gx(100)), "above 100 Q, up to 100 GX"),
            (gx(1_000) + 1, Some(gx(5_000)), "above 1,000 GX, up to 5,000 GX"),
            (gx(100) + 1, None, "above 100 GX"),
            (gx(100), None, "from 100 GX"),
            (gx(3), Some(gx(9) - 1), "from 3 GX, below 9 GX"),
            (101, Some(gx(9) - 1), "above 100 Q, below 9 GX"),
        ] {
            let amount = |qirat| Qirat::new(qirat).unwrap();
            assert_eq!(range(amount(from), up_to.map(amount), amount(1)), text);
        }
    }
}
