//! Events that change a person's state.
//!
//! The account of a person is the ledger's; the profile is this database's. A person whom the ledger knows and this
//! database does not (a ledger filled by a tool, a database restored from an older copy) has an account and no profile:
//! that is counted and shown, and no reason to stop.

use gx_contracts::NoGrantReason;
use gx_store::entity::wallets;
use gx_store::projection::save::{ChangedPerson, LockChange};
use gx_types::{AccountId, AccountStatus, CountryCode, GxId, NotificationKind, PersonChange};

use super::{At, Fault, Fold, Folded};

/// What a person's one wallet is called until the person renames it.
const WALLET_NAME: &str = "Main wallet";

impl Fold {
    pub(super) fn user_created(&mut self, user_id: GxId, nationality: CountryCode, at: &At<'_>) -> Folded {
        let account = AccountId::Holder(user_id);
        self.rows.make_account(account, Some(nationality), AccountStatus::Active, at)?;
        self.rows.change_country(nationality)?.users_count += 1;
        let registered_at = Some(at.time);
        if !self.change_person(user_id, PersonChange::LedgerRegistered, LockChange::Keep, at)? {
            return Ok(());
        }
        if let Some(change) = self.out.people.last_mut() {
            change.registered_at = registered_at;
        }
        if let Some(person) = self.rows.person(&account) {
            self.out.wallets.push(wallets::Model {
                wallet_id: account.to_string(),
                profile_id: person.profile_id.into(),
                account_id: account.into(),
                wallet_name: WALLET_NAME.to_owned(),
                created_at: at.time.into(),
                updated_at: at.time.into(),
            });
        }
        self.notify(
            &account,
            NotificationKind::KycStatusUpdate,
            "Your account is active".to_owned(),
            format!("You are registered on the ledger as {user_id}. You can now send and receive coins."),
            Some("/dashboard".to_owned()),
            at,
        );
        Ok(())
    }

    pub(super) fn genesis_not_granted(&mut self, user_id: GxId, reason: NoGrantReason, at: &At<'_>) -> Folded {
        let account = AccountId::Holder(user_id);
        self.rows.account(&account)?;
        let why = match reason {
            NoGrantReason::AboveAge => "grants go to people from 13 to 73 years of age",
            NoGrantReason::CountryExhausted => "every grant of your country has been given",
        };
        self.notify(
            &account,
            NotificationKind::KycStatusUpdate,
            "Registered without a grant".to_owned(),
            format!("Your wallet starts empty: {why}. It can receive coins like any other."),
            Some("/dashboard".to_owned()),
            at,
        );
        Ok(())
    }

    pub(super) fn frozen(&mut self, user_id: GxId, reason: &str, at: &At<'_>) -> Folded {
        let account = AccountId::Holder(user_id);
        let row = self.rows.change_account(&account, at)?;
        if std::mem::replace(&mut row.frozen, true) {
            return Err(Fault::new(format!("{account} is frozen already")));
        }
        self.change_person(user_id, PersonChange::LedgerFrozen, LockChange::Set(reason.to_owned()), at)?;
        self.notify(
            &account,
            NotificationKind::SecurityAlert,
            "Your wallet is frozen".to_owned(),
            format!("An administrator has frozen your wallet: {reason}. Nothing can be sent or received until it is released."),
            None,
            at,
        );
        Ok(())
    }

    pub(super) fn unfrozen(&mut self, user_id: GxId, at: &At<'_>) -> Folded {
        let account = AccountId::Holder(user_id);
        let row = self.rows.change_account(&account, at)?;
        if !std::mem::replace(&mut row.frozen, false) {
            return Err(Fault::new(format!("{account} is not frozen")));
        }
        self.change_person(user_id, PersonChange::LedgerUnfrozen, LockChange::Clear, at)?;
        self.notify(
            &account,
            NotificationKind::SecurityAlert,
            "Your wallet is released".to_owned(),
            "Your wallet is no longer frozen. You can send and receive coins again.".to_owned(),
            Some("/dashboard".to_owned()),
            at,
        );
        Ok(())
    }

    /// Changes the person's state by the one table. `false`: this database does not know the person.
    fn change_person(&mut self, id: GxId, change: PersonChange, lock: LockChange, at: &At<'_>) -> Folded<bool> {
        let Some(person) = self.rows.change_person(&id) else {
            self.out.people_unknown += 1;
            return Ok(false);
        };
        let from = person.state;
        let refused = || Fault::new(format!("{id} stands at {from}, from where the ledger's word does not lead on"));
        let to = change.after(from).ok_or_else(refused)?;
        person.state = to;
        self.out.people.push(ChangedPerson { gx_id: id, from, to, at: at.time, registered_at: None, lock });
        Ok(true)
    }
}
