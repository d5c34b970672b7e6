//! Everything a batch of blocks needs to know before it is applied: one query per table.

use std::collections::BTreeSet;

use gx_types::{AccountId, CountryCode, GxId, LoanId, OnchainStatus, OrgTxId, PersonState, PersonStatus, ProfileId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult};

use crate::col::Col;
use crate::connect::Backend;
use crate::entity::{
    accounts, countries, ledger_deltas, loans, organization_transactions, organizations, supply_pools,
};
use crate::error::StoreError;
use crate::set::{query, select, texts};

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Accounts.
    pub accounts: BTreeSet<AccountId>,
    /// Delta entries that a sweep names.
    pub deltas: BTreeSet<String>,
    /// Countries.
    pub countries: BTreeSet<CountryCode>,
    /// People whose names and profiles are needed.
    pub people: BTreeSet<GxId>,
    /// People whose state changes; their rows are locked until the transaction ends.
    pub people_changing: BTreeSet<GxId>,
    /// Loans, each with its borrower's name.
    pub loans: BTreeSet<LoanId>,
    /// Organisations, each with the names of its stakeholders.
    pub organizations: BTreeSet<GxId>,
    /// Transactions of organisations, each with its organisation.
    pub org_transactions: BTreeSet<OrgTxId>,
    /// Whether the supply pools are needed.
    pub pools: bool,
}

/// A person as far as the projector is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The profile.
    pub profile_id: ProfileId,
    /// The id on the ledger.
    pub gx_id: GxId,
    /// First and last name.
    pub name: String,
    /// Where the person stands.
    pub state: PersonState,
}

/// What was found; rows that do not exist are absent.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Accounts.
    pub accounts: Vec<accounts::Model>,
    /// Delta entries.
    pub deltas: Vec<ledger_deltas::Model>,
    /// Countries.
    pub countries: Vec<countries::Model>,
    /// Loans.
    pub loans: Vec<loans::Model>,
    /// Organisations.
    pub organizations: Vec<organizations::Model>,
    /// Transactions of organisations.
    pub org_transactions: Vec<organization_transactions::Model>,
    /// All pools, or none when they were not wanted.
    pub pools: Vec<supply_pools::Model>,
    /// People.
    pub people: Vec<Person>,
}

/// Loads what is wanted.
///
/// # Errors
/// [`StoreError`] when the database cannot be read or holds something unreadable.
pub async fn load(tx: &impl ConnectionTrait, wanted: &Wanted) -> Result<Found, StoreError> {
    let mut found = Found::default();
    if !wanted.accounts.is_empty() {
        let sql = "SELECT * FROM accounts WHERE account_id IN {texts}";
        let statement = select(tx, sql, texts(&wanted.accounts));
        found.accounts = accounts::Entity::find().from_raw_sql(statement).all(tx).await?;
    }
    if !wanted.deltas.is_empty() {
        let sql = "SELECT * FROM ledger_deltas WHERE delta_key IN {texts}";
        let statement = select(tx, sql, texts(&wanted.deltas));
        found.deltas = ledger_deltas::Entity::find().from_raw_sql(statement).all(tx).await?;
    }
    if !wanted.countries.is_empty() {
        let sql = "SELECT * FROM countries WHERE country_code IN {texts}";
        let statement = select(tx, sql, texts(&wanted.countries));
        found.countries = countries::Entity::find().from_raw_sql(statement).all(tx).await?;
    }
    let mut wanted = wanted.clone();
    if !wanted.loans.is_empty() {
        let statement = select(tx, "SELECT * FROM loans WHERE loan_id IN {texts}", texts(&wanted.loans));
        found.loans = loans::Entity::find().from_raw_sql(statement).all(tx).await?;
        wanted.people.extend(found.loans.iter().map(|loan| loan.borrower_id.0));
    }
    if !wanted.org_transactions.is_empty() {
        let sql = "SELECT * FROM organization_transactions WHERE org_tx_id IN {texts}";
        let statement = select(tx, sql, texts(&wanted.org_transactions));
        found.org_transactions = organization_transactions::Entity::find().from_raw_sql(statement).all(tx).await?;
        wanted.organizations.extend(found.org_transactions.iter().map(|row| row.organization_id.0));
    }
    if !wanted.organizations.is_empty() {
        let sql = "SELECT * FROM organizations WHERE organization_id IN {texts}";
        let statement = select(tx, sql, texts(&wanted.organizations));
        found.organizations = organizations::Entity::find().from_raw_sql(statement).all(tx).await?;
        let members = found.organizations.iter().flat_map(|row| &row.stakeholders.0.0);
        wanted.people.extend(members.map(|member| member.gx_id));
    }
    if wanted.pools {
        found.pools = supply_pools::Entity::find().all(tx).await?;
    }
    found.people = people(tx, &wanted).await?;
    Ok(found)
}

async fn people(tx: &impl ConnectionTrait, wanted: &Wanted) -> Result<Vec<Person>, StoreError> {
    const COLUMNS: &str = "SELECT profile_id, gx_id, first_name, last_name, status, onchain_status FROM user_profiles";
    let named = format!("{COLUMNS} WHERE gx_id IN {{texts}}");
    // SQLite has one writer, so nothing changes under it; PostgreSQL must be told.
    let locked = match Backend::of(tx) {
        Backend::Sqlite => named.clone(),
        Backend::Postgres => format!("{named} ORDER BY profile_id FOR UPDATE"),
    };
    let mut rows = query(tx, &locked, texts(&wanted.people_changing)).await?;
    rows.extend(query(tx, &named, texts(wanted.people.difference(&wanted.people_changing))).await?);
    rows.iter().map(person).collect()
}

fn person(row: &QueryResult) -> Result<Person, StoreError> {
    let first: String = row.try_get("", "first_name")?;
    let last: String = row.try_get("", "last_name")?;
    Ok(Person {
        profile_id: row.try_get::<Col<ProfileId>>("", "profile_id")?.0,
        gx_id: row.try_get::<Col<GxId>>("", "gx_id")?.0,
        name: format!("{first} {last}"),
        state: PersonState {
            status: row.try_get::<Col<PersonStatus>>("", "status")?.0,
            onchain: row.try_get::<Col<OnchainStatus>>("", "onchain_status")?.0,
        },
    })
}
