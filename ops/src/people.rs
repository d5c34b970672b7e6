//! Who the test people are.

use gx_types::{CountryCode, EnvName, Gender};

/// The table: mailbox, display name, country, gender, birth date.
const TABLE: &str = include_str!("../data/test-people.csv");

/// The password of every test person: public, and refused on mainnet.
pub const TEST_PASSWORD: &str = "TestPass123!";

/// A test person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestPerson {
    /// Part of the e-mail address before the `@`.
    pub mailbox: String,
    /// Given name; need not be the mailbox.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Nationality.
    pub country: CountryCode,
    /// Gender.
    pub gender: Gender,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// Row in the table, from 1.
    pub number: u32,
}

/// The table of test people cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of test people: {0}")]
pub struct TestPeopleError(String);

impl TestPerson {
    /// The e-mail address in an environment: `<mailbox>@<env>.gxcoin.test`.
    #[must_use]
    pub fn email(&self, env: EnvName) -> String {
        format!("{}@{env}.gxcoin.test", self.mailbox)
    }

    /// A phone number that Ofcom keeps for drama: nobody has it.
    #[must_use]
    pub fn phone(&self) -> String {
        format!("+447700900{:03}", self.number % 1_000)
    }

    /// The number of the passport that is drawn for this person.
    #[must_use]
    pub fn passport_number(&self) -> String {
        format!("{}TEST{:05}", self.country, self.number)
    }
}

/// Every test person, in the order of the table.
///
/// # Errors
/// [`TestPeopleError`] when the table that was built in is malformed.
pub fn test_people() -> Result<Vec<TestPerson>, TestPeopleError> {
    let wrong = |row: usize, what: &str| TestPeopleError(format!("row {row}: {what}"));
    let mut reader = csv::Reader::from_reader(TABLE.as_bytes());
    let mut people = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let row = index + 1;
        let record = record.map_err(|error| wrong(row, &error.to_string()))?;
        let cells: Vec<&str> = record.iter().collect();
        let [mailbox, display_name, country, gender, birth_date] = cells.as_slice() else {
            return Err(wrong(row, "five columns are needed"));
        };
        let (first_name, last_name) =
            display_name.rsplit_once(' ').ok_or_else(|| wrong(row, "a display name has two words"))?;
        people.push(TestPerson {
            mailbox: (*mailbox).to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            country: country.parse().map_err(|_| wrong(row, "unknown country"))?,
            gender: gender.to_ascii_uppercase().parse().map_err(|_| wrong(row, "unknown gender"))?,
            birth_date: (*birth_date).to_owned(),
            number: u32::try_from(row).map_err(|_| wrong(row, "too many rows"))?,
        });
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_people_as_the_requirements_name_them() {
        let people = test_people().unwrap();
        let countries: Vec<String> = people.iter().map(|person| person.country.to_string()).collect();
        assert_eq!(countries, ["US", "GB", "NG", "DE", "JP", "IN", "BR", "CA"]);
        let genders: Vec<bool> = people.iter().map(|person| person.gender == Gender::Female).collect();
        assert_eq!(genders, [true, false, false, true, true, false, true, false]);
        let bob = &people[1];
        assert_eq!((bob.first_name.as_str(), bob.last_name.as_str()), ("Robert", "Williams"));
        assert_eq!(bob.email(EnvName::Devnet), "bob.williams@devnet.gxcoin.test");
        assert_eq!(bob.phone(), "+447700900002");
        assert_eq!(bob.passport_number(), "GBTEST00002");
    }
}
