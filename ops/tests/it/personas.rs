//! The test people: brought to each stage by everyone's own use cases, once.

use std::collections::BTreeSet;
use std::time::Duration;

use gx_identity::auth::login::{LoggedIn, login};
use gx_ops::{PersonaLogin, PersonasError, Stage, TEST_PASSWORD, apply_personas};
use gx_platform::App;
use gx_platform::auth::Origin;
use gx_platform::testing::{TestApp, TestOptions};
use gx_store::repo::{documents, people};
use gx_types::api::identity::{LoginRequest, Transport};
use gx_types::{OnchainStatus, PersonStatus};

use crate::running::{LIMIT, Running};

async fn signs_in(app: &App, persona: &PersonaLogin) {
    let request =
        LoginRequest { email: persona.email.clone(), password: TEST_PASSWORD.to_owned(), transport: Transport::Token };
    let LoggedIn::Granted(granted, _) = login(app, &request, &Origin::default()).await.unwrap() else {
        panic!("a second step is asked for")
    };
    assert_eq!(granted.user.profile_id, persona.profile_id);
}

#[tokio::test]
async fn registered_then_submitted_then_nothing_twice() {
    let test = TestApp::start().await;
    let registered = apply_personas(&test.app, Stage::Registered, Duration::ZERO).await.unwrap();
    assert_eq!(registered.len(), 8);
    assert!(registered.iter().all(|persona| persona.status == PersonStatus::Registered));
    signs_in(&test.app, &registered[1]).await;
    assert_eq!(registered[1].name, "Robert Williams");
    assert_eq!(registered[1].email, "bob.williams@devnet.gxcoin.test");

    for _ in 0..2 {
        let submitted = apply_personas(&test.app, Stage::Submitted, Duration::ZERO).await.unwrap();
        for (before, now) in registered.iter().zip(&submitted) {
            assert_eq!(before.profile_id, now.profile_id);
            assert_eq!(now.status, PersonStatus::PendingAdminApproval);
            let own = documents::of_person(test.app.store().read(), now.profile_id).await.unwrap();
            assert_eq!(own.len(), 1);
            assert_eq!(own[0].mime_type, "image/png");
            assert!(own[0].submission_id.is_some());
        }
    }
    // An earlier stage takes nobody back.
    let again = apply_personas(&test.app, Stage::Registered, Duration::ZERO).await.unwrap();
    assert!(again.iter().all(|persona| persona.status == PersonStatus::PendingAdminApproval));

    // Without a ledger there is no approval, and it is said so.
    let error = apply_personas(&test.app, Stage::Settled, Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("FEATURE_UNAVAILABLE"), "{error}");
}

#[tokio::test]
async fn settled_means_registered_on_the_ledger_with_the_grant() {
    for running in Running::each().await {
        let app = &running.app;
        let settled = apply_personas(app, Stage::Settled, LIMIT).await.unwrap();
        assert_eq!(settled.len(), 8);
        let ids: BTreeSet<_> = settled.iter().filter_map(|persona| persona.gx_id).collect();
        assert_eq!(ids.len(), 8);
        for persona in &settled {
            assert_eq!((persona.status, persona.onchain_status), (PersonStatus::Active, OnchainStatus::Registered));
            let row = people::find(app.store().read(), persona.profile_id).await.unwrap().unwrap();
            let id = persona.gx_id.unwrap();
            assert_eq!(id.country(), row.nationality_country_code.0);
            assert_eq!(id.birth().unwrap(), (row.date_of_birth.0, row.gender.0.into()));
            assert_eq!(row.biometric_hash.unwrap().to_string().len(), 64);
        }
        assert!(settled[0].gx_id.unwrap().as_str().starts_with("US 984 AUM945 0"));
        assert!(settled[1].gx_id.unwrap().as_str().starts_with("GB CF1 ABF248 0"));
        signs_in(app, &settled[0]).await;

        // Once more: the same people, the same ids, at once.
        let again = apply_personas(app, Stage::Settled, LIMIT).await.unwrap();
        assert_eq!(again, settled);
        running.stop().await;
    }
}

#[tokio::test]
async fn testnet_has_the_same_eight_as_devnet() {
    let devnet = TestApp::start().await;
    let testnet = TestApp::start_with(TestOptions::default().set("GX_ENV", "testnet")).await.unwrap();
    let mut told = Vec::new();
    for test in [&devnet, &testnet] {
        let people = apply_personas(&test.app, Stage::Registered, Duration::ZERO).await.unwrap();
        signs_in(&test.app, &people[0]).await;
        let env = test.app.env();
        let suffix = format!("@{env}.gxcoin.test");
        let rows = people.iter().map(|persona| {
            (persona.name.clone(), persona.email.strip_suffix(&suffix).unwrap().to_owned(), persona.status)
        });
        told.push(rows.collect::<Vec<_>>());
    }
    assert_eq!((told[0].len(), &told[0]), (8, &told[1]));
}

#[tokio::test]
async fn there_are_none_on_mainnet() {
    let options = TestOptions::default().set("GX_ENV", "mainnet").set("PUBLIC_URL", "https://wallet.gxcoin.money");
    let test = TestApp::start_with(options).await.unwrap();
    let error = apply_personas(&test.app, Stage::Registered, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, PersonasError::Mainnet));
    assert!(people::by_email(test.app.store().read(), "alice.johnson@mainnet.gxcoin.test").await.unwrap().is_none());
}

#[tokio::test]
async fn somebody_who_was_denied_stays_denied_and_stops_nobody() {
    for running in Running::each().await {
        let app = &running.app;
        let submitted = apply_personas(app, Stage::Submitted, LIMIT).await.unwrap();
        let (id, now) = (submitted[2].profile_id, app.now());
        let denied: Result<_, gx_store::StoreError> = app
            .store()
            .write(move |tx| {
                Box::pin(async move { people::change_state(tx, id, gx_types::PersonChange::Deny, now).await })
            })
            .await;
        assert!(denied.unwrap().is_some());
        let settled = apply_personas(app, Stage::Settled, LIMIT).await.unwrap();
        for persona in &settled {
            let expected = if persona.profile_id == id { PersonStatus::Denied } else { PersonStatus::Active };
            assert_eq!(persona.status, expected, "{persona}");
        }
        running.stop().await;
    }
}
