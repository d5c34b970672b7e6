//! Which rows a batch of blocks needs before it can be applied.

use gx_contracts::EventBody;
use gx_ledger::Block;
use gx_store::projection::load::Wanted;
use gx_types::{AccountId, CountryCode, GxId, SystemAccount};

/// Names every row that the events of the blocks read or change.
pub(crate) fn wanted<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> Wanted {
    let mut wanted = Wanted::default();
    for tx in blocks.into_iter().flat_map(|block| &block.transactions).filter(|tx| tx.is_valid()) {
        for event in &tx.events {
            add(&event.body, &mut wanted);
        }
    }
    wanted
}

fn add(body: &EventBody, wanted: &mut Wanted) {
    for (account, _) in body.balances_after() {
        want_account(account, wanted);
    }
    for credit in body.credits() {
        want_account(credit.account, wanted);
    }
    wanted.pools |= body.minted().is_some();
    match body {
        EventBody::SystemBootstrapped { .. } => {
            wanted.pools = true;
            for account in SystemAccount::ALL {
                want_account(AccountId::System(account), wanted);
            }
        }
        EventBody::CountryDataInitialized { countries } => {
            for country in countries {
                want_country(country.code, wanted);
            }
        }
        EventBody::TreasuryAccountActivated { country } => want_country(*country, wanted),
        EventBody::UserCreated { user_id, nationality, .. } => {
            want_account(AccountId::Holder(*user_id), wanted);
            wanted.countries.insert(*nationality);
            wanted.people_changing.insert(*user_id);
        }
        EventBody::GenesisDistributed { country, .. } => want_country(*country, wanted),
        EventBody::TreasuryAllocated { credit, .. } => {
            if let AccountId::Treasury(country) = credit.account {
                wanted.countries.insert(country);
            }
        }
        EventBody::GenesisNotGranted { user_id, .. } => want_account(AccountId::Holder(*user_id), wanted),
        EventBody::DeltasSwept { delta_keys, .. } => wanted.deltas.extend(delta_keys.iter().cloned()),
        EventBody::WalletFrozen { user_id, .. } | EventBody::WalletUnfrozen { user_id } => {
            want_changing(*user_id, wanted);
        }
        // The borrower too, who is told.
        EventBody::LoanApplied { loan_id, borrower, .. }
        | EventBody::LoanApproved { loan_id, borrower, .. }
        | EventBody::LoanDisbursed { loan_id, borrower, .. }
        | EventBody::LoanRejected { loan_id, borrower, .. }
        | EventBody::LoanRepaid { loan_id, borrower, .. } => {
            wanted.loans.insert(*loan_id);
            want_account(AccountId::Holder(*borrower), wanted);
        }
        EventBody::OrganizationProposed { organization_id, stakeholders, .. } => {
            wanted.organizations.insert(*organization_id);
            wanted.people.extend(stakeholders);
        }
        EventBody::OrganizationActivated { organization_id, .. }
        | EventBody::OrganizationLocked { organization_id, .. }
        | EventBody::OrganizationUnlocked { organization_id } => {
            want_account(AccountId::Holder(*organization_id), wanted);
        }
        EventBody::MembershipEndorsed { organization_id, .. }
        | EventBody::AuthRuleAgreed { organization_id, .. }
        | EventBody::AuthRuleDefined { organization_id, .. } => {
            wanted.organizations.insert(*organization_id);
        }
        EventBody::OrgTxInitiated { org_tx_id, organization_id, to, .. } => {
            wanted.org_transactions.insert(*org_tx_id);
            wanted.organizations.insert(*organization_id);
            want_account(AccountId::Holder(*to), wanted);
        }
        EventBody::OrgTxApproved { org_tx_id, .. }
        | EventBody::OrgTxRejected { org_tx_id, .. }
        | EventBody::OrgTxExpired { org_tx_id }
        | EventBody::OrgTxExecuted { org_tx_id }
        | EventBody::OrgTxExecutionFailed { org_tx_id, .. } => {
            wanted.org_transactions.insert(*org_tx_id);
        }
        // Their accounts are named above; nothing else is needed.
        EventBody::TransferCompleted { .. }
        | EventBody::InternalTransferCompleted { .. }
        | EventBody::PoolDisbursed { .. }
        | EventBody::SystemParameterUpdated { .. }
        | EventBody::SystemPaused { .. }
        | EventBody::SystemResumed
        | EventBody::AdminAppointed { .. }
        | EventBody::KeyVoided => {}
    }
}

fn want_account(account: AccountId, wanted: &mut Wanted) {
    wanted.accounts.insert(account);
    if let AccountId::Holder(id) = account {
        if id.account_type().is_organization() {
            wanted.organizations.insert(id);
        } else {
            wanted.people.insert(id);
        }
    }
}

fn want_country(code: CountryCode, wanted: &mut Wanted) {
    wanted.countries.insert(code);
    want_account(AccountId::Treasury(code), wanted);
}

fn want_changing(id: GxId, wanted: &mut Wanted) {
    want_account(AccountId::Holder(id), wanted);
    wanted.people_changing.insert(id);
}
