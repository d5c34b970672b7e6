//! Every function of the outbox from every state: what the table has happens, everything else changes nothing.

use gx_store::entity::{outbox_commands, outbox_conflicts};
use gx_store::outbox::{
    self, ClaimOptions, Dead, EnvelopeFate, Failed, Holder, Projected, Release, SettledCommand, StoredEnvelope,
    TRANSITIONS,
};
use gx_store::sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use gx_store::testing::TestStore;
use gx_store::{Col, StoreError};
use gx_types::{CommandId, OutboxState, Timestamp, TxId};

use crate::outbox::{NOW, Scene, receipt, refusal};

const FENCE: i64 = 7;

/// Every function that writes a state, and whether it wants an envelope in the row.
const FUNCTIONS: &[(&str, bool)] = &[
    ("claim", false),
    ("take_over", true),
    ("store_envelopes", false),
    ("mark_submitted", true),
    ("mark_committed", true),
    ("mark_failed", false),
    ("mark_void_pending", false),
    ("release", false),
    ("endorse_anew", true),
    ("mark_dead", true),
    ("replay", false),
    ("mark_projected", true),
];

async fn call(scene: &Scene, function: &'static str, command_id: CommandId, fence: i64) -> bool {
    let holder = Holder { command_id, fence };
    let row = scene.row(command_id).await;
    let tx_id = TxId::from_bytes([4; 32]);
    let options = ClaimOptions { lease: std::time::Duration::from_secs(1), ..scene.options() };
    let receipt = receipt(tx_id, &row.ledger_key);
    scene
        .store
        .write(move |tx| {
            let (options, receipt, key) = (options.clone(), receipt.clone(), row.ledger_key.0.clone());
            Box::pin(async move {
                let error = || Some(("X".to_owned(), "x".to_owned()));
                let changed = match function {
                    "claim" => outbox::claim(tx, &options, NOW).await?.0.len(),
                    "take_over" => outbox::take_over(tx, &options, NOW).await?.len(),
                    "store_envelopes" => {
                        let envelope = StoredEnvelope { holder, tx_id, bytes: vec![1] };
                        outbox::store_envelopes(tx, &[envelope], NOW).await?.len()
                    }
                    "mark_submitted" => outbox::mark_submitted(tx, &[holder], NOW).await?.len(),
                    "mark_committed" => {
                        let settled = SettledCommand { holder, tx_id, block: 3, receipt };
                        outbox::mark_committed(tx, &[settled], NOW).await?.len()
                    }
                    "mark_failed" => {
                        outbox::mark_failed(tx, &[Failed { holder, refusal: refusal() }], NOW).await?.len()
                    }
                    "mark_void_pending" => {
                        outbox::mark_void_pending(tx, &[Failed { holder, refusal: refusal() }], NOW).await?.len()
                    }
                    "release" => {
                        let release = Release { holder, next_attempt_at: NOW, error: error(), sits_out: false };
                        outbox::release(tx, &[release], NOW).await?.len()
                    }
                    "endorse_anew" => outbox::endorse_anew(tx, &[(holder, EnvelopeFate::Lost)], NOW).await?.len(),
                    "mark_dead" => {
                        let dead = Dead { holder, error_code: "X".to_owned(), error_detail: "x".to_owned() };
                        outbox::mark_dead(tx, &[dead], NOW).await?.len()
                    }
                    "replay" => usize::from(outbox::replay(tx, command_id, NOW).await?),
                    "mark_projected" => {
                        let projected = Projected { ledger_key: key, tx_id, block: 3, receipt };
                        outbox::mark_projected(tx, &[projected], NOW).await?.len()
                    }
                    other => panic!("{other}"),
                };
                Ok::<_, StoreError>(changed == 1)
            })
        })
        .await
        .unwrap()
}

async fn put(scene: &Scene, command_id: CommandId, state: OutboxState, with_envelope: bool) {
    let mut row: outbox_commands::ActiveModel = scene.row(command_id).await.into();
    row.state = Set(Col(state));
    row.fence = Set(FENCE);
    row.tx_id = Set(with_envelope.then(|| Col(TxId::from_bytes([9; 32]))));
    row.envelope = Set(with_envelope.then(|| vec![9]));
    row.sent_at = Set(with_envelope.then_some(Col(NOW)));
    row.lease_until = Set(Col(Timestamp::from_micros(0)));
    scene
        .store
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                outbox_commands::Entity::update(row).exec(tx).await?;
                if state.is_final() {
                    // As the function that made it final did.
                    let held = outbox_conflicts::Column::CommandId.eq(Col(command_id));
                    outbox_conflicts::Entity::delete_many().filter(held).exec(tx).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
}

/// A command whose refusal needs no other row.
fn command(number: usize) -> gx_contracts::Command {
    let country = format!(
        "{}{}",
        char::from(b'A' + u8::try_from(number / 26).unwrap()),
        char::from(b'A' + u8::try_from(number % 26).unwrap())
    );
    gx_contracts::Command::ActivateTreasury {
        country: country.parse().unwrap(),
        request: format!("request-{number}").parse().unwrap(),
    }
}

#[tokio::test]
async fn each_function_changes_exactly_the_states_that_the_table_has() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let mut seen = Vec::new();
        let mut number = 0;
        for (function, with_envelope) in FUNCTIONS {
            for from in OutboxState::ALL {
                number += 1;
                let id = scene.enqueue(command(number)).await;
                put(&scene, id, *from, *with_envelope).await;
                let before = scene.row(id).await;
                let changed = call(&scene, function, id, FENCE).await;
                let after = scene.row(id).await;
                let allowed = TRANSITIONS
                    .iter()
                    .find(|(allowed_from, _, by)| allowed_from == from && by == function)
                    .map(|(_, to, _)| *to);
                assert_eq!(changed, allowed.is_some(), "{function} from {from}");
                assert_eq!(after.state.0, allowed.unwrap_or(*from), "{function} from {from}");
                if changed {
                    seen.push((*from, after.state.0, *function));
                } else {
                    assert_eq!(before, after, "{function} from {from}");
                }
                // Out of the way of the next.
                put(&scene, id, OutboxState::Failed, false).await;
            }
        }
        for transition in TRANSITIONS {
            assert!(seen.contains(transition), "{transition:?} is in the table and nothing does it");
        }
        assert_eq!(seen.len(), TRANSITIONS.len());
    }
}

#[tokio::test]
async fn whoever_has_lost_the_lease_changes_nothing() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let mut number = 0;
        for (function, with_envelope) in FUNCTIONS {
            if ["claim", "take_over", "replay", "mark_projected"].contains(function) {
                continue;
            }
            for from in [OutboxState::Submitting, OutboxState::Submitted] {
                number += 1;
                let id = scene.enqueue(command(number)).await;
                put(&scene, id, from, *with_envelope).await;
                let before = scene.row(id).await;
                assert!(!call(&scene, function, id, FENCE - 1).await, "{function} from {from}");
                assert_eq!(before, scene.row(id).await, "{function} from {from}");
            }
        }
    }
}

#[tokio::test]
async fn a_transaction_that_only_voided_a_key_is_no_success() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let id = scene.enqueue(command(1)).await;
        let row = scene.row(id).await;
        let tx_id = TxId::from_bytes([4; 32]);
        let mut voided = receipt(tx_id, &row.ledger_key);
        voided.result = gx_contracts::ReceiptResult::Voided;
        let projected = Projected { ledger_key: row.ledger_key.0.clone(), tx_id, block: 3, receipt: voided };
        let changed = scene
            .store
            .write(move |tx| {
                let projected = projected.clone();
                Box::pin(async move { outbox::mark_projected(tx, &[projected], NOW).await })
            })
            .await
            .unwrap();
        assert!(changed.is_empty());
        assert_eq!(scene.row(id).await, row);
    }
}
