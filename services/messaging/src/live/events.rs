//! A connection from its first moment: how things stand, then whatever the client sends. Every event is answered: with an
//! acknowledgement where the client asked for one, otherwise refusals with an event of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gx_platform::http::{ApiError, RateClass, RateKey};
use gx_store::repo::live;
use gx_store::repo::live::PersonFacts;
use gx_types::ErrorCode;
use gx_types::api::live::{Acknowledged, EventProblem, Ready, Refused, Resume, event};
use serde_json::Value;
use socketioxide::adapter::Adapter;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use socketioxide::handler::{FromMessageParts, Value as Packet};
use socketioxide::socket::Socket;

use super::handshake::Admitted;
use super::registry::Connection;
use super::{Inner, metrics};

/// Characters of an event's name that are sent back at most.
const NAME_CHARS_MAX: usize = 64;

/// Where the handlers of a socket find its connection. Emptied when the socket goes: they would otherwise keep each other.
#[derive(Default)]
struct Slot(Mutex<Option<Arc<Connection>>>);

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(&self, connection: Arc<Connection>) {
        *self.lock() = Some(connection);
    }

    fn get(&self) -> Option<Arc<Connection>> {
        self.lock().clone()
    }

    fn take(&self) -> Option<Arc<Connection>> {
        self.lock().take()
    }
}

/// Serves a connection that was admitted.
pub(super) async fn connected(live: &Arc<Inner>, socket: SocketRef) {
    let Some(admitted) = socket.extensions.get::<Admitted>() else { return };
    // 1. Handlers first: nothing that the client sends may fall between.
    let connection = Arc::new(Slot::default());
    let (for_events, of_events) = (Arc::clone(live), Arc::clone(&connection));
    socket.on_fallback(
        move |socket: SocketRef, Event(name): Event, data: TryData<Value>, waits: Waits, ack: AckSender| {
            let (live, connection) = (Arc::clone(&for_events), Arc::clone(&of_events));
            async move {
                let answer = answer(&live, connection.get().as_ref(), &name, data.0.ok()).await;
                acknowledge(&socket, &name, answer, waits, ack);
            }
        },
    );
    let (for_end, of_end) = (Arc::clone(live), Arc::clone(&connection));
    socket.on_disconnect(move || {
        let (live, connection) = (Arc::clone(&for_end), Arc::clone(&of_end));
        async move {
            if let Some(connection) = connection.take() {
                live.registry.remove(&connection);
            }
        }
    });

    // 2. How things stand.
    let facts = live::facts(live.app.store().read(), &[admitted.person]).await;
    let facts = match facts.map(|mut facts| facts.remove(&admitted.person)) {
        Ok(Some(facts)) => facts,
        Ok(None) | Err(_) => {
            // The client comes back; meanwhile the database may have done so too.
            let _ = socket.disconnect();
            return;
        }
    };
    // A place beyond the newest is one of another database: begin with what comes next.
    let wished = admitted.after.and_then(|after| i64::try_from(after).ok());
    let after = wished.filter(|after| *after <= facts.sequence).unwrap_or(facts.sequence);
    let known = Arc::new(Connection::new(socket.clone(), admitted.person, admitted.session, after, facts));
    // From `ready` on the client is listened to.
    connection.fill(Arc::clone(&known));
    if !known.send(event::READY, &ready(&facts, after)) {
        return;
    }
    if after < facts.sequence {
        metrics::caught_up();
    }

    // 3. From here on it is told of everything.
    live.registry.add(Arc::clone(&known));
    if !socket.connected() {
        // It went before it was there.
        connection.take();
        live.registry.remove(&known);
        return;
    }
    // What happened between reading and registering is found now; so is a session that ended meanwhile.
    live.pusher.mark(&live.registry, admitted.person);
    super::watch::check(live, vec![known]).await;
}

fn ready(facts: &PersonFacts, after: i64) -> Ready {
    Ready {
        sequence: place(facts.sequence),
        after: place(after),
        unread_count: facts.unread,
        balance: facts.balance,
        status: facts.status,
        onchain_status: facts.onchain_status,
    }
}

/// A place as clients see it.
pub(super) fn place(sequence: i64) -> u64 {
    // Counters are never below zero.
    u64::try_from(sequence).unwrap_or(0)
}

fn acknowledge(socket: &SocketRef, name: &str, answer: Result<(), ApiError>, waits: Waits, ack: AckSender) {
    metrics::received(answer.as_ref().err().map(ApiError::code));
    let problem = answer.err().map(|error| {
        let problem = error.problem();
        EventProblem { code: problem.code, title: problem.title, detail: problem.detail }
    });
    let sent = match (waits, problem) {
        (Waits(true), problem) => ack.send(&Acknowledged { ok: problem.is_none(), problem }),
        (Waits(false), Some(problem)) => {
            let refused = Refused { event: name.chars().take(NAME_CHARS_MAX).collect(), problem };
            socket.emit(event::REFUSED, &refused)
        }
        (Waits(false), None) => Ok(()),
    };
    if sent.is_err() && socket.connected() {
        // It sends without reading answers; it may come back.
        metrics::ended("SLOW");
        let _ = socket.clone().disconnect();
    }
}

/// Whether the client waits for an acknowledgement.
#[derive(Clone, Copy)]
struct Waits(bool);

impl<A: Adapter> FromMessageParts<A> for Waits {
    type Error = std::convert::Infallible;

    fn from_message_parts(_: &Arc<Socket<A>>, _: &mut Packet, ack: &Option<i64>) -> Result<Self, Self::Error> {
        Ok(Self(ack.is_some()))
    }
}

/// Does what an event asks for.
async fn answer(
    live: &Inner,
    connection: Option<&Arc<Connection>>,
    name: &str,
    data: Option<Value>,
) -> Result<(), ApiError> {
    // Nobody is answered before `ready`.
    let connection =
        connection.ok_or_else(|| ApiError::new(ErrorCode::StateConflict).with_detail("wait for `ready`"))?;
    live.app.limits().check(RateClass::SocketEvent, RateKey::Account(connection.person.uuid())).await?;
    match name {
        event::SYNC => {
            let resume: Resume = read(data)?;
            let after = i64::try_from(resume.after).unwrap_or(i64::MAX);
            let mut told = connection.told();
            if after > told.sequence {
                return Err(ApiError::field("after", ErrorCode::FieldInvalid, "it is after what was sent"));
            }
            told.sequence = after;
            told.held = false;
            drop(told);
            live.pusher.mark(&live.registry, connection.person);
            Ok(())
        }
        _ => {
            let name: String = name.chars().take(NAME_CHARS_MAX).collect();
            Err(ApiError::new(ErrorCode::EventUnknown).with_detail(format!("there is no event «{name}»")))
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(data: Option<Value>) -> Result<T, ApiError> {
    // One argument arrives as itself, several as a list.
    let data = data.ok_or_else(|| ApiError::new(ErrorCode::MalformedRequest).with_detail("an object is needed"))?;
    serde_json::from_value(data)
        .map_err(|error| ApiError::new(ErrorCode::MalformedRequest).with_detail(error.to_string()))
}
