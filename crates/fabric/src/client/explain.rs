//! What an error of Fabric means, and what to do about it. Readiness, logs and `gx doctor fabric` use the same sentences.

use super::error::{FabricError, GatewayFailure, Step};

/// An error in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What is wrong.
    pub sentence: String,
    /// What to do about it.
    pub remedy: String,
}

/// A fault that is known by the words of the peers, which are Fabric's own.
struct Known {
    /// Any of these.
    words: &'static [&'static str],
    sentence: &'static str,
    remedy: &'static str,
}

/// The first that fits is meant: what is more particular comes first.
const KNOWN: &[Known] = &[
    Known {
        words: &["creator org unknown"],
        sentence: "the network does not know the organisation that signs: its MSP id is not one of this channel",
        remedy: "use the MSP id of this environment (FABRIC_MSP_ID, endpoints.json) and its certificates",
    },
    Known {
        words: &["access denied: channel", "status=FORBIDDEN", "policy evaluation failed"],
        sentence: "the network does not accept the identity that signs: its certificate has expired, or was not issued by \
                   the organisation's enrolment authority on this channel",
        remedy: "enrol the identity anew at the organisation's authority; `gx fabric identities --check` looks through \
                 certificates",
    },
    Known {
        words: &[
            "could not launch chaincode",
            "error starting container",
            "failed to execute transaction",
            "stream error",
        ],
        sentence: "the peer has the chaincode and cannot reach its process",
        remedy: "start `gx serve chaincode` at the address in the package, and look whether the peer may connect there",
    },
    Known {
        words: &["but chaincode is not installed", "chaincode not installed"],
        sentence: "the chaincode is committed on the channel and not installed on this peer",
        remedy: "run `gx fabric deploy` for the organisation of the peer",
    },
    Known {
        words: &["has been successfully defined on channel"],
        sentence: "the chaincode is not committed on the channel",
        remedy: "run `gx fabric deploy` for every organisation",
    },
    Known {
        words: &["failed to find any endorsing peers", "no combination of peers can be derived", "no peers available"],
        sentence: "no peer of an organisation that is needed has the chaincode installed, approved and committed, or the \
                   gateway does not see that peer",
        remedy: "run `gx fabric deploy` for the organisation; look at CORE_PEER_GOSSIP_EXTERNALENDPOINT and the anchor \
                 peers if it is deployed",
    },
    Known {
        words: &["channel not found", "no such channel", "answered NOT_FOUND"],
        sentence: "the peer is not on the channel",
        remedy: "join the peer to the channel, or correct the channel's name (FABRIC_CHANNEL_NAME, endpoints.json)",
    },
    Known {
        words: &["answered FORBIDDEN"],
        sentence: "the peer does not let this identity read the channel: its organisation or its certificate is not one of \
                   this channel",
        remedy: "use the MSP id of this environment (FABRIC_MSP_ID, endpoints.json) and its certificates",
    },
    Known {
        words: &["answered BAD_REQUEST"],
        sentence: "the peer does not take the time in the request: its clock and ours are far apart",
        remedy: "set the clocks: peers refuse requests that are more than 15 minutes off",
    },
    Known {
        words: &["no orderers could successfully process", "no orderer", "orderer"],
        sentence: "no orderer takes transactions",
        remedy: "look whether a majority of the orderers runs and has elected a leader",
    },
    Known {
        words: &["ProposalResponsePayloads do not match"],
        sentence: "the organisations came to different results",
        remedy: "look whether every organisation serves the same build of the chaincode",
    },
];

/// What an error means; `None` when its own words are all there is to say.
#[must_use]
pub fn explain(error: &FabricError) -> Option<Explained> {
    match error {
        FabricError::Unreachable { endpoint, fault, .. } => Some(Explained {
            sentence: format!("{endpoint} cannot be reached: {fault}"),
            remedy: fault.remedy().to_owned(),
        }),
        FabricError::Timeout { endpoint, step, after } => Some(Explained {
            sentence: format!("{endpoint} did not answer within {} ms ({})", after.as_millis(), step.as_str()),
            remedy: "look whether the peer is overloaded or stands still".to_owned(),
        }),
        FabricError::Busy { endpoint, .. } => Some(Explained {
            sentence: format!("{endpoint} has more calls under way than it takes"),
            remedy: "wait, or lower the number of clients; each call is tried again by itself".to_owned(),
        }),
        FabricError::Failed(failure) => known(failure),
        FabricError::Expired { .. } => Some(Explained {
            sentence: error.to_string(),
            remedy: "renew the certificate at the organisation's enrolment authority".to_owned(),
        }),
        FabricError::NoSigner(role) => Some(Explained {
            sentence: format!("no certificate here carries gxc_role={}", role.as_str()),
            remedy: format!(
                "register the identity at the organisation's authority with gxc_role={}:ecert, and enrol it",
                role.as_str()
            ),
        }),
        FabricError::Sign(_)
        | FabricError::Malformed { .. }
        | FabricError::NotAnEnvelope(_)
        | FabricError::Chain { .. } => None,
    }
}

fn known(failure: &GatewayFailure) -> Option<Explained> {
    let fits = |known: &&Known| known.words.iter().any(|words| failure.says(words));
    let known = KNOWN.iter().find(fits)?;
    // Who said it: the nodes behind the gateway where they are named, else the gateway.
    let mut speakers: Vec<String> = failure
        .details
        .iter()
        .filter(|detail| known.words.iter().any(|words| detail.message.contains(words)))
        .map(|detail| format!("{} ({})", detail.msp_id, detail.address))
        .collect();
    speakers.dedup();
    if speakers.is_empty() {
        speakers.push(failure.endpoint.clone());
    }
    let organisations = missing_organisations(failure);
    let sentence = match (failure.step, organisations.is_empty()) {
        (Step::Endorse | Step::Evaluate, false) => {
            format!("{}: {} ({})", speakers.join(", "), known.sentence, organisations.join(", "))
        }
        _ => format!("{}: {}", speakers.join(", "), known.sentence),
    };
    Some(Explained { sentence, remedy: known.remedy.to_owned() })
}

/// The organisations that a gateway found no peers of.
fn missing_organisations(failure: &GatewayFailure) -> Vec<String> {
    let texts = failure.details.iter().map(|detail| detail.message.as_str()).chain([failure.message.as_str()]);
    let named = texts.filter_map(|text| text.split_once("peers for org(s): ")).map(|(_, names)| names);
    named.flat_map(|names| names.split(", ")).map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::client::{ConnectionFault, EndpointFailure};

    fn failed(message: &str, details: &[(&str, &str)]) -> FabricError {
        let detail = |(msp_id, message): &(&str, &str)| EndpointFailure {
            address: "peer0:7051".to_owned(),
            msp_id: (*msp_id).to_owned(),
            message: (*message).to_owned(),
        };
        FabricError::Failed(Box::new(GatewayFailure {
            endpoint: "Org1MSP (peer0:7051)".to_owned(),
            step: Step::Endorse,
            code: Code::Aborted,
            message: message.to_owned(),
            details: details.iter().map(detail).collect(),
        }))
    }

    #[test]
    fn the_words_of_peers_become_sentences() {
        for (message, details, says) in [
            ("failed to find any endorsing peers for org(s): Org2MSP", &[][..], "Org2MSP"),
            (
                "failed to collect enough transaction endorsements",
                &[("Org2MSP", "access denied: channel [x] creator org unknown, creator is malformed")],
                "Org2MSP (peer0:7051): the network does not know the organisation",
            ),
            (
                "failed to endorse",
                &[("Org2MSP", "chaincode definition for 'gx' exists, but chaincode is not installed")],
                "Org2MSP (peer0:7051): the chaincode is committed on the channel and not installed",
            ),
            (
                "evaluate call to endorser returned error",
                &[("Org1MSP", "could not launch chaincode gx:1: connection refused")],
                "cannot reach its process",
            ),
        ] {
            let explained = explain(&failed(message, details)).unwrap();
            assert!(explained.sentence.contains(says), "{}", explained.sentence);
            assert!(!explained.remedy.is_empty());
        }
        assert_eq!(explain(&failed("something new", &[])), None);
    }

    #[test]
    fn every_fault_of_a_connection_has_its_own_sentence() {
        let faults = [
            ConnectionFault::Settings,
            ConnectionFault::NoSuchName,
            ConnectionFault::NobodyListens,
            ConnectionFault::Silent,
            ConnectionFault::NotTls,
            ConnectionFault::OtherName { expected: "a".to_owned(), presented: vec!["b".to_owned()] },
            ConnectionFault::OtherAuthority { is_enrolment: false },
            ConnectionFault::OtherAuthority { is_enrolment: true },
            ConnectionFault::CertificateDate,
            ConnectionFault::ClientCertificate,
            ConnectionFault::ClosedAtOnce,
            ConnectionFault::Broken,
        ];
        let sentences: std::collections::BTreeSet<String> = faults
            .iter()
            .map(|fault| {
                let endpoint = "p".to_owned();
                explain(&FabricError::Unreachable { endpoint, fault: fault.clone(), detail: String::new() })
                    .unwrap()
                    .sentence
            })
            .collect();
        assert_eq!(sentences.len(), faults.len());
    }
}
