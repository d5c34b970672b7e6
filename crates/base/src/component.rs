//! The components of GX: what can be served, under which names, on which ports. Declared once.

use std::fmt;
use std::str::FromStr;

/// A part of the platform that runs as a task of `gx up` or as a process of `gx serve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Pages and the edge in front of every API.
    Wallet,
    /// Registration, logins, people, documents, countries.
    Identity,
    /// Administration and public figures.
    Admin,
    /// Wallets, transfers, fees, Q Send, commands.
    Tokenomics,
    /// Notifications and live notice.
    Messaging,
    /// Fee quotes, the fee schedule, the hoarding tax.
    Tax,
    /// Brings commands to the ledger.
    OutboxSubmitter,
    /// Brings the ledger's blocks into the read model.
    Projector,
    /// The embedded ledger; lives inside `gx up`, or in a process of its own behind its Gateway endpoint.
    Ledger,
}

impl Component {
    /// Every component, in the order in which status pages list them.
    pub const ALL: &'static [Self] = &[
        Self::Wallet,
        Self::Identity,
        Self::Admin,
        Self::Tokenomics,
        Self::Messaging,
        Self::Tax,
        Self::OutboxSubmitter,
        Self::Projector,
        Self::Ledger,
    ];

    /// The components that answer HTTP on a port of their own; the embedded ledger is seen through the workers.
    pub const SERVED: &'static [Self] = &[
        Self::Wallet,
        Self::Identity,
        Self::Admin,
        Self::Tokenomics,
        Self::Messaging,
        Self::Tax,
        Self::OutboxSubmitter,
        Self::Projector,
    ];

    /// Its short name, as commands take it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Identity => "identity",
            Self::Admin => "admin",
            Self::Tokenomics => "tokenomics",
            Self::Messaging => "messaging",
            Self::Tax => "tax",
            Self::OutboxSubmitter => "outbox-submitter",
            Self::Projector => "projector",
            Self::Ledger => "ledger",
        }
    }

    /// The name of its workload in a cluster; commands take it too.
    #[must_use]
    pub const fn workload(self) -> &'static str {
        match self {
            Self::Wallet => "gx-wallet-frontend",
            Self::Identity => "svc-identity",
            Self::Admin => "svc-admin",
            Self::Tokenomics => "svc-tokenomics",
            Self::Messaging => "svc-messaging",
            Self::Tax => "svc-tax",
            Self::OutboxSubmitter => "outbox-submitter",
            Self::Projector => "projector",
            Self::Ledger => "ledger",
        }
    }

    /// Its port; `gx up --env` shifts all of them by the environment's port base. The embedded ledger's is that of its
    /// Gateway endpoint, which speaks gRPC over TLS, not HTTP.
    #[must_use]
    pub const fn port(self) -> Option<u16> {
        match self {
            Self::Wallet => Some(3000),
            Self::Identity => Some(3001),
            Self::Admin => Some(3002),
            Self::Tokenomics => Some(3003),
            Self::Messaging => Some(3007),
            Self::Tax => Some(3009),
            Self::OutboxSubmitter => Some(9090),
            Self::Projector => Some(9091),
            Self::Ledger => Some(7051),
        }
    }

    /// A second port that serves the socket, for those who keep long connections apart from requests.
    #[must_use]
    pub const fn socket_port(self) -> Option<u16> {
        match self {
            Self::Messaging => Some(3008),
            Self::Wallet
            | Self::Identity
            | Self::Admin
            | Self::Tokenomics
            | Self::Tax
            | Self::OutboxSubmitter
            | Self::Projector
            | Self::Ledger => None,
        }
    }

    /// The setting under which other processes find its API, for the services behind the edge.
    #[must_use]
    pub const fn api_url_setting(self) -> Option<&'static str> {
        match self {
            Self::Identity => Some("IDENTITY_API_URL"),
            Self::Admin => Some("ADMIN_API_URL"),
            Self::Tokenomics => Some("TOKENOMICS_API_URL"),
            Self::Messaging => Some("MESSAGING_API_URL"),
            Self::Tax => Some("TAX_API_URL"),
            Self::OutboxSubmitter => Some("OUTBOX_SUBMITTER_URL"),
            Self::Projector => Some("PROJECTOR_URL"),
            Self::Wallet | Self::Ledger => None,
        }
    }

    /// What it does, one sentence for status pages and help texts.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Wallet => "Pages, and the edge in front of every API",
            Self::Identity => "Registration, logins, people, documents, countries",
            Self::Admin => "Administration and public figures",
            Self::Tokenomics => "Wallets, transfers, fees and Q Send",
            Self::Messaging => "Notifications and live notice",
            Self::Tax => "Fee quotes, the fee schedule, the hoarding tax",
            Self::OutboxSubmitter => "Brings commands to the ledger",
            Self::Projector => "Brings the ledger's blocks into the read model",
            Self::Ledger => "The embedded ledger",
        }
    }
}

/// The text names no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no component «{0}»")]
pub struct UnknownComponent(pub String);

impl FromStr for Component {
    type Err = UnknownComponent;

    /// Both the short name and the workload's name are understood.
    fn from_str(text: &str) -> Result<Self, UnknownComponent> {
        Self::ALL
            .iter()
            .copied()
            .find(|component| component.name() == text || component.workload() == text)
            .ok_or_else(|| UnknownComponent(text.to_owned()))
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_name_are_understood_and_ports_are_distinct() {
        let mut ports: Vec<u16> = Component::ALL.iter().filter_map(|component| component.port()).collect();
        for component in Component::ALL {
            assert_eq!(component.name().parse(), Ok(*component));
            assert_eq!(component.workload().parse(), Ok(*component));
        }
        let sockets = Component::ALL.iter().filter_map(|component| component.socket_port());
        assert!(sockets.clone().count() == 1 && sockets.clone().all(|port| !ports.contains(&port)));
        ports.sort_unstable();
        ports.dedup();
        // The ledger listens too, and answers no HTTP.
        assert_eq!(ports.len(), Component::SERVED.len() + 1);
    }

    #[test]
    fn services_are_where_operators_look_for_them() {
        for (component, port) in [
            (Component::Wallet, 3000),
            (Component::Identity, 3001),
            (Component::Admin, 3002),
            (Component::Tokenomics, 3003),
            (Component::Messaging, 3007),
            (Component::Tax, 3009),
            (Component::OutboxSubmitter, 9090),
            (Component::Projector, 9091),
        ] {
            assert_eq!(component.port(), Some(port), "{component}");
        }
    }
}
