//! The countries of the genesis distribution, read from `data/countries.csv` while compiling: a file that has lost a row
//! or a unit of share does not build.

/// Rows of `data/countries.csv`.
pub const COUNTRY_COUNT: usize = 234;

/// Sum of all shares: they are in units of 10⁻⁸.
pub const SHARE_TOTAL_E8: u64 = 100_000_000;

/// One country of the data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2, upper case.
    pub code: &'static str,
    /// Short English name.
    pub name: &'static str,
    /// Inhabitants.
    pub population: u64,
    /// Share of the world in units of 10⁻⁸; also the number of its slots in phase 1.
    pub share_e8: u64,
}

/// All countries, ascending by code.
pub static COUNTRIES: [Country; COUNTRY_COUNT] = parse(include_str!("../data/countries.csv"));

/// The country with this code, if the distribution knows it.
#[must_use]
pub fn country(code: &str) -> Option<&'static Country> {
    country_index(code).map(|index| &COUNTRIES[index])
}

/// Position of the country in [`COUNTRIES`].
pub(crate) fn country_index(code: &str) -> Option<usize> {
    COUNTRIES.binary_search_by(|row| row.code.cmp(code)).ok()
}

const fn parse(csv: &'static str) -> [Country; COUNTRY_COUNT] {
    let mut rest = csv.as_bytes();
    rest = field(rest, b'\n').1; // the heading
    let mut rows = [Country { code: "", name: "", population: 0, share_e8: 0 }; COUNTRY_COUNT];
    let mut share_sum = 0;
    let mut row = 0;
    while row < COUNTRY_COUNT {
        let (code, after) = field(rest, b',');
        let (name, after) = field(after, b',');
        let (population, after) = field(after, b',');
        let (share, after) = field(after, b'\n');
        rest = after;
        rows[row] =
            Country { code: text(code), name: text(name), population: number(population), share_e8: number(share) };
        assert!(code.len() == 2, "a country code has two letters");
        assert!(rows[row].share_e8 > 0, "every country has a share");
        assert!(row == 0 || ascending(rows[row - 1].code.as_bytes(), code), "rows ascend by code");
        share_sum += rows[row].share_e8;
        row += 1;
    }
    assert!(rest.is_empty(), "the file has more rows than COUNTRY_COUNT");
    assert!(share_sum == SHARE_TOTAL_E8, "shares add up to 10⁸");
    rows
}

/// The bytes before the first `end`, and those after it.
const fn field(bytes: &[u8], end: u8) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != end {
        at += 1;
    }
    assert!(at < bytes.len(), "a row ends early");
    let (head, tail) = bytes.split_at(at);
    (head, tail.split_at(1).1)
}

const fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

const fn number(bytes: &[u8]) -> u64 {
    assert!(!bytes.is_empty() && bytes.len() < 19, "a figure is missing or too long");
    let mut value = 0;
    let mut at = 0;
    while at < bytes.len() {
        assert!(bytes[at].is_ascii_digit(), "a figure is all digits");
        value = value * 10 + (bytes[at] - b'0') as u64;
        at += 1;
    }
    value
}

const fn ascending(before: &[u8], after: &[u8]) -> bool {
    before[0] < after[0] || (before[0] == after[0] && before[1] < after[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_as_it_stands() {
        assert_eq!(COUNTRIES[0].code, "AD");
        assert_eq!(COUNTRIES[233].code, "ZW");
        assert_eq!(country("VA"), Some(&Country { code: "VA", name: "Vatican", population: 921, share_e8: 12 }));
        assert_eq!(country("XK"), None);
        assert_eq!(country("us"), None);
        assert_eq!(country(""), None);
    }

    #[test]
    fn shares_are_the_populations_rounded_to_the_largest_remainders() {
        let world: u64 = COUNTRIES.iter().map(|row| row.population).sum();
        let mut left_over = SHARE_TOTAL_E8;
        let mut remainders = Vec::new();
        for row in &COUNTRIES {
            let scaled = u128::from(row.population) * u128::from(SHARE_TOTAL_E8);
            let whole = u64::try_from(scaled / u128::from(world)).unwrap();
            left_over -= whole;
            remainders.push((std::cmp::Reverse(scaled % u128::from(world)), row.code, whole, row.share_e8));
        }
        remainders.sort_unstable();
        for (rank, (_, code, whole, share)) in remainders.into_iter().enumerate() {
            let extra = u64::from((rank as u64) < left_over);
            assert_eq!(whole + extra, share, "{code}");
        }
    }
}
