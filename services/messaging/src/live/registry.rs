//! The connections of this process, by person and by session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gx_platform::http::RateKey;
use gx_store::repo::live::PersonFacts;
use gx_types::{ErrorCode, ProfileId, QSendStatus, SessionId};
use serde::Serialize;
use socketioxide::extract::SocketRef;

use super::metrics;

/// A signed-in connection.
pub(super) struct Connection {
    pub socket: SocketRef,
    pub person: ProfileId,
    pub session: SessionId,
    told: Mutex<Told>,
}

/// What the client of a connection has been told.
pub(super) struct Told {
    /// Place of the last notification sent.
    pub sequence: i64,
    /// The client was sent a whole page at once and asks for the next one.
    pub held: bool,
    /// The facts as last sent.
    pub facts: PersonFacts,
    /// Requests for payment that changed lately, as last sent.
    pub requests: Vec<(String, QSendStatus)>,
}

impl Connection {
    pub fn new(socket: SocketRef, person: ProfileId, session: SessionId, sequence: i64, facts: PersonFacts) -> Self {
        Self { socket, person, session, told: Mutex::new(Told { sequence, held: false, facts, requests: Vec::new() }) }
    }

    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an event. A client that does not keep up is disconnected: it comes back and says where it was.
    pub fn send<T: Serialize>(&self, event: &'static str, object: &T) -> bool {
        match self.socket.emit(event, object) {
            Ok(()) => {
                metrics::sent(event);
                true
            }
            Err(error) => {
                if self.socket.connected() {
                    tracing::debug!(%error, event, "a slow client is disconnected");
                    metrics::ended("SLOW");
                    // Its buffer is full, so there is no way to tell it; the heartbeat finds out in any case.
                    let _ = self.socket.clone().disconnect();
                }
                false
            }
        }
    }
}

/// One place in the registry, taken before the connection is set up and given back when it is gone.
#[derive(Clone)]
pub(super) struct Seat(#[expect(dead_code, reason = "held for its end")] Arc<SeatInner>);

struct SeatInner {
    tables: Arc<Mutex<Tables>>,
    person: ProfileId,
    peer: RateKey,
}

impl Drop for SeatInner {
    fn drop(&mut self) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        give_back(&mut tables.seats_of_people, &self.person);
        give_back(&mut tables.seats_of_peers, &self.peer);
    }
}

fn give_back<K: std::hash::Hash + Eq>(seats: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = seats.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            seats.remove(key);
        }
    }
}

#[derive(Default)]
struct Tables {
    seats_of_people: HashMap<ProfileId, usize>,
    seats_of_peers: HashMap<RateKey, usize>,
    people: HashMap<ProfileId, Vec<Arc<Connection>>>,
    connections: usize,
}

/// The connections of this process.
pub(super) struct Registry {
    tables: Arc<Mutex<Tables>>,
    per_person: usize,
    per_peer: usize,
}

impl Registry {
    pub fn new(per_person: usize, per_peer: usize) -> Self {
        Self { tables: Arc::default(), per_person, per_peer }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more connection.
    pub fn take_seat(&self, person: ProfileId, peer: RateKey) -> Result<Seat, ErrorCode> {
        let mut tables = self.tables();
        let of_person = tables.seats_of_people.get(&person).copied().unwrap_or(0);
        let of_peer = tables.seats_of_peers.get(&peer).copied().unwrap_or(0);
        if of_person >= self.per_person || of_peer >= self.per_peer {
            return Err(ErrorCode::TooManySockets);
        }
        *tables.seats_of_people.entry(person).or_default() += 1;
        *tables.seats_of_peers.entry(peer).or_default() += 1;
        drop(tables);
        Ok(Seat(Arc::new(SeatInner { tables: Arc::clone(&self.tables), person, peer })))
    }

    pub fn add(&self, connection: Arc<Connection>) {
        let mut tables = self.tables();
        tables.people.entry(connection.person).or_default().push(connection);
        tables.connections += 1;
        drop(tables);
        metrics::connected(1);
    }

    /// Takes out what is not connected any more.
    pub fn remove(&self, connection: &Connection) {
        let mut tables = self.tables();
        let Some(connections) = tables.people.get_mut(&connection.person) else { return };
        let before = connections.len();
        connections.retain(|known| known.socket.id != connection.socket.id);
        let removed = before - connections.len();
        if connections.is_empty() {
            tables.people.remove(&connection.person);
        }
        tables.connections -= removed;
        drop(tables);
        if removed > 0 {
            metrics::connected(-1);
        }
    }

    pub fn is_connected(&self, person: ProfileId) -> bool {
        self.tables().people.contains_key(&person)
    }

    pub fn is_empty(&self) -> bool {
        self.tables().people.is_empty()
    }

    pub fn connections(&self) -> usize {
        self.tables().connections
    }

    pub fn people(&self) -> Vec<ProfileId> {
        self.tables().people.keys().copied().collect()
    }

    pub fn of(&self, person: ProfileId) -> Vec<Arc<Connection>> {
        self.tables().people.get(&person).cloned().unwrap_or_default()
    }

    pub fn all(&self) -> Vec<Arc<Connection>> {
        self.tables().people.values().flatten().cloned().collect()
    }
}
