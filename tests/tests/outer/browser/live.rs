//! Pages that follow what happens by themselves.

use gx_tests::{Admin, Database, Forwarder, Inside, NewPerson, PASSWORD, Person, Platform, SETTLE_LIMIT, wait_until};
use serde_json::json;

use super::driver::{Browser, Screen, on};
use super::people::sign_in;
use super::window::Window;

/// Loading a page anew forgets this.
const MARK: &str = "window.stayed = true";

async fn stayed(window: &Window) -> bool {
    window.ask("return window.stayed === true", json!([])).await == true
}

async fn connected(window: &Window) {
    wait_until("the page to be connected", SETTLE_LIMIT, || async {
        window.ask("return document.body.dataset.liveState === 'connected'", json!([])).await == true
    })
    .await;
}

/// A platform behind a stretch of network, where its people know it to be.
async fn behind_a_network() -> (Platform, Forwarder, Admin, Person, Person) {
    let network = Forwarder::start().await;
    let platform = Platform::on(Database::Sqlite).env("PUBLIC_URL", &network.url()).start().await;
    network.to(&platform.address("wallet"));
    let admin = Admin::of(&platform).await;
    let payer = NewPerson::of("Payer", "FR", "1990-03-15").settle(&platform, &admin).await;
    let looker = NewPerson::of("Looker", "FR", "1985-07-22").settle(&platform, &admin).await;
    (platform, network, admin, payer, looker)
}

#[tokio::test]
async fn balance_request_and_notices_change_while_somebody_looks() {
    for screen in [Screen::Desk, Screen::Phone] {
        on(screen, "live-changes", |browser: Browser| async move {
            let (_platform, network, _, payer, looker) = behind_a_network().await;
            let window = browser.window("looker", &network.url()).await;
            sign_in(&window, &looker.person.email(), PASSWORD).await;
            window.see_that("#balance", "500 GX").await;
            connected(&window).await;
            window.ask(MARK, json!([])).await;
            let unread = "return document.querySelector('#nav-notifications').ariaLabel";
            let before = window.ask(unread, json!([])).await;
            payer.pay(&looker.gx_id, 1_500_000, "while-looking").await;
            window.see_that("#balance", "501.5 GX").await;
            window.see_that("#recent-lines", "1.5 GX").await;
            wait_until("the bell to count", SETTLE_LIMIT, || async { window.ask(unread, json!([])).await != before })
                .await;
            assert!(stayed(&window).await, "the page was not loaded anew");
            window.look("live-dashboard").await;

            // A request, cancelled from elsewhere.
            let request = looker.request(2_000_000, "Cake").await;
            let code = request["requestCode"].as_str().unwrap();
            window.visit(&format!("/requests/{code}")).await;
            connected(&window).await;
            window.ask(MARK, json!([])).await;
            looker.api.post(&format!("/api/v1/qsend/{code}/cancel"), &json!({})).await.expect(200);
            window.see_that("#request-state", "Cancelled").await;
            assert!(stayed(&window).await);

            // A list of notices.
            window.visit("/notifications").await;
            connected(&window).await;
            window.ask(MARK, json!([])).await;
            payer.pay(&looker.gx_id, 2_500_000, "while-reading").await;
            window.see_that("#notifications", "You received 2.5 GX").await;
            assert!(stayed(&window).await);
            window.look("live-notifications").await;
        })
        .await
        .expect("the pages follow");
    }
}

#[tokio::test]
async fn a_page_whose_network_was_away_says_so_and_catches_up() {
    on(Screen::Phone, "live-away", |browser: Browser| async move {
        let (platform, network, _, payer, looker) = behind_a_network().await;
        let window = browser.window("looker", &network.url()).await;
        sign_in(&window, &looker.person.email(), PASSWORD).await;
        window.see_that("#balance", "500 GX").await;
        connected(&window).await;
        window.ask(MARK, json!([])).await;
        network.cut();
        window.see_that("#live-state", "Offline").await;
        payer.pay(&looker.gx_id, 7_000_000, "while-away").await;
        assert!(window.see("#balance").await.contains("500 GX"), "nobody told the page");
        network.to(&platform.address("wallet"));
        window.see_that("#balance", "507 GX").await;
        wait_until("the page to be quiet again", SETTLE_LIMIT, || async { window.seen("#live-state").await.is_none() })
            .await;
        assert!(stayed(&window).await, "the page was not loaded anew");
    })
    .await
    .expect("the page catches up");
}

#[tokio::test]
async fn a_session_that_ends_elsewhere_takes_its_pages_to_the_login() {
    on(Screen::Desk, "live-ended", |browser: Browser| async move {
        let (platform, network, admin, _, looker) = behind_a_network().await;
        let window = browser.window("looker", &network.url()).await;
        sign_in(&window, &looker.person.email(), PASSWORD).await;
        connected(&window).await;
        // Signed out on another page of the same browser.
        window
            .aside("/profile", async |other: &Window| {
                other.press("#logout").await;
                other.see_that("#flash", "signed out").await;
            })
            .await;
        window.see_that("#flash", "session has ended").await;
        assert!(window.place().await.starts_with("/login?next=%2Fdashboard"), "{}", window.place().await);

        // Frozen while looking: the page says so without being asked.
        sign_in(&window, &looker.person.email(), PASSWORD).await;
        connected(&window).await;
        let path = format!("/api/v1/admin/users/{}/freeze", looker.id);
        let second = Admin::second(&platform).await;
        admin.agreed(&second, &path, &json!({ "reason": "SUSPICIOUS_ACTIVITY", "notes": "a test" })).await;
        window.see_that("#blocked", "frozen").await;
        drop(platform);
    })
    .await
    .expect("the page follows its session");
}

#[tokio::test]
async fn a_session_ended_on_one_device_closes_the_page_of_the_other() {
    on(Screen::Desk, "live-other-device", |browser: Browser| async move {
        let (_platform, network, _, _, looker) = behind_a_network().await;
        let here = browser.window("here", &network.url()).await;
        sign_in(&here, &looker.person.email(), PASSWORD).await;
        let there = browser.window("there", &network.url()).await;
        sign_in(&there, &looker.person.email(), PASSWORD).await;
        connected(&here).await;
        connected(&there).await;
        here.visit("/settings/security").await;
        connected(&here).await;
        // Three sessions: this one, the other browser, and the program that made the account. All but this one end.
        here.press("#end-others").await;
        here.see_that("#flash", "ended").await;
        there.see_that("#flash", "session has ended").await;
        assert!(there.place().await.starts_with("/login?next=%2Fdashboard"), "{}", there.place().await);
        // Whoever ended it is still there, and still told.
        connected(&here).await;
        here.visit("/dashboard").await;
        here.see_that("#balance", "500 GX").await;
    })
    .await
    .expect("the other page goes");
}

/// The end of a command is told to those who are connected; whoever was away reads it.
#[tokio::test]
async fn a_page_that_was_away_when_its_payment_settled_shows_that_it_has() {
    on(Screen::Phone, "live-away-payment", |browser: Browser| async move {
        let (network, inside) = (Forwarder::start().await, Inside::default());
        let platform = Platform::on(Database::Sqlite).inside(&inside).env("PUBLIC_URL", &network.url()).start().await;
        network.to(&platform.address("wallet"));
        let admin = Admin::of(&platform).await;
        let payer = NewPerson::of("Payer", "FR", "1990-03-15").settle(&platform, &admin).await;
        let other = NewPerson::of("Other", "FR", "1985-07-22").settle(&platform, &admin).await;
        let window = browser.window("payer", &network.url()).await;
        sign_in(&window, &payer.person.email(), PASSWORD).await;
        inside.line.cut();
        let command = payer.send(&other.gx_id, 3_000_000, "settled-while-away").await;
        window.visit(&format!("/payments/{command}")).await;
        window.see_that("#payment", "On its way").await;
        connected(&window).await;
        window.ask(MARK, json!([])).await;

        network.cut();
        window.see_that("#live-state", "Offline").await;
        inside.line.mend();
        assert_eq!(payer.settled(&command).await["status"], "CONFIRMED");
        assert!(window.see("#payment").await.contains("On its way"), "nobody told the page");
        network.to(&platform.address("wallet"));
        window.see_that("#payment", "The coins have moved").await;
        assert!(stayed(&window).await, "the page was not loaded anew");
    })
    .await
    .expect("the page catches up");
}
