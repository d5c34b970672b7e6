//! What the reading functions answer.

use gx_contracts::queries::{BalanceChange, CountryStats, ParameterValue, PoolStatus, SupplyStatus, SystemStatus};
use gx_contracts::testing::{MemoryLedger, pay};
use gx_contracts::{CountryEntry, Function, RefusalCode};
use gx_types::{Qirat, TxId};

use crate::support::{ANN, HASH, NEW, TODAY, at, balance, granted, ledger, prepared, q, refusal, run};

#[test]
fn the_systems_state_is_told_with_its_reason() {
    let mut ledger = MemoryLedger::new(at(TODAY));
    let status = |ledger: &MemoryLedger| ledger.query::<SystemStatus>(Function::GetSystemStatus, &[]).unwrap();
    assert!(!status(&ledger).is_bootstrapped);
    let quote = ["SYSTEM_LOAN_POOL", "treasury_GB", "1", ""];
    assert_eq!(refusal(ledger.query::<Qirat>(Function::CalculateTransactionFee, &quote)), RefusalCode::NotBootstrapped);
    let parameter = ledger.query::<ParameterValue>(Function::GetParameter, &["feeSchedule"]);
    assert_eq!(refusal(parameter), RefusalCode::ParameterNotFound);
    run(&mut ledger, Function::BootstrapSystem, &["b"]).unwrap();
    run(&mut ledger, Function::PauseSystem, &["a drill", "p"]).unwrap();
    let paused = SystemStatus { is_bootstrapped: true, is_paused: true, reason: Some("a drill".to_owned()) };
    assert_eq!(status(&ledger), paused);
    run(&mut ledger, Function::ResumeSystem, &["r"]).unwrap();
    assert!(!status(&ledger).is_paused);
}

#[test]
fn countries_are_listed_whole_and_in_order() {
    let ledger = ledger();
    let countries: Vec<CountryEntry> = ledger.query(Function::ListAllCountries, &[]).unwrap();
    assert_eq!(countries.len(), 234);
    assert!(countries.windows(2).all(|pair| pair[0].code < pair[1].code));
    assert_eq!(countries.iter().map(|country| country.share_e8).sum::<u64>(), 100_000_000);
    for (phase, world) in
        [100_000_000, 200_000_000, 300_000_000, 400_000_000, 1_550_000_000, 2_450_000_000].iter().enumerate()
    {
        assert_eq!(countries.iter().map(|country| country.slots[phase]).sum::<u64>(), *world);
    }
    let refused = ledger.query::<CountryStats>(Function::GetCountryStats, &["XK"]);
    assert_eq!(refusal(refused), RefusalCode::CountryNotFound);
}

#[test]
fn absent_things_are_refused_by_name() {
    let (ledger, _) = prepared();
    assert_eq!(refusal(ledger.query::<Qirat>(Function::GetBalance, &[NEW])), RefusalCode::AccountNotFound);
    assert_eq!(refusal(ledger.query::<Qirat>(Function::GetBalance, &["treasury_AD"])), RefusalCode::AccountNotFound);
    assert_eq!(refusal(ledger.query::<Qirat>(Function::GetTransactionHistory, &[NEW])), RefusalCode::AccountNotFound);
    assert_eq!(refusal(ledger.query::<Qirat>(Function::GetUser, &[NEW])), RefusalCode::UserNotFound);
    assert_eq!(refusal(ledger.query::<PoolStatus>(Function::GetPoolStatus, &["X"])), RefusalCode::PoolNotFound);
    assert_eq!(balance(&ledger, "treasury_GB"), 0);
    assert_eq!(balance(&ledger, "SYSTEM_GX_POOL"), 0);
}

#[test]
fn a_history_is_newest_first_and_bounded() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    for turn in 0..120 {
        ledger.submit(&pay(us.as_str(), gb.as_str(), q(100), &turn.to_string())).unwrap();
    }
    let lines: Vec<BalanceChange> = ledger.query(Function::GetTransactionHistory, &[us.as_str()]).unwrap();
    assert_eq!(lines.len(), 100);
    assert_eq!(lines[0].balance.get(), balance(&ledger, us.as_str()));
    assert!(lines.windows(2).all(|pair| pair[0].balance.get() + 101 == pair[1].balance.get()));
    assert_eq!(lines[0].timestamp, at(TODAY));
    assert_ne!(lines[0].tx_id, HASH.parse::<TxId>().unwrap());
}

#[test]
fn the_supply_is_the_sum_of_its_pools() {
    let (mut ledger, _) = prepared();
    run(&mut ledger, Function::DisburseFromPool, &["CHARITABLE", ANN, "123", "x", "d"]).unwrap();
    let supply: SupplyStatus = ledger.query(Function::GetSupplyStatus, &[]).unwrap();
    // Three people were granted 500 GX and their treasuries 50 GX each.
    assert_eq!(supply.total_minted, q(3 * 550_000_000 + 123));
    assert_eq!(supply.max_supply.get(), supply.total_minted.get() + supply.available_to_mint.get());
    assert_eq!(supply.circulating_supply, supply.total_minted);
    let sum: u64 = supply.pools.iter().map(|pool| pool.minted.get()).sum();
    assert_eq!(sum, supply.total_minted.get());
    for pool in &supply.pools {
        let one: PoolStatus = ledger.query(Function::GetPoolStatus, &[pool.pool_id.as_str()]).unwrap();
        assert_eq!(one, *pool);
    }
}
