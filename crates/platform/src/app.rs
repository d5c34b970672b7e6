//! The application: everything a handler needs, made once and passed along.

use std::collections::BTreeMap;
use std::sync::Arc;

use gx_base::{Clock, Entropy, EntropyExt};
use gx_store::{Store, StoreError, StoreOptions};
use gx_types::EnvName;
use tokio_util::sync::CancellationToken;

use crate::auth::{Auth, Passwords, SecondFactors, TokenError, Tokens};
use crate::biometric::{BiometricError, BiometricKey};
use crate::bus::{Bus, BusMessage};
use crate::environment::{self, EnvironmentError};
use crate::http::shared_limits::SharedCounts;
use crate::http::{ApiResult, Cursors, Limits, RateClass, RateError, RouteRecorder};
use crate::ledger_state::LedgerState;
use crate::mail::{Mail, MailError};
use crate::objects::{Objects, ObjectsError};
use crate::outbound::Outbound;
use crate::secrets::{SealError, Secrets};
use crate::settings::Settings;
use crate::sms::Sms;

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database or the data folder is another environment's.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The signing keys.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The biometric key.
    #[error(transparent)]
    Biometric(#[from] BiometricError),
    /// The object store.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// The mail server.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The address of Redis.
    #[error("REDIS_URL cannot be used: {0}")]
    Redis(String),
    /// A rate limit.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// Deriving keys.
    #[error(transparent)]
    Keys(#[from] SealError),
}

/// What the application is made of, for the binary and for tests.
pub struct AppParts {
    /// Settings.
    pub settings: Settings,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Database, migrated.
    pub store: Store,
    /// Ends the application's own tasks.
    pub stop: CancellationToken,
}

impl AppParts {
    /// Connects to the database of the settings; neither migrates nor checks the schema.
    ///
    /// # Errors
    /// [`StoreError`] when it is out of reach.
    pub async fn connect(
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        stop: CancellationToken,
    ) -> Result<Self, StoreError> {
        let store = Store::connect(settings.database_url.expose(), StoreOptions::default()).await?;
        Ok(Self { settings, clock, entropy, store, stop })
    }
}

/// The application. Cheap to clone; the state of every handler.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    settings: Settings,
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    secrets: Arc<Secrets>,
    auth: Auth,
    passwords: Passwords,
    second_factors: SecondFactors,
    bus: Bus,
    objects: Objects,
    mail: Mail,
    sms: Sms,
    outbound: Outbound,
    biometric: BiometricKey,
    ledger: LedgerState,
    limits: Limits,
    cursors: Cursors,
    recorder: RouteRecorder,
    stop: CancellationToken,
}

impl App {
    /// Puts the application together: makes sure that database and folder are this environment's, loads or makes signing keys, checks the biometric key's fingerprint, opens object
    /// store and bus.
    ///
    /// # Errors
    /// [`AppError`] naming what is not as it must be.
    pub async fn start(parts: AppParts) -> Result<Self, AppError> {
        let AppParts { settings, clock, entropy, store, stop } = parts;
        // First thing, before anything speaks TLS or signs: two libraries bring a provider, and neither may guess.
        install_crypto();
        // Before anything is read or written: whose data is it?
        if let Some(folder) = &settings.data {
            environment::claim_folder(folder, settings.env)?;
        }
        environment::claim_database(&store, settings.env, clock.now()).await?;
        let secrets = Arc::new(Secrets::new(&settings.session_secret));
        let bus = match &settings.redis_url {
            None => Bus::local(),
            Some(url) => {
                let process = entropy.uuid_v7(clock.now());
                Bus::redis(url, settings.env, process, stop.clone())
                    .map_err(|error| AppError::Redis(error.to_string()))?
            }
        };
        let tokens =
            Tokens::open(settings.env, store.clone(), clock.clone(), entropy.clone(), Arc::clone(&secrets)).await?;
        let origins = [&settings.public_url, &settings.public_api_url].map(Clone::clone).to_vec();
        let auth = Auth::new(store.clone(), clock.clone(), tokens, bus.clone(), origins);
        let biometric = BiometricKey::open(&settings, &store, &*clock, &*entropy).await?;
        let rates: BTreeMap<&str, _> =
            RateClass::ALL.iter().filter_map(|class| Some((class.setting(), settings.rate(*class)?))).collect();
        let fallback: crate::http::Rate = "60/60".parse()?;
        let limits = Limits::new(clock.clone(), |class| rates.get(class.setting()).copied().unwrap_or(fallback))?;
        let shared = settings.redis_url.as_ref().map(|url| SharedCounts::open(url, settings.env, clock.clone()));
        let shared = shared.transpose().map_err(|error| AppError::Redis(error.to_string()))?;
        let limits = limits.sharing(shared);
        let app = Self(Arc::new(Inner {
            objects: Objects::open(&settings)?,
            mail: Mail::open(&settings, store.clone(), clock.clone(), entropy.clone())?,
            sms: Sms::open(&settings, store.clone(), clock.clone(), entropy.clone()),
            outbound: Outbound::open(&settings),
            ledger: LedgerState::new(store.clone(), clock.clone()),
            passwords: Passwords::new(entropy.clone()),
            second_factors: SecondFactors::new(Arc::clone(&secrets), clock.clone(), entropy.clone(), settings.env)?,
            cursors: Cursors::new(&secrets.derive("cursors")?),
            recorder: RouteRecorder::new(settings.route_record_file.clone()),
            settings,
            store,
            clock,
            entropy,
            secrets,
            auth,
            bus,
            biometric,
            limits,
            stop,
        }));
        app.listen();
        Ok(app)
    }

    /// Forgets sessions that other processes have ended.
    fn listen(&self) {
        let mut messages = self.0.bus.subscribe();
        let (app, stop) = (Arc::downgrade(&self.0), self.0.stop.clone());
        tokio::spawn(async move {
            loop {
                let message = tokio::select! {
                    () = stop.cancelled() => return,
                    message = messages.recv() => message,
                };
                match message {
                    Ok(BusMessage::SessionEnded { session_id }) => match app.upgrade() {
                        Some(app) => app.auth.forget(session_id),
                        None => return,
                    },
                    // What was missed is found in the database within five seconds.
                    Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                }
            }
        });
    }

    /// Name of the environment.
    #[must_use]
    pub fn env(&self) -> EnvName {
        self.0.settings.env
    }

    /// Settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> gx_types::Timestamp {
        self.0.clock.now()
    }

    /// Randomness.
    #[must_use]
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.0.entropy
    }

    /// A new UUIDv7.
    #[must_use]
    pub fn new_uuid(&self) -> uuid::Uuid {
        self.0.entropy.uuid_v7(self.now())
    }

    /// Who is asking.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// Passwords.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Second factors of people and administrators.
    #[must_use]
    pub fn second_factors(&self) -> &SecondFactors {
        &self.0.second_factors
    }

    /// The bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// The object store.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.0.objects
    }

    /// Mail.
    #[must_use]
    pub fn mail(&self) -> &Mail {
        &self.0.mail
    }

    /// Text messages.
    #[must_use]
    pub fn sms(&self) -> &Sms {
        &self.0.sms
    }

    /// Requests to addresses that administrators have typed.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    /// The one maker of biometric hashes.
    #[must_use]
    pub fn biometric(&self) -> &BiometricKey {
        &self.0.biometric
    }

    /// The ledger as services see it.
    #[must_use]
    pub fn ledger(&self) -> &LedgerState {
        &self.0.ledger
    }

    /// Rate limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Cursors of lists.
    #[must_use]
    pub fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    /// Ends when the process is asked to stop; long waits end with it.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// A key for `purpose`, the same in every process of the environment.
    ///
    /// # Errors
    /// 500 never in practice.
    pub fn derive_key(&self, purpose: &str) -> ApiResult<[u8; 32]> {
        self.0.secrets.derive(purpose).map_err(crate::http::ApiError::internal)
    }

    /// Encrypts `plain` so that only [`Self::open_sealed`] with the same `purpose` and `context` reads it.
    ///
    /// # Errors
    /// 500 never in practice.
    pub fn seal(&self, purpose: &str, context: &str, plain: &[u8]) -> ApiResult<Vec<u8>> {
        let sealed = self.0.secrets.seal(purpose, context, plain, &*self.0.entropy);
        sealed.map_err(crate::http::ApiError::internal)
    }

    /// Decrypts what [`Self::seal`] made.
    ///
    /// # Errors
    /// 500 when it was made with another session secret, purpose or context.
    pub fn open_sealed(&self, purpose: &str, context: &str, sealed: &[u8]) -> ApiResult<Vec<u8>> {
        self.0.secrets.open(purpose, context, sealed).map_err(crate::http::ApiError::internal)
    }

    pub(crate) fn recorder(&self) -> &RouteRecorder {
        &self.0.recorder
    }
}

/// Makes aws-lc-rs the process's provider of TLS; call it first thing in `main`. Later calls do nothing.
pub fn install_crypto() {
    // An error means that one is installed already, which is what is wanted.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
