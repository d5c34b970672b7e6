//! Grants: ages, slots, phases, shards, documents.

use gx_contracts::genesis::{PHASES, shard_slots};
use gx_contracts::queries::{CountryStats, SupplyStatus};
use gx_contracts::state::UserRecord;
use gx_contracts::testing::{MemoryLedger, call, create_user, document_hash};
use gx_contracts::{EventBody, Function, Key, Namespace, NoGrantReason, ReceiptResult, RefusalCode};
use gx_types::{Qirat, Timestamp};

use crate::support::{TODAY, at, balance, bodies, ledger, person, refusal, sum};

fn grant(ledger: &mut MemoryLedger, born: &str, age: u32, number: u64) -> (Qirat, Option<u8>) {
    let id = person("US", born, number);
    match ledger.submit(&create_user(&id, age, 0)).unwrap().0.result {
        ReceiptResult::UserCreated { grant, phase } => (grant, phase),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_registration_tells_everything_it_did() {
    let mut ledger = ledger();
    let id = person("US", "1990-03-15", 1);
    let events = bodies(&mut ledger, &create_user(&id, 36, 7));
    let [EventBody::UserCreated { user_id, age: 36, .. }, distributed, allocated] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(*user_id, id);
    let EventBody::GenesisDistributed { shard: 7, phase: 1, amount, balance_after, .. } = distributed else {
        panic!("{distributed:?}")
    };
    assert_eq!((amount.get(), balance_after.get()), (500_000_000, 500_000_000));
    let EventBody::TreasuryAllocated { credit, phase: 1 } = allocated else { panic!("{allocated:?}") };
    assert_eq!((credit.account.to_string().as_str(), credit.amount.get()), ("treasury_US", 50_000_000));
    assert_eq!(balance(&ledger, id.as_str()), 500_000_000);
    assert_eq!(balance(&ledger, "treasury_US"), 0, "the treasury's part waits for a sweep");
    assert_eq!(sum(&ledger, Namespace::Delta), 50_000_000);
}

#[test]
fn grants_are_for_13_to_73_full_years_on_the_transactions_day() {
    let mut ledger = ledger();
    let some = (Qirat::gx(500), Some(1));
    let none = (Qirat::ZERO, None);
    assert_eq!(grant(&mut ledger, "2013-06-15", 13, 1), some, "13 today");
    let child = person("US", "2013-06-16", 2);
    assert_eq!(refusal(ledger.submit(&create_user(&child, 12, 0))), RefusalCode::AgeBelowMinimum);
    assert_eq!(refusal(ledger.submit(&create_user(&child, 13, 0))), RefusalCode::AgeBelowMinimum, "the id decides");
    assert_eq!(grant(&mut ledger, "1952-06-16", 73, 3), some, "74 tomorrow");
    assert_eq!(grant(&mut ledger, "1952-06-15", 74, 4), none, "74 today");
    assert_eq!(grant(&mut ledger, "1952-06-15", 73, 5), none, "the claimed age decides nothing");
    assert_eq!(grant(&mut ledger, "1900-01-01", 126, 6), none);
    // Born on a leap day: a year older on 1 March in other years.
    ledger.set_now(at("2025-02-28T23:59:59.999999Z"));
    let leap = person("US", "2012-02-29", 7);
    assert_eq!(refusal(ledger.submit(&create_user(&leap, 13, 0))), RefusalCode::AgeBelowMinimum);
    ledger.set_now(at("2025-03-01T00:00:00Z"));
    assert_eq!(grant(&mut ledger, "2012-02-29", 13, 8), some);
    // Years are counted in UTC, whatever the hour.
    ledger.set_now(at("2026-01-01T01:30:00+02:00"));
    let midnight = person("US", "2013-01-01", 9);
    assert_eq!(refusal(ledger.submit(&create_user(&midnight, 13, 0))), RefusalCode::AgeBelowMinimum);
}

#[test]
fn the_claimed_age_may_be_a_year_off_and_no_more() {
    let ledger = ledger();
    let id = person("US", "1990-03-15", 1);
    for (age, fits) in [(34, false), (35, true), (36, true), (37, true), (38, false), (0, false), (150, false)] {
        let result = ledger.simulate(&create_user(&id, age, 0));
        if fits {
            assert!(result.is_ok(), "{age}");
        } else {
            assert_eq!(refusal(result), RefusalCode::AgeMismatch, "{age}");
        }
    }
}

#[test]
fn both_sexes_register_and_the_date_is_read_without_the_offset() {
    let mut ledger = ledger();
    for (id, age) in [("US 984 AUM945 0ABCD 1234", 36), ("GB CF1 ABF248 0ABCD 1234", 40)] {
        let events = bodies(&mut ledger, &create_user(&id.parse().unwrap(), age, 0));
        assert!(matches!(events[0], EventBody::UserCreated { age: of_id, .. } if of_id == age), "{events:?}");
    }
}

#[test]
fn a_document_gives_one_account() {
    let mut ledger = ledger();
    let first = person("US", "1990-03-15", 1);
    ledger.submit(&create_user(&first, 36, 0)).unwrap();
    let hash = document_hash(first.as_str()).to_string();
    for (country, age) in [("US", "36"), ("GB", "36")] {
        let second = person(country, "1990-03-15", 2);
        let again = call(Function::CreateUser, &[second.as_str(), &hash, country, age, "0", "again"]);
        assert_eq!(refusal(ledger.submit(&again)), RefusalCode::DocumentAlreadyUsed);
    }
    // Without a grant it is no different.
    let old = person("US", "1940-01-01", 3);
    ledger.submit(&create_user(&old, 86, 0)).unwrap();
    let other = person("US", "1940-01-01", 4);
    let hash = document_hash(old.as_str()).to_string();
    let again = call(Function::CreateUser, &[other.as_str(), &hash, "US", "86", "0", "again"]);
    assert_eq!(refusal(ledger.submit(&again)), RefusalCode::DocumentAlreadyUsed);
}

#[test]
fn va_goes_through_every_phase_to_its_last_slot() {
    let mut ledger = ledger();
    let mut number = 0;
    let mut register = |ledger: &mut MemoryLedger| {
        number += 1;
        let id = person("VA", "1990-03-15", number);
        let (receipt, events) = ledger.submit(&create_user(&id, 36, 0)).unwrap();
        let ReceiptResult::UserCreated { grant, phase } = receipt.result else { panic!("{receipt:?}") };
        (id, grant, phase, events)
    };
    for (phase, slots) in PHASES.iter().zip([12, 24, 36, 48, 186, 294]) {
        for _ in 0..slots {
            let (id, grant, of_phase, events) = register(&mut ledger);
            assert_eq!((grant, of_phase), (phase.user_grant, Some(phase.number)));
            assert_eq!(balance(&ledger, id.as_str()), phase.user_grant.get());
            assert_eq!(events[2].body.credits()[0].amount, phase.treasury_grant);
        }
    }
    let (id, grant, phase, events) = register(&mut ledger);
    assert_eq!((grant, phase), (Qirat::ZERO, None));
    assert_eq!(balance(&ledger, id.as_str()), 0);
    let exhausted = EventBody::GenesisNotGranted { user_id: id, reason: NoGrantReason::CountryExhausted };
    assert_eq!(events[1].body, exhausted);
    assert_eq!(events.len(), 2);
    assert_eq!(register(&mut ledger).1, Qirat::ZERO, "and so does the next one");

    let stats: CountryStats = ledger.query(Function::GetCountryStats, &["VA"]).unwrap();
    assert_eq!((stats.used, stats.current_phase), ([12, 24, 36, 48, 186, 294], None));
    let supply: SupplyStatus = ledger.query(Function::GetSupplyStatus, &[]).unwrap();
    let people: u64 = 12 * 500 + 24 * 400 + 36 * 300 + 48 * 200 + 186 * 100 + 294 * 50;
    let treasury: u64 = (600 - 294) * 50 + 294 * 10;
    assert_eq!(supply.total_minted, Qirat::gx(people + treasury));
    assert_eq!(
        sum(&ledger, Namespace::Balance) + sum(&ledger, Namespace::Delta),
        u128::from(supply.total_minted.get())
    );
}

/// Leaves a shard with this many slots free in phase 1.
fn leave(ledger: &mut MemoryLedger, country: &CountryStats, shard: u16, free: u64) {
    let slots = shard_slots(country.country.slots, shard, country.country.shards);
    let used = [slots[0] - free, 0, 0, 0, 0, 0];
    let key = Key::new(Namespace::Shard, &[country.country.code.as_str(), &shard.to_string()]).unwrap();
    ledger.plant(key, &serde_json::to_vec(&used).unwrap());
}

fn taken(ledger: &mut MemoryLedger, number: u64, hint: u16) -> (u8, u16) {
    let id = person("LU", "1990-03-15", number);
    let events = bodies(ledger, &create_user(&id, 36, hint));
    match &events[1] {
        EventBody::GenesisDistributed { phase, shard, .. } => (*phase, *shard),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_shard_falls_through_and_a_phase_ends_for_the_whole_country() {
    let mut ledger = ledger();
    let country: CountryStats = ledger.query(Function::GetCountryStats, &["LU"]).unwrap();
    let shards = country.country.shards;
    assert!(shards > 3, "LU has {shards} shards");
    for shard in 0..shards {
        leave(&mut ledger, &country, shard, u64::from(shard == 2));
    }
    leave(&mut ledger, &country, shards - 1, 1);
    assert_eq!(taken(&mut ledger, 1, 0), (1, 2), "to the next shard with a slot of the lowest phase");
    assert_eq!(taken(&mut ledger, 2, 1), (1, shards - 1), "and round to the last");
    assert_eq!(taken(&mut ledger, 3, 1), (2, 1), "then the next phase begins, in the shard of the hint");
    let stats: CountryStats = ledger.query(Function::GetCountryStats, &["LU"]).unwrap();
    assert_eq!(stats.current_phase, Some(2));

    // From now on a registration reads its own shard only.
    let id = person("LU", "1990-03-15", 4);
    let endorsed = ledger.simulate(&create_user(&id, 36, 0)).unwrap();
    let shard_keys = endorsed.reads.keys().filter(|key| key.as_str().starts_with("\0shard\0")).count();
    assert_eq!(shard_keys, 1);
}

#[test]
fn the_record_of_a_person_holds_what_was_decided() {
    let mut ledger = ledger();
    let id = person("GB", "1990-03-15", 1);
    ledger.submit(&create_user(&id, 36, 0)).unwrap();
    let record: UserRecord = ledger.query(Function::GetUser, &[id.as_str()]).unwrap();
    assert_eq!(record.registered_at, TODAY.parse::<Timestamp>().unwrap());
    assert_eq!(record.document_hash, document_hash(id.as_str()));
    assert_eq!((record.grant.unwrap().phase, record.frozen), (1, None));
    assert!(ledger.query::<bool>(Function::UserExists, &[id.as_str()]).unwrap());
    let nobody = person("GB", "1990-03-15", 2);
    assert!(!ledger.query::<bool>(Function::UserExists, &[nobody.as_str()]).unwrap());
}
