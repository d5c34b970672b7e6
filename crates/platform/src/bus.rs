//! The bus: tells other parts that something has happened. What it carries is also in the database, so a message that is
//! lost costs time and nothing else.
//!
//! Inside a process it is a broadcast channel. With `REDIS_URL` the messages travel to the other processes of the
//! environment as well, over one channel per environment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use gx_base::Secret;
use gx_types::api::command::CommandView;
use gx_types::{CommandId, EnvName, NotificationId, ProfileId, SessionId};
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::health::ProbeResult;

/// Messages that a slow subscriber may lag behind before it misses some.
const CAPACITY: usize = 4_096;
/// Messages that wait for Redis before they are dropped.
const OUTBOUND_CAPACITY: usize = 4_096;
/// First and longest pause before Redis is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// What parts tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BusMessage {
    /// A session was ended; whoever remembers it forgets it.
    SessionEnded {
        /// Which.
        session_id: SessionId,
    },
    /// Commands are final and shown in the read model, or refused.
    CommandsSettled {
        /// Which.
        command_ids: Vec<CommandId>,
    },
    /// A block is projected.
    BlockProjected {
        /// Which.
        number: u64,
    },
    /// A person has a new notification.
    Notified {
        /// Who.
        profile_id: ProfileId,
        /// Which.
        notification_id: NotificationId,
    },
    /// Something about a person changed: balance, status.
    PersonChanged {
        /// Who.
        profile_id: ProfileId,
    },
}

#[derive(Serialize, Deserialize)]
struct Travelling {
    /// Who sent it, so that nobody hears themselves.
    from: Uuid,
    message: BusMessage,
}

/// The bus of a process. Cheap to clone.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    redis: Option<redis::Client>,
    local: broadcast::Sender<BusMessage>,
    outbound: Option<mpsc::Sender<BusMessage>>,
    waiting: Mutex<HashMap<CommandId, Waiting>>,
}

struct Waiting {
    settled: Arc<Notify>,
    /// How it ended, when whoever wrote that is in this process.
    view: Option<CommandView>,
    waiters: usize,
}

impl Bus {
    /// A bus that stays inside the process.
    #[must_use]
    pub fn local() -> Self {
        Self::with(None, None)
    }

    /// A bus that also reaches the environment's other processes through Redis. Redis may be away: the bus tries again
    /// for ever and says so in the log. Its tasks end with `stop`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn redis(
        url: &Secret,
        env: EnvName,
        process: Uuid,
        stop: CancellationToken,
    ) -> Result<Self, redis::RedisError> {
        let client = redis::Client::open(url.expose())?;
        let (outbound, queue) = mpsc::channel(OUTBOUND_CAPACITY);
        let bus = Self::with(Some(outbound), Some(client.clone()));
        let channel = format!("gx:{env}:bus");
        tokio::spawn(send_all(client.clone(), channel.clone(), process, queue, stop.clone()));
        tokio::spawn(receive_all(client, channel, process, bus.clone(), stop));
        Ok(bus)
    }

    fn with(outbound: Option<mpsc::Sender<BusMessage>>, redis: Option<redis::Client>) -> Self {
        let (local, _) = broadcast::channel(CAPACITY);
        Self(Arc::new(Inner { redis, local, outbound, waiting: Mutex::default() }))
    }

    /// The probe of the dependency «redis»: whether it answers, where it is set up.
    pub async fn probe(&self) -> ProbeResult {
        let Some(client) = &self.0.redis else { return Ok(Some("inside this process".to_owned())) };
        let mut connection = client
            .get_multiplexed_async_connection()
            .await
            .map_err(|error| format!("Redis does not answer: {error}"))?;
        connection.ping::<()>().await.map_err(|error| format!("Redis does not answer: {error}"))?;
        Ok(None)
    }

    /// Tells everyone. Never waits: call it after the transaction.
    pub fn publish(&self, message: &BusMessage) {
        self.deliver(message);
        if let Some(outbound) = &self.0.outbound
            && outbound.try_send(message.clone()).is_err()
        {
            tracing::debug!("a bus message was dropped because Redis does not keep up");
        }
    }

    /// Tells everyone that commands are final, after the transaction that made them so. Who waits for one in this process
    /// is given its row as it was written, and need not read it; all others get [`BusMessage::CommandsSettled`].
    pub fn settled(&self, commands: &[CommandView]) {
        if commands.is_empty() {
            return;
        }
        {
            let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            for command in commands {
                if let Some(entry) = waiting.get_mut(&command.command_id) {
                    entry.view = Some(command.clone());
                }
            }
        }
        let command_ids = commands.iter().map(|command| command.command_id).collect();
        self.publish(&BusMessage::CommandsSettled { command_ids });
    }

    /// Everything from now on. A subscriber that lags gets `Lagged` and should look into the database.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.0.local.subscribe()
    }

    /// A watch on one command; register it *before* looking at the row.
    #[must_use]
    pub fn watch_command(&self, command_id: CommandId) -> CommandWatch {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = waiting.entry(command_id).or_insert_with(|| Waiting {
            settled: Arc::new(Notify::new()),
            view: None,
            waiters: 0,
        });
        entry.waiters += 1;
        CommandWatch { bus: self.clone(), command_id, settled: Arc::clone(&entry.settled) }
    }

    fn deliver(&self, message: &BusMessage) {
        if let BusMessage::CommandsSettled { command_ids } = message {
            let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            for command in command_ids.iter().filter_map(|id| waiting.get(id)) {
                command.settled.notify_waiters();
            }
        }
        // Nobody listening is fine.
        let _ = self.0.local.send(message.clone());
    }
}

/// Waits until a command is said to be settled.
pub struct CommandWatch {
    bus: Bus,
    command_id: CommandId,
    settled: Arc<Notify>,
}

impl CommandWatch {
    /// A future that is ready once the command is said to be settled after this call.
    pub fn settled(&self) -> tokio::sync::futures::Notified<'_> {
        self.settled.notified()
    }

    /// How the command ended, if that was written in this process since the watch began.
    #[must_use]
    pub fn view(&self) -> Option<CommandView> {
        let waiting = self.bus.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&self.command_id)?.view.clone()
    }
}

impl Drop for CommandWatch {
    fn drop(&mut self) {
        let mut waiting = self.bus.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = waiting.get_mut(&self.command_id) {
            entry.waiters -= 1;
            if entry.waiters == 0 {
                waiting.remove(&self.command_id);
            }
        }
    }
}

async fn send_all(
    client: redis::Client,
    channel: String,
    from: Uuid,
    mut queue: mpsc::Receiver<BusMessage>,
    stop: CancellationToken,
) {
    let (mut pause, mut away) = (RETRY.0, false);
    loop {
        let sent = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            pause = RETRY.0;
            if std::mem::take(&mut away) {
                tracing::warn!("Redis is back: the bus sends to other processes again");
            }
            while let Some(message) = queue.recv().await {
                let travelling = Travelling { from, message };
                // Every message is plain data, which always has a JSON form.
                let Ok(text) = serde_json::to_string(&travelling) else { continue };
                let _: i64 = connection.publish(&channel, text).await?;
            }
            Ok::<_, redis::RedisError>(())
        };
        tokio::select! {
            () = stop.cancelled() => return,
            result = sent => match result {
                Ok(()) => return,
                Err(error) => {
                    // Said once; it may take long.
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "the bus cannot send over Redis; trying again until it can");
                    }
                }
            },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY.1),
        }
    }
}

async fn receive_all(client: redis::Client, channel: String, own: Uuid, bus: Bus, stop: CancellationToken) {
    let (mut pause, mut away) = (RETRY.0, false);
    loop {
        let received = async {
            let mut pubsub = client.get_async_pubsub().await?;
            pubsub.subscribe(&channel).await?;
            pause = RETRY.0;
            if std::mem::take(&mut away) {
                tracing::warn!("Redis is back: the bus hears other processes again");
            }
            let mut messages = pubsub.on_message();
            while let Some(message) = messages.next().await {
                match serde_json::from_slice::<Travelling>(message.get_payload_bytes()) {
                    Ok(travelling) if travelling.from != own => bus.deliver(&travelling.message),
                    Ok(_) => {}
                    // A newer build may say more than this one understands.
                    Err(error) => tracing::debug!(%error, "a bus message could not be read"),
                }
            }
            Ok::<_, redis::RedisError>(())
        };
        tokio::select! {
            () = stop.cancelled() => return,
            result = received => if let Err(error) = result
                && !std::mem::replace(&mut away, true)
            {
                tracing::warn!(%error, "the bus cannot receive over Redis; trying again until it can");
            },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(n: u128) -> CommandId {
        CommandId::from_uuid(Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn a_watch_hears_its_own_command_and_leaves_nothing_behind() {
        let bus = Bus::local();
        let watch = bus.watch_command(command(1));
        let other = bus.watch_command(command(2));
        {
            let mut settled = std::pin::pin!(watch.settled());
            assert!(!settled.as_mut().enable());
            bus.publish(&BusMessage::CommandsSettled { command_ids: vec![command(1), command(3)] });
            settled.await;
        }
        assert!(futures::FutureExt::now_or_never(other.settled()).is_none());
        assert_eq!((watch.view(), other.view()), (None, None));
        let view = CommandView {
            command_id: command(2),
            status: gx_types::CommandStatus::Confirmed,
            result: None,
            error: None,
            created_at: gx_types::Timestamp::from_micros(1),
            updated_at: gx_types::Timestamp::from_micros(2),
        };
        {
            let mut settled = std::pin::pin!(other.settled());
            assert!(!settled.as_mut().enable());
            bus.settled(std::slice::from_ref(&view));
            settled.await;
        }
        assert_eq!((watch.view(), other.view()), (None, Some(view)));
        drop((watch, other));
        assert!(bus.0.waiting.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn subscribers_hear_what_comes_after_them() {
        let bus = Bus::local();
        bus.publish(&BusMessage::BlockProjected { number: 1 });
        let mut subscriber = bus.subscribe();
        bus.publish(&BusMessage::BlockProjected { number: 2 });
        assert_eq!(subscriber.recv().await.unwrap(), BusMessage::BlockProjected { number: 2 });
    }
}
