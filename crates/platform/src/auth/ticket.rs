//! Tickets: secrets that open one door once, for a short time (the second step of a login, a new password by mail). The
//! purpose is part of the hash, so a ticket handed in at another door is simply unknown there.

use std::time::Duration;

use gx_base::{Entropy, EntropyExt, Secret};
use gx_store::Col;
use gx_store::repo::tickets::TicketRow;
use gx_types::{Actor, Sha256Hex, TicketPurpose, Timestamp};

use crate::secrets::sha256;

/// Random bytes of a ticket.
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "gxt_";

/// A new ticket: keep the row, send the text.
pub struct Ticket {
    /// What its holder presents.
    pub text: Secret,
    /// What the database keeps.
    pub row: TicketRow,
}

impl Ticket {
    /// A ticket that opens the door of `purpose` for `owner` until `life` is over.
    #[must_use]
    pub fn new(purpose: TicketPurpose, owner: Actor, life: Duration, now: Timestamp, entropy: &dyn Entropy) -> Self {
        let text = format!("{PREFIX}{}", entropy.token(SECRET_BYTES));
        let row = TicketRow {
            ticket_hash: Col(hash(purpose, &text)),
            purpose: Col(purpose),
            owner: Col(owner),
            data: String::new(),
            created_at: Col(now),
            expires_at: Col(now.plus(life)),
        };
        Self { text: Secret::new(text), row }
    }

    /// Gives the door something to know.
    #[must_use]
    pub fn with_data(mut self, data: String) -> Self {
        self.row.data = data;
        self
    }

    /// Under what hash the presented text would lie; `None` when it cannot be a ticket.
    #[must_use]
    pub fn presented(purpose: TicketPurpose, text: &str) -> Option<Sha256Hex> {
        let secret = text.strip_prefix(PREFIX)?;
        let is_ours = secret.len() == 2 * SECRET_BYTES && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| hash(purpose, text))
    }
}

fn hash(purpose: TicketPurpose, text: &str) -> Sha256Hex {
    sha256(format!("{purpose}\n{text}").as_bytes())
}

#[cfg(test)]
mod tests {
    use gx_base::SeededEntropy;

    use super::*;

    #[test]
    fn a_ticket_is_found_at_its_own_door_only() {
        let entropy = SeededEntropy::new(5);
        let now = Timestamp::from_micros(1);
        let ticket = Ticket::new(TicketPurpose::SecondStep, Actor::Platform, Duration::from_secs(1), now, &entropy);
        let text = ticket.text.expose();
        assert_eq!(Ticket::presented(TicketPurpose::SecondStep, text), Some(ticket.row.ticket_hash.0));
        for other in [TicketPurpose::PasswordReset, TicketPurpose::StepUp, TicketPurpose::ContactObjection] {
            assert_ne!(Ticket::presented(other, text), Some(ticket.row.ticket_hash.0));
        }
        for bad in ["", "gxt_", "gxt_zz", &text[1..], &format!("{text}0")] {
            assert_eq!(Ticket::presented(TicketPurpose::SecondStep, bad), None, "{bad}");
        }
    }
}
