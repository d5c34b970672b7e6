//! GX ids: `CC HHH LLLNNN TCCCC DDDD`.
//!
//! | block | content |
//! |---|---|
//! | CC | country, two letters |
//! | HHH | checksum: the first three hexadecimal digits, upper case, of SHA-1 over the third block |
//! | LLLNNN | days since 1900-01-01, plus 500,000 for women or 1,000,000 for anything but an individual; the thousands as three base-26 letters, the rest as three digits |
//! | TCCCC | account type as a hexadecimal digit and four random letters |
//! | DDDD | four random digits |

use std::fmt;
use std::str::FromStr;

use crate::{BirthDate, CountryCode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha1::{Digest, Sha1};

/// Offset of women's dates.
const FEMALE_OFFSET: u32 = 500_000;
/// Offset of everything that is no individual.
const ORGANISATION_OFFSET: u32 = 1_000_000;

/// Sex as the id encodes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Sex {
    /// Male; also what an organisation's id carries.
    Male,
    /// Female.
    Female,
}

/// The kind of holder, one hexadecimal digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountType(u8);

impl AccountType {
    /// An individual person.
    pub const INDIVIDUAL: Self = Self(0);

    /// From its digit, `0`–`9` or `A`–`F`.
    ///
    /// # Errors
    /// [`GxIdError::AccountType`] for any other character.
    pub fn from_digit(digit: char) -> Result<Self, GxIdError> {
        match digit {
            '0'..='9' | 'A'..='F' => Ok(Self(digit.to_digit(16).map_or(0, |value| u8::try_from(value).unwrap_or(0)))),
            _ => Err(GxIdError::AccountType),
        }
    }

    /// Its digit.
    #[must_use]
    pub fn digit(self) -> char {
        char::from_digit(u32::from(self.0), 16).unwrap_or('0').to_ascii_uppercase()
    }
}

/// A valid GX id: right shape, right checksum, a date that exists. In its 24-character form with single spaces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GxId([u8; 24]);

/// Why a text is no GX id, or why none can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GxIdError {
    /// Not five blocks.
    #[error("a GX id has five blocks, for example US 984 AUM945 0ABCD 1234")]
    Blocks,
    /// Country is not two letters.
    #[error("the first block of a GX id is a country of two letters")]
    Country,
    /// Checksum block has the wrong shape or value.
    #[error("the second block of a GX id does not match its third")]
    Checksum,
    /// Date block has the wrong shape.
    #[error("the third block of a GX id is three letters and three digits")]
    DateBlock,
    /// The date does not exist or lies outside 1900-01-01 … 4000-01-01.
    #[error("a date is written YYYY-MM-DD, exists, and lies between 1900-01-01 and 4000-01-01")]
    Date,
    /// Account type is no upper-case hexadecimal digit.
    #[error("the fourth block of a GX id starts with an account type, 0 to 9 or A to F")]
    AccountType,
    /// The random part has the wrong shape.
    #[error("a GX id ends with four letters and four digits")]
    Suffix,
}

impl GxId {
    /// Makes an id. `random` chooses the suffix; pass four bytes of cryptographic randomness and retry on collision.
    ///
    /// # Errors
    /// [`GxIdError::Date`] when a woman's date would overflow into the organisations' range (after 3268-12-13).
    pub fn generate(
        country: CountryCode,
        date: BirthDate,
        sex: Sex,
        kind: AccountType,
        random: u64,
    ) -> Result<Self, GxIdError> {
        let days = date.days();
        let offset = if kind != AccountType::INDIVIDUAL {
            days + ORGANISATION_OFFSET
        } else {
            if days >= FEMALE_OFFSET {
                return Err(GxIdError::Date);
            }
            if sex == Sex::Female { days + FEMALE_OFFSET } else { days }
        };
        let block = date_block(offset);
        let mut rest = random;
        let mut take = |base: u64| {
            let value = rest % base;
            rest /= base;
            u8::try_from(value).unwrap_or(0)
        };
        let letters: [u8; 4] = std::array::from_fn(|_| b'A' + take(26));
        let digits: [u8; 4] = std::array::from_fn(|_| b'0' + take(10));
        let text = format!(
            "{country} {} {} {}{} {}",
            String::from_utf8_lossy(&checksum(&block)),
            String::from_utf8_lossy(&block),
            kind.digit(),
            String::from_utf8_lossy(&letters),
            String::from_utf8_lossy(&digits)
        );
        text.parse()
    }

    /// The id as text, 24 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored; the fallback is unreachable and harmless.
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The country of its first block.
    #[must_use]
    pub fn country(&self) -> CountryCode {
        CountryCode::from_checked([self.0[0], self.0[1]])
    }

    /// The holder's kind.
    #[must_use]
    pub fn account_type(&self) -> AccountType {
        AccountType::from_digit(char::from(self.0[14])).unwrap_or(AccountType::INDIVIDUAL)
    }

    /// The number its third block encodes.
    #[must_use]
    pub fn offset(&self) -> u32 {
        decode_offset(&self.0[7..13]).unwrap_or(0)
    }

    /// Date and sex as encoded: organisations carry the date of incorporation and read as male.
    ///
    /// # Errors
    /// [`GxIdError::Date`] never for an id that was parsed or generated.
    pub fn birth(&self) -> Result<(BirthDate, Sex), GxIdError> {
        birth_of(self.offset())
    }
}

fn birth_of(offset: u32) -> Result<(BirthDate, Sex), GxIdError> {
    let (days, sex) = match offset {
        ORGANISATION_OFFSET.. => (offset - ORGANISATION_OFFSET, Sex::Male),
        FEMALE_OFFSET.. => (offset - FEMALE_OFFSET, Sex::Female),
        _ => (offset, Sex::Male),
    };
    Ok((BirthDate::from_days(days)?, sex))
}

fn date_block(offset: u32) -> [u8; 6] {
    let (q, r) = (offset / 1000, offset % 1000);
    let letter = |value: u32| b'A' + u8::try_from(value % 26).unwrap_or(0);
    let digit = |value: u32| b'0' + u8::try_from(value % 10).unwrap_or(0);
    [letter(q / 676), letter(q / 26), letter(q), digit(r / 100), digit(r / 10), digit(r)]
}

fn decode_offset(block: &[u8]) -> Option<u32> {
    let [a, b, c, x, y, z] = block else { return None };
    let letter = |byte: &u8| byte.is_ascii_uppercase().then(|| u32::from(byte - b'A'));
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let q = letter(a)? * 676 + letter(b)? * 26 + letter(c)?;
    Some(q * 1000 + digit(x)? * 100 + digit(y)? * 10 + digit(z)?)
}

/// The first three hexadecimal digits of the block's SHA-1.
fn checksum(block: &[u8]) -> [u8; 3] {
    let digest = Sha1::digest(block);
    let digit = |number: u8| if number < 10 { b'0' + number } else { b'A' - 10 + number };
    [digit(digest[0] >> 4), digit(digest[0] & 15), digit(digest[1] >> 4)]
}

impl FromStr for GxId {
    type Err = GxIdError;

    fn from_str(text: &str) -> Result<Self, GxIdError> {
        let mut blocks = text.split_whitespace();
        let mut block = || blocks.next().ok_or(GxIdError::Blocks);
        let (country, check, date, kind, digits) = (block()?, block()?, block()?, block()?, block()?);
        if blocks.next().is_some() {
            return Err(GxIdError::Blocks);
        }
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(GxIdError::Country);
        }
        let offset = decode_offset(date.as_bytes()).ok_or(GxIdError::DateBlock)?;
        if check.as_bytes() != checksum(date.as_bytes()) {
            return Err(GxIdError::Checksum);
        }
        birth_of(offset)?;
        let (Some(type_digit), Some(letters)) = (kind.chars().next(), kind.get(1..)) else {
            return Err(GxIdError::AccountType);
        };
        let account_type = AccountType::from_digit(type_digit)?;
        if (offset >= ORGANISATION_OFFSET) != (account_type != AccountType::INDIVIDUAL) {
            return Err(GxIdError::AccountType);
        }
        let letters_ok = letters.len() == 4 && letters.bytes().all(|b| b.is_ascii_uppercase());
        if !letters_ok || digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GxIdError::Suffix);
        }
        let mut id = [b' '; 24];
        for (place, block) in [(0, country), (3, check), (7, date), (14, kind), (20, digits)] {
            let place = id.get_mut(place..place + block.len()).ok_or(GxIdError::Blocks)?;
            place.copy_from_slice(block.as_bytes());
        }
        Ok(Self(id))
    }
}

impl fmt::Display for GxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for GxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for GxId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for GxId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(
    GxId,
    "^[A-Z]{2} [0-9A-F]{3} [A-Z]{3}[0-9]{3} [0-9A-F][A-Z]{4} [0-9]{4}$",
    "GX id: country, checksum, date block, account type and random part",
    "US 984 AUM945 0ABCD 1234"
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn make(country: &str, date: &str, sex: Sex, kind: char) -> String {
        let kind = AccountType::from_digit(kind).unwrap();
        GxId::generate(country.parse().unwrap(), date.parse().unwrap(), sex, kind, 12_345_678_901).unwrap().to_string()
    }

    /// Inputs and fixed parts of the published examples; the suffix is random.
    #[test]
    fn published_vectors_hold() {
        use Sex::{Female, Male};
        for (country, date, sex, kind, fixed) in [
            ("US", "1990-03-15", Female, '0', "US 984 AUM945 0"),
            ("GB", "1985-07-22", Male, '0', "GB CF1 ABF248 0"),
            ("US", "1989-05-15", Male, '0', "US C1C ABG641 0"),
            ("US", "1989-05-15", Female, '0', "US 6B5 AUM641 0"),
            ("US", "1989-05-15", Male, '1', "US 56C BNS641 1"),
            ("US", "1989-05-16", Male, '0', "US F47 ABG642 0"),
            ("LK", "1995-12-01", Female, '0', "LK 223 AUP032 0"),
            ("SG", "2010-01-01", Male, '1', "SG 9B2 BOA177 1"),
            ("SG", "2010-06-15", Male, '1', "SG 3DF BOA342 1"),
            ("MY", "2020-06-15", Male, '6', "MY B98 BOD995 6"),
            ("MY", "2020-01-01", Male, '6', "MY 804 BOD829 6"),
            ("US", "1900-01-01", Male, '0', "US A5B AAA000 0"),
            ("US", "2000-02-29", Male, '0', "US D7F ABK583 0"),
            ("US", "2000-01-01", Male, '0', "US A07 ABK524 0"),
            ("US", "2000-01-01", Male, 'A', "US C4E BNW524 A"),
            ("US", "2024-11-24", Male, '0', "US 492 ABT618 0"),
            ("us", "1950-06-15", Male, '0', "US AD1 AAS427 0"),
        ] {
            let id = make(country, date, sex, kind);
            assert!(id.starts_with(fixed), "{id} should start with {fixed}");
            assert_eq!(id.len(), 24);
        }
    }

    #[test]
    fn malformed_ids_are_refused_by_block() {
        let good = make("US", "1990-03-15", Sex::Female, '0');
        assert!(good.parse::<GxId>().is_ok());
        for (bad, error) in [
            ("US 984 AUM945", GxIdError::Blocks),
            ("US 984 AUM945 0ABCD 1234 X", GxIdError::Blocks),
            ("U 984 AUM945 0ABCD 1234", GxIdError::Country),
            ("us 984 AUM945 0ABCD 1234", GxIdError::Country),
            ("US 985 AUM945 0ABCD 1234", GxIdError::Checksum),
            ("US 98 AUM945 0ABCD 1234", GxIdError::Checksum),
            ("US A3F HBF934 0ABCD 1234", GxIdError::Checksum),
            ("US A3F 1BF934 0ABCD 1234", GxIdError::DateBlock),
            ("US 984 AUM94 0ABCD 1234", GxIdError::DateBlock),
            ("US 984 AUM945 GABCD 1234", GxIdError::AccountType),
            ("US 984 AUM945 1ABCD 1234", GxIdError::AccountType),
            ("US 984 AUM945 0ABC1 1234", GxIdError::Suffix),
            ("US 984 AUM945 0ABC 1234", GxIdError::Suffix),
            ("US 984 AUM945 0ABCD 123", GxIdError::Suffix),
        ] {
            assert_eq!(bad.parse::<GxId>(), Err(error), "{bad}");
        }
        assert_eq!(AccountType::from_digit('G'), Err(GxIdError::AccountType));
        assert_eq!(AccountType::from_digit('a'), Err(GxIdError::AccountType));
    }

    #[test]
    fn dates_that_overflow_into_another_range_make_no_id() {
        let late: BirthDate = "3268-12-14".parse().unwrap();
        for sex in [Sex::Male, Sex::Female] {
            assert_eq!(
                GxId::generate("US".parse().unwrap(), late, sex, AccountType::INDIVIDUAL, 1),
                Err(GxIdError::Date)
            );
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(days in 0_u32..499_999, female: bool, random: u64) {
            let date = BirthDate::from_days(days).unwrap();
            let sex = if female { Sex::Female } else { Sex::Male };
            let id = GxId::generate("GB".parse().unwrap(), date, sex, AccountType::INDIVIDUAL, random).unwrap();
            prop_assert_eq!(id.birth(), Ok((date, sex)));
            prop_assert_eq!(id.to_string().parse::<GxId>(), Ok(id));
            let country = id.country();
            prop_assert_eq!(country.as_str(), "GB");
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<GxId>();
        }
    }
}
