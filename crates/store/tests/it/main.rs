//! The store on SQLite, and on PostgreSQL when the test runner gives a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod entities;
mod migrations;
<<<<<<< HEAD
mod people;
=======
mod payments;
>>>>>>> 3f9e9dd (feat(store): the queries behind payments, requests, sweeps and conservation)
mod units;
