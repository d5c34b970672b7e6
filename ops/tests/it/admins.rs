//! What the host may do for administrators.

use gx_ops::{AdminError, NewAdmin, admin_code, create_super_owner, reset_admin_mfa};
use gx_platform::testing::TestApp;
use gx_store::audit::{self, AuditFilter};
use gx_store::repo::{admins, second_factors};
use gx_types::{Actor, AdminRole, AuditEvent};

async fn owner(test: &TestApp, username: &str) -> Actor {
    let email = format!("{username}@devnet.gxcoin.test");
    let new = NewAdmin { username: username.to_owned(), email, display_name: username.to_owned() };
    create_super_owner(&test.app, new).await.unwrap();
    let row = admins::by_login(test.app.store().read(), username).await.unwrap().unwrap();
    Actor::Admin(row.admin_id.0)
}

async fn has_factor(test: &TestApp, owner: Actor) -> bool {
    second_factors::is_on(test.app.store().read(), owner).await.unwrap()
}

#[tokio::test]
async fn the_host_takes_a_lost_second_factor_away_only_where_no_two_others_can() {
    let test = TestApp::start().await;
    let (one, two) = (owner(&test, "owner1").await, owner(&test, "owner2").await);
    assert!(has_factor(&test, one).await && has_factor(&test, two).await);
    assert!(admin_code(&test.app, "owner1").await.is_ok());
    assert!(matches!(reset_admin_mfa(&test.app, "nobody").await, Err(AdminError::NoFactor)));

    // Two owners: neither can be helped by two others, so the host helps. The name may be the address, in any case.
    assert_eq!(reset_admin_mfa(&test.app, "Owner1@devnet.gxcoin.test").await.unwrap(), 0);
    assert!(!has_factor(&test, one).await && has_factor(&test, two).await);
    assert!(matches!(reset_admin_mfa(&test.app, "owner1").await, Err(AdminError::NoFactor)), "once");
    let reset = AuditFilter { events: vec![AuditEvent::AdminMfaReset], ..AuditFilter::default() };
    let entries = audit::list(test.app.store().read(), &reset, 10).await.unwrap();
    assert_eq!((entries.len(), entries[0].actor.0), (1, Actor::Operator));

    // Somebody else's factor, with two owners who have theirs: it is theirs to decide.
    let third = test.admin(AdminRole::SuperOwner).await;
    let fourth = test.admin(AdminRole::Moderator).await;
    for (admin, name) in
        [(one, "owner1"), (Actor::Admin(third.admin_id), "third"), (Actor::Admin(fourth.admin_id), "fourth")]
    {
        let setup = std::sync::Arc::new(test.app.second_factors().new_setup(admin, name).unwrap());
        let factors = test.app.second_factors().clone();
        let enrolled: Result<(), gx_platform::http::ApiError> = test
            .app
            .store()
            .write(move |tx| {
                let (factors, setup) = (factors.clone(), std::sync::Arc::clone(&setup));
                Box::pin(async move { factors.enrol_on_devnet(tx, admin, &setup).await })
            })
            .await;
        enrolled.unwrap();
    }
    for name in [third.username.as_str(), fourth.username.as_str(), "owner1"] {
        assert!(matches!(reset_admin_mfa(&test.app, name).await, Err(AdminError::OthersCan)), "{name}");
    }
}
