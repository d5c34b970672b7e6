//! States as coloured words. Colour is never the only sign: every tone has its own shape and word.

/// How good a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done, settled, healthy.
    Good,
    /// Under way; not decided.
    Wait,
    /// Refused, failed, down.
    Bad,
    /// Over, or not known.
    Off,
}

impl Tone {
    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Wait => "wait",
            Self::Bad => "bad",
            Self::Off => "off",
        }
    }
}

/// A state as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    tone: Tone,
    label: String,
}

impl State {
    /// A state.
    pub fn new(tone: Tone, label: impl Into<String>) -> Self {
        Self { tone, label: label.into() }
    }

    /// Its class in the style sheet.
    #[must_use]
    pub fn tone(&self) -> &'static str {
        self.tone.class()
    }

    /// Its word.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }
}
