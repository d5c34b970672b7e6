//! What is looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gx_base::{Clock, Entropy};
use gx_contracts::Role;
use gx_types::{EnvName, Sha256Hex, Timestamp};

use super::report::{Check, CheckKind};
use crate::ca::{Finding, NetworkPlan, check};
use crate::client::{Client, ClientConfig, GatewayConfig, Limits};
use crate::identity::{Material, MaterialError, Signer};

/// What an environment expects of its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The environment.
    pub environment: EnvName,
    /// MSP ids of the organisations that endorse.
    pub organisations: Vec<String>,
    /// The channel.
    pub channel: String,
    /// The chaincode's name.
    pub chaincode: String,
    /// Hash of the genesis block that the environment is bound to; `None` while it is bound to none.
    pub fingerprint: Option<Sha256Hex>,
}

impl Expected {
    /// The names that an environment has, and these organisations.
    #[must_use]
    pub fn of(environment: EnvName, organisations: &[String]) -> Self {
        let NetworkPlan { channel, chaincode, .. } = NetworkPlan::of(environment, organisations, "");
        Self { environment, organisations: organisations.to_vec(), channel, chaincode, fingerprint: None }
    }
}

/// A network as somebody means to use it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Where everything is.
    pub config: ClientConfig,
    /// Who signs, by role.
    pub signers: BTreeMap<Role, Arc<dyn Signer>>,
    /// Administrators of organisations, who may ask peers what is installed.
    pub administrators: Vec<Arc<dyn Signer>>,
    /// What was found in the certificates.
    pub findings: Vec<Finding>,
    /// The first of all certificates to expire: whose, and when.
    pub first_to_expire: Option<(String, Timestamp)>,
}

/// A network, and what an environment expects of it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The network.
    pub connection: Connection,
    /// What the environment expects.
    pub expected: Expected,
}

impl Connection {
    /// A network that is described without a folder.
    #[must_use]
    pub fn new(config: ClientConfig, signers: BTreeMap<Role, Arc<dyn Signer>>) -> Self {
        let first_to_expire = signers
            .values()
            .map(|signer| &signer.identity().certificate)
            .map(|certificate| (certificate.subject.clone(), certificate.not_after))
            .min_by_key(|(_, not_after)| *not_after);
        Self { config, signers, administrators: Vec::new(), findings: Vec::new(), first_to_expire }
    }

    /// The network of a folder with connection material, seen from the organisation `home`, or that of its first peer.
    ///
    /// # Errors
    /// [`MaterialError`] when the folder cannot be read. Missing roles and wrong certificates are findings, not errors.
    pub fn of_material(folder: &Path, home: Option<&str>, now: Timestamp) -> Result<Self, MaterialError> {
        let material = Material::read(folder)?;
        let first = material.endpoints.peers.first().map(|peer| peer.msp_id.clone());
        let home = home.map(str::to_owned).or(first).unwrap_or_default();
        let config = ClientConfig::from_material(&material, &home)?;
        let identities = || {
            let organisations = material.organisations.iter();
            organisations.flat_map(|(msp_id, organisation)| {
                organisation.identities.iter().map(move |identity| (msp_id, identity))
            })
        };
        let mut signers: BTreeMap<Role, Arc<dyn Signer>> = BTreeMap::new();
        for (_, one) in identities().filter(|(msp_id, _)| **msp_id == home) {
            if let Some(role) = one.signer.identity().role() {
                signers.entry(role).or_insert_with(|| Arc::clone(&one.signer));
            }
        }
        let is_admin = |unit: &String| unit.as_str() == "admin";
        let administrators = identities()
            .filter(|(_, one)| one.signer.identity().certificate.units.iter().any(is_admin))
            .map(|(_, one)| Arc::clone(&one.signer));
        let first_to_expire = identities()
            .map(|(msp_id, one)| (format!("{msp_id}/{}", one.name), one.signer.identity().certificate.not_after))
            .min_by_key(|(_, not_after)| *not_after);
        Ok(Self {
            config,
            signers,
            administrators: administrators.collect(),
            findings: check(folder, &material, now),
            first_to_expire,
        })
    }

    /// The same, looked at as an environment's.
    #[must_use]
    pub fn expecting(self, expected: Expected) -> Subject {
        Subject { connection: self, expected }
    }
}

impl Subject {
    /// Who asks: any identity of the network may read.
    pub(super) fn reader(&self) -> Option<Role> {
        let can = |role: &Role| self.connection.signers.contains_key(role);
        [Role::Admin, Role::SuperAdmin, Role::PartnerApi].into_iter().find(can)
    }

    /// What the checks on the network need; `None` when nothing can be asked at all.
    pub(super) fn line<'a>(
        &'a self,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
        limit: Duration,
    ) -> Option<Line<'a>> {
        let line = Line {
            subject: self,
            reader: self.reader()?,
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
            limit,
        };
        (!self.connection.config.gateways.is_empty()).then_some(line)
    }

    /// Why nothing can be asked.
    pub(super) fn unusable(&self) -> Vec<Check> {
        let why = if self.connection.config.gateways.is_empty() {
            "there is no peer to ask"
        } else {
            "there is no identity to ask with"
        };
        vec![Check::unknown(CheckKind::Peer, "", format!("not asked: {why}"))]
    }
}

/// What the checks on the network share.
pub(super) struct Line<'a> {
    pub(super) subject: &'a Subject,
    pub(super) reader: Role,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) limit: Duration,
}

impl Line<'_> {
    /// A client of these gateways only, with the check's deadline for everything.
    pub(super) fn client(&self, gateways: Vec<GatewayConfig>) -> Result<Client, crate::client::FabricError> {
        let limits = Limits {
            connect_timeout: self.limit,
            evaluate_timeout: self.limit,
            endorse_timeout: self.limit,
            submit_timeout: self.limit,
            block_timeout: self.limit,
            ..Limits::default()
        };
        let config = ClientConfig { gateways, limits, ..self.subject.connection.config.clone() };
        Client::new(config, self.subject.connection.signers.clone(), Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }
}
