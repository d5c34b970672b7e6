//! The repair of hashes that are none and of registrations that failed.

use gx_contracts::{Command, Refusal, RefusalCode};
use gx_store::outbox::{self, Failed};
use gx_store::repair::{self, Finding};
use gx_store::repo::people as people_rows;
use gx_store::sea_orm::{ConnectionTrait, Statement};
use gx_store::testing::TestStore;
use gx_store::{Col, StoreError};
use gx_types::{OnchainStatus, PersonState, PersonStatus, ProfileId, Sha256Hex};
use uuid::Uuid;

use crate::outbox::{NOW, Scene, holder};
use crate::people::person;

fn profile(number: u32) -> ProfileId {
    ProfileId::from_uuid(Uuid::from_u128(u128::from(number)))
}

async fn add(scene: &Scene, number: u32, status: PersonStatus, onchain: OnchainStatus, hash: Option<&str>) {
    let mut row = person(u128::from(number), PersonState { status, onchain });
    row.gx_id = Some(Col(Scene::person(number)));
    let hash = hash.map(str::to_owned);
    scene
        .store
        .write(move |tx| {
            let (row, hash) = (row.clone(), hash.clone());
            Box::pin(async move {
                let id = row.profile_id.to_string();
                people_rows::insert(tx, row).await?;
                // As an older build wrote it, past the type.
                let sql = "UPDATE user_profiles SET biometric_hash = $1 WHERE profile_id = $2";
                let values = [hash.into(), id.into()];
                tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
}

fn register(number: u32) -> Command {
    Command::CreateUser {
        profile_id: profile(number),
        user_id: Scene::person(number),
        document_hash: Sha256Hex::from_bytes([u8::try_from(number).unwrap(); 32]),
        nationality: "US".parse().unwrap(),
        age: 36,
        shard: 0,
        request: format!("s-{number}").parse().unwrap(),
    }
}

async fn apply(scene: &Scene) -> Vec<repair::Repair> {
    scene.store.write(|tx| Box::pin(async move { repair::apply(tx, NOW).await })).await.unwrap()
}

#[tokio::test]
async fn hashes_that_are_none_are_taken_away_and_nothing_is_made_up() {
    let good = "0".repeat(63) + "a";
    let bcrypt = "$2b$12$KIXQ4S8T0lWb7eNf1m7oUuY3q9J5Zc6vRk2xPp0aBcDeFgHiJkLmN";
    let odd = [bcrypt.to_owned(), "A".repeat(64), "a".repeat(63), "a".repeat(65), String::new(), "g".repeat(64)];
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        add(&scene, 1, PersonStatus::Active, OnchainStatus::Registered, Some(&good)).await;
        add(&scene, 2, PersonStatus::Registered, OnchainStatus::NotRegistered, None).await;
        for (number, hash) in (10..).zip(&odd) {
            add(&scene, number, PersonStatus::Active, OnchainStatus::Registered, Some(hash)).await;
        }
        let plan = repair::plan(scene.store.read()).await.unwrap();
        assert_eq!(plan.len(), odd.len());
        for repair in &plan {
            assert_eq!((&repair.findings[..], repair.clears_hash), (&[Finding::HashInvalid][..], true));
            assert_eq!(repair.denies, None, "the ledger has registered them");
            assert!(!repair.to_string().contains("$2b$"), "no hash in the report");
        }
        // Looking changed nothing.
        assert_eq!(repair::plan(scene.store.read()).await.unwrap(), plan);
        assert_eq!(apply(&scene).await, plan);
        assert_eq!(apply(&scene).await, []);
        for number in 10..10 + u32::try_from(odd.len()).unwrap() {
            let row = people_rows::find(scene.store.read(), profile(number)).await.unwrap().unwrap();
            assert_eq!((row.biometric_hash, row.status.0), (None, PersonStatus::Active));
        }
        let row = people_rows::find(scene.store.read(), profile(1)).await.unwrap().unwrap();
        assert_eq!(row.biometric_hash.unwrap().to_string(), good);
    }
}

#[tokio::test]
async fn registrations_that_cannot_succeed_are_denied_and_those_under_way_are_left_alone() {
    for test in TestStore::each().await.unwrap() {
        let scene = Scene::new(&test.store);
        let (status, onchain) = (PersonStatus::ApprovedPendingOnchain, OnchainStatus::Pending);
        // 1 was refused, 2 never sent, 3 is under way, 4 refused once and sent again.
        for number in 1..=4 {
            add(&scene, number, status, onchain, None).await;
        }
        for number in [1, 4] {
            scene.enqueue(register(number)).await;
            let claimed = scene.claim(NOW).await.remove(0);
            // An older build wrote FAILED without its reaction.
            let failed = Failed { holder: holder(&claimed), refusal: Refusal::of(RefusalCode::UserExists) };
            let sql = format!(
                "UPDATE user_profiles SET status = '{status}', onchain_status = '{onchain}', \
                 gx_id = '{}', denial_code = NULL, denial_reason = NULL WHERE profile_id = '{}'",
                Scene::person(number),
                profile(number)
            );
            scene
                .store
                .write(move |tx| {
                    let (failed, sql) = (failed.clone(), sql.clone());
                    Box::pin(async move {
                        outbox::mark_failed(tx, &[failed], NOW).await?;
                        tx.execute_unprepared(&sql).await?;
                        Ok::<_, StoreError>(())
                    })
                })
                .await
                .unwrap();
        }
        scene.enqueue(register(3)).await;
        scene.enqueue(register(4)).await;
        let repairs = apply(&scene).await;
        let found: Vec<_> = repairs.iter().map(|repair| (repair.profile_id, repair.findings.clone())).collect();
        assert_eq!(
            found,
            [
                (profile(1), vec![Finding::RegistrationRefused { code: "USER_EXISTS".to_owned() }]),
                (profile(2), vec![Finding::RegistrationNeverSent]),
            ]
        );
        for (number, code) in [(1, "USER_EXISTS"), (2, "REGISTRATION_NOT_SENT")] {
            let row = people_rows::find(scene.store.read(), profile(number)).await.unwrap().unwrap();
            assert_eq!((row.status.0, row.onchain_status.0), (PersonStatus::Denied, OnchainStatus::NotRegistered));
            assert_eq!(row.denial_code.as_deref(), Some(code));
        }
        for number in [3, 4] {
            let row = people_rows::find(scene.store.read(), profile(number)).await.unwrap().unwrap();
            assert_eq!((row.status.0, row.onchain_status.0), (status, onchain));
        }
        assert_eq!(apply(&scene).await, []);
    }
}
