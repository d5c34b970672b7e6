//! What people do to keep their account safe, and the pages beside paying: contacts, limits, statements, how to be told.

use gx_tests::{Admin, Database, NewPerson, PASSWORD, Person, Platform, SETTLE_LIMIT, wait_until};
use serde_json::json;

use super::driver::{Browser, Screen, on};
use super::people::{code_for, link_in, mail_for, sign_in};
use super::window::Window;
use crate::journeys::security::Phone;

const PIN: &str = "481516";
const NEW_PASSWORD: &str = "Another-Pass-9";

#[tokio::test]
async fn somebody_looks_after_their_account_at_a_desk_and_on_a_phone() {
    for screen in [Screen::Desk, Screen::Phone] {
        on(screen, "safety", |browser: Browser| async move {
            let platform = Platform::on(Database::Sqlite).start().await;
            let admin = Admin::of(&platform).await;
            let ada = NewPerson::of("Ada", "FR", "1990-03-15").settle(&platform, &admin).await;
            let ben = NewPerson::of("Ben", "FR", "1985-07-22").settle(&platform, &admin).await;
            let window = browser.window("ada", &platform.address("wallet")).await;
            sign_in(&window, &ada.person.email(), PASSWORD).await;
            contacts_limits_and_preferences(&window, &ben).await;
            a_pin_and_a_large_payment(&window, &ben).await;
            history_and_statement(&window, &ada).await;
            a_second_factor(&window, &ada).await;
            a_picture(&window).await;
            an_address_changed_and_taken_back(&window, &ada).await;
            the_account_is_not_closed_with_coins_in_it(&window, &ada).await;
        })
        .await
        .expect("the account is looked after");
    }
}

async fn contacts_limits_and_preferences(window: &Window, ben: &Person) {
    window.visit("/contacts").await;
    window.write("#to", &ben.person.email()).await;
    window.write("#ownName", "Ben the baker").await;
    window.press("#add-contact").await;
    window.see_that("#contacts", "Ben the baker").await;
    window.press("#contacts details summary").await;
    window.look("contacts").await;

    window.visit("/limits").await;
    window.write("#perPayment", "250").await;
    window.write("#perDay", "400").await;
    window.press("#save-limits").await;
    window.see_that("#per-payment", "250 GX").await;
    // A higher one waits.
    window.write("#perDay", "450").await;
    window.press("#save-limits").await;
    window.see_that("main", "450 GX").await;
    window.see_that("#per-day", "400 GX").await;
    window.look("limits").await;

    window.visit("/notifications/preferences").await;
    window.look("preferences").await;
    window.press("#save-preferences").await;
    window.see_that("#flash", "saved").await;
}

/// Without a PIN a large payment leads to setting one; with a wrong one nothing moves; with the right one it settles.
async fn a_pin_and_a_large_payment(window: &Window, ben: &Person) {
    let large = async || {
        window.visit("/send").await;
        window.write("#to", &ben.person.email()).await;
        window.write("#amount", "120").await;
        window.write("#reason", "A bicycle").await;
        window.press("#to-confirm").await;
        window.see_that("#confirm-amount", "120 GX").await;
    };
    large().await;
    window.see_that("#needs-pin", "You have none yet").await;
    window.look("send-needs-pin").await;
    window.visit("/settings/security/pin").await;
    window.write("#pin", PIN).await;
    window.write("#password", PASSWORD).await;
    window.look("pin").await;
    window.press("#pin-form-submit").await;
    window.see_that("#flash", "PIN is set").await;
    large().await;
    window.write("[name='stepUp.pin']", "481517").await;
    window.press("#confirm-send").await;
    window.see_that("main", "not your PIN").await;
    window.look_at_refusal("send-wrong-pin", 400).await;
    window.write("[name='stepUp.pin']", PIN).await;
    window.press("#confirm-send").await;
    window.see_that("#payment", "The coins have moved").await;
}

/// What can be read and taken along.
async fn history_and_statement(window: &Window, ada: &Person) {
    for page in ["/history", "/statement"] {
        window.visit(page).await;
        window.see_that("main", "120 GX").await;
        window.look(&page[1..]).await;
        let csv = "return fetch(document.querySelector('#export').href).then(async (answer) =>
            [answer.status, answer.headers.get('content-type'), await answer.text()]);";
        let taken = window.ask(csv, json!([])).await;
        assert!(taken[0] == 200 && taken[1].as_str().unwrap().starts_with("text/csv"), "{taken}");
        assert!(taken[2].as_str().unwrap().contains("120"), "{}'s {page}: {taken}", ada.name());
    }
}

async fn a_second_factor(window: &Window, ada: &Person) {
    window.visit("/settings/security").await;
    window.look("security").await;
    window.press("#to-totp").await;
    window.write("#password", PASSWORD).await;
    window.press("#totp-form-submit").await;
    let mut phone = Phone::of(&window.see("#totp-secret").await);
    window.look("totp-setup").await;
    window.write("#code", &phone.code()).await;
    window.press("#totp-confirm-submit").await;
    window.see("#backup-codes").await;
    let backup = window.see("#backup-codes li").await;
    window.look("backup-codes").await;
    window.press("#codes-kept").await;
    window.see_that("#totp-state", "On").await;

    window.press("#logout").await;
    window.visit("/login").await;
    window.write("#email", &ada.person.email()).await;
    window.write("#password", PASSWORD).await;
    window.press("#login-submit").await;
    window.see("#code-form").await;
    window.look("login-code").await;
    window.write("#code", "000000").await;
    window.press("#code-submit").await;
    window.see("#code-error, #form-error").await;
    window.look_at_refusal("login-code-wrong", 400).await;
    // The phone is lost: one of the codes that were kept.
    window.write("#code", &backup).await;
    window.press("#code-submit").await;
    window.see("#person-state").await;
    window.visit("/settings/security").await;
    window.see_that("#totp-state", "9 backup codes").await;
    window.look("security-two-steps").await;
    window.press("#to-totp").await;
    window.write("#password", PASSWORD).await;
    window.write("#code", &phone.code()).await;
    window.look("totp-off").await;
    window.press("#totp-off-submit").await;
    window.see_that("#flash", "is off").await;
}

async fn a_picture(window: &Window) {
    window.visit("/settings/picture").await;
    window.see_that("main", "There is none yet").await;
    let drawn = "const canvas = document.createElement('canvas'); canvas.width = canvas.height = 128;
        canvas.getContext('2d').fillRect(16, 16, 96, 96);
        return new Promise((done) => canvas.toBlob((blob) => {
            const files = new DataTransfer(); files.items.add(new File([blob], 'me.png', { type: 'image/png' }));
            document.querySelector('#file').files = files.files; done(files.files.length);
        }));";
    assert_eq!(window.ask(drawn, json!([])).await, 1);
    window.press("#picture-submit").await;
    window.see_that("#flash", "picture is saved").await;
    let shown =
        "const picture = document.querySelector('#avatar'); return picture.complete && picture.naturalWidth === 128;";
    wait_until("the picture to be shown", SETTLE_LIMIT, || async { window.ask(shown, json!([])).await == true }).await;
    window.look("picture").await;
}

/// Codes on both sides; then the one who is still behind the old address objects, and sets a new password.
async fn an_address_changed_and_taken_back(window: &Window, ada: &Person) {
    let (old, new) = (ada.person.email(), format!("moved-{}", ada.person.email()));
    window.visit("/settings/email").await;
    window.write("#newEmail", &new).await;
    window.write("#password", PASSWORD).await;
    window.look("email").await;
    window.press("#email-form-submit").await;
    window.see("#oldCode").await;
    window.look("email-codes").await;
    let (first, second) = (code_for(window, &old).await, code_for(window, &new).await);
    window.write("#oldCode", &first).await;
    window.write("#newCode", &second).await;
    window.press("#codes-form-submit").await;
    window.see_that("#flash", "e-mail address is changed").await;

    let objection = link_in(&mail_for(window, &old, "/objection?token=").await, "/objection?token=");
    window.visit(&objection).await;
    window.look("objection").await;
    window.press("#objection-form-submit").await;
    window.see_that("#flash", "The change is taken back").await;
    window.look("forgot").await;
    window.write("#email", &old).await;
    window.press("#forgot-form-submit").await;
    window.see_that("#flash", "a mail is on its way").await;
    let reset = link_in(&mail_for(window, &old, "/reset?token=").await, "/reset?token=");
    window.visit(&reset).await;
    window.write("#newPassword", NEW_PASSWORD).await;
    window.write("#confirmPassword", NEW_PASSWORD).await;
    window.look("reset").await;
    window.press("#reset-form-submit").await;
    window.see_that("#flash", "new password is set").await;
    sign_in(window, &old, NEW_PASSWORD).await;
}

async fn the_account_is_not_closed_with_coins_in_it(window: &Window, ada: &Person) {
    window.visit("/settings/close").await;
    window.look("close").await;
    window.write("#password", NEW_PASSWORD).await;
    window.press("#close-form [type=submit]").await;
    window.see("#form-error, .error").await;
    window.visit("/dashboard").await;
    window.see_that("h1", &ada.person.first_name).await;
}
