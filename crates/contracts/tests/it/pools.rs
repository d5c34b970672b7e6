//! Disbursements and sweeps: pools to their last Qirat, repayments before mints.

use gx_contracts::queries::PoolStatus;
use gx_contracts::testing::{MemoryLedger, call};
use gx_contracts::{EventBody, Function, Namespace, RefusalCode};

use crate::support::{balance, bodies, granted, ledger, q, refusal, run};

fn pool(ledger: &MemoryLedger, id: &str) -> PoolStatus {
    ledger.query(Function::GetPoolStatus, &[id]).unwrap()
}

fn sweep_all(ledger: &mut MemoryLedger, account: &str, key: &str) -> u64 {
    let names: Vec<String> = ledger
        .entries(Namespace::Delta)
        .map(|(key, _)| key.parts().collect::<Vec<_>>().join("/"))
        .filter(|name| name.starts_with(account))
        .collect();
    run(ledger, Function::SweepDeltas, &[account, &serde_json::to_string(&names).unwrap(), key]).unwrap();
    balance(ledger, account)
}

#[test]
fn repayments_are_paid_out_before_anything_is_minted() {
    let mut ledger = ledger();
    let ann = granted(&mut ledger, "US", 1);
    run(&mut ledger, Function::DisburseFromPool, &["LOAN", ann.as_str(), "1000", "a loan", "1"]).unwrap();
    assert_eq!((pool(&ledger, "LOAN").minted, pool(&ledger, "LOAN").balance), (q(1_000), q(0)));
    let repay = [ann.as_str(), "SYSTEM_LOAN_POOL", "600", "LOAN_REPAYMENT", "part", "2"];
    run(&mut ledger, Function::TransferInternal, &repay).unwrap();
    assert_eq!(sweep_all(&mut ledger, "SYSTEM_LOAN_POOL", "3"), 600);
    let status = pool(&ledger, "LOAN");
    assert_eq!(status.total_available.get(), status.cap.get() - 1_000 + 600);

    let part = bodies(&mut ledger, &call(Function::DisburseFromPool, &["LOAN", ann.as_str(), "250", "another", "4"]));
    let [EventBody::PoolDisbursed { minted, pool_balance_after, .. }] = part.as_slice() else { panic!("{part:?}") };
    assert_eq!((minted.get(), pool_balance_after.get()), (0, 350));
    let rest = bodies(&mut ledger, &call(Function::DisburseFromPool, &["LOAN", ann.as_str(), "1350", "another", "5"]));
    let [EventBody::PoolDisbursed { minted, pool_balance_after, .. }] = rest.as_slice() else { panic!("{rest:?}") };
    assert_eq!((minted.get(), pool_balance_after.get()), (1_000, 0));
    assert_eq!(pool(&ledger, "LOAN").minted, q(2_000));
    assert_eq!(balance(&ledger, ann.as_str()), 500_000_000 + 1_000 - 600 + 250 + 1_350);
}

#[test]
fn a_pool_is_paid_out_to_its_cap_and_then_only_what_comes_back() {
    let mut ledger = ledger();
    let bob = granted(&mut ledger, "GB", 1);
    let mut number = 0;
    let mut disburse = |ledger: &mut MemoryLedger, amount: &str| {
        number += 1;
        run(ledger, Function::DisburseFromPool, &["GX", bob.as_str(), amount, "all of it", &format!("d{number}")])
    };
    for _ in 0..312 {
        disburse(&mut ledger, "100000000000000").unwrap();
    }
    assert_eq!(refusal(disburse(&mut ledger, "50000000000001")), RefusalCode::PoolExhausted);
    disburse(&mut ledger, "50000000000000").unwrap();
    assert_eq!((pool(&ledger, "GX").available_to_mint, pool(&ledger, "GX").total_available), (q(0), q(0)));
    assert_eq!(refusal(disburse(&mut ledger, "1")), RefusalCode::PoolExhausted);

    run(&mut ledger, Function::TransferInternal, &[bob.as_str(), "SYSTEM_GX_POOL", "7", "LOAN_REPAYMENT", "", "back"])
        .unwrap();
    assert_eq!(refusal(disburse(&mut ledger, "7")), RefusalCode::PoolExhausted, "not swept yet");
    assert_eq!(sweep_all(&mut ledger, "SYSTEM_GX_POOL", "sweep"), 7);
    assert_eq!(refusal(disburse(&mut ledger, "8")), RefusalCode::PoolExhausted);
    disburse(&mut ledger, "7").unwrap();
    assert_eq!(refusal(disburse(&mut ledger, "1")), RefusalCode::PoolExhausted);
    assert_eq!(pool(&ledger, "GX").minted, pool(&ledger, "GX").cap);
}

#[test]
fn a_full_sweep_takes_500_entries_and_leaves_the_rest() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    for turn in 0..501 {
        ledger.submit(&gx_contracts::testing::pay(us.as_str(), gb.as_str(), q(50), &format!("p{turn}"))).unwrap();
    }
    let fund = "SYSTEM_OPERATIONS_FUND";
    let names: Vec<String> = ledger
        .entries(Namespace::Delta)
        .map(|(key, _)| key.parts().collect::<Vec<_>>().join("/"))
        .filter(|name| name.starts_with(fund))
        .collect();
    assert_eq!(names.len(), 501);
    let all = serde_json::to_string(&names).unwrap();
    assert_eq!(refusal(run(&mut ledger, Function::SweepDeltas, &[fund, &all, "a"])), RefusalCode::TooManyDeltas);
    let full = serde_json::to_string(&names[..500]).unwrap();
    run(&mut ledger, Function::SweepDeltas, &[fund, &full, "b"]).unwrap();
    assert_eq!(balance(&ledger, fund), 500);
    assert_eq!(refusal(run(&mut ledger, Function::SweepDeltas, &[fund, &full, "c"])), RefusalCode::DeltaNotFound);
    assert_eq!(sweep_all(&mut ledger, fund, "d"), 501);
}
