//! What was built, and when.

use gx_platform::BuildInfo;
use gx_types::Timestamp;

/// Version, commit, time and schema of this binary.
#[must_use]
pub fn build_info() -> BuildInfo {
    let epoch_seconds: i64 = env!("GX_BUILT_EPOCH").parse().unwrap_or(0);
    BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("GX_COMMIT").to_owned(),
        built_at: Timestamp::from_micros(epoch_seconds.saturating_mul(1_000_000)).rfc3339(),
        schema: gx_store::migrate::STEPS
            .last()
            .map_or_else(String::new, |step| format!("{} {}", step.version, step.name)),
    }
}
