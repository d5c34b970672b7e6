//! The database of GX: one set of entities and migrations on SQLite and PostgreSQL.
//!
//! * [`Store`] connects, migrates, reads, and runs units of work ([`Store::write`]).
//! * [`entity`] has the tables, [`repo`] the queries that more than one place needs, [`outbox`] the commands on their
//!   way to the ledger, [`audit`] the chain of what was done, [`idempotency`] the answers to repeated requests, [`refusal`] what is undone when the ledger
//!   refuses, [`repair`] the repair of rows that an older build got wrong.
//!
//! **The way of a write.** A handler makes one [`Store::write`]: its business rows, [`outbox::enqueue`], and the
//! idempotency row commit together or not at all. Whatever must follow (mail, bus) happens after it has returned.
//!
//! ```ignore
//! let command_id = store
//!     .write(move |tx| {
//!         let new = new.clone(); // the unit may run twice: PostgreSQL repeats it after a serialization failure
//!         Box::pin(async move { outbox::enqueue(tx, new).await })
//!     })
//!     .await?;
//! ```
//!
//! **A new table:** a migration in `src/migrate/sql` (a new file once a release is out), an entity, its queries in a
//! file of its own under `src/repo`. This is the only room that names the database library; what others need of it is
//! re-exported as [`sea_orm`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod audit;
mod col;
mod connect;
pub mod entity;
mod error;
pub mod idempotency;
pub mod migrate;
pub mod outbox;
pub mod projection;
pub mod refusal;
pub mod repair;
pub mod repo;
mod set;
mod sql;
#[cfg(feature = "testing")]
pub mod testing;
mod write;

pub use col::{Col, Json, Stored};
pub use connect::{Backend, Store, StoreOptions};
pub use error::StoreError;
pub use migrate::{MigrationReport, SchemaError, SchemaVersion};
pub use sea_orm;
pub use write::{Answers, Together, Unit, Work, rehearse};

/// The transaction of a unit of work.
pub type Tx = sea_orm::DatabaseTransaction;
