//! Certificates of a development network: authorities, nodes and people, in the layout that `GX_FABRIC_CONNECT` names;
//! and the questions that certificates from any authority (Fabric CA too) have to answer before they are used.
//!
//! ```text
//! endpoints.json
//! <MSP id>/ca.pem  tlsca.pem                      the organisation's two authorities: enrolment and TLS
//! <MSP id>/authority/ca.key  tlsca.key            their keys; a network that others made has none here
//! <MSP id>/nodes/peer0/cert.pem  key.pem  tls-server.crt  tls-server.key
//! <MSP id>/{SuperAdmin,GxAdmin,PartnerApi,Admin}/cert.pem  key.pem  tls-client.crt  tls-client.key
//! ```

mod authority;
mod check;
mod network;

pub use authority::{Authority, AuthorityError, Issued, Purpose};
pub use check::{Finding, Severity, check, is_signed_by};
pub use network::{NODE, Network, NetworkError, NetworkPlan, OrganisationPlan};
