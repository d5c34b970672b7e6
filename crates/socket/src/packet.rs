//! Socket.IO 5 packets.
//!
//! `<kind>[<attachments>-][/<namespace>,][<acknowledgement>][<JSON>]`, attachments follow as binary frames. In the JSON an
//! attachment is `{"_placeholder":true,"num":<index>}`; [`placeholder`] makes one, [`Packet::attachment`] finds its bytes.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// Attachments of one packet at most.
pub const ATTACHMENTS_MAX: usize = 64;
/// Longest name of a namespace, bytes.
pub const NAMESPACE_BYTES_MAX: usize = 256;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Enters a namespace, or says that it was entered.
    Connect,
    /// Leaves a namespace.
    Disconnect,
    /// Something happened: a list of the event's name and its arguments.
    Event,
    /// Answers an event: a list of arguments.
    Ack,
    /// The namespace was not entered.
    ConnectError,
}

/// A packet with its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What it is.
    pub kind: Kind,
    /// Its namespace; `/` is the main one.
    pub namespace: String,
    /// Number of the acknowledgement: asked for in an event, given in an answer.
    pub ack: Option<u64>,
    /// Its content.
    pub data: Option<Value>,
    /// Bytes that its content refers to.
    pub attachments: Vec<Vec<u8>>,
}

/// A text that is no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no packet of Socket.IO 5: {0}")]
pub struct PacketError(pub &'static str);

/// Stands for the attachment `index` in the content of a packet.
#[must_use]
pub fn placeholder(index: usize) -> Value {
    json!({ "_placeholder": true, "num": index })
}

impl Packet {
    /// A packet without acknowledgement and attachments.
    #[must_use]
    pub fn new(kind: Kind, namespace: &str, data: Option<Value>) -> Self {
        Self { kind, namespace: namespace.to_owned(), ack: None, data, attachments: Vec::new() }
    }

    /// Reads the text of a packet. The second value says how many binary frames belong to it.
    ///
    /// # Errors
    /// [`PacketError`] for anything that the protocol does not write.
    pub fn parse(text: &str) -> Result<(Self, usize), PacketError> {
        let mut rest = text;
        let mut kind = rest.chars().next().ok_or(PacketError("it is empty"))?;
        rest = rest.strip_prefix(kind).unwrap_or_default();
        let mut attachments = 0;
        if matches!(kind, '5' | '6') {
            let (count, after) = rest.split_once('-').ok_or(PacketError("attachments are not counted"))?;
            attachments = number(count).ok_or(PacketError("the number of attachments is none"))?;
            if attachments > ATTACHMENTS_MAX as u64 {
                return Err(PacketError("it has too many attachments"));
            }
            rest = after;
            kind = if kind == '5' { '2' } else { '3' };
        }
        let kind = match kind {
            '0' => Kind::Connect,
            '1' => Kind::Disconnect,
            '2' => Kind::Event,
            '3' => Kind::Ack,
            '4' => Kind::ConnectError,
            _ => return Err(PacketError("its kind is unknown")),
        };
        let mut namespace = "/";
        if rest.starts_with('/') {
            let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
            (namespace, rest) = (name, after);
        }
        if namespace.len() > NAMESPACE_BYTES_MAX {
            return Err(PacketError("the name of its namespace is too long"));
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (ack, json) = rest.split_at(digits);
        let data = match json {
            "" => None,
            json => Some(serde_json::from_str(json).map_err(|_| PacketError("its content is no JSON"))?),
        };
        // A lone number would be read as an acknowledgement; the protocol sends objects and lists only.
        let ack = match ack {
            "" => None,
            ack => Some(number(ack).ok_or(PacketError("its acknowledgement is no number"))?),
        };
        let packet = Self { kind, namespace: namespace.to_owned(), ack, data, attachments: Vec::new() };
        packet.check()?;
        Ok((packet, usize::try_from(attachments).unwrap_or(0)))
    }

    fn check(&self) -> Result<(), PacketError> {
        let right = match (self.kind, &self.data) {
            (Kind::Connect, Some(Value::Object(_)) | None) | (Kind::Disconnect, None) => self.ack.is_none(),
            (Kind::ConnectError, Some(Value::Object(_) | Value::String(_))) => self.ack.is_none(),
            (Kind::Event, Some(Value::Array(list))) => list.first().is_some_and(Value::is_string),
            (Kind::Ack, Some(Value::Array(_))) => self.ack.is_some(),
            _ => false,
        };
        if right { Ok(()) } else { Err(PacketError("its content does not fit its kind")) }
    }

    /// The text of the packet; its attachments follow as binary frames.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        match (self.kind, self.attachments.len()) {
            (Kind::Event, count @ 1..) => drop(write!(text, "5{count}-")),
            (Kind::Ack, count @ 1..) => drop(write!(text, "6{count}-")),
            (kind, _) => text.push(match kind {
                Kind::Connect => '0',
                Kind::Disconnect => '1',
                Kind::Event => '2',
                Kind::Ack => '3',
                Kind::ConnectError => '4',
            }),
        }
        if self.namespace != "/" {
            text.push_str(&self.namespace);
            text.push(',');
        }
        if let Some(ack) = self.ack {
            // Writing to a text does not fail.
            let _ = write!(text, "{ack}");
        }
        if let Some(data) = &self.data {
            let _ = write!(text, "{data}");
        }
        text
    }

    /// The bytes that a placeholder stands for.
    #[must_use]
    pub fn attachment(&self, placeholder: &Value) -> Option<&[u8]> {
        attachment(&self.attachments, placeholder)
    }
}

/// The bytes that a placeholder stands for.
#[must_use]
pub fn attachment<'a>(attachments: &'a [Vec<u8>], placeholder: &Value) -> Option<&'a [u8]> {
    if placeholder.get("_placeholder")? != &Value::Bool(true) {
        return None;
    }
    let index = usize::try_from(placeholder.get("num")?.as_u64()?).ok()?;
    attachments.get(index).map(Vec::as_slice)
}

fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packets_of_the_specification_are_read() {
        let read = |text: &str| Packet::parse(text).unwrap();
        assert_eq!(read("0"), (Packet::new(Kind::Connect, "/", None), 0));
        assert_eq!(read(r#"0/admin,{"token":"x"}"#).0.namespace, "/admin");
        let (event, attachments) = read(r#"2/admin,456["project:delete",123]"#);
        assert_eq!((event.ack, attachments), (Some(456), 0));
        assert_eq!(event.data, Some(json!(["project:delete", 123])));
        let (binary, attachments) = read(r#"51-["hello",{"_placeholder":true,"num":0}]"#);
        assert_eq!((binary.kind, attachments), (Kind::Event, 1));
        let (ack, attachments) = read(r#"61-/admin,456[{"_placeholder":true,"num":0}]"#);
        assert_eq!((ack.kind, ack.ack, attachments), (Kind::Ack, Some(456), 1));
        assert_eq!(read(r#"4{"message":"no"}"#).0.kind, Kind::ConnectError);
        assert_eq!(read("1/admin,").0.kind, Kind::Disconnect);
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for bad in [
            "",
            "7",
            "x",
            "2",
            "2{}",
            "2[]",
            "2[1]",
            "3[1]",
            "312",
            "0[1]",
            "05",
            "1[]",
            "5[\"a\"]",
            "5-[\"a\"]",
            "599999-[\"a\"]",
            "5+1-[\"a\"]",
            "2[\"a\"",
            "4",
            "299999999999999999999999[\"a\"]",
            "2\"a\"",
        ] {
            assert!(Packet::parse(bad).is_err(), "{bad}");
        }
        assert!(Packet::parse(&format!("0/{}", "n".repeat(NAMESPACE_BYTES_MAX))).is_err());
    }

    #[test]
    fn a_placeholder_finds_its_bytes_and_nothing_else() {
        let mut packet = Packet::new(Kind::Event, "/", Some(json!(["a", placeholder(0)])));
        packet.attachments.push(vec![1, 2]);
        assert_eq!(packet.text(), r#"51-["a",{"_placeholder":true,"num":0}]"#);
        assert_eq!(packet.attachment(&placeholder(0)), Some([1, 2].as_slice()));
        for other in [placeholder(1), json!({"num": 0}), json!({"_placeholder": false, "num": 0}), json!(0)] {
            assert_eq!(packet.attachment(&other), None, "{other}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            name in any::<String>(),
            arguments in proptest::collection::vec(value(), 0..4),
            namespace in prop_oneof![Just("/".to_owned()), "/[a-z0-9_/-]{1,20}"],
            ack in proptest::option::of(any::<u64>()),
            attachments in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 0..4),
        ) {
            let mut list = vec![Value::from(name)];
            list.extend(arguments.clone());
            let event = Packet { kind: Kind::Event, namespace: namespace.clone(), ack, data: Some(list.into()), attachments };
            let (read, count) = Packet::parse(&event.text()).unwrap();
            prop_assert_eq!(count, event.attachments.len());
            prop_assert_eq!(Packet { attachments: event.attachments.clone(), ..read }, event);
            let answer = Packet {
                kind: Kind::Ack, namespace, ack: Some(ack.unwrap_or(0)), data: Some(arguments.into()), attachments: Vec::new(),
            };
            prop_assert_eq!(Packet::parse(&answer.text()).unwrap(), (answer, 0));
        }

        #[test]
        fn no_text_stops_the_reader(text in "[-0-9/,\\[\\]\\{\\}\"a]{0,40}", any in any::<String>()) {
            let _ = Packet::parse(&text);
            let _ = Packet::parse(&any);
        }
    }
}
