//! What blocks mean for the read model: pure, no database, no clock.
//!
//! [`Fold::new`] takes the rows that a batch of blocks needs ([`crate::wanted`] names them), [`Fold::block`] applies one
//! block after the other, and [`Fold::into_changes`] gives the rows to write. Every event is checked against the rows: the
//! balance after it must follow from the balance before. What does not follow is a [`Halt`], which names transaction and
//! event, and stops the projector before the block.
//!
//! **A new event:** its arm in [`Fold::event`] and in [`crate::wanted`]; neither compiles without.

mod ids;
mod loans;
mod money;
mod notice;
mod org_transactions;
mod organizations;
mod people;
mod rows;
mod system;

use gx_contracts::{Event, EventBody, EventClass, Receipt, ReceiptResult};
use gx_ledger::{Block, Tx};
use gx_store::entity::{ledger_deltas, notifications, parked_events, transactions, wallets};
use gx_store::outbox::Projected;
use gx_store::projection::checkpoint::Stop;
use gx_store::projection::load::Found;
use gx_store::projection::save::{ChangedPerson, PaidRequest, SweptDelta};
use gx_types::{LedgerKey, Timestamp, TxId};

pub(crate) use self::ids::qsend_code;
use self::rows::Rows;

/// An event does not fit the read model; a sentence on why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(pub String);

impl Fault {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

type Folded<T = ()> = Result<T, Fault>;

/// The projector must not apply the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Halt {
    /// Where and why.
    pub stop: Stop,
    /// Name of the event; empty when the block itself is at fault.
    pub event: &'static str,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub block: i64,
    pub tx_position: i64,
    pub tx_id: TxId,
    pub event_index: i64,
    pub key: &'a LedgerKey,
    /// Time of the transaction, never of its receipt.
    pub time: Timestamp,
}

/// An informational event, applied after everything else and on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Informational {
    pub event: Event,
    /// The row it becomes if it has to be parked; its reason is filled in then.
    pub parked: parked_events::Model,
}

/// Everything a batch of blocks changes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub rows: rows::Changed,
    pub new_deltas: Vec<ledger_deltas::Model>,
    pub swept: Vec<SweptDelta>,
    pub history: Vec<transactions::Model>,
    pub people: Vec<ChangedPerson>,
    pub wallets: Vec<wallets::Model>,
    pub paid: Vec<PaidRequest>,
    pub notices: Vec<notifications::Model>,
    pub projected: Vec<Projected>,
    pub informational: Vec<Informational>,
    /// Changes of people whom this database does not know.
    pub people_unknown: u64,
    /// How often each event occurred.
    pub events: std::collections::BTreeMap<&'static str, u64>,
}

/// The batch while it is being applied.
pub(crate) struct Fold {
    rows: Rows,
    out: Changes,
}

impl Fold {
    /// Begins with the rows as they are in the database.
    pub fn new(found: Found) -> Self {
        Self { rows: Rows::new(found), out: Changes::default() }
    }

    /// Applies a block: events of valid transactions, in order.
    pub fn block(&mut self, block: &Block) -> Result<(), Halt> {
        for (position, tx) in (0i64..).zip(&block.transactions) {
            if tx.is_valid() {
                self.transaction(block, tx, position)?;
            }
        }
        Ok(())
    }

    /// Everything to write.
    pub fn into_changes(mut self) -> Changes {
        self.out.rows = self.rows.into_changed();
        self.out
    }

    fn transaction(&mut self, block: &Block, tx: &Tx, position: i64) -> Result<(), Halt> {
        for (index, event) in (0i64..).zip(&tx.events) {
            let at = At {
                block: number(block.number),
                tx_position: position,
                tx_id: tx.tx_id,
                event_index: index,
                key: &event.key,
                time: tx.timestamp,
            };
            *self.out.events.entry(event.body.name()).or_default() += 1;
            if event.body.class() == EventClass::Informational {
                self.out.informational.push(informational(event, &at));
                continue;
            }
            self.event(&event.body, &at).map_err(|Fault(reason)| Halt {
                stop: Stop {
                    block: block.number,
                    tx_id: Some(tx.tx_id),
                    event_index: u64::try_from(index).ok(),
                    reason: format!("{}: {reason}", event.body.name()),
                },
                event: event.body.name(),
            })?;
        }
        // A transaction without events replayed an earlier one, whose effects are known; one that voids a key carries the
        // key of a command that will never be done.
        let done = tx.events.first().filter(|first| first.body != EventBody::KeyVoided);
        if let Some(first) = done {
            self.out.projected.push(Projected {
                ledger_key: first.key.clone(),
                tx_id: tx.tx_id,
                block: block.number,
                receipt: tx.receipt.clone().unwrap_or_else(|| Receipt {
                    tx_id: tx.tx_id,
                    key: first.key.clone(),
                    result: ReceiptResult::Done,
                }),
            });
        }
        Ok(())
    }

    /// One event. The match is exhaustive: an event without a handler does not compile.
    fn event(&mut self, body: &EventBody, at: &At<'_>) -> Folded {
        match body {
            EventBody::SystemBootstrapped { parameters, pools } => self.bootstrapped(parameters, pools, at),
            EventBody::CountryDataInitialized { countries } => self.countries_initialized(countries, at),
            EventBody::SystemParameterUpdated { parameter, value } => {
                self.rows.set_parameter(parameter, value, at);
                Ok(())
            }
            EventBody::SystemPaused { reason } => {
                self.rows.set_pause(Some(reason), at);
                Ok(())
            }
            EventBody::SystemResumed => {
                self.rows.set_pause(None, at);
                Ok(())
            }
            EventBody::TreasuryAccountActivated { country } => self.treasury_activated(*country, at),
            EventBody::UserCreated { user_id, nationality, .. } => self.user_created(*user_id, *nationality, at),
            EventBody::GenesisDistributed { user_id, country, phase, amount, balance_after, .. } => {
                self.genesis_distributed(*user_id, *country, *phase, *amount, *balance_after, at)
            }
            EventBody::TreasuryAllocated { credit, phase } => self.treasury_allocated(credit, *phase, at),
            EventBody::GenesisNotGranted { user_id, reason } => self.genesis_not_granted(*user_id, *reason, at),
            EventBody::TransferCompleted { .. } => self.transfer(body, at),
            EventBody::InternalTransferCompleted { .. } => self.internal_transfer(body, at),
            EventBody::PoolDisbursed { .. } => self.disbursement(body, at),
            EventBody::DeltasSwept { account, delta_keys, amount, balance_after } => {
                self.sweep(*account, delta_keys, *amount, *balance_after, at)
            }
            EventBody::WalletFrozen { user_id, reason } => self.frozen(*user_id, reason, at),
            EventBody::WalletUnfrozen { user_id } => self.unfrozen(*user_id, at),
            EventBody::LoanApplied { loan_id, borrower, amount, collateral_hash } => {
                self.loan_applied(*loan_id, *borrower, *amount, *collateral_hash, at)
            }
            EventBody::LoanApproved { loan_id, approver, .. } => self.loan_approved(loan_id, approver, at),
            EventBody::LoanDisbursed { loan_id, approver, .. } => self.loan_disbursed(loan_id, approver, at),
            EventBody::LoanRejected { loan_id, reason, .. } => self.loan_rejected(loan_id, reason, at),
            EventBody::LoanRepaid { loan_id, amount, outstanding, .. } => {
                self.loan_repaid(loan_id, *amount, *outstanding, at)
            }
            EventBody::OrganizationProposed { organization_id, name, proposer, stakeholders, rules } => {
                self.organization_proposed(*organization_id, name, *proposer, stakeholders, rules, at)
            }
            EventBody::MembershipEndorsed { organization_id, stakeholder } => {
                self.membership_endorsed(organization_id, stakeholder, at)
            }
            EventBody::OrganizationActivated { organization_id, .. } => {
                self.organization_activated(organization_id, at)
            }
            EventBody::AuthRuleAgreed { organization_id, stakeholder, rule } => {
                self.rule_agreed(organization_id, *stakeholder, rule, at)
            }
            EventBody::AuthRuleDefined { organization_id, rule, .. } => self.rule_defined(organization_id, rule, at),
            EventBody::OrganizationLocked { organization_id, reason } => {
                self.organization_locked(organization_id, reason, at)
            }
            EventBody::OrganizationUnlocked { organization_id } => self.organization_unlocked(organization_id, at),
            EventBody::OrgTxInitiated { .. } => self.org_tx_initiated(body, at),
            EventBody::OrgTxApproved { org_tx_id, approver } => self.org_tx_approved(org_tx_id, *approver, at),
            EventBody::OrgTxRejected { org_tx_id, approver, reason, closed } => {
                self.org_tx_rejected(org_tx_id, *approver, reason, *closed, at)
            }
            EventBody::OrgTxExpired { org_tx_id } => self.org_tx_expired(org_tx_id, at),
            EventBody::OrgTxExecuted { org_tx_id } => self.org_tx_executed(org_tx_id, at),
            EventBody::OrgTxExecutionFailed { org_tx_id, code, detail } => {
                self.org_tx_failed(org_tx_id, *code, detail, at)
            }
            // Informational: applied after the batch, one by one (see `crate::informational`).
            EventBody::AdminAppointed { .. } | EventBody::KeyVoided => Ok(()),
        }
    }
}

fn informational(event: &Event, at: &At<'_>) -> Informational {
    let parked = parked_events::Model {
        block_number: at.block,
        tx_position: at.tx_position,
        tx_id: at.tx_id.into(),
        event_index: at.event_index,
        event_name: event.body.name().to_owned(),
        // Events always serialise.
        payload: serde_json::to_string(event).unwrap_or_default(),
        reason: String::new(),
        parked_at: at.time.into(),
        replayed_at: None,
    };
    Informational { event: event.clone(), parked }
}

/// A block number as the database holds it.
pub(crate) fn number(value: u64) -> i64 {
    // No chain reaches 2⁶³ blocks.
    i64::try_from(value).unwrap_or(i64::MAX)
}
