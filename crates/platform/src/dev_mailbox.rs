//! `GET /api/v1/dev/mailbox`: what went to test people. Mounted on devnet and testnet only.

use axum::Json;
use axum::extract::State;
use gx_store::repo::dev_mailbox;
use gx_types::{EnvName, MailboxChannel, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::http::{Access, ApiQuery, ApiResult, RateClass, Route, RouteSet};

/// Messages shown at most.
const SHOWN_MAX: u64 = 50;

/// Whose messages.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailboxQuery {
    /// Address or number; everyone's when absent.
    #[serde(default)]
    pub to: Option<String>,
}

/// The newest messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxReply {
    /// Newest first, at most 50.
    pub messages: Vec<MailboxMessage>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxMessage {
    /// The message.
    pub id: String,
    /// Over what it went out.
    pub channel: MailboxChannel,
    /// To whom.
    pub to: String,
    /// Subject; empty for text messages.
    pub subject: String,
    /// Text.
    pub text: String,
    /// When.
    pub sent_at: Timestamp,
}

/// The routes of the mailbox: none on mainnet.
#[must_use]
pub fn routes(env: EnvName) -> RouteSet {
    let routes = RouteSet::new("identity");
    if !env.allows_test_people() {
        return routes;
    }
    routes.route(
        Route::get("/api/v1/dev/mailbox", "readDevMailbox")
            .summary("Messages to test people")
            .description(
                "Only on devnet and testnet: what went to addresses under gxcoin.test and to reserved numbers.",
            )
            .access(Access::Public)
            .limit(RateClass::Read)
            .query::<MailboxQuery>()
            .reply::<MailboxReply>(200, "The newest messages")
            .handle(read),
    )
}

async fn read(State(app): State<App>, ApiQuery(query): ApiQuery<MailboxQuery>) -> ApiResult<Json<MailboxReply>> {
    // A plus sign in a query means a space; numbers are looked up as people type them.
    let recipient = query
        .to
        .map(|to| to.trim().to_ascii_lowercase())
        .map(|to| if !to.contains('@') && !to.starts_with('+') && !to.is_empty() { format!("+{to}") } else { to });
    let rows = dev_mailbox::newest(app.store().read(), recipient.as_deref(), SHOWN_MAX).await?;
    let messages = rows
        .into_iter()
        .map(|row| MailboxMessage {
            id: row.mail_id,
            channel: row.channel.0,
            to: row.recipient,
            subject: row.subject,
            text: row.body,
            sent_at: row.created_at.0,
        })
        .collect();
    Ok(Json(MailboxReply { messages }))
}
