//! The development mailbox: what goes to test people's addresses and numbers is kept for reading instead of being sent.
//! On mainnet there is none.

use std::sync::Arc;

use gx_base::{Clock, Entropy, EntropyExt};
use gx_store::repo::dev_mailbox::{self, NewMail};
use gx_store::{Store, StoreError};
use gx_types::{EnvName, MailboxChannel};

/// The domain whose addresses belong to test people.
const TEST_DOMAIN: &str = "gxcoin.test";

/// Keeps messages.
#[derive(Clone)]
pub(crate) struct Mailbox {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Mailbox {
    pub(crate) const fn new(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy }
    }

    pub(crate) async fn keep(
        &self,
        channel: MailboxChannel,
        recipient: &str,
        subject: &str,
        body: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mail = NewMail {
            mail_id: self.entropy.uuid_v7(now).to_string(),
            channel,
            recipient: recipient.to_ascii_lowercase(),
            subject: subject.to_owned(),
            body: body.to_owned(),
            created_at: now,
        };
        self.store
            .write(move |tx| {
                let mail = mail.clone();
                Box::pin(async move { dev_mailbox::insert(tx, mail).await })
            })
            .await
    }
}

/// Whether mail to `address` is kept in the mailbox of this environment.
#[must_use]
pub fn is_test_address(env: EnvName, address: &str) -> bool {
    let Some((_, domain)) = address.rsplit_once('@') else { return false };
    let domain = domain.to_ascii_lowercase();
    env.allows_test_people() && (domain == TEST_DOMAIN || domain.ends_with(".gxcoin.test"))
}

/// Whether text messages to `number` (`+` and digits) are kept in the mailbox of this environment: numbers that the
/// authorities of the United States and of the United Kingdom have set aside for fiction, which no one can own.
#[must_use]
pub fn is_test_number(env: EnvName, number: &str) -> bool {
    env.allows_test_people() && (is_american_fiction(number) || number.starts_with("+447700900") && number.len() == 13)
}

/// `+1 NPA 555 01XX`.
fn is_american_fiction(number: &str) -> bool {
    number.len() == 12
        && number.bytes().skip(1).all(|byte| byte.is_ascii_digit())
        && number.starts_with("+1")
        && number.get(5..10) == Some("55501")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reserved_addresses_and_numbers_are_kept_and_never_on_mainnet() {
        let devnet = EnvName::Devnet;
        for address in ["alice@devnet.gxcoin.test", "x@gxcoin.test", "A@DEVNET.GXCOIN.TEST"] {
            assert!(is_test_address(devnet, address), "{address}");
            assert!(!is_test_address(EnvName::Mainnet, address), "{address}");
        }
        for address in ["alice@example.com", "alice@notgxcoin.test", "gxcoin.test", "a@gxcoin.test.example"] {
            assert!(!is_test_address(devnet, address), "{address}");
        }
        for number in ["+12025550123", "+447700900123"] {
            assert!(is_test_number(EnvName::Testnet, number), "{number}");
            assert!(!is_test_number(EnvName::Mainnet, number), "{number}");
        }
        for number in ["+12025550223", "+12025650123", "+1202555012", "+447700901123", "+4477009001234"] {
            assert!(!is_test_number(devnet, number), "{number}");
        }
    }
}
