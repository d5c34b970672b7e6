//! What is wrong with a connection: the cause behind a broken one, in a word that can be acted upon.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::{AlertDescription, CertificateError};

use super::resolve::NotResolved;

/// Why a peer cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionFault {
    /// The address, a certificate or a key in the settings is of no use.
    Settings,
    /// The name in the address leads nowhere.
    NoSuchName,
    /// There is a machine, and nobody listens at the port.
    NobodyListens,
    /// Nothing answers in time.
    Silent,
    /// What listens there does not speak TLS.
    NotTls,
    /// The TLS certificate is for other names than the one looked for.
    OtherName {
        /// The name looked for.
        expected: String,
        /// The names it is for.
        presented: Vec<String>,
    },
    /// The TLS certificate was issued by another authority than the one in the settings.
    OtherAuthority {
        /// The one in the settings issues identities: an enrolment authority in the place of the TLS authority.
        is_enrolment: bool,
    },
    /// The TLS certificate is not valid at this time.
    CertificateDate,
    /// It demands a TLS client certificate and takes none of ours.
    ClientCertificate,
    /// It took the connection and closed it before it had answered anything.
    ClosedAtOnce,
    /// It was there, and the connection broke.
    Broken,
}

impl fmt::Display for ConnectionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings => f.write_str("its settings are of no use"),
            Self::NoSuchName => f.write_str("its name leads to no address"),
            Self::NobodyListens => f.write_str("nobody listens there"),
            Self::Silent => f.write_str("nothing answers there"),
            Self::NotTls => f.write_str("what listens there does not speak TLS"),
            Self::OtherName { expected, presented } if presented.is_empty() => {
                write!(f, "its TLS certificate is not for the name {expected}")
            }
            Self::OtherName { expected, presented } => {
                write!(f, "its TLS certificate is for {}, not for {expected}", presented.join(", "))
            }
            Self::OtherAuthority { is_enrolment: false } => {
                f.write_str("its TLS certificate was issued by another authority than the TLS authority given for it")
            }
            Self::OtherAuthority { is_enrolment: true } => f.write_str(
                "the authority given for its TLS certificate is the enrolment authority, which issues identities; TLS \
                 certificates come from the TLS authority",
            ),
            Self::CertificateDate => f.write_str("its TLS certificate is not valid at this time"),
            Self::ClientCertificate => f.write_str("it demands a TLS client certificate and takes none of ours"),
            Self::ClosedAtOnce => f.write_str(
                "it closed the connection at once, as peers do that demand a TLS client certificate and see none they trust",
            ),
            Self::Broken => f.write_str("the connection broke"),
        }
    }
}

impl ConnectionFault {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Settings => "correct the address, the TLS authority or the TLS client certificate",
            Self::NoSuchName => "correct the host in its address, or the name service",
            Self::NobodyListens => "start the peer, or correct its address",
            Self::Silent => {
                "look whether the peer runs and whether a firewall or network policy keeps this machine out"
            }
            Self::NotTls => "correct the port, or turn TLS on at the peer",
            Self::OtherName { .. } => {
                "correct the TLS name: `tlsName` in endpoints.json, or FABRIC_ORG2_TLS_SERVER_NAME_OVERRIDE"
            }
            Self::OtherAuthority { is_enrolment: false } => {
                "give the TLS authority of the peer's organisation: tlsca.pem, or FABRIC_TLS_CA_PATH"
            }
            Self::OtherAuthority { is_enrolment: true } => {
                "put the TLS authority's certificate in its place: tlsca.pem, or FABRIC_TLS_CA_PATH"
            }
            Self::CertificateDate => "renew the peer's TLS certificate, or set the clock of this machine",
            Self::ClientCertificate | Self::ClosedAtOnce => {
                "give a client certificate of a TLS authority that the peer trusts: tls-client.crt and tls-client.key"
            }
            Self::Broken => "look into the peer's log; the connection is made anew by itself",
        }
    }

    /// The cause of an error of a connection, found in the chain of errors behind it.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut found = Self::Broken;
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(fault) = Self::exactly(error) {
                found = fault;
            }
            next = error.source();
        }
        if found == Self::Broken { Self::worded(error) } else { found }
    }

    fn exactly(error: &(dyn Error + 'static)) -> Option<Self> {
        if error.is::<NotResolved>() {
            return Some(Self::NoSuchName);
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Self::of_tls(error);
        }
        let error = error.downcast_ref::<io::Error>()?;
        // What an I/O error wraps is not among its sources.
        if let Some(inner) = error.get_ref() {
            let inner: &(dyn Error + 'static) = inner;
            if let Some(fault) = Self::exactly(inner) {
                return Some(fault);
            }
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::NobodyListens),
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Some(Self::Silent)
            }
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Option<Self> {
        Some(match error {
            rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }) => {
                Self::OtherName { expected: expected.to_str().into_owned(), presented: names(presented) }
            }
            rustls::Error::InvalidCertificate(CertificateError::NotValidForName) => {
                Self::OtherName { expected: "the one given".to_owned(), presented: Vec::new() }
            }
            // An authority of the same name with another key makes a signature that does not match.
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Self::OtherAuthority { is_enrolment: false }
            }
            rustls::Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            ) => Self::CertificateDate,
            rustls::Error::AlertReceived(alert) if demands_certificate(*alert) => Self::ClientCertificate,
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            _ => return None,
        })
    }

    /// Some layers keep only the words of the error below them: an alert that comes after the handshake is one.
    fn worded(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let words = error.to_string();
            if words.contains("fatal alert")
                && ["CertificateRequired", "UnknownCA", "BadCertificate", "CertificateUnknown", "CertificateExpired"]
                    .iter()
                    .any(|alert| words.contains(alert))
            {
                return Self::ClientCertificate;
            }
            if words.contains("timed out") || words.contains("deadline has elapsed") {
                return Self::Silent;
            }
            next = error.source();
        }
        Self::Broken
    }
}

const fn demands_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
    )
}

/// The names as people write them; the library says «DnsName("peer0")».
fn names(presented: &[String]) -> Vec<String> {
    let bare = |name: &String| match name.split_once('"').and_then(|(_, rest)| rest.split_once('"')) {
        Some((bare, _)) => bare.to_owned(),
        None => name.clone(),
    };
    presented.iter().map(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_wraps_is_found() {
        let tls = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let issuer = tls(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        assert_eq!(ConnectionFault::of(&issuer), ConnectionFault::OtherAuthority { is_enrolment: false });
        let plain = tls(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType));
        assert_eq!(ConnectionFault::of(&plain), ConnectionFault::NotTls);
        let wanted = tls(rustls::Error::AlertReceived(AlertDescription::CertificateRequired));
        assert_eq!(ConnectionFault::of(&wanted), ConnectionFault::ClientCertificate);
        let late = io::Error::other("received fatal alert: CertificateRequired");
        assert_eq!(ConnectionFault::of(&late), ConnectionFault::ClientCertificate);
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(ConnectionFault::of(&refused), ConnectionFault::NobodyListens);
        assert_eq!(ConnectionFault::of(&io::Error::other("reset")), ConnectionFault::Broken);
        let name = NotResolved { host: "nowhere".to_owned(), detail: "no such name".to_owned() };
        assert_eq!(ConnectionFault::of(&io::Error::other(name)), ConnectionFault::NoSuchName);
    }

    #[test]
    fn names_are_shown_without_their_kind() {
        let presented = [r#"DnsName("peer0.org1")"#.to_owned(), "IpAddress(127.0.0.1)".to_owned()];
        assert_eq!(names(&presented), ["peer0.org1", "IpAddress(127.0.0.1)"]);
    }
}
