//! What happens to a platform on a bad day: time that passes, parts that are away, disks that are full. Nothing that was
//! accepted is lost, and whoever asks is told what is the matter.

mod crew;
mod database;
mod delayed;
mod disk;
mod ledger;
mod logs;
mod network;
mod places;
mod projector;
mod time;

use gx_tests::{Api, Platform};
use serde_json::Value;

/// What a component says of its dependencies: whether it is ready, and those that are down with the reason.
async fn health(platform: &Platform, component: &str) -> (bool, Vec<(String, String)>) {
    let api = Api::at(platform.address(component));
    let health = api.get("/health").await.expect(200);
    let ready = api.get("/readyz").await;
    assert!([200, 503].contains(&ready.status), "{ready:?}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let down = health["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["state"] == "down");
    (ready.status == 200, down.map(|dependency| (text(&dependency["name"]), text(&dependency["reason"]))).collect())
}

/// Whether a dependency of a component is down for this reason.
async fn is_down(platform: &Platform, component: &str, dependency: &str, reason: &str) -> bool {
    let (_, down) = health(platform, component).await;
    down.iter().any(|(name, why)| name == dependency && why.contains(reason))
}
