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
        assert_eq!(gx_tokenomics::sweeps::enqueue_due(&world.test.app).await.unwrap().enqueued, 0);
        assert!(deltas::accounts_to_sweep(db, 10).await.unwrap().is_empty());
        assert!(delta_claims::Entity::find().all(db).await.unwrap().is_empty());
        let books = conservation::check(db).await.unwrap();
        assert!(books.holds(), "{books:?}");
    }
}
