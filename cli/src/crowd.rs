//! People in bulk for the outer suites, on a platform that runs elsewhere with its ledger outside: what `gx bench seed`
//! does, and signed in.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{SystemClock, SystemEntropy};
use gx_ledger::Ledger;
use gx_platform::{App, AppParts};
use tokio_util::sync::CancellationToken;

use crate::args::Place;
use crate::bench::http::sign_in;
use crate::bench::people::{self, People};
use crate::connection::{self, Use};
use crate::place::{Home, WALLET_PORT};

/// Somebody who can pay and be paid.
#[derive(Debug, Clone)]
pub struct Member {
    /// Profile id.
    pub profile_id: String,
    /// GX id.
    pub gx_id: String,
    /// Access token.
    pub token: String,
}

/// Registers people on the ledger that the settings name, waits until the read model of the place shows them, and signs
/// them in. The platform of the place has to run: its workers bring the ledger's blocks into the read model.
///
/// # Errors
/// When database or ledger are out of reach, or the settings name no ledger.
pub async fn register(place: &Place, settings: BTreeMap<String, String>, count: u64) -> Result<Vec<Member>> {
    let outside = connection::outside(&|name| settings.get(name).cloned(), Use::Submits)?;
    let ledger: Arc<dyn Ledger> = outside.context("the settings name no ledger")?.ledger;
    let settings = Home::existing(place)?.settings_with(WALLET_PORT, settings)?;
    let stop = CancellationToken::new();
    let parts = AppParts::connect(settings, Arc::new(SystemClock), Arc::new(SystemEntropy), stop.clone()).await?;
    let app = App::start(parts).await?;
    let everyone = People::new()?;
    people::seed(&app, &ledger, &everyone, count).await?;
    let numbers = (0..count).map(|number| (number, People::profile_id(number)));
    let members = sign_in(&app, numbers).await?.into_iter().map(|payer| {
        Ok(Member {
            profile_id: People::profile_id(payer.number).to_string(),
            gx_id: everyone.gx_id(payer.number)?.to_string(),
            token: payer.authorization.trim_start_matches("Bearer ").to_owned(),
        })
    });
    let members = members.collect();
    stop.cancel();
    app.store().close().await?;
    members
}
