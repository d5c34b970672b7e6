//! `gx bench fabric`: our client beside the official one, our chaincode host beside the official shim, and conflicts, on
//! one network in one run. Everything runs on this machine, so each process is judged by its own processor time.

mod clients;
mod network;
mod shim;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::StreamExt as _;
use futures::TryStreamExt as _;
use futures::stream;
use gx_base::{Clock, EntropyExt, SystemClock, SystemEntropy};
use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Call, Function, genesis};
use gx_fabric::client::FabricLedger;
use gx_ledger::{Ledger, Proposal, Settled, TxCode};
use gx_platform::sha256;
use gx_types::{AccountType, BirthDate, CountryCode, GxId, LedgerKey, Sex};

use self::clients::{Node, Official, Round, Words, ours};
use self::network::{LIMIT, Net, Used, Watch};
use super::figures::{Figures, cores};
use super::ratio;
use crate::args::{BenchFabric, FabricPart};

/// Transfers before anything is counted.
const WARM_UP: usize = 64;
/// Transfers in flight in the case of disjoint pairs.
const PAIRS_IN_FLIGHT: usize = 256;
/// Registrations in flight.
const REGISTRATIONS_IN_FLIGHT: usize = 64;
/// What each transfer moves: local and small, so that there is no fee.
const AMOUNT: &str = "101";

/// Measures and prints.
///
/// # Errors
/// When the network, Node or a chaincode does not do what was asked.
pub async fn run(wanted: BenchFabric) -> Result<()> {
    gx_platform::logging::install("warn", gx_platform::settings::LogFormat::Text);
    // A pair that pays again while its last payment is under way would measure conflicts.
    let (people, transfers) = (wanted.people, wanted.transfers);
    ensure!(
        transfers > 0 && people / 2 >= transfers,
        "{transfers} transfers in a round need {transfers} pairs of people"
    );
    let net = Net::open(wanted.connect.clone()).await?;
    let measured = measure(&net, &wanted).await;
    net.end().await?;
    measured
}

async fn measure(net: &Net, wanted: &BenchFabric) -> Result<()> {
    println!("{}, {} cores", net.describe(), cores());
    let node = match (&wanted.node, &wanted.node_modules) {
        (Some(program), Some(modules)) => Some(Node { program: program.clone(), modules: absolute(modules)? }),
        _ => None,
    };
    let is_asked = |part| wanted.only.is_empty() || wanted.only.contains(&part);
    let run = SystemEntropy.token(4);
    let people = registrations(net, wanted.people, &run).await?;
    let pairs: Vec<(GxId, GxId)> = people.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    if is_asked(FabricPart::Conflicts) {
        disjoint(net, &pairs, &run).await?;
    }
    if is_asked(FabricPart::Clients) {
        match node.as_ref().filter(|node| node.has("@hyperledger/fabric-gateway")) {
            Some(node) => compare(net, node, &pairs, wanted, &run).await?,
            None => alone(net, &pairs, wanted, &run).await?,
        }
    }
    if is_asked(FabricPart::Chaincode) {
        let skipped = |why: &str| println!("chaincode host beside the official shim: skipped, {why}");
        match (node.as_ref().filter(|node| node.has("fabric-shim")), &net.chaincode) {
            _ if !net.is_fabric() => skipped("an embedded ledger has no chaincode process"),
            (None, _) => skipped("--node and --node-modules with fabric-shim are not given"),
            (_, None) => {
                skipped("the chaincode was running already; end it, so that this run starts and measures its own")
            }
            (Some(node), Some(chaincode)) => shim::compare(net, node, chaincode, &pairs, wanted, &run).await?,
        }
    }
    Ok(())
}

fn absolute(path: &std::path::Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).with_context(|| path.display().to_string())
}

/// Registers people of one large country; the shard of each is one that no other registration under way has, as the
/// submitter chooses it.
async fn registrations(net: &Net, count: usize, run: &str) -> Result<Vec<GxId>> {
    let country = COUNTRIES.iter().max_by_key(|country| country.share_e8).context("no country")?.code;
    let shards = genesis::shard_count(country).context("a country without shards")?;
    let free: Mutex<VecDeque<u16>> = Mutex::new((0..shards).collect());
    let country: CountryCode = country.parse().context("a country code")?;
    let born: BirthDate = "1990-03-15".parse().context("a birth date")?;
    let age = born.age_at(SystemClock.now()).context("an age")?;
    let ledger = net.ledger()?;
    let in_flight = REGISTRATIONS_IN_FLIGHT.min(usize::from(shards));
    let began = Instant::now();
    let done: Vec<(GxId, Duration, u32)> = stream::iter(0..count)
        .map(|number| {
            let (ledger, free) = (&ledger, &free);
            async move {
                let id = GxId::generate(country, born, Sex::Female, AccountType::INDIVIDUAL, SystemEntropy.number())?;
                let hash = sha256(format!("bench {run} {number}").as_bytes()).to_string();
                let key = LedgerKey::prefixed("bench", &format!("{run}.person.{number}")).to_string();
                let taken = free.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                // No more are under way than there are shards.
                let shard = taken.unwrap_or_default();
                let args = [id.to_string(), hash, country.to_string(), age.to_string(), shard.to_string(), key];
                let began = Instant::now();
                let conflicts = settle(ledger, Function::CreateUser.call(args.to_vec())).await?;
                free.lock().unwrap_or_else(PoisonError::into_inner).push_back(shard);
                anyhow::Ok((id, began.elapsed(), conflicts))
            }
        })
        .buffer_unordered(in_flight)
        .try_collect()
        .await?;
    let figures = Figures::of(
        format!("registrations of {country}, {in_flight} in flight"),
        began.elapsed(),
        done.iter().map(|(_, time, _)| *time).collect(),
    );
    let twice = done.iter().filter(|(.., conflicts)| *conflicts > 0).count();
    println!("{figures}; endorsed more than once: {twice} of {count}");
    Ok(done.into_iter().map(|(id, ..)| id).collect())
}

/// Settles a call; how often it met a conflict and was endorsed anew.
async fn settle(ledger: &FabricLedger, call: Call) -> Result<u32> {
    let mut conflicts = 0;
    loop {
        let proposal = Proposal { call: call.clone(), timestamp: SystemClock.now() };
        match ledger.submit(proposal, LIMIT).await? {
            Settled::Committed(_) => return Ok(conflicts),
            Settled::Invalid { code: TxCode::MvccReadConflict | TxCode::PhantomReadConflict, .. } => conflicts += 1,
            other => bail!("{}: {other:?}", call.function),
        }
    }
}

/// A transfer as the function and its arguments.
fn transfer(pairs: &[(GxId, GxId)], number: usize, name: &str) -> Words {
    let (from, to) = pairs[number % pairs.len()];
    let key = LedgerKey::prefixed("bench", &format!("{name}.{number}")).to_string();
    let function = Function::TransferWithFees.name().to_owned();
    vec![function, from.to_string(), to.to_string(), AMOUNT.to_owned(), "P2P".to_owned(), "bench".to_owned(), key]
}

/// One transfer in each pair.
async fn disjoint(net: &Net, pairs: &[(GxId, GxId)], run: &str) -> Result<()> {
    let ledger = net.ledger()?;
    let began = Instant::now();
    let done: Vec<(Duration, u32)> = stream::iter(0..pairs.len())
        .map(|number| {
            let args = transfer(pairs, number, &format!("{run}.disjoint")).split_off(1);
            let ledger = &ledger;
            async move {
                let began = Instant::now();
                let conflicts = settle(ledger, Function::TransferWithFees.call(args)).await?;
                anyhow::Ok((began.elapsed(), conflicts))
            }
        })
        .buffer_unordered(PAIRS_IN_FLIGHT)
        .try_collect()
        .await?;
    let conflicts: u32 = done.iter().map(|(_, conflicts)| conflicts).sum();
    let what = format!("transfers between disjoint pairs, {PAIRS_IN_FLIGHT} in flight");
    println!(
        "{}; conflicts: {conflicts}",
        Figures::of(what, began.elapsed(), done.into_iter().map(|one| one.0).collect())
    );
    Ok(())
}

/// A client's rounds, and what the network used meanwhile.
#[derive(Default)]
struct Measured {
    round: Round,
    used: Used,
}

impl Measured {
    fn add(&mut self, round: Round, used: Used) {
        self.round.add(round);
        self.used.add(used);
    }

    fn print(&self, name: &str) {
        let figures = Figures::of(format!("transfers through {name}"), self.round.took, self.round.times.clone());
        println!("{figures}; {} µs of processor time each; {}", self.round.cpu_each(), self.used.shares());
    }

    /// Transfers in a thousand seconds: enough digits for a ratio of rates.
    fn rate(&self) -> u64 {
        let rate = self.round.times.len() as u128 * 1_000_000_000 / self.round.took.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

fn calls(pairs: &[(GxId, GxId)], count: usize, name: &str) -> Vec<Words> {
    (0..count).map(|number| transfer(pairs, number, name)).collect()
}

fn watch(net: &Net) -> Watch {
    Watch::start(net.parts.iter().cloned().chain(net.chaincode.clone()))
}

/// Our client without another beside it.
async fn alone(net: &Net, pairs: &[(GxId, GxId)], wanted: &BenchFabric, run: &str) -> Result<()> {
    println!("the official client: skipped, --node and --node-modules with @hyperledger/fabric-gateway are not given");
    let client = net.client()?;
    let (chaincode, organisations) = (&net.config.chaincode, &net.config.organisations);
    ours(
        &client,
        chaincode,
        organisations,
        calls(pairs, WARM_UP.min(pairs.len()), &format!("{run}.warm")),
        wanted.in_flight,
    )
    .await?;
    let mut measured = Measured::default();
    for round in 0..wanted.rounds {
        let calls = calls(pairs, wanted.transfers, &format!("{run}.alone.{round}"));
        let watch = watch(net);
        let done = ours(&client, chaincode, organisations, calls, wanted.in_flight).await?;
        measured.add(done, watch.used());
    }
    measured.print("our client");
    Ok(())
}

/// Rounds of our client and of the official one with either signer, in turn.
async fn compare(net: &Net, node: &Node, pairs: &[(GxId, GxId)], wanted: &BenchFabric, run: &str) -> Result<()> {
    let client = net.client()?;
    let (chaincode, organisations) = (&net.config.chaincode, &net.config.organisations);
    let mut own = Official::start(node, net, "own", wanted.in_flight)?;
    let mut openssl = Official::start(node, net, "openssl", wanted.in_flight)?;
    let warm = |name: &str| calls(pairs, WARM_UP.min(pairs.len()), &format!("{run}.warm.{name}"));
    ours(&client, chaincode, organisations, warm("gx"), wanted.in_flight).await?;
    own.round(&warm("own")).await?;
    openssl.round(&warm("openssl")).await?;

    let [mut by_ours, mut by_own, mut by_openssl] = [(); 3].map(|()| Measured::default());
    for round in 0..wanted.rounds {
        let of = |name: &str| calls(pairs, wanted.transfers, &format!("{run}.{name}.{round}"));
        let before = watch(net);
        let done = ours(&client, chaincode, organisations, of("gx"), wanted.in_flight).await?;
        by_ours.add(done, before.used());
        let before = watch(net);
        let done = own.round(&of("own")).await?;
        by_own.add(done, before.used());
        let before = watch(net);
        let done = openssl.round(&of("openssl")).await?;
        by_openssl.add(done, before.used());
    }
    println!("{} in flight, {} rounds of {} transfers in turn", wanted.in_flight, wanted.rounds, wanted.transfers);
    by_ours.print("our client");
    by_own.print("the official client with its own signer");
    by_openssl.print("the official client with OpenSSL's signer");
    for (name, other) in [("its own signer", &by_own), ("OpenSSL's signer", &by_openssl)] {
        println!(
            "our client / official with {name}: rate {}, processor time {}",
            ratio(by_ours.rate(), other.rate()),
            ratio(by_ours.round.cpu_each(), other.round.cpu_each())
        );
    }
    Ok(())
}
