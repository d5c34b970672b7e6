//! What a payment costs: the contract's own fee function, fed with the projected schedule.

use gx_contracts::fees::{FeeSchedule, Scope, TransactionType};
use gx_types::api::tokenomics::{PaymentScope, PaymentType};
use gx_types::{GxId, Qirat};

/// A payment with its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// What the receiver gets.
    pub amount: Qirat,
    /// What the payer pays on top.
    pub fee: Qirat,
    /// Both together: what is held from the payer's balance.
    pub total: Qirat,
    /// The rate, basis points.
    pub rate_bps: u16,
    /// Local or cross-border.
    pub scope: Scope,
}

/// The price of a payment between two people, or `None` when amount and fee together pass the supply, which no balance
/// covers.
#[must_use]
pub fn price(schedule: &FeeSchedule, kind: TransactionType, payer: &GxId, receiver: &GxId, amount: Qirat) -> Option<Price> {
    let scope = if payer.country() == receiver.country() { Scope::Local } else { Scope::CrossBorder };
    let fee = schedule.fee(kind, scope, amount.get());
    let fee_amount = Qirat::new(fee.qirat).ok()?;
    let total = amount.checked_add(fee_amount)?;
    Some(Price { amount, fee: fee_amount, total, rate_bps: fee.rate_bps, scope })
}

/// The contract's word for a payment type of the API.
#[must_use]
pub const fn contract_type(kind: PaymentType) -> TransactionType {
    match kind {
        PaymentType::P2P => TransactionType::P2P,
        PaymentType::Merchant => TransactionType::Merchant,
        PaymentType::Government => TransactionType::Government,
        PaymentType::B2B => TransactionType::B2B,
    }
}

/// The API's word for a scope.
#[must_use]
pub const fn api_scope(scope: Scope) -> PaymentScope {
    match scope {
        Scope::Local => PaymentScope::Local,
        Scope::CrossBorder => PaymentScope::CrossBorder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> GxId {
        text.parse().unwrap()
    }

    #[test]
    fn the_worked_payments_cost_what_they_must() {
        let schedule = FeeSchedule::initial();
        let (us, gb) = (id("US A07 ABK524 0ABCD 1234"), id("GB A07 ABK524 0ABCD 1234"));
        let other_us = id("US D7F ABK583 0ABCD 1234");
        for (payer, receiver, amount, fee) in [
            (&gb, &us, 50, 1),
            (&us, &gb, 100, 1),
            (&us, &gb, 200, 2),
            (&us, &gb, 10_000, 15),
            (&us, &gb, 5_000_000, 7_500),
            (&us, &other_us, 2_999_999, 0),
            (&us, &other_us, 3_000_000, 1_500),
        ] {
            let amount = Qirat::new(amount).unwrap();
            let price = price(&schedule, TransactionType::P2P, payer, receiver, amount).unwrap();
            assert_eq!(price.fee.get(), fee, "{amount}");
            assert_eq!(Some(price.total), amount.checked_add(price.fee));
        }
        assert_eq!(price(&schedule, TransactionType::P2P, &us, &gb, Qirat::CAP), None);
    }
}
