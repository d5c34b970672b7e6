//! Who may come in, and what is said when something is out of reach.

use gx_tests::{Database, Platform};
use reqwest::redirect::Policy;
use serde_json::json;
use thirtyfour::Key;

use super::driver::{Browser, Screen, on};
use super::people::BOB;
use super::window::Window;

#[tokio::test]
async fn who_is_signed_out_is_led_to_the_login_and_back() {
    on(Screen::Desk, "doors", |browser: Browser| async move {
        let platform = Platform::with_people(Database::Sqlite).start().await;
        let site = platform.address("wallet");
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        for page in ["/", "/login", "/status"] {
            let reply = client.get(format!("{site}{page}")).send().await.unwrap();
            assert_eq!(reply.status(), 200, "{page}");
        }
        for page in ["/dashboard", "/messages"] {
            let reply = client.get(format!("{site}{page}")).send().await.unwrap();
            assert_eq!(reply.status(), 307, "{page}");
            let place = reply.headers()["location"].to_str().unwrap();
            assert!(place.starts_with("/login"), "{page} leads to {place}");
        }

        let window = browser.window("visitor", &site).await;
        window.visit("/messages").await;
        window.see("#login-form").await;
        window.look("login").await;
        window.write("#email", BOB.email).await;
        window.write("#password", "Wrong-Password-1").await;
        window.press("#login-submit").await;
        window.see_that("#form-error", "do not belong together").await;
        window.look_at_refusal("login-wrong", 401).await;
        window.write("#password", BOB.password).await;
        window.press("#login-submit").await;
        // Back to where the visitor wanted to go.
        window.see_that("main", "Messages are coming").await;
        assert_eq!(window.place().await, "/messages");

        the_first_key_leads_past_the_menu(&window).await;

        window.visit("/no-such-page").await;
        window.see_that("h1", "Nothing here").await;
        window.look_at_refusal("nothing-here", 404).await;
    })
    .await
    .expect("at the doors");
}

async fn the_first_key_leads_past_the_menu(window: &Window) {
    window.visit("/send").await;
    window.key(Key::Tab).await;
    window.see_that(".skip:focus", "Skip to content").await;
    window.key(Key::Enter).await;
    window.key(Key::Tab).await;
    assert_eq!(window.ask("return document.activeElement.id", json!([])).await, "to");
}

#[tokio::test]
async fn a_service_out_of_reach_is_named_and_never_called_wrong_credentials() {
    on(Screen::Phone, "out-of-reach", |browser: Browser| async move {
        let mut platform = Platform::with_people(Database::Sqlite).start().await;
        let site = platform.edge_without("identity").await;
        let window = browser.window("visitor", &site).await;
        window.visit("/login").await;
        window.write("#email", BOB.email).await;
        window.write("#password", BOB.password).await;
        window.press("#login-submit").await;
        window.see_that("h1", "A part of GX is out of reach").await;
        let text = window.everything().await;
        assert!(text.contains("Nothing is lost") && !text.contains("do not belong together"), "{text}");
        window.look_at_refusal("out-of-reach", 503).await;

        // The status page says which, and does not call it good.
        window.visit("/status").await;
        window.see_that("#component-identity", "Not known").await;
        window.see_that("#component-identity", "no answer").await;
        window.see_that("#component-tokenomics", "Ready").await;
        window.see_that("#overall", "1 of").await;
        window.look("status-one-unknown").await;
    })
    .await
    .expect("out of reach");
}
