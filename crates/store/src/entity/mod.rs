//! One entity per table, one file each.
//!
//! Columns hold [`crate::Col`]s of the shared types, so that what is read is checked and what is written is typed. Rows
//! are written only inside [`crate::Store::write`]; each table has one owning room (see the migration that makes it),
//! and the projector alone writes balances and on-chain states.
//!
//! **A new column:** the migration in `src/migrate/sql`, the field here; a test compares the two on both databases.

pub mod accounts;
pub mod admin_approvals;
pub mod admin_sessions;
pub mod admin_users;
pub mod audit_events;
pub mod audit_head;
pub mod avatars;
pub mod backup_codes;
pub mod contact_changes;
pub mod contacts;
pub mod countries;
pub mod delta_claims;
pub mod dev_mailbox;
pub mod environment_facts;
pub mod idempotency_rows;
pub mod kyc_documents;
pub mod kyc_submissions;
pub mod ledger_absence;
pub mod ledger_binding;
pub mod ledger_deltas;
pub mod loan_documents;
pub mod loans;
pub mod notification_counters;
pub mod notification_mails;
pub mod notification_places;
pub mod notification_preferences;
pub mod notifications;
pub mod organization_stakeholders;
pub mod organization_transactions;
pub mod organizations;
pub mod outbox_commands;
pub mod outbox_conflicts;
pub mod parked_events;
pub mod pending_registrations;
pub mod person_security;
pub mod projector_checkpoints;
pub mod qsend_requests;
pub mod second_factors;
pub mod sessions;
pub mod sign_in_failures;
pub mod signing_keys;
pub mod spending_limits;
pub mod supply_pools;
pub mod system_parameters;
pub mod tickets;
pub mod transactions;
pub mod user_profiles;
pub mod wallets;
pub mod webhook_deliveries;
pub mod webhooks;
