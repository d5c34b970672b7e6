//! Ids of rows and requests. Each kind is a type of its own, so that one cannot stand for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

/// The text is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID in its 36-character form")]
pub struct IdError;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        // Not derived: the other spellings of a UUID would be second names of one thing.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl $name {
            /// From a UUID; new ids are UUIDv7 made by `gx_base::Ids`.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Only the hyphenated 36-character form is an id.
            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != 36 {
                    return Err(IdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        #[cfg(feature = "openapi")]
        crate::api::uuid_schema!($name);
    )*};
}

id_types! {
    /// An approval that waits for a second person.
    ApprovalId;
    /// A person (`profileId`).
    ProfileId;
    /// An administrator.
    AdminId;
    /// A registration that is under way.
    RegistrationId;
    /// A login session of a person or an administrator.
    SessionId;
    /// An uploaded document.
    DocumentId;
    /// A change of e-mail address or phone number.
    ContactChangeId;
    /// A submission for approval: the documents as they were handed in.
    SubmissionId;
    /// A command on its way to the ledger.
    CommandId;
    /// A Q Send request.
    QSendId;
    /// A notification.
    NotificationId;
    /// A webhook.
    WebhookId;
    /// Something that webhooks tell of; the same in every repetition.
    WebhookEventId;
    /// An event on its way to a webhook.
    WebhookDeliveryId;
    /// A signing key.
    KeyId;
    /// What ties the log lines, rows and blocks of one request together.
    CorrelationId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling_in_json_too() {
        let good = "\"01890a5d-ac96-774b-bcce-b302099a8057\"";
        assert_eq!(serde_json::to_string(&serde_json::from_str::<ProfileId>(good).unwrap()).unwrap(), good);
        for bad in ["01890a5dac96774bbcceb302099a8057", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", ""] {
            assert!(serde_json::from_value::<ProfileId>(bad.into()).is_err(), "{bad}");
        }
    }
}
