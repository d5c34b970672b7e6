//! Organisations: from the proposal to what they pay, and what must never happen on the way.

use std::collections::{BTreeMap, BTreeSet};

use gx_contracts::state::{OrgTransactionRecord, OrganizationRecord};
use gx_contracts::testing::{MemoryLedger, call};
use gx_contracts::{Call, EventBody, Function, InvokeError, Namespace, ReceiptResult, RefusalCode, TransactionType};
use gx_types::{GxId, OrgTxId, OrgTxStatus, OrganizationStatus, Timestamp};
use proptest::prelude::*;

use crate::support::{
    ANN, BOB, ORG, OTHER_ORG, TODAY, at, balance, both, endorsed, granted, initiate, organised, prepared, proposed,
    refusal, run, sum,
};

fn organization(ledger: &MemoryLedger, id: &str) -> OrganizationRecord {
    ledger.query(Function::GetOrganization, &[id]).unwrap()
}

fn transaction(ledger: &MemoryLedger, id: &str) -> OrgTransactionRecord {
    ledger.query(Function::GetMultiSigTx, &[id]).unwrap()
}

fn json(people: &[&str]) -> String {
    serde_json::to_string(people).unwrap()
}

/// Every stakeholder agrees to a rule.
fn agree(ledger: &mut MemoryLedger, people: &[&str], threshold: &str, required: &str, group: &[&str]) {
    for (number, person) in people.iter().enumerate() {
        let key = format!("rule-{threshold}-{required}-{number}-{}", group.len());
        run(ledger, Function::DefineAuthRule, &[ORG, person, threshold, required, &json(group), &key]).unwrap();
    }
}

#[test]
fn an_organisation_is_active_once_each_stakeholder_has_endorsed() {
    let mut ledger = proposed();
    assert_eq!(organization(&ledger, ORG).status, OrganizationStatus::PendingEndorsement);
    assert_eq!(organization(&ledger, ORG).stakeholders.values().flatten().count(), 0, "a proposal endorses nothing");
    run(&mut ledger, Function::EndorseMembership, &[ORG, BOB, "b"]).unwrap();
    let early = run(&mut ledger, Function::ActivateOrganization, &[ORG, BOB, "early"]);
    assert_eq!(refusal(early), RefusalCode::EndorsementsMissing);
    run(&mut ledger, Function::EndorseMembership, &[ORG, ANN, "a"]).unwrap();
    run(&mut ledger, Function::ActivateOrganization, &[ORG, ANN, "activate"]).unwrap();
    assert_eq!(organization(&ledger, ORG).status, OrganizationStatus::Verified);
}

#[test]
fn people_and_organisations_are_paid_with_the_fee_of_their_kind() {
    let mut ledger = organised();
    run(&mut ledger, Function::ProposeOrganization, &[OTHER_ORG, "Trust", BOB, &both(), "[]", "t"]).unwrap();
    for (person, key) in [(ANN, "t1"), (BOB, "t2")] {
        run(&mut ledger, Function::EndorseMembership, &[OTHER_ORG, person, key]).unwrap();
    }
    run(&mut ledger, Function::ActivateOrganization, &[OTHER_ORG, BOB, "t3"]).unwrap();
    for (to, kind, fee, key) in [(BOB, TransactionType::Merchant, 30, "x"), (OTHER_ORG, TransactionType::B2B, 20, "y")]
    {
        let before = (balance(&ledger, ORG), balance(&ledger, to));
        let (receipt, _) = run(&mut ledger, Function::InitiateMultiSigTx, &[ORG, ANN, to, "10000", "", key]).unwrap();
        let ReceiptResult::OrgTransaction { org_tx_id, status: OrgTxStatus::Pending } = receipt.result else {
            panic!()
        };
        let approve = [&org_tx_id.to_string(), BOB, &format!("{key}-a")];
        let (_, events) = run(&mut ledger, Function::ApproveMultiSigTx, &approve).unwrap();
        let paid = events.iter().find_map(|event| match &event.body {
            EventBody::TransferCompleted { transaction_type, fee, .. } => Some((*transaction_type, fee.get())),
            _ => None,
        });
        assert_eq!(paid, Some((kind, fee)));
        assert!(matches!(events.last().unwrap().body, EventBody::OrgTxExecuted { .. }));
        assert_eq!((balance(&ledger, ORG), balance(&ledger, to)), (before.0 - 10_000 - fee, before.1 + 10_000));
    }
}

#[test]
fn l9_what_is_paid_is_not_paid_again_by_later_approvals() {
    let (mut ledger, _) = prepared();
    let third = granted(&mut ledger, "US", 33);
    let people = [ANN, BOB, third.as_str()];
    let rule = format!(r#"[{{"amountThreshold":"0","requiredApprovers":2,"approverGroup":{}}}]"#, json(&people));
    run(&mut ledger, Function::ProposeOrganization, &[ORG, "Three", ANN, &json(&people), &rule, "p"]).unwrap();
    for (number, person) in people.iter().enumerate() {
        run(&mut ledger, Function::EndorseMembership, &[ORG, person, &format!("e{number}")]).unwrap();
    }
    run(&mut ledger, Function::ActivateOrganization, &[ORG, ANN, "a"]).unwrap();
    run(&mut ledger, Function::TransferWithFees, &[ANN, ORG, "1000000", "", "", "capital"]).unwrap();
    let id = initiate(&mut ledger, "1000", "i");
    // Two approvals endorsed at one height: both would be the last one needed; one of them commits.
    let bobs = ledger.simulate(&call(Function::ApproveMultiSigTx, &[&id, BOB, "b"])).unwrap();
    let thirds = ledger.simulate(&call(Function::ApproveMultiSigTx, &[&id, third.as_str(), "c"])).unwrap();
    ledger.commit(&bobs).unwrap();
    assert!(ledger.commit(&thirds).is_err());
    let after = balance(&ledger, ORG);
    let late = run(&mut ledger, Function::ApproveMultiSigTx, &[&id, third.as_str(), "d"]);
    assert_eq!(refusal(late), RefusalCode::OrgTxStateRefused);
    assert_eq!((balance(&ledger, ORG), transaction(&ledger, &id).status), (after, OrgTxStatus::Executed));
}

#[test]
fn l13_the_receipt_names_the_transaction_that_later_steps_use() {
    let mut ledger = organised();
    let call = [ORG, ANN, BOB, "50", "wages", "i"];
    let (receipt, events) = run(&mut ledger, Function::InitiateMultiSigTx, &call).unwrap();
    let ReceiptResult::OrgTransaction { org_tx_id, .. } = receipt.result else { panic!("{receipt:?}") };
    assert_eq!(org_tx_id, OrgTxId::of(receipt.tx_id));
    assert!(matches!(events[0].body, EventBody::OrgTxInitiated { org_tx_id: told, .. } if told == org_tx_id));
    let again = run(&mut ledger, Function::InitiateMultiSigTx, &call).unwrap();
    assert_eq!(again.0, receipt, "the same request is the same transaction");
    run(&mut ledger, Function::ApproveMultiSigTx, &[&org_tx_id.to_string(), BOB, "a"]).unwrap();
}

#[test]
fn l14_no_id_that_a_caller_chooses_meets_another_record() {
    let mut ledger = proposed();
    let before: Vec<_> = ledger.entries(Namespace::User).map(|(key, value)| (key.clone(), value.to_vec())).collect();
    let again = run(&mut ledger, Function::ProposeOrganization, &[ORG, "Mine", BOB, &both(), "[]", "k"]);
    assert_eq!(refusal(again), RefusalCode::OrganizationExists);
    let person = run(&mut ledger, Function::ProposeOrganization, &[ANN, "Ann", BOB, &both(), "[]", "l"]);
    assert_eq!(refusal(person), RefusalCode::InvalidOrganizationId);
    assert_eq!(organization(&ledger, ORG).name, "Ann & Bob");
    let after: Vec<_> = ledger.entries(Namespace::User).map(|(key, value)| (key.clone(), value.to_vec())).collect();
    assert_eq!(before, after);
    assert_eq!(ledger.entries(Namespace::Organization).count(), 1);
}

#[test]
fn l18_only_an_administrator_unlocks_what_was_locked() {
    let mut ledger = organised();
    let id = initiate(&mut ledger, "50", "i");
    run(&mut ledger, Function::LockOrganization, &[ORG, "a court asked", "lock"]).unwrap();
    let activated = run(&mut ledger, Function::ActivateOrganization, &[ORG, ANN, "again"]);
    assert_eq!(refusal(activated), RefusalCode::OrganizationStateRefused);
    let approved = run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "approve"]);
    assert_eq!(refusal(approved), RefusalCode::OrganizationStateRefused);
    let initiated = run(&mut ledger, Function::InitiateMultiSigTx, &[ORG, ANN, BOB, "5", "", "j"]);
    assert_eq!(refusal(initiated), RefusalCode::OrganizationStateRefused);
    assert_eq!(organization(&ledger, ORG).status, OrganizationStatus::Locked);
    run(&mut ledger, Function::UnlockOrganization, &[ORG, "unlock"]).unwrap();
    run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "approve"]).unwrap();
    assert_eq!(transaction(&ledger, &id).status, OrgTxStatus::Executed);
}

#[test]
fn l19_a_payment_that_is_refused_is_kept_on_its_transaction() {
    let mut ledger = organised();
    let id = initiate(&mut ledger, "200000000", "i");
    let before = (balance(&ledger, ORG), balance(&ledger, BOB));
    let (receipt, events) = run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "a"]).unwrap();
    assert!(matches!(receipt.result, ReceiptResult::OrgTransaction { status: OrgTxStatus::ExecutionFailed, .. }));
    assert!(matches!(
        &events.last().unwrap().body,
        EventBody::OrgTxExecutionFailed { code: RefusalCode::InsufficientFunds, .. }
    ));
    let kept = transaction(&ledger, &id);
    assert_eq!(kept.status, OrgTxStatus::ExecutionFailed);
    assert_eq!(kept.failure.unwrap().code, RefusalCode::InsufficientFunds);
    assert_eq!((balance(&ledger, ORG), balance(&ledger, BOB)), before, "nothing moved");
    run(&mut ledger, Function::TransferWithFees, &[ANN, ORG, "300000000", "", "", "more"]).unwrap();
    let late = run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "b"]);
    assert_eq!(refusal(late), RefusalCode::OrgTxStateRefused, "it is over, even when there are coins now");
}

#[test]
fn l39_the_highest_threshold_not_above_the_amount_decides_in_any_order() {
    for order in [["1000", "5000"], ["5000", "1000"]] {
        let mut ledger = organised();
        for threshold in order {
            let required = if threshold == "5000" { "2" } else { "1" };
            agree(&mut ledger, &[ANN, BOB], threshold, required, &[ANN, BOB]);
        }
        for (amount, threshold, status) in [
            ("999", 0, OrgTxStatus::Pending),
            ("1000", 1_000, OrgTxStatus::Executed),
            ("4999", 1_000, OrgTxStatus::Executed),
            ("5000", 5_000, OrgTxStatus::Pending),
            ("90000", 5_000, OrgTxStatus::Pending),
        ] {
            let id = initiate(&mut ledger, amount, &format!("i{amount}"));
            let record = transaction(&ledger, &id);
            assert_eq!((record.rule.amount_threshold.get(), record.status), (threshold, status), "{order:?} {amount}");
        }
    }
}

#[test]
fn l39_an_initiator_outside_the_group_approves_nothing() {
    let mut ledger = organised();
    agree(&mut ledger, &[ANN, BOB], "1000", "1", &[BOB]);
    let id = initiate(&mut ledger, "1000", "i");
    let record = transaction(&ledger, &id);
    assert_eq!((record.status, record.approvals.len()), (OrgTxStatus::Pending, 0));
    run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "a"]).unwrap();
    assert_eq!(transaction(&ledger, &id).status, OrgTxStatus::Executed);
}

#[test]
fn l39_after_three_days_nothing_is_approved_any_more() {
    let mut ledger = organised();
    let (first, second) = (initiate(&mut ledger, "50", "i"), initiate(&mut ledger, "60", "j"));
    ledger.set_now(at("2026-06-18T11:59:59Z"));
    run(&mut ledger, Function::ApproveMultiSigTx, &[&second, BOB, "a"]).unwrap();
    ledger.set_now(at("2026-06-18T12:00:00Z"));
    let late = run(&mut ledger, Function::ApproveMultiSigTx, &[&first, BOB, "b"]);
    assert_eq!(refusal(late), RefusalCode::OrgTxExpired);
    assert_eq!(transaction(&ledger, &first).status, OrgTxStatus::Pending, "a refusal changes nothing");
    run(&mut ledger, Function::ExpireMultiSigTx, &[&first, "c"]).unwrap();
    assert_eq!(transaction(&ledger, &first).status, OrgTxStatus::Expired);
    let paid = run(&mut ledger, Function::ExpireMultiSigTx, &[&second, "d"]);
    assert_eq!(refusal(paid), RefusalCode::OrgTxStateRefused);
}

#[test]
fn one_stakeholder_alone_changes_no_rule() {
    let mut ledger = organised();
    let mine = json(&[ANN]);
    run(&mut ledger, Function::DefineAuthRule, &[ORG, ANN, "0", "1", &mine, "a"]).unwrap();
    let record = organization(&ledger, ORG);
    assert_eq!((record.rules.len(), record.rules[0].required_approvers), (1, 2));
    // Bob wants another one; Ann's agreement was to hers.
    run(&mut ledger, Function::DefineAuthRule, &[ORG, BOB, "0", "1", &json(&[BOB]), "b"]).unwrap();
    assert_eq!(organization(&ledger, ORG).proposed_rules.len(), 1);
    assert_eq!(organization(&ledger, ORG).rules[0].required_approvers, 2);
    run(&mut ledger, Function::DefineAuthRule, &[ORG, ANN, "0", "1", &json(&[BOB]), "c"]).unwrap();
    let record = organization(&ledger, ORG);
    assert_eq!((record.rules[0].required_approvers, record.proposed_rules.len()), (1, 0));
}

#[test]
fn a_transaction_is_over_when_it_can_no_longer_be_approved() {
    let mut ledger = organised();
    let id = initiate(&mut ledger, "50", "i");
    let (_, events) = run(&mut ledger, Function::RejectMultiSigTx, &[&id, BOB, "too much", "r"]).unwrap();
    assert!(matches!(events[0].body, EventBody::OrgTxRejected { closed: true, .. }), "both were needed");
    let late = run(&mut ledger, Function::ApproveMultiSigTx, &[&id, BOB, "a"]);
    assert_eq!(refusal(late), RefusalCode::OrgTxStateRefused);

    let withdrawn = initiate(&mut ledger, "60", "j");
    run(&mut ledger, Function::RejectMultiSigTx, &[&withdrawn, ANN, "my mistake", "w"]).unwrap();
    assert_eq!(transaction(&ledger, &withdrawn).status, OrgTxStatus::Rejected);
    assert_eq!(balance(&ledger, ORG), 100_000_000);
}

#[test]
fn organisations_do_not_wait_for_each_other() {
    let ledger = endorsed();
    let one = ledger.simulate(&call(Function::ActivateOrganization, &[ORG, ANN, "x"])).unwrap();
    let other = call(Function::ProposeOrganization, &[OTHER_ORG, "Trust", ANN, &both(), "[]", "t"]);
    let two = ledger.simulate(&other).unwrap();
    assert!(!one.is_hurt_by(&two) && !two.is_hurt_by(&one));
}

#[derive(Debug, Clone)]
enum Step {
    Initiate { who: usize, amount: u64, to: usize },
    Approve { which: usize, who: usize },
    Reject { which: usize, who: usize },
    Expire { which: usize },
    Rule { who: usize, threshold: u64, required: usize, group: usize },
    Lock,
    Unlock,
    Freeze { who: usize },
    Unfreeze { who: usize },
    Fund { who: usize, amount: u64 },
    Steal { to: usize },
    Wait { hours: u64 },
    Again { which: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, which) = (0..4_usize, 0..8_usize);
    let amount = prop_oneof![1..2_000_u64, Just(1_000), Just(5_000_000), 1..400_000_000_u64];
    prop_oneof![
        5 => (who.clone(), amount.clone(), 0..5_usize).prop_map(|(who, amount, to)| Step::Initiate { who, amount, to }),
        12 => (which.clone(), who.clone()).prop_map(|(which, who)| Step::Approve { which, who }),
        2 => (which.clone(), who.clone()).prop_map(|(which, who)| Step::Reject { which, who }),
        1 => which.clone().prop_map(|which| Step::Expire { which }),
        3 => (who.clone(), prop_oneof![Just(0), Just(1_000)], 1..4_usize, 1..8_usize)
            .prop_map(|(who, threshold, required, group)| Step::Rule { who, threshold, required, group }),
        1 => Just(Step::Lock),
        2 => Just(Step::Unlock),
        1 => who.clone().prop_map(|who| Step::Freeze { who }),
        2 => who.clone().prop_map(|who| Step::Unfreeze { who }),
        3 => (who, amount).prop_map(|(who, amount)| Step::Fund { who, amount }),
        1 => (0..4_usize).prop_map(|to| Step::Steal { to }),
        1 => (1..40_u64).prop_map(|hours| Step::Wait { hours }),
        4 => which.prop_map(|which| Step::Again { which }),
    ]
}

/// What the events say about one transaction.
struct Seen {
    rule: gx_types::AuthRule,
    amount: u64,
    expires_at: Timestamp,
    approved: BTreeSet<GxId>,
    over: Option<OrgTxStatus>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// Whatever the order, number and simultaneity of approvals: a transaction is paid once at most, only with enough
    /// approvals of its group in time, an organisation's coins leave in no other way, and no coin appears or vanishes.
    #[test]
    fn a_transaction_is_paid_once_whatever_comes_together(
        batches in proptest::collection::vec(proptest::collection::vec(step(), 1..6), 1..25)
    ) {
        let (mut ledger, _) = prepared();
        let third = granted(&mut ledger, "US", 33);
        let stranger = granted(&mut ledger, "US", 34);
        let people = [ANN, BOB, third.as_str(), stranger.as_str()];
        let members = &people[..3];
        let rule = format!(r#"[{{"amountThreshold":"0","requiredApprovers":2,"approverGroup":{}}}]"#, json(members));
        run(&mut ledger, Function::ProposeOrganization, &[ORG, "Three", ANN, &json(members), &rule, "p"]).unwrap();
        for (number, person) in members.iter().enumerate() {
            run(&mut ledger, Function::EndorseMembership, &[ORG, person, &format!("e{number}")]).unwrap();
        }
        run(&mut ledger, Function::ActivateOrganization, &[ORG, ANN, "a"]).unwrap();
        run(&mut ledger, Function::TransferWithFees, &[ANN, ORG, "300000000", "", "", "capital"]).unwrap();

        let coins = |ledger: &MemoryLedger| sum(ledger, Namespace::Balance) + sum(ledger, Namespace::Delta);
        let start = coins(&ledger);
        let mut now = at(TODAY);
        let (mut earlier, mut ids): (Vec<Call>, Vec<OrgTxId>) = (Vec::new(), Vec::new());
        let mut seen: BTreeMap<OrgTxId, Seen> = BTreeMap::new();
        let (mut received, mut spent) = (300_000_000_u64, 0_u64);
        for batch in &batches {
            let mut endorsed = Vec::new();
            for step in batch {
                let fresh = format!("fresh-{}", earlier.len());
                let pick = |which: usize| ids.get(which % ids.len().max(1)).map(ToString::to_string);
                let next = match step {
                    Step::Initiate { who, amount, to } => {
                        let to = people.get(*to).copied().unwrap_or(ORG);
                        Some(call(Function::InitiateMultiSigTx, &[ORG, people[*who], to, &amount.to_string(), "", &fresh]))
                    }
                    Step::Approve { which, who } => {
                        pick(*which).map(|id| call(Function::ApproveMultiSigTx, &[&id, people[*who], &fresh]))
                    }
                    Step::Reject { which, who } => {
                        pick(*which).map(|id| call(Function::RejectMultiSigTx, &[&id, people[*who], "no", &fresh]))
                    }
                    Step::Expire { which } => {
                        pick(*which).map(|id| call(Function::ExpireMultiSigTx, &[&id, &fresh]))
                    }
                    Step::Rule { who, threshold, required, group } => {
                        let group: Vec<&str> =
                            (0..3).filter(|bit| group & (1 << bit) != 0).map(|bit| people[bit]).collect();
                        let (threshold, required) = (threshold.to_string(), required.to_string());
                        let args = [ORG, people[*who], &threshold, &required, &json(&group), &fresh];
                        Some(call(Function::DefineAuthRule, &args))
                    }
                    Step::Lock => Some(call(Function::LockOrganization, &[ORG, "x", &fresh])),
                    Step::Unlock => Some(call(Function::UnlockOrganization, &[ORG, &fresh])),
                    Step::Freeze { who } => Some(call(Function::FreezeWallet, &[people[*who], "x", &fresh])),
                    Step::Unfreeze { who } => Some(call(Function::UnfreezeWallet, &[people[*who], &fresh])),
                    Step::Fund { who, amount } => {
                        let amount = amount.to_string();
                        Some(call(Function::TransferWithFees, &[people[*who], ORG, &amount, "", "", &fresh]))
                    }
                    Step::Steal { to } => Some(call(Function::TransferWithFees, &[ORG, people[*to], "5", "", "", &fresh])),
                    Step::Wait { hours } => {
                        now = now.plus(std::time::Duration::from_hours(*hours));
                        None
                    }
                    Step::Again { which } => earlier.get(which % earlier.len().max(1)).cloned(),
                };
                let Some(next) = next else { continue };
                match ledger.simulate(&next) {
                    Ok(one) => endorsed.push(one),
                    Err(InvokeError::Refused(_)) => {}
                    Err(InvokeError::Host(error)) => panic!("{error}"),
                }
                earlier.push(next);
            }
            for one in endorsed {
                if ledger.commit(&one).is_err() {
                    continue;
                }
                for event in &one.simulation.events {
                    match &event.body {
                        EventBody::TransferCompleted { from, to, amount, fee, .. } => {
                            if to.to_string() == ORG {
                                received += amount.get();
                            }
                            if from.to_string() == ORG {
                                spent += amount.get() + fee.get();
                                let executed = one.simulation.events.iter().filter(
                                    |event| matches!(event.body, EventBody::OrgTxExecuted { .. })).count();
                                prop_assert_eq!(executed, 1, "coins of an organisation leave by its transactions only");
                            }
                        }
                        EventBody::OrgTxInitiated { org_tx_id, amount, rule, expires_at, .. } => {
                            ids.push(*org_tx_id);
                            let new = Seen {
                                rule: rule.clone(),
                                amount: amount.get(),
                                expires_at: *expires_at,
                                approved: BTreeSet::new(),
                                over: None,
                            };
                            prop_assert!(seen.insert(*org_tx_id, new).is_none());
                        }
                        EventBody::OrgTxApproved { org_tx_id, approver } => {
                            let tx = seen.get_mut(org_tx_id).unwrap();
                            prop_assert!(tx.over.is_none() && one.timestamp < tx.expires_at);
                            prop_assert!(tx.rule.approver_group.contains(approver) && tx.approved.insert(*approver));
                        }
                        EventBody::OrgTxExecuted { org_tx_id } | EventBody::OrgTxExecutionFailed { org_tx_id, .. } => {
                            let tx = seen.get_mut(org_tx_id).unwrap();
                            prop_assert_eq!(tx.approved.len(), usize::from(tx.rule.required_approvers));
                            prop_assert!(tx.rule.amount_threshold.get() <= tx.amount);
                            let paid = matches!(event.body, EventBody::OrgTxExecuted { .. });
                            let over = if paid { OrgTxStatus::Executed } else { OrgTxStatus::ExecutionFailed };
                            prop_assert!(tx.over.replace(over).is_none(), "decided twice");
                        }
                        EventBody::OrgTxRejected { org_tx_id, closed: true, .. } => {
                            prop_assert!(seen.get_mut(org_tx_id).unwrap().over.replace(OrgTxStatus::Rejected).is_none());
                        }
                        EventBody::OrgTxExpired { org_tx_id } => {
                            let tx = seen.get_mut(org_tx_id).unwrap();
                            prop_assert!(one.timestamp >= tx.expires_at);
                            prop_assert!(tx.over.replace(OrgTxStatus::Expired).is_none());
                        }
                        _ => {}
                    }
                }
            }
            ledger.set_now(now);
            prop_assert_eq!(coins(&ledger), start);
            prop_assert_eq!(balance(&ledger, ORG), received - spent);
            for (id, tx) in &seen {
                let record = transaction(&ledger, &id.to_string());
                prop_assert_eq!(record.status, tx.over.unwrap_or(OrgTxStatus::Pending));
                prop_assert_eq!(&record.approvals, &tx.approved);
            }
        }
    }
}
