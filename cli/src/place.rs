//! An environment on one machine: its folder, its secrets, its settings.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gx_base::{EntropyExt, SystemEntropy};
use gx_platform::environment;
use gx_platform::settings::{self, Settings, SettingsSources};
use gx_types::EnvName;

use crate::args::Place;

/// Port of the wallet on devnet; the other environments add their port base.
pub const WALLET_PORT: u16 = 3000;

/// Bytes of a made session secret.
const SESSION_SECRET_BYTES: usize = 32;

/// The data folder of an environment, made if missing, readable for its owner only.
pub struct Home {
    folder: PathBuf,
    env: EnvName,
}

impl Home {
    /// Opens or makes the folder.
    ///
    /// # Errors
    /// When the folder cannot be made, or belongs to another environment.
    pub fn open(place: &Place) -> Result<Self> {
        let folder = std::path::absolute(place.folder())?;
        for part in ["", "run", "secrets"] {
            make_folder(&folder.join(part))?;
        }
        let home = Self { folder, env: place.env };
        // A folder once used for an environment stays with it: mixing two would mix two ledgers.
        environment::claim_folder(&home.folder, home.env)?;
        Ok(home)
    }

    /// Opens a folder that has been used before, and makes none: a command that looks at data must not answer for
    /// data that is not there. With `DATABASE_URL` set the data is elsewhere, and any folder will do.
    ///
    /// # Errors
    /// When there is no data in the folder, or it belongs to another environment.
    pub fn existing(place: &Place) -> Result<Self> {
        let folder = std::path::absolute(place.folder())?;
        anyhow::ensure!(
            environment::is_bound(&folder) || std::env::var_os(settings::DATABASE_URL).is_some(),
            "there is no data of {} in {}: name its folder with --data, or its database with DATABASE_URL",
            place.env,
            folder.display()
        );
        Self::open(place)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the embedded ledger lies.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.folder.join("ledger")
    }

    /// Where the certificates and addresses of the Gateway endpoint lie.
    #[must_use]
    pub fn fabric(&self) -> PathBuf {
        self.folder.join("fabric")
    }

    /// Where a running `gx up` lists the addresses of its components.
    #[must_use]
    pub fn addresses_file(&self) -> PathBuf {
        self.folder.join("run/addresses.json")
    }

    /// The settings of this place: what one machine gives an environment, below the file of settings and the
    /// environment variables, which win.
    ///
    /// # Errors
    /// When a setting is missing or cannot be read, or a secret cannot be made.
    pub fn settings(&self, wallet_port: u16) -> Result<Settings> {
        self.settings_with(wallet_port, BTreeMap::new())
    }

    /// The same with other defaults for some settings.
    ///
    /// # Errors
    /// As [`Home::settings`].
    pub fn settings_with(&self, wallet_port: u16, defaults: BTreeMap<String, String>) -> Result<Settings> {
        let mut given = BTreeMap::from([
            (settings::GX_ENV.to_owned(), self.env.to_string()),
            (settings::GX_DATA.to_owned(), self.folder.display().to_string()),
            (settings::DATABASE_URL.to_owned(), format!("sqlite://{}", self.folder.join("gx.db").display())),
            (settings::SESSION_SECRET.to_owned(), self.secret("session-secret")?),
            (settings::PUBLIC_URL.to_owned(), format!("http://localhost:{wallet_port}")),
            // The terminal belongs to the person at it; LOG_LEVEL=info LOG_FORMAT=json bring the whole story.
            (settings::LOG_LEVEL.to_owned(), "warn".to_owned()),
            (settings::LOG_FORMAT.to_owned(), "text".to_owned()),
        ]);
        given.extend(defaults);
        let mut sources = SettingsSources::of_process();
        // The place was chosen by flags (which read the same variables): nothing may choose it a second time.
        sources.environment.remove(settings::GX_ENV);
        sources.environment.remove(settings::GX_DATA);
        sources.given = given;
        Ok(Settings::load(&sources)?)
    }

    /// A secret that is made at first use and kept in a file.
    fn secret(&self, name: &str) -> Result<String> {
        let path = self.folder.join("secrets").join(name);
        match fs::read_to_string(&path) {
            Ok(text) => return Ok(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
        let secret = SystemEntropy.token(SESSION_SECRET_BYTES);
        write_private(&path, &secret)?;
        Ok(secret)
    }
}

fn make_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| path.display().to_string())
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let draft = path.with_extension("draft");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .with_context(|| draft.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path).with_context(|| path.display().to_string())
}
