//! Ledger keys: done once, told again, voided.

use gx_contracts::testing::{MemoryLedger, call, create_user, document_hash, pay};
use gx_contracts::{Command, Function, KeyRecord, ReceiptResult, RefusalCode, void_key_call};
use gx_types::{AuthRule, LedgerKey, LoanId, OrgTxId, ProfileId, QSendId, TxId};

use crate::support::{balance, granted, ledger, person, q, refusal, run};

fn record(ledger: &MemoryLedger, key: &str) -> Option<KeyRecord> {
    ledger.query(Function::GetKeyRecord, &[key]).unwrap()
}

#[test]
fn the_same_call_twice_is_one_debit_and_one_answer() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    let payment = pay(us.as_str(), gb.as_str(), q(200), "k");
    let (first, _) = ledger.submit(&payment).unwrap();
    let height = ledger.height();
    for _ in 0..3 {
        let again = ledger.simulate(&payment).unwrap().simulation;
        assert!(again.replayed && again.writes.is_empty() && again.events.is_empty());
        assert_eq!(again.receipt, first, "the first transaction's");
    }
    // Sent all the same, it commits and changes nothing.
    let sent = ledger.simulate(&payment).unwrap();
    ledger.commit(&sent).unwrap();
    assert_eq!((balance(&ledger, us.as_str()), ledger.height()), (499_999_798, height + 1));
    assert!(matches!(record(&ledger, "k"), Some(KeyRecord::Done { receipt, .. }) if receipt == first));
    assert_eq!(record(&ledger, "l"), None);
}

#[test]
fn another_call_under_the_key_is_refused_whatever_differs() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    let good = [us.as_str(), gb.as_str(), "200", "P2P", "a", "k"];
    run(&mut ledger, Function::TransferWithFees, &good).unwrap();
    for (index, other) in [(0, gb.as_str()), (1, us.as_str()), (2, "201"), (3, ""), (4, "b")] {
        let mut args = good;
        args[index] = other;
        assert_eq!(refusal(run(&mut ledger, Function::TransferWithFees, &args)), RefusalCode::IdempotencyKeyReused);
    }
    // Moving characters from one argument to the next makes another call too.
    let freeze = [us.as_str(), "ab", "k"];
    assert_eq!(refusal(run(&mut ledger, Function::FreezeWallet, &freeze)), RefusalCode::IdempotencyKeyReused);
}

#[test]
fn the_shard_is_a_hint_and_no_part_of_the_call() {
    let mut ledger = ledger();
    let id = person("US", "1990-03-15", 1);
    let (first, _) = ledger.submit(&create_user(&id, 36, 5)).unwrap();
    let again = ledger.simulate(&create_user(&id, 36, 6)).unwrap().simulation;
    assert_eq!((again.replayed, again.receipt), (true, first));
    assert_eq!(refusal(ledger.simulate(&create_user(&id, 37, 5))), RefusalCode::IdempotencyKeyReused);
}

#[test]
fn a_repeated_call_is_answered_in_a_pause_too() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    let payment = pay(us.as_str(), gb.as_str(), q(200), "k");
    ledger.submit(&payment).unwrap();
    run(&mut ledger, Function::PauseSystem, &["a drill", "p"]).unwrap();
    assert!(ledger.simulate(&payment).unwrap().simulation.replayed);
    assert_eq!(refusal(ledger.simulate(&pay(us.as_str(), gb.as_str(), q(200), "l"))), RefusalCode::SystemPaused);
}

#[test]
fn a_refused_call_leaves_its_key_free() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    run(&mut ledger, Function::FreezeWallet, &[gb.as_str(), "x", "f"]).unwrap();
    let payment = pay(us.as_str(), gb.as_str(), q(200), "k");
    assert_eq!(refusal(ledger.submit(&payment)), RefusalCode::AccountFrozen);
    run(&mut ledger, Function::UnfreezeWallet, &[gb.as_str(), "u"]).unwrap();
    ledger.submit(&payment).unwrap();
}

#[test]
fn voiding_stops_an_envelope_that_is_still_under_way() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    let payment = pay(us.as_str(), gb.as_str(), q(200), "k");
    let late = ledger.simulate(&payment).unwrap();
    let key: LedgerKey = "k".parse().unwrap();
    let (receipt, events) = ledger.submit(&void_key_call(&key)).unwrap();
    assert_eq!((receipt.result, events.len()), (ReceiptResult::Voided, 1));
    assert!(ledger.commit(&late).is_err(), "it read the key as absent");
    assert_eq!(refusal(ledger.submit(&payment)), RefusalCode::KeyVoided);
    assert_eq!(balance(&ledger, us.as_str()), 500_000_000);
    let again = ledger.simulate(&void_key_call(&key)).unwrap().simulation;
    assert!(again.replayed && again.receipt.result == ReceiptResult::Voided);
    assert!(matches!(record(&ledger, "k"), Some(KeyRecord::Void { tx_id }) if tx_id == receipt.tx_id));
}

#[test]
fn voiding_too_late_finds_the_receipt() {
    let mut ledger = ledger();
    let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    let payment = pay(us.as_str(), gb.as_str(), q(200), "k");
    let key: LedgerKey = "k".parse().unwrap();
    // Both at one height: whichever commits first wins.
    let (late, void) = (ledger.simulate(&payment).unwrap(), ledger.simulate(&void_key_call(&key)).unwrap());
    ledger.commit(&late).unwrap();
    assert!(ledger.commit(&void).is_err());
    let found = ledger.simulate(&void_key_call(&key)).unwrap().simulation;
    assert!(found.replayed && found.writes.is_empty());
    assert_eq!(found.receipt, late.simulation.receipt);
    assert!(ledger.simulate(&payment).unwrap().simulation.replayed, "and the payment stays done");
}

#[test]
fn commands_call_functions_with_all_their_arguments() {
    let (us, gb) = (person("US", "1990-03-15", 1), person("GB", "1990-03-15", 2));
    let (key, profile_id) = (LedgerKey::prefixed("person", "7"), ProfileId::from_uuid(uuid(7)));
    let document_hash = document_hash("passport");
    let (country, amount, fee, remark) = ("GB".parse().unwrap(), q(50), q(1), "words".to_owned());
    let loan_id = LoanId::of(TxId::from_bytes([7; 32]));
    let organization_id = crate::support::ORG.parse().unwrap();
    let org_tx_id = OrgTxId::of(gx_types::TxId::from_bytes([7; 32]));
    let rule = AuthRule { amount_threshold: q(5), required_approvers: 1, approver_group: vec![us] };
    let commands = [
        Command::BootstrapSystem,
        gx_contracts::testing::all_countries(),
        Command::UpdateSystemParameter {
            parameter: "disbursementMaxGx".to_owned(),
            value: "5".to_owned(),
            request: key.clone(),
        },
        Command::PauseSystem { reason: remark.clone(), request: key.clone() },
        Command::ResumeSystem { request: key.clone() },
        Command::AppointAdmin { admin_id: "maria".to_owned(), request: key.clone() },
        Command::ActivateTreasury { country, request: key.clone() },
        Command::DisburseFromPool {
            pool: gx_contracts::pools::Pool::Loan,
            to: gb,
            amount,
            remark: remark.clone(),
            request: key.clone(),
        },
        Command::CreateUser {
            profile_id,
            user_id: us,
            document_hash,
            nationality: "US".parse().unwrap(),
            age: 36,
            shard: 3,
            request: key.clone(),
        },
        Command::TransferTokens {
            profile_id,
            from: us,
            to: gb,
            amount,
            fee,
            transaction_type: gx_contracts::TransactionType::P2P,
            remark: remark.clone(),
            request: key.clone(),
        },
        Command::QSendPay {
            qsend_id: QSendId::from_uuid(uuid(8)),
            code: "QS-6PAS3LHD".to_owned(),
            profile_id,
            from: us,
            to: gb,
            amount,
            fee,
            remark: String::new(),
            attempt: 1,
        },
        Command::FreezeWallet { profile_id, user_id: us, reason: remark.clone(), request: key.clone() },
        Command::UnfreezeWallet { profile_id, user_id: us, request: key.clone() },
        Command::SweepDeltas {
            account: "SYSTEM_OPERATIONS_FUND".parse().unwrap(),
            delta_keys: vec!["SYSTEM_OPERATIONS_FUND/x/0".to_owned()],
            request: key.clone(),
        },
        Command::ApplyForLoan {
            profile_id,
            borrower: us,
            amount,
            collateral_hash: document_hash,
            request: key.clone(),
        },
        Command::ApproveLoan { loan_id, borrower: us, approver: "maria".to_owned(), request: key.clone() },
        Command::RejectLoan {
            loan_id,
            borrower: us,
            approver: "maria".to_owned(),
            reason: "no value".to_owned(),
            request: key.clone(),
        },
        Command::ProposeOrganization {
            profile_id,
            organization_id,
            name: remark.clone(),
            proposer: us,
            stakeholders: vec![us, gb],
            rules: vec![rule.clone()],
            request: key.clone(),
        },
        Command::EndorseMembership { profile_id, organization_id, stakeholder: us, request: key.clone() },
        Command::ActivateOrganization { profile_id, organization_id, stakeholder: us, request: key.clone() },
        Command::DefineAuthRule { profile_id, organization_id, stakeholder: us, rule, request: key.clone() },
        Command::LockOrganization { organization_id, reason: remark.clone(), request: key.clone() },
        Command::UnlockOrganization { organization_id, request: key.clone() },
        Command::InitiateMultisigTx {
            profile_id,
            organization_id,
            initiator: us,
            to: gb,
            amount,
            remark: remark.clone(),
            request: key.clone(),
        },
        Command::ApproveMultisigTx {
            profile_id,
            org_tx_id,
            organization_id,
            to: gb,
            approver: us,
            request: key.clone(),
        },
        Command::RejectMultisigTx {
            profile_id,
            org_tx_id,
            organization_id,
            approver: us,
            reason: remark,
            request: key.clone(),
        },
        Command::RepayLoan { profile_id, loan_id, borrower: us, amount, request: key.clone() },
        Command::ExpireMultisigTx { org_tx_id, organization_id, request: key },
    ];
    let mut keys = std::collections::BTreeSet::new();
    for command in &commands {
        let call = command.call();
        let function = Function::parse(&call.function).unwrap();
        assert_eq!(call.args.len(), function.arguments().len(), "{function}");
        assert_eq!(call.args.last(), Some(&command.ledger_key().to_string()));
        assert_eq!(function.call(call.args.clone()), call, "signed with the role that may");
        assert!(keys.insert(command.ledger_key()), "{function} shares a ledger key with another command");
        let text = serde_json::to_string(command).unwrap();
        assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), *command);
        assert!(text.contains(&format!("\"type\":\"{}\"", command.kind())), "{text}");
    }
    assert_eq!(
        commands[10].call(),
        call(
            Function::TransferWithFees,
            &[us.as_str(), gb.as_str(), "50", "P2P", "Q Send payment", "qsend-QS-6PAS3LHD"]
        )
    );
    assert_eq!(commands[10].hold().map(|hold| hold.amount), Some(q(51)));
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}
