//! A chaincode's way onto a channel: installed on every peer of an organisation, approved by each organisation, committed
//! once all have approved. Each organisation runs [`deploy`] for itself; whoever comes last commits.
//!
//! | Open | for |
//! |---|---|
//! | `definition.rs` | what organisations agree on, and the endorsement policy |
//! | `administrator.rs` | one organisation's administrator: proposals to peers, transactions to the orderers |
//! | `deploy.rs` | the steps, and what they found and did |

mod administrator;
mod definition;
mod deploy;

pub use administrator::{Administrator, LifecycleError, PeerAddress};
pub use definition::{Definition, endorsed_by_all};
pub use deploy::{Deployment, Step, deploy};
