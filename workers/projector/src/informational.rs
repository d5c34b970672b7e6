//! Informational events: applied one by one after the rest of their block. One that cannot be applied is parked, shown
//! and counted, and replayed later; while one waits, later events of its name wait behind it, so that order is kept.

use std::collections::BTreeSet;

use gx_contracts::{Event, EventBody};
use gx_store::entity::parked_events;
use gx_store::projection::{parked, save};
use gx_store::sea_orm::ConnectionTrait;
use gx_store::{Store, StoreError, Tx};
use gx_types::Timestamp;

use crate::fold::Informational;

/// Parked events that are looked at in one go.
const REPLAYED_MAX: u64 = 500;

/// Applies the informational events of a batch inside its transaction. Returns how many were parked.
pub(crate) async fn apply(tx: &Tx, events: &[Informational], now: Timestamp) -> Result<u64, StoreError> {
    if events.is_empty() {
        return Ok(0);
    }
    let mut waiting: BTreeSet<String> =
        parked::waiting(tx, REPLAYED_MAX).await?.into_iter().map(|row| row.event_name).collect();
    let mut count = 0;
    for Informational { event, parked: row } in events {
        let reason = if waiting.contains(&row.event_name) {
            Err(format!("an earlier {} waits", row.event_name))
        } else {
            handle(tx, &event.body, row.block_number).await?
        };
        if let Err(reason) = reason {
            tracing::error!(
                event = row.event_name,
                tx_id = %row.tx_id.0,
                event_index = row.event_index,
                block = row.block_number,
                reason,
                "an informational event was parked; it is replayed when its reason is gone"
            );
            waiting.insert(row.event_name.clone());
            parked::park(tx, &parked_events::Model { reason, parked_at: now.into(), ..row.clone() }).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// Replays parked events, oldest first; per event name it stops at the first that still cannot be applied. Returns how
/// many wait afterwards.
///
/// # Errors
/// [`StoreError`] when the database cannot be used.
pub(crate) async fn replay(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    if parked::count(store.read()).await? > 0 {
        store.write(move |tx| Box::pin(replay_in(tx, now))).await?;
    }
    parked::count(store.read()).await
}

async fn replay_in(tx: &Tx, now: Timestamp) -> Result<(), StoreError> {
    let mut blocked = BTreeSet::new();
    for row in parked::waiting(tx, REPLAYED_MAX).await? {
        if blocked.contains(&row.event_name) {
            continue;
        }
        let applied = match serde_json::from_str::<Event>(&row.payload) {
            Ok(event) => handle(tx, &event.body, row.block_number).await?,
            Err(why) => Err(format!("it cannot be read: {why}")),
        };
        match applied {
            Ok(()) => {
                tracing::info!(event = row.event_name, tx_id = %row.tx_id.0, "a parked event was replayed");
                parked::replayed(tx, &row.tx_id, row.event_index, now).await?;
            }
            Err(_) => {
                blocked.insert(row.event_name);
            }
        }
    }
    Ok(())
}

/// The handlers. The outer error is the database's, the inner one a sentence on why the event cannot be applied now.
async fn handle(tx: &impl ConnectionTrait, body: &EventBody, block: i64) -> Result<Result<(), String>, StoreError> {
    match body {
        EventBody::AdminAppointed { admin_id } => {
            let known = save::appointed(tx, admin_id, block).await?;
            Ok(if known { Ok(()) } else { Err(format!("there is no administrator {admin_id}")) })
        }
        // The submitter that asked for it reads the key itself.
        EventBody::KeyVoided => Ok(Ok(())),
        EventBody::SystemBootstrapped { .. }
        | EventBody::CountryDataInitialized { .. }
        | EventBody::SystemParameterUpdated { .. }
        | EventBody::SystemPaused { .. }
        | EventBody::SystemResumed
        | EventBody::TreasuryAccountActivated { .. }
        | EventBody::UserCreated { .. }
        | EventBody::GenesisDistributed { .. }
        | EventBody::TreasuryAllocated { .. }
        | EventBody::GenesisNotGranted { .. }
        | EventBody::TransferCompleted { .. }
        | EventBody::InternalTransferCompleted { .. }
        | EventBody::PoolDisbursed { .. }
        | EventBody::DeltasSwept { .. }
        | EventBody::WalletFrozen { .. }
        | EventBody::WalletUnfrozen { .. }
        | EventBody::LoanApplied { .. }
        | EventBody::LoanApproved { .. }
        | EventBody::LoanDisbursed { .. }
        | EventBody::LoanRejected { .. }
        | EventBody::LoanRepaid { .. }
        | EventBody::OrganizationProposed { .. }
        | EventBody::MembershipEndorsed { .. }
        | EventBody::OrganizationActivated { .. }
        | EventBody::AuthRuleAgreed { .. }
        | EventBody::AuthRuleDefined { .. }
        | EventBody::OrganizationLocked { .. }
        | EventBody::OrganizationUnlocked { .. }
        | EventBody::OrgTxInitiated { .. }
        | EventBody::OrgTxApproved { .. }
        | EventBody::OrgTxRejected { .. }
        | EventBody::OrgTxExpired { .. }
        | EventBody::OrgTxExecuted { .. }
        | EventBody::OrgTxExecutionFailed { .. } => Ok(Err(format!("{} is never informational", body.name()))),
    }
}
