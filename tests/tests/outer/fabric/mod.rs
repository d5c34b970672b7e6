//! The platform with its ledger outside.
//!
//! `suite` is one list of cases. Without further settings its network is the Gateway endpoint of a `gx serve ledger`, and
//! the cases that need more are reported as skipped, by name. When `GX_FABRIC_CONNECT` names a folder with connection
//! material of a Fabric network, all of it runs there; `cargo xtask fabric up` makes such a network, and its processes,
//! which the suite kills and starts again, are found through their pid files beside that folder.

mod cases;
mod ledger;
mod network;
mod nodes;
mod official;
mod pages;
mod payments;
mod processes;
mod refusals;
mod suite;
