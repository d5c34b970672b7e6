//! Loans: from the application to the last repayment, and what must never happen on the way.

use std::collections::BTreeMap;

use gx_contracts::loans::{LOAN_MAX, OPEN_LOANS_MAX};
use gx_contracts::pools::Pool;
use gx_contracts::queries::PoolStatus;
use gx_contracts::state::LoanRecord;
use gx_contracts::testing::MemoryLedger;
use gx_contracts::{EventBody, Function, Namespace, ReceiptResult, RefusalCode};
use gx_types::{LoanId, LoanStatus};
use proptest::prelude::*;

use crate::support::{ANN, BOB, COLD, HASH, apply, balance, lent, prepared, q, refusal, run, sum};

fn loan(ledger: &MemoryLedger, id: LoanId) -> LoanRecord {
    ledger.query(Function::GetLoan, &[&id.to_string()]).unwrap()
}

fn pool(ledger: &MemoryLedger) -> PoolStatus {
    ledger.query(Function::GetPoolStatus, &["LOAN"]).unwrap()
}

#[test]
fn l13_the_receipt_names_the_loan_that_later_steps_use() {
    let (mut ledger, _) = prepared();
    let (receipt, events) = run(&mut ledger, Function::ApplyForLoan, &[ANN, "100000000", HASH, "a"]).unwrap();
    let ReceiptResult::LoanApplied { loan_id } = receipt.result else { panic!("{receipt:?}") };
    assert_eq!(loan_id, LoanId::of(receipt.tx_id));
    assert!(matches!(events[0].body, EventBody::LoanApplied { loan_id: told, .. } if told == loan_id));
    run(&mut ledger, Function::ApproveLoan, &[&loan_id.to_string(), "maria", "b"]).unwrap();
    assert_eq!(loan(&ledger, loan_id).status, LoanStatus::Approved);
    let again = run(&mut ledger, Function::ApplyForLoan, &[ANN, "100000000", HASH, "a"]).unwrap();
    assert_eq!(again.0.result, receipt.result, "the same request is the same loan");
}

#[test]
fn l20_the_second_approval_pays_out_of_the_pool() {
    let (mut ledger, _) = prepared();
    let before = balance(&ledger, ANN);
    let id = apply(&mut ledger, ANN, "100000000", "a").to_string();
    run(&mut ledger, Function::ApproveLoan, &[&id, "maria", "b"]).unwrap();
    assert_eq!(balance(&ledger, ANN), before, "one approval moves nothing");
    let (_, events) = run(&mut ledger, Function::ApproveLoan, &[&id, "omar", "c"]).unwrap();
    assert!(matches!(events[0].body, EventBody::PoolDisbursed { pool: Pool::Loan, .. }));
    assert!(matches!(events[1].body, EventBody::LoanDisbursed { .. }));
    assert_eq!(balance(&ledger, ANN), before + 100_000_000);
    assert_eq!(pool(&ledger).minted, q(100_000_000));
    let third = run(&mut ledger, Function::ApproveLoan, &[&id, "ines", "d"]);
    assert_eq!(refusal(third), RefusalCode::LoanStateRefused, "a loan is paid out once");
}

#[test]
fn l21_a_loan_is_paid_back_in_parts_without_interest_and_lent_again() {
    let (mut ledger, _) = prepared();
    let before = balance(&ledger, ANN);
    let id = lent(&mut ledger, ANN, "100000000", "a");
    let text = id.to_string();
    run(&mut ledger, Function::RepayLoan, &[&text, ANN, "40000000", "b"]).unwrap();
    assert_eq!((loan(&ledger, id).status, loan(&ledger, id).outstanding), (LoanStatus::Active, q(60_000_000)));
    let (_, events) = run(&mut ledger, Function::RepayLoan, &[&text, ANN, "60000000", "c"]).unwrap();
    assert_eq!((loan(&ledger, id).status, loan(&ledger, id).outstanding), (LoanStatus::Paid, q(0)));
    assert_eq!(balance(&ledger, ANN), before);
    let more = run(&mut ledger, Function::RepayLoan, &[&text, ANN, "1", "d"]);
    assert_eq!(refusal(more), RefusalCode::LoanStateRefused);

    let entry = serde_json::to_string(&[&events[0].body.credits()[0].delta_key]).unwrap();
    run(&mut ledger, Function::SweepDeltas, &["SYSTEM_LOAN_POOL", &entry, "s"]).unwrap();
    lent(&mut ledger, BOB, "100000000", "e");
    assert_eq!(pool(&ledger).minted, q(140_000_000), "what came back is lent before anything is minted");
}

#[test]
fn a_declined_loan_is_over_and_counts_for_nothing() {
    let (mut ledger, _) = prepared();
    for turn in 0..12 {
        let id = apply(&mut ledger, ANN, "1000000000000", &format!("a{turn}"));
        run(&mut ledger, Function::RejectLoan, &[&id.to_string(), "maria", "no value", &format!("b{turn}")]).unwrap();
        assert_eq!(loan(&ledger, id).status, LoanStatus::Rejected);
        let approved = run(&mut ledger, Function::ApproveLoan, &[&id.to_string(), "omar", &format!("c{turn}")]);
        assert_eq!(refusal(approved), RefusalCode::LoanStateRefused);
    }
    let all: Vec<LoanRecord> = ledger.query(Function::GetMyLoans, &[ANN]).unwrap();
    assert_eq!(all.len(), 12);
    let others: Vec<LoanRecord> = ledger.query(Function::GetMyLoans, &[BOB]).unwrap();
    assert_eq!(others, []);
}

#[test]
fn who_is_frozen_or_unknown_borrows_nothing() {
    let (mut ledger, _) = prepared();
    let frozen = run(&mut ledger, Function::ApplyForLoan, &[COLD, "100000000", HASH, "a"]);
    assert_eq!(refusal(frozen), RefusalCode::AccountFrozen);
    let unknown = run(&mut ledger, Function::ApplyForLoan, &[crate::support::NEW, "100000000", HASH, "b"]);
    assert_eq!(refusal(unknown), RefusalCode::AccountNotFound);
    let id = apply(&mut ledger, ANN, "100000000", "c").to_string();
    run(&mut ledger, Function::ApproveLoan, &[&id, "maria", "d"]).unwrap();
    run(&mut ledger, Function::FreezeWallet, &[ANN, "a court asked", "e"]).unwrap();
    let paid_out = run(&mut ledger, Function::ApproveLoan, &[&id, "omar", "f"]);
    assert_eq!(refusal(paid_out), RefusalCode::AccountFrozen, "frozen between the approvals");
}

#[derive(Debug, Clone)]
enum Step {
    Apply { who: usize, gx: u64 },
    Approve { which: usize, admin: usize },
    Reject { which: usize, admin: usize },
    Repay { which: usize, who: usize, amount: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..2_usize, prop_oneof![Just(99), Just(100), Just(1_000_000), Just(1_000_001), 100..1_000_000_u64])
            .prop_map(|(who, gx)| Step::Apply { who, gx }),
        5 => (0..12_usize, 0..3_usize).prop_map(|(which, admin)| Step::Approve { which, admin }),
        1 => (0..12_usize, 0..3_usize).prop_map(|(which, admin)| Step::Reject { which, admin }),
        4 => (0..12_usize, 0..2_usize, prop_oneof![Just(1), Just(100_000_000), 1..1_000_000_000_000_u64])
            .prop_map(|(which, who, amount)| Step::Repay { which, who, amount }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the order: limits hold, a loan is paid out once and by two people, what is owed is what was lent less what
    /// came back, and no coin appears or vanishes.
    #[test]
    fn loans_stay_within_pool_and_limits(steps in proptest::collection::vec(step(), 1..80)) {
        let (mut ledger, _) = prepared();
        let people = [ANN, BOB];
        let coins = |ledger: &MemoryLedger| sum(ledger, Namespace::Balance) + sum(ledger, Namespace::Delta);
        let start = coins(&ledger);
        let mut loans: Vec<LoanId> = Vec::new();
        let mut paid_out: BTreeMap<LoanId, u32> = BTreeMap::new();
        let mut repaid: BTreeMap<LoanId, u64> = BTreeMap::new();
        for (number, step) in steps.iter().enumerate() {
            let key = format!("step{number}");
            let pick = |which: usize| loans.get(which % loans.len().max(1)).map(ToString::to_string);
            let done = match step {
                Step::Apply { who, gx } => {
                    let amount = (gx * 1_000_000).to_string();
                    run(&mut ledger, Function::ApplyForLoan, &[people[*who], &amount, HASH, &key])
                }
                Step::Approve { which, admin } => {
                    let Some(id) = pick(*which) else { continue };
                    run(&mut ledger, Function::ApproveLoan, &[&id, ["maria", "omar", "ines"][*admin], &key])
                }
                Step::Reject { which, admin } => {
                    let Some(id) = pick(*which) else { continue };
                    run(&mut ledger, Function::RejectLoan, &[&id, ["maria", "omar", "ines"][*admin], "no", &key])
                }
                Step::Repay { which, who, amount } => {
                    let Some(id) = pick(*which) else { continue };
                    run(&mut ledger, Function::RepayLoan, &[&id, people[*who], &amount.to_string(), &key])
                }
            };
            for event in done.iter().flat_map(|(_, events)| events) {
                match &event.body {
                    EventBody::LoanApplied { loan_id, .. } => loans.push(*loan_id),
                    EventBody::LoanDisbursed { loan_id, approver, .. } => {
                        *paid_out.entry(*loan_id).or_default() += 1;
                        let first = loan(&ledger, *loan_id).first_approver;
                        prop_assert_ne!(first.as_ref(), Some(approver));
                    }
                    EventBody::LoanRepaid { loan_id, amount, .. } => {
                        *repaid.entry(*loan_id).or_default() += amount.get();
                    }
                    _ => {}
                }
            }
        }
        for person in people {
            let all: Vec<LoanRecord> = ledger.query(Function::GetMyLoans, &[person]).unwrap();
            let open = all.iter().filter(|loan| !matches!(loan.status, LoanStatus::Paid | LoanStatus::Rejected)).count();
            prop_assert!(open <= OPEN_LOANS_MAX);
            let lent = all.iter().filter(|loan| loan.status != LoanStatus::Rejected).map(|loan| loan.amount.get()).sum::<u64>();
            prop_assert!(lent <= 10_000_000 * 1_000_000);
            for loan in &all {
                prop_assert!(loan.amount <= LOAN_MAX);
                let out = matches!(loan.status, LoanStatus::Active | LoanStatus::Paid);
                prop_assert_eq!(paid_out.get(&loan.loan_id).copied(), out.then_some(1));
                let back = repaid.get(&loan.loan_id).copied().unwrap_or_default();
                prop_assert_eq!(loan.outstanding.get(), if out { loan.amount.get() - back } else { 0 });
            }
        }
        let minted = u128::from(pool(&ledger).minted.get());
        prop_assert_eq!(coins(&ledger), start + minted);
        prop_assert!(minted <= u128::from(Pool::Loan.cap().get()));
    }
}
