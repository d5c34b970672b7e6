//! Our bytes are those of Fabric's own client library, on a table that it made (`tests/data/official-vectors.json`).

use bytes::Bytes;
use gx_fabric::client::{Invocation, UnsignedProposal, seek_payload};
use gx_fabric::identity::{Certificate, Identity, NONCE_BYTES, transaction_id, verify};
use gx_fabric::proto::gateway::CommitStatusRequest;
use gx_types::Timestamp;
use prost::Message;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    from: String,
    msp_id: String,
    certificate: String,
    creator: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    nonce: String,
    micros: i64,
    channel: String,
    chaincode: String,
    args: Vec<String>,
    block: String,
    tx_id: String,
    proposal: String,
    commit_status: String,
    seek: String,
    signature: String,
}

fn table() -> (Table, Identity) {
    let table: Table = serde_json::from_str(include_str!("../data/official-vectors.json")).unwrap();
    let identity = Identity::new(&table.msp_id, Certificate::from_pem(table.certificate.as_bytes()).unwrap());
    println!("{}", table.from);
    (table, identity)
}

#[test]
fn proposals_requests_and_transaction_ids_have_the_official_bytes() {
    let (table, identity) = table();
    assert_eq!(hex::encode(&identity.creator), table.creator);
    for case in table.cases {
        let nonce: [u8; NONCE_BYTES] = hex::decode(&case.nonce).unwrap().try_into().unwrap();
        let now = Timestamp::from_micros(case.micros);
        assert_eq!(transaction_id(&nonce, &identity.creator).to_string(), case.tx_id);
        let args = case.args.iter().map(|arg| Bytes::copy_from_slice(arg.as_bytes())).collect();
        let invocation = Invocation { channel: &case.channel, chaincode: &case.chaincode, args, timestamp: now };
        let proposal = UnsignedProposal::new(&identity, nonce, invocation);
        assert_eq!((proposal.tx_id.to_string(), hex::encode(&proposal.bytes)), (case.tx_id.clone(), case.proposal));
        let seek = seek_payload(&identity, nonce, &case.channel, now, case.block.parse().unwrap(), Bytes::new());
        assert_eq!(hex::encode(seek), case.seek);
        let request = CommitStatusRequest {
            transaction_id: case.tx_id,
            channel_id: case.channel,
            identity: identity.creator.clone(),
        };
        assert_eq!(hex::encode(request.encode_to_vec()), case.commit_status);
    }
}

#[test]
fn official_signatures_verify() {
    let (table, identity) = table();
    for case in table.cases {
        let (proposal, signature) = (hex::decode(&case.proposal).unwrap(), hex::decode(&case.signature).unwrap());
        assert_eq!(verify(&identity.certificate.public_key, &proposal, &signature), Ok(()));
    }
}
