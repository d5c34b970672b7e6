//! The steps of a deployment. Every step looks first and does only what is missing, so that a second run does nothing
//! and a broken-off one goes on where it stopped.

use std::fmt;

use super::administrator::{Administrator, LifecycleError};
use super::definition::Definition;
use crate::package::Package;
use crate::proto::lifecycle::chaincode_source::Type as Source;
use crate::proto::lifecycle::{
    CheckCommitReadinessResult, InstallChaincodeArgs, InstallChaincodeResult, QueryApprovedChaincodeDefinitionArgs,
    QueryApprovedChaincodeDefinitionResult, QueryChaincodeDefinitionArgs, QueryChaincodeDefinitionResult,
    QueryInstalledChaincodesArgs, QueryInstalledChaincodesResult,
};

/// What to bring onto the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The package.
    pub package: Package,
    /// The definition.
    pub definition: Definition,
}

/// What a step found or did; a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A peer had the package.
    Present {
        /// Organisation and address.
        peer: String,
    },
    /// A peer got the package.
    Installed {
        /// Organisation and address.
        peer: String,
    },
    /// The organisation had approved this definition with this package.
    ApprovedBefore {
        /// The organisation.
        msp_id: String,
        /// Which sequence.
        sequence: i64,
    },
    /// The organisation approved.
    Approved {
        /// The organisation.
        msp_id: String,
        /// Which sequence.
        sequence: i64,
        /// In which block.
        block: u64,
    },
    /// An organisation has not approved.
    Missing {
        /// The organisation.
        msp_id: String,
        /// Which sequence.
        sequence: i64,
        /// What its approval says otherwise, when there is one.
        differs_in: Vec<String>,
    },
    /// The channel had this definition.
    CommittedBefore {
        /// Which sequence.
        sequence: i64,
    },
    /// The definition was committed.
    Committed {
        /// Which sequence.
        sequence: i64,
        /// In which block.
        block: u64,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present { peer } => write!(f, "{peer}: the package is installed"),
            Self::Installed { peer } => write!(f, "{peer}: package installed now"),
            Self::ApprovedBefore { msp_id, sequence } => write!(f, "{msp_id}: has approved sequence {sequence}"),
            Self::Approved { msp_id, sequence, block } => {
                write!(f, "{msp_id}: approved sequence {sequence} now, in block {block}")
            }
            Self::Missing { msp_id, sequence, differs_in } if differs_in.is_empty() => {
                write!(f, "{msp_id}: has not approved sequence {sequence} yet")
            }
            Self::Missing { msp_id, sequence, differs_in } => {
                write!(f, "{msp_id}: has approved another sequence {sequence}: {}", differs_in.join(", "))
            }
            Self::CommittedBefore { sequence } => write!(f, "channel: sequence {sequence} is committed"),
            Self::Committed { sequence, block } => {
                write!(f, "channel: sequence {sequence} committed now, in block {block}")
            }
        }
    }
}

/// Installs on the organisation's peers, approves, and commits when every organisation has approved. `tell` hears each
/// step as it is done. Answers whether the definition is committed.
///
/// # Errors
/// [`LifecycleError`]; what was done stays done.
pub async fn deploy(
    administrator: &Administrator,
    deployment: &Deployment,
    tell: &mut (dyn FnMut(Step) + Send),
) -> Result<bool, LifecycleError> {
    let definition = &deployment.definition;
    install(administrator, &deployment.package, tell).await?;
    let committed = committed(administrator, definition).await?;
    let stands = committed.as_ref().is_some_and(|committed| same(definition, committed));
    let last = committed.as_ref().map_or(0, |committed| committed.sequence);
    let sequence = if stands { last } else { last.saturating_add(1) };
    approve(administrator, deployment, sequence, tell).await?;
    if let Some(committed) = committed.filter(|_| stands) {
        for (msp_id, approved) in &committed.approvals {
            if msp_id != administrator.msp_id() {
                tell(approval(msp_id, *approved, sequence, Vec::new()));
            }
        }
        tell(Step::CommittedBefore { sequence });
        return Ok(true);
    }
    let ready: CheckCommitReadinessResult =
        administrator.ask("CheckCommitReadiness", &definition.readiness(sequence)).await?;
    for (msp_id, approved) in ready.approvals.iter().filter(|(msp_id, _)| *msp_id != administrator.msp_id()) {
        let differs_in = ready.mismatches.get(msp_id).map(|mismatches| mismatches.items.clone()).unwrap_or_default();
        tell(approval(msp_id, *approved, sequence, differs_in));
    }
    if !ready.approvals.values().all(|approved| *approved) {
        return Ok(false);
    }
    let done = administrator.submit_together("CommitChaincodeDefinition", &definition.commit(sequence)).await;
    match done {
        Ok(block) => {
            tell(Step::Committed { sequence, block });
            Ok(true)
        }
        // Another organisation may have committed in the same moment; then this one's attempt fails and the aim is met.
        Err(error) => match self::committed(administrator, definition).await? {
            Some(now) if now.sequence == sequence && same(definition, &now) => {
                tell(Step::CommittedBefore { sequence });
                Ok(true)
            }
            _ => Err(error),
        },
    }
}

fn approval(msp_id: &str, approved: bool, sequence: i64, differs_in: Vec<String>) -> Step {
    let msp_id = msp_id.to_owned();
    if approved { Step::ApprovedBefore { msp_id, sequence } } else { Step::Missing { msp_id, sequence, differs_in } }
}

async fn install(
    administrator: &Administrator,
    package: &Package,
    tell: &mut (dyn FnMut(Step) + Send),
) -> Result<(), LifecycleError> {
    for peer in administrator.own_peers() {
        let installed: QueryInstalledChaincodesResult =
            administrator.ask_peer(peer, "QueryInstalledChaincodes", &QueryInstalledChaincodesArgs::default()).await?;
        let name = peer.name.clone();
        if installed.installed_chaincodes.iter().any(|one| one.package_id == package.id.as_str()) {
            tell(Step::Present { peer: name });
            continue;
        }
        let args = InstallChaincodeArgs { chaincode_install_package: package.bytes.clone().into() };
        let installed: InstallChaincodeResult = administrator.ask_peer(peer, "InstallChaincode", &args).await?;
        if installed.package_id != package.id.as_str() {
            return Err(LifecycleError::Malformed(format!(
                "InstallChaincode, which answered {}",
                installed.package_id
            )));
        }
        tell(Step::Installed { peer: name });
    }
    Ok(())
}

async fn approve(
    administrator: &Administrator,
    deployment: &Deployment,
    sequence: i64,
    tell: &mut (dyn FnMut(Step) + Send),
) -> Result<(), LifecycleError> {
    let Deployment { package, definition } = deployment;
    let msp_id = administrator.msp_id().to_owned();
    let args = QueryApprovedChaincodeDefinitionArgs { name: definition.name.clone(), sequence };
    let approved: Result<QueryApprovedChaincodeDefinitionResult, _> =
        administrator.ask("QueryApprovedChaincodeDefinition", &args).await;
    match approved {
        Ok(approved) => {
            let source = approved.source.and_then(|source| source.r#type);
            let same_package =
                matches!(source, Some(Source::LocalPackage(local)) if local.package_id == package.id.as_str());
            let same = approved.version == definition.version
                && approved.validation_parameter == definition.policy
                && !approved.init_required;
            if same_package && same {
                tell(Step::ApprovedBefore { msp_id, sequence });
                return Ok(());
            }
        }
        // The answer when this organisation has approved nothing under this sequence.
        Err(LifecycleError::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let args = definition.approval(sequence, package.id.as_str());
    let block = administrator.submit_alone("ApproveChaincodeDefinitionForMyOrg", &args).await?;
    tell(Step::Approved { msp_id, sequence, block });
    Ok(())
}

/// The definition on the channel; `None` when there is none.
async fn committed(
    administrator: &Administrator,
    definition: &Definition,
) -> Result<Option<QueryChaincodeDefinitionResult>, LifecycleError> {
    let args = QueryChaincodeDefinitionArgs { name: definition.name.clone() };
    match administrator.ask("QueryChaincodeDefinition", &args).await {
        Ok(found) => Ok(Some(found)),
        Err(LifecycleError::Refused { problem, .. }) if problem.contains("is not defined") => Ok(None),
        Err(error) => Err(error),
    }
}

fn same(definition: &Definition, committed: &QueryChaincodeDefinitionResult) -> bool {
    committed.version == definition.version
        && committed.validation_parameter == definition.policy
        && !committed.init_required
}
