//! The outbox: states, keys, leases, holds.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gx_base::{EntropyExt, SeededEntropy};
use gx_contracts::{Command, Receipt, ReceiptResult, Refusal, RefusalCode};
use gx_store::entity::outbox_commands;
use gx_store::outbox::{self, ClaimOptions, Claimed, EnvelopeFate, Holder, NewCommand};
use gx_store::repo::wallets;
use gx_store::sea_orm::EntityTrait;
use gx_store::testing::TestStore;
use gx_store::{Store, StoreError};
use gx_types::{Actor, CommandId, CorrelationId, GxId, LedgerKey, OutboxState, ProfileId, Qirat, Timestamp, TxId};

pub const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

/// People, commands and claims of one test.
pub struct Scene {
    pub store: Store,
    pub entropy: Arc<SeededEntropy>,
    pub owner: String,
}

impl Scene {
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), entropy: Arc::new(SeededEntropy::new(1)), owner: "one".to_owned() }
    }

    pub fn other(&self, owner: &str) -> Self {
        Self { store: self.store.clone(), entropy: self.entropy.clone(), owner: owner.to_owned() }
    }

    /// A person's id on the ledger, the same for the same number.
    pub fn person(number: u32) -> GxId {
        let letter = |shift: u32| char::from(b'A' + u8::try_from(number / 26_u32.pow(shift) % 26).unwrap());
        format!("US 984 AUM945 0{}{}AA {:04}", letter(1), letter(0), number % 10_000).parse().unwrap()
    }

    pub fn transfer(&self, from: u32, to: u32) -> Command {
        Command::TransferTokens {
            profile_id: ProfileId::from_uuid(uuid(from)),
            from: Self::person(from),
            to: Self::person(to),
            amount: Qirat::new(1_000).unwrap(),
            fee: Qirat::new(2).unwrap(),
            transaction_type: gx_contracts::fees::TransactionType::P2P,
            remark: "for you".to_owned(),
            request: self.entropy.token(8).parse().unwrap(),
        }
    }

    pub async fn enqueue(&self, command: Command) -> CommandId {
        self.try_enqueue(command).await.unwrap()
    }

    pub async fn try_enqueue(&self, command: Command) -> Result<CommandId, StoreError> {
        let new = NewCommand {
            command_id: CommandId::from_uuid(self.entropy.uuid_v7(NOW)),
            command,
            actor: Actor::Platform,
            correlation_id: CorrelationId::from_uuid(self.entropy.uuid_v7(NOW)),
            now: NOW,
        };
        self.store
            .write(move |tx| {
                let new = new.clone();
                Box::pin(async move { outbox::enqueue(tx, new).await })
            })
            .await
    }

    pub fn options(&self) -> ClaimOptions {
        ClaimOptions {
            owner: self.owner.clone(),
            lease: Duration::from_secs(10),
            commands_max: 100,
            window: 1_000,
            cursor: 0,
        }
    }

    pub async fn claim(&self, now: Timestamp) -> Vec<Claimed> {
        self.claim_with(self.options(), now).await.0
    }

    pub async fn claim_with(&self, options: ClaimOptions, now: Timestamp) -> (Vec<Claimed>, i64) {
        self.store
            .write(move |tx| {
                let options = options.clone();
                Box::pin(async move { outbox::claim(tx, &options, now).await })
            })
            .await
            .unwrap()
    }

    pub async fn take(&self, wanted: Vec<outbox::Wanted>) -> Vec<Claimed> {
        let options = self.options();
        self.store
            .write(move |tx| {
                let (wanted, options) = (wanted.clone(), options.clone());
                Box::pin(async move { outbox::take(tx, &wanted, &options, NOW).await })
            })
            .await
            .unwrap()
    }

    pub async fn take_over(&self, now: Timestamp) -> Vec<Claimed> {
        let options = self.options();
        self.store
            .write(move |tx| {
                let options = options.clone();
                Box::pin(async move { outbox::take_over(tx, &options, now).await })
            })
            .await
            .unwrap()
    }

    pub async fn row(&self, id: CommandId) -> outbox_commands::Model {
        outbox::command(self.store.read(), id).await.unwrap().unwrap()
    }

    pub async fn state(&self, id: CommandId) -> OutboxState {
        self.row(id).await.state.0
    }

    pub fn tx_id(&self) -> TxId {
        TxId::from_bytes(self.entropy.bytes())
    }
}

fn uuid(number: u32) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(number))
}

/// Runs one batch function of the outbox in a unit of work: `mark!(scene, mark_dead, [dead])`.
macro_rules! mark {
    ($scene:expr, $function:ident, $items:expr) => {{
        let items = $items.to_vec();
        $scene
            .store
            .write(move |tx| {
                let items = items.clone();
                Box::pin(async move { outbox::$function(tx, &items, NOW).await })
            })
            .await
            .unwrap()
    }};
}

pub fn holder(claimed: &Claimed) -> Holder {
    Holder { command_id: claimed.command_id, fence: claimed.fence }
}

pub fn receipt(tx_id: TxId, key: &LedgerKey) -> Receipt {
    Receipt { tx_id, key: key.clone(), result: ReceiptResult::Done }
}

pub fn refusal() -> Refusal {
    Refusal::of(RefusalCode::SystemPaused)
}

fn ids(claimed: &[Claimed]) -> Vec<CommandId> {
    claimed.iter().map(|claimed| claimed.command_id).collect()
}

#[tokio::test]
async fn a_claim_takes_disjoint_commands_in_order_and_leaves_those_whose_account_is_busy() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let a = scene.enqueue(scene.transfer(1, 2)).await;
        let same_payer = scene.enqueue(scene.transfer(1, 3)).await;
        let same_receiver = scene.enqueue(scene.transfer(4, 2)).await;
        let b = scene.enqueue(scene.transfer(5, 6)).await;
        assert_eq!(ids(&scene.claim(NOW).await), [a, b]);
        assert_eq!(scene.state(a).await, OutboxState::Submitting);
        // While they fly, the others wait, for every submitter.
        assert_eq!(ids(&scene.other("two").claim(NOW).await), []);
        assert_eq!(scene.state(same_payer).await, OutboxState::Pending);
        assert_eq!(scene.state(same_receiver).await, OutboxState::Pending);
    }
}

#[tokio::test]
async fn a_claim_goes_on_behind_a_window_full_of_blocked_commands() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        for receiver in 2..12 {
            scene.enqueue(scene.transfer(1, receiver)).await;
        }
        let free = scene.enqueue(scene.transfer(20, 21)).await;
        assert_eq!(scene.claim(NOW).await.len(), 2, "the first of the busy account, and the free one");
        let second_free = scene.enqueue(scene.transfer(22, 23)).await;
        let mut options = ClaimOptions { window: 4, ..scene.options() };
        let mut seen = Vec::new();
        for _ in 0..3 {
            let (claimed, cursor) = scene.claim_with(options.clone(), NOW).await;
            seen.extend(ids(&claimed));
            options.cursor = cursor;
        }
        assert_eq!(seen, [second_free]);
        assert_eq!(options.cursor, 0, "the end of the queue was seen");
        assert_eq!(scene.state(free).await, OutboxState::Submitting);
    }
}

#[tokio::test]
async fn the_same_request_cannot_be_enqueued_twice_until_it_was_refused() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let command = Command::ResumeSystem { request: "r".parse().unwrap() };
        scene.enqueue(command.clone()).await;
        let again = scene.try_enqueue(command.clone()).await.unwrap_err();
        assert!(again.is_duplicate_of("ledger_key"), "{again}");
        let claimed = scene.claim(NOW).await.remove(0);
        let failed = outbox::Failed { holder: holder(&claimed), refusal: refusal() };
        assert_eq!(mark!(scene, mark_failed, [failed]).len(), 1);
        scene.enqueue(command).await;
    }
}

#[tokio::test]
async fn a_command_goes_the_whole_way_and_its_hold_ends_with_the_projection() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let id = scene.enqueue(scene.transfer(1, 2)).await;
        let person = ProfileId::from_uuid(uuid(1));
        let held = || async { wallets::pending_of(scene.store.read(), person).await.unwrap().get() };
        assert_eq!(held().await, 1_002);
        let claimed = scene.claim(NOW).await.remove(0);
        let tx_id = scene.tx_id();
        let envelope = outbox::StoredEnvelope { holder: holder(&claimed), tx_id, bytes: vec![1, 2, 3] };
        assert_eq!(mark!(scene, store_envelopes, [envelope.clone()]), [id]);
        assert_eq!(mark!(scene, store_envelopes, [envelope]), [], "an envelope is never overwritten");
        assert_eq!(mark!(scene, mark_submitted, [holder(&claimed)]), [id]);
        assert_eq!(scene.state(id).await, OutboxState::Submitted);
        let settled = outbox::SettledCommand {
            holder: holder(&claimed),
            tx_id,
            block: 8,
            receipt: receipt(tx_id, &claimed.ledger_key),
        };
        assert_eq!(mark!(scene, mark_committed, [settled.clone()]), [id]);
        assert_eq!(mark!(scene, mark_committed, [settled]), []);
        assert_eq!(outbox::status_of(&scene.row(id).await), gx_types::CommandStatus::Processing);
        assert_eq!(held().await, 1_002);
        let projected = outbox::Projected {
            ledger_key: claimed.ledger_key.clone(),
            tx_id,
            block: 8,
            receipt: receipt(tx_id, &claimed.ledger_key),
        };
        let now_projected = mark!(scene, mark_projected, [projected]);
        assert_eq!(now_projected, [outbox::NowProjected { command_id: id, tx_id, block: 8, created_at: NOW }]);
        let row = scene.row(id).await;
        assert_eq!(outbox::status_of(&row), gx_types::CommandStatus::Confirmed);
        assert_eq!((row.block_number, row.projected_block, row.envelope), (Some(8), Some(8), None));
        assert_eq!(held().await, 0);
        // The accounts are free again.
        scene.enqueue(scene.transfer(2, 1)).await;
        assert_eq!(scene.claim(NOW).await.len(), 1);
    }
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over_and_its_old_holder_writes_nothing_more() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let id = scene.enqueue(scene.transfer(1, 2)).await;
        let old = scene.claim(NOW).await.remove(0);
        let envelope = outbox::StoredEnvelope { holder: holder(&old), tx_id: scene.tx_id(), bytes: vec![9; 300] };
        mark!(scene, store_envelopes, [envelope.clone()]);
        let other = scene.other("two");
        assert_eq!(ids(&other.take_over(NOW.plus(Duration::from_secs(10))).await), []);
        let later = NOW.plus(Duration::from_secs(11));
        let new = other.take_over(later).await.remove(0);
        assert_eq!((new.command_id, new.attempts), (id, 2));
        let open = new.envelope.clone().unwrap();
        assert_eq!((open.tx_id, open.bytes), (envelope.tx_id, envelope.bytes));
        assert_eq!(ids(&scene.take_over(later).await), [], "nobody takes it twice");
        // The old holder.
        let settled = outbox::SettledCommand {
            holder: holder(&old),
            tx_id: envelope.tx_id,
            block: 8,
            receipt: receipt(envelope.tx_id, &old.ledger_key),
        };
        assert_eq!(mark!(scene, mark_committed, [settled]), []);
        assert_eq!(mark!(scene, mark_submitted, [holder(&old)]), []);
        assert_eq!(mark!(scene, endorse_anew, [(holder(&old), EnvelopeFate::Invalid)]), []);
        assert_eq!(scene.state(id).await, OutboxState::Submitting);
    }
}

#[tokio::test]
async fn leases_are_renewed_for_their_owner_only() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        scene.enqueue(scene.transfer(1, 2)).await;
        scene.claim(NOW).await;
        let renew = |owner: &'static str, now: Timestamp| {
            let store = scene.store.clone();
            async move {
                store
                    .write(move |tx| {
                        Box::pin(async move { outbox::renew_leases(tx, owner, Duration::from_secs(10), now).await })
                    })
                    .await
                    .unwrap()
            }
        };
        assert_eq!(renew("two", NOW).await, 0);
        assert_eq!(renew("one", NOW.plus(Duration::from_secs(8))).await, 1);
        assert_eq!(scene.take_over(NOW.plus(Duration::from_secs(12))).await.len(), 0);
        assert_eq!(renew("one", NOW.plus(Duration::from_secs(40))).await, 0, "a lease that ran out is lost");
        assert_eq!(scene.take_over(NOW.plus(Duration::from_secs(40))).await.len(), 1);
    }
}

#[tokio::test]
async fn a_dead_command_frees_its_keys_and_a_replay_goes_to_the_tail() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let id = scene.enqueue(scene.transfer(1, 2)).await;
        let behind = scene.enqueue(scene.transfer(1, 3)).await;
        let claimed = scene.claim(NOW).await.remove(0);
        let tx_id = scene.tx_id();
        let envelope = outbox::StoredEnvelope { holder: holder(&claimed), tx_id, bytes: vec![1] };
        mark!(scene, store_envelopes, [envelope]);
        let dead = outbox::Dead {
            holder: holder(&claimed),
            error_code: "LEDGER_UNREACHABLE".to_owned(),
            error_detail: "nobody answers".to_owned(),
        };
        assert_eq!(mark!(scene, mark_dead, [dead]), [id]);
        let letters = outbox::dead_letters(scene.store.read(), 0, 10).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].error_code.as_deref(), Some("LEDGER_UNREACHABLE"));
        // What waits behind it goes on.
        assert_eq!(ids(&scene.claim(NOW).await), [behind]);
        let replay = |id: CommandId| {
            let store = scene.store.clone();
            async move { store.write(move |tx| Box::pin(async move { outbox::replay(tx, id, NOW).await })).await.unwrap() }
        };
        assert!(!replay(behind).await, "only dead ones are replayed");
        assert!(replay(id).await);
        assert!(!replay(id).await);
        assert_eq!(ids(&scene.claim(NOW).await), [], "its account is busy");
        let row = scene.row(id).await;
        assert!(row.position > scene.row(behind).await.position);
        assert_eq!(row.open_tx_ids, format!("[\"{tx_id}\"]"));
        assert_eq!(outbox::status_of(&row), gx_types::CommandStatus::Processing, "the old envelope may still commit");
    }
}

#[tokio::test]
async fn registrations_of_one_country_get_a_shard_each_and_wait_when_there_is_none() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let register = |country: &str, number: u32| Command::CreateUser {
            profile_id: ProfileId::from_uuid(uuid(number)),
            user_id: Scene::person(number),
            document_hash: gx_types::Sha256Hex::from_bytes(scene.entropy.bytes()),
            nationality: country.parse().unwrap(),
            age: 36,
            shard: 0,
            request: scene.entropy.token(8).parse().unwrap(),
        };
        for number in 0..70 {
            scene.enqueue(register("US", number)).await;
        }
        // The Vatican has one shard.
        scene.enqueue(register("VA", 100)).await;
        scene.enqueue(register("VA", 101)).await;
        let claimed = scene.claim(NOW).await;
        let shards: HashSet<_> = claimed
            .iter()
            .map(|claimed| match &claimed.command {
                Command::CreateUser { nationality, shard, .. } => (nationality.to_string(), *shard),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(shards.len(), claimed.len(), "no shard twice");
        assert_eq!(claimed.len(), 64 + 1);
        assert_eq!(scene.claim(NOW).await.len(), 0);
        // A shard that becomes free is used by the next.
        let failed =
            outbox::Release { holder: holder(&claimed[5]), next_attempt_at: NOW, error: None, sits_out: false };
        mark!(scene, release, [failed]);
        let next = scene.claim(NOW).await;
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].command.conflict_keys()[0], claimed[5].command.conflict_keys()[0]);
    }
}

#[tokio::test]
async fn depth_and_age_tell_what_waits() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        assert_eq!(outbox::oldest_waiting(scene.store.read()).await.unwrap(), None);
        scene.enqueue(scene.transfer(1, 2)).await;
        scene.enqueue(scene.transfer(1, 2)).await;
        scene.claim(NOW).await;
        let depth = outbox::depth(scene.store.read()).await.unwrap();
        assert_eq!((depth.pending, depth.submitting, depth.submitted, depth.dead), (1, 1, 0, 0));
        assert_eq!(outbox::oldest_waiting(scene.store.read()).await.unwrap(), Some(NOW));
    }
}

#[tokio::test]
async fn a_command_that_this_program_cannot_read_is_set_aside() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let odd = scene.enqueue(scene.transfer(1, 2)).await;
        let good = scene.enqueue(scene.transfer(3, 4)).await;
        let mut row: outbox_commands::ActiveModel = scene.row(odd).await.into();
        row.payload = gx_store::sea_orm::ActiveValue::Set("{\"type\":\"OF_TOMORROW\"}".to_owned());
        scene
            .store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { Ok::<_, StoreError>(outbox_commands::Entity::update(row).exec(tx).await?) })
            })
            .await
            .unwrap();
        assert_eq!(ids(&scene.claim(NOW).await), [good]);
        assert_eq!(scene.state(odd).await, OutboxState::Dead);
    }
}

#[tokio::test]
async fn a_claim_stores_the_envelope_that_was_made_before_it() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let (first, behind, other, late) = (
            scene.enqueue(scene.transfer(1, 2)).await,
            scene.enqueue(scene.transfer(2, 3)).await,
            scene.enqueue(scene.transfer(4, 5)).await,
            scene.enqueue(scene.transfer(6, 7)).await,
        );
        let (due, cursor) = outbox::due(test.store.read(), &scene.options(), NOW).await.unwrap();
        let found: Vec<_> = due.iter().map(|due| due.command_id).collect();
        assert_eq!((found, cursor), (vec![first, other, late], 0), "the one behind shares an account with the first");
        assert!(due.iter().all(|due| due.ready.is_some()));

        // Between the look and the claim somebody else takes one.
        let taken = scene.other("two").claim_with(ClaimOptions { commands_max: 1, ..scene.options() }, NOW).await.0;
        assert_eq!(taken[0].command_id, first);
        let tx_id = scene.tx_id();
        let wanted: Vec<_> = [
            (first, Some((scene.tx_id(), vec![1]))),
            (behind, Some((scene.tx_id(), vec![2]))),
            (other, Some((tx_id, vec![3; 300]))),
            (late, None),
        ]
        .into_iter()
        .map(|(command_id, envelope)| outbox::Wanted { command_id, envelope })
        .collect();
        let claimed = scene.take(wanted.clone()).await;
        assert_eq!(claimed.iter().map(|one| one.command_id).collect::<Vec<_>>(), [other, late]);
        assert_eq!(claimed[0].envelope.as_ref().map(|open| (open.tx_id, open.bytes.len())), Some((tx_id, 300)));
        assert!(claimed[1].envelope.is_none());
        let row = scene.row(other).await;
        assert_eq!((row.state.0, row.attempts, row.tx_id.map(|id| id.0)), (OutboxState::Submitting, 1, Some(tx_id)));
        assert_eq!(row.sent_at.map(|at| at.0), Some(NOW));
        // No envelope was stored for what was not taken, and nothing is taken twice.
        assert_eq!(scene.row(behind).await.envelope, None);
        assert_eq!(scene.row(first).await.envelope, None);
        assert!(scene.take(wanted).await.is_empty());
        // Who takes it over finds the envelope as one that may have been sent.
        let later = NOW.plus(Duration::from_secs(60));
        let over = scene.other("three").take_over(later).await;
        assert!(over.iter().any(|one| one.command_id == other && one.envelope.is_some()));
    }
}

#[tokio::test]
async fn a_command_with_an_open_envelope_is_never_given_another_with_the_claim() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let id = scene.enqueue(scene.transfer(1, 2)).await;
        let claimed = scene.claim(NOW).await.remove(0);
        let envelope = outbox::StoredEnvelope { holder: holder(&claimed), tx_id: scene.tx_id(), bytes: vec![9] };
        mark!(scene, store_envelopes, [envelope]);
        mark!(scene, endorse_anew, [(holder(&claimed), EnvelopeFate::Lost)]);
        let release = outbox::Release { holder: holder(&claimed), next_attempt_at: NOW, error: None, sits_out: false };
        mark!(scene, release, [release]);
        let (due, _) = outbox::due(test.store.read(), &scene.options(), NOW).await.unwrap();
        assert_eq!(due.iter().map(|due| (due.command_id, due.ready.is_some())).collect::<Vec<_>>(), [(id, false)]);
        let wanted = outbox::Wanted { command_id: id, envelope: Some((scene.tx_id(), vec![1])) };
        assert!(scene.take(vec![wanted]).await.is_empty());
        assert_eq!(scene.take(vec![outbox::Wanted { command_id: id, envelope: None }]).await.len(), 1);
    }
}

#[tokio::test]
async fn many_commands_are_enqueued_in_their_order_and_a_used_ledger_key_is_left_out() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let used = scene.transfer(1, 2);
        scene.enqueue(used.clone()).await;
        let commands: Vec<Command> = (0..5).map(|number| scene.transfer(10 + 2 * number, 11 + 2 * number)).collect();
        let new: Vec<NewCommand> = [commands[..3].to_vec(), vec![used], commands[3..].to_vec()]
            .concat()
            .into_iter()
            .map(|command| NewCommand {
                command_id: CommandId::from_uuid(scene.entropy.uuid_v7(NOW)),
                command,
                actor: Actor::Platform,
                correlation_id: CorrelationId::from_uuid(scene.entropy.uuid_v7(NOW)),
                now: NOW,
            })
            .collect();
        let unit = new.clone();
        let taken = test
            .store
            .write(move |tx| {
                let unit = unit.clone();
                Box::pin(async move { outbox::enqueue_all(tx, &unit).await })
            })
            .await
            .unwrap();
        let mut expected: Vec<_> = new.iter().map(|new| new.command_id).collect();
        assert!(!taken.contains(&expected.remove(3)));
        assert_eq!(taken, expected.iter().copied().collect());
        let claimed = scene.claim(NOW).await;
        assert_eq!(claimed.iter().skip(1).map(|one| one.command_id).collect::<Vec<_>>(), expected);
        assert_eq!(claimed.iter().skip(1).map(|one| one.command.clone()).collect::<Vec<_>>(), commands);
        // One row like those that are enqueued one by one, with its hold and its keys.
        let (one, of_many) = (scene.row(claimed[0].command_id).await, scene.row(expected[0]).await);
        assert_eq!(
            (one.hold_amount, one.queued_at, one.actor),
            (of_many.hold_amount, of_many.queued_at, of_many.actor)
        );
    }
}
