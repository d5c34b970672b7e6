//! What is undone, and who is told, when the ledger refuses a command.
//!
//! Runs in the transaction that writes FAILED ([`crate::outbox::mark_failed`]). Everything that *succeeds* is written by
//! the projector alone.
//!
//! **A new command:** its arm in [`undo`]; the compiler asks for it.

use gx_contracts::{Command, Refusal};
use gx_types::{
    CommandId, NotificationId, NotificationKind, PersonChange, ProfileId, QSendId, QSendStatus, Qirat,
    SubmissionStatus, Timestamp,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::audit::AuditEntry;
use crate::col::Col;
use crate::entity::{kyc_submissions, qsend_requests, user_profiles};
use crate::error::StoreError;
use crate::repo::notifications::{Notice, tell};
use crate::repo::{approvals, deltas, people};

/// The reaction of one command to its refusal. The hold on the payer's balance ends with FAILED itself. Returns the audit
/// entry of an approval that came to nothing; it belongs at the end of the transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn react(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    command: &Command,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<Option<AuditEntry>, StoreError> {
    let (code, meaning) = (refusal.code.as_str(), refusal.code.meaning());
    let entry = approvals::command_refused(tx, command_id, code, meaning, now).await?;
    undo(tx, command_id, command, refusal, now).await?;
    Ok(entry)
}

async fn undo(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    command: &Command,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), StoreError> {
    match command {
        Command::TransferTokens { profile_id, to, amount, .. } => {
            let message = payment_refused(&to.to_string(), *amount, refusal);
            notify(tx, command_id, *profile_id, NotificationKind::TransactionRejected, "Payment refused", message, now)
                .await
        }
        Command::QSendPay { qsend_id, code, profile_id, amount, .. } => {
            reopen_request(tx, command_id, *qsend_id, refusal, now).await?;
            let message = payment_refused(&format!("request {code}"), *amount, refusal);
            notify(tx, command_id, *profile_id, NotificationKind::TransactionRejected, "Payment refused", message, now)
                .await
        }
        Command::CreateUser { profile_id, .. } => {
            deny_registration(tx, *profile_id, refusal.code.as_str(), refusal.code.meaning(), now).await?;
            let message = format!("Your registration was refused: {} You may hand in again.", refusal.code.meaning());
            notify(tx, command_id, *profile_id, NotificationKind::KycStatusUpdate, "Registration refused", message, now)
                .await
        }
        Command::FreezeWallet { profile_id, .. } => {
            if people::change_state(tx, *profile_id, PersonChange::LedgerRefusedFreeze, now).await?.is_some() {
                clear_lock(tx, *profile_id).await?;
            }
            Ok(())
        }
        // Asking for a release changes nothing before the ledger has decided, so there is nothing to undo.
        Command::UnfreezeWallet { .. } => Ok(()),
        Command::SweepDeltas { .. } => {
            deltas::release_claims(tx, command_id).await?;
            Ok(())
        }
        Command::ApplyForLoan { profile_id, amount, .. } => {
            let message = format!(
                "Your application for a loan of {} was refused: {}",
                amount.display_gx(),
                refusal.code.meaning()
            );
            notify(
                tx,
                command_id,
                *profile_id,
                NotificationKind::TransactionRejected,
                "Application refused",
                message,
                now,
            )
            .await
        }
        Command::RepayLoan { profile_id, amount, .. } => {
            let message = format!(
                "Your repayment of {} was refused: {} Nothing was charged.",
                amount.display_gx(),
                refusal.code.meaning()
            );
            notify(
                tx,
                command_id,
                *profile_id,
                NotificationKind::TransactionRejected,
                "Repayment refused",
                message,
                now,
            )
            .await
        }
        Command::ProposeOrganization { profile_id, name, .. } => {
            tell_stakeholder(tx, command_id, *profile_id, &format!("Your proposal of «{name}»"), refusal, now).await
        }
        Command::EndorseMembership { profile_id, organization_id, .. } => {
            let what = format!("Your endorsement of {organization_id}");
            tell_stakeholder(tx, command_id, *profile_id, &what, refusal, now).await
        }
        Command::ActivateOrganization { profile_id, organization_id, .. } => {
            let what = format!("Your activation of {organization_id}");
            tell_stakeholder(tx, command_id, *profile_id, &what, refusal, now).await
        }
        Command::DefineAuthRule { profile_id, organization_id, .. } => {
            let what = format!("Your agreement to a rule of {organization_id}");
            tell_stakeholder(tx, command_id, *profile_id, &what, refusal, now).await
        }
        Command::InitiateMultisigTx { profile_id, organization_id, amount, .. } => {
            let what = format!("Your payment of {} from {organization_id}", amount.display_gx());
            tell_stakeholder(tx, command_id, *profile_id, &what, refusal, now).await
        }
        Command::ApproveMultisigTx { profile_id, organization_id, .. } => {
            let what = format!("Your approval of a payment from {organization_id}");
            tell_stakeholder(tx, command_id, *profile_id, &what, refusal, now).await
        }
        Command::RejectMultisigTx { profile_id, organization_id, .. } => {
            let what = format!("Your rejection of a payment from {organization_id}");
            tell_stakeholder(tx, command_id, *profile_id, &what, refusal, now).await
        }
        // The outbox page shows them to operators.
        Command::BootstrapSystem
        | Command::InitializeCountryData { .. }
        | Command::UpdateSystemParameter { .. }
        | Command::PauseSystem { .. }
        | Command::ResumeSystem { .. }
        | Command::AppointAdmin { .. }
        | Command::ActivateTreasury { .. }
        | Command::DisburseFromPool { .. }
        | Command::ApproveLoan { .. }
        | Command::RejectLoan { .. }
        | Command::LockOrganization { .. }
        | Command::UnlockOrganization { .. }
        | Command::ExpireMultisigTx { .. } => Ok(()),
    }
}

/// Nothing was changed; whoever acted for an organisation is told.
async fn tell_stakeholder(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    profile_id: ProfileId,
    what: &str,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), StoreError> {
    let message = format!("{what} was refused: {} Nothing was changed.", refusal.code.meaning());
    let kind = NotificationKind::TransactionRejected;
    notify(tx, command_id, profile_id, kind, "Refused for your organisation", message, now).await
}

fn payment_refused(to: &str, amount: Qirat, refusal: &Refusal) -> String {
    format!(
        "Your payment of {} to {to} was refused: {} Nothing was charged.",
        amount.display_gx(),
        refusal.code.meaning()
    )
}

/// The request is open again, or expired when its time is up meanwhile; the reason is kept.
async fn reopen_request(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    request_id: QSendId,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), StoreError> {
    use qsend_requests::{Column, Entity};
    for (status, expired) in [(QSendStatus::Active, false), (QSendStatus::Expired, true)] {
        let time = if expired { Column::ExpiresAt.lte(Col(now)) } else { Column::ExpiresAt.gt(Col(now)) };
        Entity::update_many()
            .col_expr(Column::Status, Expr::value(status.as_str()))
            .col_expr(Column::FailureCode, Expr::value(refusal.code.as_str()))
            .col_expr(Column::FailureReason, Expr::value(refusal.code.meaning()))
            .col_expr(Column::PayerProfileId, Expr::value(None::<String>))
            .col_expr(Column::PayerAccountId, Expr::value(None::<String>))
            .col_expr(Column::PayerName, Expr::value(None::<String>))
            .col_expr(Column::Fee, Expr::value(None::<i64>))
            .col_expr(Column::UpdatedAt, Expr::value(now.micros()))
            .filter(Column::RequestId.eq(Col(request_id)))
            .filter(Column::CommandId.eq(Col(command_id)))
            .filter(Column::Status.eq(QSendStatus::Paying.as_str()))
            .filter(time)
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// The person is denied with the reason, the submission with it, and what the ledger refused is free for others.
pub(crate) async fn deny_registration(
    tx: &impl ConnectionTrait,
    profile_id: ProfileId,
    code: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if people::change_state(tx, profile_id, PersonChange::LedgerRefusedRegistration, now).await?.is_none() {
        return Ok(());
    }
    use user_profiles::Column as Person;
    user_profiles::Entity::update_many()
        .col_expr(Person::DenialCode, Expr::value(code))
        .col_expr(Person::DenialReason, Expr::value(reason))
        // A new approval makes new ones; what the ledger did not take must not stand in anybody's way.
        .col_expr(Person::GxId, Expr::value(None::<String>))
        .col_expr(Person::BiometricHash, Expr::value(None::<String>))
        .filter(Person::ProfileId.eq(Col(profile_id)))
        .exec(tx)
        .await?;
    use kyc_submissions::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(SubmissionStatus::Rejected.as_str()))
        .col_expr(Column::Reason, Expr::value(reason))
        .col_expr(Column::UpdatedAt, Expr::value(now.micros()))
        .filter(Column::ProfileId.eq(Col(profile_id)))
        .filter(Column::Status.eq(SubmissionStatus::Approved.as_str()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes away why and by whom a person was frozen.
async fn clear_lock(tx: &impl ConnectionTrait, profile_id: ProfileId) -> Result<(), StoreError> {
    use user_profiles::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::LockReason, Expr::value(None::<String>))
        .col_expr(Column::LockNotes, Expr::value(None::<String>))
        .col_expr(Column::LockedBy, Expr::value(None::<String>))
        .col_expr(Column::LockedAt, Expr::value(None::<i64>))
        .filter(Column::ProfileId.eq(Col(profile_id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// One notice per command: its id is the command's.
async fn notify(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    profile_id: ProfileId,
    kind: NotificationKind,
    title: &'static str,
    message: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let notification_id = NotificationId::from_uuid(command_id.uuid());
    tell(tx, Notice { notification_id, profile_id, kind, title, message, action_url: None, now }).await
}
