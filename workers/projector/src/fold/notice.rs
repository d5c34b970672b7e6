//! What people are told, in words that read on their own.

use gx_contracts::EventBody;
use gx_store::entity::notifications;
use gx_types::{AccountId, NotificationKind, NotificationStatus, Qirat, TransactionDirection};

use super::ids::notice_id;
use super::{At, Fold, qsend_code};

/// Page with a wallet's history.
const HISTORY: &str = "/history";

impl Fold {
    /// Tells the person who has the account; nobody when this database knows nobody.
    pub(super) fn notify(
        &mut self,
        account: &AccountId,
        kind: NotificationKind,
        title: String,
        message: String,
        action_url: Option<String>,
        at: &At<'_>,
    ) {
        let Some(person) = self.rows.person(account) else { return };
        let notice = notifications::Model {
            notification_id: notice_id(person.profile_id, at).into(),
            profile_id: person.profile_id.into(),
            kind: kind.into(),
            title,
            message,
            action_url,
            action_required: false,
            status: NotificationStatus::Unread.into(),
            read_at: None,
            tx_id: Some(at.tx_id.into()),
            event_index: Some(at.event_index),
            created_at: at.time.into(),
        };
        self.out.notices.push(notice);
    }

    /// Puts other words into the notice of the event before this one, where that moved coins and this one says what for.
    pub(super) fn retell(&mut self, account: &AccountId, title: String, message: String, url: String, at: &At<'_>) {
        let Some(person) = self.rows.person(account).map(|person| person.profile_id) else { return };
        let told = self.out.notices.iter_mut().rev().find(|notice| {
            notice.tx_id.is_some_and(|tx_id| tx_id.0 == at.tx_id)
                && notice.event_index == Some(at.event_index - 1)
                && notice.profile_id.0 == person
        });
        if let Some(notice) = told {
            notice.title = title;
            notice.message = message;
            notice.action_url = Some(url);
        }
    }

    pub(super) fn notify_payment(&mut self, body: &EventBody, at: &At<'_>) {
        let EventBody::TransferCompleted {
            from, to, amount, fee, remark, from_balance_after, to_balance_after, ..
        } = body
        else {
            return;
        };
        let request = qsend_code(at.key);
        let amount_text = amount.display_gx();
        let (payer, receiver) = (self.called(from), self.called(to));
        let fee_text =
            if fee.is_zero() { ", without a fee".to_owned() } else { format!(", with a fee of {}", fee.display_gx()) };
        let (sent, received) = match request {
            Some(_) => (NotificationKind::QSendPaymentSent, NotificationKind::QSendPaymentReceived),
            None => (NotificationKind::WalletDebited, NotificationKind::WalletCredited),
        };
        let requested = request.map_or_else(|| HISTORY.to_owned(), |code| format!("/requests/{code}"));
        let what = request.map_or_else(String::new, |code| format!(" for request {code}"));
        let quoted = if remark.is_empty() { String::new() } else { format!(" «{remark}»") };
        self.notify(
            from,
            sent,
            format!("You paid {amount_text}"),
            format!(
                "You paid {amount_text} to {receiver}{what}{fee_text}. Your balance is {}.{quoted}",
                from_balance_after.display_gx()
            ),
            Some(HISTORY.to_owned()),
            at,
        );
        self.notify(
            to,
            received,
            format!("You received {amount_text}"),
            format!("{payer} paid you {amount_text}{what}.{}{quoted}", balance_text(*to_balance_after)),
            Some(requested),
            at,
        );
    }

    pub(super) fn notify_adjustment(
        &mut self,
        account: &AccountId,
        amount: Qirat,
        direction: TransactionDirection,
        balance_after: Option<Qirat>,
        remark: &str,
        at: &At<'_>,
    ) {
        let amount = amount.display_gx();
        let quoted = if remark.is_empty() { String::new() } else { format!(" «{remark}»") };
        let (kind, title, message) = match direction {
            TransactionDirection::In => (
                NotificationKind::WalletCredited,
                format!("You received {amount}"),
                format!("GX has credited your wallet with {amount}.{}{quoted}", balance_text(balance_after)),
            ),
            TransactionDirection::Out => (
                NotificationKind::WalletDebited,
                format!("{amount} left your wallet"),
                format!("GX has debited your wallet by {amount}.{}{quoted}", balance_text(balance_after)),
            ),
        };
        self.notify(account, kind, title, message, Some(HISTORY.to_owned()), at);
    }

    pub(super) fn notify_grant(
        &mut self,
        account: &AccountId,
        phase: u8,
        amount: Qirat,
        balance_after: Qirat,
        at: &At<'_>,
    ) {
        let amount = amount.display_gx();
        self.notify(
            account,
            NotificationKind::WalletCredited,
            format!("Your grant of {amount} has arrived"),
            format!(
                "Your registration took a place in phase {phase} and brings you {amount}.{}",
                balance_text(Some(balance_after))
            ),
            Some(HISTORY.to_owned()),
            at,
        );
    }

    /// What people call an account: its owner's name, or its own.
    pub(super) fn called(&self, account: &AccountId) -> String {
        match account {
            AccountId::Holder(id) => {
                let person = self.rows.person(account).map(|person| person.name.clone());
                let organization = || self.rows.organization(id).map(|row| format!("«{}»", row.name));
                person.or_else(organization).unwrap_or_else(|| id.to_string())
            }
            AccountId::Treasury(country) => format!("the treasury of {country}"),
            AccountId::System(system) => format!("the {}", system.display_name()),
        }
    }
}

fn balance_text(balance: Option<Qirat>) -> String {
    balance.map_or_else(String::new, |balance| format!(" Your balance is {}.", balance.display_gx()))
}
