//! People and calls for the conformance suite and the benchmark.

use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Call, Command, CountryShare, Function};
use gx_types::{AccountType, CountryCode, GxId, LedgerKey, Qirat, Sex, Sha256Hex};
use sha2::{Digest, Sha256};

use crate::error::LedgerError;

fn impossible(error: impl std::fmt::Display) -> LedgerError {
    LedgerError::rejected(error.to_string())
}

/// The calls that make a new ledger ready: bootstrap and every country.
pub(crate) fn set_up() -> Result<[Call; 2], LedgerError> {
    let countries = COUNTRIES
        .iter()
        .map(|row| Ok(CountryShare { code: row.code.parse().map_err(impossible)?, share_e8: row.share_e8 }))
        .collect::<Result<_, LedgerError>>()?;
    let request = LedgerKey::prefixed("conformance", "countries");
    Ok([Command::BootstrapSystem.call(), Command::InitializeCountryData { countries, request }.call()])
}

/// A made-up person of a country, born on a given date.
pub(crate) fn person(country: &str, born: &str, random: u64) -> Result<GxId, LedgerError> {
    let country: CountryCode = country.parse().map_err(impossible)?;
    let born = born.parse().map_err(impossible)?;
    GxId::generate(country, born, Sex::Male, AccountType::INDIVIDUAL, random).map_err(impossible)
}

/// The registration of a person under the key `person-<id>`.
pub(crate) fn register(id: &GxId, age: u32, shard: u16) -> Call {
    let hash = Sha256Hex::from_bytes(Sha256::digest(id.as_str().as_bytes()).into());
    Function::CreateUser.call(vec![
        id.to_string(),
        hash.to_string(),
        id.country().to_string(),
        age.to_string(),
        shard.to_string(),
        LedgerKey::prefixed("person", &id.as_str().replace(' ', ".")).to_string(),
    ])
}

/// A payment between people under a key.
pub(crate) fn pay(from: &GxId, to: &GxId, amount: Qirat, key: &LedgerKey) -> Call {
    Function::TransferWithFees.call(vec![
        from.to_string(),
        to.to_string(),
        amount.to_string(),
        "P2P".to_owned(),
        "conformance".to_owned(),
        key.to_string(),
    ])
}
