//! Transaction ids.

use gx_types::TxId;
use sha2::{Digest, Sha256};

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;

/// The id of the transaction that `creator` (an encoded `SerializedIdentity`) starts with `nonce`.
#[must_use]
pub fn transaction_id(nonce: &[u8], creator: &[u8]) -> TxId {
    let mut hash = Sha256::new();
    hash.update(nonce);
    hash.update(creator);
    TxId::from_bytes(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hash_of_nonce_and_creator_in_this_order() {
        // printf 'noncecreator' | sha256sum
        assert_eq!(
            transaction_id(b"nonce", b"creator").to_string(),
            "709184f9d24f6ade8fcd4d6521a6eef295fef6c2e67216c58b68ac15e8946492"
        );
        assert_ne!(transaction_id(b"creator", b"nonce"), transaction_id(b"nonce", b"creator"));
    }
}
