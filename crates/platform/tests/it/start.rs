//! Starting: keys that belong to an environment, and a process that has others.

use gx_platform::testing::{TestApp, test_settings};
use gx_platform::{App, AppError, AppParts, BiometricError};
use gx_types::DocumentType;
use std::collections::BTreeMap;
use std::sync::Arc;

async fn start_again(test: &TestApp, changed: BTreeMap<&'static str, String>) -> Result<App, AppError> {
    let parts = AppParts {
        settings: test_settings(&test.database_url, &test.folder, &changed),
        clock: test.clock.clone(),
        entropy: Arc::new(gx_base::SeededEntropy::new(9)),
        store: test.app.store().clone(),
        stop: Default::default(),
    };
    App::start(parts).await
}

#[tokio::test]
async fn the_biometric_key_is_made_once_and_no_other_is_accepted() {
    let test = TestApp::start().await;
    let hash = |app: &App| app.biometric().hash("GB".parse().unwrap(), DocumentType::Passport, "AB123456").unwrap();
    let again = start_again(&test, BTreeMap::new()).await.unwrap();
    assert_eq!(hash(&again), hash(&test.app));
    let mode = std::fs::metadata(test.folder.path().join("biometric.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);

    let other = start_again(&test, [("BIOMETRIC_KEY", "ab".repeat(32))].into()).await;
    assert!(matches!(other, Err(AppError::Biometric(BiometricError::OtherKey))));
    let short = start_again(&test, [("BIOMETRIC_KEY", "ab".repeat(31))].into()).await;
    assert!(matches!(short, Err(AppError::Biometric(BiometricError::Malformed))));
    let own = std::fs::read_to_string(test.folder.path().join("biometric.key")).unwrap();
    let given = start_again(&test, [("BIOMETRIC_KEY", own)].into()).await.unwrap();
    assert_eq!(hash(&given), hash(&test.app));
    std::fs::remove_file(test.folder.path().join("biometric.key")).unwrap();
    let gone = start_again(&test, BTreeMap::new()).await;
    assert!(matches!(gone, Err(AppError::Biometric(BiometricError::Gone(_)))));
}

#[tokio::test]
async fn another_session_secret_is_named_at_start() {
    let test = TestApp::start().await;
    let other =
        start_again(&test, [("SESSION_SECRET", "another secret of at least 32 characters".to_owned())].into()).await;
    let error = other.err().expect("the keys do not open");
    assert!(error.to_string().contains("SESSION_SECRET"), "{error}");
}

#[tokio::test]
async fn data_of_another_environment_is_named_at_start() {
    let test = TestApp::start().await;
    // The folder says whose it is …
    let other = start_again(&test, [("GX_ENV", "testnet".to_owned())].into()).await.err().expect("another environment");
    assert!(other.to_string().contains("holds the data of devnet, not of testnet"), "{other}");
    // … and so does the database, to whoever brings a folder of their own.
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().display().to_string();
    let changed = [("GX_ENV", "mainnet".to_owned()), ("GX_DATA", folder.clone())].into();
    let other = start_again(&test, changed).await.err().expect("another environment");
    assert_eq!(
        other.to_string(),
        "the database holds the data of devnet, not of mainnet: check GX_ENV and DATABASE_URL"
    );
    // A folder that was never used belongs to the first who uses it.
    let refused = start_again(&test, [("GX_DATA", folder)].into()).await.err().expect("mainnet has used it");
    assert!(refused.to_string().contains("holds the data of mainnet, not of devnet"), "{refused}");
    start_again(&test, BTreeMap::new()).await.unwrap();
}
