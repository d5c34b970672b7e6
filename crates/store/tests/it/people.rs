//! The queries about people: states change only as the table says, documents and sign-ins as their functions promise.

use std::time::Duration;

use gx_store::repo::{people, sign_ins};
use gx_store::testing::TestStore;
use gx_store::{Col, Store, StoreError};
use gx_types::{
    BirthDate, Gender, OnchainStatus, PersonChange, PersonState, PersonStatus, ProfileId, Sha256Hex, Timestamp,
};
use uuid::Uuid;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

/// A person in a state.
pub fn person(number: u128, state: PersonState) -> people::Person {
    people::Person {
        profile_id: Col(ProfileId::from_uuid(Uuid::from_u128(number))),
        email: format!("P{number}@example.org"),
        email_normalised: format!("p{number}@example.org"),
        phone_num: Some(format!("+4477009{number:05}")),
        password_hash: "hash".to_owned(),
        first_name: "Ada".to_owned(),
        middle_name: None,
        last_name: "Lovelace".to_owned(),
        date_of_birth: Col("1990-01-01".parse::<BirthDate>().unwrap()),
        gender: Col(Gender::Female),
        place_of_birth: None,
        nationality_country_code: Col("GB".parse().unwrap()),
        national_id_number: None,
        national_id_issued_at: None,
        national_id_expires_at: None,
        passport_number: None,
        passport_issuing_country: None,
        passport_issued_at: None,
        passport_expires_at: None,
        employment_status: None,
        job_title: None,
        company_name: None,
        industry: None,
        work_email: None,
        work_phone_num: None,
        is_pep: false,
        pep_details: None,
        address_line1: None,
        address_line2: None,
        city: None,
        state_province: None,
        postal_code: None,
        address_country: None,
        address_verified_at: None,
        status: Col(state.status),
        onchain_status: Col(state.onchain),
        onchain_registered_at: None,
        gx_id: None,
        biometric_hash: None,
        lock_reason: None,
        lock_notes: None,
        locked_by: None,
        locked_at: None,
        reviewed_by: None,
        reviewed_at: None,
        review_notes: None,
        denial_code: None,
        denial_reason: None,
        last_login_at: None,
        created_at: Col(at(0)),
        updated_at: Col(at(0)),
    }
}

async fn state_of(store: &Store, id: ProfileId) -> PersonState {
    people::find(store.read(), id).await.unwrap().unwrap().state()
}

#[tokio::test]
async fn every_transition_outside_the_table_is_refused_and_changes_nothing() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let mut number = 0;
        for status in PersonStatus::ALL {
            for onchain in OnchainStatus::ALL {
                let from = PersonState { status, onchain };
                for change in PersonChange::ALL {
                    number += 1;
                    let row = person(number, from);
                    let id = row.profile_id.0;
                    let done = store
                        .write(move |tx| {
                            let row = row.clone();
                            Box::pin(async move {
                                people::insert(tx, row).await?;
                                people::change_state(tx, id, change, at(1)).await
                            })
                        })
                        .await
                        .unwrap();
                    assert_eq!(done, change.after(from), "{change:?} from {from}");
                    assert_eq!(state_of(store, id).await, change.after(from).unwrap_or(from), "{change:?} from {from}");
                }
            }
        }
        let nobody = ProfileId::from_uuid(Uuid::from_u128(u128::MAX));
        let done: Result<_, StoreError> = store
            .write(move |tx| {
                Box::pin(async move { people::change_state(tx, nobody, PersonChange::Submit, at(1)).await })
            })
            .await;
        assert_eq!(done.unwrap(), None);
    }
}

#[tokio::test]
async fn of_two_changes_at_once_exactly_one_is_made() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let row = person(
            1,
            PersonState { status: PersonStatus::PendingAdminApproval, onchain: OnchainStatus::NotRegistered },
        );
        let id = row.profile_id.0;
        store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { people::insert(tx, row).await })
            })
            .await
            .unwrap();
        let change = |change: PersonChange| {
            store.write(move |tx| Box::pin(async move { people::change_state(tx, id, change, at(1)).await }))
        };
        let (approved, denied): (Result<_, StoreError>, Result<_, StoreError>) =
            tokio::join!(change(PersonChange::Approve), change(PersonChange::Deny));
        let made = [approved.unwrap(), denied.unwrap()].into_iter().flatten().count();
        assert_eq!(made, 1);
    }
}

#[tokio::test]
async fn saving_a_row_never_touches_the_state() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let row = person(1, PersonState::NEW);
        let id = row.profile_id.0;
        store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    people::insert(tx, row.clone()).await?;
                    people::change_state(tx, id, PersonChange::Submit, at(1)).await?;
                    people::save(tx, people::Person { job_title: Some("Analyst".to_owned()), ..row }).await
                })
            })
            .await
            .unwrap();
        let found = people::find(store.read(), id).await.unwrap().unwrap();
        assert_eq!(found.job_title.as_deref(), Some("Analyst"));
        assert_eq!(found.status, PersonStatus::PendingAdminApproval);
    }
}

#[tokio::test]
async fn five_failures_within_the_window_lock_for_its_length() {
    const WINDOW: Duration = Duration::from_secs(900);
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let subject = Sha256Hex::from_bytes([7; 32]);
        let fail = |now: Timestamp| {
            store.write(move |tx| Box::pin(async move { sign_ins::failed(tx, subject, now, 5, WINDOW).await }))
        };
        let mut locked: Result<Option<Timestamp>, StoreError> = Ok(None);
        for second in 0..5 {
            assert_eq!(sign_ins::locked_until(store.read(), subject, at(second)).await.unwrap(), None);
            locked = fail(at(second)).await;
        }
        assert_eq!(locked.unwrap(), Some(at(904)));
        assert_eq!(sign_ins::locked_until(store.read(), subject, at(903)).await.unwrap(), Some(at(904)));
        assert_eq!(sign_ins::locked_until(store.read(), subject, at(904)).await.unwrap(), None);
        // After the lock, and after an idle window, the count begins anew.
        let first: Result<_, StoreError> = fail(at(905)).await;
        assert_eq!(first.unwrap(), None);
        for second in 2_000..2_004 {
            let more: Result<_, StoreError> = fail(at(second)).await;
            assert_eq!(more.unwrap(), None);
        }
        // Signing in forgets.
        let done: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { sign_ins::succeeded(tx, subject).await })).await;
        done.unwrap();
        let after: Result<_, StoreError> = fail(at(2_005)).await;
        assert_eq!(after.unwrap(), None);
        let old: Result<u64, StoreError> =
            store.write(move |tx| Box::pin(async move { sign_ins::delete_old(tx, at(10_000), WINDOW).await })).await;
        assert_eq!(old.unwrap(), 1);
    }
}
