//! Requests to addresses that somebody has typed: webhooks. A server that asks whatever it is told to ask is a way into
//! the network it stands in, so this one asks public addresses alone.
//!
//! * The address of a URL is looked up when it is typed ([`Outbound::check`]), and **again for every connection**: the
//!   resolver of the client itself refuses what is not public, and the connection goes to the very address that was
//!   looked at. A name that leads somewhere else by then (DNS rebinding) leads nowhere.
//! * Every address of a name must be allowed, not one of them.
//! * Redirects are answers, not ways: none is followed. There is no proxy.
//! * `https` alone; what the setting `WEBHOOK_ALLOWED_NETWORKS` names may be private, and be asked over `http`.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use futures::future::BoxFuture;
use gx_base::Secret;
use gx_base::limits::WEBHOOK_ANSWER_SECONDS_MAX;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};

use crate::http::Networks;
use crate::settings::Settings;

/// Longest URL, characters.
pub const URL_CHARS_MAX: usize = 2_048;
/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long the whole of a request may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(WEBHOOK_ANSWER_SECONDS_MAX);
/// A connection that nobody uses is closed after so long.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
/// How much of an answer is read, bytes.
const ANSWER_BYTES_MAX: usize = 4_096;
/// How much of it is kept, characters.
const EXCERPT_CHARS_MAX: usize = 500;

/// Why nothing is sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is none.
    #[error("This is no address such as https://hooks.example.com/gx.")]
    NoUrl,
    /// It is not https.
    #[error("The address must begin with https://.")]
    NotHttps,
    /// It holds a name or password.
    #[error("The address must hold no user name and no password; use a header.")]
    Credentials,
    /// It holds a fragment.
    #[error("The address must end before the sign #, which no server sees.")]
    Fragment,
    /// Its name leads nowhere.
    #[error("The name in the address leads nowhere.")]
    Unknown,
    /// It leads to an address that is not public.
    #[error("The address leads into a network that is not public.")]
    NotPublic,
}

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It was not sent.
    #[error("{0}")]
    Refused(Refused),
    /// Nothing came back in time.
    #[error("No answer within {} seconds.", WEBHOOK_ANSWER_SECONDS_MAX)]
    TimedOut,
    /// There was no connection.
    #[error("There was no connection, or no trust in the certificate.")]
    NoConnection,
    /// It broke off.
    #[error("The connection broke off before there was an answer.")]
    Broken,
    /// This process cannot ask anybody.
    #[error("This process cannot send it: {0}.")]
    Unable(String),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status. A redirect is one: it was not followed.
    pub status: u16,
    /// The beginning of the body, without control characters.
    pub excerpt: String,
}

/// Finds the addresses of a name.
pub trait Names: Send + Sync {
    /// Looks `host` up.
    fn look_up(&self, host: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;
}

/// The names as the system knows them.
struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, host: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Sends requests to addresses that somebody has typed.
pub struct Outbound {
    secure: Way,
    plain: Way,
}

/// One of the two schemes with its client.
struct Way {
    guard: Guard,
    client: Result<Client, String>,
}

/// Decides about addresses.
#[derive(Clone)]
struct Guard {
    names: Arc<dyn Names>,
    allowed: Arc<Networks>,
    /// Only to networks that the setting allows, whatever is public.
    allowed_alone: bool,
}

impl Outbound {
    pub(crate) fn open(settings: &Settings) -> Self {
        Self::with(settings.webhook_allowed_networks.clone(), Arc::new(SystemNames))
    }

    /// With names of one's own: the outer edge of tests.
    #[must_use]
    pub fn with(allowed: Networks, names: Arc<dyn Names>) -> Self {
        let allowed = Arc::new(allowed);
        let way = |allowed_alone| {
            let guard = Guard { names: Arc::clone(&names), allowed: Arc::clone(&allowed), allowed_alone };
            Way { client: guard.client(), guard }
        };
        Self { secure: way(false), plain: way(true) }
    }

    /// Whether a URL is one that may be asked at all, before its name is looked up.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn judge(&self, url: &str) -> Result<(), Refused> {
        self.way(url).map(drop)
    }

    /// Whether anything may be sent to `url`, as its name leads now.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn check(&self, url: &str) -> Result<(), Refused> {
        let (url, way) = self.way(url)?;
        // An address in numbers was looked at already.
        match url.domain() {
            Some(name) => way.guard.checked(name.to_owned()).await.map(drop),
            None => Ok(()),
        }
    }

    /// Posts `body` to `url`.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Result<Answer, Failed> {
        let (url, way) = self.way(url).map_err(Failed::Refused)?;
        let client = way.client.as_ref().map_err(|why| Failed::Unable(why.clone()))?;
        let sent = client.post(url).headers(headers).body(body).send().await;
        let mut answer = sent.map_err(|error| why(&error))?;
        let status = answer.status().as_u16();
        let mut read = Vec::new();
        // What cannot be read is not needed: the status has come.
        while let Ok(Some(part)) = answer.chunk().await {
            read.extend_from_slice(&part);
            if read.len() >= ANSWER_BYTES_MAX {
                break;
            }
        }
        Ok(Answer { status, excerpt: excerpt(&read) })
    }

    fn way(&self, text: &str) -> Result<(Url, &Way), Refused> {
        if text.chars().count() > URL_CHARS_MAX || text.trim() != text {
            return Err(Refused::NoUrl);
        }
        let url = Url::parse(text).map_err(|_| Refused::NoUrl)?;
        let way = match url.scheme() {
            "https" => &self.secure,
            "http" if !self.plain.guard.allowed.is_empty() => &self.plain,
            "http" => return Err(Refused::NotHttps),
            _ => return Err(Refused::NoUrl),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        // The client looks no address in numbers up, so this is the place to look at it.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Refused::NoUrl)?;
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            way.guard.may(address)?;
        }
        Ok((url, way))
    }
}

impl Guard {
    fn client(&self) -> Result<Client, String> {
        Client::builder()
            .dns_resolver(Arc::new(self.clone()))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .pool_idle_timeout(IDLE_LIMIT)
            .user_agent("GX-Webhooks/1")
            .build()
            .map_err(|error| error.to_string())
    }

    fn may(&self, address: IpAddr) -> Result<(), Refused> {
        let address = address.to_canonical();
        if self.allowed.contains(address) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Refused::NotPublic);
        }
        if self.allowed_alone { Err(Refused::NotHttps) } else { Ok(()) }
    }

    /// The addresses of a name, if all of them are allowed.
    async fn checked(&self, host: String) -> Result<Vec<IpAddr>, Refused> {
        let found = self.names.look_up(host).await.map_err(|_| Refused::Unknown)?;
        if found.is_empty() {
            return Err(Refused::Unknown);
        }
        for address in &found {
            self.may(*address)?;
        }
        Ok(found)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, host) = (self.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let found =
                guard.checked(host).await.map_err(|refused| -> Box<dyn StdError + Send + Sync> { refused.into() })?;
            // The port comes from the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").finish_non_exhaustive()
    }
}

/// Why a request failed: our own refusal lies somewhere among the causes.
fn why(error: &reqwest::Error) -> Failed {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(refused) = one.downcast_ref::<Refused>() {
            return Failed::Refused(*refused);
        }
        cause = one.source();
    }
    if error.is_timeout() {
        Failed::TimedOut
    } else if error.is_connect() {
        Failed::NoConnection
    } else {
        Failed::Broken
    }
}

fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .take(EXCERPT_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// `sha256=` and the HMAC-SHA-256 of `<timestamp>.<body>` in hexadecimal, under the whole of the secret as it is shown. The
/// time is part of it, so that a recorded request cannot be sent again later.
#[must_use]
pub fn signature(secret: &Secret, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    format!("sha256={}", hex::encode(tag))
}

/// Whether an address belongs to the public Internet, after the registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // «This network», private, loopback, shared between carriers, link-local.
        (0 | 10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) | (169, 254, _) => true,
        // Assignments of protocols, 6to4 relays, documentation, benchmarks, AS112.
        (192, 0, 0 | 2) | (192, 88, 99) | (192, 31, 196) | (192, 52, 193) | (192, 175, 48) => true,
        (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224..=255, ..) => true,
        _ => false,
    };
    !special
}

/// Only what is given out to networks, less what stands for something else: Teredo and other protocols, documentation, and
/// 6to4, whose addresses hold one of IPv4. Translated ones (64:ff9b::/96) lie outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let given_out = a & 0xe000 == 0x2000;
    let special = matches!((a, b), (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff));
    given_out && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for private in [
            "127.0.0.1",
            "127.8.9.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "100::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_signature_covers_time_and_body() {
        // openssl: printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        let secret = Secret::new("whsec_test");
        let one = signature(&secret, 1_700_000_000, "{}");
        assert_eq!(one, "sha256=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91");
        for other in [
            signature(&secret, 1_700_000_001, "{}"),
            signature(&secret, 1_700_000_000, "{ }"),
            signature(&Secret::new("whsec_other"), 1_700_000_000, "{}"),
        ] {
            assert_ne!(one, other);
        }
    }
}
