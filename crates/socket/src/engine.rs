//! Engine.IO 4 over a WebSocket: a text frame is one digit and its content, a binary frame is a message.

use serde_json::Value;

/// A frame of the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// A packet that came in a text frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine<'t> {
    /// The server's first word.
    Open(Open),
    /// The server ends the connection.
    Close,
    /// The server asks whether we are there; the answer repeats the text.
    Ping(&'t str),
    /// An answer to a ping.
    Pong(&'t str),
    /// Something for the layer above.
    Message(&'t str),
    /// Nothing.
    Noop,
}

/// What the server says when a connection opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Id of the connection.
    pub sid: String,
    /// The server asks so often whether we are there, milliseconds.
    pub ping_interval_ms: u64,
    /// It waits so long for an answer, milliseconds.
    pub ping_timeout_ms: u64,
    /// Largest packet that it takes, bytes.
    pub max_payload: u64,
}

impl<'t> Engine<'t> {
    /// Reads a text frame; `None` for what is no packet of Engine.IO 4 over a WebSocket.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let mut characters = text.chars();
        let kind = characters.next()?;
        let rest = characters.as_str();
        Some(match kind {
            '0' => Self::Open(Open::parse(rest)?),
            '1' => Self::Close,
            '2' => Self::Ping(rest),
            '3' => Self::Pong(rest),
            '4' => Self::Message(rest),
            '6' => Self::Noop,
            // 5 upgrades a polling connection, which this is not.
            _ => return None,
        })
    }

    /// The frame of this packet.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame::Text(match self {
            Self::Open(open) => format!(
                "0{}",
                serde_json::json!({
                    "sid": open.sid, "upgrades": [], "pingInterval": open.ping_interval_ms,
                    "pingTimeout": open.ping_timeout_ms, "maxPayload": open.max_payload,
                })
            ),
            Self::Close => "1".to_owned(),
            Self::Ping(text) => format!("2{text}"),
            Self::Pong(text) => format!("3{text}"),
            Self::Message(text) => format!("4{text}"),
            Self::Noop => "6".to_owned(),
        })
    }
}

impl Open {
    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        Some(Self {
            sid: value.get("sid")?.as_str()?.to_owned(),
            ping_interval_ms: value.get("pingInterval")?.as_u64()?,
            ping_timeout_ms: value.get("pingTimeout")?.as_u64()?,
            max_payload: value.get("maxPayload").and_then(Value::as_u64).unwrap_or(1_000_000),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packets_are_read_as_the_protocol_writes_them() {
        let open = Engine::parse(r#"0{"sid":"a","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#);
        let Some(Engine::Open(open)) = open else { panic!("{open:?}") };
        assert_eq!((open.sid.as_str(), open.ping_interval_ms, open.ping_timeout_ms), ("a", 25_000, 20_000));
        assert_eq!(Engine::parse("2"), Some(Engine::Ping("")));
        assert_eq!(Engine::parse("2probe"), Some(Engine::Ping("probe")));
        assert_eq!(Engine::parse("42[\"a\"]"), Some(Engine::Message("2[\"a\"]")));
        for bad in ["", "5", "7", "x", "0", "0{}", "0[1]", "é"] {
            assert_eq!(Engine::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in any::<String>()) {
            if let Some(packet) = Engine::parse(&text)
                && !matches!(packet, Engine::Open(_))
                && !matches!(packet, Engine::Close | Engine::Noop)
            {
                prop_assert_eq!(packet.frame(), Frame::Text(text.clone()));
            }
        }

        #[test]
        fn what_is_written_is_read_again(sid in "[a-zA-Z0-9_-]{1,24}", interval in any::<u32>(), message in any::<String>()) {
            let open = Engine::Open(Open {
                sid, ping_interval_ms: interval.into(), ping_timeout_ms: 20_000, max_payload: 7,
            });
            for packet in [open, Engine::Message(&message), Engine::Ping(&message), Engine::Pong(&message)] {
                let Frame::Text(text) = packet.frame() else { panic!("text") };
                prop_assert_eq!(Engine::parse(&text), Some(packet.clone()));
            }
        }
    }
}
