//! What travels over the socket: one object per event. Names of events are in [`event`]; `docs/live.md` explains them.

use serde::{Deserialize, Serialize};

use super::messaging::NotificationView;
use crate::{CommandId, CommandStatus, ErrorCode, OnchainStatus, PersonStatus, QSendStatus, Qirat};

/// Names of events. The server sends those of the first group, clients those of the second.
pub mod event {
    /// The connection is set up; the object is [`super::Ready`].
    pub const READY: &str = "ready";
    /// A notification was stored; the object is [`super::NotificationPushed`].
    pub const NOTIFICATION: &str = "notification:new";
    /// More was missed than is sent unasked; the object is [`super::Resume`]: send it back as `sync:request`.
    pub const SYNC_MORE: &str = "sync:more";
    /// The number of unread notifications changed; the object is [`super::UnreadChanged`].
    pub const UNREAD: &str = "notification:unread";
    /// The settled balance changed; the object is [`super::BalanceChanged`].
    pub const BALANCE: &str = "balance:changed";
    /// The person's state changed; the object is [`super::ProfileChanged`].
    pub const PROFILE: &str = "profile:changed";
    /// A request for payment changed; the object is [`super::RequestChanged`].
    pub const REQUEST: &str = "qsend:changed";
    /// A command is final; the object is [`super::CommandSettled`].
    pub const COMMAND: &str = "command:settled";
    /// The session is over and the connection closes; the object is [`super::SessionEnded`].
    pub const SESSION_ENDED: &str = "session:ended";
    /// An event without an acknowledgement was refused; the object is [`super::Refused`].
    pub const REFUSED: &str = "event:refused";

    /// Asks for everything after a place; the object is [`super::Resume`].
    pub const SYNC: &str = "sync:request";
}

/// What a client sends along when it connects to the namespace `/`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SocketAuth {
    /// Access token; without it the session cookie counts, if the page is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Place of the last notification that the client has; without it the client begins with what comes next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

impl std::fmt::Debug for SocketAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketAuth").field("after", &self.after).finish_non_exhaustive()
    }
}

/// The connection is set up, and how things stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Place of the newest notification; 0 when there is none.
    pub sequence: u64,
    /// Place after which notifications are sent now.
    pub after: u64,
    /// Unread notifications.
    pub unread_count: u64,
    /// The settled balance; none before the ledger has registered the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Qirat>,
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
}

/// A notification with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationPushed {
    /// Its place: larger than that of every earlier one of the person. Keep the largest for the next connection.
    pub sequence: u64,
    /// The notification.
    pub notification: NotificationView,
}

/// After which place to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resume {
    /// The place of the last notification that the client has.
    pub after: u64,
}

/// The number beside the bell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadChanged {
    /// Unread notifications.
    pub unread_count: u64,
}

/// The settled balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChanged {
    /// The balance, settled on the ledger and projected.
    pub balance: Qirat,
}

/// Where the person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileChanged {
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
}

/// A request for payment, for who made it and who pays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestChanged {
    /// Its code.
    pub request_code: String,
    /// Where it stands.
    pub status: QSendStatus,
}

/// A command of this person is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandSettled {
    /// The command; `GET /api/v1/commands/{id}` says more.
    pub command_id: CommandId,
    /// CONFIRMED or FAILED.
    pub status: CommandStatus,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionEnded {
    /// SESSION_REVOKED, SESSION_EXPIRED, ACCOUNT_FROZEN or ACCOUNT_DISABLED.
    pub code: ErrorCode,
    /// The same in a sentence.
    pub title: String,
}

impl SessionEnded {
    /// The end for this reason.
    #[must_use]
    pub fn of(code: ErrorCode) -> Self {
        Self { code, title: code.title().to_owned() }
    }
}

/// The acknowledgement of a client's event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledged {
    /// Whether it was done.
    pub ok: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<EventProblem>,
}

/// Why an event was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventProblem {
    /// Stable code.
    pub code: ErrorCode,
    /// The same in a sentence.
    pub title: String,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// An event that nobody waits for was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Its name, cut to 64 characters.
    pub event: String,
    /// Why.
    pub problem: EventProblem,
}
