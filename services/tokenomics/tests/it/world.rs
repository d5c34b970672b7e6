//! The service with everything behind it: embedded ledger, submitter, projector.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gx_base::{Clock, SystemEntropy};
use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Command, CountryShare};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_outbox_submitter::{Submitter, SubmitterOptions};
use gx_platform::BusMessage;
use gx_platform::testing::{SignedInPerson, TestApi, TestApp, TestOptions, TestPerson};
use gx_projector::Projector;
use gx_store::outbox::{self, NewCommand};
use gx_types::{
    AccountType, Actor, CommandId, CorrelationId, Gender, GxId, OnchainStatus, PersonStatus, Qirat, Sex, Sha256Hex,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running platform.
pub struct World {
    /// Application, clock, database.
    pub test: TestApp,
    /// The service's routes.
    pub api: TestApi,
    stop: CancellationToken,
    number: AtomicU64,
    _folder: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    /// On every database there is.
    pub async fn each() -> Vec<Self> {
        let mut worlds = Vec::new();
        for postgres in [false, true] {
            if let Some(test) = TestApp::start_with(TestOptions { postgres, ..TestOptions::default() }).await {
                worlds.push(Self::around(test).await);
            }
        }
        worlds
    }

    /// On SQLite.
    pub async fn start() -> Self {
        Self::around(TestApp::start().await).await
    }

    async fn around(test: TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, entropy) = (test.app.clock().clone(), Arc::new(SystemEntropy));
        let options = EmbeddedOptions::of(test.app.env());
        let ledger = Arc::new(EmbeddedLedger::open(folder.path(), options, clock.clone(), entropy.clone()).unwrap());
        let stop = CancellationToken::new();

        let projector = Projector::of(&test.app, ledger.clone() as Arc<dyn Ledger>);
        let stopped = stop.clone();
        tokio::spawn(async move { projector.run(stopped).await.unwrap() });
        let bus = test.app.bus().clone();
        let submitter = Submitter::new(
            test.app.store().clone(),
            ledger.clone(),
            clock,
            entropy,
            SubmitterOptions::default(),
            Arc::new(move |ids: &[CommandId]| bus.publish(&BusMessage::CommandsSettled { command_ids: ids.to_vec() })),
        );
        let stopped = stop.clone();
        tokio::spawn(async move { submitter.run(stopped).await.unwrap() });

        let api = test.serve([gx_tokenomics::routes()]);
        let world = Self { test, api, stop, number: AtomicU64::new(0), _folder: folder };
        world.command(Command::BootstrapSystem).await;
        let countries = COUNTRIES
            .iter()
            .map(|country| CountryShare { code: country.code.parse().unwrap(), share_e8: country.share_e8 })
            .collect();
        world.command(Command::InitializeCountryData { countries, request: "all".parse().unwrap() }).await;
        world.settled().await;
        world
    }

    fn next(&self) -> u64 {
        self.number.fetch_add(1, Ordering::SeqCst)
    }

    /// Enqueues a command of the platform.
    pub async fn command(&self, command: Command) -> CommandId {
        let app = &self.test.app;
        let new = NewCommand {
            command_id: CommandId::from_uuid(app.new_uuid()),
            command,
            actor: Actor::Platform,
            correlation_id: CorrelationId::from_uuid(app.new_uuid()),
            now: app.clock().now(),
        };
        self.test
            .write(move |tx| {
                let new = new.clone();
                Box::pin(async move { outbox::enqueue(tx, new).await })
            })
            .await
    }

    /// Waits until every command is settled and projected.
    pub async fn settled(&self) {
        eventually("everything is settled", async || {
            let depth = outbox::depth(self.test.app.store().read()).await.unwrap();
            assert_eq!(depth.dead, 0, "a command is dead");
            depth.pending + depth.submitting + depth.submitted + depth.unprojected == 0
        })
        .await;
    }

    /// A person on the ledger with a grant of 500 GX.
    pub async fn granted(&self, first_name: &str, country: &str) -> SignedInPerson {
        self.person(first_name, country, "1990-03-15").await
    }

    /// A person on the ledger, too old for a grant.
    pub async fn ungranted(&self, first_name: &str, country: &str) -> SignedInPerson {
        self.person(first_name, country, "1940-07-22").await
    }

    async fn person(&self, first_name: &str, country: &str, born: &str) -> SignedInPerson {
        let (number, born) = (self.next(), born.parse().unwrap());
        let nationality = country.parse().unwrap();
        let id = GxId::generate(nationality, born, Sex::Female, AccountType::INDIVIDUAL, number).unwrap();
        let person = self
            .test
            .person(TestPerson {
                first_name: first_name.to_owned(),
                last_name: "Johnson".to_owned(),
                mailbox: format!("{first_name}-{number}"),
                country: nationality,
                date_of_birth: born,
                gender: Gender::Female,
                status: PersonStatus::ApprovedPendingOnchain,
                onchain_status: OnchainStatus::Pending,
                gx_id: Some(id),
            })
            .await;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        self.command(Command::CreateUser {
            profile_id: person.profile_id,
            user_id: id,
            document_hash: Sha256Hex::from_bytes(hash),
            nationality,
            age: born.age_at(self.test.clock.now()).unwrap(),
            shard: 0,
            request: format!("submission-{number}").parse().unwrap(),
        })
        .await;
        self.settled().await;
        person
    }

    /// Settled and pending balance, in Qirat.
    pub async fn balance(&self, person: &SignedInPerson) -> (u64, u64) {
        balance(&self.api, person).await
    }

    /// A transfer that waits until it is settled; returns the command as the API tells it.
    pub async fn pay(&self, from: &SignedInPerson, to: &SignedInPerson, amount: u64) -> Value {
        let answer = self
            .api
            .post("/api/v1/transfers")
            .token(&from.token)
            .header("idempotency-key", &format!("payment-{:08}", self.next()))
            .header("prefer", "wait=20")
            .json(&json!({ "toID": to.profile_id, "amount": amount.to_string(), "reason": "for you" }))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    /// A request for payment; returns it as the API tells it.
    pub async fn request(&self, creator: &SignedInPerson, amount: u64) -> Value {
        let body = json!({ "amount": amount.to_string(), "description": "Lunch" });
        let answer = self.api.post("/api/v1/qsend").token(&creator.token).json(&body).send().await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
        answer.body
    }
}

/// Settled and pending balance, in Qirat.
pub async fn balance(api: &TestApi, person: &SignedInPerson) -> (u64, u64) {
    let path = format!("/api/v1/wallets/{}/balance", person.profile_id);
    let answer = api.get(&path).token(&person.token).send().await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let figure = |name: &str| answer.body["balance"][name].as_str().unwrap().parse::<Qirat>().unwrap().get();
    let frozen = answer.body["balance"]["frozen"] == true;
    assert_eq!(figure("available"), if frozen { 0 } else { figure("balance") - figure("pending") });
    (figure("balance"), figure("pending"))
}

/// Waits until something is so.
pub async fn eventually(what: &str, so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
