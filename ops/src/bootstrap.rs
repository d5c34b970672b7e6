//! The first commands of a ledger: parameters and pools, then the countries. Enqueued like any command, by the platform
//! itself; the ledger does each once, however often a start asks.

use std::time::Duration;

use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Command, CountryShare};
use gx_platform::App;
use gx_store::StoreError;
use gx_store::outbox::{self, NewCommand};
use gx_types::{Actor, CommandId, CorrelationId, LedgerKey};

/// Ledger keys of the first commands end with this; a later set of countries would come under another name.
const FIRST: &str = "first";

/// Why a ledger could not be bootstrapped.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The country table of this build.
    #[error("the country table of this build holds a code that is none: {0}")]
    Country(String),
    /// The projection did not show the countries in time.
    #[error("the ledger did not take the countries within {0:?}; the outbox page says why")]
    Late(Duration),
}

/// Enqueues what a fresh ledger needs and waits until the read model shows it. Does nothing on a ledger that has it.
///
/// # Errors
/// [`BootstrapError`]; after [`BootstrapError::Late`] the commands are still on their way.
pub async fn bootstrap(app: &App, limit: Duration) -> Result<(), BootstrapError> {
    if is_done(app).await? {
        return Ok(());
    }
    let shares: Vec<CountryShare> = COUNTRIES
        .iter()
        .map(|row| {
            let code = row.code.parse().map_err(|_| BootstrapError::Country(row.code.to_owned()))?;
            Ok(CountryShare { code, share_e8: row.share_e8 })
        })
        .collect::<Result<_, BootstrapError>>()?;
    let countries = Command::InitializeCountryData { countries: shares, request: LedgerKey::prefixed("gx", FIRST) };
    for command in [Command::BootstrapSystem, countries] {
        enqueue_once(app, command).await?;
    }
    let waited = tokio::time::timeout(limit, async {
        // Every commit of the projector wakes us; the pause bounds the wait where it runs in another process.
        let mut commits = app.store().commits();
        while !is_done(app).await? {
            let _ = tokio::time::timeout(Duration::from_millis(200), commits.changed()).await;
        }
        Ok::<(), BootstrapError>(())
    });
    waited.await.map_err(|_| BootstrapError::Late(limit))?
}

/// Whether the read model shows the countries on the ledger.
async fn is_done(app: &App) -> Result<bool, StoreError> {
    gx_store::repo::countries::are_on_ledger(app.store().read()).await
}

async fn enqueue_once(app: &App, command: Command) -> Result<(), StoreError> {
    let new = NewCommand {
        command_id: CommandId::from_uuid(app.new_uuid()),
        command,
        actor: Actor::Platform,
        correlation_id: CorrelationId::from_uuid(app.new_uuid()),
        now: app.now(),
    };
    let enqueued = app
        .store()
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move { outbox::enqueue(tx, new).await })
        })
        .await;
    match enqueued {
        // Asked for by an earlier start: it is on its way or done.
        Ok(_) | Err(StoreError::Duplicate { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
