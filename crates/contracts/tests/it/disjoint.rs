//! No hot keys: what has no account, pool or shard in common does not meet on the ledger.

use gx_contracts::genesis::shard_count;
use gx_contracts::testing::{Endorsed, call, create_user, pay};
use gx_contracts::{Function, Namespace};

use crate::support::{granted, ledger, person, q};

#[test]
fn a_thousand_payments_64_registrations_and_a_sweep_at_one_height_all_commit() {
    let mut ledger = ledger();
    let people: Vec<_> = (0..2_000_u64)
        .map(|number| granted(&mut ledger, ["US", "GB", "FR", "NG"][usize::try_from(number % 4).unwrap()], number))
        .collect();
    // Entries for the sweep, from earlier payments.
    for number in 0..20 {
        ledger.submit(&pay(people[0].as_str(), people[1].as_str(), q(1_000), &format!("early-{number}"))).unwrap();
    }
    let fund = "SYSTEM_OPERATIONS_FUND";
    let names: Vec<String> = ledger
        .entries(Namespace::Delta)
        .map(|(key, _)| key.parts().collect::<Vec<_>>().join("/"))
        .filter(|name| name.starts_with(fund))
        .collect();

    let mut endorsed: Vec<Endorsed> = Vec::new();
    for (number, pair) in people.chunks(2).enumerate() {
        // Cross-border, so that each one leaves a fee.
        let payment = pay(pair[0].as_str(), pair[1].as_str(), q(5_000), &format!("payment-{number}"));
        endorsed.push(ledger.simulate(&payment).unwrap());
    }
    assert_eq!(shard_count("IN"), Some(64));
    for shard in 0..64 {
        let id = person("IN", "1990-03-15", u64::from(shard));
        endorsed.push(ledger.simulate(&create_user(&id, 36, shard)).unwrap());
    }
    let sweep = call(Function::SweepDeltas, &[fund, &serde_json::to_string(&names).unwrap(), "sweep"]);
    endorsed.push(ledger.simulate(&sweep).unwrap());
    assert_eq!(endorsed.len(), 1_065);

    // No key that one writes is read or written by another.
    let mut writers = std::collections::BTreeMap::new();
    for (number, one) in endorsed.iter().enumerate() {
        for key in one.simulation.writes.keys() {
            assert_eq!(writers.insert(key.clone(), number), None, "{key:?} is written twice");
        }
    }
    for (number, one) in endorsed.iter().enumerate() {
        for key in one.reads.keys() {
            assert!(writers.get(key).is_none_or(|writer| *writer == number), "{key:?} is read by {number}");
        }
    }
    // So they commit in any order; the last one first is as good as any.
    for one in endorsed.iter().rev() {
        ledger.commit(one).unwrap();
    }
}

#[test]
fn payments_with_a_common_account_do_conflict() {
    let mut ledger = ledger();
    let (a, b, c) = (granted(&mut ledger, "US", 1), granted(&mut ledger, "US", 2), granted(&mut ledger, "US", 3));
    let first = ledger.simulate(&pay(a.as_str(), b.as_str(), q(1), "1")).unwrap();
    let second = ledger.simulate(&pay(a.as_str(), c.as_str(), q(1), "2")).unwrap();
    let freeze = ledger.simulate(&call(Function::FreezeWallet, &[b.as_str(), "x", "f"])).unwrap();
    assert!(second.is_hurt_by(&first) && first.is_hurt_by(&freeze) && !second.is_hurt_by(&freeze));
    ledger.commit(&first).unwrap();
    assert!(ledger.commit(&second).is_err());
}

#[test]
fn two_registrations_with_one_document_or_shard_do_conflict() {
    let ledger = ledger();
    let hash = gx_contracts::testing::document_hash("passport").to_string();
    let register = |number: u64, shard: &str, hash: &str| {
        let id = person("IN", "1990-03-15", number);
        ledger
            .simulate(&call(Function::CreateUser, &[id.as_str(), hash, "IN", "36", shard, &number.to_string()]))
            .unwrap()
    };
    let first = register(1, "0", &hash);
    assert!(register(2, "1", &hash).is_hurt_by(&first), "one document");
    let other = gx_contracts::testing::document_hash("licence").to_string();
    assert!(register(3, "0", &other).is_hurt_by(&first), "one shard");
    assert!(!register(4, "1", &other).is_hurt_by(&first));
}
