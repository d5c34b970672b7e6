//! What a payment costs: the contract's own fee function, fed with the projected schedule.

use std::cell::RefCell;
use std::rc::Rc;

use gx_contracts::fees::{self, FeeSchedule, Quote, Scope, TransactionType};
use gx_types::api::tokenomics::{PaymentScope, PaymentType};
use gx_types::{AccountId, GxId, Qirat};

/// A payment with its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Amount, fee, rate, type and scope.
    pub quote: Quote,
    /// Amount and fee together: what is held from the payer's balance.
    pub total: Qirat,
}

/// The price of a payment between two holders, or `None` when amount and fee together pass the supply, which no balance
/// covers.
#[must_use]
pub fn price(
    schedule: &FeeSchedule,
    kind: TransactionType,
    payer: GxId,
    receiver: GxId,
    amount: Qirat,
) -> Option<Price> {
    let quote = fees::quote(schedule, &AccountId::Holder(payer), &AccountId::Holder(receiver), Some(kind), amount);
    let total = amount.checked_add(quote.fee)?;
    Some(Price { quote, total })
}

/// The schedule that a parameter's text stands for; `None` when it is none, which the ledger does not let happen.
///
/// Every payment asks and the schedule changes about never, so the last one is kept beside its text.
#[must_use]
pub fn schedule(text: &str) -> Option<Rc<FeeSchedule>> {
    thread_local! {
        static LAST: RefCell<Option<(String, Rc<FeeSchedule>)>> = const { RefCell::new(None) };
    }
    LAST.with_borrow_mut(|last| {
        if let Some((known, schedule)) = last
            && known == text
        {
            return Some(Rc::clone(schedule));
        }
        let schedule = Rc::new(FeeSchedule::from_json(text).ok()?);
        *last = Some((text.to_owned(), Rc::clone(&schedule)));
        Some(schedule)
    })
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
        let schedule = schedule(&FeeSchedule::initial().to_json()).unwrap();
        let (us, gb) = (id("US A07 ABK524 0ABCD 1234"), id("GB A07 ABK524 0ABCD 1234"));
        let other_us = id("US D7F ABK583 0ABCD 1234");
        for (payer, receiver, amount, fee) in [
            (gb, us, 50, 1),
            (us, gb, 100, 1),
            (us, gb, 200, 2),
            (us, gb, 10_000, 15),
            (us, gb, 5_000_000, 7_500),
            (us, other_us, 2_999_999, 0),
            (us, other_us, 3_000_000, 1_500),
        ] {
            let amount = Qirat::new(amount).unwrap();
            let price = price(&schedule, TransactionType::P2P, payer, receiver, amount).unwrap();
            assert_eq!(price.quote.fee.get(), fee, "{amount}");
            assert_eq!(Some(price.total), amount.checked_add(price.quote.fee));
        }
        assert_eq!(price(&schedule, TransactionType::P2P, us, gb, Qirat::CAP), None);
    }

    #[test]
    fn a_changed_text_gives_another_schedule() {
        let first = FeeSchedule::initial().to_json();
        let dearer = first.replace(r#""rateBps":15,"minimumQirat":1}"#, r#""rateBps":16,"minimumQirat":1}"#);
        assert_ne!(first, dearer);
        for text in [&first, &dearer, &first] {
            assert_eq!(&schedule(text).unwrap().to_json(), text);
        }
        assert!(schedule("{}").is_none());
    }
}
