//! Running GX: the test people of devnet and testnet.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod people;
mod picture;

pub use people::{TEST_PASSWORD, TestPeopleError, TestPerson, test_people};
pub use picture::png as document_picture;
