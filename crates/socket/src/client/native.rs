//! The client for programs: a task that keeps the connection, a handle that sends, a queue of what happens.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{AckId, Answer, Event, Notice, Options, RequestError};
use crate::core::{Action, Core};
use crate::engine::Frame;

/// Commands that wait for the task, and notices that wait for whoever reads them. A reader that is slower holds up the
/// connection, and the server notices.
const QUEUE: usize = 256;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Waiting = HashMap<u64, oneshot::Sender<Result<Answer, RequestError>>>;

enum Command {
    Event {
        name: String,
        arguments: Vec<Value>,
        attachments: Vec<Vec<u8>>,
        sent: oneshot::Sender<Result<(), RequestError>>,
        answer: Option<oneshot::Sender<Result<Answer, RequestError>>>,
    },
    Answer {
        ack: AckId,
        arguments: Vec<Value>,
        attachments: Vec<Vec<u8>>,
    },
    Reconnect,
}

/// What happens, in order. The connection ends when it is dropped.
pub type Notices = mpsc::Receiver<Notice>;

/// A connection that is made again whenever it is lost. It ends when the last handle or the queue of notices is dropped.
#[derive(Clone)]
pub struct Client {
    commands: mpsc::Sender<Command>,
}

impl Client {
    /// Begins to connect, on the present tokio runtime. For `wss` a TLS provider of rustls must be installed.
    #[must_use]
    pub fn connect(options: Options) -> (Self, Notices) {
        let (commands, received) = mpsc::channel(QUEUE);
        let (notices, happened) = mpsc::channel(QUEUE);
        tokio::spawn(keep(options, received, notices));
        (Self { commands }, happened)
    }

    /// Sends an event. `Ok` says that it is on its way, not that it arrived.
    ///
    /// # Errors
    /// [`RequestError::NotConnected`]: nothing was sent.
    pub async fn emit(
        &self,
        name: impl Into<String>,
        arguments: Vec<Value>,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), RequestError> {
        let (sent, outcome) = oneshot::channel();
        let command = Command::Event { name: name.into(), arguments, attachments, sent, answer: None };
        self.commands.send(command).await.map_err(|_| RequestError::NotConnected)?;
        outcome.await.map_err(|_| RequestError::NotConnected)?
    }

    /// Sends an event and waits for its answer.
    ///
    /// # Errors
    /// [`RequestError`]: not sent, or not answered.
    pub async fn request(
        &self,
        name: impl Into<String>,
        arguments: Vec<Value>,
        limit: Duration,
    ) -> Result<Answer, RequestError> {
        let ((sent, outcome), (answer, answered)) = (oneshot::channel(), oneshot::channel());
        let command =
            Command::Event { name: name.into(), arguments, attachments: Vec::new(), sent, answer: Some(answer) };
        self.commands.send(command).await.map_err(|_| RequestError::NotConnected)?;
        outcome.await.map_err(|_| RequestError::NotConnected)??;
        match tokio::time::timeout(limit, answered).await {
            Ok(answer) => answer.map_err(|_| RequestError::Interrupted)?,
            Err(_) => Err(RequestError::TimedOut),
        }
    }

    /// Answers an event that wants it; on another connection than the event's nothing is sent.
    ///
    /// # Errors
    /// [`RequestError::NotConnected`] when the client has ended.
    pub async fn answer(
        &self,
        ack: AckId,
        arguments: Vec<Value>,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), RequestError> {
        let command = Command::Answer { ack, arguments, attachments };
        self.commands.send(command).await.map_err(|_| RequestError::NotConnected)
    }

    /// Ends the present connection and makes another one, without waiting.
    ///
    /// # Errors
    /// [`RequestError::NotConnected`] when the client has ended.
    pub async fn reconnect(&self) -> Result<(), RequestError> {
        self.commands.send(Command::Reconnect).await.map_err(|_| RequestError::NotConnected)
    }
}

/// How a connection ended.
enum End {
    /// Nobody wants it any more.
    Unwanted,
    /// The namespace refused.
    Refused,
    /// It is to be made again at once.
    Again,
    /// It was lost.
    Lost(String),
}

/// Keeps a connection until nobody wants it any more.
async fn keep(mut options: Options, mut commands: mpsc::Receiver<Command>, notices: mpsc::Sender<Notice>) {
    let (mut failures, mut connection) = (0_u32, 0_u64);
    loop {
        connection += 1;
        let mut reached = false;
        let end = one(&mut options, connection, &mut commands, &notices, &mut reached).await;
        if reached {
            failures = 0;
        }
        failures = failures.saturating_add(1);
        let (reason, again) = match end {
            End::Unwanted => return,
            End::Refused if !options.retry_refused => ("refused".to_owned(), None),
            End::Refused => ("refused".to_owned(), Some(options.backoff.wait(failures, random()))),
            End::Again => ("asked for".to_owned(), Some(Duration::ZERO)),
            End::Lost(reason) => (reason, Some(options.backoff.wait(failures, random()))),
        };
        if notices.send(Notice::Disconnected { reason, again_in: again }).await.is_err() {
            return;
        }
        let Some(again) = again else { return };
        if !pause(again, &mut commands, &notices).await {
            return;
        }
    }
}

/// Waits; whoever wants to send meanwhile is told that there is no connection. `false`: nobody wants it any more.
async fn pause(wait: Duration, commands: &mut mpsc::Receiver<Command>, notices: &mpsc::Sender<Notice>) -> bool {
    let over = tokio::time::sleep(wait);
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return true,
            () = notices.closed() => return false,
            command = commands.recv() => match command {
                None => return false,
                Some(Command::Reconnect) => return true,
                Some(command) => refuse(command),
            },
        }
    }
}

fn refuse(command: Command) {
    if let Command::Event { sent, .. } = command {
        // Whoever asked may have gone.
        let _ = sent.send(Err(RequestError::NotConnected));
    }
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness clients come back together, which is slower and nothing worse.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// One connection from its first byte to its last.
async fn one(
    options: &mut Options,
    connection: u64,
    commands: &mut mpsc::Receiver<Command>,
    notices: &mpsc::Sender<Notice>,
    reached: &mut bool,
) -> End {
    let opened = {
        let opening = open(options.address(), options.headers.clone());
        let opening = tokio::time::timeout(options.connect_limit, opening);
        tokio::pin!(opening);
        loop {
            tokio::select! {
                opened = &mut opening => break opened,
                () = notices.closed() => return End::Unwanted,
                command = commands.recv() => match command {
                    None => return End::Unwanted,
                    Some(command) => refuse(command),
                },
            }
        }
    };
    let mut socket = match opened {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return End::Lost(error.to_string()),
        Err(_) => return End::Lost("the server does not answer".to_owned()),
    };
    let auth = options.auth.as_mut().map(|make| make());
    let mut core = Core::new(&options.namespace, auth);
    let mut waiting = Waiting::new();
    let mut silence = options.connect_limit;
    let end = loop {
        tokio::select! {
            () = notices.closed() => break End::Unwanted,
            command = commands.recv() => {
                let frames = match command {
                    None => break End::Unwanted,
                    Some(Command::Reconnect) => break End::Again,
                    Some(command) => carry_out(&mut core, command, connection, &mut waiting),
                };
                if let Err(error) = send(&mut socket, frames).await {
                    break End::Lost(error.to_string());
                }
            }
            frame = tokio::time::timeout(silence, socket.next()) => {
                let frame = match frame {
                    Err(_) => break End::Lost("the server is silent".to_owned()),
                    Ok(None) => break End::Lost("the server closed the connection".to_owned()),
                    Ok(Some(Err(error))) => break End::Lost(error.to_string()),
                    Ok(Some(Ok(Message::Text(text)))) => Frame::Text(text.as_str().to_owned()),
                    Ok(Some(Ok(Message::Binary(bytes)))) => Frame::Binary(bytes.to_vec()),
                    Ok(Some(Ok(Message::Close(_)))) => break End::Lost("the server closed the connection".to_owned()),
                    Ok(Some(Ok(_))) => continue,
                };
                let actions = match core.take(frame) {
                    Ok(actions) => actions,
                    Err(error) => break End::Lost(error.to_string()),
                };
                match act(&mut socket, actions, connection, notices, &mut waiting, &mut silence, reached).await {
                    None => {}
                    Some(end) => break end,
                }
            }
        }
    };
    // In order where it still goes; the server finds out in any case.
    let _ = tokio::time::timeout(Duration::from_secs(1), async {
        send(&mut socket, core.close()).await?;
        socket.close(None).await
    })
    .await;
    for (_, answer) in waiting.drain() {
        let _ = answer.send(Err(RequestError::Interrupted));
    }
    end
}

async fn open(address: String, headers: Vec<(String, String)>) -> Result<Socket, tungstenite::Error> {
    let mut request = address.into_client_request()?;
    for (name, value) in &headers {
        let name: HeaderName = name.parse().map_err(|_| tungstenite::Error::Url(bad_header()))?;
        let value: HeaderValue = value.parse().map_err(|_| tungstenite::Error::Url(bad_header()))?;
        request.headers_mut().insert(name, value);
    }
    let (socket, _) = tokio_tungstenite::connect_async(request).await?;
    Ok(socket)
}

const fn bad_header() -> tungstenite::error::UrlError {
    tungstenite::error::UrlError::NoPathOrQuery
}

fn carry_out(core: &mut Core, command: Command, connection: u64, waiting: &mut Waiting) -> Vec<Frame> {
    match command {
        Command::Event { name, arguments, attachments, sent, answer } => {
            let Some((frames, ack)) = core.event(&name, arguments, attachments, answer.is_some()) else {
                let _ = sent.send(Err(RequestError::NotConnected));
                return Vec::new();
            };
            if let (Some(ack), Some(answer)) = (ack, answer) {
                // Those who have given up waiting are forgotten along the way.
                waiting.retain(|_, answer| !answer.is_closed());
                waiting.insert(ack, answer);
            }
            let _ = sent.send(Ok(()));
            frames
        }
        Command::Answer { ack, arguments, attachments } if ack.connection == connection => {
            core.answer(ack.number, arguments, attachments).unwrap_or_default()
        }
        Command::Answer { .. } | Command::Reconnect => Vec::new(),
    }
}

async fn send(socket: &mut Socket, frames: Vec<Frame>) -> Result<(), tungstenite::Error> {
    for frame in frames {
        let message = match frame {
            Frame::Text(text) => Message::Text(text.into()),
            Frame::Binary(bytes) => Message::Binary(bytes.into()),
        };
        socket.feed(message).await?;
    }
    socket.flush().await
}

/// Does what the machine wants; the end of the connection when it is one.
async fn act(
    socket: &mut Socket,
    actions: Vec<Action>,
    connection: u64,
    notices: &mpsc::Sender<Notice>,
    waiting: &mut Waiting,
    silence: &mut Duration,
    reached: &mut bool,
) -> Option<End> {
    for action in actions {
        let notice = match action {
            Action::Send(frame) => {
                if let Err(error) = send(socket, vec![frame]).await {
                    return Some(End::Lost(error.to_string()));
                }
                continue;
            }
            Action::Expect(limit) => {
                *silence = limit;
                continue;
            }
            Action::Answer { ack, arguments, attachments } => {
                if let Some(answer) = waiting.remove(&ack) {
                    let _ = answer.send(Ok(Answer { arguments, attachments }));
                }
                continue;
            }
            Action::Close => return Some(End::Lost("the server ended the connection".to_owned())),
            Action::Connected { sid } => {
                *reached = true;
                Notice::Connected { sid }
            }
            Action::Refused { message, data } => {
                let told = notices.send(Notice::Refused { message, data }).await;
                return Some(if told.is_ok() { End::Refused } else { End::Unwanted });
            }
            Action::Event { name, arguments, attachments, ack } => {
                let ack = ack.map(|number| AckId { number, connection });
                Notice::Event(Event { name, arguments, attachments, ack })
            }
        };
        if notices.send(notice).await.is_err() {
            return Some(End::Unwanted);
        }
    }
    None
}
