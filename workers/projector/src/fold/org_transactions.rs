//! Events of what organisations pay. The coins they move are told by a payment's own event beside them.

use gx_contracts::{EventBody, RefusalCode};
use gx_store::Json;
use gx_store::entity::organization_transactions;
use gx_types::{AccountId, GxId, NotificationKind, OrgDecision, OrgTxId, OrgTxStatus};

use super::{At, Fault, Fold, Folded};

impl Fold {
    pub(super) fn org_tx_initiated(&mut self, body: &EventBody, at: &At<'_>) -> Folded {
        let EventBody::OrgTxInitiated { org_tx_id, organization_id, initiator, to, amount, remark, rule, expires_at } =
            body
        else {
            return Ok(());
        };
        let Some(name) = self.rows.organization(organization_id).map(|row| row.name.clone()) else {
            return Err(Fault::new(format!("there is no organisation {organization_id}")));
        };
        self.rows.make_org_transaction(organization_transactions::Model {
            org_tx_id: (*org_tx_id).into(),
            organization_id: (*organization_id).into(),
            initiator_id: (*initiator).into(),
            to_id: (*to).into(),
            amount: (*amount).into(),
            remark: remark.clone(),
            rule: Json(rule.clone()).into(),
            decisions: Json(Vec::new()).into(),
            status: OrgTxStatus::Pending.into(),
            failure_code: None,
            failure_reason: None,
            executed_tx_id: None,
            expires_at: (*expires_at).into(),
            initiated_block: at.block,
            tx_position: at.tx_position,
            initiated_at: at.time.into(),
            updated_block: at.block,
            updated_at: at.time.into(),
        })?;
        let (by, receiver) = (self.called(&AccountId::Holder(*initiator)), self.called(&AccountId::Holder(*to)));
        let message = format!(
            "{by} asks that «{name}» pays {} to {receiver}. It needs {} of {} approvals within three days.",
            amount.display_gx(),
            rule.required_approvers,
            rule.approver_group.len()
        );
        let asked: Vec<GxId> = rule.approver_group.iter().copied().filter(|person| person != initiator).collect();
        self.tell_all(&asked, NotificationKind::SecurityAlert, "Your approval is asked", &message, at);
        Ok(())
    }

    pub(super) fn org_tx_approved(&mut self, id: &OrgTxId, approver: GxId, at: &At<'_>) -> Folded {
        self.decision(id, approver, None, at)?;
        Ok(())
    }

    pub(super) fn org_tx_rejected(
        &mut self,
        id: &OrgTxId,
        approver: GxId,
        reason: &str,
        closed: bool,
        at: &At<'_>,
    ) -> Folded {
        self.decision(id, approver, Some(reason), at)?;
        if closed {
            let row = self.pending(id, at)?;
            row.status = OrgTxStatus::Rejected.into();
            let row = row.clone();
            let message = format!("It was rejected: «{reason}».");
            self.tell_outcome(&row, "A payment was rejected", &message, at);
        }
        Ok(())
    }

    pub(super) fn org_tx_expired(&mut self, id: &OrgTxId, at: &At<'_>) -> Folded {
        let row = self.pending(id, at)?;
        row.status = OrgTxStatus::Expired.into();
        let row = row.clone();
        self.tell_outcome(&row, "A payment has expired", "It was not approved in time.", at);
        Ok(())
    }

    pub(super) fn org_tx_executed(&mut self, id: &OrgTxId, at: &At<'_>) -> Folded {
        let row = self.pending(id, at)?;
        row.status = OrgTxStatus::Executed.into();
        row.executed_tx_id = Some(at.tx_id.into());
        let row = row.clone();
        self.tell_outcome(&row, "Your organisation has paid", "It was approved and paid.", at);
        Ok(())
    }

    pub(super) fn org_tx_failed(&mut self, id: &OrgTxId, code: RefusalCode, detail: &str, at: &At<'_>) -> Folded {
        let row = self.pending(id, at)?;
        row.status = OrgTxStatus::ExecutionFailed.into();
        row.failure_code = Some(code.as_str().to_owned());
        row.failure_reason = Some(detail.to_owned());
        let row = row.clone();
        let message = format!("It was approved, and refused: {} Nothing was paid.", code.meaning());
        self.tell_outcome(&row, "A payment was refused", &message, at);
        Ok(())
    }

    /// Notes what a stakeholder decided; each decides once, but an initiator may withdraw what the initiator approved.
    fn decision(&mut self, id: &OrgTxId, stakeholder: GxId, reason: Option<&str>, at: &At<'_>) -> Folded {
        let row = self.pending(id, at)?;
        let approved = reason.is_none();
        let decided = |other: &OrgDecision| other.stakeholder == stakeholder;
        let withdraws = !approved && stakeholder == row.initiator_id.0;
        if !withdraws && row.decisions.0.0.iter().any(decided) {
            return Err(Fault::new(format!("{stakeholder} has decided over {id} already")));
        }
        let reason = reason.map(ToOwned::to_owned);
        row.decisions.0.0.push(OrgDecision { stakeholder, approved, reason, decided_at: at.time });
        Ok(())
    }

    /// A transaction that is not decided, to be changed.
    fn pending(&mut self, id: &OrgTxId, at: &At<'_>) -> Folded<&mut organization_transactions::Model> {
        let row = self.rows.change_org_transaction(id, at)?;
        if row.status.0 == OrgTxStatus::Pending {
            Ok(row)
        } else {
            Err(Fault::new(format!("{id} is {}", row.status.0)))
        }
    }

    fn tell_outcome(&mut self, row: &organization_transactions::Model, title: &str, outcome: &str, at: &At<'_>) {
        let id = row.organization_id.0;
        let kind = match row.status.0 {
            OrgTxStatus::Executed => NotificationKind::WalletDebited,
            _ => NotificationKind::TransactionRejected,
        };
        let from = self.called(&AccountId::Holder(id));
        let to = self.called(&AccountId::Holder(row.to_id.0));
        let message = format!("{} from {from} to {to}: {outcome}", row.amount.display_gx());
        self.tell_members(&id, kind, title, &message, at);
    }
}
