//! One fault at a time.

use std::sync::Arc;
use std::time::Duration;

use gx_contracts::{Refusal, RefusalCode};
use gx_ledger::{Envelope, Ledger, Prepared, Proposal};
use gx_outbox_submitter::{SubmitterError, SubmitterOptions};
use gx_store::outbox::{self, ClaimOptions, Holder, StoredEnvelope};
use gx_store::testing::TestStore;
use gx_store::{Store, StoreError};
use gx_types::{CommandId, OutboxState, Timestamp};

use crate::scene::{Scene, activate, eventually, freeze, sweep, transfer};
use crate::scripted::{Fate, Scripted};

const PAUSED: RefusalCode = RefusalCode::SystemPaused;

async fn scenes() -> Vec<(TestStore, Arc<Scripted>, Scene)> {
    TestStore::each()
        .await
        .unwrap()
        .into_iter()
        .map(|test| {
            let ledger = Scripted::new();
            let scene = Scene::new(&test.store, ledger.clone());
            (test, ledger, scene)
        })
        .collect()
}

/// Every command had exactly one effect.
fn assert_one_effect(ledger: &Scripted, commands: usize) {
    ledger.with(|world| {
        assert_eq!(world.effects.len(), commands);
        assert!(world.effects.values().all(|effects| *effects == 1), "{:?}", world.effects);
    });
}

#[tokio::test]
async fn commands_are_committed_and_nobody_is_called_for_what_the_projector_will_tell() {
    for (_test, ledger, scene) in scenes().await {
        let mut ids = Vec::new();
        for pair in 0..60 {
            ids.push(scene.enqueue(transfer(pair * 2, pair * 2 + 1)).await);
        }
        let running = scene.start();
        for id in &ids {
            let row = scene.wait_for(*id, &[OutboxState::Committed]).await;
            assert!(row.tx_id.is_some() && row.block_number.is_some() && row.receipt.is_some());
            assert_eq!((row.envelope, row.attempts), (None, 1));
        }
        running.stop().await;
        assert_one_effect(&ledger, 60);
        assert!(scene.refused.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_busy_account_is_paid_one_at_a_time_in_order() {
    for (_test, ledger, scene) in scenes().await {
        let mut ids = Vec::new();
        for receiver in 1..30 {
            ids.push(scene.enqueue(transfer(0, receiver)).await);
        }
        let running = scene.start();
        let mut blocks = Vec::new();
        for id in &ids {
            blocks.push(scene.wait_for(*id, &[OutboxState::Committed]).await.block_number.unwrap());
        }
        running.stop().await;
        assert!(blocks.is_sorted(), "{blocks:?}");
        assert_one_effect(&ledger, 29);
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_no_key_is_voided_for_it() {
    for (_test, ledger, scene) in scenes().await {
        let command = activate("GB");
        ledger.with(|world| world.refused.insert(command.ledger_key(), Refusal::of(PAUSED)));
        let id = scene.enqueue(command).await;
        let running = scene.start();
        let row = scene.wait_for(id, &[OutboxState::Failed]).await;
        assert_eq!(row.error_code.as_deref(), Some("SYSTEM_PAUSED"));
        running.stop().await;
        ledger.with(|world| assert!(world.effects.is_empty() && world.voids.is_empty()));
        assert_eq!(*scene.refused.lock().unwrap(), [id]);
    }
}

#[tokio::test]
async fn an_invalid_envelope_is_endorsed_anew() {
    for (_test, ledger, scene) in scenes().await {
        ledger.with(|world| world.fates = vec![Fate::Invalid, Fate::Invalid]);
        let id = scene.enqueue(transfer(1, 2)).await;
        let running = scene.start();
        let row = scene.wait_for(id, &[OutboxState::Committed]).await;
        assert_eq!(row.attempts, 3);
        running.stop().await;
        assert_one_effect(&ledger, 1);
        ledger.with(|world| assert_eq!(world.prepared, 3));
    }
}

#[tokio::test]
async fn an_envelope_that_got_lost_is_sent_again_unchanged() {
    for fate in [Fate::Lost, Fate::LostUnheard] {
        for (_test, ledger, scene) in scenes().await {
            ledger.with(|world| world.fates = vec![fate]);
            let id = scene.enqueue(transfer(1, 2)).await;
            let running = scene.start();
            scene.wait_for(id, &[OutboxState::Committed]).await;
            running.stop().await;
            assert_one_effect(&ledger, 1);
            ledger.with(|world| {
                assert_eq!(world.prepared, 1);
                assert_eq!(world.sent.len(), 2);
                assert_eq!(world.sent[0], world.sent[1]);
            });
        }
    }
}

#[tokio::test]
async fn an_answer_that_got_lost_is_not_taken_for_a_failure() {
    for (_test, ledger, scene) in scenes().await {
        ledger.with(|world| world.fates = vec![Fate::CommitsUnheard]);
        let id = scene.enqueue(transfer(1, 2)).await;
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 1);
        ledger.with(|world| assert_eq!(world.prepared, 1));
    }
}

#[tokio::test]
async fn an_idle_chain_never_makes_an_envelope_count_as_lost() {
    for (_test, ledger, scene) in scenes().await {
        ledger.with(|world| world.fates = vec![Fate::Held; 6]);
        let id = scene.enqueue(transfer(1, 2)).await;
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Submitted]).await;
        // Longer than the time after which it could be given up, but no block comes.
        eventually("it is sent again several times", async || ledger.with(|world| world.sent.len() >= 5)).await;
        ledger.with(|world| assert_eq!(world.prepared, 1));
        ledger.release();
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 1);
    }
}

#[tokio::test]
async fn an_envelope_that_two_blocks_passed_is_given_up_and_commits_at_most_once_with_its_successor() {
    for (_test, ledger, scene) in scenes().await {
        ledger.with(|world| world.fates = vec![Fate::Held; 100]);
        let id = scene.enqueue(transfer(1, 2)).await;
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Submitted]).await;
        eventually("it is endorsed anew", async || {
            ledger.add_blocks(1);
            ledger.with(|world| world.prepared >= 2)
        })
        .await;
        let row = scene.row(id).await;
        assert_ne!(row.open_tx_ids, "[]", "the old envelope is remembered");
        // Both arrive.
        ledger.release();
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 1);
    }
}

/// The old envelope is still under way when the contract refuses the new endorsement.
async fn refused_with_an_open_envelope(ledger: &Scripted, scene: &Scene) -> CommandId {
    ledger.with(|world| world.fates = vec![Fate::Held; 100]);
    let command = activate("GB");
    let key = command.ledger_key();
    let id = scene.enqueue(command).await;
    let running = scene.start();
    scene.wait_for(id, &[OutboxState::Submitted]).await;
    ledger.with(|world| world.refused.insert(key, Refusal::of(PAUSED)));
    // Nobody answers when the key is to be voided, so that the state in between can be seen.
    eventually("the refusal waits for the key", async || {
        ledger.add_blocks(1);
        scene.row(id).await.void_pending || scene.state(id).await == OutboxState::Failed
    })
    .await;
    running.stop().await;
    id
}

#[tokio::test]
async fn a_refusal_with_an_open_envelope_becomes_final_only_when_the_key_is_void() {
    for (_test, ledger, scene) in scenes().await {
        let id = refused_with_an_open_envelope(&ledger, &scene).await;
        let running = scene.start();
        let row = scene.wait_for(id, &[OutboxState::Failed]).await;
        assert_eq!(row.error_code.as_deref(), Some("SYSTEM_PAUSED"));
        ledger.with(|world| assert_eq!(world.voids.len(), 1));
        // The old envelope arrives at last and has no effect.
        ledger.release();
        ledger.with(|world| assert!(world.effects.is_empty()));
        running.stop().await;
        assert_eq!(scene.state(id).await, OutboxState::Failed);
    }
}

#[tokio::test]
async fn a_refusal_is_overruled_when_the_open_envelope_has_committed() {
    for (_test, ledger, scene) in scenes().await {
        let command = activate("GB");
        let key = command.ledger_key();
        ledger.with(|world| world.fates = vec![Fate::Held; 100]);
        let id = scene.enqueue(command).await;
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Submitted]).await;
        // The refusal is written down while nothing can be voided; then the old envelope commits.
        let row = scene.row(id).await;
        running.kill().await;
        let holder = Holder { command_id: id, fence: row.fence };
        scene
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let now = Timestamp::from_micros(1);
                    outbox::endorse_anew(tx, &[(holder, outbox::EnvelopeFate::Lost)], now).await?;
                    let failed = outbox::Failed { holder, refusal: Refusal::of(PAUSED) };
                    outbox::mark_void_pending(tx, &[failed], now).await
                })
            })
            .await
            .unwrap_or_else(|error: StoreError| panic!("{error}"));
        ledger.release();
        ledger.with(|world| world.refused.insert(key, Refusal::of(PAUSED)));
        let running = scene.start();
        let row = scene.wait_for(id, &[OutboxState::Committed, OutboxState::Failed]).await;
        assert_eq!(row.state.0, OutboxState::Committed);
        assert!(!row.void_pending);
        running.stop().await;
        assert_one_effect(&ledger, 1);
    }
}

/// A submitter that stored an envelope, sent it or not, and died; its lease is over.
async fn left_behind(store: &Store, ledger: &Scripted, sent: bool) -> Envelope {
    let options = ClaimOptions {
        owner: "the late one".to_owned(),
        lease: Duration::ZERO,
        commands_max: 1,
        window: 10,
        cursor: 0,
    };
    let now = Timestamp::from_micros(2_000_000_000_000_000);
    let (mut claimed, _) = store
        .write(move |tx| {
            let options = ClaimOptions { lease: Duration::ZERO, ..options.clone() };
            Box::pin(async move { outbox::claim(tx, &options, now).await })
        })
        .await
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    let claimed = claimed.remove(0);
    let Prepared::Envelope(envelope) = ledger.prepare(Proposal::of(&claimed.command, now)).await.unwrap() else {
        panic!("an envelope was expected")
    };
    let stored = StoredEnvelope {
        holder: Holder { command_id: claimed.command_id, fence: claimed.fence },
        tx_id: envelope.tx_id,
        bytes: envelope.bytes.clone(),
    };
    let sql = "UPDATE outbox_commands SET lease_until = 0";
    store
        .write(move |tx| {
            let stored = stored.clone();
            Box::pin(async move {
                use gx_store::sea_orm::ConnectionTrait;
                outbox::store_envelopes(tx, &[stored], now).await?;
                tx.execute_unprepared(sql).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    if sent {
        ledger.send(&envelope).await.unwrap();
    }
    envelope
}

#[tokio::test]
async fn what_a_dead_submitter_left_is_looked_up_before_it_is_sent_again() {
    for sent in [true, false] {
        for (_test, ledger, scene) in scenes().await {
            let id = scene.enqueue(transfer(1, 2)).await;
            let envelope = left_behind(&scene.store, &ledger, sent).await;
            let running = scene.start();
            let row = scene.wait_for(id, &[OutboxState::Committed]).await;
            assert_eq!(row.tx_id.unwrap().0, envelope.tx_id, "the same envelope");
            running.stop().await;
            assert_one_effect(&ledger, 1);
            ledger.with(|world| assert_eq!(world.sent, [envelope.tx_id], "sent once in all"));
        }
    }
}

#[tokio::test]
async fn a_receipt_that_is_there_already_settles_the_row_with_the_first_transaction() {
    for (_test, ledger, scene) in scenes().await {
        let command = transfer(1, 2);
        let first = ledger.submit(Proposal::of(&command, Timestamp::from_micros(5)), Duration::ZERO).await.unwrap();
        let gx_ledger::Settled::Committed(first) = first else { panic!("{first:?}") };
        let id = scene.enqueue(command).await;
        let running = scene.start();
        let row = scene.wait_for(id, &[OutboxState::Committed]).await;
        assert_eq!(row.tx_id.unwrap().0, first.tx_id);
        assert_eq!(row.block_number, Some(i64::try_from(first.block).unwrap()));
        running.stop().await;
        assert_one_effect(&ledger, 1);
        ledger.with(|world| assert_eq!(world.sent.len(), 1, "nothing was sent for it"));
    }
}

#[tokio::test]
async fn an_unreachable_ledger_opens_the_breaker_and_loses_nothing() {
    for (_test, ledger, scene) in scenes().await {
        let running = scene.start();
        let first = scene.enqueue(transfer(1, 2)).await;
        scene.wait_for(first, &[OutboxState::Committed]).await;
        assert_eq!(running.health.ledger(), Ok(()));
        ledger.with(|world| world.unreachable = true);
        let mut ids = Vec::new();
        for pair in 0..40 {
            ids.push(scene.enqueue(transfer(100 + pair * 2, 101 + pair * 2)).await);
        }
        eventually("the breaker opens", async || running.health.ledger().is_err()).await;
        let binding = async || gx_store::repo::ledger_binding::get(scene.store.read()).await.unwrap().unwrap();
        eventually("services see it", async || !binding().await.reachable).await;
        for id in &ids {
            assert!(matches!(scene.state(*id).await, OutboxState::Pending | OutboxState::Submitting));
        }
        ledger.with(|world| world.unreachable = false);
        for id in &ids {
            scene.wait_for(*id, &[OutboxState::Committed]).await;
        }
        assert!(binding().await.reachable);
        assert_eq!(running.health.ledger(), Ok(()));
        running.stop().await;
        assert_one_effect(&ledger, 41);
    }
}

#[tokio::test]
async fn a_ledger_that_never_answered_is_named_before_there_is_any_command() {
    for (_test, ledger, scene) in scenes().await {
        ledger.with(|world| world.unreachable = true);
        let running = scene.start();
        let why = || running.health.ledger().err().unwrap_or_default();
        eventually("the health page names the reason", async || why().contains("scripted")).await;
        ledger.with(|world| world.unreachable = false);
        eventually("it answers", async || running.health.ledger().is_ok()).await;
        running.stop().await;
    }
}

#[tokio::test]
async fn a_command_that_never_gets_through_is_dead_and_a_replay_does_not_do_it_twice() {
    for (_test, ledger, mut scene) in scenes().await {
        scene.options.submitted_after = Duration::from_millis(5);
        ledger.with(|world| world.fates = vec![Fate::Invalid; 40]);
        let id = scene.enqueue(sweep("GB")).await;
        let running = scene.start();
        let row = scene.wait_for(id, &[OutboxState::Dead]).await;
        assert_eq!((row.attempts, row.error_code.as_deref()), (8, Some("LEDGER_CONFLICT")));
        // Its account is free.
        ledger.with(|world| world.fates.clear());
        let other = scene.enqueue(sweep("GB")).await;
        scene.wait_for(other, &[OutboxState::Committed]).await;
        assert!(scene.replay(id).await);
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 2);
    }
}

#[tokio::test]
async fn several_submitters_on_one_database_do_no_double_work() {
    for (_test, ledger, mut scene) in scenes().await {
        scene.options.alone_after = SubmitterOptions::default().alone_after;
        let mut ids = Vec::new();
        for pair in 0..150 {
            ids.push(scene.enqueue(transfer(pair * 2, pair * 2 + 1)).await);
        }
        let running = [scene.start(), scene.start(), scene.start()];
        for id in &ids {
            scene.wait_for(*id, &[OutboxState::Committed]).await;
        }
        for running in running {
            running.stop().await;
        }
        assert_one_effect(&ledger, 150);
        ledger.with(|world| {
            assert_eq!(world.prepared, 150);
            assert_eq!(world.sent.len(), 150);
        });
    }
}

#[tokio::test]
async fn a_submitter_that_stops_leaves_its_open_commands_to_the_next_at_once() {
    for (_test, ledger, mut scene) in scenes().await {
        scene.options.lease = Duration::from_secs(600);
        ledger.with(|world| world.fates = vec![Fate::Held; 100]);
        let id = scene.enqueue(transfer(1, 2)).await;
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Submitted]).await;
        running.stop().await;
        ledger.release();
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 1);
    }
}

#[tokio::test]
async fn a_database_of_another_ledger_is_refused() {
    for (_test, _ledger, scene) in scenes().await {
        let id = scene.enqueue(transfer(1, 2)).await;
        let mut other = Scripted { world: Default::default(), fingerprint: gx_types::Sha256Hex::from_bytes([8; 32]) };
        other.world.get_mut().unwrap().height = 3;
        let running = scene.start();
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        let other = Scene::new(&scene.store, Arc::new(other));
        let refused = other.start().task.await.unwrap();
        assert!(matches!(refused, Err(SubmitterError::OtherLedger { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn q_send_pay_reaches_the_contract_as_transfer_with_fees_signed_by_the_admin_role() {
    let (from, to) = (crate::scene::person(1), crate::scene::person(2));
    let pay = |remark: &str, attempt: u32| gx_contracts::Command::QSendPay {
        qsend_id: gx_types::QSendId::from_uuid(uuid::Uuid::from_u128(1)),
        code: "QS-6PAS3LHD".to_owned(),
        profile_id: gx_types::ProfileId::from_uuid(uuid::Uuid::from_u128(1)),
        from,
        to,
        amount: gx_types::Qirat::new(50).unwrap(),
        fee: gx_types::Qirat::new(1).unwrap(),
        remark: remark.to_owned(),
        attempt,
    };
    for (remark, attempt, said, key) in [
        ("Lunch", 1, "Lunch", "qsend-QS-6PAS3LHD"),
        ("", 1, "Q Send payment", "qsend-QS-6PAS3LHD"),
        ("Lunch", 2, "Lunch", "qsend-QS-6PAS3LHD-2"),
    ] {
        let test = TestStore::sqlite().await.unwrap();
        let ledger = Scripted::new();
        let scene = Scene::new(&test.store, ledger.clone());
        ledger.with(|world| world.fates = vec![Fate::Held]);
        let id = scene.enqueue(pay(remark, attempt)).await;
        let running = scene.start();
        eventually("it is sent", async || ledger.with(|world| !world.held.is_empty())).await;
        let call = ledger.with(|world| world.held[0].1.clone());
        assert_eq!(call.function, "TokenomicsContract:TransferWithFees");
        assert_eq!(call.role, gx_contracts::Role::Admin);
        assert_eq!(call.args, [&from.to_string(), &to.to_string(), "50", "P2P", said, key]);
        ledger.release();
        let row = scene.wait_for(id, &[OutboxState::Committed]).await;
        assert_eq!(row.command_type, "Q_SEND_PAY");
        running.stop().await;
    }
}

#[tokio::test]
async fn a_decision_about_a_person_waits_for_the_end_of_a_pause_and_a_payment_does_not() {
    for (_test, ledger, scene) in scenes().await {
        let (decision, payment) = (freeze(1), activate("GB"));
        ledger.with(|world| {
            for command in [&decision, &payment] {
                world.refused.insert(command.ledger_key(), Refusal::of(PAUSED));
            }
        });
        let key = decision.ledger_key();
        let (waits, fails) = (scene.enqueue(decision).await, scene.enqueue(payment).await);
        let running = scene.start();
        scene.wait_for(fails, &[OutboxState::Failed]).await;
        eventually("the decision sits out the pause", async || {
            let row = scene.row(waits).await;
            row.state.0 == OutboxState::Pending && row.error_code.as_deref() == Some("SYSTEM_PAUSED")
        })
        .await;
        let row = scene.row(waits).await;
        assert_eq!(row.attempts, 0, "a pause uses up no attempt");
        assert!(row.queued_at.0 > row.created_at.0, "nobody takes it for one that the ledger leaves waiting");
        // Resumed: the same command, under the same key.
        ledger.with(|world| world.refused.clear());
        scene.wait_for(waits, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 1);
        ledger.with(|world| assert!(world.effects.contains_key(&key) && world.voids.is_empty()));
        assert_eq!(*scene.refused.lock().unwrap(), [fails]);
    }
}

#[tokio::test]
async fn a_pause_voids_no_key_of_a_decision_whose_envelope_may_still_commit() {
    for (_test, ledger, scene) in scenes().await {
        let decision = freeze(1);
        let key = decision.ledger_key();
        ledger.with(|world| world.fates = vec![Fate::Held]);
        let id = scene.enqueue(decision).await;
        let running = scene.start();
        eventually("the envelope is on its way", async || ledger.with(|world| !world.held.is_empty())).await;
        // It is given up for lost, and the next one meets a pause.
        ledger.with(|world| {
            world.refused.insert(key.clone(), Refusal::of(PAUSED));
        });
        ledger.add_blocks(10);
        eventually("the decision sits out the pause", async || {
            ledger.add_blocks(1);
            let row = scene.row(id).await;
            row.state.0 == OutboxState::Pending && row.error_code.as_deref() == Some("SYSTEM_PAUSED")
        })
        .await;
        // The lost one arrives with the end of the pause: done once, and found.
        ledger.release();
        scene.wait_for(id, &[OutboxState::Committed]).await;
        running.stop().await;
        assert_one_effect(&ledger, 1);
        ledger.with(|world| assert!(world.voids.is_empty()));
    }
}
