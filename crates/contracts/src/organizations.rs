//! OrganizationContract, first part: organisations of several people and the rules by which they decide.
//!
//! A stakeholder proposes an organisation with its stakeholders and rules; each of them endorses exactly that; once all
//! have, one of them activates it. From then on a rule changes only when every stakeholder has agreed to the same one:
//! otherwise one person could give themselves all the coins. An organisation is an account like a person's, kept under a
//! namespace of its own, and never pays but by `org_transactions.rs`.

use std::collections::{BTreeMap, BTreeSet};

use gx_types::{AuthRule, GxId, OrganizationStatus, ProposedRule};

use crate::args::{Args, REASON_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::EventBody;
use crate::state::{self, OrganizationRecord};

/// Fewest stakeholders of an organisation.
pub const STAKEHOLDERS_MIN: usize = 2;

/// Most stakeholders of an organisation.
pub const STAKEHOLDERS_MAX: usize = 20;

/// Most rules of an organisation, and most that may wait for agreement.
pub const RULES_MAX: usize = 10;

/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 120;

/// A stakeholder proposes an organisation.
pub(crate) fn propose_organization(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    // 1. The arguments.
    let organization_id = organization_id(contract, args)?;
    let name = args.words(1, NAME_CHARS_MAX, true)?;
    let proposer = args.gx_id(2)?;
    let stakeholders = stakeholders(args, 3)?;
    let rules = first_rules(args, 4, &stakeholders)?;

    // 2. The country, the id, the people.
    if state::country(contract.host, &organization_id.country())?.is_none() {
        let detail = format!("{} is not on the ledger", organization_id.country());
        return Err(Refusal::with(RefusalCode::CountryNotFound, detail).into());
    }
    if state::organization(contract.host, &organization_id)?.is_some() {
        return Err(Refusal::of(RefusalCode::OrganizationExists).into());
    }
    if !stakeholders.contains(&proposer) {
        let detail = "stakeholder: who proposes an organisation is one of its stakeholders";
        return Err(Refusal::with(RefusalCode::NotAStakeholder, detail).into());
    }
    for person in &stakeholders {
        if state::user(contract.host, person)?.is_none() {
            let detail = format!("stakeholders: {person} is not registered");
            return Err(Refusal::with(RefusalCode::UserNotFound, detail).into());
        }
    }
    check_actor(contract, &proposer)?;

    // 3. The organisation.
    let record = OrganizationRecord {
        organization_id,
        name: name.clone(),
        status: OrganizationStatus::PendingEndorsement,
        proposer,
        stakeholders: stakeholders.iter().map(|person| (*person, None)).collect::<BTreeMap<_, _>>(),
        rules: rules.clone(),
        proposed_rules: Vec::new(),
        proposed_at: contract.now(),
        frozen: None,
    };
    state::put_organization(contract.host, &record)?;
    let stakeholders = stakeholders.into_iter().collect();
    contract.emit(EventBody::OrganizationProposed { organization_id, name, proposer, stakeholders, rules });
    Ok(ReceiptResult::Done)
}

/// A stakeholder endorses the organisation as it was proposed.
pub(crate) fn endorse_membership(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let mut record = existing(contract, args)?;
    let stakeholder = acting(contract, args, &record)?;
    in_status(&record, OrganizationStatus::PendingEndorsement)?;
    let now = contract.now();
    if record.stakeholders.insert(stakeholder, Some(now)).flatten().is_some() {
        return Err(Refusal::of(RefusalCode::AlreadyEndorsed).into());
    }
    state::put_organization(contract.host, &record)?;
    contract.emit(EventBody::MembershipEndorsed { organization_id: record.organization_id, stakeholder });
    Ok(ReceiptResult::Done)
}

/// The organisation is active. One that is locked is unlocked by an administrator and by nobody else.
pub(crate) fn activate_organization(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let record = existing(contract, args)?;
    let stakeholder = acting(contract, args, &record)?;
    in_status(&record, OrganizationStatus::PendingEndorsement)?;
    let missing = record.stakeholders.values().filter(|endorsed| endorsed.is_none()).count();
    if missing > 0 {
        let detail = format!("{missing} of {} stakeholders have not endorsed", record.stakeholders.len());
        return Err(Refusal::with(RefusalCode::EndorsementsMissing, detail).into());
    }
    let organization_id = record.organization_id;
    state::put_organization(contract.host, &OrganizationRecord { status: OrganizationStatus::Verified, ..record })?;
    contract.emit(EventBody::OrganizationActivated { organization_id, stakeholder });
    Ok(ReceiptResult::Done)
}

/// A stakeholder agrees to a rule. Once all have agreed to the same one it is in force and takes the place of the rule
/// with its threshold; another one proposed for the threshold meanwhile begins anew.
pub(crate) fn define_auth_rule(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    // 1. The rule.
    let mut record = existing(contract, args)?;
    let stakeholder = acting(contract, args, &record)?;
    let members = record.stakeholders.keys().copied().collect();
    let amount_threshold = args.threshold(2)?;
    let approver_group: Vec<GxId> = args.json(4)?;
    let required_approvers =
        u8::try_from(args.number(3, u32::from(u8::MAX))?).map_err(|_| args.invalid(3, "too high"))?;
    let rule = AuthRule { amount_threshold, required_approvers, approver_group };
    let rule = checked(rule, &members).map_err(|fault| match fault {
        RuleFault::Group(why) => args.invalid(4, why),
        RuleFault::Required(why) => args.invalid(3, why),
    })?;
    if record.status == OrganizationStatus::Locked {
        return Err(not_in(record.status));
    }
    if record.rules.contains(&rule) {
        return Err(Refusal::with(RefusalCode::RuleAlreadyAgreed, "the rule is in force").into());
    }

    // 2. Who has agreed to it.
    let known = record.proposed_rules.iter().position(|proposed| proposed.rule == rule);
    let mut agreed = known.map(|index| record.proposed_rules.swap_remove(index).agreed).unwrap_or_default();
    record.proposed_rules.retain(|proposed| proposed.rule.amount_threshold != amount_threshold);
    if !agreed.insert(stakeholder) {
        return Err(Refusal::of(RefusalCode::RuleAlreadyAgreed).into());
    }
    let organization_id = record.organization_id;
    let replaces = record.rules.iter().any(|other| other.amount_threshold == amount_threshold);
    if agreed.len() < record.stakeholders.len() {
        if record.proposed_rules.len() >= RULES_MAX || (!replaces && record.rules.len() >= RULES_MAX) {
            return Err(Refusal::of(RefusalCode::TooManyRules).into());
        }
        record.proposed_rules.push(ProposedRule { rule: rule.clone(), agreed });
        record.proposed_rules.sort_by_key(|proposed| proposed.rule.amount_threshold);
        state::put_organization(contract.host, &record)?;
        contract.emit(EventBody::AuthRuleAgreed { organization_id, stakeholder, rule });
    } else {
        record.rules.retain(|other| other.amount_threshold != amount_threshold);
        if record.rules.len() >= RULES_MAX {
            return Err(Refusal::of(RefusalCode::TooManyRules).into());
        }
        record.rules.push(rule.clone());
        record.rules.sort_by_key(|rule| rule.amount_threshold);
        record.proposed_rules.sort_by_key(|proposed| proposed.rule.amount_threshold);
        state::put_organization(contract.host, &record)?;
        contract.emit(EventBody::AuthRuleDefined { organization_id, stakeholder, rule });
    }
    Ok(ReceiptResult::Done)
}

/// An administrator locks an active organisation: it neither pays nor receives.
pub(crate) fn lock_organization(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let record = existing(contract, args)?;
    let reason = args.words(1, REASON_CHARS_MAX, true)?;
    in_status(&record, OrganizationStatus::Verified)?;
    let (organization_id, frozen) = (record.organization_id, Some(reason.clone()));
    state::put_organization(
        contract.host,
        &OrganizationRecord { status: OrganizationStatus::Locked, frozen, ..record },
    )?;
    contract.emit(EventBody::OrganizationLocked { organization_id, reason });
    Ok(ReceiptResult::Done)
}

/// An administrator unlocks an organisation.
pub(crate) fn unlock_organization(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let record = existing(contract, args)?;
    in_status(&record, OrganizationStatus::Locked)?;
    let organization_id = record.organization_id;
    state::put_organization(
        contract.host,
        &OrganizationRecord { status: OrganizationStatus::Verified, frozen: None, ..record },
    )?;
    contract.emit(EventBody::OrganizationUnlocked { organization_id });
    Ok(ReceiptResult::Done)
}

/// The organisation that the first argument names.
pub(crate) fn existing(contract: &mut Contract<'_>, args: Args<'_>) -> Result<OrganizationRecord, InvokeError> {
    let id = args.gx_id(0)?;
    load(contract, &id)
}

/// An organisation that must be there.
pub(crate) fn load(contract: &mut Contract<'_>, id: &GxId) -> Result<OrganizationRecord, InvokeError> {
    Ok(state::organization(contract.host, id)?.ok_or_else(|| Refusal::of(RefusalCode::OrganizationNotFound))?)
}

/// The stakeholder whom the second argument names: one of the organisation, registered, not frozen.
pub(crate) fn acting(
    contract: &mut Contract<'_>,
    args: Args<'_>,
    record: &OrganizationRecord,
) -> Result<GxId, InvokeError> {
    let stakeholder = args.gx_id(1)?;
    if !record.stakeholders.contains_key(&stakeholder) {
        let detail = format!("stakeholder: {stakeholder} is none of {}", record.organization_id);
        return Err(Refusal::with(RefusalCode::NotAStakeholder, detail).into());
    }
    check_actor(contract, &stakeholder)?;
    Ok(stakeholder)
}

/// Refuses a state other than this one.
pub(crate) fn in_status(record: &OrganizationRecord, status: OrganizationStatus) -> Result<(), InvokeError> {
    if record.status == status { Ok(()) } else { Err(not_in(record.status)) }
}

fn not_in(status: OrganizationStatus) -> InvokeError {
    Refusal::with(RefusalCode::OrganizationStateRefused, format!("organizationId: the organisation is {status}")).into()
}

/// Who is frozen decides nothing.
fn check_actor(contract: &mut Contract<'_>, person: &GxId) -> Result<(), InvokeError> {
    let user = contract.user(person, RefusalCode::UserNotFound)?;
    if user.frozen.is_some() {
        return Err(Refusal::with(RefusalCode::AccountFrozen, "stakeholder: the account is frozen").into());
    }
    Ok(())
}

/// The id, which must be an organisation's of today or before.
fn organization_id(contract: &Contract<'_>, args: Args<'_>) -> Result<GxId, Refusal> {
    let invalid = |why: String| Refusal::with(RefusalCode::InvalidOrganizationId, format!("organizationId: {why}"));
    let text = args.text(0);
    let id: GxId = text.parse().map_err(|error: gx_types::GxIdError| invalid(error.to_string()))?;
    if id.as_str() != text {
        return Err(invalid("an id is written with single spaces".to_owned()));
    }
    if !id.account_type().is_organization() {
        return Err(invalid("the type of the id is none of 1 to 9, A and E".to_owned()));
    }
    let (founded, _) = id.birth().map_err(|error| invalid(error.to_string()))?;
    if founded.age_at(contract.now()).is_none() {
        return Err(invalid("the date in the id is after today".to_owned()));
    }
    Ok(id)
}

fn stakeholders(args: Args<'_>, index: usize) -> Result<BTreeSet<GxId>, Refusal> {
    let listed: Vec<GxId> = args.json(index)?;
    if !(STAKEHOLDERS_MIN..=STAKEHOLDERS_MAX).contains(&listed.len()) {
        return Err(args.invalid(index, format!("{STAKEHOLDERS_MIN} to {STAKEHOLDERS_MAX} people")));
    }
    let set: BTreeSet<GxId> = listed.iter().copied().collect();
    if set.len() != listed.len() {
        return Err(args.invalid(index, "each person once"));
    }
    Ok(set)
}

fn first_rules(args: Args<'_>, index: usize, members: &BTreeSet<GxId>) -> Result<Vec<AuthRule>, Refusal> {
    let listed: Vec<AuthRule> = args.json(index)?;
    if listed.len() > RULES_MAX {
        return Err(args.invalid(index, format!("at most {RULES_MAX} rules")));
    }
    let mut rules: Vec<AuthRule> = Vec::with_capacity(listed.len());
    for rule in listed {
        if rules.iter().any(|other| other.amount_threshold == rule.amount_threshold) {
            return Err(args.invalid(index, "amountThreshold: each threshold once"));
        }
        rules.push(checked(rule, members).map_err(|fault| match fault {
            RuleFault::Group(why) => args.invalid(index, format!("approverGroup: {why}")),
            RuleFault::Required(why) => args.invalid(index, format!("requiredApprovers: {why}")),
        })?);
    }
    rules.sort_by_key(|rule| rule.amount_threshold);
    Ok(rules)
}

/// What is wrong with a rule.
enum RuleFault {
    Group(&'static str),
    Required(&'static str),
}

/// A rule that can be met, its group by id.
fn checked(mut rule: AuthRule, members: &BTreeSet<GxId>) -> Result<AuthRule, RuleFault> {
    let group: BTreeSet<GxId> = rule.approver_group.iter().copied().collect();
    if group.is_empty() {
        return Err(RuleFault::Group("somebody must approve"));
    }
    if group.len() != rule.approver_group.len() {
        return Err(RuleFault::Group("each approver once"));
    }
    if !group.is_subset(members) {
        return Err(RuleFault::Group("approvers are stakeholders"));
    }
    if rule.required_approvers == 0 || usize::from(rule.required_approvers) > group.len() {
        return Err(RuleFault::Required("at least one, and not more than the group has"));
    }
    rule.approver_group = group.into_iter().collect();
    Ok(rule)
}
