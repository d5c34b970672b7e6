//! One command's way to the ledger.

use std::time::{Duration, Instant};

use gx_base::failpoint;
use gx_contracts::{Refusal, RefusalCode, WhenPaused, void_key_call};
use gx_ledger::{Committed, Envelope, KeyState, LedgerError, LedgerErrorClass, Outcome, Prepared, Proposal};
use gx_store::outbox::{Claimed, Dead, EnvelopeFate, Failed, Holder, Release, SettledCommand, StoredEnvelope};
use gx_types::TxId;

use crate::metric;
use crate::recorder::{Record, Stopped};
use crate::shared::Shared;

/// Longest wait for an outcome in one question.
const OUTCOME_WAIT_MAX: Duration = Duration::from_secs(1);
/// Pauses before a command whose envelope was found invalid is endorsed anew: first and longest.
const INVALID_PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));
/// Pauses between questions when nobody answers: first and longest.
const UNANSWERED_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Pause before a command that sits out a pause of the system is tried again: first and longest.
const SITS_OUT_PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(2));
/// An envelope is given up for lost only when so many blocks came after it.
const NEWER_BLOCKS: u64 = 2;

/// How a flight ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The ledger has committed it now.
    Committed,
    /// It had been committed before under the same key.
    Replayed,
    /// Refused for good.
    Failed,
    /// Given up.
    Dead,
    /// Back in the queue.
    Released,
    /// No longer in this submitter's hands.
    Lost,
}

impl End {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Replayed => "replayed",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

/// Either the flight is over, or it goes on with a value.
enum Step<T> {
    Go(T),
    End(End),
}

/// What was done for a command before its flight began.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Nothing that this submitter knows of. An envelope in the row is an earlier holder's, and perhaps sent.
    Unknown,
    /// The ledger was asked, and answered something else than an envelope.
    Asked(Box<Result<Prepared, LedgerError>>),
    /// The envelope in the row was stored with the claim; it has not been sent.
    Stored,
}

/// Takes a command to its end.
///
/// # Errors
/// [`Stopped`] when the submitter ends first; the row then stays as it is and another takes it over.
pub(crate) async fn fly(shared: &Shared, mut claimed: Claimed, begun: Begun) -> Result<End, Stopped> {
    let in_row = claimed.envelope.take();
    let void_pending = claimed.void_pending.take();
    let holder = Holder { command_id: claimed.command_id, fence: claimed.fence };
    let mut flight = Flight { shared, holder, claimed, anew: 0, asked: None };
    if let Some(refusal) = void_pending {
        return flight.void_key(refusal).await;
    }
    let mut envelope = in_row.map(|open| Envelope { tx_id: open.tx_id, bytes: open.bytes });
    let mut may_be_sent = envelope.is_some();
    match begun {
        Begun::Unknown => {}
        Begun::Asked(answer) => flight.asked = Some(*answer),
        Begun::Stored => {
            failpoint::reach("submitter.envelope_stored");
            may_be_sent = false;
        }
    }
    loop {
        let sent = match envelope.take() {
            Some(envelope) => envelope,
            None => match flight.endorse().await? {
                Step::Go(envelope) => envelope,
                Step::End(end) => return Ok(end),
            },
        };
        if let Step::End(end) = flight.settle(sent, may_be_sent).await? {
            return Ok(end);
        }
        may_be_sent = false;
    }
}

struct Flight<'a> {
    shared: &'a Shared,
    holder: Holder,
    claimed: Claimed,
    /// How often this flight has endorsed anew.
    anew: u32,
    /// What the ledger answered before the command was claimed.
    asked: Option<Result<Prepared, LedgerError>>,
}

impl Flight<'_> {
    fn kind(&self) -> &'static str {
        self.claimed.command.kind()
    }

    /// Endorses the command and stores the envelope.
    async fn endorse(&mut self) -> Result<Step<Envelope>, Stopped> {
        let answer = match self.asked.take() {
            Some(answer) => answer,
            None => self.shared.prepare(&self.claimed.command).await,
        };
        match answer {
            Ok(Prepared::Envelope(envelope)) => {
                let stored =
                    StoredEnvelope { holder: self.holder, tx_id: envelope.tx_id, bytes: envelope.bytes.clone() };
                if !self.write(Record::Envelope(stored)).await? {
                    return Ok(Step::End(End::Lost));
                }
                failpoint::reach("submitter.envelope_stored");
                Ok(Step::Go(envelope))
            }
            Ok(Prepared::Replayed(committed)) => self.commit(committed, End::Replayed).await.map(Step::End),
            Ok(Prepared::Refused(refusal)) | Err(LedgerError::Refused(refusal)) => {
                self.refused(refusal).await.map(Step::End)
            }
            Err(error) => self.try_later(&error).await.map(Step::End),
        }
    }

    /// Sends an envelope and waits until its fate is known. [`Step::Go`]: it was given up; endorse anew.
    async fn settle(&mut self, envelope: Envelope, may_be_sent: bool) -> Result<Step<()>, Stopped> {
        let begun = Instant::now();
        let mut sent_at = None;
        let mut height_after_sending = None;
        let mut marked = false;
        let mut unanswered = 0;
        // Another submitter may have sent it: look before sending it again.
        if !may_be_sent && let Step::End(end) = self.send(&envelope, &mut sent_at).await? {
            return Ok(Step::End(end));
        }
        loop {
            let wait = if marked { OUTCOME_WAIT_MAX } else { self.shared.options.submitted_after };
            // 1. The transaction.
            let answer = match self
                .outcome(&envelope.tx_id, if sent_at.is_some() { wait } else { Duration::ZERO })
                .await
            {
                Ok(Outcome::Committed(committed)) => {
                    failpoint::reach("submitter.answered");
                    return self.commit(committed, End::Committed).await.map(Step::End);
                }
                Ok(Outcome::Invalid { code, block }) => {
                    tracing::debug!(command_id = %self.holder.command_id, %code, block, "an envelope was found invalid");
                    return self.endorse_anew(envelope.tx_id, EnvelopeFate::Invalid, "invalid").await;
                }
                Ok(Outcome::Unknown) => Ok(()),
                Err(error) => Err(error),
            };
            if !marked {
                marked = true;
                if !self.write(Record::Submitted(self.holder)).await? {
                    return Ok(Step::End(End::Lost));
                }
            }
            // 2. The key: another envelope of this command may have done it.
            let height = match answer {
                Ok(()) => self.look_for_key().await,
                Err(error) => Err(error),
            };
            match height {
                Ok(Looked::Committed(committed)) => return self.commit(committed, End::Committed).await.map(Step::End),
                Ok(Looked::Void) => {
                    return self.fail(Refusal::of(RefusalCode::KeyVoided)).await.map(Step::End);
                }
                // 3. Absent: give it up, or send the same envelope again.
                Ok(Looked::Absent { height }) => {
                    unanswered = 0;
                    if sent_at.is_some() {
                        let since = *height_after_sending.get_or_insert(height);
                        if begun.elapsed() >= self.shared.options.outcome_after && height >= since + NEWER_BLOCKS {
                            return self.endorse_anew(envelope.tx_id, EnvelopeFate::Lost, "lost").await;
                        }
                    }
                    let resend = sent_at.is_none_or(|at: Instant| at.elapsed() >= self.shared.options.resend_after);
                    if resend && let Step::End(end) = self.send(&envelope, &mut sent_at).await? {
                        return Ok(Step::End(end));
                    }
                }
                Err(error) => {
                    tracing::debug!(command_id = %self.holder.command_id, %error, "an outcome could not be asked for");
                    self.sleep(UNANSWERED_PAUSE, unanswered).await;
                    unanswered += 1;
                }
            }
        }
    }

    /// Sends an envelope. Whatever comes of it but a rejection, the outcome tells.
    async fn send(&mut self, envelope: &Envelope, sent_at: &mut Option<Instant>) -> Result<Step<()>, Stopped> {
        let sent = self.shared.ask(self.claimed.command.deadline(), self.shared.ledger.send(envelope)).await;
        *sent_at = Some(Instant::now());
        match sent {
            Ok(()) => failpoint::reach("submitter.sent"),
            Err(error) if error.class() == LedgerErrorClass::Rejected => {
                // It can never commit, so it needs no further thought; the command may.
                tracing::error!(command_id = %self.holder.command_id, %error, "the ledger rejects an envelope");
                if !self.write(Record::Anew(self.holder, EnvelopeFate::Invalid)).await? {
                    return Ok(Step::End(End::Lost));
                }
                return self.give_up("LEDGER_REJECTED", error.to_string()).await.map(Step::End);
            }
            Err(error) => {
                tracing::debug!(command_id = %self.holder.command_id, %error, "it is not known whether an envelope arrived");
            }
        }
        Ok(Step::Go(()))
    }

    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError> {
        self.shared.ask(self.claimed.command.deadline() + wait, self.shared.ledger.outcome(tx_id, wait)).await
    }

    async fn look_for_key(&self) -> Result<Looked, LedgerError> {
        let limit = self.claimed.command.deadline();
        match self.shared.ask(limit, self.shared.ledger.receipt_of(&self.claimed.ledger_key)).await? {
            Some(KeyState::Receipt(committed)) => Ok(Looked::Committed(committed)),
            Some(KeyState::Void { .. }) => Ok(Looked::Void),
            None => {
                let info = self.shared.ask(limit, self.shared.ledger.info()).await?;
                Ok(Looked::Absent { height: info.height })
            }
        }
    }

    /// The contract refused. Final at once unless an earlier envelope may still commit.
    async fn refused(&mut self, refusal: Refusal) -> Result<End, Stopped> {
        // The key itself stands in the way of every envelope.
        if matches!(refusal.code, RefusalCode::KeyVoided | RefusalCode::IdempotencyKeyReused) {
            return self.fail(refusal).await;
        }
        let mut open = false;
        for tx_id in self.claimed.open_tx_ids.clone() {
            match self.outcome(&tx_id, Duration::ZERO).await {
                Ok(Outcome::Committed(committed)) => return self.commit(committed, End::Committed).await,
                Ok(Outcome::Invalid { .. }) => {}
                Ok(Outcome::Unknown) | Err(_) => open = true,
            }
        }
        // No answer to what was asked: it stays in the queue, under the same key. An earlier envelope that is still open
        // may commit when the system is resumed; whoever takes the command then finds its receipt under the key.
        if refusal.code == RefusalCode::SystemPaused && self.claimed.command.when_paused() == WhenPaused::Waits {
            return self.sit_out(&refusal).await;
        }
        if !open {
            return self.fail(refusal).await;
        }
        let failed = Failed { holder: self.holder, refusal: refusal.clone() };
        if !self.write(Record::VoidPending(failed)).await? {
            return Ok(End::Lost);
        }
        self.void_key(refusal).await
    }

    /// Voids the ledger key, so that no earlier envelope can commit any more; then the refusal is final. If the key has
    /// a receipt instead, one of them has committed. Goes on until the ledger has decided.
    async fn void_key(&mut self, refusal: Refusal) -> Result<End, Stopped> {
        let mut tries = 0;
        loop {
            match self.look_for_key().await {
                Ok(Looked::Committed(committed)) => return self.commit(committed, End::Committed).await,
                Ok(Looked::Void) => return self.fail(refusal).await,
                Ok(Looked::Absent { .. }) => {
                    if let Err(error) = self.send_void().await {
                        tracing::debug!(command_id = %self.holder.command_id, %error, "a ledger key could not be voided yet");
                    }
                }
                Err(error) => {
                    tracing::debug!(command_id = %self.holder.command_id, %error, "a ledger key could not be looked up");
                }
            }
            self.sleep(UNANSWERED_PAUSE, tries).await;
            tries += 1;
        }
    }

    async fn send_void(&self) -> Result<(), LedgerError> {
        let call = void_key_call(&self.claimed.ledger_key);
        let limit = self.claimed.command.deadline();
        let proposal = Proposal { call, timestamp: self.shared.now() };
        // A refusal or a replayed receipt is read from the key in the next round.
        if let Prepared::Envelope(envelope) = self.shared.ask(limit, self.shared.ledger.prepare(proposal)).await? {
            self.shared.ask(limit, self.shared.ledger.send(&envelope)).await?;
            self.outcome(&envelope.tx_id, OUTCOME_WAIT_MAX).await?;
        }
        Ok(())
    }

    /// Gives up the stored envelope. [`Step::Go`]: endorse anew now.
    async fn endorse_anew(
        &mut self,
        tx_id: TxId,
        fate: EnvelopeFate,
        reason: &'static str,
    ) -> Result<Step<()>, Stopped> {
        if !self.write(Record::Anew(self.holder, fate)).await? {
            return Ok(Step::End(End::Lost));
        }
        if fate == EnvelopeFate::Lost {
            self.claimed.open_tx_ids.push(tx_id);
        }
        self.claimed.attempts = self.claimed.attempts.saturating_add(1);
        metric::retry(self.kind(), reason);
        if self.claimed.attempts >= self.claimed.command.retry_class().attempts_max() {
            let detail = format!("endorsed {} times, and no envelope took effect", self.claimed.attempts);
            return self.give_up("LEDGER_CONFLICT", detail).await.map(Step::End);
        }
        self.sleep(INVALID_PAUSE, self.anew).await;
        self.anew += 1;
        Ok(Step::Go(()))
    }

    /// Nothing was stored and nothing sent: back into the queue, or given up after the last attempt.
    async fn try_later(&mut self, error: &LedgerError) -> Result<End, Stopped> {
        let (code, reason) = match error.class() {
            LedgerErrorClass::Rejected | LedgerErrorClass::Refused => {
                return self.give_up("LEDGER_REJECTED", error.to_string()).await;
            }
            LedgerErrorClass::Transport => ("LEDGER_UNREACHABLE", "transport"),
            LedgerErrorClass::Storage => ("LEDGER_STORAGE", "storage"),
        };
        let class = self.claimed.command.retry_class();
        if self.claimed.attempts >= class.attempts_max() {
            return self.give_up(code, error.to_string()).await;
        }
        metric::retry(self.kind(), reason);
        let (first, longest) = class.backoff();
        let pause = self.shared.pause(first, longest, self.claimed.attempts.saturating_sub(1));
        let release = Release {
            holder: self.holder,
            next_attempt_at: self.shared.now().plus(pause),
            error: Some((code.to_owned(), error.to_string())),
            sits_out: false,
        };
        self.end(Record::Release(release), End::Released).await
    }

    /// Back into the queue until the system is resumed.
    async fn sit_out(&mut self, refusal: &Refusal) -> Result<End, Stopped> {
        metric::retry(self.kind(), "paused");
        let release = Release {
            holder: self.holder,
            next_attempt_at: self.shared.now().plus(self.shared.pause(SITS_OUT_PAUSE.0, SITS_OUT_PAUSE.1, 0)),
            error: Some((refusal.code.as_str().to_owned(), refusal.detail.clone())),
            sits_out: true,
        };
        self.end(Record::Release(release), End::Released).await
    }

    async fn commit(&mut self, committed: Committed, end: End) -> Result<End, Stopped> {
        tracing::info!(
            command_id = %self.holder.command_id, correlation_id = %self.claimed.correlation_id,
            command = self.kind(), tx_id = %committed.tx_id, block = committed.block, "the ledger committed a command"
        );
        let settled = SettledCommand {
            holder: self.holder,
            tx_id: committed.tx_id,
            block: committed.block,
            receipt: committed.receipt,
        };
        tokio::time::sleep(self.shared.options.committed_after).await;
        // Whoever holds the row by now, and whether the projector was first: the ledger has committed it.
        self.write(Record::Committed(settled)).await?;
        Ok(end)
    }

    async fn fail(&mut self, refusal: Refusal) -> Result<End, Stopped> {
        tracing::info!(
            command_id = %self.holder.command_id, correlation_id = %self.claimed.correlation_id,
            command = self.kind(), code = %refusal.code, "the ledger refused a command"
        );
        self.end(Record::Failed(Failed { holder: self.holder, refusal }), End::Failed).await
    }

    async fn give_up(&mut self, code: &str, detail: String) -> Result<End, Stopped> {
        tracing::error!(
            command_id = %self.holder.command_id, correlation_id = %self.claimed.correlation_id,
            command = self.kind(), code, detail, "a command was given up; an administrator may replay it"
        );
        metric::dead_letter(self.kind());
        let dead = Dead { holder: self.holder, error_code: code.to_owned(), error_detail: detail };
        self.end(Record::Dead(dead), End::Dead).await
    }

    async fn write(&self, record: Record) -> Result<bool, Stopped> {
        self.shared.recorder.write(record).await
    }

    async fn end(&self, record: Record, end: End) -> Result<End, Stopped> {
        Ok(if self.write(record).await? { end } else { End::Lost })
    }

    async fn sleep(&self, (first, longest): (Duration, Duration), tries: u32) {
        tokio::time::sleep(self.shared.pause(first, longest, tries)).await;
    }
}

/// What is under the ledger key.
enum Looked {
    Committed(Committed),
    Void,
    Absent { height: u64 },
}
