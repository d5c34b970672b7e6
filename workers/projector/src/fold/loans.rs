//! Events of loans. The coins they move are told by events of money beside them.

use gx_store::entity::loans;
use gx_types::{AccountId, GxId, LoanId, LoanStatus, NotificationKind, Qirat, Sha256Hex};

use super::{At, Fault, Fold, Folded};

impl Fold {
    pub(super) fn loan_applied(
        &mut self,
        loan_id: LoanId,
        borrower: GxId,
        amount: Qirat,
        collateral_hash: Sha256Hex,
        at: &At<'_>,
    ) -> Folded {
        self.rows.account(&AccountId::Holder(borrower))?;
        self.rows.make_loan(loans::Model {
            loan_id: loan_id.into(),
            borrower_id: borrower.into(),
            amount: amount.into(),
            outstanding: Qirat::ZERO.into(),
            collateral_hash: collateral_hash.into(),
            status: LoanStatus::PendingApproval.into(),
            first_approver: None,
            second_approver: None,
            reason: None,
            applied_tx_id: at.tx_id.into(),
            applied_block: at.block,
            tx_position: at.tx_position,
            applied_at: at.time.into(),
            updated_block: at.block,
            updated_at: at.time.into(),
        })
    }

    pub(super) fn loan_approved(&mut self, loan_id: &LoanId, approver: &str, at: &At<'_>) -> Folded {
        let row = self.loan_in(loan_id, &[LoanStatus::PendingApproval], at)?;
        row.status = LoanStatus::Approved.into();
        row.first_approver = Some(approver.to_owned());
        Ok(())
    }

    pub(super) fn loan_disbursed(&mut self, loan_id: &LoanId, approver: &str, at: &At<'_>) -> Folded {
        let row = self.loan_in(loan_id, &[LoanStatus::Approved], at)?;
        row.status = LoanStatus::Active.into();
        row.outstanding = row.amount;
        row.second_approver = Some(approver.to_owned());
        let (borrower, amount) = (AccountId::Holder(row.borrower_id.0), row.amount.0.display_gx());
        let balance = self.rows.account(&borrower)?.settled_balance.0.display_gx();
        let message = format!("Your loan of {amount} was approved and paid out. Your balance is {balance}.");
        let title = format!("Your loan of {amount} has arrived");
        self.retell(&borrower, title, message, page_of(loan_id), at);
        Ok(())
    }

    pub(super) fn loan_rejected(&mut self, loan_id: &LoanId, reason: &str, at: &At<'_>) -> Folded {
        let row = self.loan_in(loan_id, &[LoanStatus::PendingApproval, LoanStatus::Approved], at)?;
        row.status = LoanStatus::Rejected.into();
        row.reason = Some(reason.to_owned());
        let (borrower, amount) = (AccountId::Holder(row.borrower_id.0), row.amount.0);
        let message = format!("Your application for a loan of {} was declined: «{reason}».", amount.display_gx());
        let title = "Loan declined".to_owned();
        self.notify(&borrower, NotificationKind::TransactionRejected, title, message, Some(page_of(loan_id)), at);
        Ok(())
    }

    pub(super) fn loan_repaid(&mut self, loan_id: &LoanId, amount: Qirat, outstanding: Qirat, at: &At<'_>) -> Folded {
        let row = self.loan_in(loan_id, &[LoanStatus::Active], at)?;
        if row.outstanding.checked_sub(amount) != Some(outstanding) {
            let before = row.outstanding.0;
            let why = format!("{loan_id}: {before} Q less {amount} Q is not {outstanding} Q, as the ledger says");
            return Err(Fault::new(why));
        }
        row.outstanding = outstanding.into();
        if outstanding.is_zero() {
            row.status = LoanStatus::Paid.into();
        }
        let (borrower, lent, paid) = (AccountId::Holder(row.borrower_id.0), row.amount.0, amount.display_gx());
        let left = if outstanding.is_zero() {
            format!("Your loan of {} is paid back.", lent.display_gx())
        } else {
            format!("{} are still owed.", outstanding.display_gx())
        };
        let balance = self.rows.account(&borrower)?.settled_balance.0.display_gx();
        let message = format!("You paid back {paid}. {left} Your balance is {balance}.");
        let title = format!("You paid back {paid}");
        self.retell(&borrower, title, message, page_of(loan_id), at);
        Ok(())
    }

    /// A loan in one of these states, to be changed.
    fn loan_in(&mut self, loan_id: &LoanId, states: &[LoanStatus], at: &At<'_>) -> Folded<&mut loans::Model> {
        let row = self.rows.change_loan(loan_id, at)?;
        if states.contains(&row.status.0) { Ok(row) } else { Err(Fault::new(format!("{loan_id} is {}", row.status.0))) }
    }
}

/// The page of a loan.
fn page_of(loan_id: &LoanId) -> String {
    format!("/loans/{loan_id}")
}
