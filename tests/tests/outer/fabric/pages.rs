//! The pages over the network: somebody joins, is approved, sends, asks for coins and is paid.

use std::sync::Arc;

use gx_tests::{NewPerson, Platform};

use crate::browser::{BOB, Screen, joins_pays_and_is_paid, on};

/// Whether the test run has a browser, and what drives it.
pub fn can_be_seen() -> bool {
    ["GX_TEST_CHROMEDRIVER", "GX_TEST_CHROMIUM"].iter().all(|name| std::env::var_os(name).is_some())
}

/// The journey of the browser suite, at a desk.
pub async fn a_journey(platform: Arc<Platform>) {
    let newcomer = NewPerson::of("Philippa-Josephine", "FR", "1990-03-15");
    let scenario = |browser| joins_pays_and_is_paid(browser, platform, newcomer, BOB);
    on(Screen::Desk, "fabric-desk", scenario).await.expect("at a desk");
}
