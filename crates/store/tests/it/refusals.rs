//! What is undone, and who is told, when the ledger refuses.

use gx_contracts::{Command, Refusal, RefusalCode};
use gx_store::entity::{delta_claims, kyc_submissions, notifications, qsend_requests, user_profiles};
use gx_store::outbox::{self, Failed};
use gx_store::repo::people as people_rows;
use gx_store::sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use gx_store::testing::TestStore;
use gx_store::{Col, StoreError};
use gx_types::{
    AccountId, NotificationKind, OnchainStatus, OutboxState, PersonState, PersonStatus, ProfileId, QSendId,
    QSendStatus, Qirat, Sha256Hex, SubmissionId, SubmissionStatus, Timestamp,
};
use uuid::Uuid;

use crate::outbox::{NOW, Scene, holder};
use crate::people::person;

macro_rules! insert {
    ($scene:expr, $table:ident, $model:expr) => {{
        let model = $model.into_active_model();
        $scene
            .store
            .write(move |tx| {
                let model = model.clone();
                Box::pin(async move {
                    $table::Entity::insert(model.reset_all()).exec_without_returning(tx).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
    }};
}

fn profile(number: u128) -> ProfileId {
    ProfileId::from_uuid(Uuid::from_u128(number))
}

fn in_state(number: u128, status: PersonStatus, onchain: OnchainStatus) -> people_rows::Person {
    person(number, PersonState { status, onchain })
}

/// Takes the only command of the queue and has the ledger refuse it.
async fn refuse(scene: &Scene, code: RefusalCode) {
    let claimed = scene.claim(NOW).await.remove(0);
    let failed = Failed { holder: holder(&claimed), refusal: Refusal::of(code) };
    let changed = scene
        .store
        .write(move |tx| {
            let failed = failed.clone();
            Box::pin(async move { outbox::mark_failed(tx, &[failed], NOW).await })
        })
        .await
        .unwrap();
    assert_eq!(changed, [claimed.command_id]);
    assert_eq!(scene.state(claimed.command_id).await, OutboxState::Failed);
}

async fn notices(scene: &Scene) -> Vec<notifications::Model> {
    notifications::Entity::find().all(scene.store.read()).await.unwrap()
}

async fn row(scene: &Scene, number: u128) -> user_profiles::Model {
    people_rows::find(scene.store.read(), profile(number)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_refused_payment_tells_the_payer_and_releases_the_hold() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        insert!(scene, user_profiles, in_state(1, PersonStatus::Active, OnchainStatus::Registered));
        scene.enqueue(scene.transfer(1, 2)).await;
        refuse(&scene, RefusalCode::InsufficientFunds).await;
        let told = notices(&scene).await;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].profile_id.0, told[0].kind.0), (profile(1), NotificationKind::TransactionRejected));
        assert!(told[0].message.contains("1,000 Q"), "{}", told[0].message);
        let held = gx_store::repo::wallets::pending_of(scene.store.read(), profile(1)).await.unwrap();
        assert_eq!(held, Qirat::ZERO);
    }
}

#[tokio::test]
async fn a_refused_request_is_open_again_or_expired_and_keeps_the_reason() {
    for (expires_at, status) in [(NOW.micros() + 1, QSendStatus::Active), (NOW.micros(), QSendStatus::Expired)] {
        for test in TestStore::each().await.unwrap() {
            let scene = Scene::new(&test.store);
            for number in [1, 2] {
                insert!(scene, user_profiles, in_state(number, PersonStatus::Active, OnchainStatus::Registered));
            }
            let request = QSendId::from_uuid(Uuid::from_u128(5));
            let command_id = scene
                .enqueue(Command::QSendPay {
                    qsend_id: request,
                    code: "QS-6PAS3LHD".to_owned(),
                    profile_id: profile(1),
                    from: Scene::person(1),
                    to: Scene::person(2),
                    amount: Qirat::new(50).unwrap(),
                    fee: Qirat::new(1).unwrap(),
                    remark: String::new(),
                    attempt: 1,
                })
                .await;
            insert!(
                scene,
                qsend_requests,
                qsend_requests::Model {
                    request_id: Col(request),
                    request_code: "QS-6PAS3LHD".to_owned(),
                    qr_data: "-".to_owned(),
                    qr_hash: Col(Sha256Hex::from_bytes([1; 32])),
                    creator_profile_id: Col(profile(2)),
                    creator_account_id: Col(AccountId::Holder(Scene::person(2))),
                    creator_name: "B".to_owned(),
                    payer_profile_id: Some(Col(profile(1))),
                    payer_account_id: Some(Col(AccountId::Holder(Scene::person(1)))),
                    payer_name: Some("A".to_owned()),
                    amount: Col(Qirat::new(50).unwrap()),
                    fee: Some(Col(Qirat::new(1).unwrap())),
                    description: None,
                    reference: None,
                    status: Col(QSendStatus::Paying),
                    validity_seconds: 300,
                    command_id: Some(Col(command_id)),
                    payment_attempts: 1,
                    on_chain_tx_id: None,
                    block_number: None,
                    failure_code: None,
                    failure_reason: None,
                    scanned_count: 0,
                    last_scanned_at: None,
                    created_at: Col(NOW),
                    expires_at: Col(Timestamp::from_micros(expires_at)),
                    paid_at: None,
                    cancelled_at: None,
                    updated_at: Col(NOW),
                }
            );
            refuse(&scene, RefusalCode::AccountFrozen).await;
            let after =
                qsend_requests::Entity::find_by_id(Col(request)).one(scene.store.read()).await.unwrap().unwrap();
            assert_eq!(after.status.0, status);
            assert_eq!(after.failure_code.as_deref(), Some("ACCOUNT_FROZEN"));
            assert!(after.failure_reason.is_some());
            assert_eq!((after.payer_profile_id, after.payer_name, after.fee), (None, None, None));
            assert_eq!(after.payment_attempts, 1, "the next payment has a ledger key of its own");
            assert_eq!(notices(&scene).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_refused_registration_is_denied_with_the_reason() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let mut waiting = in_state(1, PersonStatus::ApprovedPendingOnchain, OnchainStatus::Pending);
        waiting.gx_id = Some(Col(Scene::person(1)));
        waiting.biometric_hash = Some(Col(Sha256Hex::from_bytes([1; 32])));
        insert!(scene, user_profiles, waiting);
        let submission = SubmissionId::from_uuid(Uuid::from_u128(9));
        insert!(
            scene,
            kyc_submissions,
            kyc_submissions::Model {
                submission_id: Col(submission),
                profile_id: Col(profile(1)),
                status: Col(SubmissionStatus::Approved),
                evidence_hash: None,
                evidence_size: None,
                evidence_mime: None,
                verified_document_id: None,
                decided_by: None,
                decided_at: None,
                reason: None,
                notes: None,
                created_at: Col(NOW),
                updated_at: Col(NOW),
            }
        );
        scene
            .enqueue(Command::CreateUser {
                profile_id: profile(1),
                user_id: Scene::person(1),
                document_hash: Sha256Hex::from_bytes([1; 32]),
                nationality: "US".parse().unwrap(),
                age: 36,
                shard: 0,
                request: "s".parse().unwrap(),
            })
            .await;
        refuse(&scene, RefusalCode::DocumentAlreadyUsed).await;
        let after = row(&scene, 1).await;
        assert_eq!((after.status.0, after.onchain_status.0), (PersonStatus::Denied, OnchainStatus::NotRegistered));
        assert_eq!(after.denial_code.as_deref(), Some("DOCUMENT_ALREADY_USED"));
        assert!(after.denial_reason.is_some());
        assert_eq!((after.gx_id, after.biometric_hash), (None, None));
        let after =
            kyc_submissions::Entity::find_by_id(Col(submission)).one(scene.store.read()).await.unwrap().unwrap();
        assert_eq!(after.status.0, SubmissionStatus::Rejected);
        let told = notices(&scene).await;
        assert_eq!((told.len(), told[0].kind.0), (1, NotificationKind::KycStatusUpdate));
    }
}

#[tokio::test]
async fn a_refused_freeze_is_undone_unless_the_ledger_froze_meanwhile() {
    let pairs = [(OnchainStatus::Registered, PersonStatus::Active), (OnchainStatus::Frozen, PersonStatus::Frozen)];
    for (onchain, expected) in pairs {
        for test in TestStore::each().await.unwrap() {
            let scene = Scene::new(&test.store);
            let mut frozen = in_state(1, PersonStatus::Frozen, onchain);
            frozen.lock_reason = Some("COURT_ORDER".to_owned());
            insert!(scene, user_profiles, frozen);
            scene
                .enqueue(Command::FreezeWallet {
                    profile_id: profile(1),
                    user_id: Scene::person(1),
                    reason: "COURT_ORDER".to_owned(),
                    request: "f".parse().unwrap(),
                })
                .await;
            refuse(&scene, RefusalCode::SystemPaused).await;
            let after = row(&scene, 1).await;
            assert_eq!((after.status.0, after.onchain_status.0), (expected, onchain));
            assert_eq!(after.lock_reason.is_some(), expected == PersonStatus::Frozen);
        }
    }
}

#[tokio::test]
async fn a_refused_sweep_gives_its_entries_back() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let account = AccountId::Treasury("GB".parse().unwrap());
        let command_id = scene
            .enqueue(Command::SweepDeltas { account, delta_keys: vec!["d".to_owned()], request: "s".parse().unwrap() })
            .await;
        insert!(
            scene,
            delta_claims,
            delta_claims::Model {
                delta_key: "d".to_owned(),
                account_id: Col(account),
                command_id: Col(command_id),
                claimed_at: Col(NOW)
            }
        );
        refuse(&scene, RefusalCode::DeltaNotFound).await;
        assert!(delta_claims::Entity::find().all(scene.store.read()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn whoever_acts_for_an_organisation_is_told_that_it_was_refused() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        insert!(scene, user_profiles, in_state(1, PersonStatus::Active, OnchainStatus::Registered));
        scene
            .enqueue(Command::EndorseMembership {
                profile_id: profile(1),
                organization_id: "US 56C BNS641 1ORGA 0001".parse().unwrap(),
                stakeholder: Scene::person(1),
                request: "e".parse().unwrap(),
            })
            .await;
        refuse(&scene, RefusalCode::AlreadyEndorsed).await;
        let told = notices(&scene).await.remove(0);
        assert_eq!(told.profile_id.0, profile(1));
        assert_eq!(
            told.message,
            "Your endorsement of US 56C BNS641 1ORGA 0001 was refused: This stakeholder has endorsed the organisation. \
             Nothing was changed."
        );
    }
}

/// FAILED and the reaction are one transaction: when the reaction cannot be written, neither is FAILED.
#[tokio::test]
async fn a_reaction_that_cannot_be_written_keeps_the_command_open() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        // There is no such person, so there is nobody to notify.
        let id = scene.enqueue(scene.transfer(1, 2)).await;
        let claimed = scene.claim(NOW).await.remove(0);
        let failed = Failed { holder: holder(&claimed), refusal: Refusal::of(RefusalCode::SystemPaused) };
        let refused = scene
            .store
            .write(move |tx| {
                let failed = failed.clone();
                Box::pin(async move { outbox::mark_failed(tx, &[failed], NOW).await })
            })
            .await;
        assert!(matches!(refused, Err(StoreError::MissingReference(_))), "{refused:?}");
        assert_eq!(scene.state(id).await, OutboxState::Submitting);
    }
}
