//! From the landing page to a paid request and back, with everything between.

use std::sync::Arc;

use gx_tests::{Database, NewPerson, PASSWORD, Platform, SETTLE_LIMIT, wait_until};
use serde_json::json;

use super::driver::{Browser, Screen, on};
use super::people::{BOB, EVE, Known, hand_in, register, sign_in, sign_in_as_admin};
use super::window::Window;

/// Both at the same time, on one platform: each has a person of the other screen beside them, as in life.
#[tokio::test]
async fn somebody_joins_pays_and_is_paid_at_a_desk_and_on_a_phone() {
    let platform = Arc::new(Platform::with_people(Database::Sqlite).start().await);
    let (desk, phone) = tokio::join!(
        on(Screen::Desk, "journey-desk", |browser| joins_pays_and_is_paid(
            browser,
            Arc::clone(&platform),
            NewPerson::of("Wilhelmina-Alexandrina", "FR", "1990-03-15"),
            BOB,
        )),
        on(Screen::Phone, "journey-phone", |browser| joins_pays_and_is_paid(
            browser,
            Arc::clone(&platform),
            NewPerson::of("Maximiliana-Theodora", "FR", "1985-07-22"),
            EVE,
        )),
    );
    desk.expect("at a desk");
    phone.expect("on a phone");
}

pub async fn joins_pays_and_is_paid(browser: Browser, platform: Arc<Platform>, newcomer: NewPerson, other: Known) {
    let site = platform.address("wallet");
    let window = browser.window("newcomer", &site).await;
    let console = browser.window("admin", &site).await;

    everything_is_ready(&window).await;
    register(&window, &newcomer, "France").await;
    window.look("dashboard-new").await;
    before_the_account_is_active(&window, &newcomer).await;
    window.visit("/dashboard").await;
    hand_in(&window, &newcomer, "France").await;
    window.look("dashboard-under-review").await;
    window.press("#logout").await;
    window.see_that("#flash", "You are signed out").await;

    an_administrator_approves(&console, &platform, &newcomer).await;

    sign_in(&window, &newcomer.email(), PASSWORD).await;
    // The ledger registers; the page follows without being asked.
    window.see_that("#balance", "500 GX").await;
    window.see_that("#person-state", "Active").await;
    window.see_that("#recent-lines", "Grant").await;
    window.look("dashboard").await;

    a_transfer(&window, other).await;
    let payer = browser.window("payer", &site).await;
    sign_in(&payer, other.email, other.password).await;
    payer.see_that("#balance", "512.5 GX").await;
    a_request(&window, &payer, &newcomer, other).await;
    what_happened_is_told(&window, other).await;
    the_console_shows_all_of_it(&console, &newcomer).await;
}

/// `/status` names every component, each with its state, the age of the answer and what it needs.
async fn everything_is_ready(window: &Window) {
    // Readiness settles a moment after the first start: the page is loaded again, as a person would.
    wait_until("every component to be ready", SETTLE_LIMIT, || async {
        window.visit("/status").await;
        window.see("#overall").await.contains("Everything answers and is ready")
    })
    .await;
    for component in ["wallet", "identity", "admin", "tokenomics", "messaging", "outbox-submitter", "projector"] {
        let card = window.see(&format!("#component-{component}")).await;
        assert!(card.contains("Ready") && card.contains("Since") && card.contains("asked"), "{card}");
        assert!(card.contains("database"), "{card}");
    }
    window.look("status").await;
}

/// Without an account on the ledger every page says what is missing, instead of a form that would be refused.
async fn before_the_account_is_active(window: &Window, newcomer: &NewPerson) {
    for (page, says) in [
        ("/send", "once your account is active"),
        ("/requests/new", "once your account is active"),
        ("/pay", "once your account is active"),
        ("/history", "Nothing has moved yet"),
        ("/requests", "You have not asked for anything yet"),
        ("/notifications", ""),
        ("/profile", newcomer.first_name.as_str()),
    ] {
        window.visit(page).await;
        let text = window.everything().await;
        let fields = window
            .ask("return [...document.querySelectorAll('main input')].map((one) => one.value).join(' ')", json!([]))
            .await;
        assert!(format!("{text} {fields}").contains(says), "{page}: {text}");
        window.look(&format!("before{}", page.replace('/', "-"))).await;
    }
}

/// The console: the queue, the person with the picture, the number typed again, and the decision.
async fn an_administrator_approves(console: &Window, platform: &Platform, newcomer: &NewPerson) {
    sign_in_as_admin(console, platform).await;
    console.see_that("#people", &newcomer.first_name).await;
    console.look("admin-queue").await;
    console.follow(&newcomer.name()).await;
    console.see("#approve-form").await;
    let picture = "const picture = document.querySelector('figure.document img');
        picture.loading = 'eager'; return picture.complete && picture.naturalWidth > 0;";
    wait_until("the passport to be shown", SETTLE_LIMIT, || async { console.ask(picture, json!([])).await == true })
        .await;
    console.look("admin-person").await;

    console.press("#approve").await;
    console.see_that("#documentNumber-error", "number").await;
    console.look_at_refusal("admin-approve-nothing-typed", 422).await;
    console.choose("#issuingCountry", "France").await;
    console.write("#documentNumber", &newcomer.passport).await;
    console.press("#approve").await;
    console.see_that("#flash", "Approved").await;
}

/// Sends 12.5 GX to somebody in another country: name, fee and total first, then the way to «settled».
async fn a_transfer(window: &Window, other: Known) {
    window.visit("/send").await;
    window.press("#to-confirm").await;
    window.see_that("#to-error", "Enter a GX id").await;
    window.look_at_refusal("send-nothing-typed", 422).await;
    window.write("#to", other.email).await;
    window.write("#amount", "12.5").await;
    window.write("#reason", "Rent for March, garden flat").await;
    window.press("#to-confirm").await;
    // Strangers see each other's initials only.
    window.see_that("#confirm-name", &other.name[..1]).await;
    window.see_that("#confirm-amount", "12.5 GX").await;
    window.see_that("#confirm-fee", "18,750 Q").await;
    window.see_that("#confirm-total", "12.51875 GX").await;
    window.look("send-confirm").await;
    window.press("#confirm-send").await;
    window.see_that("#payment", "The coins have moved").await;
    assert_eq!(window.see("#tx-id").await.len(), 64);
    window.look("payment-settled").await;
    window.visit("/dashboard").await;
    window.see_that("#balance", "487.48125 GX").await;
}

/// Asks for 4.5 GX with a code; the other types it and pays; the page of the code follows by itself.
async fn a_request(window: &Window, payer: &Window, newcomer: &NewPerson, other: Known) {
    window.visit("/requests/new").await;
    window.write("#amount", "4.5").await;
    window.write("#description", "Two coffees").await;
    window.look("request-new").await;
    window.press("#make-request").await;
    window.see_that("#request-amount", "4.5 GX").await;
    let code = window.see("#request-code").await;
    assert!(code.starts_with("QS-") && code.len() == 11, "{code}");
    let qr = "const qr = document.querySelector('#qr'); return qr.complete && qr.naturalWidth > 0 && qr.clientWidth;";
    wait_until("the QR code to be drawn", SETTLE_LIMIT, || async {
        window.ask(qr, json!([])).await.as_u64().is_some_and(|wide| wide >= 200)
    })
    .await;
    let first = window.see("#countdown").await;
    assert!(first.contains(':'), "{first}");
    wait_until("the countdown to run", SETTLE_LIMIT, || async { window.see("#countdown").await != first }).await;
    window.look("request").await;

    payer.visit("/pay").await;
    payer.write("#code", "QS-00000000").await;
    payer.press("#look-at-code").await;
    payer.see_that("#code-error", "no code of ours").await;
    payer.look_at_refusal("pay-wrong-code", 422).await;
    payer.write("#code", &code.to_lowercase()).await;
    payer.press("#look-at-code").await;
    payer.see_that("#pay-name", &newcomer.first_name).await;
    payer.see_that("#pay-amount", "4.5 GX").await;
    payer.see_that("#pay-total", "4.50675 GX").await;
    payer.look("pay-code").await;
    payer.press("#confirm-pay").await;
    payer.see_that("#pay", "The coins have moved").await;
    payer.look("pay-settled").await;

    window.see_that("h1", "Paid").await;
    window.see_that("#payer-name", other.name).await;
    assert!(window.seen("#qr").await.is_none(), "a paid code invites nobody to scan it");
    window.look("request-paid").await;
    window.visit("/requests").await;
    window.see_that("#total-paid", "4.5 GX").await;
    window.see_that("#requests", "Two coffees").await;
    window.look("requests").await;
}

/// History, notifications, profile, and what is to come.
async fn what_happened_is_told(window: &Window, other: Known) {
    window.visit("/history").await;
    let history = window.see("#history").await;
    for part in ["+500 GX", "−12.5 GX", "−18,750 Q", "+4.5 GX", other.name, "Rent for March, garden flat"] {
        assert!(history.contains(part), "{part} is not in the history:\n{history}");
    }
    window.press("#history details summary").await;
    window.look("history").await;
    window.visit("/notifications").await;
    let told = window.see("#notifications").await;
    for part in ["You received 4.5 GX", "You paid 12.5 GX", "Your account is active"] {
        assert!(told.contains(part), "{part} is not told:\n{told}");
    }
    window.look("notifications").await;
    window.press("#read-all").await;
    window.see_that("#flash", "Marked as read").await;
    window.visit("/notifications?status=UNREAD").await;
    window.see_that("#nothing", "Nothing unread").await;
    for (page, says) in [("/messages", "Messages are coming"), ("/profile", "GX id"), ("/documents", "Passport")] {
        window.visit(page).await;
        assert!(window.everything().await.contains(says), "{page}");
        window.look(&page[1..]).await;
    }
}

/// People, outbox, a command and the system, as an administrator sees them.
async fn the_console_shows_all_of_it(console: &Window, newcomer: &NewPerson) {
    console.visit("/admin/queue").await;
    assert!(!console.everything().await.contains(&newcomer.name()), "who is approved waits no more");
    console.visit("/admin/users").await;
    console.write("#search", &newcomer.email()).await;
    console.press("#users-search").await;
    console.see_that("#people", "Active").await;
    console.look("admin-people").await;
    console.press("#people a").await;
    console.see_that("#person-state", "Active").await;
    console.see("#gx-id").await;
    console.look("admin-person-active").await;
    console.visit("/admin/outbox").await;
    console.see_that("#commands", "Q_SEND_PAY").await;
    console.see_that("#depth-dead", "0").await;
    console.look("admin-outbox").await;
    console.press("#commands a").await;
    console.see_that("#command-state", "Settled").await;
    console.look("admin-command").await;
    console.visit("/admin/system").await;
    console.see_that("#system-state", "Running").await;
    console.look("admin-system").await;
}
