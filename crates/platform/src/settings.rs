//! Settings, declared once: name, meaning, default. The docs page and the check at start are made from [`SETTINGS`].
//!
//! Values come from the defaults below, then from `gx up` (which gives an environment its identity on one machine), then
//! from a TOML file (`GX_CONFIG`), then from the environment; the later wins. What has no default and is needed is an
//! error that names it; so is a value that cannot be read. All of them are told at once.
//!
//! **A new setting:** a [`SettingDecl`] here, a field in [`Settings`], a line in [`Settings::load`].

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use gx_base::{Secret, SettingDecl};
use gx_types::{EnvName, Qirat};

use crate::http::{Networks, RATE_SETTINGS, Rate, RateClass};
use crate::mail::MailError;

/// Shortest session secret, characters.
const SESSION_SECRET_CHARS_MIN: usize = 32;

/// Most submitters or projectors in one process.
const COUNT_MAX: usize = 16;
/// Most sockets that a setting may allow.
const SOCKETS_MAX: usize = 1_000_000;

macro_rules! settings {
    ($($constant:ident = $name:literal $([$($alias:literal),*])?, $default:expr, secret: $secret:literal, $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: &str = $name;)*

        /// Every setting, beside [`RATE_SETTINGS`].
        pub const SETTINGS: &[SettingDecl] = &[$(SettingDecl {
            name: $name,
            aliases: &[$($($alias),*)?],
            help: $help,
            default: $default,
            secret: $secret,
        }),*];
    };
}

settings! {
    GX_ENV = "GX_ENV", None, secret: false, "Name of the environment: devnet, testnet or mainnet.";
    GX_DATA = "GX_DATA", None, secret: false, "Folder for what is kept in files: documents without S3, the biometric key.";
    LISTEN_ADDRESS = "LISTEN_ADDRESS", Some("127.0.0.1"), secret: false, "Address on which components listen.";
    LOG_LEVEL = "LOG_LEVEL", Some("info"), secret: false, "What is logged: error, warn, info, debug, trace, or a filter such as info,gx_store=debug.";
    LOG_FORMAT = "LOG_FORMAT", Some("json"), secret: false, "Form of log lines: json or text.";
    DATABASE_URL = "DATABASE_URL", None, secret: true, "Database: postgres://user:password@host/name or sqlite:///path/to/file.";
    REDIS_URL = "REDIS_URL", None, secret: true, "Redis that carries the bus between processes and counts rate limits for all of them; without it both stay inside one process.";
    S3_ENDPOINT = "S3_ENDPOINT", None, secret: false, "S3 server for documents; without it they are files in GX_DATA.";
    S3_BUCKET_DOCUMENTS = "S3_BUCKET_DOCUMENTS", None, secret: false, "Bucket of documents.";
    S3_REGION = "S3_REGION", Some("us-east-1"), secret: false, "Region that requests to the S3 server are signed for.";
    AWS_ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID", None, secret: true, "Name of the key for the S3 server.";
    AWS_SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY", None, secret: true, "Key for the S3 server.";
    SMTP_URL = "SMTP_URL", None, secret: true, "Mail server: smtps://user:password@host:465 or smtp://host:587?tls=required.";
    MAIL_FROM = "MAIL_FROM", None, secret: false, "Sender of mails, for example GX <no-reply@gxcoin.money>.";
    SMS_URL = "SMS_URL", None, secret: false, "Address that takes text messages as POST {\"to\",\"text\"}.";
    SMS_TOKEN = "SMS_TOKEN", None, secret: true, "Bearer token for SMS_URL.";
    SESSION_SECRET = "SESSION_SECRET" ["NEXTAUTH_SECRET"], None, secret: true, "Secret of at least 32 characters that protects signing keys, cursors and QR codes; the same for every component.";
    BIOMETRIC_KEY = "BIOMETRIC_KEY", None, secret: true, "Key of the biometric hash, 64 hexadecimal digits; without it the key lies in a file in GX_DATA. Never changes.";
    PUBLIC_URL = "PUBLIC_URL" ["NEXTAUTH_URL"], None, secret: false, "Address of the wallet as people see it, for example https://wallet.gxcoin.money.";
    PUBLIC_API_URL = "PUBLIC_API_URL" ["NEXT_PUBLIC_API_URL"], None, secret: false, "Address of the API as browsers see it; PUBLIC_URL when absent.";
    PUBLIC_WS_URL = "PUBLIC_WS_URL" ["NEXT_PUBLIC_WS_URL"], None, secret: false, "Address of the socket as browsers see it; PUBLIC_URL when absent.";
    IDENTITY_API_URL = "IDENTITY_API_URL", None, secret: false, "Address of the identity service, when it runs elsewhere.";
    ADMIN_API_URL = "ADMIN_API_URL", None, secret: false, "Address of the admin service, when it runs elsewhere.";
    TOKENOMICS_API_URL = "TOKENOMICS_API_URL", None, secret: false, "Address of the tokenomics service, when it runs elsewhere.";
    MESSAGING_API_URL = "MESSAGING_API_URL", None, secret: false, "Address of the messaging service, when it runs elsewhere.";
    TAX_API_URL = "TAX_API_URL", None, secret: false, "Address of the tax service, when it runs elsewhere.";
    OUTBOX_SUBMITTER_URL = "OUTBOX_SUBMITTER_URL", None, secret: false, "Address of the outbox submitter's health, for the status page of an edge that runs elsewhere.";
    PROJECTOR_URL = "PROJECTOR_URL", None, secret: false, "Address of the projector's health, for the status page of an edge that runs elsewhere.";
    OUTBOX_SUBMITTERS = "OUTBOX_SUBMITTERS", Some("1"), secret: false, "Submitters that one process runs.";
    PROJECTORS = "PROJECTORS", Some("1"), secret: false, "Projectors that one process runs; one applies blocks, the others stand by.";
    SOCKETS_PER_PERSON = "SOCKETS_PER_PERSON", Some("20"), secret: false, "Sockets that one person may have open in one process.";
    SOCKETS_PER_ADDRESS = "SOCKETS_PER_ADDRESS", Some("500"), secret: false, "Sockets that may be open from one address in one process.";
    TRUSTED_PROXIES = "TRUSTED_PROXIES", Some(""), secret: false, "Networks whose X-Forwarded-For is believed, separated by commas, for example 10.0.0.0/8.";
    WEBHOOK_ALLOWED_NETWORKS = "WEBHOOK_ALLOWED_NETWORKS", Some(""), secret: false, "Networks that are not public and to which webhooks go all the same, over http too, separated by commas; refused on mainnet.";
    PROJECTION_LAG_THRESHOLD_MS = "PROJECTION_LAG_THRESHOLD_MS", Some("10000"), secret: false, "Age of the oldest block that is not projected above which the projection counts as late, milliseconds.";
    STEP_UP_QIRAT = "STEP_UP_QIRAT", Some("100000000"), secret: false, "Amount in Qirat from which payments must be confirmed with the PIN; people may set a lower one for themselves.";
    ROUTE_RECORD_FILE = "ROUTE_RECORD_FILE", None, secret: false, "File into which answered operations are recorded, for test runs.";
}

/// Every declared setting, rate limits included.
pub fn declared() -> impl Iterator<Item = &'static SettingDecl> {
    SETTINGS.iter().chain(RATE_SETTINGS)
}

/// The names that a file of settings gives a value.
///
/// # Errors
/// When it cannot be read.
pub fn names_in(file: &std::path::Path) -> Result<Vec<String>, String> {
    let values: BTreeMap<String, figment::value::Value> =
        Figment::new().merge(Toml::file(file)).extract().map_err(|error| error.to_string())?;
    Ok(values.into_keys().collect())
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people at a terminal.
    Text,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("the form of log lines is json or text"),
        }
    }
}

/// Where documents lie in S3.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// Server.
    pub endpoint: String,
    /// Bucket of documents.
    pub bucket_documents: String,
    /// Region of signatures.
    pub region: String,
    /// Name of the key.
    pub access_key_id: Secret,
    /// Key.
    pub secret_access_key: Secret,
}

/// The settings of a process, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the environment.
    pub env: EnvName,
    /// Folder for what is kept in files.
    pub data: Option<PathBuf>,
    /// Address on which components listen.
    pub listen_address: IpAddr,
    /// What is logged.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Database.
    pub database_url: Secret,
    /// Redis for the bus.
    pub redis_url: Option<Secret>,
    /// S3 for documents.
    pub s3: Option<S3Settings>,
    /// Mail server.
    pub smtp_url: Option<Secret>,
    /// Sender of mails.
    pub mail_from: Option<String>,
    /// Where text messages go.
    pub sms_url: Option<String>,
    /// Token for it.
    pub sms_token: Option<Secret>,
    /// The secret that other keys are derived from.
    pub session_secret: Secret,
    /// Key of the biometric hash, when it is not in a file.
    pub biometric_key: Option<Secret>,
    /// Address of the wallet.
    pub public_url: String,
    /// Address of the API as browsers see it.
    pub public_api_url: String,
    /// Address of the socket as browsers see it.
    pub public_ws_url: String,
    /// Addresses of services that run elsewhere.
    pub identity_api_url: Option<String>,
    /// The same for admin.
    pub admin_api_url: Option<String>,
    /// The same for tokenomics.
    pub tokenomics_api_url: Option<String>,
    /// The same for messaging.
    pub messaging_api_url: Option<String>,
    /// The same for tax.
    pub tax_api_url: Option<String>,
    /// Where the outbox submitter's health is, when it runs elsewhere.
    pub outbox_submitter_url: Option<String>,
    /// The same for the projector.
    pub projector_url: Option<String>,
    /// Submitters in one process.
    pub outbox_submitters: usize,
    /// Projectors in one process.
    pub projectors: usize,
    /// Open sockets of one person in one process.
    pub sockets_per_person: usize,
    /// Open sockets from one address in one process.
    pub sockets_per_address: usize,
    /// Networks that are not public and to which webhooks go all the same.
    pub webhook_allowed_networks: Networks,
    /// When the projection counts as late.
    pub projection_lag_threshold: Duration,
    /// Payments from this amount on need more than a session.
    pub step_up_amount: Qirat,
    /// File for the record of answered operations.
    pub route_record_file: Option<PathBuf>,
    proxies: Networks,
    rates: BTreeMap<&'static str, Rate>,
}

/// What is wrong with the settings, all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(pub Vec<SettingProblem>);

/// What is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingProblem {
    /// It has no default and was not given.
    Missing {
        /// The setting.
        name: &'static str,
        /// What it means.
        help: &'static str,
    },
    /// Its value cannot be read.
    Invalid {
        /// The setting.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// The file `GX_CONFIG` cannot be read.
    File(String),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are not complete:")?;
        for problem in &self.0 {
            match problem {
                SettingProblem::Missing { name, help } => write!(f, "\n  {name} is missing. {help}")?,
                SettingProblem::Invalid { name, why } => write!(f, "\n  {name} cannot be read: {why}")?,
                SettingProblem::File(why) => write!(f, "\n  the file of settings cannot be read: {why}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct SettingsSources {
    /// What the caller gives, below file and environment. Only `gx up` and tests give an environment's identity here.
    pub given: BTreeMap<String, String>,
    /// A TOML file with the names of the settings as keys.
    pub file: Option<PathBuf>,
    /// The environment, as name and value.
    pub environment: BTreeMap<String, String>,
}

impl SettingsSources {
    /// The process's environment and the file it names.
    #[must_use]
    pub fn of_process() -> Self {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, value)| !value.is_empty() && (is_declared(name) || name == "GX_CONFIG"))
            .collect();
        let file = environment.get("GX_CONFIG").map(PathBuf::from);
        Self { given: BTreeMap::new(), file, environment }
    }
}

fn is_declared(name: &str) -> bool {
    declared().any(|setting| setting.name == name || setting.aliases.contains(&name))
}

impl Settings {
    /// Reads and checks the settings.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is missing or cannot be read.
    pub fn load(sources: &SettingsSources) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(sources);
        let session_secret = reader.needed_secret(SESSION_SECRET);
        if session_secret.as_ref().is_some_and(|secret| secret.expose().chars().count() < SESSION_SECRET_CHARS_MIN) {
            reader.invalid(SESSION_SECRET, "it has fewer than 32 characters");
        }
        let s3 = reader.s3();
        let data: Option<PathBuf> = reader.optional(GX_DATA);
        let biometric_key = reader.optional_secret(BIOMETRIC_KEY);
        if data.is_none() && (s3.is_none() || biometric_key.is_none()) {
            // Documents and key must lie somewhere.
            reader.missing(GX_DATA);
        }
        let public_url = reader.url(PUBLIC_URL);
        if !reader.values.contains_key(PUBLIC_URL) {
            reader.missing(PUBLIC_URL);
        }
        let smtp_url = reader.optional_secret(SMTP_URL);
        let mail_from: Option<String> = reader.optional(MAIL_FROM);
        if smtp_url.is_some() && mail_from.is_none() {
            reader.missing(MAIL_FROM);
        }
        if let (Some(url), Some(from)) = (&smtp_url, &mail_from) {
            match crate::mail::judge(url, from) {
                Ok(()) => {}
                Err(MailError::Sender) => reader.invalid(MAIL_FROM, MailError::Sender.to_string()),
                Err(error) => reader.invalid(SMTP_URL, error.to_string()),
            }
        }
        let rates = RateClass::ALL
            .iter()
            .filter_map(|class| Some((class.setting(), reader.needed::<Rate>(class.setting())?)))
            .collect();
        let env = reader.needed::<EnvName>(GX_ENV);
        let database_url = reader.needed_secret(DATABASE_URL);
        let listen_address = reader.needed::<IpAddr>(LISTEN_ADDRESS);
        let log_level = reader.needed::<String>(LOG_LEVEL);
        if let Some(Err(why)) = log_level.as_deref().map(crate::logging::check) {
            reader.invalid(LOG_LEVEL, why);
        }
        let log_format = reader.needed::<LogFormat>(LOG_FORMAT);
        let proxies = reader.needed::<Networks>(TRUSTED_PROXIES);
        let webhook_allowed_networks = reader.needed::<Networks>(WEBHOOK_ALLOWED_NETWORKS);
        if env == Some(EnvName::Mainnet) && webhook_allowed_networks.as_ref().is_some_and(|list| !list.is_empty()) {
            reader.invalid(WEBHOOK_ALLOWED_NETWORKS, "on mainnet webhooks go to public addresses alone");
        }
        let lag_ms = reader.needed::<u64>(PROJECTION_LAG_THRESHOLD_MS);
        let redis_url = reader.optional_secret(REDIS_URL);
        let sms_url = reader.url(SMS_URL);
        let sms_token = reader.optional_secret(SMS_TOKEN);
        let public_api_url = reader.url(PUBLIC_API_URL);
        let public_ws_url = reader.url(PUBLIC_WS_URL);
        let [identity, admin, tokenomics, messaging, tax] =
            [IDENTITY_API_URL, ADMIN_API_URL, TOKENOMICS_API_URL, MESSAGING_API_URL, TAX_API_URL]
                .map(|name| reader.url(name));
        let [outbox_submitter_url, projector_url] = [OUTBOX_SUBMITTER_URL, PROJECTOR_URL].map(|name| reader.url(name));
        let [outbox_submitters, projectors] = [OUTBOX_SUBMITTERS, PROJECTORS].map(|name| reader.count(name, COUNT_MAX));
        let [sockets_per_person, sockets_per_address] =
            [SOCKETS_PER_PERSON, SOCKETS_PER_ADDRESS].map(|name| reader.count(name, SOCKETS_MAX));
        let step_up_amount = reader.needed::<Qirat>(STEP_UP_QIRAT);
        let route_record_file = reader.optional(ROUTE_RECORD_FILE);

        let settings = (|| {
            let public_url = public_url?;
            Some(Self {
                env: env?,
                data,
                listen_address: listen_address?,
                log_level: log_level?,
                log_format: log_format?,
                database_url: database_url?,
                redis_url,
                s3,
                smtp_url,
                mail_from,
                sms_url,
                sms_token,
                session_secret: session_secret?,
                biometric_key,
                public_api_url: public_api_url.unwrap_or_else(|| public_url.clone()),
                public_ws_url: public_ws_url.unwrap_or_else(|| public_url.clone()),
                public_url,
                identity_api_url: identity,
                admin_api_url: admin,
                tokenomics_api_url: tokenomics,
                messaging_api_url: messaging,
                tax_api_url: tax,
                outbox_submitter_url,
                projector_url,
                outbox_submitters: outbox_submitters?,
                projectors: projectors?,
                sockets_per_person: sockets_per_person?,
                sockets_per_address: sockets_per_address?,
                webhook_allowed_networks: webhook_allowed_networks?,
                projection_lag_threshold: Duration::from_millis(lag_ms?),
                step_up_amount: step_up_amount?,
                route_record_file,
                proxies: proxies?,
                rates,
            })
        })();
        match settings {
            Some(settings) if reader.problems.is_empty() => Ok(settings),
            _ => Err(SettingsError(reader.problems)),
        }
    }

    /// The networks whose `X-Forwarded-For` is believed.
    #[must_use]
    pub const fn trusted_proxies(&self) -> &Networks {
        &self.proxies
    }

    /// The rate of a class.
    #[must_use]
    pub fn rate(&self, class: RateClass) -> Option<Rate> {
        self.rates.get(class.setting()).copied()
    }

    /// Whether browsers reach the wallet over TLS, so that cookies can insist on it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

struct Reader {
    values: BTreeMap<&'static str, String>,
    problems: Vec<SettingProblem>,
}

impl Reader {
    fn new(sources: &SettingsSources) -> Self {
        let defaults: BTreeMap<&str, &str> =
            declared().filter_map(|setting| Some((setting.name, setting.default?))).collect();
        let mut figment =
            Figment::new().merge(Serialized::defaults(defaults)).merge(Serialized::defaults(by_name(&sources.given)));
        let mut problems = Vec::new();
        if let Some(file) = &sources.file {
            if file.is_file() {
                figment = figment.merge(Toml::file(file));
            } else {
                problems.push(SettingProblem::File(format!("{} is no file", file.display())));
            }
        }
        figment = figment.merge(Serialized::defaults(by_name(&sources.environment)));
        let mut values = BTreeMap::new();
        for setting in declared() {
            // The file may use an older name too; the present one wins.
            for name in std::iter::once(&setting.name).chain(setting.aliases) {
                match figment.find_value(name) {
                    Ok(value) => {
                        let text = value.as_str().map_or_else(
                            || value.to_num().and_then(|number| number.to_i128()).map(|number| number.to_string()),
                            |text| Some(text.to_owned()),
                        );
                        match text {
                            Some(text) => drop(values.entry(setting.name).or_insert(text)),
                            None => problems.push(SettingProblem::Invalid {
                                name: setting.name,
                                why: "it is neither a text nor a whole number".to_owned(),
                            }),
                        }
                    }
                    Err(error) if error.missing() => {}
                    Err(error) => {
                        problems.push(SettingProblem::File(error.to_string()));
                        return Self { values, problems };
                    }
                }
            }
        }
        Self { values, problems }
    }

    fn declaration(name: &str) -> Option<&'static SettingDecl> {
        declared().find(|setting| setting.name == name)
    }

    fn missing(&mut self, name: &'static str) {
        let help = Self::declaration(name).map_or("", |setting| setting.help);
        let problem = SettingProblem::Missing { name, help };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn invalid(&mut self, name: &'static str, why: impl Into<String>) {
        self.problems.push(SettingProblem::Invalid { name, why: why.into() });
    }

    fn optional<T: FromStr<Err: fmt::Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.values.get(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let why = error.to_string();
                self.invalid(name, why);
                None
            }
        }
    }

    /// How many of something one process runs.
    fn count(&mut self, name: &'static str, max: usize) -> Option<usize> {
        let count = self.needed::<usize>(name)?;
        if (1..=max).contains(&count) {
            return Some(count);
        }
        self.invalid(name, format!("it is a whole number from 1 to {max}"));
        None
    }

    fn needed<T: FromStr<Err: fmt::Display>>(&mut self, name: &'static str) -> Option<T> {
        if self.values.contains_key(name) {
            return self.optional(name);
        }
        self.missing(name);
        None
    }

    fn optional_secret(&mut self, name: &'static str) -> Option<Secret> {
        self.values.get(name).map(Secret::new)
    }

    fn needed_secret(&mut self, name: &'static str) -> Option<Secret> {
        let secret = self.optional_secret(name);
        if secret.is_none() {
            self.missing(name);
        }
        secret
    }

    fn url(&mut self, name: &'static str) -> Option<String> {
        let text = self.values.get(name)?.trim_end_matches('/').to_owned();
        let rest = ["http://", "https://", "ws://", "wss://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
            self.invalid(name, "it is no address such as https://wallet.gxcoin.money");
            return None;
        }
        Some(text)
    }

    fn s3(&mut self) -> Option<S3Settings> {
        let endpoint = self.url(S3_ENDPOINT)?;
        let bucket = self.needed(S3_BUCKET_DOCUMENTS);
        let region = self.needed(S3_REGION);
        let id = self.needed_secret(AWS_ACCESS_KEY_ID);
        let key = self.needed_secret(AWS_SECRET_ACCESS_KEY);
        Some(S3Settings {
            endpoint,
            bucket_documents: bucket?,
            region: region?,
            access_key_id: id?,
            secret_access_key: key?,
        })
    }
}

fn by_name(values: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for setting in declared() {
        // The present name wins over an older one.
        let names = std::iter::once(&setting.name).chain(setting.aliases);
        if let Some(value) = names.into_iter().find_map(|name| values.get(*name)) {
            named.insert(setting.name, value);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> BTreeMap<String, String> {
        [
            (GX_ENV, "testnet"),
            (GX_DATA, "/var/lib/gx"),
            (DATABASE_URL, "postgres://gx:hunter2@db/gx"),
            (SESSION_SECRET, "0123456789abcdef0123456789abcdef"),
            (PUBLIC_URL, "https://testnet.gxcoin.money/"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn load(environment: BTreeMap<String, String>) -> Result<Settings, SettingsError> {
        Settings::load(&SettingsSources { environment, ..SettingsSources::default() })
    }

    #[test]
    fn a_complete_environment_is_read() {
        let settings = load(complete()).unwrap();
        assert_eq!(settings.env, EnvName::Testnet);
        assert_eq!(settings.public_api_url, "https://testnet.gxcoin.money");
        assert!(settings.is_https());
        assert!(!format!("{settings:?}").contains("hunter2"), "secrets are not printed");
    }

    #[test]
    fn what_would_be_refused_later_is_refused_here() {
        for (name, value, said) in [
            (LOG_LEVEL, "zzz", "\"zzz\" is no level"),
            (LOG_LEVEL, "info,gx_store", "\"gx_store\" is no level"),
            (SMTP_URL, "not a server", "no address of a mail server"),
            (MAIL_FROM, "nobody", "the sender is no address"),
        ] {
            let mut environment = complete();
            environment.insert(SMTP_URL.to_owned(), "smtp://localhost:2525".to_owned());
            environment.insert(MAIL_FROM.to_owned(), "GX <no-reply@gxcoin.money>".to_owned());
            assert!(load(environment.clone()).is_ok());
            environment.insert(name.to_owned(), value.to_owned());
            let refused = load(environment).unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains(said), "{refused}");
        }
        for good in ["info", "WARN", "off", "info,gx_store=debug", "gx_platform=trace"] {
            let mut environment = complete();
            environment.insert(LOG_LEVEL.to_owned(), good.to_owned());
            assert!(load(environment).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_identity_of_an_environment_has_no_defaults() {
        let SettingsError(problems) = load(BTreeMap::new()).unwrap_err();
        let missing: Vec<_> = problems
            .iter()
            .filter_map(|problem| match problem {
                SettingProblem::Missing { name, .. } => Some(*name),
                _ => None,
            })
            .collect();
        for name in [GX_ENV, DATABASE_URL, SESSION_SECRET, PUBLIC_URL, GX_DATA] {
            assert!(missing.contains(&name), "{name} in {missing:?}");
        }
    }

    #[test]
    fn unreadable_values_are_named() {
        for (name, value) in [
            (GX_ENV, "prod"),
            (SESSION_SECRET, "short"),
            (PUBLIC_URL, "wallet"),
            (TRUSTED_PROXIES, "everyone"),
            (WEBHOOK_ALLOWED_NETWORKS, "everywhere"),
            ("RATE_LIMIT_WRITE", "0/60"),
            (PROJECTION_LAG_THRESHOLD_MS, "soon"),
        ] {
            let mut environment = complete();
            environment.insert(name.to_owned(), value.to_owned());
            let error = load(environment).unwrap_err();
            assert!(
                matches!(error.0.as_slice(), [SettingProblem::Invalid { name: named, .. }] if *named == name),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn webhooks_leave_mainnet_for_public_addresses_alone() {
        let mut environment = complete();
        environment.insert(WEBHOOK_ALLOWED_NETWORKS.to_owned(), "10.0.0.0/8, 127.0.0.1".to_owned());
        assert!(!load(environment.clone()).unwrap().webhook_allowed_networks.is_empty(), "on a test network");
        environment.insert(GX_ENV.to_owned(), "mainnet".to_owned());
        let error = load(environment.clone()).unwrap_err();
        assert!(error.to_string().contains("WEBHOOK_ALLOWED_NETWORKS"), "{error}");
        environment.remove(WEBHOOK_ALLOWED_NETWORKS);
        assert!(load(environment).unwrap().webhook_allowed_networks.is_empty());
    }

    #[test]
    fn older_names_are_read_and_the_present_name_wins() {
        let mut environment = complete();
        environment.remove(PUBLIC_URL);
        environment.insert("NEXTAUTH_URL".to_owned(), "https://old.example".to_owned());
        assert_eq!(load(environment.clone()).unwrap().public_url, "https://old.example");
        environment.insert(PUBLIC_URL.to_owned(), "https://new.example".to_owned());
        assert_eq!(load(environment).unwrap().public_url, "https://new.example");
    }

    #[test]
    fn the_environment_wins_over_what_is_given() {
        let mut given = complete();
        given.insert(LISTEN_ADDRESS.to_owned(), "127.0.0.2".to_owned());
        let environment = [(LISTEN_ADDRESS.to_owned(), "127.0.0.3".to_owned())].into();
        let settings = Settings::load(&SettingsSources { given, environment, file: None }).unwrap();
        assert_eq!(settings.listen_address.to_string(), "127.0.0.3");
    }

    #[test]
    fn names_are_declared_once() {
        let mut names: Vec<_> =
            declared().flat_map(|setting| std::iter::once(&setting.name).chain(setting.aliases)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
