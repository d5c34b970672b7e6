//! `gx repair`.

use anyhow::Result;
use gx_base::{Clock, SystemClock};
use gx_store::repair;

use crate::args::{Place, Repair};
use crate::migrate::store_of;

/// Runs a command of `gx repair`.
///
/// # Errors
/// When the database is out of reach; nothing is changed then.
pub async fn run(repair: Repair) -> Result<()> {
    let Repair::Users { place, dry_run } = repair;
    users(&place, dry_run).await
}

async fn users(place: &Place, dry_run: bool) -> Result<()> {
    let store = store_of(place).await?;
    store.check_schema().await?;
    let repairs = if dry_run {
        repair::plan(store.read()).await?
    } else {
        let now = SystemClock.now();
        store.write(move |tx| Box::pin(async move { repair::apply(tx, now).await })).await?
    };
    for repair in &repairs {
        println!("{repair}");
    }
    let done = if dry_run { "would be repaired" } else { "were repaired" };
    println!("{} people {done}.", repairs.len());
    store.close().await?;
    Ok(())
}
