//! What organisations agree on when they approve a chaincode.

use bytes::Bytes;
use prost::Message;

use crate::proto::common::msp_principal::Classification;
use crate::proto::common::msp_role::MspRoleType;
use crate::proto::common::signature_policy::{NOutOf, Type as Rule};
use crate::proto::common::{MspPrincipal, MspRole, SignaturePolicy, SignaturePolicyEnvelope};
use crate::proto::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeSource, CheckCommitReadinessArgs, CommitChaincodeDefinitionArgs,
    chaincode_source,
};
use crate::proto::protos::{ApplicationPolicy, application_policy};

/// A chaincode definition without its sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Name on the channel.
    pub name: String,
    /// Version; for people.
    pub version: String,
    /// The endorsement policy, an encoded `ApplicationPolicy`.
    pub policy: Bytes,
}

/// The policy «a peer of every one of these organisations». The same organisations in any order give the same bytes.
#[must_use]
pub fn endorsed_by_all(msp_ids: &[String]) -> Bytes {
    let mut msp_ids = msp_ids.to_vec();
    msp_ids.sort();
    msp_ids.dedup();
    let identities = msp_ids.iter().map(|msp_id| MspPrincipal {
        principal_classification: Classification::Role.into(),
        principal: MspRole { msp_identifier: msp_id.clone(), role: MspRoleType::Peer.into() }.encode_to_vec().into(),
    });
    let identities: Vec<_> = identities.collect();
    // An organisation's place is its number; there are few.
    let rules = (0..).zip(&identities).map(|(place, _)| SignaturePolicy { r#type: Some(Rule::SignedBy(place)) });
    let rules: Vec<_> = rules.collect();
    let all = NOutOf { n: i32::try_from(rules.len()).unwrap_or(i32::MAX), rules };
    let rule = Some(SignaturePolicy { r#type: Some(Rule::NOutOf(all)) });
    let policy = SignaturePolicyEnvelope { version: 0, rule, identities };
    let policy = ApplicationPolicy { r#type: Some(application_policy::Type::SignaturePolicy(policy)) };
    policy.encode_to_vec().into()
}

impl Definition {
    pub(super) fn approval(&self, sequence: i64, package_id: &str) -> ApproveChaincodeDefinitionForMyOrgArgs {
        let local = chaincode_source::Local { package_id: package_id.to_owned() };
        ApproveChaincodeDefinitionForMyOrgArgs {
            sequence,
            name: self.name.clone(),
            version: self.version.clone(),
            validation_parameter: self.policy.clone(),
            source: Some(ChaincodeSource { r#type: Some(chaincode_source::Type::LocalPackage(local)) }),
            ..ApproveChaincodeDefinitionForMyOrgArgs::default()
        }
    }

    pub(super) fn readiness(&self, sequence: i64) -> CheckCommitReadinessArgs {
        CheckCommitReadinessArgs {
            sequence,
            name: self.name.clone(),
            version: self.version.clone(),
            validation_parameter: self.policy.clone(),
            ..CheckCommitReadinessArgs::default()
        }
    }

    pub(super) fn commit(&self, sequence: i64) -> CommitChaincodeDefinitionArgs {
        CommitChaincodeDefinitionArgs {
            sequence,
            name: self.name.clone(),
            version: self.version.clone(),
            validation_parameter: self.policy.clone(),
            ..CommitChaincodeDefinitionArgs::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_does_not_depend_on_the_order_in_which_organisations_are_named() {
        let both = ["Org1DevnetMSP".to_owned(), "Org2DevnetMSP".to_owned()];
        let turned = [both[1].clone(), both[0].clone(), both[0].clone()];
        assert_eq!(endorsed_by_all(&both), endorsed_by_all(&turned));
        assert_ne!(endorsed_by_all(&both), endorsed_by_all(&both[..1]));
        let policy = ApplicationPolicy::decode(endorsed_by_all(&both)).unwrap();
        let Some(application_policy::Type::SignaturePolicy(policy)) = policy.r#type else { panic!("no signatures") };
        let Some(Rule::NOutOf(all)) = policy.rule.unwrap().r#type else { panic!("no counted rule") };
        assert_eq!((all.n, all.rules.len(), policy.identities.len()), (2, 2, 2));
    }
}
