//! A connection as a machine: frames go in, and what is to be done comes out. It knows no clock and no network, so that
//! both drivers, and tests, use the same one.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use crate::engine::{Engine, Frame};
use crate::packet::{Kind, Packet, PacketError};

/// Bytes that the attachments of one packet may have together.
pub const ATTACHMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The other side does not keep to the protocol; the connection is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A frame is no packet of Engine.IO 4.
    #[error("this is no packet of Engine.IO 4")]
    Engine,
    /// A packet is none.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// A packet came where another one was due.
    #[error("a packet came where {0} was due")]
    Order(&'static str),
    /// Attachments are too large.
    #[error("the attachments of a packet are too large")]
    TooLarge,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a frame.
    Send(Frame),
    /// The other side is there as long as something comes within this time.
    Expect(Duration),
    /// The namespace was entered.
    Connected {
        /// Id of the socket.
        sid: String,
    },
    /// The namespace was not entered.
    Refused {
        /// Why, in the server's words.
        message: String,
        /// What the server adds.
        data: Option<Value>,
    },
    /// Something happened.
    Event {
        /// Name.
        name: String,
        /// Arguments; attachments are placeholders.
        arguments: Vec<Value>,
        /// The attachments.
        attachments: Vec<Vec<u8>>,
        /// Number to answer with, when an answer is wanted.
        ack: Option<u64>,
    },
    /// An event of ours was answered.
    Answer {
        /// Its number.
        ack: u64,
        /// Arguments; attachments are placeholders.
        arguments: Vec<Value>,
        /// The attachments.
        attachments: Vec<Vec<u8>>,
    },
    /// The server ends the connection.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Entering,
    Connected,
    Over,
}

/// The machine of one connection.
#[derive(Debug)]
pub struct Core {
    namespace: String,
    auth: Option<Value>,
    state: State,
    next_ack: u64,
    /// A packet whose attachments are still to come.
    partial: Option<(Packet, usize)>,
}

impl Core {
    /// A connection that is about to open, for a namespace, with what the server is told about who we are.
    #[must_use]
    pub fn new(namespace: &str, auth: Option<Value>) -> Self {
        Self { namespace: namespace.to_owned(), auth, state: State::Opening, next_ack: 0, partial: None }
    }

    /// Whether events can be sent.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// The frames of an event, and the number of its answer when one is wanted; `None` while there is no connection.
    pub fn event(
        &mut self,
        name: &str,
        arguments: Vec<Value>,
        attachments: Vec<Vec<u8>>,
        answer: bool,
    ) -> Option<(Vec<Frame>, Option<u64>)> {
        if !self.is_connected() {
            return None;
        }
        let ack = answer.then_some(self.next_ack);
        if answer {
            self.next_ack += 1;
        }
        let mut list = VecDeque::from(arguments);
        list.push_front(Value::from(name));
        let data = Some(Value::Array(list.into()));
        let packet = Packet { kind: Kind::Event, namespace: self.namespace.clone(), ack, data, attachments };
        Some((frames(packet), ack))
    }

    /// The frames of the answer to an event.
    #[must_use]
    pub fn answer(&self, ack: u64, arguments: Vec<Value>, attachments: Vec<Vec<u8>>) -> Option<Vec<Frame>> {
        let (namespace, data) = (self.namespace.clone(), Some(Value::Array(arguments)));
        let packet = Packet { kind: Kind::Ack, namespace, ack: Some(ack), data, attachments };
        self.is_connected().then(|| frames(packet))
    }

    /// The frames that end the connection in order.
    pub fn close(&mut self) -> Vec<Frame> {
        let mut sent = Vec::new();
        if self.is_connected() {
            sent = frames(Packet::new(Kind::Disconnect, &self.namespace, None));
        }
        self.state = State::Over;
        sent.push(Engine::Close.frame());
        sent
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// [`ProtocolError`]: close the connection.
    pub fn take(&mut self, frame: Frame) -> Result<Vec<Action>, ProtocolError> {
        match frame {
            Frame::Binary(bytes) => self.attachment(bytes),
            Frame::Text(text) => self.text(&text),
        }
    }

    fn text(&mut self, text: &str) -> Result<Vec<Action>, ProtocolError> {
        match Engine::parse(text).ok_or(ProtocolError::Engine)? {
            Engine::Open(open) => {
                if self.state != State::Opening {
                    return Err(ProtocolError::Order("an event"));
                }
                self.state = State::Entering;
                let silence = open.ping_interval_ms.saturating_add(open.ping_timeout_ms);
                let connect = Packet::new(Kind::Connect, &self.namespace, self.auth.take());
                let mut actions = vec![Action::Expect(Duration::from_millis(silence))];
                actions.extend(frames(connect).into_iter().map(Action::Send));
                Ok(actions)
            }
            Engine::Ping(text) => Ok(vec![Action::Send(Engine::Pong(text).frame())]),
            Engine::Pong(_) | Engine::Noop => Ok(Vec::new()),
            Engine::Close => {
                self.state = State::Over;
                Ok(vec![Action::Close])
            }
            Engine::Message(text) => {
                if self.partial.is_some() {
                    return Err(ProtocolError::Order("an attachment"));
                }
                let (packet, attachments) = Packet::parse(text)?;
                if attachments > 0 {
                    self.partial = Some((packet, attachments));
                    return Ok(Vec::new());
                }
                self.packet(packet)
            }
        }
    }

    fn attachment(&mut self, bytes: Vec<u8>) -> Result<Vec<Action>, ProtocolError> {
        let Some((mut packet, missing)) = self.partial.take() else {
            return Err(ProtocolError::Order("a packet"));
        };
        let size: usize = packet.attachments.iter().map(Vec::len).sum();
        if size.saturating_add(bytes.len()) > ATTACHMENT_BYTES_MAX {
            return Err(ProtocolError::TooLarge);
        }
        packet.attachments.push(bytes);
        if packet.attachments.len() < missing {
            self.partial = Some((packet, missing));
            return Ok(Vec::new());
        }
        self.packet(packet)
    }

    fn packet(&mut self, packet: Packet) -> Result<Vec<Action>, ProtocolError> {
        if packet.namespace != self.namespace {
            // Another namespace is none of ours.
            return Ok(Vec::new());
        }
        let attachments = packet.attachments;
        match (packet.kind, self.state) {
            (Kind::Connect, State::Entering) => {
                self.state = State::Connected;
                let sid = packet.data.as_ref().and_then(|data| data.get("sid")?.as_str()).unwrap_or_default();
                Ok(vec![Action::Connected { sid: sid.to_owned() }])
            }
            (Kind::ConnectError, State::Entering) => {
                self.state = State::Over;
                let data = packet.data.unwrap_or_default();
                let message = data.get("message").and_then(Value::as_str).or(data.as_str()).unwrap_or_default();
                Ok(vec![Action::Refused { message: message.to_owned(), data: data.get("data").cloned() }])
            }
            (Kind::Event, State::Connected) => {
                let Some(Value::Array(list)) = packet.data else { return Err(ProtocolError::Engine) };
                let mut list = VecDeque::from(list);
                let Some(Value::String(name)) = list.pop_front() else { return Err(ProtocolError::Engine) };
                Ok(vec![Action::Event { name, arguments: list.into(), attachments, ack: packet.ack }])
            }
            (Kind::Ack, State::Connected) => {
                let (Some(ack), Some(Value::Array(arguments))) = (packet.ack, packet.data) else {
                    return Err(ProtocolError::Engine);
                };
                Ok(vec![Action::Answer { ack, arguments, attachments }])
            }
            (Kind::Disconnect, _) => {
                self.state = State::Over;
                Ok(vec![Action::Close])
            }
            // What was under way when the connection ended.
            (_, State::Over) => Ok(Vec::new()),
            (_, State::Opening) => Err(ProtocolError::Order("the opening")),
            (_, State::Entering) => Err(ProtocolError::Order("the answer of the namespace")),
            (Kind::Connect | Kind::ConnectError, State::Connected) => Err(ProtocolError::Order("an event")),
        }
    }
}

/// A packet as frames.
fn frames(mut packet: Packet) -> Vec<Frame> {
    let attachments = std::mem::take(&mut packet.attachments);
    packet.attachments = vec![Vec::new(); attachments.len()];
    let mut frames = vec![Engine::Message(&packet.text()).frame()];
    frames.extend(attachments.into_iter().map(Frame::Binary));
    frames
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::packet::placeholder;

    fn text(text: &str) -> Frame {
        Frame::Text(text.to_owned())
    }

    fn connected() -> Core {
        let mut core = Core::new("/", Some(json!({ "token": "t" })));
        let actions =
            core.take(text(r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#)).unwrap();
        assert_eq!(actions, [Action::Expect(Duration::from_secs(45)), Action::Send(text(r#"40{"token":"t"}"#)),]);
        assert_eq!(core.take(text(r#"40{"sid":"s"}"#)).unwrap(), [Action::Connected { sid: "s".to_owned() }]);
        core
    }

    #[test]
    fn a_connection_lives_from_opening_to_close() {
        let mut core = connected();
        assert_eq!(core.take(text("2")).unwrap(), [Action::Send(text("3"))]);
        let (frames, ack) = core.event("hello", vec![json!(1)], vec![], true).unwrap();
        assert_eq!((frames, ack), (vec![text(r#"420["hello",1]"#)], Some(0)));
        let answer = core.take(text(r#"430["hi"]"#)).unwrap();
        assert_eq!(answer, [Action::Answer { ack: 0, arguments: vec![json!("hi")], attachments: vec![] }]);
        assert_eq!(
            core.take(text(r#"421["news"]"#)).unwrap(),
            [Action::Event { name: "news".to_owned(), arguments: vec![], attachments: vec![], ack: Some(1) }]
        );
        assert_eq!(core.answer(1, vec![json!(true)], vec![]), Some(vec![text("431[true]")]));
        assert_eq!(core.take(text("41")).unwrap(), [Action::Close]);
        assert!(core.event("late", vec![], vec![], false).is_none(), "nothing is sent after the end");
    }

    #[test]
    fn attachments_travel_in_frames_of_their_own() {
        let mut core = connected();
        let (frames, _) =
            core.event("file", vec![placeholder(0), placeholder(1)], vec![vec![1], vec![2, 3]], false).unwrap();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames[1..], [Frame::Binary(vec![1]), Frame::Binary(vec![2, 3])]);
        let mut other = connected();
        let mut seen = Vec::new();
        for frame in frames {
            seen.extend(other.take(frame).unwrap());
        }
        let [Action::Event { name, arguments, attachments, ack: None }] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!((name.as_str(), arguments.len(), attachments.as_slice()), ("file", 2, &[vec![1], vec![2, 3]][..]));
        assert_eq!(other.take(Frame::Binary(vec![9])), Err(ProtocolError::Order("a packet")));
    }

    #[test]
    fn a_refusal_says_why_and_nothing_is_taken_out_of_order() {
        let mut core = Core::new("/", None);
        assert!(core.take(text("42[\"early\"]")).is_err());
        let mut core = Core::new("/", None);
        core.take(text(r#"0{"sid":"e","pingInterval":1,"pingTimeout":1}"#)).unwrap();
        assert!(core.event("early", vec![], vec![], false).is_none());
        let refused = core.take(text(r#"44{"message":"UNAUTHORIZED: Please sign in.","data":{"a":1}}"#)).unwrap();
        let message = "UNAUTHORIZED: Please sign in.".to_owned();
        assert_eq!(refused, [Action::Refused { message, data: Some(json!({ "a": 1 })) }]);
    }

    proptest! {
        #[test]
        fn no_frames_stop_the_machine(frames in proptest::collection::vec(
            prop_oneof![
                "[0-6][0-6]?[0-9]{0,3}-?[/a,]{0,3}[\\[\\]{}\"a]{0,8}".prop_map(Frame::Text),
                Just(Frame::Text(r#"0{"sid":"e","pingInterval":1,"pingTimeout":1}"#.to_owned())),
                Just(Frame::Text(r#"40{"sid":"s"}"#.to_owned())),
                proptest::collection::vec(any::<u8>(), 0..4).prop_map(Frame::Binary),
            ], 0..12))
        {
            let mut core = Core::new("/", None);
            for frame in frames {
                if core.take(frame).is_err() { break; }
            }
        }
    }
}
