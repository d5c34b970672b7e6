//! The pages over the network: somebody joins, is approved, sends, asks for coins and is paid.

use std::sync::Arc;

use gx_tests::{NewPerson, Platform};

use crate::browser::{BOB, Screen, joins_pays_and_is_paid, on};

/// The journey of the browser suite, at a desk. `false` where the test run has no browser.
pub async fn a_journey(platform: Arc<Platform>) -> bool {
    if std::env::var_os("GX_TEST_CHROMIUM").is_none() {
        return false;
    }
    let newcomer = NewPerson::of("Philippa-Josephine", "FR", "1990-03-15");
    let scenario = |browser| joins_pays_and_is_paid(browser, platform, newcomer, BOB);
    on(Screen::Desk, "fabric-desk", scenario).await.expect("at a desk");
    true
}
