//! Accepting transfers: all that come while a transaction is under way go into the next one together.
//!
//! Each is judged by itself, in the order in which they came, and what one of them takes from a payer is not there for the
//! next. One that is refused writes nothing and does not disturb the others.

use std::collections::{BTreeSet, HashMap};

use gx_contracts::Command;
use gx_contracts::fees::TransactionType;
use gx_platform::Once;
use gx_platform::auth::step_up;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::idempotency::{self, Answer, Begun, Kept};
use gx_store::outbox::{self, NewCommand};
use gx_store::repo::limits::{self, SpendingLimit};
use gx_store::repo::payments::{self, PaymentFacts, Receiver};
use gx_store::repo::person_security::{self, PersonSecurity};
use gx_store::{Answers, StoreError, Stored, Together, Tx, Work};
use gx_types::{Actor, CommandId, CorrelationId, ErrorCode, LedgerKey, ProfileId, Qirat, Sha256Hex, Timestamp};
use serde::{Deserialize, Serialize};

use super::create::ROUTE;
use crate::limits as spending;
use crate::payment::{self, Wish};

/// A transfer whose form is right, with the key under which it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Transfer {
    pub command_id: CommandId,
    pub correlation_id: CorrelationId,
    pub payer: ProfileId,
    pub receiver: Receiver,
    pub amount: Qirat,
    pub expected_fee: Option<Qirat>,
    pub remark: String,
    /// The client's key, as it was sent.
    pub key: String,
    pub body_hash: Sha256Hex,
    /// The client's key among those of everybody.
    pub request: LedgerKey,
    /// From which amount on the platform asks for more than a session.
    pub step_up_from: Qirat,
    /// Whether a proof came with it and was right.
    pub proved: bool,
    pub now: Timestamp,
}

/// What the business transaction leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Enqueued {
    pub command_id: CommandId,
}

impl Together for Transfer {
    type Answer = Once<Enqueued>;
    type Error = ApiError;
    const UNITS_MAX: usize = 128;

    fn write_all<'tx>(transfers: &'tx [Self], tx: &'tx Tx) -> Work<'tx, Answers<Self>, StoreError> {
        Box::pin(accept_all(transfers, tx))
    }
}

/// What becomes of a transfer.
enum Verdict {
    /// It is answered, and nothing is written for it.
    Answered(ApiResult<Once<Enqueued>>),
    /// It is enqueued, unless its ledger key was used before.
    Enqueue,
    /// It repeats the one at this place.
    SameAs(usize),
}

async fn accept_all(transfers: &[Transfer], tx: &Tx) -> Result<Answers<Transfer>, StoreError> {
    // 1. The payers: whoever else takes from them waits. With them their keys, which are theirs alone.
    let payers: BTreeSet<ProfileId> = transfers.iter().map(|transfer| transfer.payer).collect();
    payments::lock_payers(tx, &payers).await?;

    // 2. What was asked before, and what the others are judged by.
    let Some(now) = transfers.iter().map(|transfer| transfer.now).max() else { return Ok(Vec::new()) };
    let keys: Vec<(Actor, &str)> = transfers.iter().map(|transfer| (transfer.actor(), transfer.key.as_str())).collect();
    let mut kept = idempotency::look_all(tx, ROUTE, &keys, now).await?;
    let wishes: Vec<(ProfileId, Receiver)> =
        transfers.iter().map(|transfer| (transfer.payer, transfer.receiver)).collect();
    let facts = payments::facts_of_all(tx, &wishes).await?;
    let limits = limits::of_people(tx, &payers).await?;
    let security = person_security::of_people(tx, &payers).await?;

    // 3. Each in its turn.
    let (mut verdicts, mut commands) = (Vec::with_capacity(transfers.len()), Vec::new());
    let (mut places, mut taken) = (HashMap::new(), HashMap::new());
    for (place, (transfer, facts)) in transfers.iter().zip(facts).enumerate() {
        let name = (transfer.payer, transfer.key.as_str());
        verdicts.push(if let Some((body_hash, begun)) = kept.remove(&transfer.kept_as()) {
            let answer = transfer.answer_again(body_hash, &begun);
            kept.insert(transfer.kept_as(), (body_hash, begun));
            Verdict::Answered(answer)
        } else if let Some(first) = places.get(&name).copied() {
            Verdict::SameAs(first)
        } else {
            let limits = limits.get(&transfer.payer).map_or(&[][..], Vec::as_slice);
            match transfer.judge(tx, facts, limits, security.get(&transfer.payer), &mut taken).await {
                Ok(command) => {
                    places.insert(name, place);
                    commands.push(command);
                    Verdict::Enqueue
                }
                Err(refusal) => Verdict::Answered(Err(refusal)),
            }
        });
    }

    // 4. Commands, and the answers that a repeated request gets.
    let enqueued = if commands.is_empty() { Default::default() } else { outbox::enqueue_all(tx, &commands).await? };
    let accepted = transfers.iter().filter(|transfer| enqueued.contains(&transfer.command_id));
    let requests: Vec<Kept> = accepted.map(Transfer::kept).collect::<Result<_, _>>()?;
    if !requests.is_empty() {
        idempotency::keep_all(tx, ROUTE, &requests, now).await?;
    }

    // 5. Answers.
    let first_answer = |transfer: &Transfer, replayed| match enqueued.contains(&transfer.command_id) {
        true => Ok(Once { value: Enqueued { command_id: transfer.command_id }, replayed }),
        // The ledger remembers keys for ever, the idempotency rows for a day: an old key cannot begin another payment.
        false => Err(ApiError::new(ErrorCode::IdempotencyKeyReused)
            .with_detail("this key was used before; take a new one".to_owned())),
    };
    let answers = transfers.iter().zip(verdicts).map(|(transfer, verdict)| match verdict {
        Verdict::Answered(answer) => answer,
        Verdict::Enqueue => first_answer(transfer, false),
        Verdict::SameAs(first) => match transfers.get(first) {
            Some(first) if first.body_hash == transfer.body_hash => first_answer(first, true),
            _ => Err(ApiError::new(ErrorCode::IdempotencyKeyReused)),
        },
    });
    Ok(answers.collect())
}

impl Transfer {
    const fn actor(&self) -> Actor {
        Actor::Person(self.payer)
    }

    /// Where its idempotency row is.
    fn kept_as(&self) -> (String, String) {
        (self.actor().to_raw(), self.key.clone())
    }

    /// Its idempotency row.
    fn kept(&self) -> Result<Kept, StoreError> {
        let enqueued = Enqueued { command_id: self.command_id };
        let body = serde_json::to_string(&enqueued).map_err(|why| StoreError::Corrupt(why.to_string()))?;
        Ok(Kept {
            actor: self.actor(),
            key: self.key.clone(),
            body_hash: self.body_hash,
            answer: Answer { status: 200, body },
        })
    }

    /// The answer for a key that is taken.
    fn answer_again(&self, body_hash: Sha256Hex, begun: &Begun) -> ApiResult<Once<Enqueued>> {
        match begun {
            _ if body_hash != self.body_hash => Err(ApiError::new(ErrorCode::IdempotencyKeyReused)),
            Begun::Replay(answer) => {
                let value = serde_json::from_str(&answer.body).map_err(ApiError::internal)?;
                Ok(Once { value, replayed: true })
            }
            Begun::Fresh | Begun::InFlight | Begun::Reused => Err(ApiError::new(ErrorCode::IdempotencyInFlight)),
        }
    }

    /// The command, if nothing speaks against it. `taken`: what the transfers before it take from their payers.
    async fn judge(
        &self,
        tx: &Tx,
        mut facts: PaymentFacts,
        limits: &[SpendingLimit],
        security: Option<&PersonSecurity>,
        taken: &mut HashMap<ProfileId, Qirat>,
    ) -> ApiResult<NewCommand> {
        let before = taken.get(&self.payer).copied().unwrap_or(Qirat::ZERO);
        if let Some(figures) = facts.payer.as_mut().and_then(|payer| payer.account.as_mut()) {
            figures.pending = figures.pending.checked_add(before).unwrap_or(Qirat::CAP);
        }
        let wish = Wish {
            kind: TransactionType::P2P,
            amount: self.amount,
            expected_fee: self.expected_fee,
            receiver_field: Some("toID"),
        };
        let judged = payment::judge(facts, &wish)?;
        // What is taken before counts as pending there too.
        spending::enforce_these(tx, limits, &judged, self.now).await?;
        if !self.proved {
            step_up::check_known(tx, self.payer, self.amount, security, self.step_up_from).await?;
        }
        // Below what the payer has, so it is below the cap.
        taken.insert(self.payer, before.checked_add(judged.price.total).unwrap_or(Qirat::CAP));
        let command = Command::TransferTokens {
            profile_id: self.payer,
            from: judged.from,
            to: judged.to,
            amount: self.amount,
            fee: judged.price.quote.fee,
            transaction_type: TransactionType::P2P,
            remark: self.remark.clone(),
            request: self.request.clone(),
        };
        Ok(NewCommand {
            command_id: self.command_id,
            command,
            actor: self.actor(),
            correlation_id: self.correlation_id,
            now: self.now,
        })
    }
}
