//! Each peer by itself: reachable, its chain, its clock, what is installed on it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use gx_ledger::LedgerInfo;
use gx_types::{Sha256Hex, Timestamp};
use tokio::time::timeout;

use super::report::{Check, CheckKind};
use super::subject::Line;
use crate::client::{FabricError, FabricLedger, GatewayConfig, Step};
use crate::lifecycle::{Administrator, LifecycleError};
use crate::proto::lifecycle::{QueryInstalledChaincodesArgs, QueryInstalledChaincodesResult};

/// Peers refuse requests whose time is further from their own.
const TIME_WINDOW: Duration = Duration::from_secs(15 * 60);

/// How finely clocks are compared: a request this much inside the window must be taken.
const CLOCK_STEP: Duration = Duration::from_secs(60);

/// A peer this many blocks behind is worth a look.
const BLOCKS_BEHIND_MAX: u64 = 5;

/// What one peer showed.
struct Seen {
    name: String,
    info: Result<LedgerInfo, FabricError>,
    checks: Vec<Check>,
}

/// The checks of all peers, at the same time.
pub(super) async fn look(line: &Line<'_>) -> Vec<Check> {
    let seen = join_all(line.subject.connection.config.gateways.iter().map(|gateway| peer(line, gateway))).await;
    let mut checks = chain(line, &seen);
    for seen in seen {
        checks.extend(seen.checks);
    }
    checks
}

async fn peer(line: &Line<'_>, gateway: &GatewayConfig) -> Seen {
    let name = format!("{} ({})", gateway.msp_id, gateway.address);
    let (info, clock, installed) =
        futures::join!(described(line, gateway, &name), clock(line, gateway, &name), installed(line, gateway, &name));
    let reached = match &info {
        Ok(info) => Check::ok(CheckKind::Peer, &name, format!("answers, at block {}", info.height)),
        Err(error) => Check::error(CheckKind::Peer, &name, error),
    };
    let checks = [reached, clock, installed].map(|check| check.of_organisation(&gateway.msp_id));
    Seen { name, info, checks: checks.into() }
}

fn too_late(name: &str, line: &Line<'_>) -> FabricError {
    FabricError::Timeout { endpoint: name.to_owned(), step: Step::Deliver, after: line.limit }
}

async fn described(line: &Line<'_>, gateway: &GatewayConfig, name: &str) -> Result<LedgerInfo, FabricError> {
    let ledger = FabricLedger::new(Arc::new(line.client(vec![gateway.clone()])?));
    // The first certificate that may read is the one that asks.
    timeout(line.limit, ledger.describe_as(line.reader)).await.unwrap_or_else(|_| Err(too_late(name, line)))
}

/// Compares clocks without being told the time: a peer takes requests within a window around its own, so that the ends of
/// the window tell where it is.
async fn clock(line: &Line<'_>, gateway: &GatewayConfig, name: &str) -> Check {
    let now = line.clock.now();
    let inside = TIME_WINDOW - CLOCK_STEP;
    let ahead = now.plus(inside);
    let behind =
        Timestamp::from_micros(now.micros().saturating_sub(i64::try_from(inside.as_micros()).unwrap_or(i64::MAX)));
    let asked = async {
        let client = line.client(vec![gateway.clone()])?;
        let (now, ahead, behind) = futures::join!(
            client.takes_time(line.reader, now),
            client.takes_time(line.reader, ahead),
            client.takes_time(line.reader, behind)
        );
        Ok::<_, FabricError>((now?, ahead?, behind?))
    };
    let kind = CheckKind::Clock;
    match timeout(line.limit, asked).await.unwrap_or_else(|_| Err(too_late(name, line))) {
        Ok((true, true, true)) => Check::ok(kind, name, "its clock and ours are less than a minute apart"),
        Ok((true, false, true)) => Check::warn(kind, name, "its clock is more than a minute behind ours", SET_CLOCKS),
        Ok((true, true, false)) => Check::warn(kind, name, "its clock is more than a minute ahead of ours", SET_CLOCKS),
        Ok((true, false, false)) => {
            Check::unknown(kind, name, "less than 15 minutes apart; its time window is narrower than usual")
        }
        Ok((false, _, _)) => Check::fail(
            kind,
            name,
            "its clock and ours are 15 minutes apart or more, and it refuses every request",
            SET_CLOCKS,
        ),
        Err(error) => Check::error(kind, name, &error),
    }
}

const SET_CLOCKS: &str = "let both machines take the time from a time server";

/// What is installed, as the administrator of the peer's organisation may ask.
async fn installed(line: &Line<'_>, gateway: &GatewayConfig, name: &str) -> Check {
    let kind = CheckKind::Installed;
    let of_organisation = |signer: &&Arc<dyn crate::identity::Signer>| signer.identity().msp_id == gateway.msp_id;
    let Some(signer) = line.subject.connection.administrators.iter().find(of_organisation) else {
        let sentence = format!("not asked: there is no administrator's identity of {} here", gateway.msp_id);
        // Whether the organisation endorses is asked by other means, and that is what counts.
        return Check::warn(kind, name, sentence, "only that organisation can ask its peers what is installed");
    };
    let (channel, chaincode) = (&line.subject.connection.config.channel, &line.subject.connection.config.chaincode);
    let asked = async {
        let (clock, entropy) = (Arc::clone(&line.clock), Arc::clone(&line.entropy));
        let gateways = [gateway.clone()];
        let administrator = Administrator::new(channel, Arc::clone(signer), &gateways, clock, entropy)?;
        let peer = administrator.own_peers().next().ok_or_else(|| LifecycleError::NoPeer(gateway.msp_id.clone()))?;
        let args = QueryInstalledChaincodesArgs::default();
        administrator.ask_peer::<QueryInstalledChaincodesResult>(peer, "QueryInstalledChaincodes", &args).await
    };
    match timeout(line.limit, asked).await {
        Ok(Ok(answer)) => {
            let used = answer.installed_chaincodes.iter().find(|one| {
                let on_channel = one.references.get(channel);
                on_channel.is_some_and(|references| references.chaincodes.iter().any(|used| used.name == *chaincode))
            });
            match used {
                Some(used) => Check::ok(kind, name, format!("{} serves {chaincode}", used.package_id)),
                None if answer.installed_chaincodes.is_empty() => {
                    let sentence = format!("no chaincode is installed on {name}");
                    Check::fail(kind, name, sentence, DEPLOY)
                }
                None => {
                    let packages: Vec<&str> =
                        answer.installed_chaincodes.iter().map(|one| one.package_id.as_str()).collect();
                    let sentence = format!(
                        "none of the packages on {name} serves {chaincode} on {channel}: {}",
                        packages.join(", ")
                    );
                    Check::fail(kind, name, sentence, DEPLOY)
                }
            }
        }
        Ok(Err(LifecycleError::Peer { problem, .. })) if problem.starts_with("Unimplemented") => {
            Check::ok(kind, name, "the contracts are part of the ledger's process; there is nothing to install")
        }
        Ok(Err(LifecycleError::Settings(error))) => Check::error(kind, name, &error),
        Ok(Err(error @ LifecycleError::Refused { .. })) => {
            Check::fail(kind, name, error.to_string(), "use the administrator's certificate of the peer's organisation")
        }
        Ok(Err(error)) => for_want(Check::unknown(kind, name, error.to_string())),
        Err(_) => for_want(Check::error(kind, name, &too_late(name, line))),
    }
}

const DEPLOY: &str = "run `gx fabric deploy` for its organisation";

fn for_want(mut check: Check) -> Check {
    check.for_want_of_connection = true;
    check
}

/// What the chains of all peers say together.
fn chain(line: &Line<'_>, seen: &[Seen]) -> Vec<Check> {
    let known: Vec<(&str, &LedgerInfo)> =
        seen.iter().filter_map(|seen| Some((seen.name.as_str(), seen.info.as_ref().ok()?))).collect();
    let Some((first_name, first)) = known.first() else {
        let unknown = |kind| for_want(Check::unknown(kind, "", "no peer has shown its chain"));
        return vec![unknown(CheckKind::Fingerprint), unknown(CheckKind::Blocks)];
    };
    vec![fingerprint(line.subject.expected.fingerprint, &known, first_name, first.fingerprint), blocks(line, &known)]
}

fn fingerprint(bound: Option<Sha256Hex>, known: &[(&str, &LedgerInfo)], first_name: &str, first: Sha256Hex) -> Check {
    let kind = CheckKind::Fingerprint;
    if let Some((name, other)) = known.iter().find(|(_, info)| info.fingerprint != first) {
        let sentence =
            format!("{first_name} and {name} have different genesis blocks: {first} and {}", other.fingerprint);
        return Check::fail(kind, "", sentence, "one of the peers belongs to another network: correct its address");
    }
    match bound {
        Some(bound) if bound != first => Check::fail(
            kind,
            "",
            format!("the ledger has the genesis block {first}, and this environment is bound to {bound}"),
            "this is another ledger: correct the peers' addresses, or start with an empty database",
        ),
        Some(_) => Check::ok(kind, "", format!("{first}, to which this environment is bound")),
        None => Check::ok(kind, "", format!("{first}; nothing is bound to a ledger yet")),
    }
}

fn blocks(line: &Line<'_>, known: &[(&str, &LedgerInfo)]) -> Check {
    let kind = CheckKind::Blocks;
    let highest = known.iter().map(|(_, info)| info.height).max().unwrap_or(0);
    let behind = known.iter().find(|(_, info)| highest - info.height > BLOCKS_BEHIND_MAX);
    if let Some((name, info)) = behind {
        let sentence = format!("{name} is at block {} and the network at {highest}", info.height);
        return Check::warn(kind, "", sentence, "look at its connection to the orderers and to other peers");
    }
    let newest = known.iter().map(|(_, info)| info.last_block_at).max();
    let age = newest.filter(|at| at.micros() > 0).map(|at| line.clock.now().since(at));
    let age = age.map_or_else(
        || "without a transaction of ours yet".to_owned(),
        |age| format!("its last transaction {} old", in_words(age)),
    );
    Check::ok(kind, "", format!("block {highest}, {age}"))
}

fn in_words(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
