//! Checks and how they are told.

use std::fmt;

use gx_types::Timestamp;
use serde::Serialize;

use crate::client::{Explained, FabricError, explain};

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// Whether there are settings at all, and whether they are this environment's.
    Settings,
    /// Whether every organisation that endorses has a peer in them.
    Organisations,
    /// Purpose, issuer and expiry of certificates, and who may read the keys.
    Certificates,
    /// Whether there is an identity for each role.
    Roles,
    /// Whether a peer can be reached and gives out blocks.
    Peer,
    /// Whether all peers have the ledger that this environment is bound to.
    Fingerprint,
    /// Whether all peers are at one height, and how old the newest transaction is.
    Blocks,
    /// Whether a peer's clock and ours agree.
    Clock,
    /// Whether the chaincode is installed on a peer.
    Installed,
    /// Whether the chaincode is committed, at which sequence, and who has approved.
    Definition,
    /// Whether an organisation endorses by itself.
    Endorsement,
    /// Whether the network takes an identity and the contracts its role.
    Identity,
    /// Whether the contracts have been bootstrapped.
    Bootstrap,
    /// Whether every country is on the ledger.
    Countries,
}

impl CheckKind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Organisations => "organisations",
            Self::Certificates => "certificates",
            Self::Roles => "roles",
            Self::Peer => "peer",
            Self::Fingerprint => "fingerprint",
            Self::Blocks => "blocks",
            Self::Clock => "clock",
            Self::Installed => "installed",
            Self::Definition => "definition",
            Self::Endorsement => "endorsement",
            Self::Identity => "identity",
            Self::Bootstrap => "bootstrap",
            Self::Countries => "countries",
        }
    }

    /// Whether several peers of an organisation can stand in for each other.
    const fn is_of_one_peer(self) -> bool {
        matches!(self, Self::Peer | Self::Clock | Self::Installed)
    }

    /// Whether no command can settle without it. A ledger without countries takes the command that brings them.
    const fn stops_everything(self) -> bool {
        !matches!(self, Self::Bootstrap | Self::Countries)
    }
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// As it must be.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It could not be found out.
    Unknown,
    /// It cannot work.
    Fail,
}

impl CheckState {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is about.
    #[serde(rename = "check")]
    pub kind: CheckKind,
    /// Of whom or what: a peer, an organisation, a role; empty for the network as a whole.
    pub subject: String,
    /// How it came out.
    pub state: CheckState,
    /// What was found, one sentence.
    pub sentence: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// It failed for want of a connection, and says nothing about the thing itself.
    #[serde(skip)]
    pub(super) for_want_of_connection: bool,
    /// The organisation of the peer that it is about.
    #[serde(skip)]
    pub(super) organisation: Option<String>,
}

impl Check {
    fn new(kind: CheckKind, subject: impl Into<String>, state: CheckState, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            subject: subject.into(),
            state,
            sentence: sentence.into(),
            remedy: None,
            for_want_of_connection: false,
            organisation: None,
        }
    }

    /// As it must be.
    #[must_use]
    pub fn ok(kind: CheckKind, subject: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::new(kind, subject, CheckState::Ok, sentence)
    }

    /// It works, and somebody should look.
    #[must_use]
    pub fn warn(
        kind: CheckKind,
        subject: impl Into<String>,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(kind, subject, CheckState::Warn, sentence).with_remedy(remedy)
    }

    /// It cannot work.
    #[must_use]
    pub fn fail(
        kind: CheckKind,
        subject: impl Into<String>,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(kind, subject, CheckState::Fail, sentence).with_remedy(remedy)
    }

    /// It could not be found out.
    #[must_use]
    pub fn unknown(kind: CheckKind, subject: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::new(kind, subject, CheckState::Unknown, sentence)
    }

    fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(super) fn of_organisation(mut self, msp_id: &str) -> Self {
        self.organisation = Some(msp_id.to_owned());
        self
    }

    /// The failure that an error means.
    pub(super) fn error(kind: CheckKind, subject: impl Into<String>, error: &FabricError) -> Self {
        let mut check = match explain(error) {
            Some(Explained { sentence, remedy }) => Self::fail(kind, subject, sentence, remedy),
            None => Self::new(kind, subject, CheckState::Fail, error.to_string()),
        };
        check.for_want_of_connection = error.is_about_the_connection();
        check
    }

    /// Whether it belongs to those that decide readiness and have failed.
    fn stops_everything(&self) -> bool {
        self.state == CheckState::Fail && self.kind.stops_everything()
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// When it was looked at.
    pub at: Timestamp,
    /// The worst state among the checks.
    pub state: CheckState,
    /// The checks, in the order in which to read them.
    pub checks: Vec<Check>,
}

impl Report {
    /// A report of checks.
    #[must_use]
    pub fn new(mut checks: Vec<Check>, at: Timestamp) -> Self {
        told_once(&mut checks);
        stood_in_for(&mut checks);
        checks.sort_by_key(|check| check.kind);
        let state = checks.iter().map(|check| check.state).max().unwrap_or(CheckState::Unknown);
        Self { at, state, checks }
    }

    /// 0 when nothing fails, 1 when something does, 2 when nothing fails and something could not be found out.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self.state {
            CheckState::Ok | CheckState::Warn => 0,
            CheckState::Fail => 1,
            CheckState::Unknown => 2,
        }
    }

    /// Why commands cannot settle, each fault once; `None` when they can, as far as is known.
    #[must_use]
    pub fn obstacles(&self) -> Option<String> {
        let mut sentences: Vec<&str> = Vec::new();
        for check in self.checks.iter().filter(|check| check.stops_everything()) {
            if !sentences.contains(&check.sentence.as_str()) {
                sentences.push(&check.sentence);
            }
        }
        (!sentences.is_empty()).then(|| sentences.join("; "))
    }

    /// Adds a check that somebody else made.
    pub fn add(&mut self, check: Check) {
        let mut checks = std::mem::take(&mut self.checks);
        checks.push(check);
        *self = Self::new(checks, self.at);
    }
}

/// A peer out of reach is told once; what only it could have answered is not known.
fn told_once(checks: &mut [Check]) {
    let away = |check: &Check| check.kind == CheckKind::Peer && check.state == CheckState::Fail;
    let peers: Vec<String> = checks.iter().filter(|check| away(check)).map(|check| check.subject.clone()).collect();
    if peers.is_empty() {
        return;
    }
    let whose = peers.join(" and ");
    for check in checks.iter_mut().filter(|check| check.kind != CheckKind::Peer && check.for_want_of_connection) {
        check.state = CheckState::Unknown;
        check.sentence = format!("not known while {whose} cannot be reached");
        check.remedy = None;
    }
}

/// Where an organisation has another peer that does what this one does not, the network goes on.
fn stood_in_for(checks: &mut [Check]) {
    let good: Vec<(CheckKind, Option<String>)> = checks
        .iter()
        .filter(|check| check.kind.is_of_one_peer() && matches!(check.state, CheckState::Ok | CheckState::Warn))
        .map(|check| (check.kind, check.organisation.clone()))
        .collect();
    for check in checks.iter_mut().filter(|check| check.state == CheckState::Fail && check.kind.is_of_one_peer()) {
        if check.organisation.is_some() && good.contains(&(check.kind, check.organisation.clone())) {
            check.state = CheckState::Warn;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.checks.iter().map(|check| check.subject.chars().count()).max().unwrap_or(0);
        for Check { kind, subject, state, sentence, remedy, .. } in &self.checks {
            writeln!(f, "{:<7}  {:<13}  {subject:<width$}  {sentence}", state.as_str(), kind.as_str())?;
            if let Some(remedy) = remedy {
                writeln!(f, "{:<7}  {:<13}  {:<width$}  → {remedy}", "", "", "")?;
            }
        }
        let count = |state| self.checks.iter().filter(|check| check.state == state).count();
        write!(
            f,
            "{} checks: {} ok, {} to look at, {} failed, {} not known",
            self.checks.len(),
            count(CheckState::Ok),
            count(CheckState::Warn),
            count(CheckState::Fail),
            count(CheckState::Unknown)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ConnectionFault;

    fn away(kind: CheckKind, subject: &str) -> Check {
        let (endpoint, detail) = ("Org1MSP (p:1)".to_owned(), "refused".to_owned());
        let error = FabricError::Unreachable { endpoint, fault: ConnectionFault::NobodyListens, detail };
        Check::error(kind, subject, &error)
    }

    #[test]
    fn a_peer_out_of_reach_is_one_fault_and_the_rest_is_unknown() {
        let report = Report::new(
            vec![
                away(CheckKind::Identity, "gx_admin"),
                away(CheckKind::Peer, "Org1MSP (p:1)"),
                Check::ok(CheckKind::Certificates, "", "good"),
            ],
            Timestamp::from_micros(0),
        );
        let states: Vec<_> = report.checks.iter().map(|check| (check.kind, check.state)).collect();
        assert_eq!(
            states,
            [
                (CheckKind::Certificates, CheckState::Ok),
                (CheckKind::Peer, CheckState::Fail),
                (CheckKind::Identity, CheckState::Unknown)
            ]
        );
        assert_eq!(report.obstacles().unwrap(), "Org1MSP (p:1) cannot be reached: nobody listens there");
        assert_eq!((report.state, report.exit_code()), (CheckState::Fail, 1));
        let text = report.to_string();
        assert!(text.contains("→ start the peer") && text.contains("not known while Org1MSP (p:1)"), "{text}");
    }

    #[test]
    fn a_peer_whose_neighbour_answers_is_to_be_looked_at() {
        let checks = vec![
            away(CheckKind::Peer, "Org1MSP (p:1)").of_organisation("Org1MSP"),
            Check::ok(CheckKind::Peer, "Org1MSP (p:2)", "answers").of_organisation("Org1MSP"),
        ];
        let report = Report::new(checks, Timestamp::from_micros(0));
        assert_eq!((report.state, report.exit_code(), report.obstacles()), (CheckState::Warn, 0, None));
    }

    #[test]
    fn a_ledger_that_waits_for_its_countries_is_no_obstacle_and_still_fails() {
        let check = Check::fail(CheckKind::Countries, "", "none of 234 countries", "start `gx up` once");
        let report = Report::new(vec![check], Timestamp::from_micros(0));
        assert_eq!((report.exit_code(), report.obstacles()), (1, None));
        let unknown = Check::unknown(CheckKind::Installed, "", "not known");
        assert_eq!(Report::new(vec![unknown], Timestamp::from_micros(0)).exit_code(), 2);
    }
}
