//! Fabric behind the ledger port.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use gx_contracts::{Access, Call, Function, KeyRecord, Receipt, Refusal, RefusalCode, Role};
use gx_ledger::{
    Block, Committed, Envelope, KeyState, Ledger, LedgerError, LedgerInfo, Outcome, Prepared, Proposal, Settled, Tx,
    TxCode,
};
use gx_types::{LedgerKey, Sha256Hex, TxId};
use prost::Message;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tonic::Code;

use super::back_off::BackOff;
use super::block::Reader;
use super::chain::ChainCheck;
use super::deliver;
use super::error::FabricError;
use super::gateway::Client;
use super::proposal::header_of;
use crate::proto::common::{Block as FabricBlock, Envelope as FabricEnvelope, Payload};
use crate::proto::protos::{
    ChaincodeAction, ChaincodeActionPayload, ProposalResponsePayload, SignedProposal, Transaction,
};
use crate::wire::Answer;

/// Who reads blocks and asks for outcomes.
const READER: Role = Role::Admin;

/// Blocks kept for those who ask for outcomes of transactions in them.
const BLOCKS_KEPT: usize = 64;

/// An outcome that may take less than this is looked up at once: a call with so short a deadline may run out on the way.
const LOOK_UP_BELOW: Duration = Duration::from_secs(1);

/// A block that is being read, or has been.
type SharedBlock = Arc<OnceCell<Arc<Block>>>;

/// A channel of Hyperledger Fabric with our chaincode on it.
#[derive(Debug, Clone)]
pub struct FabricLedger {
    client: Arc<Client>,
    blocks: Arc<Mutex<BTreeMap<u64, SharedBlock>>>,
    fingerprint: Arc<OnceCell<Sha256Hex>>,
}

impl FabricLedger {
    /// The ledger that a client reaches.
    #[must_use]
    pub fn new(client: Arc<Client>) -> Self {
        Self { client, blocks: Arc::default(), fingerprint: Arc::default() }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    fn chaincode(&self) -> &str {
        &self.client.config.chaincode
    }

    /// Checks and unpacks a block that stands alone.
    fn read(&self, block: &FabricBlock, number: u64) -> Result<Block, FabricError> {
        let wrong = |problem| FabricError::Chain { endpoint: self.client.config.channel.clone(), problem };
        let hash = ChainCheck::from(number).accept(block).map_err(wrong)?;
        Reader::new(self.chaincode()).read(block, hash).map_err(wrong)
    }

    /// A block, read once for all who ask for it at the same time or soon after.
    async fn block(&self, number: u64) -> Result<Arc<Block>, FabricError> {
        let shared = {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            while blocks.len() >= BLOCKS_KEPT && !blocks.contains_key(&number) {
                blocks.pop_first();
            }
            Arc::clone(blocks.entry(number).or_default())
        };
        shared.get_or_try_init(|| self.fetch(number)).await.cloned()
    }

    async fn fetch(&self, number: u64) -> Result<Arc<Block>, FabricError> {
        let block = self.client.block(READER, number).await?;
        self.read(&block, number).map(Arc::new)
    }

    /// Where a transaction is, according to the index of the peer; `None` when no block has it.
    async fn look_up(&self, tx_id: &TxId) -> Result<Option<Outcome>, FabricError> {
        let Some(block) = self.client.block_of(READER, tx_id).await? else { return Ok(None) };
        let number = block.header.as_ref().map_or(0, |header| header.number);
        let block = self.read(&block, number)?;
        Ok(outcome_in(&block, tx_id))
    }

    /// The place of the transaction with a receipt.
    async fn place_of(&self, receipt: Receipt) -> Result<Committed, FabricError> {
        match self.look_up(&receipt.tx_id).await? {
            Some(Outcome::Committed(committed)) => Ok(committed),
            other => Err(FabricError::Malformed {
                endpoint: self.client.config.channel.clone(),
                what: "a receipt",
                problem: format!("its transaction {} is {other:?}", receipt.tx_id),
            }),
        }
    }

    async fn propose(&self, proposal: &Proposal) -> Result<(TxId, SignedProposal), FabricError> {
        let Proposal { call, timestamp } = proposal;
        self.client.propose(call.role, self.chaincode(), args(call), *timestamp).await
    }

    /// Endorses; a refusal, or a receipt, is an answer.
    async fn endorse(&self, proposal: &Proposal) -> Result<Prepared, FabricError> {
        let organisations = &self.client.config.organisations;
        let (tx_id, signed) = self.propose(proposal).await?;
        let prepared = match self.client.endorse(&tx_id, signed, organisations).await {
            Err(FabricError::Failed(failure)) => match failure.refusal_of_all(organisations) {
                Some(refusal) => return Ok(Prepared::Refused(refusal)),
                None => return Err(FabricError::Failed(failure)),
            },
            prepared => prepared?,
        };
        let answer = answer_in(&prepared).map_err(|problem| FabricError::Malformed {
            endpoint: self.client.config.channel.clone(),
            what: "an endorsed transaction",
            problem,
        })?;
        if answer.replayed {
            return Ok(Prepared::Replayed(self.place_of(answer.receipt).await?));
        }
        let envelope = self.client.sign(proposal.call.role, prepared).await?;
        Ok(Prepared::Envelope(Envelope { tx_id, bytes: envelope.encode_to_vec() }))
    }

    async fn outcome_of(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, FabricError> {
        if wait < LOOK_UP_BELOW {
            match self.look_up(tx_id).await? {
                Some(outcome) => return Ok(outcome),
                None if wait.is_zero() => return Ok(Outcome::Unknown),
                None => {}
            }
        }
        let Some(status) = self.client.commit_status(READER, tx_id, wait).await? else { return Ok(Outcome::Unknown) };
        let block = self.block(status.block).await?;
        Ok(outcome_in(&block, tx_id)
            .unwrap_or(Outcome::Invalid { block: status.block, code: TxCode::from_number(status.code) }))
    }

    async fn record_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        let answer = self.evaluate(Function::GetKeyRecord.call(vec![key.to_string()])).await?;
        let record: Option<KeyRecord> = serde_json::from_slice(&answer)
            .map_err(|error| LedgerError::Unreachable { detail: format!("the record of key {key}: {error}") })?;
        Ok(match record {
            None => None,
            Some(KeyRecord::Done { receipt, .. }) => {
                Some(KeyState::Receipt(self.place_of(receipt).await.map_err(FabricError::into_ledger_error)?))
            }
            Some(KeyRecord::Void { tx_id }) => Some(KeyState::Void { tx_id }),
        })
    }

    async fn genesis_hash(&self, role: Role) -> Result<Sha256Hex, FabricError> {
        let block = self.client.block(role, 0).await?;
        self.read(&block, 0).map(|block| block.hash)
    }

    /// What there is to know of the ledger, asked for by somebody of a role.
    pub(crate) async fn describe_as(&self, role: Role) -> Result<LedgerInfo, FabricError> {
        let fingerprint = *self.fingerprint.get_or_try_init(|| self.genesis_hash(role)).await?;
        let newest = self.client.newest_block(role).await?;
        let number = newest.header.as_ref().map_or(0, |header| header.number);
        let newest = self.read(&newest, number)?;
        Ok(LedgerInfo {
            fingerprint,
            height: newest.number,
            last_block_hash: newest.hash,
            last_block_at: newest.timestamp,
            organisations: self.client.config.organisations.clone(),
        })
    }

    /// One try of a whole transaction.
    async fn attempt(&self, proposal: Proposal, wait: Duration) -> Result<Settled, LedgerError> {
        let envelope = match self.prepare(proposal).await? {
            Prepared::Envelope(envelope) => envelope,
            Prepared::Refused(refusal) => return Ok(Settled::Refused(refusal)),
            Prepared::Replayed(committed) => return Ok(Settled::Replayed(committed)),
        };
        self.send(&envelope).await?;
        Ok(match self.outcome(&envelope.tx_id, wait).await? {
            Outcome::Committed(committed) => Settled::Committed(committed),
            Outcome::Invalid { block, code } => Settled::Invalid { tx_id: envelope.tx_id, block, code },
            Outcome::Unknown => Settled::Unknown { tx_id: envelope.tx_id },
        })
    }
}

#[async_trait]
impl Ledger for FabricLedger {
    async fn prepare(&self, proposal: Proposal) -> Result<Prepared, LedgerError> {
        self.endorse(&proposal).await.map_err(FabricError::into_ledger_error)
    }

    async fn send(&self, envelope: &Envelope) -> Result<(), LedgerError> {
        let rejected = |what: String| LedgerError::Rejected { what };
        let decoded = FabricEnvelope::decode(envelope.bytes.as_slice())
            .map_err(|error| rejected(format!("the envelope is malformed: {error}")))?;
        let (channel, _) = header_of(&decoded).map_err(FabricError::into_ledger_error)?;
        if channel.tx_id != envelope.tx_id.to_string() {
            return Err(rejected("the envelope has another transaction id".to_owned()));
        }
        if channel.channel_id != self.client.config.channel {
            return Err(rejected(format!("the envelope is for the channel {}", channel.channel_id)));
        }
        match self.client.submit(&envelope.tx_id, decoded).await {
            // The ordering service looked at it and said no.
            Err(FabricError::Failed(failure))
                if matches!(failure.code, Code::Aborted | Code::InvalidArgument)
                    && (failure.says("unsuccessful response from orderer") || failure.says("must be signed")) =>
            {
                Err(rejected(failure.to_string()))
            }
            sent => sent.map_err(FabricError::into_ledger_error),
        }
    }

    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError> {
        self.outcome_of(tx_id, wait).await.map_err(FabricError::into_ledger_error)
    }

    async fn receipt_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        self.record_of(key).await
    }

    async fn evaluate(&self, call: Call) -> Result<Vec<u8>, LedgerError> {
        // A chaincode cannot tell a query from a proposal, and would answer with what it would have done.
        let reads = Function::parse(&call.function).is_some_and(|function| function.access() == Access::Read);
        if !reads {
            let detail = format!("there is no reading function {}", call.function);
            return Err(LedgerError::Refused(Refusal::with(RefusalCode::UnknownFunction, detail)));
        }
        // The home organisation answers: its peer has what this client has seen committed.
        let home = self.client.config.gateways.first().map(|gateway| gateway.msp_id.clone());
        let home: Vec<String> = home.into_iter().collect();
        let answer = match self.client.evaluate(call.role, self.chaincode(), args(&call), &home).await {
            // Without a peer of the home organisation another one may answer.
            Err(FabricError::Failed(failure))
                if failure.any_refusal().is_none()
                    && matches!(failure.code, Code::FailedPrecondition | Code::Unavailable) =>
            {
                self.client.evaluate(call.role, self.chaincode(), args(&call), &[]).await
            }
            answer => answer,
        };
        match answer {
            Err(FabricError::Failed(failure)) => match failure.any_refusal() {
                Some(refusal) => Err(LedgerError::Refused(refusal)),
                None => Err(FabricError::Failed(failure).into_ledger_error()),
            },
            answer => answer.map(Vec::from).map_err(FabricError::into_ledger_error),
        }
    }

    async fn info(&self) -> Result<LedgerInfo, LedgerError> {
        self.describe_as(READER).await.map_err(FabricError::into_ledger_error)
    }

    fn blocks(&self, from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>> {
        let (mut check, mut reader) = (ChainCheck::from(from), Reader::new(self.chaincode()));
        let blocks = deliver::follow(Arc::clone(&self.client), READER, from).map(move |block| {
            let (peer, block) = block.map_err(FabricError::into_ledger_error)?;
            let wrong = |problem| FabricError::Chain { endpoint: peer.name.clone(), problem }.into_ledger_error();
            let hash = check.accept(&block).map_err(wrong)?;
            reader.read(&block, hash).map(Arc::new).map_err(wrong)
        });
        // Nothing comes after an error.
        blocks
            .scan(false, |ended, block| {
                let before = std::mem::replace(ended, block.is_err());
                std::future::ready((!before).then_some(block))
            })
            .boxed()
    }

    /// As the three steps; after a read conflict the command is endorsed anew under the same key, a limited number of
    /// times.
    async fn submit(&self, proposal: Proposal, wait: Duration) -> Result<Settled, LedgerError> {
        let deadline = Instant::now() + wait;
        let mut back_off = BackOff::until(deadline);
        let mut tries = 0;
        loop {
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            let settled = self.attempt(proposal.clone(), left).await?;
            let conflict = matches!(
                settled,
                Settled::Invalid { code: TxCode::MvccReadConflict | TxCode::PhantomReadConflict, .. }
            );
            if !conflict
                || tries >= self.client.config.limits.endorsements_max
                || !back_off.wait(self.client.entropy.as_ref()).await
            {
                return Ok(settled);
            }
        }
    }
}

fn args(call: &Call) -> Vec<Bytes> {
    let all = std::iter::once(&call.function).chain(&call.args);
    all.map(|arg| Bytes::copy_from_slice(arg.as_bytes())).collect()
}

/// How a transaction ended in a block. A copy of it, marked as such, says nothing.
fn outcome_in(block: &Block, tx_id: &TxId) -> Option<Outcome> {
    let is_first = |tx: &Tx| tx.tx_id == *tx_id && tx.code != TxCode::DuplicateTxId;
    let (position, tx) = (0_u32..).zip(&block.transactions).find(|(_, tx)| is_first(tx))?;
    Some(match (&tx.receipt, tx.is_valid()) {
        (Some(receipt), true) => {
            Outcome::Committed(Committed { tx_id: *tx_id, block: block.number, position, receipt: receipt.clone() })
        }
        _ => Outcome::Invalid { block: block.number, code: tx.code },
    })
}

/// What the chaincode answered, in an endorsed transaction.
fn answer_in(envelope: &FabricEnvelope) -> Result<Answer, String> {
    let malformed = |error: prost::DecodeError| error.to_string();
    let payload = Payload::decode(envelope.payload.clone()).map_err(malformed)?;
    let transaction = Transaction::decode(payload.data).map_err(malformed)?;
    let [action] = transaction.actions.as_slice() else { return Err("it has not one action".to_owned()) };
    let action = ChaincodeActionPayload::decode(action.payload.clone()).map_err(malformed)?;
    let endorsed = action.action.ok_or("it has no endorsed action")?;
    let response = ProposalResponsePayload::decode(endorsed.proposal_response_payload).map_err(malformed)?;
    let action = ChaincodeAction::decode(response.extension).map_err(malformed)?;
    Answer::decode(&action.response.unwrap_or_default().payload).map_err(|error| error.to_string())
}
