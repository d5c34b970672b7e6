//! Logs: one JSON object per line on standard error, each a sentence that reads on its own plus fields; everything said
//! while a request is served carries its `correlation_id`.
//!
//! **Levels.** error: someone must act. warn: something is not as it should be and mends itself or waits. info: what
//! changes something. debug: the rest.
//!
//! **Never logged**, at no level: request and answer bodies; tokens, cookies, passwords, codes, PINs, keys, session and
//! CSRF secrets, `DATABASE_URL` and every other setting declared secret; names, e-mail addresses, phone numbers, dates
//! of birth, document numbers and contents; query strings and paths with values in them (the route's template is);
//! remarks and amounts of payments. Ids of rows, GX ids of commands' accounts excepted from this rule nowhere: log the
//! command id instead.

use std::sync::Once;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::LogFormat;

/// Judges a filter before it is used. A bare word that is no level would be taken for the name of a module, and nothing
/// else would be logged.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(filter: &str) -> Result<(), String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for part in filter.split(',').map(str::trim) {
        if !part.contains(['=', '[']) && !LEVELS.iter().any(|level| part.eq_ignore_ascii_case(level)) {
            return Err(format!(
                "{part:?} is no level; the levels are {}, and a module is written with its own, as in gx_store=debug",
                LEVELS.join(", ")
            ));
        }
    }
    EnvFilter::try_new(filter).map(drop).map_err(|error| error.to_string())
}

static INSTALLED: Once = Once::new();

/// Sets up the process's log; later calls do nothing. A filter that cannot be read counts as `info`.
pub fn install(level: &str, format: LogFormat) {
    INSTALLED.call_once(|| {
        let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
        let registry = tracing_subscriber::registry().with(filter);
        // A subscriber that is already there (a test's) stays.
        let _ = match format {
            LogFormat::Json => registry
                .with(
                    tracing_subscriber::fmt::layer()
                        .json()
                        .flatten_event(true)
                        .with_current_span(true)
                        .with_span_list(false)
                        .with_writer(std::io::stderr),
                )
                .try_init(),
            LogFormat::Text => registry
                .with(tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr))
                .try_init(),
        };
    });
}
