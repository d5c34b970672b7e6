//! The system chaincode that answers questions about the chain.

use futures::StreamExt;
use gx_contracts::Signer;
use gx_ledger::{EmbeddedLedger, Ledger, LedgerError, Outcome};
use gx_types::TxId;
use prost::Message;

use super::block;
use super::status::Failure;
use crate::proto::common::{BlockchainInfo, Envelope};
use crate::proto::protos::ProcessedTransaction;

/// Its name.
pub(super) const NAME: &str = "qscc";

fn answered(message: String) -> Failure {
    Failure::Chaincode { status: 500, message }
}

fn failed(error: &LedgerError) -> Failure {
    Failure::Peer(error.to_string())
}

/// Answers a call: the function, the channel, and one more argument where there is one.
pub(super) async fn answer(
    ledger: &EmbeddedLedger,
    _signer: &Signer,
    function: &str,
    args: &[String],
) -> Result<Vec<u8>, Failure> {
    let argument = |what: &str| {
        args.get(1).cloned().ok_or_else(|| answered(format!("missing 3rd argument for {function}: {what}")))
    };
    match function {
        "GetChainInfo" => {
            let info = ledger.info().await.map_err(|error| failed(&error))?;
            let last = ledger.raw_block(info.height).await.map_err(|error| failed(&error))?;
            Ok(BlockchainInfo {
                height: info.height.saturating_add(1),
                current_block_hash: info.last_block_hash.as_bytes().to_vec().into(),
                previous_block_hash: last.map(|block| block.previous_hash).unwrap_or_default().into(),
            }
            .encode_to_vec())
        }
        "GetBlockByNumber" => {
            let number = argument("a number")?;
            let number = number
                .parse()
                .map_err(|_| answered(format!("Failed to parse block number with error {number}: no number")))?;
            block_of(ledger, number).await
        }
        "GetBlockByTxID" => {
            let (number, _) = place(ledger, "block", &argument("a transaction id")?).await?;
            block_of(ledger, number).await
        }
        "GetTransactionByID" => {
            let text = argument("a transaction id")?;
            let (number, tx_id) = place(ledger, "transaction", &text).await?;
            let raw = ledger.raw_block(number).await.map_err(|error| failed(&error))?;
            let plain = ledger.blocks(number).next().await;
            let (Some(raw), Some(Ok(plain))) = (raw, plain) else {
                return Err(Failure::Peer(format!("block {number} is out of reach")));
            };
            let position = plain.transactions.iter().position(|tx| tx.tx_id == tx_id).unwrap_or_default();
            let entry = raw.entries.into_iter().nth(position).unwrap_or_default();
            let code = raw.codes.get(position).map_or(255, |code| code.number());
            Ok(ProcessedTransaction {
                transaction_envelope: Envelope::decode(entry.as_slice()).ok(),
                validation_code: i32::from(code),
            }
            .encode_to_vec())
        }
        other => Err(answered(format!("Requested function {other} not found."))),
    }
}

async fn block_of(ledger: &EmbeddedLedger, number: u64) -> Result<Vec<u8>, Failure> {
    match ledger.raw_block(number).await.map_err(|error| failed(&error))? {
        Some(raw) => Ok(block::full(raw).encode_to_vec()),
        None => {
            let what = format!("Failed to get block number {number}, error no such block number [{number}] in index");
            Err(answered(what))
        }
    }
}

async fn place(ledger: &EmbeddedLedger, what: &str, text: &str) -> Result<(u64, TxId), Failure> {
    let none =
        || answered(format!("Failed to get {what} for txID {text}, error no such transaction ID [{text}] in index"));
    let tx_id: TxId = text.parse().map_err(|_| none())?;
    match ledger.outcome(&tx_id, std::time::Duration::ZERO).await.map_err(|error| failed(&error))? {
        Outcome::Committed(committed) => Ok((committed.block, tx_id)),
        Outcome::Invalid { block, .. } => Ok((block, tx_id)),
        Outcome::Unknown => Err(none()),
    }
}
