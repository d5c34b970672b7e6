//! Mail: over SMTP, or into the development mailbox for test people.

use std::sync::Arc;

use gx_base::{Clock, Entropy, Secret};
use gx_store::{Store, StoreError};
use gx_types::{EnvName, ErrorCode, MailboxChannel};
use lettre::message::Mailbox as Address;
use lettre::message::header::ContentType;
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::http::ApiError;
use crate::mailbox::{Mailbox, is_test_address};
use crate::settings::Settings;

/// A mail to one person. Plain text: nothing to click on by mistake, nothing to track.
#[derive(Clone)]
pub struct MailMessage {
    /// Address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
}

/// What people are told on a network whose mail goes nowhere else.
const TEST_ADDRESSES: &str = "This test network has no mail server. Take an address under gxcoin.test, for example \
    you@devnet.gxcoin.test: its mail is kept in the test mailbox.";

/// A mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// SMTP_URL names no server, or one that cannot be used.
    #[error("it is no address of a mail server")]
    Server,
    /// MAIL_FROM is no sender.
    #[error("the sender is no address")]
    Sender,
    /// There is no mail server, on a network where only test people need none.
    #[error("no mail server is set up (SMTP_URL), and this is no test address")]
    TestAddressesOnly,
    /// There is no mail server.
    #[error("no mail server is set up (SMTP_URL)")]
    NoServer,
    /// The address or text is no mail.
    #[error("the mail could not be written")]
    Message,
    /// The server failed.
    #[error("the mail server did not take the mail")]
    Smtp(#[source] lettre::transport::smtp::Error),
    /// The mailbox failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MailError> for ApiError {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Store(error) => error.into(),
            MailError::NoServer | MailError::Smtp(_) => Self::new(ErrorCode::UpstreamUnavailable)
                .with_detail("mail cannot be sent at present")
                .with_source(error),
            MailError::TestAddressesOnly => Self::new(ErrorCode::RecipientUnreachable)
                .with_detail(TEST_ADDRESSES)
                .with_field("email", ErrorCode::RecipientUnreachable, TEST_ADDRESSES),
            MailError::Server | MailError::Sender | MailError::Message => Self::internal(error),
        }
    }
}

/// Judges the settings, before anything is started with them.
///
/// # Errors
/// [`MailError::Server`], [`MailError::Sender`].
pub(crate) fn judge(url: &Secret, from: &str) -> Result<(), MailError> {
    // The address may ask for TLS, and that for a provider.
    crate::install_crypto();
    server(url)?;
    sender(from).map(drop)
}

fn server(url: &Secret) -> Result<AsyncSmtpTransportBuilder, MailError> {
    // The error of the URL parser repeats the URL, which holds a password.
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()).map_err(|_| MailError::Server)
}

fn sender(from: &str) -> Result<Address, MailError> {
    from.parse().map_err(|_| MailError::Sender)
}

/// Sends mail.
pub struct Mail {
    env: EnvName,
    mailbox: Mailbox,
    smtp: Option<(AsyncSmtpTransport<Tokio1Executor>, Address)>,
}

impl Mail {
    pub(crate) fn open(
        settings: &Settings,
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, MailError> {
        let smtp = match (&settings.smtp_url, &settings.mail_from) {
            (Some(url), Some(from)) => Some((server(url)?.build(), sender(from)?)),
            _ => None,
        };
        Ok(Self { env: settings.env, mailbox: Mailbox::new(store, clock, entropy), smtp })
    }

    /// Whether a mail to this address can go anywhere: a test address, or any address where there is a server. Ask before
    /// anything is written.
    ///
    /// # Errors
    /// [`MailError::TestAddressesOnly`], [`MailError::NoServer`].
    pub fn check(&self, address: &str) -> Result<(), MailError> {
        if self.smtp.is_some() || is_test_address(self.env, address) {
            Ok(())
        } else if self.env.allows_test_people() {
            Err(MailError::TestAddressesOnly)
        } else {
            Err(MailError::NoServer)
        }
    }

    /// Sends a mail. Call it after the transaction that made it necessary.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn send(&self, mail: &MailMessage) -> Result<(), MailError> {
        if is_test_address(self.env, &mail.to) {
            return Ok(self.mailbox.keep(MailboxChannel::Email, &mail.to, &mail.subject, &mail.text).await?);
        }
        self.check(&mail.to)?;
        let Some((transport, from)) = &self.smtp else { return Err(MailError::NoServer) };
        let message = Message::builder()
            .from(from.clone())
            .to(mail.to.parse().map_err(|_| MailError::Message)?)
            .subject(&mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|_| MailError::Message)?;
        transport.send(message).await.map_err(MailError::Smtp)?;
        Ok(())
    }
}
