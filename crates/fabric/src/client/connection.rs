//! Connections to peers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tonic::Status;
use tonic::transport::{Certificate as TlsCertificate, Channel, ClientTlsConfig, Endpoint, Identity as TlsIdentity};

use super::config::{GatewayConfig, Limits};
use super::error::{FabricError, Step};
use super::fault::ConnectionFault;
use super::resolve::{self, Resolver, SystemResolver};
use crate::ca::is_signed_by;
use crate::identity::{Certificate, Identity};
use crate::proto::gateway::gateway_client::GatewayClient;
use crate::proto::protos::deliver_client::DeliverClient;
use crate::proto::protos::endorser_client::EndorserClient;
use crate::proto::signer::signer_client::SignerClient;

/// Bytes that a stream and a connection may have on the way unread: blocks are large.
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;

/// A channel is not made anew more often than this.
const RENEW_INTERVAL: Duration = Duration::from_secs(2);

/// A peer: its gateway and its Deliver service, over one connection that is made when first needed and again whenever it
/// broke. Its name is resolved each time.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Organisation and address, for people.
    pub(crate) name: String,
    /// SHA-256 of our TLS certificate; empty without mutual TLS.
    pub(super) tls_cert_hash: Bytes,
    endpoint: Endpoint,
    resolver: Arc<dyn Resolver>,
    connect_timeout: Duration,
    channel: Mutex<(Channel, Instant)>,
    message_bytes_max: usize,
    /// The authority given for its TLS certificate.
    tls_authority: Option<Certificate>,
    /// That authority is known to issue identities.
    is_enrolment_authority: bool,
    /// It has answered a call.
    has_answered: AtomicBool,
    begin: Instant,
    /// Milliseconds after `begin` until which others are to be preferred.
    avoid_until: AtomicU64,
}

impl Peer {
    pub(crate) fn new(config: &GatewayConfig, limits: &Limits) -> Result<Self, FabricError> {
        Self::with_resolver(config, limits, Arc::new(SystemResolver))
    }

    pub(crate) fn with_resolver(
        config: &GatewayConfig,
        limits: &Limits,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, FabricError> {
        let name = format!("{} ({})", config.msp_id, config.address);
        let wrong = |problem: String| FabricError::Unreachable {
            endpoint: name.clone(),
            fault: ConnectionFault::Settings,
            detail: problem,
        };
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}", config.address))
            .map_err(|error| wrong(error.to_string()))?
            .connect_timeout(limits.connect_timeout)
            .http2_keep_alive_interval(limits.keep_alive_interval)
            .keep_alive_timeout(limits.keep_alive_timeout)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        let mut tls_cert_hash = Bytes::new();
        if let Some(tls) = &config.tls {
            let mut settings = ClientTlsConfig::new()
                .ca_certificate(TlsCertificate::from_pem(&tls.ca_pem))
                .timeout(limits.connect_timeout);
            if let Some(server_name) = &tls.server_name {
                settings = settings.domain_name(server_name);
            }
            if let Some((certificate, key)) = &tls.client {
                let read = Certificate::from_pem(certificate).map_err(|error| wrong(error.to_string()))?;
                tls_cert_hash = Bytes::copy_from_slice(&Sha256::digest(&read.der));
                settings = settings.identity(TlsIdentity::from_pem(certificate, key));
            }
            endpoint = endpoint.tls_config(settings).map_err(|error| {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                wrong(format!("its TLS settings are of no use: {}", cause.unwrap_or_else(|| error.to_string())))
            })?;
        }
        let begin = Instant::now();
        let authority = config.tls.as_ref().and_then(|tls| Certificate::from_pem(&tls.ca_pem).ok());
        Ok(Self {
            name,
            tls_cert_hash,
            channel: Mutex::new((lazy(&endpoint, &resolver, limits.connect_timeout), begin)),
            endpoint,
            resolver,
            connect_timeout: limits.connect_timeout,
            message_bytes_max: limits.message_bytes_max,
            tls_authority: authority,
            is_enrolment_authority: false,
            has_answered: AtomicBool::new(false),
            begin,
            avoid_until: AtomicU64::new(0),
        })
    }

    /// Notes that these identities exist: an authority that issued one of them is none for TLS.
    pub(super) fn beside<'a>(mut self, identities: impl Iterator<Item = &'a Identity>) -> Self {
        if let Some(authority) = &self.tls_authority {
            let mut identities = identities;
            self.is_enrolment_authority = identities.any(|identity| is_signed_by(&identity.certificate, authority));
        }
        self
    }

    /// The error behind a status that this peer, or the way to it, gave.
    pub(crate) fn failure(&self, step: Step, status: &Status) -> FabricError {
        let mut error = FabricError::from_status(&self.name, step, status);
        match &mut error {
            FabricError::Unreachable { fault: ConnectionFault::OtherAuthority { is_enrolment }, .. } => {
                *is_enrolment = self.is_enrolment_authority;
            }
            // With TLS 1.3 a client learns that its certificate is not wanted only after the handshake, and not always
            // before the connection is gone.
            FabricError::Unreachable { fault: fault @ ConnectionFault::Broken, .. }
                if self.tls_authority.is_some() && !self.has_answered.load(Ordering::Relaxed) =>
            {
                *fault = ConnectionFault::ClosedAtOnce;
            }
            FabricError::Unreachable { .. } => {}
            // Whoever refuses is there.
            _ => self.answered(),
        }
        error
    }

    /// Notes that it has answered a call.
    pub(super) fn answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }

    fn channel(&self) -> Channel {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(crate) fn gateway(&self) -> GatewayClient<Channel> {
        GatewayClient::new(self.channel())
            .max_decoding_message_size(self.message_bytes_max)
            .max_encoding_message_size(self.message_bytes_max)
    }

    pub(crate) fn endorser(&self) -> EndorserClient<Channel> {
        EndorserClient::new(self.channel())
            .max_decoding_message_size(self.message_bytes_max)
            .max_encoding_message_size(self.message_bytes_max)
    }

    /// The signing service, where this is one.
    pub(crate) fn signer(&self) -> SignerClient<Channel> {
        SignerClient::new(self.channel()).max_encoding_message_size(self.message_bytes_max)
    }

    pub(super) fn deliver(&self) -> DeliverClient<Channel> {
        DeliverClient::new(self.channel()).max_decoding_message_size(self.message_bytes_max)
    }

    /// Prefers others for a while.
    pub(super) fn avoid(&self, time: Duration) {
        let until = self.begin.elapsed().saturating_add(time).as_millis();
        self.avoid_until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether others are to be preferred.
    pub(super) fn is_avoided(&self) -> bool {
        self.begin.elapsed().as_millis() < u128::from(self.avoid_until.load(Ordering::Relaxed))
    }

    /// Starts over with a new connection: the old one is silent, its other end may have moved to another address.
    pub(crate) fn renew(&self) {
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        if channel.1.elapsed() > RENEW_INTERVAL {
            *channel = (lazy(&self.endpoint, &self.resolver, self.connect_timeout), Instant::now());
        }
    }
}

/// A channel that connects when it is first needed, and anew whenever its connection broke.
fn lazy(endpoint: &Endpoint, resolver: &Arc<dyn Resolver>, limit: Duration) -> Channel {
    let resolver = Arc::clone(resolver);
    let connector = tower::service_fn(move |uri| resolve::connect(Arc::clone(&resolver), uri, limit));
    endpoint.connect_with_connector_lazy(connector)
}
