//! What every room stands on: the clock, randomness, secrets, limits, and the declarations of settings and metrics.
//!
//! Time, randomness and ids are passed in: code takes a [`Clock`] and an [`Entropy`], the binary gives the real ones, a
//! test gives its own. `clippy.toml` forbids the global ones.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod clock;
mod component;
mod entropy;
pub mod failpoint;
pub mod limits;
mod metric;
mod secret;
mod setting;

pub use clock::{Clock, ManualClock, SystemClock};
pub use component::{Component, UnknownComponent};
pub use entropy::{Entropy, EntropyExt, SeededEntropy, SystemEntropy};
pub use metric::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind, MetricRoom, MetricScope};
pub use secret::Secret;
pub use setting::SettingDecl;
