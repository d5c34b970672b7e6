//! A simulation as a `ChaincodeAction`, and back.
//!
//! Keys and versions stand in the chaincode's namespace as on Fabric. What the embedded ledger needs besides is the block
//! after which it was simulated: a read in the namespace [`BASIS_NAMESPACE`] of a key that is the hex form of the first
//! bytes of the block's hash, with the block's number as version.

use gx_ledger::{Basis, Endorsable, KeyRead, KeyWrite};
use gx_types::TxId;
use prost::Message;

use crate::proto::kvrwset::{KvRead, KvWrite, KvrwSet, Version};
use crate::proto::protos::{ChaincodeAction, ChaincodeEvent, ChaincodeId, Response};
use crate::proto::rwset::{NsReadWriteSet, TxReadWriteSet};
use crate::wire::{Answer, EVENT_NAME, Malformed, OK_STATUS, decode_events, encode_events};

const BASIS_NAMESPACE: &str = "_gx";

/// The name and version under which the embedded ledger's contracts run.
pub(super) fn chaincode_id(name: &str) -> ChaincodeId {
    ChaincodeId { path: String::new(), name: name.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// A simulation as Fabric's peers write it down.
pub(super) fn encode(endorsable: &Endorsable, tx_id: &TxId, chaincode: &str) -> Result<ChaincodeAction, Malformed> {
    let Endorsable { basis, reads, writes, events, receipt, replayed } = endorsable;
    let basis = KvRead { key: hex::encode(basis.anchor), version: Some(Version { block_num: basis.block, tx_num: 0 }) };
    let read = |read: &KeyRead| KvRead {
        key: read.key.clone(),
        version: read.version.map(|(block, position)| Version { block_num: block, tx_num: u64::from(position) }),
    };
    let write = |write: &KeyWrite| KvWrite {
        key: write.key.clone(),
        is_delete: write.value.is_none(),
        value: write.value.clone().unwrap_or_default().into(),
    };
    let own = KvrwSet { reads: vec![basis], ..KvrwSet::default() };
    let contract = KvrwSet {
        reads: reads.iter().map(read).collect(),
        writes: writes.iter().map(write).collect(),
        ..KvrwSet::default()
    };
    let set = |(namespace, set): (&str, KvrwSet)| NsReadWriteSet {
        namespace: namespace.to_owned(),
        rwset: set.encode_to_vec().into(),
    };
    let results = TxReadWriteSet {
        data_model: 0,
        ns_rwset: [(BASIS_NAMESPACE, own), (chaincode, contract)].into_iter().map(set).collect(),
    };
    let event = match events.as_slice() {
        [] => Vec::new(),
        events => ChaincodeEvent {
            chaincode_id: chaincode.to_owned(),
            tx_id: tx_id.to_string(),
            event_name: EVENT_NAME.to_owned(),
            payload: encode_events(events)?.into(),
        }
        .encode_to_vec(),
    };
    let answer = Answer { receipt: receipt.clone(), replayed: *replayed }.encode()?;
    Ok(ChaincodeAction {
        results: results.encode_to_vec().into(),
        events: event.into(),
        response: Some(Response { status: OK_STATUS, message: String::new(), payload: answer.into() }),
        chaincode_id: Some(chaincode_id(chaincode)),
    })
}

/// What a peer wrote down, read back. Only what a node of this network signed gets here.
pub(super) fn decode(action: &ChaincodeAction, chaincode: &str) -> Result<Endorsable, String> {
    let results = TxReadWriteSet::decode(action.results.clone()).map_err(|error| error.to_string())?;
    let set = |namespace: &str| {
        let found = results.ns_rwset.iter().find(|set| set.namespace == namespace).ok_or("a namespace is missing")?;
        KvrwSet::decode(found.rwset.clone()).map_err(|error| error.to_string())
    };
    let (own, contract) = (set(BASIS_NAMESPACE)?, set(chaincode)?);
    let [KvRead { key, version: Some(version) }] = own.reads.as_slice() else {
        return Err("the block it was simulated after is missing".to_owned());
    };
    let anchor = hex::decode(key).ok().and_then(|anchor| anchor.try_into().ok()).ok_or("a block hash is malformed")?;
    let read = |read: KvRead| {
        let version = match read.version {
            None => None,
            Some(version) => {
                Some((version.block_num, u32::try_from(version.tx_num).map_err(|error| error.to_string())?))
            }
        };
        Ok::<_, String>(KeyRead { key: read.key, version })
    };
    let write = |write: KvWrite| KeyWrite {
        key: write.key,
        value: if write.is_delete { None } else { Some(write.value.to_vec()) },
    };
    let answer = action.response.as_ref().map(|response| Answer::decode(&response.payload));
    let Answer { receipt, replayed } = answer.ok_or("there is no response")?.map_err(|error| error.to_string())?;
    let events = if action.events.is_empty() {
        Vec::new()
    } else {
        let event = ChaincodeEvent::decode(action.events.clone()).map_err(|error| error.to_string())?;
        decode_events(&event.payload).map_err(|error| error.to_string())?
    };
    Ok(Endorsable {
        basis: Basis { block: version.block_num, anchor },
        reads: contract.reads.into_iter().map(read).collect::<Result<_, _>>()?,
        writes: contract.writes.into_iter().map(write).collect(),
        events,
        receipt,
        replayed,
    })
}
