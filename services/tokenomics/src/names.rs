//! What people are called, by those who may know and by those who may not.

use std::collections::BTreeMap;

use gx_contracts::countries;
use gx_platform::http::ApiResult;
use gx_store::repo::wallets;
use gx_store::sea_orm::ConnectionTrait;
use gx_types::AccountId;

/// A name of which only the first letters are shown; the number of dots says nothing about its length.
#[must_use]
pub fn masked(first_name: &str, last_name: &str) -> String {
    let initial = |name: &str| name.chars().next().map(|letter| format!("{letter}•••"));
    [first_name, last_name].into_iter().filter_map(initial).collect::<Vec<_>>().join(" ")
}

/// What accounts are called: people by their profile names, the others by what they are.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn of_accounts(
    connection: &impl ConnectionTrait,
    accounts: impl IntoIterator<Item = AccountId>,
) -> ApiResult<BTreeMap<AccountId, String>> {
    let accounts: Vec<AccountId> = accounts.into_iter().collect();
    let people = wallets::names_of(connection, accounts.iter().copied()).await?;
    Ok(accounts
        .into_iter()
        .map(|account| {
            let name = match account {
                AccountId::Holder(id) => match people.get(&account) {
                    Some((first, last)) => format!("{first} {last}"),
                    None => id.to_string(),
                },
                AccountId::Treasury(code) => {
                    let country =
                        countries::country(code.as_str()).map_or(code.to_string(), |country| country.name.to_owned());
                    format!("Treasury of {country}")
                }
                AccountId::System(system) => system.display_name().to_owned(),
            };
            (account, name)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_name_shows_first_letters_only() {
        assert_eq!(masked("Amina", "Ö"), "A••• Ö•••");
        assert_eq!(masked("Li", ""), "L•••");
    }
}
