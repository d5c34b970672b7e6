//! Chromium, driven by chromedriver: windows of two sizes, and pictures of them when a scenario fails.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gx_tests::wait_for;
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{ChromeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use tokio::task::JoinError;

use super::window::Window;

/// How long chromedriver may take to listen on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How often a start is tried: chromedriver takes a free port of IPv4 and ends when somebody has the same one of IPv6.
const STARTS: u32 = 5;
/// When this names a folder, every page that a scenario looks at is kept there as a picture.
const PICTURES: &str = "GX_TEST_PICTURES";
/// How Chromium is started.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    // Chromium refuses its sandbox to root, and the tests run as root in a container.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    // It would call home.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--lang=en-GB",
    "--window-size=1280,900",
];

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 1280 pixels wide, light.
    Desk,
    /// 390 pixels wide, touched, dark: both themes are examined.
    Phone,
}

impl Screen {
    /// Its width, pixels.
    pub const fn width(self) -> u32 {
        match self {
            Self::Desk => 1280,
            Self::Phone => 390,
        }
    }
}

/// One chromedriver and its windows.
#[derive(Clone)]
pub struct Browser {
    url: String,
    screen: Screen,
    windows: Arc<Mutex<Vec<(String, WebDriver)>>>,
    profiles: Arc<TempDir>,
}

/// Runs a scenario; when it fails, the last page of every window is kept as a picture. Without Chromium it says so.
pub async fn on<F>(screen: Screen, name: &str, scenario: impl FnOnce(Browser) -> F) -> Result<(), JoinError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (Ok(driver), Ok(_)) = (std::env::var("GX_TEST_CHROMEDRIVER"), std::env::var("GX_TEST_CHROMIUM")) else {
        gx_tests::skipped("GX_TEST_CHROMEDRIVER and GX_TEST_CHROMIUM name no browser");
        return Ok(());
    };
    let folder = Arc::new(TempDir::new().expect("a temporary folder"));
    let chromedriver = Chromedriver::start(&driver, folder.path()).await;
    let browser = Browser { url: chromedriver.url.clone(), screen, windows: Arc::default(), profiles: folder };
    let outcome = tokio::spawn(scenario(browser.clone())).await;
    let windows = std::mem::take(&mut *browser.windows.lock().unwrap_or_else(PoisonError::into_inner));
    for (window, driver) in windows {
        if outcome.is_err() {
            let place = failures().join(format!("{name}-{window}.png"));
            let kept = driver.screenshot(&place).await;
            let address = driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
            eprintln!("── {window} was at {address}; picture: {} ({kept:?})", place.display());
        }
        // A window that is gone already is what we want.
        let _ = driver.quit().await;
    }
    outcome
}

fn failures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("target/test-pictures");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder
}

impl Browser {
    /// A new window with cookies of its own, at a site.
    pub async fn window(&self, name: &str, site: &str) -> Window {
        let driver = self.session(name).await;
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), driver.clone()));
        let pictures = std::env::var_os(PICTURES).map(PathBuf::from);
        if let Some(folder) = &pictures {
            std::fs::create_dir_all(folder).expect("a folder for pictures");
        }
        Window::new(driver, site, self.screen, pictures)
    }

    /// Chromium on a profile of its own; one that did not start is started again on another.
    async fn session(&self, name: &str) -> WebDriver {
        for attempt in 1..STARTS {
            match WebDriver::new(&self.url, self.capabilities(&format!("{name}-{attempt}"))).await {
                Ok(driver) => return driver,
                Err(error) => eprintln!("Chromium did not start, attempt {attempt}: {error}"),
            }
        }
        WebDriver::new(&self.url, self.capabilities(name)).await.expect("a window")
    }

    fn capabilities(&self, name: &str) -> ChromeCapabilities {
        let mut wanted = DesiredCapabilities::chrome();
        self.describe(&mut wanted, name).expect("capabilities");
        wanted
    }

    fn describe(&self, wanted: &mut ChromeCapabilities, name: &str) -> WebDriverResult<()> {
        wanted.set_binary(&std::env::var("GX_TEST_CHROMIUM").unwrap_or_default())?;
        for arg in ARGUMENTS {
            wanted.add_arg(arg)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", self.profiles.path().join(name).display()))?;
        if self.screen == Screen::Phone {
            wanted.add_arg("--blink-settings=preferredColorScheme=0")?;
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true, "mobile": true });
            wanted.add_experimental_option("mobileEmulation", json!({ "deviceMetrics": metrics }))?;
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::Warning)
    }
}

/// The process; ends when dropped, and its windows with it.
struct Chromedriver {
    child: Child,
    url: String,
}

impl Chromedriver {
    async fn start(program: &str, folder: &Path) -> Self {
        let log = folder.join("chromedriver.log");
        for _ in 1..STARTS {
            if let Some(listening) = Self::attempt(program, &log).await {
                return listening;
            }
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Self::attempt(program, &log).await.unwrap_or_else(|| panic!("chromedriver ended at {STARTS} starts: {said}"))
    }

    /// Waits until it says where it listens, on a free port of its own choice; `None` when it ends before.
    async fn attempt(program: &str, log: &Path) -> Option<Self> {
        let file = std::fs::File::create(log).expect("a log file");
        let errors = file.try_clone().expect("a second handle of the log");
        let mut child = Command::new(program)
            .args(["--port=0"])
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .expect("chromedriver starts");
        let port = wait_for("chromedriver to listen", START_LIMIT, || {
            // Whether it still runs is asked first: what it said before it ended is then complete.
            let ended = child.try_wait().expect("a child of ours").is_some();
            let text = std::fs::read_to_string(log).unwrap_or_default();
            let port = text.lines().find_map(|line| line.split_once("successfully on port "));
            let port = port.map(|(_, port)| port.trim().trim_end_matches('.').to_owned());
            async move { if ended { Some(None) } else { port.map(Some) } }
        })
        .await?;
        Some(Self { child, url: format!("http://127.0.0.1:{port}") })
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // An already dead child is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
