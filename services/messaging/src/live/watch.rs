//! Hints that there is something new, and sessions that are over.
//!
//! The bus says at once what happens in this process and, over Redis, in others. What it does not say, because Redis is
//! away, a message was dropped, or there is no Redis and the projector is another process, is found by looking: every
//! second without Redis, every five with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gx_base::limits::SESSION_CACHE_SECONDS_MAX;
use gx_platform::BusMessage;
use gx_platform::http::ApiResult;
use gx_store::repo::live;
use gx_types::api::live::{SessionEnded, event};
use gx_types::{ErrorCode, SessionId};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use super::registry::Connection;
use super::{Inner, metrics};

/// How often the database is looked at when nobody tells what other processes do.
const LOOK_ALONE: Duration = Duration::from_secs(1);
/// How often it is looked at beside Redis.
const LOOK_BESIDE_REDIS: Duration = Duration::from_secs(5);
/// Changed requests are looked for so far back: transactions that took long to commit are among them.
const REQUESTS_BACK: Duration = Duration::from_secs(10);
/// People with changed requests in one look at most.
const PEOPLE_MAX: u64 = 10_000;

/// Follows the bus until the application stops.
pub(super) async fn listen(live: Arc<Inner>) {
    let mut messages = live.app.bus().subscribe();
    let stop = live.app.stop().clone();
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return,
            message = messages.recv() => message,
        };
        match message {
            Ok(BusMessage::Notified { profile_id, .. } | BusMessage::PersonChanged { profile_id }) => {
                live.pusher.mark(&live.registry, profile_id);
            }
            Ok(BusMessage::CommandsSettled { command_ids }) => live.pusher.settled(&live.registry, &command_ids),
            Ok(BusMessage::SessionEnded { session_id }) => {
                let mut connections = live.registry.all();
                connections.retain(|connection| connection.session == session_id);
                check(&live, connections).await;
            }
            Ok(BusMessage::BlockProjected { .. }) => {}
            Err(RecvError::Lagged(_)) => live.pusher.mark_all(&live.registry),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Looks at the database on its own until the application stops.
pub(super) async fn look(live: Arc<Inner>) {
    let stop = live.app.stop().clone();
    let every = if live.app.settings().redis_url.is_some() { LOOK_BESIDE_REDIS } else { LOOK_ALONE };
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let sessions_every = Duration::from_secs(SESSION_CACHE_SECONDS_MAX);
    let mut sessions_at = Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if live.registry.is_empty() {
            continue;
        }
        if let Err(error) = find_changes(&live).await {
            tracing::debug!(%error, "live notice cannot look at the database; trying again");
        }
        if sessions_at.elapsed() >= sessions_every {
            sessions_at = Instant::now();
            check(&live, live.registry.all()).await;
        }
    }
}

async fn find_changes(live: &Inner) -> ApiResult<()> {
    let db = live.app.store().read();
    let people = live.registry.people();
    for (person, newest) in live::last_sequences(db, &people).await? {
        let behind = live.registry.of(person).iter().any(|connection| {
            let told = connection.told();
            !told.held && told.sequence < newest
        });
        if behind {
            live.pusher.mark(&live.registry, person);
        }
    }
    let since = live.app.now().minus(REQUESTS_BACK);
    for person in live::people_with_changed_requests(db, since, PEOPLE_MAX).await? {
        live.pusher.mark(&live.registry, person);
    }
    Ok(())
}

/// Closes those of the connections whose session is over, with a word on why.
pub(super) async fn check(live: &Inner, connections: Vec<Arc<Connection>>) {
    if connections.is_empty() {
        return;
    }
    let mut by_session: HashMap<SessionId, Vec<Arc<Connection>>> = HashMap::new();
    for connection in connections {
        by_session.entry(connection.session).or_default().push(connection);
    }
    let ids: Vec<SessionId> = by_session.keys().copied().collect();
    let facts = match live::sessions(live.app.store().read(), &ids, live.app.now()).await {
        Ok(facts) => facts,
        Err(error) => {
            // Looked at again in five seconds.
            tracing::warn!(%error, "the sessions of open sockets cannot be looked at");
            return;
        }
    };
    for (session, connections) in by_session {
        let ended = match facts.get(&session) {
            Some(fact) => fact.ended,
            None => Some(ErrorCode::SessionExpired),
        };
        let Some(code) = ended else { continue };
        for connection in connections {
            end(&connection, code);
            live.registry.remove(&connection);
        }
    }
}

fn end(connection: &Connection, code: ErrorCode) {
    metrics::ended(code.as_str());
    connection.send(event::SESSION_ENDED, &SessionEnded::of(code));
    // An error means that it is gone already.
    let _ = connection.socket.clone().disconnect();
}
