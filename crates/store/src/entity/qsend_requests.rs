//! Q Send requests. Owner: tokenomics; PAID is written by the projector alone.

use gx_types::{AccountId, CommandId, ProfileId, QSendId, QSendStatus, Qirat, Sha256Hex, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `qsend_requests`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "qsend_requests")]
pub struct Model {
    /// The request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: Col<QSendId>,
    /// `QS-` and eight characters.
    pub request_code: String,
    /// Signed text inside the QR code.
    pub qr_data: String,
    /// SHA-256 of that text.
    pub qr_hash: Col<Sha256Hex>,
    /// Who asks.
    pub creator_profile_id: Col<ProfileId>,
    /// Account that will be credited.
    pub creator_account_id: Col<AccountId>,
    /// Profile name of the creator.
    pub creator_name: String,
    /// Who pays or paid.
    pub payer_profile_id: Option<Col<ProfileId>>,
    /// Account that is debited.
    pub payer_account_id: Option<Col<AccountId>>,
    /// Profile name of the payer.
    pub payer_name: Option<String>,
    /// Amount in Qirat.
    pub amount: Col<Qirat>,
    /// Fee of the payment in Qirat, once there is one.
    pub fee: Option<Col<Qirat>>,
    /// What it is for.
    pub description: Option<String>,
    /// The creator's own sign.
    pub reference: Option<String>,
    /// Where it stands.
    pub status: Col<QSendStatus>,
    /// How long it can be paid, in seconds.
    pub validity_seconds: i64,
    /// The command of the present or last payment.
    pub command_id: Option<Col<CommandId>>,
    /// How often someone began to pay it.
    pub payment_attempts: i64,
    /// Transaction that paid it.
    pub on_chain_tx_id: Option<Col<TxId>>,
    /// Block that paid it.
    pub block_number: Option<i64>,
    /// Why the last payment was refused.
    pub failure_code: Option<String>,
    /// Sentence for the payer.
    pub failure_reason: Option<String>,
    /// Scans that verified.
    pub scanned_count: i64,
    /// Last of them.
    pub last_scanned_at: Option<Col<Timestamp>>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// Until when it can be paid.
    pub expires_at: Col<Timestamp>,
    /// When the ledger paid it.
    pub paid_at: Option<Col<Timestamp>>,
    /// When it was taken back.
    pub cancelled_at: Option<Col<Timestamp>>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
