//! What the pages show and do, page by page.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes, missing_docs)]

mod administration;
mod console;
mod doors;
mod payments;
mod registration;
mod security;
mod site;
mod status;
mod tax;
mod wallet;
