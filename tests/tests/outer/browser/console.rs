//! The console: figures, administrators, what two people decide, the audit chain, one's own account.

use gx_tests::{Database, Platform};
use serde_json::json;

use super::driver::{Browser, Screen, on};
use super::people::{sign_in_as_admin, sign_in_as_owner};
use super::window::Window;
use crate::journeys::security::Phone;

const FIRST_OWN: &str = "My-Own-Password-1";

#[tokio::test]
async fn two_owners_make_an_administrator_and_shut_them_out_again() {
    for screen in [Screen::Desk, Screen::Phone] {
        on(screen, "console", |browser: Browser| async move {
            let platform = Platform::with_people(Database::Sqlite).start().await;
            let site = platform.address("wallet");
            let (first, second) = (browser.window("first", &site).await, browser.window("second", &site).await);
            sign_in_as_admin(&first, &platform).await;
            sign_in_as_owner(&second, &platform, 1).await;
            figures(&first).await;
            let password = somebody_is_made(&first, &second).await;

            let newcomer = browser.window("newcomer", &site).await;
            a_first_login(&newcomer, &password).await;
            a_second_factor(&newcomer).await;
            another_role_and_the_door(&first, &second, &newcomer).await;
            the_chain_tells_of_it(&first).await;
        })
        .await
        .expect("two owners at work");
    }
}

async fn figures(window: &Window) {
    window.visit("/admin").await;
    window.see_that("h1", "Overview").await;
    assert!(window.see("#figure-active").await.parse::<u64>().unwrap() > 0, "test people are there");
    window.see("#chart-growth svg").await;
    window.see_that("#by-status", "Active").await;
    window.press("#days summary").await;
    window.look("admin-overview").await;
}

/// One asks, the other approves and is shown the first password, once.
async fn somebody_is_made(first: &Window, second: &Window) -> String {
    first.visit("/admin/admins").await;
    first.see_that("#admins", "owner").await;
    first.look("admin-admins").await;
    first.press("#to-new").await;
    first.press("#create-admin").await;
    first.see_that("#role-error", "Choose a role").await;
    first.look_at_refusal("admin-new-refused", 422).await;
    first.write("#displayName", "Nora New").await;
    first.write("#username", "nora").await;
    first.write("#email", "nora@devnet.gxcoin.test").await;
    first.choose("#role", "moderator").await;
    first.press("#create-admin").await;
    first.see_that("#approval-state", "Waits for a second person").await;
    assert!(first.seen("#vote-form").await.is_none(), "nobody approves what they asked for");
    first.look("admin-approval-asked").await;

    approve(second).await;
    let password = second.see("#first-password .code").await;
    second.look("admin-first-password").await;
    second.visit(&second.place().await.replace("/vote", "")).await;
    assert!(second.seen("#first-password").await.is_none(), "it is shown once");
    password
}

/// Approves what waits.
async fn approve(window: &Window) {
    window.visit("/admin/approvals?status=PENDING").await;
    window.look("admin-approvals").await;
    window.press("#approvals a").await;
    window.see("#vote-form").await;
    window.look("admin-approval-vote").await;
    window.press("#approve").await;
    window.see_that("#approval-state", "Executed").await;
}

async fn a_first_login(window: &Window, password: &str) {
    window.visit("/admin/login").await;
    window.write("#username", "nora").await;
    window.write("#password", password).await;
    window.press("#admin-login-submit").await;
    window.see("#currentPassword").await;
    window.look("admin-first-login").await;
    window.write("#currentPassword", password).await;
    window.write("#newPassword", FIRST_OWN).await;
    window.write("#confirmPassword", FIRST_OWN).await;
    window.press("main form [type=submit]").await;
    window.see_that("h1", "Waiting for a decision").await;
    // A moderator's menu has what a moderator may see.
    let menu = window.ask("return document.querySelector('nav.admin').innerText", json!([])).await;
    assert!(menu.as_str().is_some_and(|menu| menu.contains("Queue") && !menu.contains("Admins")), "{menu}");
}

async fn a_second_factor(window: &Window) {
    window.visit("/admin/account").await;
    window.see_that("#sessions", "This device").await;
    window.look("admin-account").await;
    window.press("#to-factor").await;
    window.look("admin-factor-off").await;
    window.press("#factor-setup").await;
    let mut phone = Phone::of(&window.see("#factor-secret").await);
    window.look("admin-factor-setup").await;
    window.write("#code", &phone.code()).await;
    window.press("#factor-enable").await;
    window.see("#backup-codes").await;
    window.look("admin-backup-codes").await;
    // To another device: off with a code of the old one, then set up anew.
    window.visit("/admin/second-factor").await;
    window.write("#password", FIRST_OWN).await;
    window.write("#code", &phone.code()).await;
    window.look("admin-factor-on").await;
    window.press("#factor-off").await;
    window.see_that("#flash", "Set up the next one").await;
    window.see("#factor-setup").await;
}

/// Another role, and then no way in: each asked by one owner and approved by the other.
async fn another_role_and_the_door(first: &Window, second: &Window, newcomer: &Window) {
    let open = async || {
        first.visit("/admin/admins?search=nora").await;
        first.press("#admins a").await;
        first.see_that("h1", "Nora New").await;
    };
    open().await;
    first.look("admin-administrator").await;
    first.choose("#newRole", "auditor").await;
    first.write("#roleReason", "She reads the books from now on.").await;
    first.press("#change-role").await;
    first.see_that("#approval-state", "Waits").await;
    approve(second).await;
    newcomer.visit("/admin/queue").await;
    newcomer.see("#admin-login-form").await;
    open().await;
    first.see_that("#admin-role", "auditor").await;
    first.write("#disableReason", "She has left the company.").await;
    first.press("#disable").await;
    first.see_that("#approval-state", "Waits").await;
    approve(second).await;
    open().await;
    first.see_that("#admin-state", "Shut out").await;
    newcomer.visit("/admin/login").await;
    newcomer.write("#username", "nora").await;
    newcomer.write("#password", FIRST_OWN).await;
    newcomer.press("#admin-login-submit").await;
    newcomer.see(".error, #form-error").await;
}

async fn the_chain_tells_of_it(window: &Window) {
    window.visit("/admin/audit").await;
    window.choose("#category", "Administrators and approvals").await;
    window.press("#audit-search").await;
    window.see("#entries").await;
    window.look("admin-audit").await;
    window.press("#verify").await;
    window.see_that("#verified", "The chain is as it was written").await;
    window.look("admin-audit-checked").await;
}
