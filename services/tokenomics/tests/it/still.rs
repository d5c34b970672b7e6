//! The service without workers: commands stay where they are put, so that every order of things can be arranged.

use gx_contracts::fees::FeeSchedule;
use gx_platform::testing::{SignedInPerson, TestApi, TestApp, TestOptions, TestPerson};
use gx_store::Col;
use gx_store::entity::{accounts, system_parameters, wallets};
use gx_store::sea_orm::{EntityTrait, IntoActiveModel as _};
use gx_types::{AccountId, AccountKind, AccountStatus, AccountType, GxId, OnchainStatus, PersonStatus, Qirat, Sex};
use std::sync::atomic::{AtomicU64, Ordering};

/// A platform on which nothing moves by itself.
pub struct Still {
    /// Application, clock, database.
    pub test: TestApp,
    /// The service's routes.
    pub api: TestApi,
    number: AtomicU64,
}

/// A person with an id on the ledger.
pub struct Someone {
    /// Profile, session, token.
    pub person: SignedInPerson,
    /// Id on the ledger.
    pub id: GxId,
    /// E-mail address.
    pub email: String,
}

impl Still {
    pub async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for postgres in [false, true] {
            if let Some(test) = TestApp::start_with(TestOptions { postgres, ..TestOptions::default() }).await {
                all.push(Self::around(test).await);
            }
        }
        all
    }

    pub async fn start() -> Self {
        Self::around(TestApp::start().await).await
    }

    pub async fn with(options: TestOptions) -> Self {
        Self::around(TestApp::start_with(options).await.unwrap()).await
    }

    async fn around(test: TestApp) -> Self {
        test.bind_ledger().await;
        let now = test.clock_now();
        test.write(move |tx| {
            Box::pin(async move {
                let row = system_parameters::Model {
                    param_key: "feeSchedule".to_owned(),
                    param_value: FeeSchedule::initial().to_json(),
                    updated_block: 1,
                    updated_at: Col(now),
                };
                system_parameters::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
        let api = test.serve([gx_tokenomics::routes()]);
        Self { test, api, number: AtomicU64::new(0) }
    }

    /// A person on the ledger with a balance.
    pub async fn holder(&self, country: &str, balance: u64) -> Someone {
        let someone = self.person(country, PersonStatus::Active, OnchainStatus::Registered).await;
        let (account, profile_id, now) =
            (AccountId::Holder(someone.id), someone.person.profile_id, self.test.clock_now());
        let settled = Qirat::new(balance).unwrap();
        self.test
            .write(move |tx| {
                Box::pin(async move {
                    let row = accounts::Model {
                        account_id: Col(account),
                        kind: Col(AccountKind::Person),
                        country_code: None,
                        settled_balance: Col(settled),
                        unsettled_credit: Col(Qirat::ZERO),
                        status: Col(AccountStatus::Active),
                        frozen: false,
                        created_block: 1,
                        updated_block: 1,
                        updated_at: Col(now),
                    };
                    accounts::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
                    let wallet = wallets::Model {
                        wallet_id: account.to_string(),
                        profile_id: Col(profile_id),
                        account_id: Col(account),
                        wallet_name: "Primary Wallet".to_owned(),
                        created_at: Col(now),
                        updated_at: Col(now),
                    };
                    wallets::Entity::insert(wallet.into_active_model()).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await;
        someone
    }

    /// A person in some state, without an account.
    pub async fn person(&self, country: &str, status: PersonStatus, onchain_status: OnchainStatus) -> Someone {
        let number = self.number.fetch_add(1, Ordering::SeqCst);
        let country = country.parse().unwrap();
        let date_of_birth = "1990-03-15".parse().unwrap();
        let id = GxId::generate(country, date_of_birth, Sex::Female, AccountType::INDIVIDUAL, number).unwrap();
        let mailbox = format!("person-{number}");
        let email = format!("{mailbox}@devnet.gxcoin.test");
        let gx_id = (onchain_status != OnchainStatus::NotRegistered).then_some(id);
        let person =
            TestPerson { mailbox, country, date_of_birth, status, onchain_status, gx_id, ..TestPerson::default() };
        Someone { person: self.test.person(person).await, id, email }
    }
}

/// The time of a test.
pub trait Now {
    /// The time now.
    fn clock_now(&self) -> gx_types::Timestamp;
}

impl Now for TestApp {
    fn clock_now(&self) -> gx_types::Timestamp {
        self.app.now()
    }
}
