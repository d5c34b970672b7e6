//! Events that move money.

use gx_contracts::{DeltaCredit, EventBody};
use gx_store::entity::transactions;
use gx_store::projection::save::{PaidRequest, SweptDelta};
use gx_types::{AccountId, CountryCode, GxId, Qirat, SystemAccount, TransactionDirection, TransactionKind};

use gx_contracts::pools::Pool;

use super::{At, Fault, Fold, Folded, qsend_code};

/// Lines of one event, in the order of a history.
const LEG_OUT: i64 = 0;
const LEG_FEE: i64 = 1;
const LEG_IN: i64 = 2;

/// How a receiver is credited: in the balance, or by an entry that waits for a sweep.
struct Receipt<'a> {
    to: &'a AccountId,
    amount: Qirat,
    balance_after: Option<Qirat>,
    credit: Option<&'a DeltaCredit>,
}

impl Fold {
    pub(super) fn transfer(&mut self, body: &EventBody, at: &At<'_>) -> Folded {
        let EventBody::TransferCompleted {
            from,
            to,
            amount,
            fee,
            remark,
            from_balance_after,
            to_balance_after,
            to_credit,
            fee_credit,
            ..
        } = body
        else {
            return Ok(());
        };
        // 1. Balances.
        let total = amount.checked_add(*fee).ok_or_else(|| Fault::new("amount and fee pass the supply"))?;
        self.rows.debit(from, total, *from_balance_after, at)?;
        let receipt = Receipt { to, amount: *amount, balance_after: *to_balance_after, credit: to_credit.as_ref() };
        self.receive(&receipt, at)?;
        match fee_credit {
            Some(credit) if credit.amount == *fee && !fee.is_zero() => self.credit_by_entry(credit, at)?,
            None if fee.is_zero() => {}
            _ => return Err(Fault::new("the fee's credit is not the fee")),
        }

        // 2. History: the payer's line and fee, the receiver's line.
        let line = self.line(from, to, *amount, remark, at);
        self.out.history.push(transactions::Model {
            leg: LEG_OUT,
            kind: TransactionKind::Sent.into(),
            direction: TransactionDirection::Out.into(),
            fee: (*fee).into(),
            balance_after: Some((*from_balance_after).into()),
            ..line.clone()
        });
        if !fee.is_zero() {
            self.out.history.push(transactions::Model {
                leg: LEG_FEE,
                kind: TransactionKind::Fee.into(),
                direction: TransactionDirection::Out.into(),
                counterparty_id: Some(AccountId::System(SystemAccount::OperationsFund).into()),
                amount: (*fee).into(),
                balance_after: Some((*from_balance_after).into()),
                ..line.clone()
            });
        }
        self.out.history.push(transactions::Model {
            account_id: (*to).into(),
            leg: LEG_IN,
            kind: TransactionKind::Received.into(),
            direction: TransactionDirection::In.into(),
            counterparty_id: Some((*from).into()),
            fee: (*fee).into(),
            balance_after: to_balance_after.map(Into::into),
            ..line
        });

        // 3. The request it paid, and the notices.
        if let Some(code) = qsend_code(at.key) {
            let payer = self.rows.person(from);
            self.out.paid.push(PaidRequest {
                code: code.to_owned(),
                payer_profile_id: payer.map(|person| person.profile_id),
                payer_account_id: *from,
                payer_name: payer.map(|person| person.name.clone()),
                fee: *fee,
                tx_id: at.tx_id,
                block: at.block,
                at: at.time,
            });
        }
        self.notify_payment(body, at);
        Ok(())
    }

    pub(super) fn internal_transfer(&mut self, body: &EventBody, at: &At<'_>) -> Folded {
        let EventBody::InternalTransferCompleted {
            from,
            to,
            amount,
            remark,
            from_balance_after,
            to_balance_after,
            to_credit,
            ..
        } = body
        else {
            return Ok(());
        };
        self.rows.debit(from, *amount, *from_balance_after, at)?;
        let receipt = Receipt { to, amount: *amount, balance_after: *to_balance_after, credit: to_credit.as_ref() };
        self.receive(&receipt, at)?;
        self.adjustment(from, to, *amount, TransactionDirection::Out, Some(*from_balance_after), remark, at);
        self.adjustment(to, from, *amount, TransactionDirection::In, *to_balance_after, remark, at);
        self.notify_adjustment(from, *amount, TransactionDirection::Out, Some(*from_balance_after), remark, at);
        self.notify_adjustment(to, *amount, TransactionDirection::In, *to_balance_after, remark, at);
        Ok(())
    }

    pub(super) fn disbursement(&mut self, body: &EventBody, at: &At<'_>) -> Folded {
        let EventBody::PoolDisbursed { pool, to, amount, minted, pool_balance_after, to_balance_after, remark } = body
        else {
            return Ok(());
        };
        let pool_account = AccountId::System(pool.account());
        let from_balance = amount
            .checked_sub(*minted)
            .ok_or_else(|| Fault::new(format!("{minted} Q were minted for a payment of {amount} Q")))?;
        if from_balance.is_zero() {
            let balance = self.rows.account(&pool_account)?.settled_balance.0;
            if balance != *pool_balance_after {
                return Err(Fault::new(format!("{pool_account} holds {balance} Q, not {pool_balance_after} Q")));
            }
        } else {
            self.rows.debit(&pool_account, from_balance, *pool_balance_after, at)?;
            let after = Some(*pool_balance_after);
            self.adjustment(&pool_account, to, from_balance, TransactionDirection::Out, after, remark, at);
        }
        self.rows.mint(*pool, *minted, at)?;
        self.rows.credit(to, *amount, *to_balance_after, at)?;
        self.adjustment(to, &pool_account, *amount, TransactionDirection::In, Some(*to_balance_after), remark, at);
        self.notify_adjustment(to, *amount, TransactionDirection::In, Some(*to_balance_after), remark, at);
        Ok(())
    }

    pub(super) fn sweep(
        &mut self,
        account: AccountId,
        delta_keys: &[String],
        amount: Qirat,
        balance_after: Qirat,
        at: &At<'_>,
    ) -> Folded {
        let mut sum = Qirat::ZERO;
        for key in delta_keys {
            let entry = self.rows.sweep_entry(key, &account, at)?;
            sum = sum.checked_add(entry).ok_or_else(|| Fault::new("the entries pass the supply"))?;
            self.out.swept.push(SweptDelta { delta_key: key.clone(), swept_by: at.tx_id });
        }
        if sum != amount {
            return Err(Fault::new(format!("the entries sum up to {sum} Q, not to {amount} Q")));
        }
        self.rows.credit(&account, amount, balance_after, at)?;
        let row = self.rows.change_account(&account, at)?;
        let left = row.unsettled_credit.checked_sub(amount);
        row.unsettled_credit =
            left.ok_or_else(|| Fault::new(format!("{account} has less than {amount} Q waiting")))?.into();
        Ok(())
    }

    pub(super) fn genesis_distributed(
        &mut self,
        user_id: GxId,
        country: CountryCode,
        phase: u8,
        amount: Qirat,
        balance_after: Qirat,
        at: &At<'_>,
    ) -> Folded {
        let account = AccountId::Holder(user_id);
        self.rows.mint(Pool::UserGenesis, amount, at)?;
        self.rows.credit(&account, amount, balance_after, at)?;
        let row = self.rows.change_country(country)?;
        let granted = row.people_granted.checked_add(amount);
        row.people_granted = granted.ok_or_else(|| Fault::new("the country's grants pass the supply"))?.into();
        let slots = match phase {
            1 => &mut row.phase1_granted,
            2 => &mut row.phase2_granted,
            3 => &mut row.phase3_granted,
            4 => &mut row.phase4_granted,
            5 => &mut row.phase5_granted,
            6 => &mut row.phase6_granted,
            _ => return Err(Fault::new(format!("there is no phase {phase}"))),
        };
        *slots += 1;
        let pool = AccountId::System(Pool::UserGenesis.account());
        let line = self.line(&account, &pool, amount, "", at);
        self.out.history.push(transactions::Model {
            leg: LEG_IN,
            kind: TransactionKind::Genesis.into(),
            balance_after: Some(balance_after.into()),
            ..line
        });
        self.notify_grant(&account, phase, amount, balance_after, at);
        Ok(())
    }

    pub(super) fn treasury_allocated(&mut self, credit: &DeltaCredit, phase: u8, at: &At<'_>) -> Folded {
        let AccountId::Treasury(country) = credit.account else {
            return Err(Fault::new(format!("{} is no treasury", credit.account)));
        };
        self.rows.mint(Pool::GovtGenesis, credit.amount, at)?;
        self.credit_by_entry(credit, at)?;
        let row = self.rows.change_country(country)?;
        let granted = row.treasury_granted.checked_add(credit.amount);
        row.treasury_granted = granted.ok_or_else(|| Fault::new("the treasury's grants pass the supply"))?.into();
        let pool = AccountId::System(Pool::GovtGenesis.account());
        let line = self.line(&credit.account, &pool, credit.amount, &format!("phase {phase}"), at);
        self.out.history.push(transactions::Model { leg: LEG_IN, kind: TransactionKind::Genesis.into(), ..line });
        Ok(())
    }

    fn receive(&mut self, receipt: &Receipt<'_>, at: &At<'_>) -> Folded {
        match (receipt.balance_after, receipt.credit) {
            (Some(after), None) => self.rows.credit(receipt.to, receipt.amount, after, at),
            (None, Some(credit)) if credit.account == *receipt.to && credit.amount == receipt.amount => {
                self.credit_by_entry(credit, at)
            }
            _ => Err(Fault::new("the receiver is credited neither by balance nor by an entry of the amount")),
        }
    }

    fn credit_by_entry(&mut self, credit: &DeltaCredit, at: &At<'_>) -> Folded {
        let entry = self.rows.credit_by_entry(credit, at)?;
        self.out.new_deltas.push(entry);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "they are the columns of one line")]
    fn adjustment(
        &mut self,
        account: &AccountId,
        other: &AccountId,
        amount: Qirat,
        direction: TransactionDirection,
        balance_after: Option<Qirat>,
        remark: &str,
        at: &At<'_>,
    ) {
        let line = self.line(account, other, amount, remark, at);
        let leg = if direction == TransactionDirection::Out { LEG_OUT } else { LEG_IN };
        self.out.history.push(transactions::Model {
            leg,
            direction: direction.into(),
            balance_after: balance_after.map(Into::into),
            ..line
        });
    }

    /// A line of `account`'s history, incoming and without kind; the caller completes it.
    fn line(
        &self,
        account: &AccountId,
        other: &AccountId,
        amount: Qirat,
        remark: &str,
        at: &At<'_>,
    ) -> transactions::Model {
        transactions::Model {
            account_id: (*account).into(),
            tx_id: at.tx_id.into(),
            event_index: at.event_index,
            leg: LEG_IN,
            kind: TransactionKind::Adjustment.into(),
            direction: TransactionDirection::In.into(),
            counterparty_id: Some((*other).into()),
            amount: amount.into(),
            fee: Qirat::ZERO.into(),
            balance_after: None,
            remark: remark.to_owned(),
            ledger_key: Some(at.key.clone().into()),
            block_number: at.block,
            tx_position: at.tx_position,
            occurred_at: at.time.into(),
        }
    }
}
