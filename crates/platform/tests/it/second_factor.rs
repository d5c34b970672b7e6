//! The second factor: set up, codes that are good once, clocks that are off, locks, backup codes.

use std::time::Duration;

use gx_base::Secret;
use gx_platform::auth::{BackupCodes, Judged, Passed};
use gx_platform::http::ApiError;
use gx_platform::testing::{TestApp, TestOptions};
use gx_types::{Actor, AdminId, ErrorCode, ProfileId};

fn ada() -> Actor {
    Actor::Person(ProfileId::from_uuid(uuid::Uuid::from_u128(7)))
}

fn error_code(result: Result<Passed, ApiError>) -> ErrorCode {
    result.expect_err("refused").code()
}

async fn begin(test: &TestApp, owner: Actor) -> Result<Secret, ApiError> {
    let setup = std::sync::Arc::new(test.app.second_factors().new_setup(owner, "ada@devnet.gxcoin.test").unwrap());
    let secret = setup.secret.clone();
    assert!(setup.qr_svg.starts_with("<svg") && setup.uri.expose().contains(secret.expose()));
    let factors = test.app.second_factors().clone();
    test.app
        .store()
        .write(move |tx| {
            let (factors, setup) = (factors.clone(), setup.clone());
            Box::pin(async move { factors.begin(tx, owner, &setup).await })
        })
        .await?;
    Ok(secret)
}

async fn confirm(test: &TestApp, owner: Actor, code: &str) -> (Result<Judged, ApiError>, BackupCodes) {
    let codes = test.app.second_factors().new_backup_codes(owner);
    let (kept, code) = (codes.clone(), code.to_owned());
    let factors = test.app.second_factors().clone();
    let judged = test
        .app
        .store()
        .write(move |tx| {
            let (factors, codes, code) = (factors.clone(), kept.clone(), code.clone());
            Box::pin(async move { factors.confirm(tx, owner, &code, &codes).await })
        })
        .await;
    (judged, codes)
}

async fn switched_on(test: &TestApp, owner: Actor) -> BackupCodes {
    begin(test, owner).await.unwrap();
    let (judged, codes) = confirm(test, owner, &code(test, owner).await).await;
    assert_eq!(judged.unwrap(), Judged::Passed(Passed::Totp));
    test.advance(Duration::from_secs(30));
    codes
}

async fn code(test: &TestApp, owner: Actor) -> String {
    test.app.second_factors().current_code(test.app.store(), owner).await.unwrap().unwrap()
}

async fn prove(test: &TestApp, owner: Actor, code: &str) -> Result<Passed, ApiError> {
    test.app.second_factors().prove(test.app.store(), owner, code).await
}

async fn each() -> Vec<TestApp> {
    let postgres = TestApp::start_with(TestOptions { postgres: true, ..TestOptions::default() }).await;
    std::iter::once(TestApp::start().await).chain(postgres).collect()
}

#[tokio::test]
async fn a_secret_counts_only_after_its_first_code() {
    for test in each().await {
        assert_eq!(error_code(prove(&test, ada(), "123456").await), ErrorCode::SecondFactorOff);
        let first = begin(&test, ada()).await.unwrap();
        let old_code = code(&test, ada()).await;
        let second = begin(&test, ada()).await.unwrap();
        assert_ne!(first.expose(), second.expose());
        assert_eq!(error_code(prove(&test, ada(), &code(&test, ada()).await).await), ErrorCode::SecondFactorOff);
        assert!(matches!(confirm(&test, ada(), &old_code).await.0.unwrap(), Judged::Wrong(None)));

        test.advance(Duration::from_secs(10 * 60));
        assert_eq!(confirm(&test, ada(), &code(&test, ada()).await).await.0.unwrap(), Judged::Off, "waited too long");
        begin(&test, ada()).await.unwrap();
        let first_code = code(&test, ada()).await;
        assert_eq!(confirm(&test, ada(), &first_code).await.0.unwrap(), Judged::Passed(Passed::Totp));
        assert_eq!(begin(&test, ada()).await.unwrap_err().code(), ErrorCode::SecondFactorOn);
        assert_eq!(error_code(prove(&test, ada(), &first_code).await), ErrorCode::SecondFactorInvalid, "spent");

        let state = test.app.second_factors().state(test.app.store(), ada()).await.unwrap().unwrap();
        assert_eq!((state.since, state.backup_codes_left), (test.app.now(), 10));
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_for_a_clock_that_is_a_step_off() {
    for test in each().await {
        switched_on(&test, ada()).await;
        let early = code(&test, ada()).await;
        test.advance(Duration::from_secs(30));
        let now = code(&test, ada()).await;
        assert_eq!(prove(&test, ada(), &early).await.unwrap(), Passed::Totp, "a clock that is slow");
        assert_eq!(error_code(prove(&test, ada(), &early).await), ErrorCode::SecondFactorInvalid, "used");
        assert_eq!(prove(&test, ada(), &now).await.unwrap(), Passed::Totp);
        test.advance(Duration::from_secs(60));
        let ahead = code(&test, ada()).await;
        test.clock.set(gx_types::Timestamp::from_micros(test.app.now().micros() - 30_000_000));
        assert_eq!(prove(&test, ada(), &ahead).await.unwrap(), Passed::Totp, "a clock that is fast");
        let spent = code(&test, ada()).await;
        assert_eq!(error_code(prove(&test, ada(), &spent).await), ErrorCode::SecondFactorInvalid, "before a used one");

        test.advance(Duration::from_secs(300));
        let old = code(&test, ada()).await;
        test.advance(Duration::from_secs(60));
        assert_eq!(error_code(prove(&test, ada(), &old).await), ErrorCode::SecondFactorInvalid, "two steps old");
    }
}

#[tokio::test]
async fn of_the_same_code_sent_at_once_one_passes() {
    for test in each().await {
        switched_on(&test, ada()).await;
        let code = code(&test, ada()).await;
        let (a, b, c) =
            tokio::join!(prove(&test, ada(), &code), prove(&test, ada(), &code), prove(&test, ada(), &code));
        assert_eq!([a, b, c].iter().filter(|result| result.is_ok()).count(), 1);
    }
}

#[tokio::test]
async fn five_wrong_codes_lock_and_a_backup_code_lets_in_once() {
    for test in each().await {
        let codes = switched_on(&test, ada()).await;
        for _ in 0..5 {
            assert_eq!(error_code(prove(&test, ada(), "000000").await), ErrorCode::SecondFactorInvalid);
        }
        let right = code(&test, ada()).await;
        let locked = prove(&test, ada(), &right).await.unwrap_err();
        assert_eq!(locked.code(), ErrorCode::SecondFactorLocked);

        let written = codes.texts[3].to_lowercase().replace('-', " ");
        assert_eq!(prove(&test, ada(), &written).await.unwrap(), Passed::BackupCode, "as people type it");
        assert_eq!(error_code(prove(&test, ada(), &codes.texts[3]).await), ErrorCode::SecondFactorInvalid, "used");
        assert_eq!(prove(&test, ada(), &right).await.unwrap(), Passed::Totp, "the lock is lifted");
        let state = test.app.second_factors().state(test.app.store(), ada()).await.unwrap().unwrap();
        assert_eq!(state.backup_codes_left, 9);
    }
}

#[tokio::test]
async fn locks_end_by_themselves_sooner_for_people_than_for_administrators() {
    let test = TestApp::start().await;
    let admin = Actor::Admin(AdminId::from_uuid(uuid::Uuid::from_u128(8)));
    for (owner, minutes) in [(ada(), 15), (admin, 30)] {
        switched_on(&test, owner).await;
        for _ in 0..5 {
            assert_eq!(error_code(prove(&test, owner, "000000").await), ErrorCode::SecondFactorInvalid);
        }
        test.advance(Duration::from_secs(minutes * 60 - 1));
        assert_eq!(error_code(prove(&test, owner, &code(&test, owner).await).await), ErrorCode::SecondFactorLocked);
        test.advance(Duration::from_secs(1));
        assert_eq!(prove(&test, owner, &code(&test, owner).await).await.unwrap(), Passed::Totp);
    }
}

#[tokio::test]
async fn guessed_backup_codes_lock_each_other_and_not_the_app() {
    let test = TestApp::start().await;
    let codes = switched_on(&test, ada()).await;
    for _ in 0..5 {
        assert_eq!(error_code(prove(&test, ada(), "ABCDE-FGHJK").await), ErrorCode::SecondFactorInvalid);
    }
    assert_eq!(error_code(prove(&test, ada(), &codes.texts[0]).await), ErrorCode::SecondFactorLocked);
    assert_eq!(prove(&test, ada(), &code(&test, ada()).await).await.unwrap(), Passed::Totp);
}

#[tokio::test]
async fn new_backup_codes_end_the_old_ones_and_nobody_elses() {
    for test in each().await {
        let old = switched_on(&test, ada()).await;
        let other = Actor::Person(ProfileId::from_uuid(uuid::Uuid::from_u128(9)));
        let theirs = switched_on(&test, other).await;
        let new = test.app.second_factors().new_backup_codes(ada());
        let (factors, kept) = (test.app.second_factors().clone(), new.clone());
        test.write(move |tx| {
            let (factors, kept) = (factors.clone(), kept.clone());
            Box::pin(async move { factors.replace_codes(tx, ada(), &kept).await })
        })
        .await;
        assert_eq!(error_code(prove(&test, ada(), &old.texts[0]).await), ErrorCode::SecondFactorInvalid);
        assert_eq!(error_code(prove(&test, ada(), &theirs.texts[0]).await), ErrorCode::SecondFactorInvalid);
        assert_eq!(prove(&test, ada(), &new.texts[0]).await.unwrap(), Passed::BackupCode);
        assert_eq!(prove(&test, other, &theirs.texts[0]).await.unwrap(), Passed::BackupCode);

        let factors = test.app.second_factors().clone();
        let removed = test
            .write(move |tx| {
                let factors = factors.clone();
                Box::pin(async move { factors.remove(tx, ada()).await })
            })
            .await;
        assert!(removed);
        assert_eq!(error_code(prove(&test, ada(), &new.texts[1]).await), ErrorCode::SecondFactorOff);
        assert_eq!(prove(&test, other, &theirs.texts[1]).await.unwrap(), Passed::BackupCode);
    }
}

#[tokio::test]
async fn the_database_holds_neither_secret_nor_codes_and_binds_the_secret_to_its_owner() {
    use gx_store::sea_orm::{ConnectionTrait, Statement};
    let test = TestApp::start().await;
    let codes = switched_on(&test, ada()).await;
    let other = Actor::Person(ProfileId::from_uuid(uuid::Uuid::from_u128(9)));
    let secret = begin(&test, other).await.unwrap();
    let db = test.app.store().read();
    let kept = gx_store::repo::second_factors::find(db, other).await.unwrap().unwrap();
    let plain = totp_rs::Secret::try_from_base32(secret.expose()).unwrap();
    assert!(!kept.totp_secret.windows(8).any(|part| plain.as_ref().windows(8).any(|known| known == part)));
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), "SELECT code_hash FROM backup_codes"))
        .await
        .unwrap();
    let hashes: Vec<String> = rows.iter().map(|row| row.try_get("", "code_hash").unwrap()).collect();
    for text in &codes.texts {
        let plain = text.replace('-', "");
        let hash = gx_platform::sha256(plain.as_bytes()).to_string();
        assert!(!hashes.iter().any(|kept| kept.contains(&plain) || *kept == hash));
    }

    // Somebody who can write to the database gives Ada's account a secret they know.
    let sql = format!(
        "UPDATE second_factors SET totp_secret = (SELECT totp_secret FROM second_factors WHERE owner = '{other}') \
         WHERE owner = '{}'",
        ada()
    );
    test.app
        .store()
        .write(move |tx| {
            let sql = sql.clone();
            Box::pin(async move { tx.execute_unprepared(&sql).await.map_err(gx_store::StoreError::from).map(|_| ()) })
        })
        .await
        .unwrap();
    assert_eq!(error_code(prove(&test, ada(), &code(&test, other).await).await), ErrorCode::Internal);
}
