//! The service, and a read model as the projector leaves it.

use gx_contracts::fees::FeeSchedule;
use gx_contracts::hoarding::HoardingTax;
use gx_contracts::parameters::{FEE_SCHEDULE, HOARDING_TAX};
use gx_platform::testing::{SignedInPerson, TestAnswer, TestApi, TestApp, TestOptions, TestPerson};
use gx_store::Col;
use gx_store::entity::{accounts, system_parameters, transactions};
use gx_store::sea_orm::{EntityTrait, IntoActiveModel as _};
use gx_types::{
    AccountId, AccountKind, AccountStatus, GxId, OnchainStatus, PersonStatus, Qirat, Timestamp, TransactionDirection,
    TransactionKind, TxId,
};

/// The service over its own database.
pub struct World {
    pub test: TestApp,
    pub api: TestApi,
}

/// A signed-in person with a GX id.
pub struct Someone {
    pub person: SignedInPerson,
    pub id: GxId,
}

impl World {
    /// On every database there is, on a ledger that was bootstrapped.
    pub async fn each() -> Vec<Self> {
        let mut worlds = Vec::new();
        for postgres in [false, true] {
            if let Some(test) = TestApp::start_with(TestOptions { postgres, ..TestOptions::default() }).await {
                let api = test.serve([gx_tax::routes()]);
                let world = Self { test, api };
                world.parameter(FEE_SCHEDULE, &FeeSchedule::initial().to_json()).await;
                world.parameter(HOARDING_TAX, &HoardingTax::initial().to_json()).await;
                worlds.push(world);
            }
        }
        worlds
    }

    /// Before the ledger has begun.
    pub async fn empty() -> Self {
        let test = TestApp::start().await;
        let api = test.serve([gx_tax::routes()]);
        Self { test, api }
    }

    /// What an event about a parameter leaves.
    pub async fn parameter(&self, name: &str, value: &str) {
        let now = self.test.app.now();
        let row = system_parameters::Model {
            param_key: name.to_owned(),
            param_value: value.to_owned(),
            updated_block: 3,
            updated_at: Col(now),
        };
        self.test
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    system_parameters::Entity::delete_by_id(row.param_key.clone()).exec(tx).await?;
                    system_parameters::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
                    Ok(())
                })
            })
            .await;
    }

    /// A person with an id and no account yet.
    pub async fn approved(&self, id: &str) -> Someone {
        let id: GxId = id.parse().unwrap();
        let person = self
            .test
            .person(TestPerson {
                status: PersonStatus::Active,
                onchain_status: OnchainStatus::Registered,
                gx_id: Some(id),
                ..TestPerson::default()
            })
            .await;
        Someone { person, id }
    }

    /// A person whose balances were these, the last of them now: (how many days ago, GX).
    pub async fn holder(&self, id: &str, balances: &[(u32, u64)]) -> Someone {
        let someone = self.approved(id).await;
        let now = self.test.app.now();
        let account = AccountId::Holder(someone.id);
        let lines: Vec<_> = balances
            .iter()
            .enumerate()
            .map(|(index, (days, gx))| line(account, index, ago(now, *days), Qirat::gx(*gx)))
            .collect();
        let settled = balances.last().map_or(Qirat::ZERO, |(_, gx)| Qirat::gx(*gx));
        self.test
            .write(move |tx| {
                let lines = lines.clone();
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
                    for line in lines {
                        transactions::Entity::insert(line.into_active_model()).exec_without_returning(tx).await?;
                    }
                    Ok(())
                })
            })
            .await;
        someone
    }

    pub async fn get(&self, path: &str) -> TestAnswer {
        self.api.get(path).send().await
    }

    /// The preview of an account as somebody asks for it.
    pub async fn preview(&self, asker: &Someone, account: &str) -> TestAnswer {
        let path = format!("/api/v1/tax/hoarding/accounts/{}", account.replace(' ', "%20"));
        self.api.get(&path).token(&asker.person.token).send().await
    }
}

/// So many days before.
pub fn ago(now: Timestamp, days: u32) -> Timestamp {
    now.minus(std::time::Duration::from_secs(86_400) * days)
}

fn line(account: AccountId, index: usize, at: Timestamp, after: Qirat) -> transactions::Model {
    let number = u8::try_from(index + 1).unwrap();
    let mut tx = [number; 32];
    tx[..20].copy_from_slice(&account.to_string().as_bytes()[..20]);
    transactions::Model {
        account_id: Col(account),
        tx_id: Col(TxId::from_bytes(tx)),
        event_index: 0,
        leg: 0,
        kind: Col(TransactionKind::Received),
        direction: Col(TransactionDirection::In),
        counterparty_id: None,
        amount: Col(Qirat::ZERO),
        fee: Col(Qirat::ZERO),
        balance_after: Some(Col(after)),
        remark: String::new(),
        ledger_key: None,
        block_number: i64::from(number),
        tx_position: 0,
        occurred_at: Col(at),
    }
}
