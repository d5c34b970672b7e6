//! Transfers through our client and through the official one for Node.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::TryStreamExt as _;
use futures::stream;
use gx_base::{Clock, SystemClock};
use gx_contracts::Role;
use gx_fabric::client::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::super::figures::cpu_time;
use super::network::{LIMIT, Net};

const SCRIPT: &str = include_str!("client.cjs");

/// A call: the function, then its arguments.
pub(super) type Words = Vec<String>;

/// Node and its modules.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub program: PathBuf,
    pub modules: PathBuf,
}

impl Node {
    /// Node with a script of ours.
    pub fn run(&self, scratch: &Path, name: &str, script: &str) -> Result<Command> {
        let file = scratch.join(name);
        std::fs::write(&file, script).with_context(|| file.display().to_string())?;
        let mut command = Command::new(&self.program);
        command.arg(file).env("NODE_PATH", &self.modules).kill_on_drop(true);
        Ok(command)
    }

    /// Whether a module is installed.
    pub fn has(&self, module: &str) -> bool {
        self.modules.join(module).is_dir()
    }
}

/// What a round took.
#[derive(Debug, Clone, Default)]
pub(super) struct Round {
    pub took: Duration,
    /// Processor time of the client.
    pub cpu: Duration,
    /// From the proposal to the commit status.
    pub times: Vec<Duration>,
    /// From the proposal to the endorsed transaction; nothing of the official client.
    pub endorsed: Vec<Duration>,
}

impl Round {
    pub fn add(&mut self, other: Self) {
        self.took += other.took;
        self.cpu += other.cpu;
        self.times.extend(other.times);
        self.endorsed.extend(other.endorsed);
    }

    /// Processor time of the client for one, µs.
    pub fn cpu_each(&self) -> u64 {
        let each = self.cpu.as_micros() / (self.times.len() as u128).max(1);
        u64::try_from(each).unwrap_or(u64::MAX)
    }
}

/// Submits all through our client, so many at a time.
pub(super) async fn ours(
    client: &Client,
    chaincode: &str,
    organisations: &[String],
    calls: Vec<Words>,
    in_flight: usize,
) -> Result<Round> {
    let (cpu, began) = (cpu_time(), Instant::now());
    let done: Vec<(Duration, Duration)> = stream::iter(calls)
        .map(|words| one(client, chaincode, organisations, words))
        .buffer_unordered(in_flight)
        .try_collect()
        .await?;
    let (took, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    let (endorsed, times) = done.into_iter().unzip();
    Ok(Round { took, cpu, times, endorsed })
}

/// Time until it is endorsed, and until it is committed.
async fn one(client: &Client, chaincode: &str, organisations: &[String], words: Words) -> Result<(Duration, Duration)> {
    let began = Instant::now();
    let args = words.into_iter().map(Bytes::from).collect();
    let (tx_id, proposal) = client.propose(Role::Admin, chaincode, args, SystemClock.now()).await?;
    let prepared = client.endorse(&tx_id, proposal, organisations).await?;
    let endorsed = began.elapsed();
    let envelope = client.sign(Role::Admin, prepared).await?;
    client.submit(&tx_id, envelope).await?;
    let status = client.commit_status(Role::Admin, &tx_id, LIMIT).await?;
    let status = status.with_context(|| format!("nothing is decided about {tx_id}"))?;
    ensure!(status.code == 0, "transaction {tx_id} has code {}", status.code);
    Ok((endorsed, began.elapsed()))
}

/// The official client in a process of its own.
pub(super) struct Official {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Official {
    /// Starts it. `signer` is `own` or `openssl`.
    pub fn start(node: &Node, net: &Net, signer: &str, in_flight: usize) -> Result<Self> {
        let given = json!({
            "connect": net.connect, "peer": net.material.endpoints.peers.first(), "identity": net.payer()?,
            "chaincode": net.config.chaincode, "channel": net.config.channel, "organisations": net.config.organisations,
            "inFlight": in_flight, "signer": signer,
        });
        let mut command = node.run(net.scratch(), "client.cjs", SCRIPT)?;
        command.arg(given.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| node.program.display().to_string())?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?).lines();
        Ok(Self { child, input, output })
    }

    /// Submits all.
    pub async fn round(&mut self, calls: &[Words]) -> Result<Round> {
        let line = format!("{}\n", json!({ "calls": calls }));
        self.input.write_all(line.as_bytes()).await?;
        let Some(answer) = self.output.next_line().await? else {
            bail!("the official client ended ({})", self.child.wait().await?)
        };
        let answer: Value = serde_json::from_str(&answer).context("the official client's answer")?;
        let micros = |value: &Value| value.as_u64().map(Duration::from_micros);
        let times: Vec<Duration> = answer["times"].as_array().into_iter().flatten().filter_map(micros).collect();
        ensure!(times.len() == calls.len(), "the official client made {} of {} calls", times.len(), calls.len());
        Ok(Round {
            took: micros(&answer["took"]).context("a time")?,
            cpu: micros(&answer["cpu"]).context("processor time")?,
            times,
            endorsed: vec![],
        })
    }
}
