//! Signing in, going on, signing out.

use std::time::Duration;

use gx_base::Secret;
use gx_platform::testing::TestAnswer;
use gx_store::entity::admin_users::{Column, Entity};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::AdminRole;
use serde_json::{Value, json};

use crate::world::World;

const PASSWORD: &str = "Correct-Horse-7-Battery";

/// Gives the role's administrator a password; the user name.
async fn with_password(world: &World, role: AdminRole) -> String {
    let admin = world.admin(role).clone();
    let hash = world.test.app.passwords().hash(Secret::new(PASSWORD)).await.unwrap();
    let id = gx_store::Col(admin.admin_id);
    world
        .test
        .write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::PasswordHash, hash.into())
                    .filter(Column::AdminId.eq(id))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
    admin.username
}

async fn login(world: &World, body: Value) -> TestAnswer {
    world.api.post("/api/v1/admin/auth/login").json(&body).send().await
}

async fn refresh(world: &World, token: &Value) -> TestAnswer {
    world.api.post("/api/v1/admin/auth/refresh").json(&json!({ "refreshToken": token })).send().await
}

async fn profile(world: &World, token: &Value) -> TestAnswer {
    world.api.get("/api/v1/admin/auth/profile").token(token.as_str().unwrap()).send().await
}

#[tokio::test]
async fn a_token_session_from_login_to_logout() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::Moderator).await;
    let granted = login(&world, json!({ "username": name.to_uppercase(), "password": PASSWORD })).await;
    assert_eq!(granted.status, 200, "{}", granted.body);
    assert_eq!(granted.body["admin"]["role"], "MODERATOR");
    assert_eq!(granted.body["expiresIn"], 900);
    assert!(granted.body.get("csrfToken").is_none());

    let own = profile(&world, &granted.body["accessToken"]).await;
    assert_eq!(own.body["username"], name);
    assert!(own.body["permissions"].as_array().unwrap().contains(&json!("user:approve:all")));

    // A refresh spends the token; the spent one ends the session.
    let renewed = refresh(&world, &granted.body["refreshToken"]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert_eq!(profile(&world, &renewed.body["accessToken"]).await.status, 200);
    let replayed = refresh(&world, &granted.body["refreshToken"]).await;
    assert_eq!((replayed.status, replayed.code()), (401, "SESSION_REVOKED"));
    let after = refresh(&world, &renewed.body["refreshToken"]).await;
    assert_eq!((after.status, after.code()), (401, "SESSION_REVOKED"));
    let ended = profile(&world, &renewed.body["accessToken"]).await;
    assert_eq!((ended.status, ended.code()), (401, "SESSION_REVOKED"));

    // Signing out ends the session at once.
    let again = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    let token = again.body["accessToken"].as_str().unwrap();
    assert_eq!(world.api.post("/api/v1/admin/auth/logout").token(token).send().await.status, 200);
    assert_eq!(profile(&world, &again.body["accessToken"]).await.code(), "SESSION_REVOKED");
}

#[tokio::test]
async fn tokens_and_sessions_end_with_time() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::Admin).await;
    let granted = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    world.test.advance(Duration::from_secs(899));
    assert_eq!(profile(&world, &granted.body["accessToken"]).await.status, 200);
    world.test.advance(Duration::from_secs(1));
    assert_eq!(profile(&world, &granted.body["accessToken"]).await.code(), "UNAUTHORIZED");

    // Idle minutes end an administrator's session.
    let renewed = refresh(&world, &granted.body["refreshToken"]).await;
    assert_eq!(renewed.status, 200);
    world.test.advance(Duration::from_secs(30 * 60));
    assert_eq!(refresh(&world, &renewed.body["refreshToken"]).await.code(), "SESSION_EXPIRED");

    // A day ends every session, however often it was refreshed.
    let mut token = login(&world, json!({ "username": name, "password": PASSWORD })).await.body["refreshToken"].clone();
    for _ in 0..71 {
        world.test.advance(Duration::from_secs(20 * 60));
        let answer = refresh(&world, &token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        token = answer.body["refreshToken"].clone();
    }
    world.test.advance(Duration::from_secs(20 * 60));
    assert_eq!(refresh(&world, &token).await.code(), "SESSION_EXPIRED");
}

#[tokio::test]
async fn the_higher_the_role_the_longer_a_session_may_lie_unused() {
    for role in AdminRole::ALL {
        let minutes = match role {
            AdminRole::SuperOwner => 60,
            AdminRole::SuperAdmin => 45,
            AdminRole::Admin | AdminRole::Moderator | AdminRole::Developer | AdminRole::Auditor => 30,
        };
        let world = World::new().await;
        let name = with_password(&world, *role).await;
        let granted = login(&world, json!({ "username": name, "password": PASSWORD })).await;
        world.test.advance(Duration::from_secs(minutes * 60 - 1));
        let renewed = refresh(&world, &granted.body["refreshToken"]).await;
        assert_eq!(renewed.status, 200, "{role}: {}", renewed.body);
        world.test.advance(Duration::from_secs(minutes * 60));
        assert_eq!(refresh(&world, &renewed.body["refreshToken"]).await.code(), "SESSION_EXPIRED", "{role}");
    }
}

#[tokio::test]
async fn five_failures_lock_a_name_for_thirty_minutes_known_or_not() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::SuperOwner).await;
    for name in [name.as_str(), "nobody"] {
        for _ in 0..5 {
            let answer = login(&world, json!({ "username": name, "password": "wrong" })).await;
            assert_eq!((answer.status, answer.code()), (401, "INVALID_CREDENTIALS"), "{name}");
        }
        let locked = login(&world, json!({ "username": name, "password": PASSWORD })).await;
        assert_eq!((locked.status, locked.code()), (429, "ACCOUNT_LOCKED"), "{name}");
        assert_eq!(locked.header("retry-after"), "1800");
    }
    world.test.advance(Duration::from_secs(30 * 60));
    assert_eq!(login(&world, json!({ "username": name, "password": PASSWORD })).await.status, 200);
}

#[tokio::test]
async fn a_cookie_session_needs_its_csrf_token_for_what_changes_something() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::SuperOwner).await;
    let granted = login(&world, json!({ "username": name, "password": PASSWORD, "transport": "cookie" })).await;
    assert!(granted.body.get("accessToken").is_none() && granted.body.get("refreshToken").is_none());
    let set = granted.header("set-cookie").to_owned();
    assert!(set.starts_with("gx_admin_session=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap();
    let csrf = granted.body["csrfToken"].as_str().unwrap();

    assert_eq!(world.api.get("/api/v1/admin/auth/profile").header("cookie", cookie).send().await.status, 200);
    let logout = || world.api.post("/api/v1/admin/auth/logout").header("cookie", cookie);
    assert_eq!(logout().send().await.code(), "CSRF_FAILED");
    assert_eq!(logout().header("x-csrf-token", "0".repeat(64).as_str()).send().await.code(), "CSRF_FAILED");
    let elsewhere = logout().header("x-csrf-token", csrf).header("origin", "https://evil.example").send().await;
    assert_eq!(elsewhere.code(), "CSRF_FAILED");
    let out = logout().header("x-csrf-token", csrf).header("origin", "http://localhost:3000").send().await;
    assert_eq!(out.status, 200);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.api.get("/api/v1/admin/auth/profile").header("cookie", cookie).send().await.status, 401);
}

#[tokio::test]
async fn a_disabled_account_is_named_only_to_who_knows_its_password() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::Auditor).await;
    let granted = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    let id = gx_store::Col(world.admin(AdminRole::Auditor).admin_id);
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::IsActive, false.into())
                    .filter(Column::AdminId.eq(id))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
    assert_eq!(login(&world, json!({ "username": name, "password": "wrong" })).await.code(), "INVALID_CREDENTIALS");
    assert_eq!(login(&world, json!({ "username": name, "password": PASSWORD })).await.code(), "ACCOUNT_DISABLED");
    assert_eq!(refresh(&world, &granted.body["refreshToken"]).await.code(), "ACCOUNT_DISABLED");
    assert_eq!(profile(&world, &granted.body["accessToken"]).await.code(), "SESSION_REVOKED");
}

#[tokio::test]
async fn what_is_typed_is_checked_by_name() {
    let world = World::new().await;
    for (body, field) in [
        (json!({}), "username:FIELD_REQUIRED"),
        (json!({ "username": "x" }), "password:FIELD_REQUIRED"),
        (json!({ "username": "", "password": "x" }), "username:FIELD_REQUIRED"),
        (json!({ "username": "  ", "password": "x" }), "username:FIELD_REQUIRED"),
        (json!({ "username": "x", "password": "" }), "password:FIELD_REQUIRED"),
        (json!({ "username": "x".repeat(255), "password": "x" }), "username:FIELD_INVALID"),
        (json!({ "username": "x", "password": "x", "transport": "pigeon" }), "transport:FIELD_INVALID"),
        (json!({ "username": "x", "password": "x", "role": "SUPER_OWNER" }), "role:FIELD_UNKNOWN"),
        (json!({ "username": 7, "password": "x" }), "username:FIELD_INVALID"),
        (json!({ "username": "x\0", "password": "x" }), "username:FIELD_INVALID"),
    ] {
        let answer = login(&world, body.clone()).await;
        assert_eq!((answer.status, answer.field()), (422, field.to_owned()), "{body}");
    }
    for token in [json!(""), json!("x.y"), json!("01890a5d-ac96-774b-bcce-b302099a8057.0")] {
        assert_eq!(refresh(&world, &token).await.code(), "UNAUTHORIZED", "{token}");
    }
}

#[tokio::test]
async fn two_keys_are_published_and_the_next_takes_over_in_time() {
    let world = World::new().await;
    let published = async || world.api.get("/api/v1/admin/auth/jwks.json").send().await.body["keys"].clone();
    let first = published().await;
    assert_eq!(first.as_array().unwrap().len(), 2);
    let name = with_password(&world, AdminRole::Developer).await;
    world.test.advance(Duration::from_secs(91 * 24 * 3600));
    let granted = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    assert_eq!(profile(&world, &granted.body["accessToken"]).await.status, 200);
    // Another process, which began with the old keys, reads the new token too.
    let second = world.test.second().await;
    let claims = second
        .auth()
        .tokens()
        .read(gx_platform::auth::Family::Admin, granted.body["accessToken"].as_str().unwrap())
        .await
        .unwrap();
    assert!(claims.is_some());
}

async fn change(world: &World, token: &Value, current: &str, new: &str, again: &str) -> TestAnswer {
    let body = json!({ "currentPassword": current, "newPassword": new, "confirmPassword": again });
    world.api.post("/api/v1/admin/auth/password/change").token(token.as_str().unwrap()).json(&body).send().await
}

/// Says that the administrator's password was given by someone else.
async fn must_change(world: &World, role: AdminRole) {
    let id = gx_store::Col(world.admin(role).admin_id);
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::MustChangePassword, true.into())
                    .filter(Column::AdminId.eq(id))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn a_given_password_opens_nothing_but_the_way_to_an_own_one() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::SuperOwner).await;
    must_change(&world, AdminRole::SuperOwner).await;
    let granted = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    let token = &granted.body["accessToken"];
    assert_eq!(profile(&world, token).await.body["requirePasswordChange"], true);
    let users = || world.api.get("/api/v1/admin/users").token(token.as_str().unwrap());
    let refused = users().send().await;
    assert_eq!((refused.status, refused.code()), (403, "PASSWORD_CHANGE_REQUIRED"));

    let changed = change(&world, token, PASSWORD, "My-Own-Horse-8", "My-Own-Horse-8").await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(profile(&world, token).await.body["requirePasswordChange"], false);
    assert_eq!(users().send().await.status, 200);
    let old = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    assert_eq!((old.status, old.code()), (401, "INVALID_CREDENTIALS"));
    assert_eq!(login(&world, json!({ "username": name, "password": "My-Own-Horse-8" })).await.status, 200);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::Admin).await;
    let own = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    let other = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    assert_eq!(profile(&world, &other.body["accessToken"]).await.status, 200);
    let changed = change(&world, &own.body["accessToken"], PASSWORD, "My-Own-Horse-8", "My-Own-Horse-8").await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(profile(&world, &own.body["accessToken"]).await.status, 200);
    assert_eq!(profile(&world, &other.body["accessToken"]).await.code(), "SESSION_REVOKED");
    assert_eq!(refresh(&world, &other.body["refreshToken"]).await.code(), "SESSION_REVOKED");
    assert_eq!(refresh(&world, &own.body["refreshToken"]).await.status, 200);
}

#[tokio::test]
async fn a_password_that_breaks_a_rule_is_refused_and_guesses_lock() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::Auditor).await;
    let token = login(&world, json!({ "username": name, "password": PASSWORD })).await.body["accessToken"].clone();
    for bad in ["Short-1a", "all-lower-case-1", "ALL-UPPER-CASE-1", "No-Digits-At-All", "NoSpecial12345", PASSWORD] {
        let answer = change(&world, &token, PASSWORD, bad, bad).await;
        assert_eq!((answer.status, answer.code()), (400, "PASSWORD_POLICY_VIOLATION"), "{bad}");
        assert_eq!(answer.body["errors"][0]["field"], "newPassword");
    }
    let typo = change(&world, &token, PASSWORD, "My-Own-Horse-8", "My-Own-Horse-9").await;
    assert_eq!((typo.status, typo.code()), (400, "PASSWORDS_DONT_MATCH"));
    for _ in 0..5 {
        let wrong = change(&world, &token, "wrong", "My-Own-Horse-8", "My-Own-Horse-8").await;
        assert_eq!((wrong.status, wrong.code()), (401, "INVALID_CREDENTIALS"));
    }
    let locked = change(&world, &token, PASSWORD, "My-Own-Horse-8", "My-Own-Horse-8").await;
    assert_eq!((locked.status, locked.code()), (429, "ACCOUNT_LOCKED"));
    let login = login(&world, json!({ "username": name, "password": PASSWORD })).await;
    assert_eq!(login.code(), "ACCOUNT_LOCKED", "the lock is the login's");
}
