//! Blocks in Fabric's messages.

use gx_ledger::{Block, RawBlock, Tx, TxCode};

use crate::proto::common::{Block as FabricBlock, BlockData, BlockHeader, BlockMetadata, HeaderType};
use crate::proto::protos::{
    ChaincodeEvent, FilteredBlock, FilteredChaincodeAction, FilteredTransaction, FilteredTransactionActions,
    filtered_transaction,
};
use crate::wire::{EVENT_NAME, Malformed, encode_events};

/// A block as a peer gives it out.
pub(super) fn full(raw: RawBlock) -> FabricBlock {
    let verdicts: Vec<u8> = raw.codes.iter().map(|code| code.number()).collect();
    // Signatures, last configuration, verdicts, orderer, commit hash; an embedded ledger has only the verdicts.
    let metadata = [Vec::new(), Vec::new(), verdicts, Vec::new(), Vec::new()];
    FabricBlock {
        header: Some(BlockHeader {
            number: raw.number,
            previous_hash: raw.previous_hash.into(),
            data_hash: raw.data_hash.into(),
        }),
        data: Some(BlockData { data: raw.entries.into_iter().map(Into::into).collect() }),
        metadata: Some(BlockMetadata { metadata: metadata.into_iter().map(Into::into).collect() }),
    }
}

/// The chaincode event of a transaction; `None` unless it is valid and something happened.
pub(super) fn event(tx: &Tx, chaincode: &str) -> Result<Option<ChaincodeEvent>, Malformed> {
    if tx.events.is_empty() {
        return Ok(None);
    }
    Ok(Some(ChaincodeEvent {
        chaincode_id: chaincode.to_owned(),
        tx_id: tx.tx_id.to_string(),
        event_name: EVENT_NAME.to_owned(),
        payload: encode_events(&tx.events)?.into(),
    }))
}

/// A block without contents: ids, verdicts, names of events.
pub(super) fn filtered(block: &Block, channel: &str, chaincode: &str) -> FilteredBlock {
    let transaction = |tx: &Tx| {
        let named = ChaincodeEvent {
            chaincode_id: chaincode.to_owned(),
            tx_id: tx.tx_id.to_string(),
            event_name: EVENT_NAME.to_owned(),
            payload: Vec::new().into(),
        };
        let actions = match (tx.code, tx.events.is_empty()) {
            (TxCode::Valid, false) => vec![FilteredChaincodeAction { chaincode_event: Some(named) }],
            _ => Vec::new(),
        };
        FilteredTransaction {
            txid: tx.tx_id.to_string(),
            r#type: HeaderType::EndorserTransaction.into(),
            tx_validation_code: i32::from(tx.code.number()),
            data: Some(filtered_transaction::Data::TransactionActions(FilteredTransactionActions {
                chaincode_actions: actions,
            })),
        }
    };
    FilteredBlock {
        channel_id: channel.to_owned(),
        number: block.number,
        filtered_transactions: block.transactions.iter().map(transaction).collect(),
    }
}
