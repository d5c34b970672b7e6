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

/// A text message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// There is no provider.
    #[error("no provider of text messages is set up (SMS_URL); on devnet and testnet, reserved numbers need none")]
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

    /// Sends `text` to `number` (`+` and digits). Call it after the transaction that made it necessary.
    ///
    /// # Errors
    /// [`SmsError`].
    pub async fn send(&self, number: &str, text: &str) -> Result<(), SmsError> {
        if is_test_number(self.env, number) {
            return Ok(self.mailbox.keep(MailboxChannel::Sms, number, "", text).await?);
        }
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
