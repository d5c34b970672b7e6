//! The address of the caller, as far as it can be trusted.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

/// The address that a request comes from: the connection's, or what a trusted proxy says about it.
///
/// Put into the request by [`super::envelope`]; code that calls a router without a connection puts it there itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub IpAddr);

impl Default for PeerAddr {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

impl PeerAddr {
    /// The address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// Finds the address: one already put into the request, or the connection's, or behind trusted proxies the last
    /// address in `X-Forwarded-For` that is no trusted proxy. What stands further left was written by the caller.
    #[must_use]
    pub fn of(extensions: &Extensions, headers: &HeaderMap, proxies: &Networks) -> Self {
        if let Some(known) = extensions.get::<Self>() {
            return *known;
        }
        let Some(ConnectInfo(connection)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Self::default();
        };
        let mut address = connection.ip().to_canonical();
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        for hop in forwarded.iter().rev() {
            if !proxies.contains(address) {
                break;
            }
            let Ok(next) = hop.parse::<IpAddr>() else { break };
            address = next.to_canonical();
        }
        Self(address)
    }
}

impl<S: Sync> FromRequestParts<S> for PeerAddr {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}

/// Networks and single addresses, for example those whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u8)>);

/// The text is no list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address or network; write for example 10.0.0.0/8, 192.0.2.7")]
pub struct NetworksError(String);

impl Networks {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `address` is in one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|(network, prefix)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*prefix)).unwrap_or(0);
                u32::from(*network) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*prefix)).unwrap_or(0);
                u128::from(*network) & mask == u128::from(address) & mask
            }
            _ => false,
        })
    }
}

impl FromStr for Networks {
    type Err = NetworksError;

    fn from_str(text: &str) -> Result<Self, NetworksError> {
        let mut networks = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let error = || NetworksError(part.to_owned());
            let (address, prefix) =
                part.split_once('/').map_or((part, None), |(address, prefix)| (address, Some(prefix)));
            let address: IpAddr = address.parse().map_err(|_| error())?;
            let bits = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(bits), |prefix| prefix.parse::<u8>().map_err(|_| error()))?;
            if prefix > bits {
                return Err(error());
            }
            networks.push((address, prefix));
        }
        Ok(Self(networks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(connection: &str, forwarded: &str, proxies: &str) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(connection.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        PeerAddr::of(&extensions, &headers, &proxies.parse().unwrap()).0.to_string()
    }

    #[test]
    fn a_caller_cannot_choose_its_own_address() {
        assert_eq!(peer("192.0.2.1", "203.0.113.9", ""), "192.0.2.1", "no proxy is trusted");
        assert_eq!(peer("10.1.2.3", "203.0.113.9", "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(
            peer("10.1.2.3", "1.1.1.1, 203.0.113.9", "10.0.0.0/8"),
            "203.0.113.9",
            "the left part is the caller's word"
        );
        assert_eq!(peer("10.1.2.3", "203.0.113.9, 10.9.9.9", "10.0.0.0/8"), "203.0.113.9", "proxies behind proxies");
        assert_eq!(peer("10.1.2.3", "nonsense", "10.0.0.0/8"), "10.1.2.3");
        assert_eq!(peer("::ffff:10.1.2.3", "2001:db8::1", "10.0.0.0/8"), "2001:db8::1");
    }

    #[test]
    fn networks_have_a_form() {
        assert!("10.0.0.0/8, 192.0.2.7,::1".parse::<Networks>().is_ok());
        assert!("0.0.0.0/0".parse::<Networks>().unwrap().contains("192.0.2.1".parse().unwrap()));
        for bad in ["10.0.0.0/33", "host", "10.0.0/8", "::1/129"] {
            assert!(bad.parse::<Networks>().is_err(), "{bad}");
        }
    }
}
