//! A window as a person uses it: look, type, press, wait. Every page that is looked at is also examined.

use std::path::PathBuf;

use gx_tests::{SETTLE_LIMIT, wait_for, wait_until};
use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WebElement};

use super::driver::Screen;

/// What must be true of every page; the answer is a list of faults.
const EXAMINE: &str = include_str!("examine.js");

/// A window of a browser.
pub struct Window {
    driver: WebDriver,
    site: String,
    screen: Screen,
    pictures: Option<PathBuf>,
}

impl Window {
    pub(super) fn new(driver: WebDriver, site: &str, screen: Screen, pictures: Option<PathBuf>) -> Self {
        Self { driver, site: site.trim_end_matches('/').to_owned(), screen, pictures }
    }

    /// Types an address of the site.
    pub async fn visit(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.site)).await.unwrap();
    }

    /// Where it is, without the site.
    pub async fn place(&self) -> String {
        let url = self.driver.current_url().await.unwrap().to_string();
        url.strip_prefix(&self.site).unwrap_or(&url).to_owned()
    }

    /// Waits until something is to be seen, and gives its text.
    pub async fn see(&self, what: &str) -> String {
        wait_for(&format!("«{what}» to be seen"), SETTLE_LIMIT, || self.seen(what)).await
    }

    /// Waits until something that is to be seen says this.
    pub async fn see_that(&self, what: &str, says: &str) {
        wait_until(&format!("«{what}» to say «{says}»"), SETTLE_LIMIT, || async {
            self.seen(what).await.is_some_and(|text| text.contains(says))
        })
        .await;
    }

    /// The text of something, if it is to be seen now.
    pub async fn seen(&self, what: &str) -> Option<String> {
        // An element may go while it is looked at: then it is not to be seen.
        let element = self.driver.find(By::Css(what)).await.ok()?;
        if !element.is_displayed().await.ok()? {
            return None;
        }
        element.text().await.ok()
    }

    /// Everything that the page says.
    pub async fn everything(&self) -> String {
        self.see("main").await
    }

    async fn element(&self, what: &str) -> WebElement {
        self.see(what).await;
        let element = self.driver.find(By::Css(what)).await.unwrap();
        // As a person scrolls: into the middle, where no menu lies over it.
        self.ask("arguments[0].scrollIntoView({ block: 'center' })", json!([element.to_json().unwrap()])).await;
        element
    }

    /// Types into a field, over what is there.
    pub async fn write(&self, field: &str, text: &str) {
        let element = self.element(field).await;
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// Hands a file to a file field.
    pub async fn attach(&self, field: &str, file: &std::path::Path) {
        self.element(field).await.send_keys(file.display().to_string()).await.unwrap();
    }

    /// Chooses from a list by what the list calls it.
    pub async fn choose(&self, list: &str, choice: &str) {
        let script = "const list = document.querySelector(arguments[0]);
            const option = [...list.options].find((one) => one.text === arguments[1]);
            if (option) { list.value = option.value; list.dispatchEvent(new Event('change', { bubbles: true })); }
            return Boolean(option);";
        self.see(list).await;
        let found = self.ask(script, json!([list, choice])).await;
        assert_eq!(found, true, "«{choice}» is not in {list}");
    }

    /// Presses a button or follows a link.
    pub async fn press(&self, what: &str) {
        self.element(what).await.click().await.unwrap();
    }

    /// Follows the link with this text.
    pub async fn follow(&self, text: &str) {
        let link = wait_for(&format!("a link «{text}»"), SETTLE_LIMIT, || async {
            self.driver.find(By::LinkText(text)).await.ok()
        })
        .await;
        link.click().await.unwrap();
    }

    /// Presses a key where the focus is.
    pub async fn key(&self, key: thirtyfour::Key) {
        self.driver.active_element().await.unwrap().send_keys(key + "").await.unwrap();
    }

    /// Asks the page.
    pub async fn ask(&self, script: &str, arguments: Value) -> Value {
        let arguments: Vec<Value> = arguments.as_array().cloned().unwrap_or_default();
        self.driver.execute(script, arguments).await.unwrap().json().clone()
    }

    /// Looks at the whole page: it fits the screen, can be used without eyes, and has written nothing into the console.
    pub async fn look(&self, name: &str) {
        self.picture(name).await;
        let faults = self.ask(EXAMINE, json!([])).await;
        assert_eq!(faults, json!([]), "{name} at {} px", self.screen.width());
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{name}: the console says {complaints:#?}");
    }

    /// The same for a page that refused a form: the browser notes the status of the answer, and nothing else.
    pub async fn look_at_refusal(&self, name: &str, status: u16) {
        let noted = self.complaints().await;
        let expected = format!("status of {status}");
        assert!(
            noted.iter().all(|entry| entry.contains(&expected)) && !noted.is_empty(),
            "{name}: {noted:#?} instead of {status}"
        );
        self.look(name).await;
    }

    async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.unwrap();
        entries.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect()
    }

    async fn picture(&self, name: &str) {
        let Some(folder) = &self.pictures else { return };
        let file = folder.join(format!("{}-{name}.png", self.screen.width()));
        self.driver.screenshot(&file).await.unwrap();
    }

    /// Opens a second page beside this one, asks it, and comes back.
    pub async fn aside<T>(&self, path: &str, ask: impl AsyncFnOnce(&Self) -> T) -> T {
        let here = self.driver.window().await.unwrap();
        let there = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(there).await.unwrap();
        self.visit(path).await;
        let answer = ask(self).await;
        self.driver.close_window().await.unwrap();
        self.driver.switch_to_window(here).await.unwrap();
        answer
    }
}
