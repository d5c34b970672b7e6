//! Who signs, and how: X.509 certificates on P-256, signatures as Fabric demands them, transaction ids, and the folder
//! with connection material.

mod certificate;
mod material;
mod remote;
mod signature;
mod signer;
mod transaction_id;

pub use certificate::{Certificate, CertificateError};
pub use material::{
    ChaincodeEntry, Credentials, Endpoints, Material, MaterialError, NodeEntry, OrganisationMaterial, SignerEntry,
    open_signer,
};
pub use remote::{RemoteSigner, SIGN_TIMEOUT};
pub use signature::{SignatureError, low_s_der, parse_der, verify};
pub use signer::{FileSigner, Identity, SignError, Signer};
pub use transaction_id::{NONCE_BYTES, transaction_id};
