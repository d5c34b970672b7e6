//! The real application for tests, with fakes at its outer edge only: a clock that the test moves, randomness that
//! repeats, a database of its own, mail that stays in the mailbox.
//!
//! ```ignore
//! let test = TestApp::start().await;
//! let api = test.serve([routes()]);
//! let alice = test.person(TestPerson::default()).await;
//! let answer = api.get("/api/v1/qsend").token(&alice.token).send().await;
//! assert_eq!(answer.status, 200);
//! ```

#![expect(clippy::expect_used, reason = "a test's scaffolding stops the test when it cannot stand")]

mod api;
mod mail_server;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use gx_base::{Clock, ManualClock, Secret, SeededEntropy};
use gx_store::entity::{admin_sessions, admin_users, sessions, user_profiles};
use gx_store::repo::dev_mailbox;
use gx_store::repo::ledger_binding::{self, Beat};
use gx_store::sea_orm::{EntityTrait, Set};
use gx_store::testing::TestStore;
use gx_store::{Backend, Col, Store, StoreError};
use gx_types::{
    AdminId, AdminRole, BirthDate, CountryCode, Gender, GxId, OnchainStatus, PersonStatus, ProfileId, SessionTransport,
    Sha256Hex, Timestamp,
};
use tokio_util::sync::CancellationToken;

use crate::auth::NewSession;
use crate::http::{RouteSet, api_not_found, envelope};
use crate::settings::{self, Settings, SettingsSources};
use crate::{App, AppParts};

pub use api::{TestAnswer, TestApi, TestRequest};
pub use mail_server::{MailMood, MailServer};

/// When tests begin: 2026-01-15T12:00:00Z.
pub const START: Timestamp = Timestamp::from_micros(1_768_478_400_000_000);

/// The application in a test.
pub struct TestApp {
    /// The application.
    pub app: App,
    /// Its clock; move it with `advance`.
    pub clock: Arc<ManualClock>,
    /// Where its database is.
    pub database_url: String,
    /// Its data folder.
    pub folder: tempfile::TempDir,
    changed: BTreeMap<&'static str, String>,
    _store: TestStore,
}

/// How a test's application differs from the usual one.
#[derive(Default)]
pub struct TestOptions {
    /// Settings that differ, by name.
    pub settings: BTreeMap<&'static str, String>,
    /// PostgreSQL instead of SQLite.
    pub postgres: bool,
}

impl TestOptions {
    /// Changes a setting.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.insert(name, value.into());
        self
    }
}

impl TestApp {
    /// The application on devnet with an SQLite database of its own.
    pub async fn start() -> Self {
        Self::start_with(TestOptions::default()).await.expect("SQLite is always there")
    }

    /// The application as the options say; `None` for PostgreSQL without a test server.
    pub async fn start_with(options: TestOptions) -> Option<Self> {
        let backend = if options.postgres { Backend::Postgres } else { Backend::Sqlite };
        let store = TestStore::migrated(backend).await.expect("a test database can be made")?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let clock = Arc::new(ManualClock::at(START));
        let app = Self::app(&store.store, &store.url, &folder, clock.clone(), 1, &options.settings).await;
        let changed = options.settings;
        Some(Self { app, clock, database_url: store.url.clone(), folder, changed, _store: store })
    }

    /// A second process on the same database and folder.
    pub async fn second(&self) -> App {
        let store = self.app.store().clone();
        Self::app(&store, &self.database_url, &self.folder, self.clock.clone(), 2, &self.changed).await
    }

    async fn app(
        store: &Store,
        url: &str,
        folder: &tempfile::TempDir,
        clock: Arc<ManualClock>,
        seed: u64,
        changed: &BTreeMap<&'static str, String>,
    ) -> App {
        let settings = test_settings(url, folder, changed);
        let parts = AppParts {
            settings,
            clock,
            entropy: Arc::new(SeededEntropy::new(seed)),
            store: store.clone(),
            stop: CancellationToken::new(),
        };
        App::start(parts).await.expect("the application starts")
    }

    /// The given routes as a component serves them.
    #[must_use]
    pub fn serve(&self, sets: impl IntoIterator<Item = RouteSet>) -> TestApi {
        Self::serve_of(&self.app, sets)
    }

    /// The given routes as another process serves them.
    #[must_use]
    pub fn serve_of(app: &App, sets: impl IntoIterator<Item = RouteSet>) -> TestApi {
        let sets: Vec<RouteSet> = sets.into_iter().collect();
        let mut router = api_not_found(Router::new(), app, &sets.iter().collect::<Vec<_>>());
        for set in sets {
            router = router.merge(set.mount(app));
        }
        TestApi::new(envelope(router, app, "test"))
    }

    /// Moves the clock onward.
    pub fn advance(&self, by: std::time::Duration) {
        self.clock.advance(by);
    }

    /// Binds a ledger: what its holder writes at every heartbeat.
    pub async fn bind_ledger(&self) {
        let now = self.clock.now();
        let beat = Beat {
            fingerprint: Sha256Hex::from_bytes([7; 32]),
            height: 1,
            last_block_at: now,
            organisations: vec!["Org1DevnetMSP".to_owned(), "Org2DevnetMSP".to_owned()],
        };
        self.write(move |tx| {
            let beat = beat.clone();
            Box::pin(async move { ledger_binding::beat(tx, &beat, now).await })
        })
        .await;
    }

    /// A unit of work that must succeed.
    pub async fn write<F, T>(&self, work: F) -> T
    where
        F: for<'tx> Fn(&'tx gx_store::Tx) -> gx_store::Work<'tx, T, StoreError> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.app.store().write(work).await.expect("the unit of work succeeds")
    }

    /// Makes a person and signs them in.
    pub async fn person(&self, person: TestPerson) -> SignedInPerson {
        let profile_id = ProfileId::from_uuid(self.app.new_uuid());
        let row = person.row(profile_id, self.clock.now());
        self.write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                user_profiles::Entity::insert(row).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
        self.sign_in(profile_id).await
    }

    /// A new token session of a person.
    pub async fn sign_in(&self, profile_id: ProfileId) -> SignedInPerson {
        let session = NewSession::begin(SessionTransport::Token, &*self.clock, &**self.app.entropy());
        let now = self.clock.now();
        let row = sessions::ActiveModel {
            session_id: Set(session.session_id.into()),
            profile_id: Set(profile_id.into()),
            transport: Set(session.transport.into()),
            refresh_hash: Set(session.refresh_hash().map(Col)),
            csrf_hash: Set(Some(session.csrf_hash.into())),
            rotations: Set(0),
            created_at: Set(now.into()),
            last_used_at: Set(now.into()),
            expires_at: Set(now.plus(std::time::Duration::from_secs(30 * 24 * 3600)).into()),
            ..Default::default()
        };
        self.write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                sessions::Entity::insert(row).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
        let token = self.app.auth().person_token(profile_id, session.session_id).await.expect("a key signs");
        SignedInPerson { profile_id, session_id: session.session_id, token }
    }

    /// Makes an administrator and signs them in.
    pub async fn admin(&self, role: AdminRole) -> SignedInAdmin {
        let admin_id = AdminId::from_uuid(self.app.new_uuid());
        let now = self.clock.now();
        let name = format!("{}-{}", role.as_str().to_lowercase(), admin_id.uuid().simple());
        let session = NewSession::begin(SessionTransport::Token, &*self.clock, &**self.app.entropy());
        let admin = admin_users::ActiveModel {
            admin_id: Set(admin_id.into()),
            username: Set(name.clone()),
            email: Set(format!("{name}@devnet.gxcoin.test")),
            display_name: Set("Test Administrator".to_owned()),
            password_hash: Set(String::new()),
            role: Set(role.into()),
            is_active: Set(true),
            must_change_password: Set(false),
            created_by: Set("test".to_owned()),
            created_at: Set(now.into()),
            updated_at: Set(now.into()),
            ..Default::default()
        };
        let row = admin_sessions::ActiveModel {
            session_id: Set(session.session_id.into()),
            admin_id: Set(admin_id.into()),
            transport: Set(session.transport.into()),
            refresh_hash: Set(session.refresh_hash().map(Col)),
            csrf_hash: Set(Some(session.csrf_hash.into())),
            rotations: Set(0),
            created_at: Set(now.into()),
            last_used_at: Set(now.into()),
            expires_at: Set(now.plus(std::time::Duration::from_secs(24 * 3600)).into()),
            mfa_verified_at: Set(Some(now.into())),
            ..Default::default()
        };
        self.write(move |tx| {
            let (admin, row) = (admin.clone(), row.clone());
            Box::pin(async move {
                admin_users::Entity::insert(admin).exec_without_returning(tx).await?;
                admin_sessions::Entity::insert(row).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
        let token = self.app.auth().admin_token(admin_id, session.session_id).await.expect("a key signs");
        SignedInAdmin { admin_id, session_id: session.session_id, username: name, token }
    }

    /// The texts of what was mailed or texted to `recipient`, newest first.
    pub async fn mailbox(&self, recipient: &str) -> Vec<String> {
        let rows =
            dev_mailbox::newest(self.app.store().read(), Some(recipient), 50).await.expect("the mailbox is read");
        rows.into_iter().map(|row| row.body).collect()
    }
}

/// The settings of a test: everything an environment needs, limits wide enough not to be in the way.
#[must_use]
pub fn test_settings(url: &str, folder: &tempfile::TempDir, changed: &BTreeMap<&'static str, String>) -> Settings {
    let mut given: BTreeMap<String, String> = [
        (settings::GX_ENV, "devnet".to_owned()),
        (settings::GX_DATA, folder.path().display().to_string()),
        (settings::DATABASE_URL, url.to_owned()),
        (settings::SESSION_SECRET, "a secret that only tests know, 32+".to_owned()),
        (settings::PUBLIC_URL, "http://localhost:3000".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for class in crate::http::RateClass::ALL {
        given.insert(class.setting().to_owned(), "100000/1".to_owned());
    }
    // A test run that asks which operations were answered asks every test.
    if let Ok(file) = std::env::var(settings::ROUTE_RECORD_FILE) {
        given.insert(settings::ROUTE_RECORD_FILE.to_owned(), file);
    }
    given.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let sources = SettingsSources { given, ..SettingsSources::default() };
    Settings::load(&sources).expect("the settings of tests are complete")
}

/// A person to make.
#[derive(Debug, Clone)]
pub struct TestPerson {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Part before the @ of the address; made from the id when empty.
    pub mailbox: String,
    /// Nationality.
    pub country: CountryCode,
    /// Birth date.
    pub date_of_birth: BirthDate,
    /// Gender.
    pub gender: Gender,
    /// Where they stand.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
    /// GX id, for people whom the ledger knows.
    pub gx_id: Option<GxId>,
}

impl Default for TestPerson {
    fn default() -> Self {
        Self {
            first_name: "Alice".to_owned(),
            last_name: "Johnson".to_owned(),
            mailbox: String::new(),
            country: "US".parse().expect("a country"),
            date_of_birth: "1990-03-15".parse().expect("a date"),
            gender: Gender::Female,
            status: PersonStatus::Registered,
            onchain_status: OnchainStatus::NotRegistered,
            gx_id: None,
        }
    }
}

impl TestPerson {
    fn row(self, profile_id: ProfileId, now: Timestamp) -> user_profiles::ActiveModel {
        let mailbox = if self.mailbox.is_empty() { profile_id.uuid().simple().to_string() } else { self.mailbox };
        let email = format!("{mailbox}@devnet.gxcoin.test");
        user_profiles::ActiveModel {
            profile_id: Set(profile_id.into()),
            email_normalised: Set(email.to_lowercase()),
            email: Set(email),
            password_hash: Set(String::new()),
            first_name: Set(self.first_name),
            last_name: Set(self.last_name),
            date_of_birth: Set(self.date_of_birth.into()),
            gender: Set(self.gender.into()),
            nationality_country_code: Set(self.country.into()),
            is_pep: Set(false),
            status: Set(self.status.into()),
            onchain_status: Set(self.onchain_status.into()),
            gx_id: Set(self.gx_id.map(Col)),
            created_at: Set(now.into()),
            updated_at: Set(now.into()),
            ..Default::default()
        }
    }
}

/// A person with an access token.
#[derive(Debug, Clone)]
pub struct SignedInPerson {
    /// Who.
    pub profile_id: ProfileId,
    /// In which session.
    pub session_id: gx_types::SessionId,
    /// Access token.
    pub token: String,
}

/// An administrator with an access token.
#[derive(Debug, Clone)]
pub struct SignedInAdmin {
    /// Who.
    pub admin_id: AdminId,
    /// In which session.
    pub session_id: gx_types::SessionId,
    /// Name.
    pub username: String,
    /// Access token.
    pub token: String,
}

/// A secret for tests that hash passwords.
#[must_use]
pub fn test_password() -> Secret {
    Secret::new("TestPass123!")
}
