//! The host gives the contracts' own results: the same calls against the ledger in memory come out the same.

use gx_contracts::testing::{MemoryLedger, all_countries, create_user, pay};
use gx_contracts::{Access, Call, Command, Function, InvokeError, Namespace, Role};
use gx_fabric::wire::Answer;
use gx_types::{AccountType, CountryCode, GxId, Qirat, Sex, Timestamp};
use proptest::prelude::*;

use super::host::Host;
use super::peer::{Peer, State};
use super::proposal::{Tx, tx_id};

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A ledger in memory and a peer's state, fed with the same calls.
struct Twins {
    ledger: MemoryLedger,
    /// Transactions that the ledger has numbered so far.
    numbered: u64,
    peer: Peer,
    state: State,
}

impl Twins {
    async fn new(host: &Host) -> Self {
        let peer = Peer::ready(host.address).await;
        Self { ledger: MemoryLedger::new(NOW), numbered: 0, peer, state: State::default() }
    }

    /// Runs a call on both, compares, and commits on both.
    async fn run(&mut self, role: Option<Role>, call: &Call) {
        self.numbered += 1;
        let args: Vec<&str> = call.args.iter().map(String::as_str).collect();
        let tx = Tx { timestamp: NOW, ..Tx::new(self.numbered, role, &call.function, &args) };
        self.peer.send(tx.message()).await;
        let done = self.peer.serve(&self.state).await;
        let function = Function::parse(&call.function);
        if let Some(function) = function.filter(|function| function.access() == Access::Read) {
            match self.ledger.query_as(role, function, &args) {
                Ok(answer) => {
                    let response = done.response();
                    assert_eq!((response.status, response.payload), (200, answer.into()), "{call:?}");
                }
                Err(InvokeError::Refused(refusal)) => assert_eq!(done.refusal(), refusal, "{call:?}"),
                Err(InvokeError::Host(error)) => panic!("{error}"),
            }
            assert!(done.writes.is_empty() && done.events().is_empty());
            return;
        }
        match self.ledger.simulate_as(role, call) {
            Ok(endorsed) => {
                assert_eq!(endorsed.tx_id, tx_id(self.numbered));
                let simulation = &endorsed.simulation;
                let answer = Answer::decode(&done.response().payload).unwrap();
                assert_eq!((&answer.receipt, answer.replayed), (&simulation.receipt, simulation.replayed), "{call:?}");
                assert_eq!(done.events(), simulation.events, "{call:?}");
                let writes = simulation.writes.iter();
                let writes = writes.map(|(key, value)| (key.as_str().to_owned(), value.clone())).collect();
                assert_eq!(done.writes, writes, "{call:?}");
                self.ledger.commit(&endorsed).unwrap();
                self.state.commit(&tx.tx_id, NOW, &done.writes);
            }
            Err(InvokeError::Refused(refusal)) => assert_eq!(done.refusal(), refusal, "{call:?}"),
            Err(InvokeError::Host(error)) => panic!("{error}"),
        }
    }
}

fn people() -> Vec<GxId> {
    let person = |country: CountryCode, number: u64| {
        GxId::generate(country, "1990-03-15".parse().unwrap(), Sex::Female, AccountType::INDIVIDUAL, number).unwrap()
    };
    vec![person(us(), 1), person(gb(), 2)]
}

#[derive(Debug, Clone)]
enum Action {
    CreateUser(usize),
    Pay { from: usize, to: usize, amount: u64, key: u8 },
    Freeze(usize, u8),
    Pause(u8),
    Resume(u8),
    Read(usize, usize),
}

fn action() -> impl Strategy<Value = (Action, Option<Role>)> {
    let person = 0..2_usize;
    let action = prop_oneof![
        2 => person.clone().prop_map(Action::CreateUser),
        4 => (person.clone(), person.clone(), prop_oneof![Just(50), Just(10_000), Just(u64::MAX), 0..600_000_000_u64], 0..4_u8)
            .prop_map(|(from, to, amount, key)| Action::Pay { from, to, amount, key }),
        1 => (person.clone(), 0..3_u8).prop_map(|(who, key)| Action::Freeze(who, key)),
        1 => (0..3_u8).prop_map(Action::Pause),
        1 => (0..3_u8).prop_map(Action::Resume),
        4 => (0..Function::ALL.len(), person).prop_map(|(function, who)| Action::Read(function, who)),
    ];
    // Mostly the role that may; now and then another one, or none.
    let role =
        prop_oneof![8 => Just(None), 1 => Just(Some(0)), 1 => Just(Some(1)), 1 => Just(Some(2)), 1 => Just(Some(3))];
    (action, role).prop_map(|(action, other)| {
        let call = call(&action);
        let own = Some(call.role);
        let others = [None, Some(Role::SuperAdmin), Some(Role::Admin), Some(Role::PartnerApi)];
        (action, other.map_or(own, |place: usize| others[place]))
    })
}

fn call(action: &Action) -> Call {
    let people = people();
    let make = |function: Function, args: &[&str]| function.call(args.iter().map(|arg| (*arg).to_owned()).collect());
    match action {
        Action::CreateUser(who) => create_user(&people[*who], 36, 0),
        Action::Pay { from, to, amount, key } => {
            let amount = Qirat::new(*amount).unwrap_or(Qirat::ZERO);
            pay(people[*from].as_str(), people[*to].as_str(), amount, &format!("pay-{key}"))
        }
        Action::Freeze(who, key) => {
            make(Function::FreezeWallet, &[people[*who].as_str(), "a reason", &format!("freeze-{key}")])
        }
        Action::Pause(key) => make(Function::PauseSystem, &["a reason", &format!("pause-{key}")]),
        Action::Resume(key) => make(Function::ResumeSystem, &[&format!("resume-{key}")]),
        Action::Read(function, who) => {
            let reads: Vec<Function> =
                Function::ALL.iter().copied().filter(|function| function.access() == Access::Read).collect();
            let function = reads[function % reads.len()];
            let id = people[*who].as_str();
            let argument = |name: &&str| match *name {
                "userId" | "account" | "from" | "id" => id,
                "to" => people[1 - who].as_str(),
                "country" => "US",
                "amount" => "5000",
                "key" => "pay-1",
                "pool" => "LOAN",
                "parameter" => "feeSchedule",
                _ => "",
            };
            make(function, &function.arguments().iter().map(argument).collect::<Vec<_>>())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_give_what_they_give_in_memory(actions in proptest::collection::vec(action(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut host = Host::start().await;
            let mut twins = Twins::new(&host).await;
            twins.run(Some(Role::SuperAdmin), &Command::BootstrapSystem.call()).await;
            let countries = Command::InitializeCountryData {
                countries: gx_contracts::testing::country_shares().into_iter()
                    .filter(|share| [us(), gb()].contains(&share.code)).collect(),
                request: gx_types::LedgerKey::prefixed("data", "1"),
            };
            twins.run(Some(Role::SuperAdmin), &countries.call()).await;
            for (action, role) in &actions {
                twins.run(*role, &call(action)).await;
            }
            drop(twins);
            host.stop();
            host.ended().await;
        });
    }
}

fn us() -> CountryCode {
    "US".parse().unwrap()
}

fn gb() -> CountryCode {
    "GB".parse().unwrap()
}

#[tokio::test]
async fn every_country_and_every_reading_function_come_out_the_same() {
    let host = Host::start().await;
    let mut twins = Twins::new(&host).await;
    twins.run(Some(Role::SuperAdmin), &Command::BootstrapSystem.call()).await;
    twins.run(Some(Role::SuperAdmin), &all_countries().call()).await;
    assert_eq!(twins.ledger.entries(Namespace::Country).count(), 234);
    for who in 0..2 {
        twins.run(Some(Role::PartnerApi), &call(&Action::CreateUser(who))).await;
    }
    for key in 0..4 {
        let pay = Action::Pay { from: 0, to: 1, amount: 200, key };
        twins.run(Some(Role::Admin), &call(&pay)).await;
    }
    for function in 0..Function::ALL.len() {
        twins.run(Some(Role::Admin), &call(&Action::Read(function, 0))).await;
    }
}
