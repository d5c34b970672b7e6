//! Commands on their way to the ledger. Written through [`crate::outbox`] only.

use gx_types::{Actor, CommandId, CorrelationId, LedgerKey, OutboxState, ProfileId, Qirat, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `outbox_commands`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_commands")]
pub struct Model {
    /// The command.
    #[sea_orm(primary_key, auto_increment = false)]
    pub command_id: Col<CommandId>,
    /// Place in the queue; a replay goes to the tail.
    pub position: i64,
    /// Kind of command, for example `Q_SEND_PAY`.
    pub command_type: String,
    /// The command as canonical JSON.
    pub payload: String,
    /// Ledger key of the command.
    pub ledger_key: Col<LedgerKey>,
    /// Commands with one ordering key run in order.
    pub ordering_key: Option<String>,
    /// Who asked, for example `person:<id>`; status is shown to them alone.
    pub actor: Col<Actor>,
    /// Ties log lines, rows and blocks together.
    pub correlation_id: Col<CorrelationId>,
    /// What the command will take from the person at most (amount and fee), until the projector has written it.
    pub hold_profile_id: Option<Col<ProfileId>>,
    /// The hold, in Qirat.
    pub hold_amount: Col<Qirat>,
    /// Where it stands.
    pub state: Col<OutboxState>,
    /// How often a submitter took it.
    pub attempts: i64,
    /// Not taken before.
    pub next_attempt_at: Col<Timestamp>,
    /// Since when it waits: creation or last replay.
    pub queued_at: Col<Timestamp>,
    /// Who works on it; every write of a holder names the fence, so that one who lost the lease writes nothing.
    pub lease_owner: Option<String>,
    /// Until when the holder has it.
    pub lease_until: Col<Timestamp>,
    /// Raised with every take-over; a holder names it in every write.
    pub fence: i64,
    /// The envelope as stored before it was sent, and since when its outcome is open.
    pub tx_id: Option<Col<TxId>>,
    /// The signed envelope; emptied when final.
    pub envelope: Option<Vec<u8>>,
    /// When it was sent.
    pub sent_at: Option<Col<Timestamp>>,
    /// JSON array: transaction ids of earlier envelopes that have not been found invalid.
    pub open_tx_ids: String,
    /// A refusal that waits for the ledger key to be void.
    pub void_pending: bool,
    /// The last error; with FAILED the refusal.
    pub error_code: Option<String>,
    /// What happened, for operators.
    pub error_detail: Option<String>,
    /// Block.
    pub block_number: Option<i64>,
    /// Receipt of the contract as JSON.
    pub receipt: Option<String>,
    /// The block in which the projector has written the effects.
    pub projected_block: Option<i64>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
    /// When it became final.
    pub finished_at: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
