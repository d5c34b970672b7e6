//! What our chaincode and our client agree on. Chaincode engineers of another language would need this page and Fabric's
//! message definitions, nothing else.
//!
//! * **Call**: the chaincode's arguments are `Contract:Function` and then the function's arguments, all UTF-8.
//! * **Answer of a writing function**: status 200, payload [`Answer`] as JSON. A replayed call answers with the first
//!   receipt and writes nothing.
//! * **Answer of a reading function**: status 200, payload canonical JSON.
//! * **Refusal**: status [`REFUSED_STATUS`], message [`Refusal`] as JSON. The Gateway puts a prefix before it;
//!   [`parse_refusal`] looks past it.
//! * **Failure of the host** (state unreadable): status [`FAILED_STATUS`], message a sentence.
//! * **Events**: Fabric keeps one chaincode event per transaction, so a transaction's list travels as one, named
//!   [`EVENT_NAME`]; payload the list as JSON. No events, no chaincode event.
//! * **Role**: the attribute [`ROLE_ATTRIBUTE`] of the signer's certificate.

use gx_contracts::{Event, Receipt, Refusal};
use serde::{Deserialize, Serialize};

/// Status of a success.
pub const OK_STATUS: i32 = 200;

/// Status of a contract's refusal.
pub const REFUSED_STATUS: i32 = 400;

/// Status of a call that the host could not carry out; nothing is decided.
pub const FAILED_STATUS: i32 = 500;

/// Name of the chaincode event that carries a transaction's list of events.
pub const EVENT_NAME: &str = "gx.events.v1";

/// The certificate attribute that holds the signer's role.
pub const ROLE_ATTRIBUTE: &str = "gxc_role";

/// Bytes that look like one of the forms above and are not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} does not have its form: {problem}")]
pub struct Malformed {
    /// What the bytes should have been.
    pub what: &'static str,
    /// What is wrong with them.
    pub problem: String,
}

/// What a writing function answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The receipt; the first transaction's when replayed.
    pub receipt: Receipt,
    /// Whether the call had been done before under the same ledger key.
    pub replayed: bool,
}

impl Answer {
    /// The answer as it travels.
    ///
    /// # Errors
    /// [`Malformed`], which no receipt causes.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        encode("an answer", self)
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        decode("an answer", bytes)
    }
}

/// A list of events as the payload of the chaincode event.
///
/// # Errors
/// [`Malformed`], which no list of events causes.
pub fn encode_events(events: &[Event]) -> Result<Vec<u8>, Malformed> {
    encode("a list of events", &events)
}

/// Reads a list of events.
///
/// # Errors
/// [`Malformed`] when the bytes are no list of events.
pub fn decode_events(bytes: &[u8]) -> Result<Vec<Event>, Malformed> {
    decode("a list of events", bytes)
}

/// A refusal as the message of a chaincode's response.
///
/// # Errors
/// [`Malformed`], which no refusal causes.
pub fn encode_refusal(refusal: &Refusal) -> Result<String, Malformed> {
    serde_json::to_string(refusal).map_err(|error| malformed("a refusal", &error))
}

/// The refusal in an error message of the Gateway, which puts words before it («chaincode response 400, {…}»).
#[must_use]
pub fn parse_refusal(message: &str) -> Option<Refusal> {
    let start = message.find("{\"code\":")?;
    let text = message.get(start..)?;
    // What a gateway adds behind the object is skipped.
    serde_json::Deserializer::from_str(text).into_iter::<Refusal>().next()?.ok()
}

fn encode<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, Malformed> {
    serde_json::to_vec(value).map_err(|error| malformed(what, &error))
}

fn decode<'a, T: Deserialize<'a>>(what: &'static str, bytes: &'a [u8]) -> Result<T, Malformed> {
    serde_json::from_slice(bytes).map_err(|error| malformed(what, &error))
}

fn malformed(what: &'static str, error: &serde_json::Error) -> Malformed {
    Malformed { what, problem: error.to_string() }
}

#[cfg(test)]
mod tests {
    use gx_contracts::{EventBody, ReceiptResult, RefusalCode};
    use gx_types::{LedgerKey, TxId};

    use super::*;

    #[test]
    fn a_refusal_is_found_behind_what_the_gateway_says() {
        let refusal = Refusal::with(RefusalCode::InsufficientFunds, "5 Q are there, \"6\" {are} needed");
        let text = encode_refusal(&refusal).unwrap();
        for message in [text.clone(), format!("chaincode response 400, {text}"), format!("x: {text} (peer0)")] {
            assert_eq!(parse_refusal(&message), Some(refusal.clone()), "{message}");
        }
        for other in ["", "chaincode response 500, boom", "{\"code\":\"NO_SUCH\",\"detail\":\"\"}", "{\"code\":"] {
            assert_eq!(parse_refusal(other), None, "{other}");
        }
    }

    #[test]
    fn answers_and_events_come_back_as_they_went() {
        let key = LedgerKey::prefixed("test", "1");
        let receipt = Receipt { tx_id: TxId::from_bytes([3; 32]), key: key.clone(), result: ReceiptResult::Done };
        let answer = Answer { receipt, replayed: true };
        assert_eq!(Answer::decode(&answer.encode().unwrap()), Ok(answer));
        let events = vec![Event { key, body: EventBody::SystemResumed }];
        assert_eq!(decode_events(&encode_events(&events).unwrap()), Ok(events));
        assert!(Answer::decode(b"{").is_err());
        assert!(decode_events(&[0xff]).is_err());
    }
}
