//! The second factor of administrators: set up, asked for, good once, taken away by two others; sessions.

use std::time::Duration;

use gx_base::Secret;
use gx_platform::testing::{TestAnswer, TestOptions};
use gx_store::entity::admin_users::{Column, Entity};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::{Actor, AdminRole};
use serde_json::{Value, json};

use crate::world::World;

const PASSWORD: &str = "Correct-Horse-7-Battery";

/// Gives an administrator a password; the user name.
async fn with_password(world: &World, role: AdminRole) -> String {
    let admin = world.admin(role).clone();
    let hash = world.test.app.passwords().hash(Secret::new(PASSWORD)).await.unwrap();
    let id = gx_store::Col(admin.admin_id);
    world
        .test
        .write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                let update = Entity::update_many().col_expr(Column::PasswordHash, hash.into());
                update.filter(Column::AdminId.eq(id)).exec(tx).await?;
                Ok(())
            })
        })
        .await;
    admin.username
}

async fn post(world: &World, token: Option<&str>, path: &str, body: Value) -> TestAnswer {
    let request = world.api.post(&format!("/api/v1/admin/auth/{path}")).json(&body);
    match token {
        Some(token) => request.token(token).send().await,
        None => request.send().await,
    }
}

async fn login(world: &World, name: &str) -> TestAnswer {
    post(world, None, "login", json!({ "username": name, "password": PASSWORD })).await
}

async fn verify(world: &World, ticket: &Value, code: &str) -> TestAnswer {
    post(world, None, "mfa/verify", json!({ "mfaToken": ticket, "code": code })).await
}

async fn code(world: &World, role: AdminRole) -> String {
    let owner = Actor::Admin(world.admin(role).admin_id);
    let app = &world.test.app;
    app.second_factors().current_code(app.store(), owner).await.unwrap().unwrap()
}

/// Signs in without a second factor and sets one up; the backup codes.
async fn set_up(world: &World, name: &str, role: AdminRole) -> Vec<String> {
    let first = login(world, name).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let token = first.body["accessToken"].as_str().unwrap();
    let setup = post(world, Some(token), "mfa/setup", json!({})).await;
    assert_eq!(setup.status, 200, "{}", setup.body);
    assert!(setup.body["uri"].as_str().unwrap().starts_with("otpauth://totp/"));
    let wrong = post(world, Some(token), "mfa/enable", json!({ "code": "000000" })).await;
    assert_eq!((wrong.status, wrong.code()), (400, "SECOND_FACTOR_INVALID"));
    let on = post(world, Some(token), "mfa/enable", json!({ "code": code(world, role).await })).await;
    assert_eq!(on.status, 200, "{}", on.body);
    let codes = on.body["backupCodes"].as_array().unwrap();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn outside_of_devnet_a_second_factor_comes_before_everything_else() {
    let world = World::with(TestOptions::default().set("GX_ENV", "testnet")).await;
    let name = with_password(&world, AdminRole::SuperOwner).await;
    let granted = login(&world, &name).await;
    let token = granted.body["accessToken"].as_str().unwrap().to_owned();
    let users = async |token: &str| world.api.get("/api/v1/admin/users").token(token).send().await;
    let closed = users(&token).await;
    assert_eq!((closed.status, closed.code()), (403, "MFA_SETUP_REQUIRED"));
    let profile = world.api.get("/api/v1/admin/auth/profile").token(&token).send().await.body;
    assert_eq!((&profile["mfaEnabled"], &profile["requireMfaSetup"]), (&json!(false), &json!(true)));
    let setup = post(&world, Some(&token), "mfa/setup", json!({})).await;
    assert_eq!(setup.status, 200, "{}", setup.body);
    let code = json!({ "code": code(&world, AdminRole::SuperOwner).await });
    assert_eq!(post(&world, Some(&token), "mfa/enable", code).await.status, 200);
    assert_eq!(users(&token).await.status, 200, "the same session, at once");
}

/// Whatever the permission, and whatever the role: without a second factor nothing that a permission guards opens.
#[tokio::test]
async fn without_a_second_factor_no_permission_opens_a_route_outside_of_devnet() {
    let world = World::with(TestOptions::default().set("GX_ENV", "testnet")).await;
    let name = with_password(&world, AdminRole::SuperOwner).await;
    let granted = login(&world, &name).await;
    let token = granted.body["accessToken"].as_str().unwrap().to_owned();
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for meta in gx_admin::routes().metas() {
        let gx_platform::http::Access::Admin(permission) = meta.access() else { continue };
        let path: Vec<&str> =
            meta.path().split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
        let request = world.api.request(meta.method().clone(), &path.join("/")).token(&token).json(&json!({}));
        let answer = request.send().await;
        let code = permission.code();
        assert_eq!((answer.status, answer.code()), (403, "MFA_SETUP_REQUIRED"), "{code} {}", meta.path());
    }
}

/// A telephone may be half a minute wrong, no more; and no code is good for two logins.
#[tokio::test]
async fn codes_of_a_clock_that_is_wrong_are_taken_within_half_a_minute() {
    let world = World::new().await;
    let role = AdminRole::Developer;
    let name = with_password(&world, role).await;
    set_up(&world, &name, role).await;
    world.test.advance(Duration::from_secs(300));
    let start = world.test.app.now().micros() / 1_000_000 / 30 * 30;
    // To the middle of a step, so that the seconds a login takes do not matter.
    world
        .test
        .advance(Duration::from_secs(u64::try_from(start + 45 - world.test.app.now().micros() / 1_000_000).unwrap()));
    for (skew, taken) in [(-60_i64, false), (60, false), (-30, true), (30, true)] {
        let ticket = login(&world, &name).await.body["mfaToken"].clone();
        let code = code_of_clock(&world, role, skew).await;
        let answer = verify(&world, &ticket, &code).await;
        if taken {
            assert_eq!(answer.status, 200, "{skew}: {}", answer.body);
            let again = login(&world, &name).await.body["mfaToken"].clone();
            assert_eq!(verify(&world, &again, &code).await.code(), "SECOND_FACTOR_INVALID", "spent");
        } else {
            assert_eq!((answer.status, answer.code()), (400, "SECOND_FACTOR_INVALID"), "{skew}");
        }
    }
}

/// What a telephone shows whose clock is `skew` seconds wrong.
async fn code_of_clock(world: &World, role: AdminRole, skew: i64) -> String {
    let by = Duration::from_secs(skew.unsigned_abs());
    let now = world.test.app.now();
    world.test.clock.set(if skew < 0 { now.minus(by) } else { now.plus(by) });
    let shown = code(world, role).await;
    world.test.clock.set(now);
    shown
}

#[tokio::test]
async fn a_login_takes_password_and_code_and_each_code_once() {
    let world = World::new().await;
    let role = AdminRole::Admin;
    let name = with_password(&world, role).await;
    let backup = set_up(&world, &name, role).await;
    assert_eq!(backup.len(), 10);

    let first = login(&world, &name).await;
    assert_eq!((first.status, &first.body["requiresMfa"]), (202, &json!(true)), "{}", first.body);
    assert!(first.body.get("accessToken").is_none());
    let ticket = &first.body["mfaToken"];
    world.test.advance(Duration::from_secs(60));
    let code = code(&world, role).await;
    assert_eq!(verify(&world, ticket, "000000").await.code(), "SECOND_FACTOR_INVALID");
    let granted = verify(&world, ticket, &code).await;
    assert_eq!(granted.status, 200, "{}", granted.body);
    let token = granted.body["accessToken"].as_str().unwrap();
    assert_eq!(world.api.get("/api/v1/admin/users").token(token).send().await.status, 200);

    // Neither ticket nor code works again; a token of another kind is no ticket.
    assert_eq!(verify(&world, ticket, &code).await.code(), "UNAUTHORIZED");
    let second = login(&world, &name).await;
    assert_eq!(verify(&world, &second.body["mfaToken"], &code).await.code(), "SECOND_FACTOR_INVALID");
    for other in [token, granted.body["refreshToken"].as_str().unwrap(), "gxt_00", ""] {
        let refused = verify(&world, &json!(other), &code).await;
        assert!([401, 422].contains(&refused.status), "{other}: {}", refused.body);
    }
    // A backup code, once.
    assert_eq!(verify(&world, &second.body["mfaToken"], &backup[0]).await.status, 200);
    let third = login(&world, &name).await;
    assert_eq!(verify(&world, &third.body["mfaToken"], &backup[0]).await.code(), "SECOND_FACTOR_INVALID");
    // A ticket is good for five minutes.
    world.test.advance(Duration::from_secs(5 * 60));
    assert_eq!(verify(&world, &third.body["mfaToken"], &backup[1]).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn five_wrong_codes_lock_for_half_an_hour() {
    let world = World::new().await;
    let role = AdminRole::Moderator;
    let name = with_password(&world, role).await;
    set_up(&world, &name, role).await;
    world.test.advance(Duration::from_secs(60));
    let first = login(&world, &name).await;
    for _ in 0..5 {
        assert_eq!(verify(&world, &first.body["mfaToken"], "000000").await.status, 400);
    }
    let right = code(&world, role).await;
    assert_eq!(verify(&world, &first.body["mfaToken"], &right).await.code(), "SECOND_FACTOR_LOCKED");
    world.test.advance(Duration::from_secs(30 * 60));
    let again = login(&world, &name).await;
    let right = code(&world, role).await;
    assert_eq!(verify(&world, &again.body["mfaToken"], &right).await.status, 200);
    // The owner's session has not been used for an hour; whoever looks signs in anew.
    let owner = world.test.admin(AdminRole::SuperOwner).await.token;
    let entries = world.api.get("/api/v1/admin/audit?event=ADMIN_LOCKED_OUT").token(&owner).send().await;
    assert_eq!(entries.status, 200, "{}", entries.body);
    assert_eq!(entries.body["items"].as_array().map(Vec::len), Some(1), "{}", entries.body);
}

#[tokio::test]
async fn a_second_factor_is_switched_off_with_password_and_code_or_by_two_others() {
    let world = World::new().await;
    let role = AdminRole::Moderator;
    let name = with_password(&world, role).await;
    let backup = set_up(&world, &name, role).await;
    let first = login(&world, &name).await;
    let session = verify(&world, &first.body["mfaToken"], &backup[0]).await;
    let token = session.body["accessToken"].as_str().unwrap().to_owned();
    let off = async |password: &str, code: &str| {
        post(&world, Some(&token), "mfa/disable", json!({ "password": password, "code": code })).await
    };
    assert_eq!(off("wrong", &backup[1]).await.code(), "INVALID_CREDENTIALS");
    assert_eq!(off(PASSWORD, "AAAAA-AAAAA").await.code(), "SECOND_FACTOR_INVALID");
    assert_eq!(off(PASSWORD, &backup[1]).await.status, 200);
    assert_eq!(off(PASSWORD, &backup[2]).await.code(), "SECOND_FACTOR_OFF");
    assert_eq!(login(&world, &name).await.status, 200, "no second step any more");

    let path = format!("admins/{}/mfa/reset", world.admin(role).admin_id);
    assert_eq!(world.ask(&path, &json!({})).await.code(), "STATE_CONFLICT", "there is none to take away");
    world.test.advance(Duration::from_secs(60));
    set_up(&world, &name, role).await;
    let reset = world.approved(&path, &json!({})).await;
    assert_eq!(reset["status"], "EXECUTED");
    assert_eq!(login(&world, &name).await.status, 200, "they set up another");
    let old = world.api.get("/api/v1/admin/auth/profile").token(&token).send().await;
    assert_eq!(old.status, 401, "their sessions have ended");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let world = World::new().await;
    let name = with_password(&world, AdminRole::Auditor).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(login(&world, &name).await.body["accessToken"].as_str().unwrap().to_owned());
    }
    let list = async |token: &str| {
        world.api.get("/api/v1/admin/auth/sessions").token(token).send().await.body["sessions"].clone()
    };
    let sessions = list(&tokens[0]).await;
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.len(), 4, "the three, and the one of the test's own making");
    assert_eq!(sessions.iter().filter(|one| one["current"] == true).count(), 1);
    let end = async |token: &str, id: &Value| {
        let path = format!("/api/v1/admin/auth/sessions/{}", id.as_str().unwrap());
        world.api.request("DELETE".parse().unwrap(), &path).token(token).send().await
    };
    let current = sessions.iter().find(|one| one["current"] == true).unwrap()["id"].clone();
    assert_eq!(end(&tokens[0], &current).await.code(), "STATE_CONFLICT");
    assert_eq!(end(world.owner(), &current).await.status, 404, "another's session is not to be seen");
    let other = list(&tokens[1]).await;
    let other = other.as_array().unwrap().iter().find(|one| one["current"] == true).unwrap()["id"].clone();
    assert_eq!(end(&tokens[0], &other).await.status, 200);
    assert_eq!(world.api.get("/api/v1/admin/auth/profile").token(&tokens[1]).send().await.status, 401);
    let all = post(&world, Some(&tokens[0]), "logout-all", json!({})).await;
    assert_eq!((all.status, &all.body["revokedCount"]), (200, &json!(2)));
    assert_eq!(list(&tokens[0]).await.as_array().unwrap().len(), 1);
    assert_eq!(world.api.get("/api/v1/admin/auth/profile").token(&tokens[2]).send().await.status, 401);
}
