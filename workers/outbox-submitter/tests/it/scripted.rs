//! A ledger that does what a test tells it: loses envelopes, holds them back, refuses, does not answer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use gx_contracts::{Call, Receipt, ReceiptResult, Refusal};
use gx_ledger::{
    Block, Committed, Envelope, KeyState, Ledger, LedgerError, LedgerInfo, Outcome, Prepared, Proposal, TxCode,
};
use gx_types::{LedgerKey, Sha256Hex, Timestamp, TxId};
use sha2::{Digest, Sha256};

/// What happens to the next envelopes that are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Commits at once.
    Commits,
    /// Arrives and is forgotten; the sender hears «accepted».
    Lost,
    /// Commits, but the sender hears an error.
    CommitsUnheard,
    /// Never arrives; the sender hears an error.
    LostUnheard,
    /// Waits until [`Scripted::release`].
    Held,
    /// Lands in a block without effect.
    Invalid,
}

#[derive(Default)]
pub struct World {
    pub height: u64,
    pub keys: HashMap<LedgerKey, KeyState>,
    pub outcomes: HashMap<TxId, Outcome>,
    /// Valid transactions per ledger key, voids not counted: never more than one.
    pub effects: HashMap<LedgerKey, u32>,
    pub held: Vec<(TxId, Call)>,
    /// Fates of the next envelopes, first one first; after them everything commits.
    pub fates: Vec<Fate>,
    /// Keys whose commands the contract refuses.
    pub refused: HashMap<LedgerKey, Refusal>,
    pub unreachable: bool,
    pub prepared: u32,
    pub sent: Vec<TxId>,
    pub voids: HashSet<LedgerKey>,
    counter: u64,
}

pub struct Scripted {
    pub world: Mutex<World>,
    pub fingerprint: Sha256Hex,
}

fn key_of(call: &Call) -> LedgerKey {
    call.args.last().unwrap().parse().unwrap()
}

fn is_void(call: &Call) -> bool {
    call.function.ends_with(":VoidKey")
}

impl World {
    fn answer(&self) -> Result<(), LedgerError> {
        if self.unreachable { Err(LedgerError::Unreachable { detail: "scripted".to_owned() }) } else { Ok(()) }
    }

    fn apply(&mut self, tx_id: TxId, call: &Call) {
        if self.outcomes.contains_key(&tx_id) {
            return;
        }
        self.height += 1;
        let key = key_of(call);
        if self.keys.contains_key(&key) {
            self.outcomes.insert(tx_id, Outcome::Invalid { block: self.height, code: TxCode::MvccReadConflict });
            return;
        }
        let result = if is_void(call) { ReceiptResult::Voided } else { ReceiptResult::Done };
        let receipt = Receipt { tx_id, key: key.clone(), result };
        let committed = Committed { tx_id, block: self.height, position: 0, receipt };
        self.outcomes.insert(tx_id, Outcome::Committed(committed.clone()));
        if is_void(call) {
            self.voids.insert(key.clone());
            self.keys.insert(key, KeyState::Void { tx_id });
        } else {
            *self.effects.entry(key.clone()).or_default() += 1;
            self.keys.insert(key, KeyState::Receipt(committed));
        }
    }
}

impl Scripted {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { world: Mutex::default(), fingerprint: Sha256Hex::from_bytes([7; 32]) })
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.world.lock().unwrap())
    }

    /// Everything that was held back arrives now.
    pub fn release(&self) {
        self.with(|world| {
            for (tx_id, call) in std::mem::take(&mut world.held) {
                world.apply(tx_id, &call);
            }
        });
    }

    /// Blocks of others.
    pub fn add_blocks(&self, blocks: u64) {
        self.with(|world| world.height += blocks);
    }
}

#[async_trait]
impl Ledger for Scripted {
    async fn prepare(&self, proposal: Proposal) -> Result<Prepared, LedgerError> {
        tokio::task::yield_now().await;
        self.with(|world| {
            world.answer()?;
            let call = proposal.call;
            let key = key_of(&call);
            match world.keys.get(&key) {
                Some(KeyState::Receipt(committed)) => return Ok(Prepared::Replayed(committed.clone())),
                Some(KeyState::Void { .. }) if !is_void(&call) => {
                    return Ok(Prepared::Refused(Refusal::of(gx_contracts::RefusalCode::KeyVoided)));
                }
                _ => {}
            }
            if let (false, Some(refusal)) = (is_void(&call), world.refused.get(&key)) {
                return Ok(Prepared::Refused(refusal.clone()));
            }
            if !is_void(&call) {
                world.prepared += 1;
            }
            world.counter += 1;
            let tx_id = TxId::from_bytes(Sha256::digest(world.counter.to_le_bytes()).into());
            Ok(Prepared::Envelope(Envelope { tx_id, bytes: serde_json::to_vec(&call).unwrap() }))
        })
    }

    async fn send(&self, envelope: &Envelope) -> Result<(), LedgerError> {
        tokio::task::yield_now().await;
        self.with(|world| {
            world.answer()?;
            let call: Call = serde_json::from_slice(&envelope.bytes).unwrap();
            world.sent.push(envelope.tx_id);
            let scripted = !is_void(&call) && !world.fates.is_empty();
            let fate = if scripted { world.fates.remove(0) } else { Fate::Commits };
            let unheard = Err(LedgerError::Unreachable { detail: "scripted".to_owned() });
            match fate {
                Fate::Commits => world.apply(envelope.tx_id, &call),
                Fate::CommitsUnheard => {
                    world.apply(envelope.tx_id, &call);
                    return unheard;
                }
                Fate::Lost => {}
                Fate::LostUnheard => return unheard,
                Fate::Held => world.held.push((envelope.tx_id, call)),
                Fate::Invalid => {
                    world.height += 1;
                    let outcome = Outcome::Invalid { block: world.height, code: TxCode::MvccReadConflict };
                    world.outcomes.entry(envelope.tx_id).or_insert(outcome);
                }
            }
            Ok(())
        })
    }

    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError> {
        let until = tokio::time::Instant::now() + wait;
        loop {
            let outcome = self.with(|world| {
                world.answer()?;
                Ok(world.outcomes.get(tx_id).cloned().unwrap_or(Outcome::Unknown))
            })?;
            if outcome != Outcome::Unknown || tokio::time::Instant::now() >= until {
                return Ok(outcome);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn receipt_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        self.with(|world| {
            world.answer()?;
            Ok(world.keys.get(key).cloned())
        })
    }

    async fn evaluate(&self, _call: Call) -> Result<Vec<u8>, LedgerError> {
        Err(LedgerError::Closed)
    }

    async fn info(&self) -> Result<LedgerInfo, LedgerError> {
        self.with(|world| {
            world.answer()?;
            Ok(LedgerInfo {
                fingerprint: self.fingerprint,
                height: world.height,
                last_block_hash: self.fingerprint,
                last_block_at: Timestamp::from_micros(0),
                organisations: vec!["Org1DevnetMSP".to_owned()],
            })
        })
    }

    fn blocks(&self, _from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>> {
        Box::pin(stream::empty())
    }
}
