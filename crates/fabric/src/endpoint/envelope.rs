//! What a submitted transaction says, and the verdict that its endorsements earn.

use bytes::Bytes;
use gx_contracts::{Receipt, ReceiptResult, Signer, TxContext};
use gx_ledger::{Basis, Endorsable, Signed, TxCode};
use gx_types::LedgerKey;
use prost::Message;

use super::action;
use super::member::is_unit;
use super::peer::Channel;
use super::proposal::Unpacked;
use super::status::Failure;
use crate::proto::common::{Envelope, Payload};
use crate::proto::protos::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeProposalPayload,
    ProposalResponsePayload, Transaction,
};

/// Why an envelope does not get as far as a block: the orderer's status and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotOrdered {
    pub(super) status: &'static str,
    pub(super) info: String,
}

fn bad_request(info: impl Into<String>) -> NotOrdered {
    NotOrdered { status: "BAD_REQUEST", info: info.into() }
}

fn decode<M: Message + Default>(bytes: &Bytes) -> Result<M, NotOrdered> {
    M::decode(bytes.clone()).map_err(|error| bad_request(format!("malformed transaction: {error}")))
}

impl Channel {
    /// The transaction in an envelope: whose it is, what it calls, whether its endorsements hold.
    ///
    /// On Fabric the orderer looks at the creator's signature only, and whatever else is wrong becomes a verdict in a
    /// block. Here what is no transaction at all is turned away at once; what is one, and badly endorsed, gets its
    /// verdict.
    pub(super) fn open(&self, envelope: &Envelope) -> Result<Signed, NotOrdered> {
        let payload: Payload = decode(&envelope.payload)?;
        let header = payload.header.ok_or_else(|| bad_request("malformed transaction: there is no header"))?;
        let transaction: Transaction = decode(&payload.data)?;
        let [action] = transaction.actions.as_slice() else {
            return Err(bad_request("malformed transaction: there is not one action"));
        };
        if action.header != header.signature_header {
            return Err(bad_request("malformed transaction: the action has another header"));
        }
        let action: ChaincodeActionPayload = decode(&action.payload)?;
        let proposal: ChaincodeProposalPayload = decode(&action.chaincode_proposal_payload)?;
        let malformed = |failure: Failure| bad_request(failure.message());
        let mut unpacked = Unpacked::of(header, proposal.input).map_err(malformed)?;
        unpacked.payload = action.chaincode_proposal_payload.clone();
        if unpacked.channel.channel_id != self.name {
            let info = format!("channel {} not found", unpacked.channel.channel_id);
            return Err(NotOrdered { status: "NOT_FOUND", info });
        }
        let tx_id = unpacked.tx_id().map_err(malformed)?;
        let timestamp = unpacked.timestamp().map_err(malformed)?;
        let creator = &unpacked.signature_header.creator;
        let identity = self.signed(creator, &envelope.payload, &envelope.signature).map_err(|_| NotOrdered {
            status: "FORBIDDEN",
            info:
                "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the \
                   'Writers' sub-policies to be satisfied: permission denied"
                    .to_owned(),
        })?;
        let (function, args) = unpacked.call().map_err(|refusal| bad_request(refusal.detail))?;
        let key: LedgerKey = args
            .last()
            .and_then(|key| key.parse().ok())
            .ok_or_else(|| bad_request("the last argument of a transaction is its ledger key"))?;
        let endorsed = action.action.and_then(|action| self.endorsed(&unpacked, &action));
        let code = if endorsed.is_some() { TxCode::Valid } else { TxCode::EndorsementPolicyFailure };
        let nothing = || Endorsable {
            basis: Basis { block: 0, anchor: [0; 8] },
            reads: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
            receipt: Receipt { tx_id, key, result: ReceiptResult::Done },
            replayed: false,
        };
        let signer = Signer { msp_id: identity.msp_id.clone(), role: identity.role() };
        Ok(Signed {
            tx: TxContext { tx_id, timestamp, signer },
            function,
            args,
            endorsed: endorsed.unwrap_or_else(nothing),
            code,
            envelope: envelope.encode_to_vec(),
        })
    }

    /// What was endorsed, if a node of every organisation has signed it for this proposal.
    fn endorsed(&self, unpacked: &Unpacked, action: &ChaincodeEndorsedAction) -> Option<Endorsable> {
        let bytes = &action.proposal_response_payload;
        let response = ProposalResponsePayload::decode(bytes.clone()).ok()?;
        if response.proposal_hash != unpacked.hash() {
            return None;
        }
        let now = self.clock.now();
        let endorsers: Vec<_> = action
            .endorsements
            .iter()
            .filter_map(|endorsement| {
                let message = [bytes.as_ref(), endorsement.endorser.as_ref()].concat();
                self.members.signed(&endorsement.endorser, &message, &endorsement.signature, now).ok()
            })
            .filter(|identity| is_unit(identity, "peer"))
            .collect();
        let complete = |msp_id: &String| endorsers.iter().any(|identity| identity.msp_id == *msp_id);
        if !self.members.organisations().all(complete) {
            return None;
        }
        let chaincode = ChaincodeAction::decode(response.extension).ok()?;
        action::decode(&chaincode, &self.chaincode).ok()
    }
}
