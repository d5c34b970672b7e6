//! Ids that follow from the ledger, so that a block gives the same rows whenever it is applied.

use gx_base::{Entropy, EntropyExt};
use gx_types::{LedgerKey, NotificationId, ProfileId};

use super::At;

/// Prefix of the ledger key of a Q Send payment.
const QSEND_PREFIX: &str = "qsend-";
/// Length of a Q Send code, `QS-` and eight characters.
const QSEND_CODE_BYTES: usize = 11;

/// The code of the Q Send request that a command paid: its ledger key is `qsend-<code>`, with `-<attempt>` from the
/// second try on. Keys of other commands have other prefixes, whatever their producers put behind.
pub(crate) fn qsend_code(key: &LedgerKey) -> Option<&str> {
    let rest = key.as_str().strip_prefix(QSEND_PREFIX)?;
    let (code, attempt) = rest.split_at_checked(QSEND_CODE_BYTES)?;
    let whole = attempt.is_empty() || attempt.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok());
    whole.then_some(code)
}

/// The id of the notice of an event to a receiver: a UUIDv7 of the transaction's time whose rest is made from
/// transaction, event and receiver.
pub(super) fn notice_id(receiver: ProfileId, at: &At<'_>) -> NotificationId {
    let mut rest = [0; 10];
    let receiver = receiver.uuid().into_bytes();
    let parts = at.tx_id.as_bytes().iter().zip(&receiver[6..]).zip(&mut rest);
    for ((tx, person), byte) in parts {
        *byte = tx ^ person;
    }
    for (byte, index) in rest.iter_mut().rev().zip(at.event_index.to_le_bytes()) {
        *byte ^= index;
    }
    NotificationId::from_uuid(Given(rest).uuid_v7(at.time))
}

/// «Randomness» that is given.
struct Given([u8; 10]);

impl Entropy for Given {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, given) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *given;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_payments_of_requests_name_a_code() {
        for (key, code) in [
            ("qsend-QS-6PAS3LHD", Some("QS-6PAS3LHD")),
            ("qsend-QS-6PAS3LHD-2", Some("QS-6PAS3LHD")),
            ("qsend-QS-6PAS3LHD-x", None),
            ("qsend-QS-6PAS3LHD2", None),
            ("qsend-QS-6PAS", None),
            ("transfer-qsend-QS-6PAS3LHD", None),
        ] {
            assert_eq!(qsend_code(&key.parse().unwrap()), code, "{key}");
        }
    }
}
