//! How a submitter works.

use std::time::Duration;

use gx_base::SettingDecl;

/// Settings of the submitter.
pub const SETTINGS: &[SettingDecl] = &[
    SettingDecl {
        name: "OUTBOX_IN_FLIGHT_MAX",
        aliases: &[],
        help: "Commands that one submitter has on their way to the ledger at the same time, at most.",
        default: Some("2048"),
        secret: false,
    },
    SettingDecl {
        name: "OUTBOX_LEASE_SECONDS",
        aliases: &[],
        help: "How long a submitter that died keeps its commands before another takes them over, in seconds.",
        default: Some("15"),
        secret: false,
    },
    SettingDecl {
        name: "OUTBOX_OUTCOME_SECONDS",
        aliases: &[],
        help: "How long the outcome of an envelope may stay unknown before the command is endorsed anew, in seconds.",
        default: Some("30"),
        secret: false,
    },
];

/// How a submitter works. Every figure is a limit or a time.
#[derive(Debug, Clone)]
pub struct SubmitterOptions {
    /// Commands on their way at the same time, at most.
    pub in_flight_max: usize,
    /// Commands taken in one claim, at most.
    pub claim_max: usize,
    /// Commands looked at in one claim, at most.
    pub window: usize,
    /// How long a lease holds unless renewed. It is renewed three times as often.
    pub lease: Duration,
    /// Commands are endorsed before they are claimed, which spares a transaction, once no other submitter was seen for so
    /// long: two would endorse the same ones.
    pub alone_after: Duration,
    /// How often the queue is looked at when nothing in this process has changed it, and others may have.
    pub poll: Duration,
    /// The same on SQLite, where this process is all but alone: for commands that are due again, and those of a command line.
    pub poll_alone: Duration,
    /// An envelope whose outcome is unknown after this time is marked SUBMITTED.
    pub submitted_after: Duration,
    /// A command that the ledger has committed is written as such after this time. The projector usually does it first,
    /// together with the effects, and then it need not be written twice.
    pub committed_after: Duration,
    /// An envelope that nobody has seen is sent again after this time.
    pub resend_after: Duration,
    /// A command whose key is still absent after this time, and two newer blocks, is endorsed anew.
    pub outcome_after: Duration,
    /// Transport errors in a row that open the circuit breaker.
    pub breaker_failures: u32,
    /// First and longest time that the circuit breaker stays open.
    pub breaker_pause: (Duration, Duration),
    /// How often the ledger is asked for its height, and the answer written.
    pub heartbeat: Duration,
    /// How long flights may go on after a shutdown was asked for. What is then still open is let go of as it is.
    pub shutdown_grace: Duration,
}

impl Default for SubmitterOptions {
    fn default() -> Self {
        Self {
            in_flight_max: 2_048,
            claim_max: 256,
            window: 512,
            lease: Duration::from_secs(15),
            alone_after: Duration::from_secs(3),
            poll: Duration::from_millis(100),
            poll_alone: Duration::from_millis(500),
            submitted_after: Duration::from_millis(200),
            committed_after: Duration::from_millis(100),
            resend_after: Duration::from_secs(3),
            outcome_after: Duration::from_secs(30),
            breaker_failures: 5,
            breaker_pause: (Duration::from_millis(500), Duration::from_secs(30)),
            heartbeat: Duration::from_secs(2),
            shutdown_grace: Duration::from_secs(5),
        }
    }
}

impl SubmitterOptions {
    /// The options that [`SETTINGS`] name, read with `setting`.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn from_settings(setting: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let number = |name: &str, range: std::ops::RangeInclusive<u64>| -> Result<Option<u64>, String> {
            let Some(text) = setting(name) else { return Ok(None) };
            match text.parse() {
                Ok(value) if range.contains(&value) => Ok(Some(value)),
                _ => Err(format!("{name} is a whole number from {} to {}, not «{text}»", range.start(), range.end())),
            }
        };
        let mut options = Self::default();
        if let Some(flights) = number("OUTBOX_IN_FLIGHT_MAX", 1..=100_000)? {
            options.in_flight_max = usize::try_from(flights).unwrap_or(usize::MAX);
        }
        if let Some(seconds) = number("OUTBOX_LEASE_SECONDS", 2..=600)? {
            options.lease = Duration::from_secs(seconds);
        }
        if let Some(seconds) = number("OUTBOX_OUTCOME_SECONDS", 1..=3_600)? {
            options.outcome_after = Duration::from_secs(seconds);
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_a_wrong_one_is_named() {
        let set = |name: &'static str, value: &'static str| {
            SubmitterOptions::from_settings(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert_eq!(set("OUTBOX_LEASE_SECONDS", "20").unwrap().lease, Duration::from_secs(20));
        assert_eq!(set("OUTBOX_IN_FLIGHT_MAX", "7").unwrap().in_flight_max, 7);
        for wrong in ["0", "", "many", "-1", "99999999"] {
            assert!(set("OUTBOX_OUTCOME_SECONDS", wrong).unwrap_err().contains("OUTBOX_OUTCOME_SECONDS"));
        }
    }

    #[test]
    fn the_defaults_that_operators_read_are_those_that_hold() {
        let defaults = SubmitterOptions::from_settings(|name| {
            SETTINGS.iter().find(|setting| setting.name == name)?.default.map(str::to_owned)
        });
        let (read, held) = (defaults.unwrap(), SubmitterOptions::default());
        assert_eq!(read.in_flight_max, held.in_flight_max);
        assert_eq!(read.lease, held.lease);
        assert_eq!(read.outcome_after, held.outcome_after);
    }
}
