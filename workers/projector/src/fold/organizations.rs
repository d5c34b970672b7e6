//! Events of organisations: who belongs to them, and by which rules they decide.

use gx_store::Json;
use gx_store::entity::organizations;
use gx_types::{
    AccountId, AccountStatus, AuthRule, GxId, NotificationKind, OrganizationStatus, ProposedRule, Stakeholder,
};

use super::{At, Fault, Fold, Folded};

impl Fold {
    pub(super) fn organization_proposed(
        &mut self,
        id: GxId,
        name: &str,
        proposer: GxId,
        stakeholders: &[GxId],
        rules: &[AuthRule],
        at: &At<'_>,
    ) -> Folded {
        let members = stakeholders.iter().map(|gx_id| Stakeholder { gx_id: *gx_id, endorsed_at: None }).collect();
        self.rows.make_organization(organizations::Model {
            organization_id: id.into(),
            name: name.to_owned(),
            status: OrganizationStatus::PendingEndorsement.into(),
            proposer_id: proposer.into(),
            stakeholders: Json(members).into(),
            rules: Json(rules.to_vec()).into(),
            proposed_rules: Json(Vec::new()).into(),
            lock_reason: None,
            activated_at: None,
            proposed_tx_id: at.tx_id.into(),
            proposed_block: at.block,
            tx_position: at.tx_position,
            proposed_at: at.time.into(),
            updated_block: at.block,
            updated_at: at.time.into(),
        })?;
        let by = self.called(&AccountId::Holder(proposer));
        let message = format!("{by} proposes the organisation «{name}» with you. It needs your endorsement.");
        self.tell_all(stakeholders, NotificationKind::SecurityAlert, "Your endorsement is asked", &message, at);
        Ok(())
    }

    pub(super) fn membership_endorsed(&mut self, id: &GxId, stakeholder: &GxId, at: &At<'_>) -> Folded {
        let row = self.organization_in(id, &[OrganizationStatus::PendingEndorsement], at)?;
        let member = row.stakeholders.0.0.iter_mut().find(|member| member.gx_id == *stakeholder);
        let member = member.ok_or_else(|| Fault::new(format!("{stakeholder} is no stakeholder of {id}")))?;
        if member.endorsed_at.replace(at.time).is_some() {
            return Err(Fault::new(format!("{stakeholder} has endorsed {id} already")));
        }
        Ok(())
    }

    pub(super) fn organization_activated(&mut self, id: &GxId, at: &At<'_>) -> Folded {
        let row = self.organization_in(id, &[OrganizationStatus::PendingEndorsement], at)?;
        if row.stakeholders.0.0.iter().any(|member| member.endorsed_at.is_none()) {
            return Err(Fault::new(format!("{id} lacks an endorsement")));
        }
        row.status = OrganizationStatus::Verified.into();
        row.activated_at = Some(at.time.into());
        let message = format!("The organisation «{}» is active. It can receive coins as {id}.", row.name);
        self.rows.make_account(AccountId::Holder(*id), Some(id.country()), AccountStatus::Active, at)?;
        self.tell_members(id, NotificationKind::KycStatusUpdate, "Your organisation is active", &message, at);
        Ok(())
    }

    pub(super) fn rule_agreed(&mut self, id: &GxId, stakeholder: GxId, rule: &AuthRule, at: &At<'_>) -> Folded {
        let row = self.rows.change_organization(id, at)?;
        let name = row.name.clone();
        let proposed = &mut row.proposed_rules.0.0;
        let known = proposed.iter().position(|other| other.rule == *rule);
        let mut agreed = known.map(|index| proposed.swap_remove(index).agreed).unwrap_or_default();
        proposed.retain(|other| other.rule.amount_threshold != rule.amount_threshold);
        if !agreed.insert(stakeholder) {
            return Err(Fault::new(format!("{stakeholder} has agreed already")));
        }
        let new = agreed.len() == 1;
        proposed.push(ProposedRule { rule: rule.clone(), agreed });
        proposed.sort_by_key(|proposed| proposed.rule.amount_threshold);
        if new {
            let by = self.called(&AccountId::Holder(stakeholder));
            let threshold = rule.amount_threshold.display_gx();
            let message =
                format!("{by} proposes a rule of «{name}» for amounts from {threshold} on. It needs you all.");
            self.tell_members(id, NotificationKind::SecurityAlert, "A rule waits for your agreement", &message, at);
        }
        Ok(())
    }

    pub(super) fn rule_defined(&mut self, id: &GxId, rule: &AuthRule, at: &At<'_>) -> Folded {
        let row = self.rows.change_organization(id, at)?;
        let threshold = rule.amount_threshold;
        row.proposed_rules.0.0.retain(|other| other.rule.amount_threshold != threshold);
        let rules = &mut row.rules.0.0;
        rules.retain(|other| other.amount_threshold != threshold);
        rules.push(rule.clone());
        rules.sort_by_key(|rule| rule.amount_threshold);
        let message = format!("A new rule of «{}» decides over amounts from {} on.", row.name, threshold.display_gx());
        self.tell_members(id, NotificationKind::SecurityAlert, "A rule is in force", &message, at);
        Ok(())
    }

    pub(super) fn organization_locked(&mut self, id: &GxId, reason: &str, at: &At<'_>) -> Folded {
        let row = self.organization_in(id, &[OrganizationStatus::Verified], at)?;
        row.status = OrganizationStatus::Locked.into();
        row.lock_reason = Some(reason.to_owned());
        let message = format!("An administrator has locked «{}»: {reason}. It neither pays nor receives.", row.name);
        self.rows.change_account(&AccountId::Holder(*id), at)?.frozen = true;
        self.tell_members(id, NotificationKind::SecurityAlert, "Your organisation is locked", &message, at);
        Ok(())
    }

    pub(super) fn organization_unlocked(&mut self, id: &GxId, at: &At<'_>) -> Folded {
        let row = self.organization_in(id, &[OrganizationStatus::Locked], at)?;
        row.status = OrganizationStatus::Verified.into();
        row.lock_reason = None;
        let message = format!("«{}» is no longer locked. It can pay and receive again.", row.name);
        self.rows.change_account(&AccountId::Holder(*id), at)?.frozen = false;
        self.tell_members(id, NotificationKind::SecurityAlert, "Your organisation is unlocked", &message, at);
        Ok(())
    }

    /// Tells every stakeholder whom this database knows.
    pub(super) fn tell_members(&mut self, id: &GxId, kind: NotificationKind, title: &str, message: &str, at: &At<'_>) {
        let members = self.rows.organization(id).map(|row| &row.stakeholders.0.0);
        let people: Vec<GxId> = members.into_iter().flatten().map(|member| member.gx_id).collect();
        self.tell_all(&people, kind, title, message, at);
    }

    pub(super) fn tell_all(
        &mut self,
        people: &[GxId],
        kind: NotificationKind,
        title: &str,
        message: &str,
        at: &At<'_>,
    ) {
        for person in people {
            self.notify(&AccountId::Holder(*person), kind, title.to_owned(), message.to_owned(), None, at);
        }
    }

    /// An organisation in one of these states, to be changed.
    fn organization_in(
        &mut self,
        id: &GxId,
        states: &[OrganizationStatus],
        at: &At<'_>,
    ) -> Folded<&mut organizations::Model> {
        let row = self.rows.change_organization(id, at)?;
        if states.contains(&row.status.0) { Ok(row) } else { Err(Fault::new(format!("{id} is {}", row.status.0))) }
    }
}
