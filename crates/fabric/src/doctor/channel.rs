//! The channel as a whole: the chaincode's definition, endorsement by each organisation, identities, and what the
//! contracts hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use gx_base::EntropyExt;
use gx_contracts::countries::COUNTRIES;
use gx_contracts::queries::SystemStatus;
use gx_contracts::{CountryEntry, Function, Role};
use prost::Message;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::report::{Check, CheckKind};
use super::subject::Line;
use crate::client::{Client, FabricError, Step};
use crate::lifecycle::{Administrator, LifecycleError};
use crate::proto::lifecycle::{
    QueryApprovedChaincodeDefinitionArgs, QueryApprovedChaincodeDefinitionResult, QueryChaincodeDefinitionArgs,
    QueryChaincodeDefinitionResult,
};

/// Fabric's own chaincode for definitions.
const LIFECYCLE: &str = "_lifecycle";

/// The checks of the channel, at the same time.
pub(super) async fn look(line: &Line<'_>) -> Vec<Check> {
    let client = match line.client(line.subject.connection.config.gateways.clone()) {
        Ok(client) => client,
        Err(error) => return vec![Check::error(CheckKind::Endorsement, "", &error)],
    };
    let organisations =
        join_all(line.subject.connection.config.organisations.iter().map(|one| endorses(line, &client, one)));
    let roles = join_all(line.subject.connection.signers.keys().map(|role| accepted(line, &client, *role)));
    let (definition, organisations, roles, bootstrap, countries) = futures::join!(
        definition(line, &client),
        organisations,
        roles,
        bootstrap(line, &client),
        countries(line, &client)
    );
    let mut checks = vec![definition, bootstrap, countries];
    checks.extend(organisations);
    checks.extend(roles);
    checks
}

/// Within the time for a check.
async fn limited<T>(
    line: &Line<'_>,
    step: Step,
    call: impl Future<Output = Result<T, FabricError>>,
) -> Result<T, FabricError> {
    let late = || {
        let endpoint = line.subject.connection.config.channel.clone();
        FabricError::Timeout { endpoint, step, after: line.limit }
    };
    timeout(line.limit, call).await.unwrap_or_else(|_| Err(late()))
}

async fn definition(line: &Line<'_>, client: &Client) -> Check {
    let kind = CheckKind::Definition;
    let chaincode = &line.subject.connection.config.chaincode;
    let args = QueryChaincodeDefinitionArgs { name: chaincode.clone() }.encode_to_vec();
    let args = vec![Bytes::from_static(b"QueryChaincodeDefinition"), args.into()];
    let answer = limited(line, Step::Evaluate, client.evaluate(line.reader, LIFECYCLE, args, &[])).await;
    let answer = answer.map(QueryChaincodeDefinitionResult::decode);
    match answer {
        Ok(Ok(found)) => {
            let not: Vec<&str> =
                found.approvals.iter().filter(|(_, approved)| !**approved).map(|(msp_id, _)| msp_id.as_str()).collect();
            let sentence = format!("{chaincode} {} is committed at sequence {}", found.version, found.sequence);
            if not.is_empty() {
                return Check::ok(kind, chaincode, format!("{sentence}, approved by every organisation"));
            }
            let sentence = format!("{sentence}; {} has not approved it and cannot endorse", not.join(" and "));
            Check::fail(kind, chaincode, sentence, "run `gx fabric deploy` for that organisation")
        }
        Ok(Err(error)) => Check::unknown(kind, chaincode, format!("the definition cannot be read: {error}")),
        Err(FabricError::Failed(failure)) if failure.says("is not defined") => {
            let approved = approvals(line).await;
            let sentence =
                format!("{chaincode} is not committed on {}{approved}", line.subject.connection.config.channel);
            Check::fail(kind, chaincode, sentence, "run `gx fabric deploy` for every organisation")
        }
        // Where contracts are part of the ledger, there is no chaincode to define others with.
        Err(FabricError::Failed(failure))
            if failure.says(&format!("no peers available to evaluate chaincode {LIFECYCLE}")) =>
        {
            Check::ok(kind, chaincode, "the contracts are part of the ledger's process, of the same build")
        }
        Err(error) => Check::error(kind, chaincode, &error),
    }
}

/// Who has approved what, as each administrator here may ask; empty when there is none.
async fn approvals(line: &Line<'_>) -> String {
    let config = &line.subject.connection.config;
    let asked = line.subject.connection.administrators.iter().map(|signer| async {
        let (clock, entropy) = (Arc::clone(&line.clock), Arc::clone(&line.entropy));
        let args = QueryApprovedChaincodeDefinitionArgs { name: config.chaincode.clone(), sequence: 0 };
        let msp_id = signer.identity().msp_id.clone();
        let answer = async {
            let administrator =
                Administrator::new(&config.channel, Arc::clone(signer), &config.gateways, clock, entropy)?;
            administrator.ask::<QueryApprovedChaincodeDefinitionResult>("QueryApprovedChaincodeDefinition", &args).await
        };
        match timeout(line.limit, answer).await {
            Ok(Ok(approved)) => Some(format!("{msp_id} has approved sequence {}", approved.sequence)),
            Ok(Err(LifecycleError::Refused { .. })) => Some(format!("{msp_id} has approved nothing")),
            _ => None,
        }
    });
    let mut said: Vec<String> = join_all(asked).await.into_iter().flatten().collect();
    said.sort();
    said.dedup();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// Whether an organisation endorses by itself: a proposal that is never submitted.
async fn endorses(line: &Line<'_>, client: &Client, msp_id: &String) -> Check {
    let kind = CheckKind::Endorsement;
    // An administrator's call, so that a role that the contracts do not take is not mistaken for a missing peer.
    let role = if line.subject.connection.signers.contains_key(&Role::Admin) { Role::Admin } else { line.reader };
    let key = format!("doctor-{}", hex::encode(line.entropy.bytes::<12>()));
    let args = [Function::VoidKey.name().to_owned(), key].map(|arg| Bytes::from(arg.into_bytes()));
    let endorsed = async {
        let (tx_id, proposal) =
            client.propose(role, &line.subject.connection.config.chaincode, args.into(), line.clock.now()).await?;
        client.endorse(&tx_id, proposal, std::slice::from_ref(msp_id)).await
    };
    match limited(line, Step::Endorse, endorsed).await {
        Ok(_) => Check::ok(kind, msp_id, "endorses by itself"),
        Err(FabricError::Failed(failure)) if failure.any_refusal().is_some() => {
            Check::ok(kind, msp_id, "runs the contracts by itself")
        }
        Err(error) => Check::error(kind, msp_id, &error),
    }
}

/// Whether the network takes an identity and the contracts its role.
async fn accepted(line: &Line<'_>, client: &Client, role: Role) -> Check {
    let kind = CheckKind::Identity;
    let args = vec![Bytes::from_static(Function::GetSystemStatus.name().as_bytes())];
    let answer = client.evaluate(role, &line.subject.connection.config.chaincode, args, &[]);
    match limited(line, Step::Evaluate, answer).await {
        Ok(_) => Check::ok(kind, role.as_str(), "the network takes the certificate and the contracts its role"),
        Err(FabricError::Failed(failure)) if failure.any_refusal().is_some() => {
            let refusal = failure.any_refusal().map(|refusal| refusal.to_string()).unwrap_or_default();
            let sentence = format!("the contracts do not take the role {}: {refusal}", role.as_str());
            Check::fail(kind, role.as_str(), sentence, "look whether every organisation serves this build's contracts")
        }
        Err(error) => Check::error(kind, role.as_str(), &error),
    }
}

/// The answer of a reading function.
async fn read<T: DeserializeOwned>(line: &Line<'_>, client: &Client, function: Function) -> Result<T, FabricError> {
    let args = vec![Bytes::from_static(function.name().as_bytes())];
    let answer = client.evaluate(line.reader, &line.subject.connection.config.chaincode, args, &[]);
    let answer = limited(line, Step::Evaluate, answer).await?;
    serde_json::from_slice(&answer).map_err(|error| FabricError::Malformed {
        endpoint: line.subject.connection.config.channel.clone(),
        what: "an answer of the contracts",
        problem: error.to_string(),
    })
}

const BOOTSTRAP: &str =
    "start `gx up`, or the workers and `gx serve admin`, once: a fresh ledger is bootstrapped by itself";

async fn bootstrap(line: &Line<'_>, client: &Client) -> Check {
    let kind = CheckKind::Bootstrap;
    match read::<SystemStatus>(line, client, Function::GetSystemStatus).await {
        Ok(SystemStatus { is_bootstrapped: false, .. }) => {
            Check::fail(kind, "", "the ledger has not been bootstrapped: no pools and no parameters", BOOTSTRAP)
        }
        Ok(SystemStatus { is_paused: true, reason, .. }) => {
            let sentence = format!("bootstrapped; the system is paused: {}", reason.unwrap_or_default());
            Check::warn(kind, "", sentence, "a super owner resumes it when the reason is gone")
        }
        Ok(_) => Check::ok(kind, "", "pools and parameters are there"),
        Err(error) => Check::error(kind, "", &error),
    }
}

async fn countries(line: &Line<'_>, client: &Client) -> Check {
    let kind = CheckKind::Countries;
    let found = match read::<Vec<CountryEntry>>(line, client, Function::ListAllCountries).await {
        Ok(found) => found,
        Err(error) => return Check::error(kind, "", &error),
    };
    let there: BTreeSet<String> = found.iter().map(|country| country.code.to_string()).collect();
    let missing: Vec<&str> = COUNTRIES.iter().map(|row| row.code).filter(|code| !there.contains(*code)).collect();
    match missing.as_slice() {
        [] if there.len() == COUNTRIES.len() => Check::ok(kind, "", format!("all {} are there", COUNTRIES.len())),
        [] => {
            let sentence = format!("{} are there and this build knows {}", there.len(), COUNTRIES.len());
            Check::warn(kind, "", sentence, "the ledger was filled by another build: bring this one up to date")
        }
        missing => {
            let some = missing.iter().take(8).copied().collect::<Vec<_>>().join(", ");
            let more = if missing.len() > 8 { ", …" } else { "" };
            let sentence = format!("{} of {} countries are missing: {some}{more}", missing.len(), COUNTRIES.len());
            Check::fail(kind, "", sentence, BOOTSTRAP)
        }
    }
}
