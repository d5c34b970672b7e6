//! Cells of CSV files (RFC 4180) that people open in spreadsheets.

/// A cell that holds exactly this text, quoted where it must be, and never a formula: what a spreadsheet would take for
/// one gets an apostrophe in front, for a stranger may have written it.
#[must_use]
pub fn csv_cell(value: &str) -> String {
    // Also behind blanks: some programs drop them first.
    let begins = value
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '＝', '＋', '－', '＠']);
    let guard = if begins { "'" } else { "" };
    if begins || value.contains([',', '"', '\r', '\n', ';', '\t']) || value.starts_with(' ') {
        format!("\"{guard}{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// A line of such cells, with its end.
#[must_use]
pub fn csv_line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let mut line = cells.into_iter().map(|value| csv_cell(value.as_ref())).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_wrote_becomes_a_formula() {
        for (value, written) in [
            ("Lunch", "Lunch"),
            ("Lunch, twice", "\"Lunch, twice\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("say \"hi\", \n you", "\"say \"\"hi\"\", \n you\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1", "\"'+1\""),
            ("-2+3", "\"'-2+3\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =1+1", "\"'  =1+1\""),
            ("\u{a0}=1+1", "\"'\u{a0}=1+1\""),
            ("\t=1", "\"'\t=1\""),
            ("\n=1", "\"'\n=1\""),
            ("|calc", "\"'|calc\""),
            ("＝1+1", "\"'＝1+1\""),
            ("", ""),
        ] {
            assert_eq!(csv_cell(value), written, "{value:?}");
        }
        assert_eq!(csv_line(["a", "=b"]), "a,\"'=b\"\r\n");
    }
}
