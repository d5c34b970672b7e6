//! The frame around every page: title, environment, who is looking, where they are.

use gx_platform::auth::Permission;
use gx_types::EnvName;

use super::flash::Flash;
use crate::assets::{self, AssetPaths};

/// A place in one of the two menus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// In no menu.
    None,
    /// Balance and recent activity.
    Home,
    /// Send coins to somebody.
    Send,
    /// Ask for coins.
    Request,
    /// Pay a code.
    Pay,
    /// Past payments.
    History,
    /// Conversations.
    Messages,
    /// Figures of the whole.
    Overview,
    /// People waiting for approval.
    Queue,
    /// Everybody.
    Users,
    /// What waits for a second person.
    Approvals,
    /// Commands on their way to the ledger.
    Outbox,
    /// What was done.
    Audit,
    /// Administrators.
    Admins,
    /// Pause and resume.
    System,
}

impl Tab {
    /// The wallet's menu.
    pub const WALLET: &'static [Self] = &[Self::Home, Self::Send, Self::Request, Self::Pay, Self::History];
    /// The console's menu, as far as a role may use it.
    pub const CONSOLE: &'static [Self] = &[
        Self::Overview,
        Self::Queue,
        Self::Users,
        Self::Approvals,
        Self::Outbox,
        Self::Audit,
        Self::Admins,
        Self::System,
    ];

    /// What one must hold to see the page.
    #[must_use]
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::Overview => Some(Permission::DashboardView),
            Self::Queue | Self::Users => Some(Permission::UserView),
            Self::Approvals => Some(Permission::ApprovalView),
            Self::Outbox => Some(Permission::CommandView),
            Self::Audit => Some(Permission::AuditView),
            Self::Admins => Some(Permission::AdminView),
            Self::System => Some(Permission::SystemHealth),
            Self::None | Self::Home | Self::Send | Self::Request | Self::Pay | Self::History | Self::Messages => None,
        }
    }

    /// Its address.
    #[must_use]
    pub const fn href(self) -> &'static str {
        match self {
            Self::None => "/",
            Self::Home => "/dashboard",
            Self::Send => "/send",
            Self::Request => "/requests",
            Self::Pay => "/pay",
            Self::History => "/history",
            Self::Messages => "/messages",
            Self::Overview => "/admin/overview",
            Self::Queue => "/admin/queue",
            Self::Users => "/admin/users",
            Self::Approvals => "/admin/approvals",
            Self::Outbox => "/admin/outbox",
            Self::Audit => "/admin/audit",
            Self::Admins => "/admin/admins",
            Self::System => "/admin/system",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Home => "Home",
            Self::Send => "Send",
            Self::Request => "Request",
            Self::Pay => "Pay",
            Self::History => "History",
            Self::Messages => "Messages",
            Self::Overview => "Overview",
            Self::Queue => "Queue",
            Self::Users => "People",
            Self::Approvals => "Approvals",
            Self::Outbox => "Outbox",
            Self::Audit => "Audit",
            Self::Admins => "Admins",
            Self::System => "System",
        }
    }

    /// The outline of its picture, on a 24 by 24 grid.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Home => "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
            Self::Send => "M21 3L10 14M21 3l-7 18-4-7-7-4z",
            Self::Request => "M12 4v12M7 11l5 5 5-5M5 20h14",
            Self::Pay => "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2M20 14v6h-6M18 17h.01",
            Self::History => "M6 4h12v17l-3-2-3 2-3-2-3 2zM9 9h6M9 13h6",
            _ => "",
        }
    }
}

/// A signed-in person, as the frame shows them.
#[derive(Debug, Clone)]
pub struct PersonBadge {
    /// Full name.
    pub name: String,
    /// Unread notifications; `None` when they could not be counted.
    pub unread: Option<u64>,
    /// Place of the newest notification when the page was made; `None` when it could not be asked for.
    pub sequence: Option<u64>,
}

impl PersonBadge {
    /// The first name.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.split_whitespace().next().unwrap_or("Profile")
    }

    /// Whether the bell has a number.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        self.unread.is_some_and(|count| count > 0)
    }

    /// The number on the bell.
    #[must_use]
    pub fn unread_count(&self) -> String {
        match self.unread {
            Some(count) if count > 99 => "99+".to_owned(),
            Some(count) => count.to_string(),
            None => String::new(),
        }
    }

    /// The bell in words.
    #[must_use]
    pub fn unread_label(&self) -> String {
        match self.unread {
            Some(0) => "Notifications, none unread".to_owned(),
            Some(count) => format!("Notifications, {count} unread"),
            None => "Notifications".to_owned(),
        }
    }
}

/// A signed-in admin, as the frame shows them.
#[derive(Debug, Clone)]
pub struct AdminBadge {
    /// User name.
    pub name: String,
    /// Role in words.
    pub role: String,
    /// The part of the console's menu that the role may use.
    pub tabs: Vec<Tab>,
}

/// Who is looking.
#[derive(Debug, Clone)]
pub enum Viewer {
    /// Nobody is signed in.
    Nobody,
    /// A person in the wallet.
    Person(PersonBadge),
    /// An admin in the console.
    Admin(AdminBadge),
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Chrome {
    /// What the page is about.
    pub title: String,
    /// The environment.
    pub env: EnvName,
    /// Whether a test mailbox exists here.
    pub dev_mailbox: bool,
    /// Who is looking.
    pub viewer: Viewer,
    /// Whether the page belongs to the console.
    pub console: bool,
    /// The place in the menu.
    pub tab: Tab,
    /// The token every form carries.
    pub csrf: String,
    /// What happened before the redirect.
    pub flash: Option<Flash>,
    /// The page shows something under way: ask again after so many seconds.
    pub refresh: Option<u32>,
    /// The socket's own address, when it is not where the page is.
    pub socket_url: Option<String>,
    /// Static files.
    pub assets: AssetPaths,
}

impl Chrome {
    /// A frame for nobody.
    #[must_use]
    pub fn new(env: EnvName, dev_mailbox: bool) -> Self {
        Self {
            title: String::new(),
            env,
            dev_mailbox,
            viewer: Viewer::Nobody,
            console: false,
            tab: Tab::None,
            csrf: String::new(),
            flash: None,
            refresh: None,
            socket_url: None,
            assets: assets::paths(),
        }
    }

    /// Names the page.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Marks the place in the menu.
    #[must_use]
    pub const fn at_tab(mut self, tab: Tab) -> Self {
        self.tab = tab;
        self
    }

    /// Asks again after so many seconds.
    #[must_use]
    pub const fn refreshing(mut self, seconds: u32) -> Self {
        self.refresh = Some(seconds);
        self
    }

    /// Whether a person is signed in.
    #[must_use]
    pub const fn is_person(&self) -> bool {
        matches!(self.viewer, Viewer::Person(_))
    }

    /// Whether the page belongs to the console.
    #[must_use]
    pub const fn in_console(&self) -> bool {
        self.console
    }

    /// Whether coins here are worth nothing.
    #[must_use]
    pub const fn is_test_net(&self) -> bool {
        self.env.allows_test_people()
    }

    /// The environment's name.
    #[must_use]
    pub const fn env_name(&self) -> &'static str {
        self.env.as_str()
    }

    /// Where the brand leads.
    #[must_use]
    pub const fn home(&self) -> &'static str {
        match self.viewer {
            Viewer::Nobody if self.console => "/admin/login",
            Viewer::Nobody => "/",
            Viewer::Person(_) => "/dashboard",
            Viewer::Admin(_) => "/admin",
        }
    }

    /// Whether this is the place.
    #[must_use]
    pub fn at(&self, tab: &Tab) -> bool {
        self.tab == *tab
    }
}
