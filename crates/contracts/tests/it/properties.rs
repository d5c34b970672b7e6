//! Random calls, in random batches endorsed at one height: whatever happens, the books balance.

use std::collections::{BTreeMap, BTreeSet};

use gx_contracts::pools::Pool;
use gx_contracts::queries::SupplyStatus;
use gx_contracts::state::UserRecord;
use gx_contracts::testing::{MemoryLedger, call, document_hash, pay};
use gx_contracts::{Call, Event, EventBody, Function, InvokeError, Namespace};
use gx_types::{AccountId, GxId, LedgerKey, Qirat};
use proptest::prelude::*;

use crate::support::{at, person, q, sum};

#[derive(Debug, Clone)]
enum Action {
    Register { who: usize, document: usize, shard: u16 },
    Pay { from: usize, to: usize, amount: u64, key: u8 },
    Internal { from: usize, to: usize, amount: u64, key: u8 },
    Disburse { pool: usize, to: usize, amount: u64, key: u8 },
    Freeze { who: usize },
    Unfreeze { who: usize },
    Pause,
    Resume,
    Activate { country: usize },
    Sweep { account: usize, skip: usize },
    Void { key: u8 },
    Again { which: usize },
}

const PEOPLE: usize = 8;
const COUNTRIES: [&str; 3] = ["US", "GB", "VA"];
const TARGETS: [&str; 5] =
    ["treasury_US", "treasury_VA", "SYSTEM_LOAN_POOL", "SYSTEM_OPERATIONS_FUND", "SYSTEM_USER_GENESIS_POOL"];

fn people() -> Vec<GxId> {
    let born = [
        "1990-03-15",
        "1990-03-15",
        "1985-07-22",
        "2013-06-16",
        "1940-01-01",
        "2013-06-15",
        "1952-06-16",
        "1950-01-01",
    ];
    (0..PEOPLE).map(|number| person(COUNTRIES[number % 3], born[number], number as u64)).collect()
}

/// A person, or past them an account of the system or a treasury.
fn account(people: &[GxId], which: usize) -> String {
    people.get(which).map_or_else(|| TARGETS[(which - PEOPLE) % TARGETS.len()].to_owned(), ToString::to_string)
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(1),
        1..300_u64,
        prop_oneof![
            Just(2_999_999),
            Just(3_000_000),
            Just(3_000_001),
            Just(99_999_999),
            Just(100_000_000),
            Just(100_000_001)
        ],
        1..600_000_000_u64,
        Just(1_250_000_000_000_000_000),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let who = 0..PEOPLE;
    let any = 0..PEOPLE + TARGETS.len();
    prop_oneof![
        6 => (who.clone(), 0..PEOPLE + 2, 0..70_u16).prop_map(|(who, document, shard)| Action::Register { who, document, shard }),
        10 => (any.clone(), any.clone(), amount(), 0..30_u8).prop_map(|(from, to, amount, key)| Action::Pay { from, to, amount, key }),
        3 => (any.clone(), any, amount(), 0..30_u8).prop_map(|(from, to, amount, key)| Action::Internal { from, to, amount, key }),
        3 => (0..6_usize, who.clone(), amount(), 0..30_u8).prop_map(|(pool, to, amount, key)| Action::Disburse { pool, to, amount, key }),
        1 => who.clone().prop_map(|who| Action::Freeze { who }),
        1 => who.prop_map(|who| Action::Unfreeze { who }),
        1 => Just(Action::Pause),
        2 => Just(Action::Resume),
        1 => (0..3_usize).prop_map(|country| Action::Activate { country }),
        3 => (0..TARGETS.len(), 0..4_usize).prop_map(|(account, skip)| Action::Sweep { account, skip }),
        1 => (0..30_u8).prop_map(|key| Action::Void { key }),
        4 => (0..200_usize).prop_map(|which| Action::Again { which }),
    ]
}

/// The call of an action in the present state; keys of calls that a person would not repeat are fresh.
fn call_of(action: &Action, ledger: &MemoryLedger, people: &[GxId], earlier: &[Call]) -> Option<Call> {
    let fresh = format!("fresh-{}", earlier.len());
    Some(match action {
        Action::Register { who, document, shard } => {
            let id = people[*who];
            let (born, _) = id.birth().unwrap();
            let age = born.age_at(at(crate::support::TODAY)).unwrap().to_string();
            let shard = (shard % gx_contracts::genesis::shard_count(id.country().as_str()).unwrap()).to_string();
            let hash = document_hash(&format!("document {document}")).to_string();
            call(
                Function::CreateUser,
                &[id.as_str(), &hash, id.country().as_str(), &age, &shard, &format!("person-{who}")],
            )
        }
        Action::Pay { from, to, amount, key } => {
            pay(&account(people, *from), &account(people, *to), q(*amount), &format!("key-{key}"))
        }
        Action::Internal { from, to, amount, key } => {
            let (from, to) = (account(people, *from), account(people, *to));
            let kind = "SYSTEM_ADJUSTMENT";
            call(Function::TransferInternal, &[&from, &to, &amount.to_string(), kind, "", &format!("key-{key}")])
        }
        Action::Disburse { pool, to, amount, key } => call(
            Function::DisburseFromPool,
            &[Pool::ALL[*pool].as_str(), people[*to].as_str(), &amount.to_string(), "a gift", &format!("key-{key}")],
        ),
        Action::Freeze { who } => call(Function::FreezeWallet, &[people[*who].as_str(), "a test", &fresh]),
        Action::Unfreeze { who } => call(Function::UnfreezeWallet, &[people[*who].as_str(), &fresh]),
        Action::Pause => call(Function::PauseSystem, &["a test", &fresh]),
        Action::Resume => call(Function::ResumeSystem, &[&fresh]),
        Action::Activate { country } => call(Function::ActivateTreasuryAccount, &[COUNTRIES[*country], &fresh]),
        Action::Sweep { account, skip } => {
            let names: Vec<String> = ledger
                .entries(Namespace::Delta)
                .map(|(key, _)| key.parts().collect::<Vec<_>>().join("/"))
                .filter(|name| name.starts_with(TARGETS[*account]))
                .skip(*skip)
                .collect();
            call(Function::SweepDeltas, &[TARGETS[*account], &serde_json::to_string(&names).unwrap(), &fresh])
        }
        Action::Void { key } => call(Function::VoidKey, &[&format!("key-{key}")]),
        Action::Again { which } => earlier.get(which % earlier.len().max(1))?.clone(),
    })
}

/// What an observer of the events alone knows.
#[derive(Default)]
struct Observer {
    balances: BTreeMap<AccountId, Qirat>,
    entries: BTreeMap<String, Qirat>,
    minted: BTreeMap<Pool, u128>,
    granted: BTreeSet<GxId>,
    done: BTreeSet<LedgerKey>,
}

impl Observer {
    fn see(&mut self, events: &[Event]) {
        for Event { key, body } in events {
            self.done.insert(key.clone());
            self.balances.extend(body.balances_after());
            for credit in body.credits() {
                assert_eq!(self.entries.insert(credit.delta_key.clone(), credit.amount), None, "an entry made twice");
            }
            if let Some((pool, amount)) = body.minted() {
                *self.minted.entry(pool).or_default() += u128::from(amount.get());
            }
            match body {
                EventBody::DeltasSwept { delta_keys, amount, .. } => {
                    let swept: Option<Qirat> = delta_keys.iter().map(|key| self.entries.remove(key).unwrap()).sum();
                    assert_eq!(swept, Some(*amount));
                }
                EventBody::GenesisDistributed { user_id, .. } => assert!(self.granted.insert(*user_id), "two grants"),
                _ => {}
            }
        }
    }

    fn compare(&self, ledger: &MemoryLedger) {
        let supply: SupplyStatus = ledger.query(Function::GetSupplyStatus, &[]).unwrap();
        // Conservation, and every cap.
        let held = sum(ledger, Namespace::Balance) + sum(ledger, Namespace::Delta);
        assert_eq!(held, u128::from(supply.total_minted.get()));
        assert!(supply.total_minted <= Qirat::CAP);
        for pool in &supply.pools {
            assert!(pool.minted <= pool.cap);
            assert_eq!(
                u128::from(pool.minted.get()),
                self.minted.get(&pool.pool_id).copied().unwrap_or(0),
                "{}",
                pool.pool_id
            );
        }
        // What the events say is what stands.
        for (key, value) in ledger.entries(Namespace::Balance) {
            let account: AccountId = key.parts().next().unwrap().parse().unwrap();
            let balance: Qirat = serde_json::from_slice(value).unwrap();
            assert_eq!(self.balances.get(&account), Some(&balance), "{account}");
        }
        let stands: BTreeMap<String, Qirat> = ledger
            .entries(Namespace::Delta)
            .map(|(key, value)| (key.parts().collect::<Vec<_>>().join("/"), serde_json::from_slice(value).unwrap()))
            .collect();
        assert_eq!(stands, self.entries);
        // One grant per person and per document; slots used are grants given.
        let mut documents = BTreeSet::new();
        for (_, value) in ledger.entries(Namespace::User) {
            let user: UserRecord = serde_json::from_slice(value).unwrap();
            assert!(documents.insert(user.document_hash), "two people with one document");
            assert_eq!(user.grant.is_some(), self.granted.contains(&user.user_id));
        }
        let used: u64 = ledger
            .entries(Namespace::Shard)
            .flat_map(|(_, value)| serde_json::from_slice::<[u64; 6]>(value).unwrap())
            .sum();
        assert_eq!(used, self.granted.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_books_balance_after_any_calls_in_any_batches(
        batches in proptest::collection::vec(proptest::collection::vec(action(), 1..8), 1..25)
    ) {
        let people = people();
        let mut ledger = crate::support::ledger();
        let mut observer = Observer::default();
        let mut earlier: Vec<Call> = Vec::new();
        for batch in &batches {
            // A batch is endorsed at one height; what a member invalidates is dropped by the commit.
            let mut endorsed = Vec::new();
            for action in batch {
                let Some(call) = call_of(action, &ledger, &people, &earlier) else { continue };
                match ledger.simulate(&call) {
                    Ok(one) => endorsed.push(one),
                    Err(InvokeError::Refused(_)) => {}
                    Err(InvokeError::Host(error)) => panic!("{error}"),
                }
                earlier.push(call);
            }
            for one in endorsed {
                if ledger.commit(&one).is_ok() {
                    if one.simulation.replayed {
                        prop_assert!(one.simulation.writes.is_empty());
                    } else {
                        let key = &one.simulation.receipt.key;
                        prop_assert!(!observer.done.contains(key), "{key:?} was done twice");
                    }
                    observer.see(&one.simulation.events);
                }
            }
            observer.compare(&ledger);
        }
    }

    #[test]
    fn no_arguments_panic(function in 0..Function::ALL.len(), args in proptest::collection::vec(".{0,30}", 0..7)) {
        let (ledger, _) = crate::support::prepared();
        let function = Function::ALL[function];
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let _ = ledger.simulate(&call(function, &args));
        let _ = ledger.query_as(Some(gx_contracts::Role::Admin), function, &args);
    }

    #[test]
    fn a_quote_is_what_is_charged(amount in 1..498_000_000_u64, cross: bool) {
        let mut ledger = crate::support::ledger();
        let from = crate::support::granted(&mut ledger, "US", 1);
        let to = crate::support::granted(&mut ledger, if cross { "GB" } else { "US" }, 2);
        let amount_text = amount.to_string();
        let quote: gx_contracts::Quote =
            ledger.query(Function::CalculateTransactionFee, &[from.as_str(), to.as_str(), &amount_text, "P2P"]).unwrap();
        let (_, events) = ledger.submit(&pay(from.as_str(), to.as_str(), q(amount), "k")).unwrap();
        let EventBody::TransferCompleted { fee, fee_rate_bps, .. } = &events[0].body else { panic!() };
        prop_assert_eq!((quote.fee, quote.rate_bps), (*fee, *fee_rate_bps));
        prop_assert_eq!(crate::support::balance(&ledger, from.as_str()), 500_000_000 - amount - fee.get());
    }
}
