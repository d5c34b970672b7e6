//! What every process of GX needs: an HTTP kit, telemetry, health, the bus, the object store, mail and text messages.
//!
//! * [`App`] is the state of every handler: settings, database, clock, randomness, and the ports below.
//! * [`http`] has routes declared once, extractors that name the refused field, problems, limits, paging. **A new
//!   route** is shown at [`http::RouteSet`]; **a new error code** is a line in `gx_types::ErrorCode`.
//! * [`auth`] finds out who is asking and what they may. **A new permission** is a line in [`auth::Permission`].
//! * [`idempotent`] makes a write repeatable, [`wait_for_command`] waits until the ledger has decided.
//! * [`settings`], [`metrics`], [`logging`], [`health`] are what operators see.
//! * [`Served`] serves a component on a port with all of it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod app;
pub mod auth;
mod biometric;
mod bus;
mod commands;
mod dev_mailbox;
pub mod environment;
pub mod health;
pub mod http;
mod idempotent;
mod ledger_state;
pub mod logging;
mod mail;
mod mailbox;
pub mod metrics;
mod objects;
pub mod outbound;
mod secrets;
mod security;
mod served;
pub mod settings;
mod sms;
#[cfg(feature = "testing")]
pub mod testing;

pub use app::{App, AppError, AppParts, install_crypto};
pub use biometric::{BiometricError, BiometricKey, DocumentError, normalise_number};
pub use bus::{Bus, BusMessage, CommandWatch};
pub use commands::{accepted, command_view, refused, wait_for_command, wait_for_new_command};
pub use dev_mailbox::{MailboxMessage, MailboxQuery, MailboxReply, routes as dev_mailbox_routes};
pub use idempotent::{Once, body_hash, idempotent};
pub use ledger_state::LedgerState;
pub use mail::{Mail, MailError, MailMessage};
pub use mailbox::{is_test_address, is_test_number};
pub use objects::{Objects, ObjectsError};
pub use secrets::{SealError, hmac_sha256, same, sha256};
pub use security::SecurityNote;
pub use served::{BuildInfo, Served, serve_probes};
pub use settings::{Settings, SettingsError, SettingsSources};
pub use sms::{Sms, SmsError};
