//! Who asks for something.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AdminId, ProfileId};

/// Who asked for a command or a write. Repeated requests are recognised per actor, and a command's status is shown to
/// its actor alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A person.
    Person(ProfileId),
    /// An administrator.
    Admin(AdminId),
    /// Somebody on the host, through the command line.
    Operator,
    /// The platform itself: its jobs and its first start.
    Platform,
}

/// The text names no actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an actor is person:<id>, admin:<id>, operator or platform")]
pub struct ActorError;

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Admin(id) => write!(f, "admin:{id}"),
            Self::Operator => f.write_str("operator"),
            Self::Platform => f.write_str("platform"),
        }
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, ActorError> {
        match text.split_once(':') {
            Some(("person", id)) => id.parse().map(Self::Person).map_err(|_| ActorError),
            Some(("admin", id)) => id.parse().map(Self::Admin).map_err(|_| ActorError),
            None if text == "operator" => Ok(Self::Operator),
            None if text == "platform" => Ok(Self::Platform),
            _ => Err(ActorError),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(
    Actor,
    "^((person|admin):[0-9a-fA-F-]{36}|operator|platform)$",
    "Who asked: person:<id>, admin:<id>, operator or platform",
    "operator"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_has_one_spelling() {
        for text in [
            "person:01890a5d-ac96-774b-bcce-b302099a8057",
            "admin:01890a5d-ac96-774b-bcce-b302099a8057",
            "operator",
            "platform",
        ] {
            assert_eq!(text.parse::<Actor>().unwrap().to_string(), text);
        }
        for text in ["", "person", "person:", "operator:", "root", "admin:x"] {
            assert_eq!(text.parse::<Actor>(), Err(ActorError), "{text}");
        }
    }
}
