//! Live notice over Socket.IO at `/socket.io`: what was stored is pushed to whoever looks.
//!
//! ```text
//! projector, services ─► database ─┐
//!        └─► bus (in process, Redis) ─► «look again» ─► push: one loop reads what is new and sends it to its sockets
//!                 a look at the clock ───────┘
//! ```
//!
//! The database is the truth and everything else is a hint to look there: a lost hint costs a second, never a
//! notification. Each connection has a place in its person's notifications; the loop reads what comes after it, in order,
//! and moves the place on, so that nothing is left out and nothing is sent twice. A client that was away says after which
//! place it wants to go on.
//!
//! | file | what |
//! |---|---|
//! | `handshake` | who may connect: size, rate, origin, token or cookie, state of the person, number of connections |
//! | `registry` | the connections of this process, by person and session |
//! | `events` | what clients may send; everything is acknowledged |
//! | `push` | the loop |
//! | `watch` | hints from the bus, the look at the clock, sessions that are over |
//!
//! Every process pushes to its own connections. There is no adapter between processes and no memory in Redis: the bus says
//! that there is something to see, to all of them.
//!
//! **A new event to people:** its name and object in `gx_types::api::live`, a line in `push`, a line in `docs/live.md`.
//! **A new event from clients:** an arm in `events::answer`.

mod events;
mod handshake;
pub mod metrics;
mod push;
mod registry;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use gx_platform::App;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::{ParserConfig, SocketIo, TransportType};

use self::push::Pusher;
use self::registry::Registry;

/// Where the socket is served.
pub const PATH: &str = "/socket.io/";

/// Largest packet from a client, and the most that one that polls may send at once, bytes: an encrypted message of 64 KB in
/// Base64 with what belongs to it.
pub const PACKET_BYTES_MAX: usize = 128 * 1024;
/// Binary attachments of one packet at most, and how long they may take to arrive.
const ATTACHMENTS_MAX: usize = 4;
const ATTACHMENTS_LIMIT: Duration = Duration::from_secs(10);
/// Packets that may wait for one client; one that is slower is disconnected and resumes.
const WAITING_PACKETS_MAX: usize = 1_024;
/// Buffer for reading from one connection, bytes; idle connections keep it.
const READ_BUFFER_BYTES: usize = 1_024;
/// The server asks so often whether a client is there, and waits so long for the answer.
const HEARTBEAT: (Duration, Duration) = (Duration::from_secs(25), Duration::from_secs(20));
/// How long a connection may take to say who it is.
const SIGN_IN_LIMIT: Duration = Duration::from_secs(10);

/// The socket of this process. Cheap to clone; every listener of the process serves the same one.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

pub(crate) struct Inner {
    app: App,
    registry: Registry,
    pusher: Pusher,
    routes: Router,
}

impl Live {
    /// Opens the socket and starts its tasks, which end with the application.
    #[must_use]
    pub fn start(app: &App) -> Self {
        let parser = ParserConfig::common()
            .max_incoming_binary_buf_size(PACKET_BYTES_MAX)
            .max_incoming_binaries(ATTACHMENTS_MAX)
            .packet_completion_timeout(ATTACHMENTS_LIMIT);
        let (service, io) = SocketIo::builder()
            .transports([TransportType::Websocket, TransportType::Polling])
            .max_payload(PACKET_BYTES_MAX as u64)
            .ws_max_message_size(PACKET_BYTES_MAX)
            .ws_max_frame_size(PACKET_BYTES_MAX)
            .ws_read_buffer_size(READ_BUFFER_BYTES)
            .max_buffer_size(WAITING_PACKETS_MAX)
            .ping_interval(HEARTBEAT.0)
            .ping_timeout(HEARTBEAT.1)
            .connect_timeout(SIGN_IN_LIMIT)
            .with_parser(parser)
            .build_svc();
        let settings = app.settings();
        let live = Self(Arc::new(Inner {
            app: app.clone(),
            registry: Registry::new(settings.sockets_per_person, settings.sockets_per_address),
            pusher: Pusher::default(),
            routes: Router::new().route_service(PATH, service),
        }));

        let (asked, connected) = (Arc::clone(&live.0), Arc::clone(&live.0));
        let sign_in = move |socket: SocketRef, auth: TryData<gx_types::api::live::SocketAuth>| {
            let live = Arc::clone(&asked);
            async move { handshake::sign_in(&live, &socket, auth.0).await }
        };
        let serve = move |socket: SocketRef| {
            let live = Arc::clone(&connected);
            async move { events::connected(&live, socket).await }
        };
        // Fails only for an adapter that cannot start; this one lives in memory.
        io.ns("/", serve.with(sign_in));

        tokio::spawn(push::run(Arc::clone(&live.0)));
        tokio::spawn(watch::listen(Arc::clone(&live.0)));
        tokio::spawn(watch::look(Arc::clone(&live.0)));
        let stop = app.stop().clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            io.close().await;
        });
        live
    }

    /// The routes of the socket, for any listener of the process.
    pub fn router(&self) -> Router {
        self.0.routes.clone().route_layer(from_fn_with_state(Arc::clone(&self.0), handshake::guard))
    }

    /// Connections that are signed in.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.registry.connections()
    }
}
