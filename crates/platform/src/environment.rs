//! Which environment a database and a data folder belong to.
//!
//! Both carry the environment's name from their first use on, and every process compares it with its own at start: one
//! mistyped variable must not serve the data of one environment under the rules of another.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gx_store::repo::environment_facts;
use gx_store::{Store, StoreError};
use gx_types::{EnvName, Timestamp};

/// The fact of a database that names its environment.
const FACT: &str = "environment";
/// The file of a data folder that names its environment.
const FILE: &str = "environment";

/// Why a process has no business with what it was given.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The database belongs to another environment.
    #[error("the database holds the data of {holds}, not of {asked}: check GX_ENV and DATABASE_URL")]
    OtherDatabase {
        /// Whose it is.
        holds: String,
        /// Whose it was taken for.
        asked: EnvName,
    },
    /// The folder belongs to another environment.
    #[error(
        "{folder} holds the data of {holds}, not of {asked}: check the environment, or name another folder \
             (--data, GX_DATA)"
    )]
    OtherFolder {
        /// Which folder.
        folder: PathBuf,
        /// Whose it is.
        holds: String,
        /// Whose it was taken for.
        asked: EnvName,
    },
    /// The folder could not be read or written.
    #[error("whose data is in {0} could not be read or written: {1}")]
    Folder(PathBuf, io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes sure that the database is `env`'s, and binds one that nobody has used yet.
///
/// # Errors
/// [`EnvironmentError::OtherDatabase`]; [`EnvironmentError::Store`].
pub async fn claim_database(store: &Store, env: EnvName, now: Timestamp) -> Result<(), EnvironmentError> {
    let holds = match environment_facts::get(store.read(), FACT).await? {
        Some(holds) => holds,
        None => {
            store
                .write(move |tx| Box::pin(async move { environment_facts::record(tx, FACT, env.as_str(), now).await }))
                .await?
        }
    };
    compare_database(holds, env)
}

/// Makes sure that the database is not another environment's, and binds nothing: for commands that only look, and for
/// those that meet a schema older than theirs.
///
/// # Errors
/// [`EnvironmentError::OtherDatabase`].
pub async fn check_database(store: &Store, env: EnvName) -> Result<(), EnvironmentError> {
    // A database without the table belongs to nobody yet; one out of reach is told by whatever comes next.
    match environment_facts::get(store.read(), FACT).await {
        Ok(Some(holds)) => compare_database(holds, env),
        Ok(None) | Err(_) => Ok(()),
    }
}

fn compare_database(holds: String, asked: EnvName) -> Result<(), EnvironmentError> {
    if holds == asked.as_str() { Ok(()) } else { Err(EnvironmentError::OtherDatabase { holds, asked }) }
}

/// Makes sure that the folder is `env`'s, and binds one that nobody has used yet.
///
/// # Errors
/// [`EnvironmentError::OtherFolder`]; [`EnvironmentError::Folder`].
pub fn claim_folder(folder: &Path, env: EnvName) -> Result<(), EnvironmentError> {
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Ok(name) if name.trim() == env.as_str() => Ok(()),
        Ok(name) => {
            Err(EnvironmentError::OtherFolder { folder: folder.to_owned(), holds: name.trim().to_owned(), asked: env })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bind(folder, &path, env).map_err(|error| EnvironmentError::Folder(folder.to_owned(), error))
        }
        Err(error) => Err(EnvironmentError::Folder(folder.to_owned(), error)),
    }
}

/// Whether the folder has been used for an environment.
#[must_use]
pub fn is_bound(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

fn bind(folder: &Path, path: &Path, env: EnvName) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Another process may do the same at this moment: a name of its own for each draft, and either result is whole.
    let draft = folder.join(format!(".{FILE}.{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(env.as_str().as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}
