//! Queries that more than one place needs, a file per table or subject. Free functions over any connection: the read
//! door, or the transaction of a unit of work.

pub mod admin_sessions;
pub mod admins;
pub mod approvals;
pub mod avatars;
pub mod conservation;
pub mod contact_changes;
pub mod contacts;
pub mod countries;
pub mod dashboard;
pub mod deltas;
pub mod dev_mailbox;
pub mod documents;
pub mod environment_facts;
pub mod figures;
pub mod holding;
pub mod ledger_binding;
pub mod limits;
pub mod live;
pub mod notification_preferences;
pub mod notifications;
pub mod payments;
pub mod people;
pub mod person_security;
pub mod qsend;
pub mod registrations;
pub mod review;
pub mod second_factors;
pub mod sessions;
pub mod sign_ins;
pub mod signing_keys;
pub mod statements;
pub mod super_owners;
pub mod tickets;
pub mod wallets;
pub mod webhooks;
