//! Declarations of settings: the docs page and the check at start are made from them.

/// A setting, read from the environment variable of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingDecl {
    /// The name operators know, for example `DATABASE_URL`.
    pub name: &'static str,
    /// Older names that are read too.
    pub aliases: &'static [&'static str],
    /// What it means, with its unit.
    pub help: &'static str,
    /// Used when absent; `None`: there is none, and a component that needs it refuses to start and names it.
    pub default: Option<&'static str>,
    /// Whether the value must never be printed.
    pub secret: bool,
}
