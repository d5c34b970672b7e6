//! Questions to the peer within a transaction, and who gets which answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost::Message;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use super::metrics;
use crate::proto::protos::ChaincodeMessage;
use crate::proto::protos::chaincode_message::Type;

/// What leaves for the peer.
pub(super) type Outbound = mpsc::Sender<Result<ChaincodeMessage, Status>>;

/// A transaction on a stream: transaction ids repeat over channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TxRef {
    pub(super) channel: String,
    pub(super) tx_id: String,
}

impl TxRef {
    pub(super) fn of(message: &ChaincodeMessage) -> Self {
        Self { channel: message.channel_id.clone(), tx_id: message.txid.clone() }
    }

    pub(super) fn message(&self, kind: Type, payload: impl Into<Bytes>) -> ChaincodeMessage {
        ChaincodeMessage {
            r#type: kind.into(),
            payload: payload.into(),
            txid: self.tx_id.clone(),
            channel_id: self.channel.clone(),
            ..ChaincodeMessage::default()
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskError {
    #[error("the peer says: {0}")]
    Peer(String),
    #[error("the peer's stream has ended")]
    Ended,
    #[error("the transaction's time is up")]
    Late,
    #[error("the peer's answer does not have its form: {0}")]
    Malformed(String),
}

/// The transactions of a stream that are under way, each with the question that is open, if any.
#[derive(Default)]
pub(super) struct Active(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    ended: bool,
    open: HashMap<TxRef, Option<oneshot::Sender<ChaincodeMessage>>>,
}

impl Active {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half done under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a transaction up; false when it is under way already, or the stream has ended.
    pub(super) fn begin(&self, tx: &TxRef) -> bool {
        let mut inner = self.lock();
        if inner.ended || inner.open.contains_key(tx) {
            return false;
        }
        inner.open.insert(tx.clone(), None);
        true
    }

    /// Lets a transaction go.
    pub(super) fn finish(&self, tx: &TxRef) {
        self.lock().open.remove(tx);
    }

    /// Hands an answer to the transaction that waits for one.
    pub(super) fn answer(&self, message: ChaincodeMessage) {
        let tx = TxRef::of(&message);
        let waiting = self.lock().open.get_mut(&tx).and_then(Option::take);
        match waiting {
            // A question that was given up in this moment takes no answer.
            Some(waiting) => drop(waiting.send(message)),
            None => {
                metrics::stray();
                tracing::debug!(tx_id = %tx.tx_id, "an answer of the peer that nobody waits for was dropped");
            }
        }
    }

    /// Fails every open question, and every later one.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        inner.open.clear();
    }

    fn expect(&self, tx: &TxRef) -> Result<oneshot::Receiver<ChaincodeMessage>, AskError> {
        let (sender, receiver) = oneshot::channel();
        match self.lock().open.get_mut(tx) {
            Some(open) => *open = Some(sender),
            None => return Err(AskError::Ended),
        }
        Ok(receiver)
    }
}

/// One transaction's line to its peer.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) tx: TxRef,
    pub(super) active: Arc<Active>,
    pub(super) outbound: Outbound,
    pub(super) deadline: Instant,
}

impl Exchange {
    /// Asks the peer and waits for the payload of its answer.
    pub(super) async fn ask(&self, kind: Type, question: &impl Message) -> Result<Bytes, AskError> {
        let answer = self.active.expect(&self.tx)?;
        let message = self.tx.message(kind, question.encode_to_vec());
        let answer = timeout_at(self.deadline, async {
            self.outbound.send(Ok(message)).await.map_err(|_| AskError::Ended)?;
            answer.await.map_err(|_| AskError::Ended)
        });
        let answer = answer.await.map_err(|_| AskError::Late)??;
        match answer.r#type() {
            Type::Response => Ok(answer.payload),
            Type::Error => Err(AskError::Peer(String::from_utf8_lossy(&answer.payload).into_owned())),
            other => Err(AskError::Malformed(format!("{} where an answer belongs", other.as_str_name()))),
        }
    }

    /// Sends the transaction's last message. A peer that has gone does not hear it.
    pub(super) async fn finish(&self, last: ChaincodeMessage) {
        self.active.finish(&self.tx);
        // Beyond the deadline the peer has given the transaction up, but a full channel empties or its stream ends.
        if self.outbound.send(Ok(last)).await.is_err() {
            tracing::debug!(tx_id = %self.tx.tx_id, "the peer went before its answer");
        }
    }
}
