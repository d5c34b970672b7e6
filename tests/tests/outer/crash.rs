//! Processes killed at any point, under load: nothing accepted is lost, nothing is done twice.
//!
//! Ten kills per database; `cargo xtask crash --kills 500` asks for more (by way of `GX_CRASH_KILLS`).

use std::time::Duration;

use gx_base::failpoint;
use gx_tests::{Database, Platform, wait_until};

use crate::load::{Load, everything_adds_up};

/// Kills per database in an ordinary run: each named point once, the rest at random.
const KILLS: usize = 10;

/// How long a platform under load may take to reach a named point.
const POINT_LIMIT: Duration = Duration::from_secs(60);

async fn kills_under_load(database: Database) {
    let kills: usize = std::env::var("GX_CRASH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut platform = Platform::on(database).env("OUTBOX_LEASE_SECONDS", "2").start().await;
    let load = Load::start(&platform).await;

    for kill in 0..kills {
        let point = failpoint::NAMES.get(kill % (failpoint::NAMES.len() + 4));
        match point {
            // The third time, so that others are under way.
            Some(point) => platform.arm(Some(&format!("{point}:3"))),
            None => platform.arm(None),
        }
        if platform.try_restart().await {
            load.moved(&platform);
        }
        let before = load.accepted();
        if let Some(point) = point {
            wait_until(&format!("the platform to die at {point}"), POINT_LIMIT, || {
                let ended = platform.has_ended();
                async move { ended }
            })
            .await;
            let hit = std::fs::read_to_string(platform.failpoint_file()).unwrap_or_default();
            assert_eq!(hit, *point, "{point} was not hit");
        } else {
            // After some payments, wherever it is by then.
            let enough = before + 3 + (kill * 7) % 40;
            wait_until("payments to be accepted", POINT_LIMIT, || async { load.accepted() >= enough }).await;
            platform.kill();
        }
    }

    platform.arm(None);
    platform.restart().await;
    load.moved(&platform);
    load.stop().await;
    everything_adds_up(&mut platform, &load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_on_sqlite() {
    kills_under_load(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_on_postgres() {
    if Database::all().contains(&Database::Postgres) {
        kills_under_load(Database::Postgres).await;
    }
}
