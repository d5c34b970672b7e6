//! One refusal for each thing that must hold, and no code without a case.

use std::collections::BTreeSet;

use gx_contracts::testing::{MemoryLedger, call, create_user, document_hash};
use gx_contracts::{Function, RefusalCode, Role, SWEEP_DELTAS_MAX};

use crate::support::{
    ANN, BOB, COLD, HASH, NEW, ORG, OTHER_ORG, apply, at, both, both_of_two, endorsed, good_args, initiate, lent,
    organised, person, prepared, proposed, refusal, run, ungranted,
};

/// What leads to the refusal, and the code.
type Case = (&'static str, RefusalCode, fn() -> RefusalCode);

fn refused(function: Function, args: &[&str]) -> RefusalCode {
    refusal(run(&mut prepared().0, function, args))
}

fn after(steps: &[(Function, &[&str])], function: Function, args: &[&str]) -> RefusalCode {
    let (mut ledger, _) = prepared();
    for (step, args) in steps {
        run(&mut ledger, *step, args).unwrap();
    }
    refusal(run(&mut ledger, function, args))
}

const CASES: &[Case] = &[
    ("another role", RefusalCode::RoleRefused, || {
        refusal(prepared().0.simulate_as(Some(Role::PartnerApi), &call(Function::VoidKey, &["k"])))
    }),
    ("no such function", RefusalCode::UnknownFunction, || {
        let mut unknown = call(Function::VoidKey, &["k"]);
        unknown.function = "TokenomicsContract:Mint".to_owned();
        refusal(prepared().0.simulate(&unknown))
    }),
    ("an argument too few", RefusalCode::ArgumentCount, || refused(Function::VoidKey, &[])),
    ("an argument malformed", RefusalCode::ArgumentInvalid, || refused(Function::VoidKey, &["a b"])),
    ("a key used for another call", RefusalCode::IdempotencyKeyReused, || {
        refused(Function::TransferWithFees, &[ANN, BOB, "10001", "P2P", "", "first"])
    }),
    ("a key that was voided", RefusalCode::KeyVoided, || {
        after(&[(Function::VoidKey, &["k"])], Function::TransferWithFees, &[ANN, BOB, "1", "P2P", "", "k"])
    }),
    ("anything before the bootstrap", RefusalCode::NotBootstrapped, || {
        let mut empty = MemoryLedger::new(at("2026-01-01T00:00:00Z"));
        refusal(run(&mut empty, Function::PauseSystem, &["why", "k"]))
    }),
    ("a second bootstrap", RefusalCode::AlreadyBootstrapped, || refused(Function::BootstrapSystem, &["k"])),
    ("a payment in a pause", RefusalCode::SystemPaused, || {
        after(&[(Function::PauseSystem, &["x", "p"])], Function::TransferWithFees, &[ANN, BOB, "1", "P2P", "", "k"])
    }),
    ("a second pause", RefusalCode::SystemPaused, || {
        after(&[(Function::PauseSystem, &["x", "p"])], Function::PauseSystem, &["y", "k"])
    }),
    ("a resume without a pause", RefusalCode::NotPaused, || refused(Function::ResumeSystem, &["k"])),
    ("a country that is there", RefusalCode::CountryExists, || {
        refused(Function::InitializeCountryData, &[r#"[{"code":"AD","shareE8":1012},{"code":"VA","shareE8":12}]"#, "k"])
    }),
    ("a country without a share", RefusalCode::CountryNotFound, || {
        refused(Function::InitializeCountryData, &[r#"[{"code":"XK","shareE8":12}]"#, "k"])
    }),
    ("a registration from a country not on the ledger", RefusalCode::CountryNotFound, || {
        let id = person("AD", "1990-03-15", 1);
        refusal(prepared().0.submit(&create_user(&id, 36, 0)))
    }),
    ("a parameter that is not registered", RefusalCode::ParameterNotFound, || {
        refused(Function::UpdateSystemParameter, &["transactionFeeBps", "1", "k"])
    }),
    ("a value out of range", RefusalCode::ParameterOutOfRange, || {
        refused(Function::UpdateSystemParameter, &["disbursementMaxGx", "0", "k"])
    }),
    ("an unsound fee schedule", RefusalCode::ParameterOutOfRange, || {
        refused(Function::UpdateSystemParameter, &["feeSchedule", r#"{"rows":[]}"#, "k"])
    }),
    ("an administrator twice", RefusalCode::AdminExists, || {
        after(&[(Function::AppointAdmin, &["maria", "a"])], Function::AppointAdmin, &["maria", "k"])
    }),
    ("the treasury of no country", RefusalCode::TreasuryNotFound, || {
        refused(Function::ActivateTreasuryAccount, &["AD", "k"])
    }),
    ("a payment to the treasury of no country", RefusalCode::TreasuryNotFound, || {
        refused(Function::TransferWithFees, &[ANN, "treasury_AD", "1", "", "", "k"])
    }),
    ("a treasury that is active", RefusalCode::TreasuryNotLocked, || {
        after(&[(Function::ActivateTreasuryAccount, &["GB", "a"])], Function::ActivateTreasuryAccount, &["GB", "k"])
    }),
    ("a locked treasury that pays", RefusalCode::TreasuryLocked, || {
        refused(Function::TransferInternal, &["treasury_GB", BOB, "1", "SYSTEM_ADJUSTMENT", "", "k"])
    }),
    ("an id registered before", RefusalCode::UserExists, || {
        refused(Function::CreateUser, &[ANN, HASH, "US", "36", "0", "k"])
    }),
    ("a freeze of nobody", RefusalCode::UserNotFound, || refused(Function::FreezeWallet, &[NEW, "x", "k"])),
    ("a release of nobody", RefusalCode::UserNotFound, || refused(Function::UnfreezeWallet, &[NEW, "k"])),
    ("a nationality other than the id's", RefusalCode::InvalidUserId, || {
        refused(Function::CreateUser, &[NEW, HASH, "GB", "36", "0", "k"])
    }),
    ("a birth after the transaction's day", RefusalCode::InvalidUserId, || {
        let tomorrow = person("US", "2026-06-16", 1);
        refusal(prepared().0.submit(&create_user(&tomorrow, 0, 0)))
    }),
    ("an age two years off", RefusalCode::AgeMismatch, || {
        refused(Function::CreateUser, &[NEW, HASH, "US", "38", "0", "k"])
    }),
    ("a child of twelve", RefusalCode::AgeBelowMinimum, || {
        let child = person("US", "2013-06-16", 1);
        refusal(prepared().0.submit(&create_user(&child, 12, 0)))
    }),
    ("a document used before", RefusalCode::DocumentAlreadyUsed, || {
        refused(Function::CreateUser, &[NEW, &document_hash(ANN).to_string(), "US", "36", "0", "k"])
    }),
    ("a payer that is not registered", RefusalCode::AccountNotFound, || {
        refused(Function::TransferWithFees, &[NEW, BOB, "1", "P2P", "", "k"])
    }),
    ("a receiver that is not registered", RefusalCode::AccountNotFound, || {
        refused(Function::TransferWithFees, &[ANN, NEW, "1", "P2P", "", "k"])
    }),
    ("a disbursement to nobody", RefusalCode::AccountNotFound, || {
        refused(Function::DisburseFromPool, &["LOAN", NEW, "1", "x", "k"])
    }),
    ("a frozen payer", RefusalCode::AccountFrozen, || {
        refused(Function::TransferWithFees, &[COLD, BOB, "1", "P2P", "", "k"])
    }),
    ("a frozen receiver", RefusalCode::AccountFrozen, || {
        refused(Function::TransferWithFees, &[ANN, COLD, "1", "P2P", "", "k"])
    }),
    ("a frozen side of an internal transfer", RefusalCode::AccountFrozen, || {
        refused(Function::TransferInternal, &[ANN, COLD, "1", "SYSTEM_ADJUSTMENT", "", "k"])
    }),
    ("a disbursement to a frozen person", RefusalCode::AccountFrozen, || {
        refused(Function::DisburseFromPool, &["LOAN", COLD, "1", "x", "k"])
    }),
    ("a second freeze", RefusalCode::AccountFrozen, || refused(Function::FreezeWallet, &[COLD, "x", "k"])),
    ("a release of someone who is not frozen", RefusalCode::AccountNotFrozen, || {
        refused(Function::UnfreezeWallet, &[ANN, "k"])
    }),
    ("a payment to oneself", RefusalCode::SelfTransfer, || {
        refused(Function::TransferWithFees, &[ANN, ANN, "1", "P2P", "", "k"])
    }),
    ("an internal transfer to oneself", RefusalCode::SelfTransfer, || {
        refused(Function::TransferInternal, &[ANN, ANN, "1", "SYSTEM_ADJUSTMENT", "", "k"])
    }),
    ("a payment above the balance", RefusalCode::InsufficientFunds, || {
        refused(Function::TransferWithFees, &[ANN, BOB, "500000000", "P2P", "", "k"])
    }),
    ("a payment of the whole balance, without its fee", RefusalCode::InsufficientFunds, || {
        let (mut ledger, _) = prepared();
        let all = crate::support::balance(&ledger, ANN).to_string();
        refusal(run(&mut ledger, Function::TransferWithFees, &[ANN, BOB, &all, "P2P", "", "k"]))
    }),
    ("a payment of the whole supply", RefusalCode::InsufficientFunds, || {
        refused(Function::TransferWithFees, &[ANN, BOB, "1250000000000000000", "P2P", "", "k"])
    }),
    ("a payment by someone without coins", RefusalCode::InsufficientFunds, || {
        let (mut ledger, _) = prepared();
        let poor = ungranted(&mut ledger, "GB", 7);
        refusal(run(&mut ledger, Function::TransferWithFees, &[poor.as_str(), BOB, "1", "P2P", "", "k"]))
    }),
    ("an internal transfer above the balance", RefusalCode::InsufficientFunds, || {
        refused(Function::TransferInternal, &[ANN, BOB, "500000000", "SYSTEM_ADJUSTMENT", "", "k"])
    }),
    ("a disbursement above what one call may pay", RefusalCode::AmountAboveLimit, || {
        refused(Function::DisburseFromPool, &["LOAN", BOB, "100000000000001", "x", "k"])
    }),
    ("a disbursement above a lowered limit", RefusalCode::AmountAboveLimit, || {
        let lower: (Function, &[&str]) = (Function::UpdateSystemParameter, &["disbursementMaxGx", "5", "p"]);
        after(&[lower], Function::DisburseFromPool, &["LOAN", BOB, "5000001", "x", "k"])
    }),
    ("a disbursement to the system", RefusalCode::SystemAccountRefused, || {
        refused(Function::DisburseFromPool, &["LOAN", "SYSTEM_GX_POOL", "1", "x", "k"])
    }),
    ("a disbursement to a treasury", RefusalCode::SystemAccountRefused, || {
        refused(Function::DisburseFromPool, &["LOAN", "treasury_GB", "1", "x", "k"])
    }),
    ("a payment out of a system account", RefusalCode::SystemAccountRefused, || {
        refused(Function::TransferWithFees, &["SYSTEM_OPERATIONS_FUND", BOB, "1", "", "", "k"])
    }),
    ("an internal transfer out of a system account", RefusalCode::SystemAccountRefused, || {
        refused(Function::TransferInternal, &["SYSTEM_LOAN_POOL", BOB, "1", "SYSTEM_ADJUSTMENT", "", "k"])
    }),
    ("a payment into a genesis pool", RefusalCode::SystemAccountRefused, || {
        refused(Function::TransferWithFees, &[ANN, "SYSTEM_USER_GENESIS_POOL", "1", "", "", "k"])
    }),
    ("a disbursement from a genesis pool", RefusalCode::PoolNotFound, || {
        refused(Function::DisburseFromPool, &["USER_GENESIS", BOB, "1", "x", "k"])
    }),
    ("a pool with nothing left", RefusalCode::PoolExhausted, || {
        let (mut ledger, _) = prepared();
        for turn in 0..312 {
            let key = format!("d-{turn}");
            run(&mut ledger, Function::DisburseFromPool, &["GX", BOB, "100000000000000", "x", &key]).unwrap();
        }
        // 31.25 − 31.2 thousand million GX are left.
        refusal(run(&mut ledger, Function::DisburseFromPool, &["GX", BOB, "50000000000001", "x", "k"]))
    }),
    ("a loan that is not there", RefusalCode::LoanNotFound, || {
        refused(Function::ApproveLoan, &[&format!("LOAN-{HASH}"), "maria", "k"])
    }),
    ("a repayment before anything was lent", RefusalCode::LoanStateRefused, || {
        let (mut ledger, _) = prepared();
        let loan = apply(&mut ledger, ANN, "100000000", "a").to_string();
        refusal(run(&mut ledger, Function::RepayLoan, &[&loan, ANN, "1", "k"]))
    }),
    ("a loan below 100 GX", RefusalCode::LoanAmountOutOfRange, || {
        refused(Function::ApplyForLoan, &[ANN, "99999999", HASH, "k"])
    }),
    ("a loan above 1,000,000 GX", RefusalCode::LoanAmountOutOfRange, || {
        refused(Function::ApplyForLoan, &[ANN, "1000000000001", HASH, "k"])
    }),
    ("a sixth loan", RefusalCode::TooManyLoans, || {
        let (mut ledger, _) = prepared();
        for number in 0..5 {
            apply(&mut ledger, ANN, "100000000", &number.to_string());
        }
        refusal(run(&mut ledger, Function::ApplyForLoan, &[ANN, "100000000", HASH, "k"]))
    }),
    ("more than 10,000,000 GX together", RefusalCode::LoanTotalExceeded, || {
        let (mut ledger, _) = prepared();
        for number in 0..10 {
            let key = format!("a{number}");
            let loan = lent(&mut ledger, ANN, "1000000000000", &key).to_string();
            run(&mut ledger, Function::RepayLoan, &[&loan, ANN, "1000000000000", &format!("back{number}")]).unwrap();
        }
        refusal(run(&mut ledger, Function::ApplyForLoan, &[ANN, "100000000", HASH, "k"]))
    }),
    ("one person for both approvals", RefusalCode::SecondPersonNeeded, || {
        let (mut ledger, _) = prepared();
        let loan = apply(&mut ledger, ANN, "100000000", "a").to_string();
        run(&mut ledger, Function::ApproveLoan, &[&loan, "maria", "b"]).unwrap();
        refusal(run(&mut ledger, Function::ApproveLoan, &[&loan, "maria", "k"]))
    }),
    ("a repayment of another person's loan", RefusalCode::NotTheBorrower, || {
        let (mut ledger, _) = prepared();
        let loan = lent(&mut ledger, ANN, "100000000", "a").to_string();
        refusal(run(&mut ledger, Function::RepayLoan, &[&loan, BOB, "1", "k"]))
    }),
    ("a repayment above what is owed", RefusalCode::RepaymentAboveDebt, || {
        let (mut ledger, _) = prepared();
        let loan = lent(&mut ledger, ANN, "100000000", "a").to_string();
        refusal(run(&mut ledger, Function::RepayLoan, &[&loan, ANN, "100000001", "k"]))
    }),
    ("a loan without the trust that is asked for", RefusalCode::TrustTooLow, || {
        let ask = (Function::UpdateSystemParameter, &["loanTrustMin", "1", "t"][..]);
        after(&[ask], Function::ApplyForLoan, &[ANN, "100000000", HASH, "k"])
    }),
    ("an organisation of nobody", RefusalCode::UserNotFound, || {
        let strangers = format!(r#"["{ANN}","{NEW}"]"#);
        refused(Function::ProposeOrganization, &[ORG, "x", ANN, &strangers, "[]", "k"])
    }),
    ("an organisation proposed by somebody else", RefusalCode::NotAStakeholder, || {
        let others = format!(r#"["{BOB}","{COLD}"]"#);
        refused(Function::ProposeOrganization, &[ORG, "x", ANN, &others, "[]", "k"])
    }),
    ("an organisation proposed by somebody frozen", RefusalCode::AccountFrozen, || {
        let others = format!(r#"["{BOB}","{COLD}"]"#);
        refused(Function::ProposeOrganization, &[ORG, "x", COLD, &others, "[]", "k"])
    }),
    ("an organisation with a person's id", RefusalCode::InvalidOrganizationId, || {
        refused(Function::ProposeOrganization, &[NEW, "x", ANN, &both(), "[]", "k"])
    }),
    ("an organisation of a country not on the ledger", RefusalCode::CountryNotFound, || {
        refused(Function::ProposeOrganization, &[&ORG.replace("US", "AD"), "x", ANN, &both(), "[]", "k"])
    }),
    ("an organisation proposed twice", RefusalCode::OrganizationExists, || {
        refusal(run(&mut proposed(), Function::ProposeOrganization, &[ORG, "y", ANN, &both(), "[]", "k"]))
    }),
    ("an endorsement of nothing", RefusalCode::OrganizationNotFound, || {
        refused(Function::EndorseMembership, &[ORG, ANN, "k"])
    }),
    ("a second endorsement", RefusalCode::AlreadyEndorsed, || {
        refusal(run(&mut endorsed(), Function::EndorseMembership, &[ORG, ANN, "k"]))
    }),
    ("an endorsement by a stranger", RefusalCode::NotAStakeholder, || {
        refusal(run(&mut proposed(), Function::EndorseMembership, &[ORG, COLD, "k"]))
    }),
    ("an activation too early", RefusalCode::EndorsementsMissing, || {
        refusal(run(&mut proposed(), Function::ActivateOrganization, &[ORG, ANN, "k"]))
    }),
    ("a second activation", RefusalCode::OrganizationStateRefused, || {
        refusal(run(&mut organised(), Function::ActivateOrganization, &[ORG, ANN, "k"]))
    }),
    ("a payment to an organisation that is not active", RefusalCode::OrganizationStateRefused, || {
        refusal(run(&mut endorsed(), Function::TransferWithFees, &[ANN, ORG, "50", "", "", "k"]))
    }),
    ("a payment to a locked organisation", RefusalCode::AccountFrozen, || {
        let mut ledger = organised();
        run(&mut ledger, Function::LockOrganization, &[ORG, "x", "lock"]).unwrap();
        refusal(run(&mut ledger, Function::TransferWithFees, &[ANN, ORG, "50", "", "", "k"]))
    }),
    ("an organisation that pays without its people", RefusalCode::OrganizationNeedsApprovals, || {
        refusal(run(&mut organised(), Function::TransferWithFees, &[ORG, ANN, "50", "", "", "k"]))
    }),
    ("an organisation whose coins an administrator moves", RefusalCode::OrganizationNeedsApprovals, || {
        refusal(run(&mut organised(), Function::TransferInternal, &[ORG, ANN, "50", "SYSTEM_ADJUSTMENT", "", "k"]))
    }),
    ("a rule agreed to twice", RefusalCode::RuleAlreadyAgreed, || {
        let mut ledger = organised();
        run(&mut ledger, Function::DefineAuthRule, &[ORG, ANN, "9", "1", &both(), "r"]).unwrap();
        refusal(run(&mut ledger, Function::DefineAuthRule, &[ORG, ANN, "9", "1", &both(), "k"]))
    }),
    ("a rule that is in force", RefusalCode::RuleAlreadyAgreed, || {
        refusal(run(&mut organised(), Function::DefineAuthRule, &[ORG, ANN, "0", "2", &both(), "k"]))
    }),
    ("an eleventh rule", RefusalCode::TooManyRules, || {
        let mut ledger = organised();
        for threshold in 1..10 {
            for person in [ANN, BOB] {
                let (text, key) = (threshold.to_string(), format!("r{threshold}-{}", &person[15..19]));
                run(&mut ledger, Function::DefineAuthRule, &[ORG, person, &text, "1", &both(), &key]).unwrap();
            }
        }
        refusal(run(&mut ledger, Function::DefineAuthRule, &[ORG, ANN, "10", "1", &both(), "k"]))
    }),
    ("an amount below every threshold", RefusalCode::NoAuthRule, || {
        let (mut ledger, _) = prepared();
        let rules = both_of_two().replace(r#""0""#, r#""100""#);
        run(&mut ledger, Function::ProposeOrganization, &[OTHER_ORG, "x", ANN, &both(), &rules, "a"]).unwrap();
        for (person, key) in [(ANN, "b"), (BOB, "c")] {
            run(&mut ledger, Function::EndorseMembership, &[OTHER_ORG, person, key]).unwrap();
        }
        run(&mut ledger, Function::ActivateOrganization, &[OTHER_ORG, ANN, "d"]).unwrap();
        refusal(run(&mut ledger, Function::InitiateMultiSigTx, &[OTHER_ORG, ANN, BOB, "99", "", "k"]))
    }),
    ("a loan to an organisation", RefusalCode::AccountNotFound, || {
        refusal(run(&mut organised(), Function::ApplyForLoan, &[ORG, "100000000", HASH, "k"]))
    }),
    ("a transaction before the activation", RefusalCode::OrganizationStateRefused, || {
        refusal(run(&mut endorsed(), Function::InitiateMultiSigTx, &[ORG, ANN, BOB, "50", "", "k"]))
    }),
    ("a transaction to nobody", RefusalCode::AccountNotFound, || {
        refusal(run(&mut organised(), Function::InitiateMultiSigTx, &[ORG, ANN, NEW, "50", "", "k"]))
    }),
    ("a transaction to the organisation itself", RefusalCode::SelfTransfer, || {
        refusal(run(&mut organised(), Function::InitiateMultiSigTx, &[ORG, ANN, ORG, "50", "", "k"]))
    }),
    ("an approval of nothing", RefusalCode::OrgTxNotFound, || {
        refused(Function::ApproveMultiSigTx, &[&format!("ORGTX-{HASH}"), ANN, "k"])
    }),
    ("an approval of what is paid", RefusalCode::OrgTxStateRefused, || {
        let mut ledger = organised();
        let id = initiate(&mut ledger, "50", "i");
        run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "a"]).unwrap();
        refusal(run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "k"]))
    }),
    ("an approval too late", RefusalCode::OrgTxExpired, || {
        let mut ledger = organised();
        let id = initiate(&mut ledger, "50", "i");
        ledger.set_now(at("2026-06-18T12:00:00Z"));
        refusal(run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "k"]))
    }),
    ("an expiry too early", RefusalCode::OrgTxNotExpired, || {
        let mut ledger = organised();
        let id = initiate(&mut ledger, "50", "i");
        ledger.set_now(at("2026-06-18T11:59:59Z"));
        refusal(run(&mut ledger, Function::ExpireMultiSigTx, &[&id, "k"]))
    }),
    ("an approval by a stranger", RefusalCode::NotAStakeholder, || {
        let mut ledger = organised();
        let id = initiate(&mut ledger, "50", "i");
        refusal(run(&mut ledger, Function::ApproveMultiSigTx, &[&id, COLD, "k"]))
    }),
    ("an approval by a stakeholder outside the group", RefusalCode::NotAnApprover, || {
        let mut ledger = organised();
        for (person, key) in [(ANN, "r1"), (BOB, "r2")] {
            let only_bob = format!(r#"["{BOB}"]"#);
            run(&mut ledger, Function::DefineAuthRule, &[ORG, person, "1000", "1", &only_bob, key]).unwrap();
        }
        let id = initiate(&mut ledger, "1000", "i");
        refusal(run(&mut ledger, Function::ApproveMultiSigTx, &[&id, ANN, "k"]))
    }),
    ("a second approval by one stakeholder", RefusalCode::AlreadyDecided, || {
        let mut ledger = organised();
        let id = initiate(&mut ledger, "50", "i");
        refusal(run(&mut ledger, Function::ApproveMultiSigTx, &[&id, ANN, "k"]))
    }),
    ("an approval by somebody frozen", RefusalCode::AccountFrozen, || {
        let mut ledger = organised();
        let id = initiate(&mut ledger, "50", "i");
        run(&mut ledger, Function::FreezeWallet, &[BOB, "x", "f"]).unwrap();
        refusal(run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "k"]))
    }),
    ("a sweep of an entry that is not there", RefusalCode::DeltaNotFound, || {
        refused(
            Function::SweepDeltas,
            &["SYSTEM_OPERATIONS_FUND", &format!(r#"["SYSTEM_OPERATIONS_FUND/{HASH}/0"]"#), "k"],
        )
    }),
    ("a sweep of too many", RefusalCode::TooManyDeltas, || {
        let names: Vec<String> =
            (0..=SWEEP_DELTAS_MAX).map(|number| format!("SYSTEM_OPERATIONS_FUND/{HASH}/{number}")).collect();
        refused(Function::SweepDeltas, &["SYSTEM_OPERATIONS_FUND", &serde_json::to_string(&names).unwrap(), "k"])
    }),
];

#[test]
fn each_precondition_has_its_refusal() {
    for (what, code, case) in CASES {
        assert_eq!(case(), *code, "{what}");
    }
}

#[test]
fn no_code_is_without_a_case() {
    let seen: BTreeSet<RefusalCode> = CASES.iter().map(|(_, code, _)| *code).collect();
    let all: BTreeSet<RefusalCode> = RefusalCode::ALL.iter().copied().collect();
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&RefusalCode>::new());
    for code in RefusalCode::ALL {
        assert_eq!(RefusalCode::parse(code.as_str()), Some(*code));
    }
}

#[test]
fn a_sweep_that_names_an_entry_twice_is_refused() {
    let (mut ledger, delta) = prepared();
    let twice = format!(r#"["{delta}","{delta}"]"#);
    let code = refusal(run(&mut ledger, Function::SweepDeltas, &["SYSTEM_OPERATIONS_FUND", &twice, "k"]));
    assert_eq!(code, RefusalCode::ArgumentInvalid);
}

#[test]
fn a_pause_refuses_every_writing_function_but_its_end_and_voiding() {
    let (mut ledger, delta) = prepared();
    run(&mut ledger, Function::PauseSystem, &["a drill", "pause"]).unwrap();
    for function in Function::ALL.iter().copied().filter(|function| function.arguments().last() == Some(&"key")) {
        let args: Vec<String> = good_args(function).iter().map(|arg| arg.replace("DELTA", &delta)).collect();
        let result = ledger.simulate(&function.call(args));
        match function {
            Function::ResumeSystem | Function::VoidKey => assert!(result.is_ok(), "{function}"),
            Function::BootstrapSystem => assert_eq!(refusal(result), RefusalCode::AlreadyBootstrapped),
            Function::GetKeyRecord => assert_eq!(refusal(result), RefusalCode::UnknownFunction),
            _ => assert_eq!(refusal(result), RefusalCode::SystemPaused, "{function}"),
        }
    }
    run(&mut ledger, Function::ResumeSystem, &["resume"]).unwrap();
    run(&mut ledger, Function::TransferWithFees, &[ANN, BOB, "1", "P2P", "", "k"]).unwrap();
}
