//! Transactions that clients sign, and blocks in Fabric's shape.

use std::time::Duration;

use futures::StreamExt;
use gx_contracts::testing::pay;
use gx_contracts::{Role, Signer, TxContext};
use gx_ledger::{EmbeddedLedger, Ledger, LedgerError, Outcome, OwnEntry, RawBlock, Signed, TxCode};
use gx_types::{Qirat, TxId};
use sha2::{Digest, Sha256};

use crate::support::{NOW, WAIT, open, person, populate};

fn context(number: u8, role: Option<Role>) -> TxContext {
    let signer = Signer { msp_id: "Org2DevnetMSP".to_owned(), role };
    TxContext { tx_id: TxId::from_bytes([number; 32]), timestamp: NOW, signer }
}

/// A payment of 100 Q as a client with the admin role would sign it.
fn payment(ledger: &EmbeddedLedger, number: u8, key: &str) -> Signed {
    let call = pay(person(0).as_str(), person(1).as_str(), Qirat::new(100).unwrap(), key);
    let tx = context(number, Some(Role::Admin));
    let endorsed = ledger.simulate_signed(tx.clone(), &call.function, &call.args).unwrap();
    let envelope = format!("signed by a client, number {number}").into_bytes();
    Signed { tx, function: call.function, args: call.args, endorsed, code: TxCode::Valid, envelope }
}

async fn outcome(ledger: &EmbeddedLedger, number: u8) -> Outcome {
    ledger.outcome(&TxId::from_bytes([number; 32]), WAIT).await.unwrap()
}

/// SHA-256 over the ASN.1 form of a header whose number is below 128.
fn header_hash(block: &RawBlock) -> Vec<u8> {
    let mut sequence = vec![2, 1, u8::try_from(block.number).unwrap()];
    for hash in [&block.previous_hash, &block.data_hash] {
        sequence.extend([4, u8::try_from(hash.len()).unwrap()]);
        sequence.extend_from_slice(hash);
    }
    let header = [&[0x30, u8::try_from(sequence.len()).unwrap()][..], &sequence].concat();
    Sha256::digest(header).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_sign_is_ordered_validated_and_kept_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    populate(&ledger, 2).await;

    // 1. Two that read the same; the second is void, a copy of the first is a duplicate, and so is a changed copy.
    let (first, second) = (payment(&ledger, 1, "one"), payment(&ledger, 2, "two"));
    ledger.order_signed(first.clone()).unwrap();
    let Outcome::Committed(committed) = outcome(&ledger, 1).await else { panic!() };
    assert_eq!(committed.receipt, first.endorsed.receipt);
    ledger.order_signed(second).unwrap();
    assert!(matches!(outcome(&ledger, 2).await, Outcome::Invalid { code: TxCode::MvccReadConflict, .. }));
    ledger.order_signed(Signed { envelope: b"another".to_vec(), ..first.clone() }).unwrap();

    // 2. What its endorsements do not carry has no effect.
    let condemned = Signed { code: TxCode::EndorsementPolicyFailure, ..payment(&ledger, 3, "three") };
    ledger.order_signed(condemned).unwrap();
    let Outcome::Invalid { block, code } = outcome(&ledger, 3).await else { panic!() };
    assert_eq!(code, TxCode::EndorsementPolicyFailure);
    assert_eq!(outcome(&ledger, 1).await, Outcome::Committed(committed.clone()));
    assert!(ledger.knows(&TxId::from_bytes([3; 32])).unwrap() && !ledger.knows(&TxId::from_bytes([9; 32])).unwrap());

    // 3. The same call again is replayed: nothing to write.
    let again = payment(&ledger, 4, "one").endorsed;
    assert!(again.replayed && again.writes.is_empty() && again.events.is_empty());
    assert_eq!(again.receipt, committed.receipt);

    // 4. In Fabric's shape every block follows the one before, and the envelopes are there.
    let info = ledger.info().await.unwrap();
    let mut previous: Vec<u8> = Vec::new();
    let mut duplicates = 0;
    for number in 0..=info.height {
        let raw = ledger.raw_block(number).await.unwrap().unwrap();
        assert_eq!(raw.previous_hash, previous);
        assert_eq!(Sha256::digest(raw.entries.concat()).to_vec(), raw.data_hash);
        previous = header_hash(&raw);
        if number == 0 {
            assert_eq!(previous, info.fingerprint.as_bytes());
        }
        let block = ledger.blocks(number).next().await.unwrap().unwrap();
        let own = raw.entries.iter().zip(&raw.codes).map(|(entry, code)| OwnEntry::decode(entry, *code).unwrap());
        let mut own: Vec<Option<OwnEntry>> = own.collect();
        assert_eq!(own.pop(), Some(Some(OwnEntry::Seal(block.timestamp))), "every block ends with its seal");
        for (entry, tx) in own.iter().zip(&block.transactions) {
            assert!(entry.is_none() || *entry == Some(OwnEntry::Transaction(Box::new(tx.clone()))));
        }
        duplicates += raw.codes.iter().filter(|code| **code == TxCode::DuplicateTxId).count();
        if number == committed.block {
            assert_eq!(raw.entries.first(), Some(&first.envelope));
        }
    }
    assert_eq!(previous, info.last_block_hash.as_bytes());
    assert_eq!((duplicates, block), (1, info.height));
    assert_eq!(ledger.raw_block(info.height + 1).await.unwrap(), None);

    // 5. All of it verifies, now and after another start.
    let verified = ledger.verify(|_| ()).unwrap();
    assert_eq!(verified.height, info.height);
    ledger.close().unwrap();
    drop(ledger);
    let ledger = open(folder.path(), 2);
    assert_eq!(ledger.outcome(&committed.tx_id, Duration::ZERO).await.unwrap(), Outcome::Committed(committed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_without_the_role_and_a_call_without_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    populate(&ledger, 2).await;
    let good = payment(&ledger, 1, "one");
    for role in [None, Some(Role::PartnerApi)] {
        let refused = ledger.simulate_signed(context(2, role), &good.function, &good.args);
        assert!(matches!(refused, Err(LedgerError::Refused(_))), "{refused:?}");
    }
    assert!(ledger.query_signed(context(2, None), "AdminContract:GetSystemStatus", &[]).is_err());
    assert!(ledger.query_signed(context(2, Some(Role::PartnerApi)), "AdminContract:GetSystemStatus", &[]).is_ok());
    for args in [vec![], vec!["not a key".to_owned()]] {
        let refused = ledger.order_signed(Signed { args, ..good.clone() });
        assert!(matches!(refused, Err(LedgerError::Rejected { .. })), "{refused:?}");
    }
}
