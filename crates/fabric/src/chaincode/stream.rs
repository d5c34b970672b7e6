//! One peer's stream: REGISTER → REGISTERED → READY, then transactions until the peer goes or we are to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prost::Message;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tonic::{Status, Streaming};

use super::config::HostConfig;
use super::exchange::{Active, Exchange, Outbound, TxRef};
use super::metrics::{self, Counted};
use super::request::Signers;
use super::transaction;
use crate::proto::protos::chaincode_message::Type;
use crate::proto::protos::{ChaincodeId, ChaincodeMessage};
use crate::rpc::corrected;

/// What all streams of the process share.
pub(super) struct Shared {
    pub(super) config: HostConfig,
    pub(super) running: Semaphore,
    pub(super) waiting: AtomicUsize,
    pub(super) signers: Arc<Signers>,
    /// Turns true when the host is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// Serves a stream to its end. An error is told to the peer, which connects anew.
pub(super) async fn serve(
    shared: Arc<Shared>,
    package_id: &str,
    mut inbound: Streaming<ChaincodeMessage>,
    outbound: Outbound,
) {
    let _counted = Counted::stream();
    let mut stream = Stream {
        stop: shared.stop.clone(),
        shared,
        active: Arc::new(Active::default()),
        outbound,
        transactions: JoinSet::new(),
    };
    let ended = stream.run(package_id, &mut inbound).await;
    stream.active.end();
    match ended {
        Ok(()) => tracing::info!(package_id, "a peer's stream has ended"),
        Err(status) => {
            tracing::warn!(package_id, code = ?status.code(), problem = status.message(), "a peer's stream was ended");
            // A peer that does not read any more need not hear why.
            let _ = stream.outbound.try_send(Err(status));
        }
    }
    // Open questions have failed, so contracts on their threads end soon; the rest ends with the set of tasks.
}

struct Stream {
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
    active: Arc<Active>,
    outbound: Outbound,
    transactions: JoinSet<()>,
}

impl Stream {
    async fn run(&mut self, package_id: &str, inbound: &mut Streaming<ChaincodeMessage>) -> Result<(), Status> {
        let limit = self.shared.config.handshake_timeout;
        let ready = timeout(limit, self.handshake(package_id, inbound)).await;
        if !ready.map_err(|_| Status::deadline_exceeded("the peer did not finish its handshake in time"))?? {
            return Ok(());
        }
        tracing::info!(package_id, "a peer is ready");
        while !*self.stop.borrow() {
            tokio::select! {
                message = inbound.message() => match message.map_err(corrected)? {
                    Some(message) => self.dispatch(message, false),
                    None => return Ok(()),
                },
                Some(_) = self.transactions.join_next() => {}
                stopped = self.stop.changed() => {
                    if stopped.is_err() {
                        break;
                    }
                }
            }
        }
        self.drain(inbound).await
    }

    /// Answers what is in flight and takes nothing new.
    async fn drain(&mut self, inbound: &mut Streaming<ChaincodeMessage>) -> Result<(), Status> {
        while !self.transactions.is_empty() {
            tokio::select! {
                message = inbound.message() => match message.map_err(corrected)? {
                    Some(message) => self.dispatch(message, true),
                    None => return Ok(()),
                },
                Some(_) = self.transactions.join_next() => {}
            }
        }
        Ok(())
    }

    /// False when the peer went away, or we are to stop, before it was ready.
    async fn handshake(&mut self, package_id: &str, inbound: &mut Streaming<ChaincodeMessage>) -> Result<bool, Status> {
        let payload = ChaincodeId { name: package_id.to_owned(), ..ChaincodeId::default() }.encode_to_vec().into();
        let register = ChaincodeMessage { r#type: Type::Register.into(), payload, ..ChaincodeMessage::default() };
        if self.outbound.send(Ok(register)).await.is_err() {
            return Ok(false);
        }
        for expected in [Type::Registered, Type::Ready] {
            loop {
                let message = tokio::select! {
                    message = inbound.message() => message.map_err(corrected)?,
                    _ = self.stop.wait_for(|stop| *stop) => return Ok(false),
                };
                let Some(message) = message else { return Ok(false) };
                match message.r#type() {
                    Type::Keepalive => self.keep_alive(message),
                    kind if kind == expected => break,
                    Type::Error => {
                        let problem = String::from_utf8_lossy(&message.payload).into_owned();
                        return Err(Status::failed_precondition(format!("the peer refused {package_id}: {problem}")));
                    }
                    other => return Err(out_of_order(other, expected)),
                }
            }
        }
        Ok(true)
    }

    fn dispatch(&mut self, message: ChaincodeMessage, stopping: bool) {
        match message.r#type() {
            Type::Transaction | Type::Init => self.begin(message, stopping),
            Type::Response | Type::Error => self.active.answer(message),
            Type::Keepalive => self.keep_alive(message),
            other => self.unwanted(&message, other),
        }
    }

    fn begin(&mut self, message: ChaincodeMessage, stopping: bool) {
        let tx = TxRef::of(&message);
        if !self.active.begin(&tx) {
            metrics::stray();
            tracing::warn!(tx_id = %tx.tx_id, "a transaction arrived that is under way; the second one was dropped");
            return;
        }
        let deadline = Instant::now() + self.shared.config.transaction_timeout;
        let exchange = Exchange { tx, active: Arc::clone(&self.active), outbound: self.outbound.clone(), deadline };
        if stopping {
            let away = async move { transaction::turn_away(exchange, "the chaincode is stopping").await };
            self.transactions.spawn(away);
            return;
        }
        let shared = Arc::clone(&self.shared);
        self.transactions.spawn(async move {
            let _counted = Counted::transaction();
            if message.r#type() == Type::Init {
                return transaction::initialised(exchange).await;
            }
            match shared.turn().await {
                Some(_turn) => transaction::run(exchange, message, Arc::clone(&shared.signers)).await,
                None => transaction::turn_away(exchange, "the chaincode has too many transactions at once").await,
            }
        });
    }

    /// Sends a KEEPALIVE back. When nothing can leave, the peer learns from that.
    fn keep_alive(&self, message: ChaincodeMessage) {
        let _ = self.outbound.try_send(Ok(message));
    }

    /// Questions that only chaincodes ask, and messages of the handshake that come again.
    fn unwanted(&self, message: &ChaincodeMessage, kind: Type) {
        metrics::stray();
        tracing::warn!(kind = kind.as_str_name(), "a message that a chaincode does not take was dropped");
        if message.txid.is_empty() {
            return;
        }
        let problem = match kind {
            Type::InvokeChaincode => "GX calls no other chaincode and is called by none".to_owned(),
            other => format!("a chaincode does not take {}", other.as_str_name()),
        };
        // A transaction under way under this id goes on: its own answer is the one that counts.
        let tx = TxRef::of(message);
        let _ = self.outbound.try_send(Ok(tx.message(Type::Error, problem.into_bytes())));
    }
}

impl Shared {
    /// Waits for a place to run; `None` when too many wait already, or the host has stopped.
    async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        if let Ok(turn) = self.running.try_acquire() {
            return Some(turn);
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.config.waiting_max {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let turn = self.running.acquire().await.ok();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        turn
    }
}

fn out_of_order(got: Type, expected: Type) -> Status {
    Status::failed_precondition(format!("{} where {} belongs", got.as_str_name(), expected.as_str_name()))
}
