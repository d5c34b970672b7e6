//! What needs no network.

use gx_contracts::Role;
use gx_types::{EnvName, Timestamp};

use super::report::{Check, CheckKind};
use super::subject::{Connection, Expected, Subject};
use crate::ca::Severity;

/// Every check that needs no network.
pub(super) fn checks(subject: &Subject, now: Timestamp) -> Vec<Check> {
    let mut checks = environment(subject);
    checks.extend(organisations(subject));
    checks.extend(certificates(subject, now));
    checks.extend(roles(subject));
    checks
}

/// The environment whose name is in a word, if it is another one: `Org1TestnetMSP`, `gxchannel-testnet`.
fn foreign(word: &str, expected: &Expected) -> Option<EnvName> {
    let lower = word.to_lowercase();
    EnvName::ALL.into_iter().find(|env| *env != expected.environment && lower.contains(env.as_str()))
}

fn environment(subject: &Subject) -> Vec<Check> {
    let Subject { connection: Connection { config, .. }, expected } = subject;
    let env = expected.environment;
    let mut found = Vec::new();
    for msp_id in &config.organisations {
        if expected.organisations.contains(msp_id) {
            continue;
        }
        let whose = match foreign(msp_id, expected) {
            Some(other) => format!("{msp_id} is an organisation of {other}, and this is {env}"),
            None => format!("{msp_id} is no organisation of {env}"),
        };
        let remedy = format!(
            "use {} (FABRIC_MSP_ID, FABRIC_ORG2_MSP_ID, endpoints.json), or the right --env",
            expected.organisations.join(" and ")
        );
        found.push(Check::fail(CheckKind::Settings, msp_id, whose, remedy));
    }
    for (what, name, expected_name) in
        [("channel", &config.channel, &expected.channel), ("chaincode", &config.chaincode, &expected.chaincode)]
    {
        match foreign(name, expected) {
            Some(other) => found.push(Check::fail(
                CheckKind::Settings,
                name,
                format!("the {what} {name} is one of {other}, and this is {env}"),
                format!("{env} has {expected_name}"),
            )),
            None if name != expected_name => found.push(Check::warn(
                CheckKind::Settings,
                name,
                format!("the {what} is called {name}; {env} has {expected_name}"),
                "make sure that this is meant",
            )),
            None => {}
        }
    }
    if found.is_empty() {
        let sentence = format!("{env}: {} on {}", config.chaincode, config.channel);
        found.push(Check::ok(CheckKind::Settings, "", sentence));
    }
    found
}

fn organisations(subject: &Subject) -> Vec<Check> {
    let Subject { connection: Connection { config, .. }, expected } = subject;
    let has_peer = |msp_id: &&String| config.gateways.iter().any(|gateway| gateway.msp_id == **msp_id);
    let missing: Vec<&String> = expected.organisations.iter().filter(|msp_id| !has_peer(msp_id)).collect();
    // Organisations of another environment have been told of; that the right ones are missing is the same fault.
    let any_expected = expected.organisations.iter().any(|msp_id| has_peer(&msp_id));
    if missing.is_empty() {
        let sentence = format!("{} endorse, and each has a peer in the settings", expected.organisations.join(" and "));
        return vec![Check::ok(CheckKind::Organisations, "", sentence)];
    }
    if !any_expected && !config.gateways.is_empty() {
        return Vec::new();
    }
    let told = missing.into_iter().map(|msp_id| {
        Check::fail(
            CheckKind::Organisations,
            msp_id,
            format!("no peer of {msp_id} is in the settings, and every transaction needs its endorsement"),
            "set FABRIC_ORG2_MSP_ID and FABRIC_ORG2_PEER_ENDPOINT, or add its peer to endpoints.json and its folder beside it",
        )
    });
    told.collect()
}

fn certificates(subject: &Subject, now: Timestamp) -> Vec<Check> {
    if subject.connection.findings.is_empty() {
        let sentence = match &subject.connection.first_to_expire {
            Some((whose, at)) => {
                format!("purposes and issuers fit; the first to expire is {whose}, in {} days", days(now, *at))
            }
            None => "there are none to look at".to_owned(),
        };
        return vec![Check::ok(CheckKind::Certificates, "", sentence)];
    }
    let told = subject.connection.findings.iter().map(|finding| {
        let sentence = finding.sentence.clone();
        match finding.severity {
            Severity::Error => Check::fail(
                CheckKind::Certificates,
                "",
                sentence,
                "put the right certificate in its place; enrol anew what has expired",
            ),
            Severity::Warning => Check::warn(
                CheckKind::Certificates,
                "",
                sentence,
                "renew it in time; chmod 600 keys that others can read",
            ),
        }
    });
    told.collect()
}

fn days(now: Timestamp, at: Timestamp) -> u64 {
    at.since(now).as_secs() / 86_400
}

fn roles(subject: &Subject) -> Vec<Check> {
    let missing: Vec<&str> = Role::ALL
        .into_iter()
        .filter(|role| !subject.connection.signers.contains_key(role))
        .map(|role| role.as_str())
        .collect();
    if missing.is_empty() {
        let names: Vec<&str> = Role::ALL.into_iter().map(Role::as_str).collect();
        return vec![Check::ok(CheckKind::Roles, "", format!("there is an identity for {}", names.join(", ")))];
    }
    let home = subject
        .connection
        .config
        .gateways
        .first()
        .map_or("the organisation that signs", |gateway| gateway.msp_id.as_str());
    let told = missing.into_iter().map(|role| {
        Check::fail(
            CheckKind::Roles,
            role,
            format!("no certificate of {home} carries gxc_role={role}"),
            format!("register the identity at the organisation's authority with gxc_role={role}:ecert, and enrol it"),
        )
    });
    told.collect()
}
