//! The loop that pushes: takes the people for whom there may be something new, reads it for many of them at once, and
//! sends it to their connections.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gx_platform::http::ApiResult;
use gx_store::repo::live::{self, Numbered, PersonFacts, RequestFact};
use gx_types::api::live::{
    BalanceChanged, CommandSettled, NotificationPushed, ProfileChanged, RequestChanged, Resume, UnreadChanged, event,
};
use gx_types::{Actor, CommandId, CommandStatus, NotificationKind, OutboxState, ProfileId, QSendStatus};
use tokio::sync::Notify;

use super::Inner;
use super::events::place;
use super::registry::{Connection, Registry};

/// People in one round at most.
const PEOPLE_MAX: usize = 200;
/// Notifications in one round at most.
const ROWS_MAX: u64 = 2_000;
/// Notifications that one connection is sent in one round before it must ask for more; below what may wait for it.
const PAGE: usize = 500;
/// Commands that wait to be told at most; whoever waits for one can ask for it.
const COMMANDS_MAX: usize = 10_000;
/// A request lives at most ten minutes and is settled soon after.
const REQUEST_LIFE: Duration = Duration::from_secs(3_600);
/// How far back changes of requests are looked for.
const REQUEST_CHANGED: Duration = Duration::from_secs(60);
/// Pause after the database failed.
const RETRY: Duration = Duration::from_secs(1);

/// What the loop has to do.
#[derive(Default)]
pub(super) struct Pusher {
    work: Mutex<Work>,
    wake: Notify,
}

#[derive(Default)]
struct Work {
    people: HashSet<ProfileId>,
    commands: Vec<CommandId>,
}

impl Pusher {
    fn work(&self) -> std::sync::MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be something new for a person.
    pub fn mark(&self, registry: &Registry, person: ProfileId) {
        if registry.is_connected(person) && self.work().people.insert(person) {
            self.wake.notify_one();
        }
    }

    /// There may be something new for everybody.
    pub fn mark_all(&self, registry: &Registry) {
        let people = registry.people();
        self.work().people.extend(people);
        self.wake.notify_one();
    }

    /// Commands may be final.
    pub fn settled(&self, registry: &Registry, commands: &[CommandId]) {
        if registry.is_empty() {
            return;
        }
        let mut work = self.work();
        let room = COMMANDS_MAX.saturating_sub(work.commands.len());
        work.commands.extend(commands.iter().take(room));
        drop(work);
        self.wake.notify_one();
    }

    fn take(&self) -> (Vec<ProfileId>, Vec<CommandId>) {
        let mut work = self.work();
        let people: Vec<ProfileId> = if work.people.len() <= PEOPLE_MAX {
            work.people.drain().collect()
        } else {
            let some: Vec<ProfileId> = work.people.iter().take(PEOPLE_MAX).copied().collect();
            for person in &some {
                work.people.remove(person);
            }
            some
        };
        (people, std::mem::take(&mut work.commands))
    }
}

/// Pushes until the application stops.
pub(super) async fn run(live: Arc<Inner>) {
    let stop = live.app.stop().clone();
    loop {
        let (people, commands) = live.pusher.take();
        if people.is_empty() && commands.is_empty() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = live.pusher.wake.notified() => continue,
            }
        }
        let done = async {
            tell_people(&live, &people).await?;
            tell_commands(&live, &commands).await
        };
        if let Err(error) = done.await {
            tracing::warn!(code = error.code().as_str(), "live notice cannot read the database; trying again");
            for person in people {
                live.pusher.mark(&live.registry, person);
            }
            live.pusher.settled(&live.registry, &commands);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }
}

async fn tell_people(live: &Inner, people: &[ProfileId]) -> ApiResult<()> {
    if people.is_empty() {
        return Ok(());
    }
    let db = live.app.store().read();
    // 1. Notifications after the place of the connection that is furthest behind.
    let wanted: Vec<(ProfileId, i64)> = people
        .iter()
        .filter_map(|person| {
            let connections = live.registry.of(*person);
            let places = connections.iter().filter_map(|connection| {
                let told = connection.told();
                (!told.held).then_some(told.sequence)
            });
            Some((*person, places.min()?))
        })
        .collect();
    let found = live::after(db, &wanted, ROWS_MAX).await?;
    let cut_off = found.len() as u64 >= ROWS_MAX;
    for (person, numbered) in group(&found) {
        for connection in live.registry.of(person) {
            tell_notifications(&connection, &numbered);
        }
    }
    // 2. Facts and requests, read after the notifications: never older than what a notification says.
    let facts = live::facts(db, people).await?;
    let (now, mut shut_out) = (live.app.now(), Vec::new());
    let requests = live::requests_of(db, people, now.minus(REQUEST_LIFE), now.minus(REQUEST_CHANGED)).await?;
    for person in people {
        let Some(facts) = facts.get(person) else { continue };
        for connection in live.registry.of(*person) {
            tell_facts(&connection, facts);
            let mine = requests.iter().filter(|request| request.creator == *person || request.payer == Some(*person));
            tell_requests(&connection, mine);
            if live::shut_out(facts.status).is_some() {
                shut_out.push(connection);
            }
        }
    }
    super::watch::check(live, shut_out).await;
    // 3. Whoever was not reached this time comes next.
    if cut_off {
        for (person, _) in &wanted {
            live.pusher.mark(&live.registry, *person);
        }
    }
    Ok(())
}

fn group(found: &[(ProfileId, Numbered)]) -> Vec<(ProfileId, Vec<&Numbered>)> {
    let mut groups: Vec<(ProfileId, Vec<&Numbered>)> = Vec::new();
    for (person, numbered) in found {
        match groups.last_mut() {
            Some((last, rows)) if last == person => rows.push(numbered),
            _ => groups.push((*person, vec![numbered])),
        }
    }
    groups
}

/// Sends what comes after the connection's place, in order, and moves the place on with each.
fn tell_notifications(connection: &Connection, rows: &[&Numbered]) {
    let mut told = connection.told();
    if told.held {
        return;
    }
    let new = rows.iter().filter(|row| row.sequence > told.sequence).copied().collect::<Vec<_>>();
    for row in new.iter().take(PAGE) {
        let pushed = NotificationPushed {
            sequence: place(row.sequence),
            notification: crate::notifications::view(row.notification.clone()),
        };
        if !connection.send(event::NOTIFICATION, &pushed) {
            return;
        }
        told.sequence = row.sequence;
        // A payment of a request may be told long after the request was last looked at.
        if let Some(code) = paid_request(row)
            && !told.requests.iter().any(|known| known.0 == code && known.1 == QSendStatus::Paid)
        {
            let changed = RequestChanged { request_code: code.to_owned(), status: QSendStatus::Paid };
            connection.send(event::REQUEST, &changed);
            told.requests.push((code.to_owned(), QSendStatus::Paid));
        }
    }
    if new.len() >= PAGE {
        told.held = true;
        connection.send(event::SYNC_MORE, &Resume { after: place(told.sequence) });
    }
}

fn paid_request(row: &Numbered) -> Option<&str> {
    let notification = &row.notification;
    let received = notification.kind.0 == NotificationKind::QSendPaymentReceived;
    notification.action_url.as_deref().filter(|_| received)?.strip_prefix("/requests/")
}

fn tell_facts(connection: &Connection, now: &PersonFacts) {
    let mut told = connection.told();
    let before = std::mem::replace(&mut told.facts, *now);
    drop(told);
    if let Some(balance) = now.balance.filter(|_| now.balance != before.balance) {
        connection.send(event::BALANCE, &BalanceChanged { balance });
    }
    if now.unread != before.unread {
        connection.send(event::UNREAD, &UnreadChanged { unread_count: now.unread });
    }
    if (now.status, now.onchain_status) != (before.status, before.onchain_status) {
        let changed = ProfileChanged { status: now.status, onchain_status: now.onchain_status };
        connection.send(event::PROFILE, &changed);
    }
}

fn tell_requests<'r>(connection: &Connection, requests: impl Iterator<Item = &'r RequestFact>) {
    let mut told = connection.told();
    let known = std::mem::take(&mut told.requests);
    for request in requests {
        let fact = (request.code.clone(), request.status);
        if !known.contains(&fact) {
            let changed = RequestChanged { request_code: request.code.clone(), status: request.status };
            connection.send(event::REQUEST, &changed);
        }
        told.requests.push(fact);
    }
}

async fn tell_commands(live: &Inner, commands: &[CommandId]) -> ApiResult<()> {
    if commands.is_empty() {
        return Ok(());
    }
    for fact in live::final_commands(live.app.store().read(), commands).await? {
        let Actor::Person(person) = fact.actor else { continue };
        let connections = live.registry.of(person);
        if connections.is_empty() {
            continue;
        }
        let failed = fact.state == OutboxState::Failed;
        let settled = CommandSettled {
            command_id: fact.command_id,
            status: if failed { CommandStatus::Failed } else { CommandStatus::Confirmed },
            reason: fact.error_code.filter(|_| failed),
        };
        for connection in connections {
            connection.send(event::COMMAND, &settled);
        }
        live.pusher.mark(&live.registry, person);
    }
    Ok(())
}
