//! Running GX: the first commands of a ledger, and the test people of devnet and testnet.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod admins;
mod bootstrap;
mod people;
mod personas;
mod picture;

pub use admins::{
    AdminError, NewAdmin, SUPER_OWNERS_BY_HOST_MAX, admin_code, create_super_owner, reset_admin_mfa,
    super_owners_missing,
};
pub use bootstrap::{BootstrapError, bootstrap};
pub use people::{TEST_PASSWORD, TestPeopleError, TestPerson, test_people};
pub use personas::{PersonaLogin, PersonasError, Stage, apply as apply_personas};
pub use picture::png as document_picture;
