//! A ledger in a temporary folder, and people in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gx_base::{ManualClock, SeededEntropy};
use gx_contracts::testing::{all_countries, create_user, pay};
use gx_contracts::{Call, Command, Function};
use gx_ledger::conformance::Suite;
use gx_ledger::{Committed, EmbeddedLedger, EmbeddedOptions, Ledger, LedgerError, Proposal, Settled};
use gx_types::{AccountType, EnvName, GxId, Qirat, Sex, Timestamp};

pub const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
pub const WAIT: Duration = Duration::from_secs(30);

/// Small sizes, so that segments roll, tables flush and runs merge within a test.
pub fn small() -> EmbeddedOptions {
    EmbeddedOptions { segment_bytes_max: 300_000, memtable_bytes: 100_000, ..EmbeddedOptions::of(EnvName::Devnet) }
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOW))
}

pub fn open_with(folder: &Path, options: EmbeddedOptions, seed: u64) -> Result<Arc<EmbeddedLedger>, LedgerError> {
    EmbeddedLedger::open(folder, options, clock(), Arc::new(SeededEntropy::new(seed))).map(Arc::new)
}

/// Opens with small sizes. Two openings of one folder take different seeds, as two processes have different randomness.
pub fn open(folder: &Path, seed: u64) -> Arc<EmbeddedLedger> {
    open_with(folder, small(), seed).unwrap()
}

pub fn suite(ledger: &Arc<EmbeddedLedger>, crowd: usize) -> Suite {
    Suite::new(Arc::clone(ledger) as _, clock(), crowd)
}

pub fn proposal(call: Call) -> Proposal {
    Proposal { call, timestamp: NOW }
}

pub async fn settle(ledger: &EmbeddedLedger, call: Call) -> Committed {
    match ledger.submit(proposal(call), WAIT).await.unwrap() {
        Settled::Committed(committed) => committed,
        other => panic!("{other:?}"),
    }
}

/// Person number `number`: even ones live in the US, odd ones in GB.
pub fn person(number: u64) -> GxId {
    let country = if number.is_multiple_of(2) { "US" } else { "GB" };
    let born = "1990-01-01".parse().unwrap();
    GxId::generate(country.parse().unwrap(), born, Sex::Male, AccountType::INDIVIDUAL, number).unwrap()
}

/// Sets the system up and registers people.
pub async fn populate(ledger: &EmbeddedLedger, people: u64) {
    settle(ledger, Command::BootstrapSystem.call()).await;
    settle(ledger, all_countries().call()).await;
    for number in 0..people {
        settle(ledger, create_user(&person(number), 36, number as u16 % 64)).await;
    }
}

pub fn payment(from: u64, to: u64, amount: u64, key: &str) -> Call {
    pay(person(from).as_str(), person(to).as_str(), Qirat::new(amount).unwrap(), key)
}

pub async fn balance(ledger: &EmbeddedLedger, number: u64) -> Result<u64, LedgerError> {
    let answer = ledger.evaluate(Function::GetBalance.call(vec![person(number).to_string()])).await?;
    Ok(serde_json::from_slice::<Qirat>(&answer).unwrap().get())
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file below a folder, in order.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
