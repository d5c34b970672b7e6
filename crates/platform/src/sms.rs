//! Text messages: through a provider's HTTP address, or into the development mailbox for reserved numbers.

use std::sync::Arc;
use std::time::Duration;

use gx_base::{Clock, Entropy, Secret};
use gx_store::{Store, StoreError};
use gx_types::{EnvName, ErrorCode, MailboxChannel};

use crate::http::ApiError;
use crate::mailbox::{Mailbox, is_test_number};
use crate::settings::Settings;

/// How long the provider may take.
const PROVIDER_LIMIT: Duration = Duration::from_secs(10);

/// What people are told on a network whose text messages go nowhere else.
const TEST_NUMBERS: &str = "This test network sends no text messages. Take a number set aside for fiction, for example \
    +44 7700 900123 or +1 202 555 0123: what goes there is kept in the test mailbox.";

/// A text message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// There is no provider, on a network where only test people need none.
    #[error("no provider of text messages is set up (SMS_URL), and this is no test number")]
    TestNumbersOnly,
    /// There is no provider.
    #[error("no provider of text messages is set up (SMS_URL)")]
    NoProvider,
    /// The provider failed.
    #[error("the provider did not take the text message")]
    Provider(#[source] reqwest::Error),
    /// The mailbox failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SmsError> for ApiError {
    fn from(error: SmsError) -> Self {
        match error {
            SmsError::Store(error) => error.into(),
            SmsError::TestNumbersOnly => Self::new(ErrorCode::RecipientUnreachable)
                .with_detail(TEST_NUMBERS)
                .with_field("phoneNum", ErrorCode::RecipientUnreachable, TEST_NUMBERS),
            SmsError::NoProvider | SmsError::Provider(_) => Self::new(ErrorCode::UpstreamUnavailable)
                .with_detail("text messages cannot be sent at present")
                .with_source(error),
        }
    }
}

/// Sends text messages.
pub struct Sms {
    env: EnvName,
    mailbox: Mailbox,
    provider: Option<(String, Option<Secret>)>,
    client: reqwest::Client,
}

impl Sms {
    pub(crate) fn open(settings: &Settings, store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            env: settings.env,
            mailbox: Mailbox::new(store, clock, entropy),
            provider: settings.sms_url.clone().map(|url| (url, settings.sms_token.clone())),
            client: reqwest::Client::new(),
        }
    }

    /// Whether a text message to this number can go anywhere: a test number, or any number where there is a provider. Ask
    /// before anything is written.
    ///
    /// # Errors
    /// [`SmsError::TestNumbersOnly`], [`SmsError::NoProvider`].
    pub fn check(&self, number: &str) -> Result<(), SmsError> {
        if self.provider.is_some() || is_test_number(self.env, number) {
            Ok(())
        } else if self.env.allows_test_people() {
            Err(SmsError::TestNumbersOnly)
        } else {
            Err(SmsError::NoProvider)
        }
    }

    /// Sends `text` to `number` (`+` and digits). Call it after the transaction that made it necessary.
    ///
    /// # Errors
    /// [`SmsError`].
    pub async fn send(&self, number: &str, text: &str) -> Result<(), SmsError> {
        if is_test_number(self.env, number) {
            return Ok(self.mailbox.keep(MailboxChannel::Sms, number, "", text).await?);
        }
        self.check(number)?;
        let Some((url, token)) = &self.provider else { return Err(SmsError::NoProvider) };
        let mut request =
            self.client.post(url).timeout(PROVIDER_LIMIT).json(&serde_json::json!({ "to": number, "text": text }));
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        // Without the URL: some providers want their key in it.
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        answer.map(drop).map_err(|error| SmsError::Provider(error.without_url()))
    }
}
