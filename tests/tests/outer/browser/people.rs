//! What people and administrators do again and again.

use std::path::{Path, PathBuf};

use gx_tests::{NewPerson, PASSWORD, PICTURE, Platform, SETTLE_LIMIT, wait_for, wait_until};
use tempfile::TempDir;

use super::window::Window;

/// Somebody of the test people of devnet, whom `gx up` registers.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub email: &'static str,
    pub password: &'static str,
    pub name: &'static str,
}

pub const BOB: Known = known("bob.williams@devnet.gxcoin.test", "Robert Williams");
pub const EVE: Known = known("eve.tanaka@devnet.gxcoin.test", "Eve Tanaka");

const fn known(email: &'static str, name: &'static str) -> Known {
    Known { email, password: "TestPass123!", name }
}

/// Signs in to the wallet and arrives on the dashboard.
pub async fn sign_in(window: &Window, email: &str, password: &str) {
    window.visit("/login").await;
    window.write("#email", email).await;
    window.write("#password", password).await;
    window.press("#login-submit").await;
    window.see("#person-state").await;
}

/// Goes through the wizard to an account, reading the codes from the test mailbox.
pub async fn register(window: &Window, person: &NewPerson, country: &str) {
    window.visit("/").await;
    window.look("landing").await;
    window.press("#nav-register").await;
    window.see_that("h1", "Register").await;
    window.press("#register-form button").await;
    window.see_that(".error", "e-mail address").await;
    window.look_at_refusal("register-email-missing", 400).await;
    window.write("#email", &person.email()).await;
    window.press("#register-form button").await;

    window.see_that("h1", "Confirm your e").await;
    window.look("register-code").await;
    let code = code_for(window, &person.email()).await;
    // The first digit turned by one makes a code that was never sent.
    window.write("#otp", &format!("{}{}", if code.starts_with('1') { '2' } else { '1' }, &code[1..])).await;
    window.press("#register-form button").await;
    window.see_that(".error", "not the code").await;
    window.look_at_refusal("register-code-wrong", 400).await;
    window.write("#otp", &code).await;
    window.press("#register-form button").await;

    window.write("#firstName", &person.first_name).await;
    window.write("#lastName", &person.last_name).await;
    window.choose("#countryCode", country).await;
    window.look("register-name").await;
    window.press("#register-form button").await;

    let born: Vec<&str> = person.born.split('-').collect();
    let [year, month, day] = born.as_slice() else { panic!("{}", person.born) };
    window.write("#birthDay", day).await;
    window.write("#birthMonth", month).await;
    window.write("#birthYear", year).await;
    window.press("label[for=gender-female]").await;
    window.look("register-birth").await;
    window.press("#register-form button").await;

    window.see_that("#eligibility", "You are due a grant").await;
    window.write("#password", PASSWORD).await;
    window.write("#confirmPassword", PASSWORD).await;
    window.look("register-password").await;
    window.press("#register-form button").await;

    window.write("#phoneNum", &person.phone()).await;
    window.look("register-phone").await;
    window.press("#register-form button").await;
    window.see_that("h1", "Confirm your phone").await;
    let code = code_for(window, &person.phone()).await;
    window.write("#otp", &code).await;
    window.press("#register-form button").await;
    window.see_that("#flash", "Your account is made").await;
}

/// The newest code in the test mailbox of an address or number.
pub async fn code_for(window: &Window, to: &str) -> String {
    let message = mail_for(window, to, "").await;
    let code = message.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
    code.unwrap_or_else(|| panic!("no code in «{message}»")).to_owned()
}

/// The newest mail to an address that says this; mails are sent after the answer.
pub async fn mail_for(window: &Window, to: &str, says: &str) -> String {
    window
        .aside("/dev/mailbox", async |mailbox| {
            let message = wait_for(&format!("a mail to {to} that says «{says}»"), SETTLE_LIMIT, || async {
                mailbox.visit("/dev/mailbox").await;
                mailbox.write("#to", to).await;
                mailbox.press("#open-mailbox").await;
                mailbox.see("main").await;
                let message = mailbox.seen("article.mail pre").await?;
                message.contains(says).then_some(message)
            })
            .await;
            mailbox.look("mailbox").await;
            message
        })
        .await
}

/// The way that a mail leads, without the site.
pub fn link_in(message: &str, page: &str) -> String {
    let link = message.split_whitespace().find_map(|word| word.split_once(page));
    let (_, rest) = link.unwrap_or_else(|| panic!("no {page} in «{message}»"));
    format!("{page}{rest}")
}

/// Uploads a passport and hands it in.
pub async fn hand_in(window: &Window, person: &NewPerson, country: &str) {
    let folder = TempDir::new().unwrap();
    window.press("#to-documents").await;
    window.see("#upload-form").await;
    window.press("#upload").await;
    window.see_that("#file-error", "Choose a file").await;
    window.look_at_refusal("documents-no-file", 422).await;
    window.choose("#documentType", "Passport").await;
    window.write("#documentNumber", &person.passport).await;
    window.choose("#issuingCountry", country).await;
    window.attach("#file", &passport(folder.path())).await;
    window.press("#upload").await;
    window.see_that("#documents", "Passport").await;
    window.look("documents-uploaded").await;
    window.press("#submit-documents").await;
    window.see_that("#person-state", "Under review").await;
}

fn passport(folder: &Path) -> PathBuf {
    let file = folder.join("passport.png");
    std::fs::write(&file, PICTURE).unwrap();
    file
}

/// Signs in to the console with the first login that `gx up` made.
pub async fn sign_in_as_admin(window: &Window, platform: &Platform) {
    sign_in_as_owner(window, platform, 0).await;
}

/// Signs in to the console with one of the two logins that `gx up` made.
pub async fn sign_in_as_owner(window: &Window, platform: &Platform, number: usize) {
    let logins = std::fs::read_to_string(platform.data().join("secrets/devnet-admins")).unwrap();
    let (name, password) = logins.lines().nth(number).and_then(|line| line.split_once(' ')).unwrap();
    window.visit("/admin").await;
    window.see("#admin-login-form").await;
    window.look("admin-login").await;
    window.write("#username", name).await;
    window.write("#password", password).await;
    window.press("#admin-login-submit").await;
    window.see("#admin-code-form").await;
    window.look("admin-code").await;
    // Codes are good once, and two windows may sign in at the same time.
    wait_until("a code to be taken", SETTLE_LIMIT, || async {
        window.write("#code", &gx_tests::code_of(platform, name)).await;
        window.press("#admin-code-submit").await;
        window.see("h1").await != "Console"
    })
    .await;
    window.see_that("h1", "Overview").await;
    window.look("admin-overview").await;
    window.visit("/admin/queue").await;
    window.see_that("h1", "Waiting for a decision").await;
}
