//! The socket: our own client against a real listener.

mod doors;
mod ends;
mod many;
mod pushes;
mod replicas;

use std::net::SocketAddr;
use std::time::Duration;

use gx_messaging::live::Live;
use gx_platform::http::envelope;
use gx_platform::testing::{TestApp, TestOptions};
use gx_platform::{App, BusMessage};
use gx_socket::{Client, Event, Notice, Notices, Options};
use gx_store::entity::notifications;
use gx_store::projection::save;
use gx_types::{NotificationId, NotificationKind, NotificationStatus, ProfileId, TxId};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Longer than anything here takes on a machine with ten times the work.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) async fn each() -> Vec<TestApp> {
    each_with(TestOptions::default).await
}

pub(crate) async fn each_with(options: impl Fn() -> TestOptions) -> Vec<TestApp> {
    let mut apps = Vec::new();
    apps.extend(TestApp::start_with(options()).await);
    apps.extend(TestApp::start_with(TestOptions { postgres: true, ..options() }).await);
    apps
}

/// A process that serves the socket; its address.
pub(crate) async fn serve(app: &App) -> (Live, String) {
    let live = Live::start(app);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = envelope(live.router(), app, "test").into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    (live, url)
}

/// A client and what it heard.
pub(crate) struct Listening {
    pub client: Client,
    pub notices: Notices,
}

impl Listening {
    /// Connects with a token and a place, and stays for one connection.
    pub fn begin(url: &str, auth: Value) -> Self {
        Self::with_headers(url, Some(auth), Vec::new())
    }

    pub fn with_headers(url: &str, auth: Option<Value>, headers: Vec<(String, String)>) -> Self {
        let mut options = Options::new(url);
        options.headers = headers;
        options.auth = auth.map(|auth| -> Box<dyn FnMut() -> Value + Send> { Box::new(move || auth.clone()) });
        let (client, notices) = Client::connect(options);
        Self { client, notices }
    }

    /// Connects and waits until it is told how things stand.
    pub async fn ready(url: &str, auth: Value) -> (Self, Value) {
        let mut listening = Self::begin(url, auth);
        let ready = listening.event("ready").await;
        (listening, ready)
    }

    pub async fn notice(&mut self) -> Notice {
        tokio::time::timeout(LIMIT, self.notices.recv()).await.expect("a notice in time").expect("the client lives")
    }

    /// The object of the next event with this name; others are passed over.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            match self.notice().await {
                Notice::Event(event) if event.name == name => return first(event),
                Notice::Event(_) | Notice::Connected { .. } => {}
                other => panic!("{other:?} instead of {name}"),
            }
        }
    }

    /// Why it was not let in.
    pub async fn refusal(mut self) -> String {
        match self.notice().await {
            Notice::Refused { message, .. } => message,
            other => panic!("{other:?} instead of a refusal"),
        }
    }

    /// Why the session ended, and that the connection did too.
    pub async fn end(mut self) -> String {
        let ended = self.event("session:ended").await;
        loop {
            match self.notice().await {
                Notice::Disconnected { .. } => return ended["code"].as_str().unwrap().to_owned(),
                Notice::Event(_) => {}
                other => panic!("{other:?} instead of the end"),
            }
        }
    }

    /// Sends an event and returns the acknowledgement.
    pub async fn ask(&self, name: &str, object: Value) -> Value {
        let answer = self.client.request(name, vec![object], LIMIT).await.unwrap();
        answer.arguments.into_iter().next().unwrap()
    }
}

fn first(event: Event) -> Value {
    event.arguments.into_iter().next().unwrap_or_default()
}

pub(crate) fn notice(person: ProfileId, number: u32) -> notifications::Model {
    let mut tx_id = [0; 32];
    tx_id[..4].copy_from_slice(&number.to_be_bytes());
    tx_id[4..20].copy_from_slice(person.uuid().as_bytes());
    notifications::Model {
        notification_id: NotificationId::from_uuid(uuid::Uuid::from_u128(
            person.uuid().as_u128().wrapping_add(u128::from(number)),
        ))
        .into(),
        profile_id: person.into(),
        kind: NotificationKind::WalletCredited.into(),
        title: format!("You received {number} Q"),
        message: "Somebody paid you.".to_owned(),
        action_url: Some("/history".to_owned()),
        action_required: false,
        status: NotificationStatus::Unread.into(),
        read_at: None,
        tx_id: Some(TxId::from_bytes(tx_id).into()),
        event_index: Some(0),
        // Older than the one before: what counts is when it was stored.
        created_at: gx_platform::testing::START.minus(Duration::from_secs(number.into())).into(),
    }
}

/// Stores notices and says nothing.
pub(crate) async fn store(app: &App, rows: Vec<notifications::Model>) {
    let work = app.store().write(move |tx| {
        let rows = rows.clone();
        Box::pin(async move { save::notices(tx, &rows).await })
    });
    let stored: Result<(), gx_store::StoreError> = work.await;
    stored.unwrap();
}

/// Stores notices as the projector does: then the bus tells.
pub(crate) async fn push(app: &App, rows: Vec<notifications::Model>) {
    store(app, rows.clone()).await;
    for row in rows {
        let (profile_id, notification_id) = (row.profile_id.0, row.notification_id.0);
        app.bus().publish(&BusMessage::Notified { profile_id, notification_id });
    }
}

pub(crate) fn token(token: &str) -> Value {
    json!({ "token": token })
}

pub(crate) fn title(pushed: &Value) -> &str {
    pushed["notification"]["title"].as_str().unwrap()
}
