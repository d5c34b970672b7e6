//! Every step, in order.

use std::future::Future;
use std::pin::Pin;

use gx_types::Timestamp;
use sea_orm::DatabaseTransaction;

use super::data;
use crate::error::StoreError;

/// A step of the migration.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Its number; steps are applied in ascending order.
    pub version: u32,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub kind: StepKind,
}

type Boxed<'tx, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'tx>>;
/// Changes rows and says what it changed.
pub type ApplyData = for<'tx> fn(&'tx DatabaseTransaction, Timestamp) -> Boxed<'tx, Vec<String>>;
/// Looks whether the step has done what it must; the inner error says what is wrong.
pub type DataHolds = for<'tx> fn(&'tx DatabaseTransaction) -> Boxed<'tx, Result<(), String>>;

/// What a step does.
#[derive(Debug, Clone, Copy)]
pub enum StepKind {
    /// Statements; `{strict}`, `{bytes}`, `{positions}` and `{notification_order}` stand for each database's own words.
    Schema {
        /// The statements.
        sql: &'static str,
    },
    /// Code that changes rows.
    Data {
        /// Changes with the code, because code has no checksum.
        revision: &'static str,
        /// The code.
        apply: ApplyData,
        /// The condition afterwards.
        holds: DataHolds,
    },
}

/// Every step.
pub const STEPS: &[Step] = &[
    Step { version: 1, name: "reference", kind: StepKind::Schema { sql: include_str!("sql/0001_reference.sql") } },
    Step { version: 2, name: "accounts", kind: StepKind::Schema { sql: include_str!("sql/0002_accounts.sql") } },
    Step { version: 3, name: "people", kind: StepKind::Schema { sql: include_str!("sql/0003_people.sql") } },
    Step {
        version: 4,
        name: "administration",
        kind: StepKind::Schema { sql: include_str!("sql/0004_administration.sql") },
    },
    Step { version: 5, name: "outbox", kind: StepKind::Schema { sql: include_str!("sql/0005_outbox.sql") } },
    Step { version: 6, name: "payments", kind: StepKind::Schema { sql: include_str!("sql/0006_payments.sql") } },
    Step {
        version: 7,
        name: "countries",
        kind: StepKind::Data {
            revision: "countries.csv of 2026: 234 rows",
            apply: data::add_countries,
            holds: data::countries_are_complete,
        },
    },
    Step {
        version: 8,
        name: "repair of people",
        kind: StepKind::Data {
            revision: "hashes that are none, registrations that failed",
            apply: data::repair_people,
            holds: data::people_are_repaired,
        },
    },
    Step {
        version: 9,
        name: "second factors",
        kind: StepKind::Schema { sql: include_str!("sql/0009_second_factors.sql") },
    },
    Step {
        version: 10,
        name: "conveniences",
        kind: StepKind::Schema { sql: include_str!("sql/0010_conveniences.sql") },
    },
    Step {
        version: 11,
        name: "account security",
        kind: StepKind::Schema { sql: include_str!("sql/0011_account_security.sql") },
    },
    Step { version: 12, name: "live", kind: StepKind::Schema { sql: include_str!("sql/0012_live.sql") } },
    Step {
        version: 13,
        name: "ledger absence",
        kind: StepKind::Schema { sql: include_str!("sql/0013_ledger_absence.sql") },
    },
    Step { version: 14, name: "audit", kind: StepKind::Schema { sql: include_str!("sql/0014_audit.sql") } },
    Step { version: 15, name: "approvals", kind: StepKind::Schema { sql: include_str!("sql/0015_approvals.sql") } },
    Step {
        version: 16,
        name: "admin enable",
        kind: StepKind::Schema { sql: include_str!("sql/0016_admin_enable.sql") },
    },
    Step { version: 17, name: "figures", kind: StepKind::Schema { sql: include_str!("sql/0017_figures.sql") } },
    Step { version: 18, name: "webhooks", kind: StepKind::Schema { sql: include_str!("sql/0018_webhooks.sql") } },
    Step { version: 19, name: "loans", kind: StepKind::Schema { sql: include_str!("sql/0019_loans.sql") } },
    Step {
        version: 21,
        name: "organizations",
        kind: StepKind::Schema { sql: include_str!("sql/0021_organizations.sql") },
    },
];
