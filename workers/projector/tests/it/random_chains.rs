//! Random histories, made by the real contracts, cut into random blocks, projected in random batches with deaths at any
//! point: the read model is always what the ledger says, and what a rebuild gives.

use std::sync::Arc;

use gx_base::{Clock, SystemClock};
use gx_contracts::Function;
use gx_contracts::testing::{call, create_user, pay};
use gx_projector::ProjectorSettings;
use gx_projector::rebuild::rebuild_and_compare;
use gx_store::Backend;
use gx_store::testing::TestStore;
use gx_types::{GxId, OnchainStatus, PersonState, PersonStatus, Qirat};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::*;

const PEOPLE: usize = 6;
const ORGANISATION: &str = "US 56C BNS641 1ORGA 0001";
const TREASURIES: [&str; 3] = ["treasury_US", "treasury_GB", "SYSTEM_OPERATIONS_FUND"];

#[derive(Debug, Clone)]
enum Step {
    Register(usize),
    Pay { from: usize, to: usize, amount: u64 },
    PayTreasury { from: usize, to: usize, amount: u64 },
    PayRequest { from: usize, to: usize, amount: u64 },
    Repeat,
    Disburse { to: usize, amount: u64 },
    Repay { from: usize, amount: u64 },
    Apply { who: usize, gx: u64 },
    Approve { which: usize, admin: usize },
    Reject { which: usize },
    RepayLoan { which: usize, amount: u64 },
    Sweep(usize),
    Freeze(usize),
    Unfreeze(usize),
    Pause(bool),
    Activate(usize),
    Propose,
    Endorse(usize),
    Launch,
    Fund { from: usize, amount: u64 },
    Rule { who: usize, required: u8 },
    Initiate { who: usize, to: usize, amount: u64 },
    Decide { who: usize, which: usize, approve: bool },
    Lock(bool),
    Void,
    Invalid,
    Cut,
}

fn step() -> impl Strategy<Value = Step> {
    let person = 0..PEOPLE;
    let amount = prop_oneof![1u64..300, 1u64..200_000_000, Just(3_000_000u64)];
    prop_oneof![
        4 => person.clone().prop_map(Step::Register),
        8 => (person.clone(), person.clone(), amount.clone()).prop_map(|(from, to, amount)| Step::Pay { from, to, amount }),
        2 => (person.clone(), 0..3usize, amount.clone()).prop_map(|(from, to, amount)| Step::PayTreasury { from, to, amount }),
        2 => (person.clone(), person.clone(), amount.clone()).prop_map(|(from, to, amount)| Step::PayRequest { from, to, amount }),
        1 => Just(Step::Repeat),
        1 => (person.clone(), amount.clone()).prop_map(|(to, amount)| Step::Disburse { to, amount }),
        1 => (person.clone(), amount.clone()).prop_map(|(from, amount)| Step::Repay { from, amount }),
        2 => (person.clone(), 100..300u64).prop_map(|(who, gx)| Step::Apply { who, gx }),
        4 => (0..4usize, 0..2usize).prop_map(|(which, admin)| Step::Approve { which, admin }),
        1 => (0..4usize).prop_map(|which| Step::Reject { which }),
        2 => (0..4usize, 1..200_000_000u64).prop_map(|(which, amount)| Step::RepayLoan { which, amount }),
        2 => (0..3usize).prop_map(Step::Sweep),
        1 => person.clone().prop_map(Step::Freeze),
        1 => person.clone().prop_map(Step::Unfreeze),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => (0..2usize).prop_map(Step::Activate),
        2 => Just(Step::Propose),
        4 => (0..2usize).prop_map(Step::Endorse),
        2 => Just(Step::Launch),
        2 => (person.clone(), amount.clone()).prop_map(|(from, amount)| Step::Fund { from, amount }),
        1 => (0..2usize, 1..3u8).prop_map(|(who, required)| Step::Rule { who, required }),
        3 => (0..2usize, 0..PEOPLE, amount.clone()).prop_map(|(who, to, amount)| Step::Initiate { who, to, amount }),
        5 => (0..2usize, 0..4usize, prop::bool::weighted(0.8))
            .prop_map(|(who, which, approve)| Step::Decide { who, which, approve }),
        1 => any::<bool>().prop_map(Step::Lock),
        1 => Just(Step::Void),
        1 => Just(Step::Invalid),
        5 => Just(Step::Cut),
    ]
}

fn people() -> Vec<(GxId, u32)> {
    (0..PEOPLE)
        .map(|number| {
            let (country, born, age) = match number % 3 {
                0 => ("US", "1990-01-01", 36),
                1 => ("GB", "1985-07-22", 40),
                _ => ("VA", "1940-01-01", 86),
            };
            (gx_id(country, born, number as u64), age)
        })
        .collect()
}

/// Plays the steps; what the contracts refuse is left out, as on the real ledger.
fn play(steps: &[Step]) -> World {
    let mut world = World::ready();
    let people = people();
    let mut credits: Vec<(String, String)> = Vec::new();
    let mut loans: Vec<(String, String)> = Vec::new();
    let mut initiated: Vec<String> = Vec::new();
    let mut last: Option<(gx_contracts::Call, Vec<gx_contracts::Event>)> = None;
    for (number, step) in steps.iter().enumerate() {
        let key = format!("step-{number}");
        let id = |index: usize| people[index].0.as_str();
        let q = |amount: u64| Qirat::new(amount).unwrap();
        let wanted = match step {
            Step::Register(index) => create_user(&people[*index].0, people[*index].1, 0),
            Step::Pay { from, to, amount } => pay(id(*from), id(*to), q(*amount), &key),
            Step::PayTreasury { from, to, amount } => pay(id(*from), TREASURIES[*to], q(*amount), &key),
            Step::PayRequest { from, to, amount } => {
                pay(id(*from), id(*to), q(*amount), &format!("qsend-QS-{number:0>8}").replace(['0', '1'], "A"))
            }
            Step::Repeat => match &last {
                Some((call, _)) => call.clone(),
                None => continue,
            },
            Step::Disburse { to, amount } => {
                call(Function::DisburseFromPool, &["LOAN", id(*to), &amount.to_string(), "loan", &key])
            }
            Step::Repay { from, amount } => {
                let amount = amount.to_string();
                call(
                    Function::TransferInternal,
                    &[id(*from), "SYSTEM_LOAN_POOL", &amount, "LOAN_REPAYMENT", "back", &key],
                )
            }
            Step::Apply { who, gx } => {
                let amount = (gx * 1_000_000).to_string();
                call(Function::ApplyForLoan, &[id(*who), &amount, &"ab".repeat(32), &key])
            }
            Step::Approve { which, admin } => {
                let Some((loan, _)) = loans.get(*which) else { continue };
                call(Function::ApproveLoan, &[loan, ["maria", "omar"][*admin], &format!("loanapprove-{key}")])
            }
            Step::Reject { which } => {
                let Some((loan, _)) = loans.get(*which) else { continue };
                call(Function::RejectLoan, &[loan, "maria", "no value", &key])
            }
            Step::RepayLoan { which, amount } => {
                let Some((loan, borrower)) = loans.get(*which) else { continue };
                call(Function::RepayLoan, &[loan, borrower, &amount.to_string(), &format!("loanrepay-{key}")])
            }
            Step::Sweep(which) => {
                let accounts = ["SYSTEM_OPERATIONS_FUND", "treasury_US", "SYSTEM_LOAN_POOL"];
                let account = accounts[*which];
                let keys: Vec<&String> =
                    credits.iter().filter(|(owner, _)| owner == account).map(|(_, key)| key).take(5).collect();
                call(Function::SweepDeltas, &[account, &serde_json::to_string(&keys).unwrap(), &key])
            }
            Step::Freeze(index) => call(Function::FreezeWallet, &[id(*index), "a reason", &key]),
            Step::Unfreeze(index) => call(Function::UnfreezeWallet, &[id(*index), &key]),
            Step::Pause(true) => call(Function::PauseSystem, &["a pause", &key]),
            Step::Pause(false) => call(Function::ResumeSystem, &[&key]),
            Step::Activate(which) => call(Function::ActivateTreasuryAccount, &[["US", "GB"][*which], &key]),
            Step::Propose => {
                let both = format!(r#"["{}","{}"]"#, id(0), id(1));
                let rules = format!(r#"[{{"amountThreshold":"0","requiredApprovers":2,"approverGroup":{both}}}]"#);
                call(Function::ProposeOrganization, &[ORGANISATION, "Two", id(0), &both, &rules, &key])
            }
            Step::Endorse(who) => call(Function::EndorseMembership, &[ORGANISATION, id(*who), &key]),
            Step::Launch => call(Function::ActivateOrganization, &[ORGANISATION, id(1), &key]),
            Step::Fund { from, amount } => pay(id(*from), ORGANISATION, q(*amount), &key),
            Step::Rule { who, required } => {
                let both = format!(r#"["{}","{}"]"#, id(0), id(1));
                let required = required.to_string();
                call(Function::DefineAuthRule, &[ORGANISATION, id(*who), "1000", &required, &both, &key])
            }
            Step::Initiate { who, to, amount } => {
                let amount = amount.to_string();
                call(Function::InitiateMultiSigTx, &[ORGANISATION, id(*who), id(*to), &amount, "wages", &key])
            }
            Step::Decide { who, which, approve } => {
                let Some(transaction) = initiated.get(which % initiated.len().max(1)) else { continue };
                if *approve {
                    call(Function::ApproveMultiSigTx, &[transaction, id(*who), &key])
                } else {
                    call(Function::RejectMultiSigTx, &[transaction, id(*who), "no", &key])
                }
            }
            Step::Lock(true) => call(Function::LockOrganization, &[ORGANISATION, "a court asked", &key]),
            Step::Lock(false) => call(Function::UnlockOrganization, &[ORGANISATION, &key]),
            Step::Void => gx_contracts::void_key_call(&format!("void-{number}").parse().unwrap()),
            Step::Invalid => {
                if let Some((_, events)) = &last {
                    world.invalid(events.clone());
                }
                continue;
            }
            Step::Cut => {
                world.cut();
                continue;
            }
        };
        if let Some(tx) = world.call(&wanted) {
            for event in &tx.events {
                if let gx_contracts::EventBody::OrgTxInitiated { org_tx_id, .. } = &event.body {
                    initiated.push(org_tx_id.to_string());
                }
                if let gx_contracts::EventBody::DeltasSwept { delta_keys, .. } = &event.body {
                    credits.retain(|(_, key)| !delta_keys.contains(key));
                }
                if let gx_contracts::EventBody::LoanApplied { loan_id, borrower, .. } = &event.body
                    && loans.iter().all(|(loan, _)| *loan != loan_id.to_string())
                {
                    loans.push((loan_id.to_string(), borrower.to_string()));
                }
                for credit in event.body.credits() {
                    credits.push((credit.account.to_string(), credit.delta_key.clone()));
                }
            }
            last = Some((wanted, tx.events));
        }
    }
    world.cut();
    world
}

async fn holds(test: &TestStore, world: &World, batch: usize, deaths: usize) {
    let store = &test.store;
    let on_the_way = PersonState { status: PersonStatus::ApprovedPendingOnchain, onchain: OnchainStatus::Pending };
    for (number, (id, _)) in people().iter().enumerate() {
        // One of them is unknown to the database.
        if number != 4 {
            add_person(store, number as u64, "Some Body", id, on_the_way).await;
        }
    }
    let settings = ProjectorSettings { batch_transactions_max: batch, ..FAST };
    for death in 0..deaths {
        let dying =
            Running::start_with(store, &world.chain, &format!("dying-{death}"), Arc::new(SystemClock), settings);
        // Any point will do: in the middle of a batch, between two, before the first.
        let before = next_block(store).await;
        let limit = std::time::Duration::from_millis(3 + 7 * death as u64);
        let _ = tokio::time::timeout(limit, async {
            while next_block(store).await == before {
                tokio::task::yield_now().await;
            }
        })
        .await;
        dying.die().await;
    }
    let last = Running::start_with(store, &world.chain, "last", Arc::new(SystemClock), settings);
    caught_up(store, &world.chain).await;
    last.stop().await;

    for (account, settled) in balances(store).await {
        assert_eq!(settled, i64::try_from(world.balance(&account).get()).unwrap(), "{account}");
    }
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ledger = ChainLedger(Arc::clone(&world.chain));
    let report = rebuild_and_compare(&ledger, store, &test.url, folder.path(), &clock).await.unwrap();
    assert_eq!(report.faults().collect::<Vec<_>>(), Vec::<String>::new());
}

fn any_chain_on(backend: Backend, cases: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() });
    let input = (prop::collection::vec(step(), 10..120), 1usize..40, 0usize..4);
    runner
        .run(&input, |(steps, batch, deaths)| {
            let world = play(&steps);
            runtime.block_on(async {
                if let Some(test) = TestStore::migrated(backend).await.unwrap() {
                    holds(&test, &world, batch, deaths).await;
                    test.store.close().await.unwrap();
                }
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_chain_in_any_batches_with_deaths_equals_ledger_and_rebuild_on_sqlite() {
    any_chain_on(Backend::Sqlite, 16);
}

#[test]
fn any_chain_in_any_batches_with_deaths_equals_ledger_and_rebuild_on_postgresql() {
    any_chain_on(Backend::Postgres, 5);
}
