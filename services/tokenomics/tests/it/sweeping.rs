//! Sweeps: every waiting credit reaches its balance once, whoever asks and however often.

use gx_store::Col;
use gx_store::entity::{accounts, delta_claims};
use gx_store::repo::{conservation, deltas};
use gx_store::sea_orm::EntityTrait;
use gx_types::{AccountId, SystemAccount};

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fees_and_treasury_parts_reach_their_balances_once() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
        for _ in 0..20 {
            world.pay(&amina, &ben, 10_000).await;
        }
        let db = world.test.app.store().read();
        let fund = AccountId::System(SystemAccount::OperationsFund);
        let figures = async || {
            let row = accounts::Entity::find_by_id(Col(fund)).one(db).await.unwrap().unwrap();
            (row.settled_balance.0.get(), row.unsettled_credit.0.get())
        };
        assert_eq!(figures().await, (0, 20 * 15));

        // Two replicas at the same time, and once more afterwards.
        let other = world.test.second().await;
        let treasury = async |code: &str| {
            world.api.get(&format!("/api/v1/treasury/{code}/balance")).token(&amina.token).send().await
        };
        let before = treasury("us").await;
        assert_eq!(before.status, 200, "{}", before.body);
        let told = |body: &serde_json::Value| {
            ["countryCode", "balance", "settled", "unswept", "status"]
                .map(|name| body["balance"][name].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(told(&before.body), ["US", "50000000", "0", "50000000", "LOCKED"]);
        assert_eq!(before.body["balance"]["accountId"], "treasury_US");
        let (first, second) = tokio::join!(
            gx_tokenomics::sweeps::enqueue_due(&world.test.app),
            gx_tokenomics::sweeps::enqueue_due(&other)
        );
        assert_eq!(
            first.unwrap().enqueued + second.unwrap().enqueued,
            3,
            "operations fund and the treasuries of two countries"
        );
        world.settled().await;
        assert_eq!(figures().await, (20 * 15, 0));
        // What a treasury holds does not change by a sweep; a country without people has a treasury of nothing.
        assert_eq!(told(&treasury("US").await.body), ["US", "50000000", "50000000", "0", "LOCKED"]);
        assert_eq!(told(&treasury("VA").await.body), ["VA", "0", "0", "0", "LOCKED"]);
        assert_eq!(treasury("XX").await.status, 404);
        assert_eq!(treasury("USA").await.field(), "countryCode:FIELD_INVALID");
        assert_eq!(world.api.get("/api/v1/treasury/US/balance").send().await.status, 401);
        assert_eq!(gx_tokenomics::sweeps::enqueue_due(&world.test.app).await.unwrap().enqueued, 0);
        assert!(deltas::accounts_to_sweep(db, 10).await.unwrap().is_empty());
        assert!(delta_claims::Entity::find().all(db).await.unwrap().is_empty());
        let books = conservation::check(db).await.unwrap();
        assert!(books.holds(), "{books:?}");
    }
}
