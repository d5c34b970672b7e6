//! Payments: who pays what, to the last Qirat.

use gx_contracts::testing::{call, pay};
use gx_contracts::{EventBody, Function, Namespace, Quote, RefusalCode, Scope, TransactionType};
use gx_types::Qirat;

use crate::support::{balance, bodies, granted, ledger, q, refusal, run, sum, ungranted};

#[test]
fn the_worked_payments_come_out_exactly() {
    // Receiver 10,000 Q, payer 5,000 Q; 50 Q are paid.
    let mut ledger = ledger();
    let (giver, us, gb) =
        (granted(&mut ledger, "FR", 1), ungranted(&mut ledger, "US", 2), ungranted(&mut ledger, "GB", 3));
    ledger.submit(&pay(giver.as_str(), us.as_str(), q(10_000), "1")).unwrap();
    ledger.submit(&pay(giver.as_str(), gb.as_str(), q(5_000), "2")).unwrap();
    ledger.submit(&pay(gb.as_str(), us.as_str(), q(50), "3")).unwrap();
    assert_eq!((balance(&ledger, us.as_str()), balance(&ledger, gb.as_str())), (10_050, 4_949));

    // Two people with their grant: 200 Q at once, or 100 Q twice.
    for parts in [&[200][..], &[100, 100]] {
        let mut ledger = crate::support::ledger();
        let (us, gb) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
        for (turn, part) in parts.iter().enumerate() {
            ledger.submit(&pay(us.as_str(), gb.as_str(), q(*part), &turn.to_string())).unwrap();
        }
        assert_eq!((balance(&ledger, us.as_str()), balance(&ledger, gb.as_str())), (499_999_798, 500_000_200));
    }
}

#[test]
fn fee_and_amount_are_the_debit_at_every_edge() {
    let edges = [
        1,
        2,
        50,
        99,
        100,
        101,
        200,
        2_999_999,
        3_000_000,
        3_000_001,
        99_999_999,
        100_000_000,
        100_000_001,
        498_000_000,
    ];
    for amount in edges {
        for (other, scope) in [("US", Scope::Local), ("GB", Scope::CrossBorder)] {
            let mut ledger = ledger();
            let (from, to) = (granted(&mut ledger, "US", 1), granted(&mut ledger, other, 2));
            let events = bodies(&mut ledger, &pay(from.as_str(), to.as_str(), q(amount), "k"));
            let [event @ EventBody::TransferCompleted { fee, fee_credit, scope: of, transaction_type, .. }] =
                events.as_slice()
            else {
                panic!("{events:?}")
            };
            assert_eq!((*of, *transaction_type), (scope, TransactionType::P2P));
            assert_eq!(fee_credit.as_ref().map_or(0, |credit| credit.amount.get()), fee.get());
            assert_eq!(balance(&ledger, from.as_str()), 500_000_000 - amount - fee.get());
            assert_eq!(balance(&ledger, to.as_str()), 500_000_000 + amount);
            let told: Vec<(String, u64)> =
                event.balances_after().into_iter().map(|(account, after)| (account.to_string(), after.get())).collect();
            let stands = [from, to].map(|id| (id.to_string(), balance(&ledger, id.as_str())));
            assert_eq!(told, stands);
        }
    }
}

#[test]
fn a_payment_of_everything_leaves_nothing() {
    let mut ledger = ledger();
    let (from, to) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "GB", 2));
    // 25 basis points of 498,753,117 Q, rounded up, are 1,246,883 Q.
    ledger.submit(&pay(from.as_str(), to.as_str(), q(498_753_117), "k")).unwrap();
    assert_eq!(balance(&ledger, from.as_str()), 0);
    assert_eq!(refusal(ledger.submit(&pay(from.as_str(), to.as_str(), q(1), "l"))), RefusalCode::InsufficientFunds);
}

#[test]
fn treasuries_and_the_system_pay_no_fee_and_receive_by_entries() {
    let mut ledger = ledger();
    let giver = granted(&mut ledger, "US", 1);
    for (turn, to) in ["treasury_GB", "SYSTEM_CHARITABLE_POOL", "SYSTEM_OPERATIONS_FUND"].iter().enumerate() {
        let events = bodies(&mut ledger, &pay(giver.as_str(), to, q(50_000_000), &turn.to_string()));
        let [
            EventBody::TransferCompleted {
                fee, fee_credit: None, to_balance_after: None, to_credit: Some(credit), ..
            },
        ] = events.as_slice()
        else {
            panic!("{events:?}")
        };
        assert_eq!((fee.get(), credit.amount.get(), credit.account.to_string()), (0, 50_000_000, (*to).to_owned()));
        assert_eq!(balance(&ledger, to), 0);
    }
}

#[test]
fn an_active_treasury_pays_what_was_swept_into_it() {
    let mut ledger = ledger();
    let bob = granted(&mut ledger, "GB", 1);
    run(&mut ledger, Function::ActivateTreasuryAccount, &["GB", "activate"]).unwrap();
    let from_treasury = |key: &str| {
        call(Function::TransferInternal, &["treasury_GB", bob.as_str(), "50000000", "SYSTEM_ADJUSTMENT", "", key])
    };
    assert_eq!(refusal(ledger.submit(&from_treasury("k"))), RefusalCode::InsufficientFunds, "not swept yet");
    let names: Vec<String> =
        ledger.entries(Namespace::Delta).map(|(key, _)| key.parts().collect::<Vec<_>>().join("/")).collect();
    run(&mut ledger, Function::SweepDeltas, &["treasury_GB", &serde_json::to_string(&names).unwrap(), "sweep"])
        .unwrap();
    assert_eq!((balance(&ledger, "treasury_GB"), sum(&ledger, Namespace::Delta)), (50_000_000, 0));
    ledger.submit(&from_treasury("k")).unwrap();
    assert_eq!((balance(&ledger, "treasury_GB"), balance(&ledger, bob.as_str())), (0, 550_000_000));
}

#[test]
fn a_new_schedule_is_charged_from_the_next_payment_on() {
    let mut ledger = ledger();
    let (from, to) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "US", 2));
    let quote = |ledger: &gx_contracts::testing::MemoryLedger| {
        let args = [from.as_str(), to.as_str(), "1000000", ""];
        ledger.query::<Quote>(Function::CalculateTransactionFee, &args).unwrap()
    };
    assert_eq!(quote(&ledger).fee, Qirat::ZERO);
    let mut schedule: serde_json::Value =
        serde_json::from_str(&gx_contracts::fees::FeeSchedule::initial().to_json()).unwrap();
    schedule["rows"][0]["bands"] = serde_json::json!([{ "rateBps": 1000, "minimumQirat": 1 }]);
    run(&mut ledger, Function::UpdateSystemParameter, &["feeSchedule", &schedule.to_string(), "fees"]).unwrap();
    let quoted = quote(&ledger);
    assert_eq!((quoted.fee, quoted.rate_bps), (q(100_000), 1_000));
    ledger.submit(&pay(from.as_str(), to.as_str(), q(1_000_000), "k")).unwrap();
    assert_eq!(balance(&ledger, from.as_str()), 500_000_000 - 1_100_000);
}

#[test]
fn an_empty_type_follows_from_the_accounts() {
    let ledger = ledger();
    let person = "US 984 AUM945 0ABCD 1234";
    let (shop, other_shop, office) =
        ("US 56C BNS641 1SHOP 0001", "US 56C BNS641 5BANK 0001", "US 56C BNS641 7CITY 0001");
    for (from, to, expected) in [
        (person, "GB CF1 ABF248 0ABCD 1234", TransactionType::P2P),
        (person, shop, TransactionType::Merchant),
        (shop, person, TransactionType::Merchant),
        (shop, other_shop, TransactionType::B2B),
        (person, office, TransactionType::Government),
        (office, shop, TransactionType::Government),
        (person, "treasury_US", TransactionType::Government),
    ] {
        let quote: Quote = ledger.query(Function::CalculateTransactionFee, &[from, to, "10000", ""]).unwrap();
        assert_eq!(quote.transaction_type, expected, "{from} → {to}");
        let asked: Quote = ledger.query(Function::CalculateTransactionFee, &[from, to, "10000", "B2B"]).unwrap();
        assert_eq!(asked.transaction_type, TransactionType::B2B);
    }
}
