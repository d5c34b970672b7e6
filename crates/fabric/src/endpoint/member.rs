//! Who may call: identities issued by the enrolment authority of an organisation of the network.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gx_types::Timestamp;
use prost::Message;

use crate::ca::is_signed_by;
use crate::identity::{Certificate, Identity, verify};
use crate::proto::msp::SerializedIdentity;

/// Identities whose certificates have been read and whose issuer has been checked.
const KNOWN_MAX: usize = 1_024;

/// Largest encoded identity, in bytes; a certificate has less than two thousand.
const CREATOR_BYTES_MAX: usize = 16 * 1024;

/// The units that make a certificate one of the network.
const UNITS: [&str; 4] = ["client", "admin", "peer", "orderer"];

/// Why somebody is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denied {
    /// No identity, or of an organisation that is not in the network.
    Unknown,
    /// A certificate that is not good, or a signature that is not its own.
    Invalid {
        /// The organisation it claims.
        msp_id: String,
        /// What is wrong, for the log.
        why: String,
    },
}

/// The organisations of the network and whom they have issued certificates to.
#[derive(Debug)]
pub(super) struct Members {
    authorities: BTreeMap<String, Certificate>,
    known: Mutex<HashMap<Bytes, Arc<Identity>>>,
}

impl Members {
    /// Members of organisations, given the certificate of each one's enrolment authority.
    pub(super) fn new(authorities: BTreeMap<String, Certificate>) -> Self {
        Self { authorities, known: Mutex::default() }
    }

    /// Whose identity these bytes are, if its certificate is good now.
    pub(super) fn member(&self, creator: &Bytes, now: Timestamp) -> Result<Arc<Identity>, Denied> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(creator).cloned();
        let identity = match known {
            Some(identity) => identity,
            None => self.read(creator)?,
        };
        let invalid = |why: &str| Denied::Invalid { msp_id: identity.msp_id.clone(), why: why.to_owned() };
        match self.authorities.get(&identity.msp_id) {
            Some(authority) if !authority.is_valid_at(now) => Err(invalid("its authority's certificate has expired")),
            _ if !identity.certificate.is_valid_at(now) => Err(invalid("the certificate is not valid now")),
            _ => Ok(identity),
        }
    }

    fn read(&self, creator: &Bytes) -> Result<Arc<Identity>, Denied> {
        if creator.len() > CREATOR_BYTES_MAX {
            return Err(Denied::Unknown);
        }
        let SerializedIdentity { mspid, id_bytes } =
            SerializedIdentity::decode(creator.clone()).map_err(|_| Denied::Unknown)?;
        let authority = self.authorities.get(&mspid).ok_or(Denied::Unknown)?;
        let certificate = Certificate::from_pem(&id_bytes).map_err(|_| Denied::Unknown)?;
        let invalid = |why: &str| Denied::Invalid { msp_id: mspid.clone(), why: why.to_owned() };
        if certificate.is_ca || !is_signed_by(&certificate, authority) {
            return Err(invalid("the certificate was not issued by the organisation's authority"));
        }
        if certificate.units.iter().filter(|unit| UNITS.contains(&unit.as_str())).count() != 1 {
            return Err(invalid("the certificate is not one of a client, admin, peer or orderer"));
        }
        let identity = Arc::new(Identity { msp_id: mspid, certificate, creator: Bytes::copy_from_slice(creator) });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(identity.creator.clone(), Arc::clone(&identity));
        Ok(identity)
    }

    /// Whose signature over `message` this is.
    pub(super) fn signed(
        &self,
        creator: &Bytes,
        message: &[u8],
        signature: &[u8],
        now: Timestamp,
    ) -> Result<Arc<Identity>, Denied> {
        let identity = self.member(creator, now)?;
        match verify(&identity.certificate.public_key, message, signature) {
            Ok(()) => Ok(identity),
            Err(problem) => Err(Denied::Invalid { msp_id: identity.msp_id.clone(), why: problem.to_string() }),
        }
    }

    /// The organisations.
    pub(super) fn organisations(&self) -> impl Iterator<Item = &String> {
        self.authorities.keys()
    }
}

/// Whether a certificate is one of this kind: `peer`, `client`, `admin`.
pub(super) fn is_unit(identity: &Identity, unit: &str) -> bool {
    identity.certificate.units.iter().any(|own| own == unit)
}
