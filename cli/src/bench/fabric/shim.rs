//! Our chaincode host beside the official shim for Node, with an equivalent transfer, called by the same client.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use gx_contracts::{Function, Role};
use gx_ledger::Ledger;
use gx_types::GxId;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::super::figures::Figures;
use super::clients::{Node, Round, Words, ours};
use super::network::{Net, Part, Used, Watch, deploy};
use super::{WARM_UP, calls, ratio};
use crate::args::BenchFabric;

const SCRIPT: &str = include_str!("chaincode.cjs");
/// Its name on the channel.
const NAME: &str = "gx-bench-node";
/// People in one transaction that seeds.
const SEEDED_AT_ONCE: usize = 250;

/// What one host did.
#[derive(Default)]
struct Host {
    round: Round,
    used: Used,
}

impl Host {
    fn print(&self, part: &Part) {
        let figures = |what: &str, times: &[Duration]| Figures::of(what, self.round.took, times.to_vec());
        println!("{}: {}", part.name, figures("transfers committed", &self.round.times));
        println!("{}: {}", part.name, figures("transfers endorsed", &self.round.endorsed));
        println!("{}: {} µs of processor time each; {}", part.name, self.each(part), self.used.shares());
    }

    /// Processor time of the host for one transfer, µs; two peers let it execute each.
    fn each(&self, part: &Part) -> u64 {
        let each = self.used.of(&part.name).as_micros() / (self.round.times.len() as u128).max(1);
        u64::try_from(each).unwrap_or(u64::MAX)
    }
}

/// Deploys and starts the Node chaincode, gives it the same records, and lets both transfer in turn.
pub(super) async fn compare(
    net: &Net,
    node: &Node,
    ours_part: &Part,
    pairs: &[(GxId, GxId)],
    wanted: &BenchFabric,
    run: &str,
) -> Result<()> {
    let address = wanted.node_chaincode.as_str();
    let package = deploy(&net.material, NAME, address).await?;
    let mut command = node.run(net.scratch(), "chaincode.cjs", SCRIPT)?;
    command.arg(address).arg(package.as_str()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| node.program.display().to_string())?;
    // It ends when this is closed.
    let input = child.stdin.take().context("no input")?;
    let mut output = BufReader::new(child.stdout.take().context("no output")?).lines();
    let told = output.next_line().await?.unwrap_or_default();
    let pid = told.strip_prefix("listening ").with_context(|| format!("the Node chaincode does not start: {told}"))?;
    let pid = pid.to_owned();
    // Its log is nobody's business, and must not fill the pipe.
    let log = tokio::spawn(async move { while let Ok(Some(_)) = output.next_line().await {} });
    let node_part = Part { name: "the official shim".to_owned(), pid };

    let client = net.client()?;
    let organisations = &net.config.organisations;
    seed(net, pairs).await?;
    let official = |mut calls: Vec<Words>| {
        for words in &mut calls {
            if let Some(function) = words.first_mut() {
                *function = "transfer".to_owned();
            }
        }
        calls
    };
    let own = &net.config.chaincode;
    let warm = |name: &str| calls(pairs, WARM_UP.min(pairs.len()), &format!("{run}.host.warm.{name}"));
    ours(&client, own, organisations, warm("gx"), wanted.in_flight).await?;
    ours(&client, NAME, organisations, official(warm("node")), wanted.in_flight).await?;

    let [mut by_ours, mut by_node] = [(); 2].map(|()| Host::default());
    let everyone = || Watch::start(net.parts.iter().cloned().chain([ours_part.clone(), node_part.clone()]));
    for round in 0..wanted.rounds {
        let of = |name: &str| calls(pairs, wanted.transfers, &format!("{run}.host.{name}.{round}"));
        let watch = everyone();
        by_ours.round.add(ours(&client, own, organisations, of("gx"), wanted.in_flight).await?);
        by_ours.used.add(watch.used());
        let watch = everyone();
        by_node.round.add(ours(&client, NAME, organisations, official(of("node")), wanted.in_flight).await?);
        by_node.used.add(watch.used());
    }
    by_ours.print(ours_part);
    by_node.print(&node_part);
    println!(
        "our host / official shim: processor time {}, p50 until endorsed {}, p50 until committed {}",
        ratio(by_ours.each(ours_part), by_node.each(&node_part)),
        ratio(median(&by_ours.round.endorsed), median(&by_node.round.endorsed)),
        ratio(median(&by_ours.round.times), median(&by_node.round.times))
    );
    drop(input);
    child.wait().await?;
    log.await?;
    Ok(())
}

fn median(times: &[Duration]) -> u64 {
    let half = Figures::of("", Duration::ZERO, times.to_vec()).p50;
    u64::try_from(half.as_micros()).unwrap_or(u64::MAX)
}

/// Gives the Node chaincode the records that a transfer reads, as they stand on our ledger.
async fn seed(net: &Net, pairs: &[(GxId, GxId)]) -> Result<()> {
    let ledger = net.ledger()?;
    let read = async |function: Function, args: Vec<String>| {
        let mut call = function.call(args);
        call.role = Role::Admin;
        anyhow::Ok(serde_json::from_slice::<Value>(&ledger.evaluate(call).await?)?)
    };
    let schedule = read(Function::GetParameter, vec!["feeSchedule".to_owned()]).await?;
    let schedule: Value = serde_json::from_str(schedule["value"].as_str().unwrap_or("{}")).context("the schedule")?;
    let somebody = pairs.first().context("nobody")?.0;
    let user = read(Function::GetUser, vec![somebody.to_string()]).await?;
    let system = json!({ "bootstrappedIn": "0".repeat(64) });
    let mut records = vec![json!([["system", "system"], system]), json!([["parameter", "feeSchedule"], schedule])];
    for id in pairs.iter().flat_map(|(from, to)| [from, to]) {
        let mut user = user.clone();
        user["userId"] = id.to_string().into();
        records.push(json!([["user", id.to_string()], user]));
        records.push(json!([["balance", id.to_string()], "500000000"]));
    }
    let calls = records.chunks(2 * SEEDED_AT_ONCE).map(|some| vec!["seed".to_owned(), json!(some).to_string()]);
    ours(&net.client()?, NAME, &net.config.organisations, calls.collect(), 4).await?;
    Ok(())
}
