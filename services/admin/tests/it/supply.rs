//! How many coins there are.

use gx_contracts::pools::Pool;
use gx_store::entity::{accounts, supply_pools};
use gx_store::sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use gx_types::{AccountId, AccountKind, Qirat};
use serde_json::json;

use crate::world::World;

pub async fn bootstrap(world: &World, minted: &[(Pool, Qirat)]) {
    let minted = minted.to_vec();
    world
        .test
        .write(move |tx| {
            let minted = minted.clone();
            Box::pin(async move {
                for pool in Pool::ALL {
                    let account = AccountId::System(pool.account());
                    let row = supply_pools::Model {
                        pool_id: pool.as_str().to_owned(),
                        account_id: account.into(),
                        cap: pool.cap().into(),
                        minted: minted
                            .iter()
                            .find(|(p, _)| *p == pool)
                            .map_or(Qirat::ZERO, |(_, amount)| *amount)
                            .into(),
                        updated_block: 5,
                    };
                    supply_pools::Entity::insert(row.into_active_model().reset_all())
                        .exec_without_returning(tx)
                        .await?;
                    let row = accounts::ActiveModel {
                        account_id: Set(account.into()),
                        kind: Set(AccountKind::System.into()),
                        settled_balance: Set(Qirat::gx(2).into()),
                        unsettled_credit: Set(Qirat::gx(1).into()),
                        status: Set(gx_types::AccountStatus::Active.into()),
                        frozen: Set(false),
                        created_block: Set(1),
                        updated_block: Set(5),
                        updated_at: Set(gx_platform::testing::START.into()),
                        ..Default::default()
                    };
                    accounts::Entity::insert(row).exec_without_returning(tx).await?;
                }
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn the_public_figures_are_exact_and_may_be_kept_for_a_minute() {
    let world = World::new().await;
    let before = world.api.get("/api/v1/public/supply").send().await;
    assert_eq!((before.status, &before.body["totalMinted"]), (200, &json!("0")));
    bootstrap(&world, &[(Pool::UserGenesis, Qirat::gx(1_000_000)), (Pool::Operations, Qirat::gx(312_500_000))]).await;
    let answer = world.api.get("/api/v1/public/supply").send().await;
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    let supply = answer.body;
    assert_eq!(supply["maxSupply"], "1250000000000000000");
    assert_eq!(supply["totalMinted"], "313500000000000");
    assert_eq!(supply["availableToMint"], "1249686500000000000");
    assert_eq!(supply["circulatingSupply"], (313_500_000_000_000_u64 - 6 * 3_000_000).to_string());
    assert_eq!(supply["mintedPercentage"], "0.02");
    assert_eq!(
        supply["pools"]["operations"],
        json!({ "cap": "31250000000000000", "minted": "312500000000000", "percentage": "1.00" })
    );

    let get =
        async |path: &str| world.api.get(&format!("/api/v1/admin/supply/{path}")).token(world.owner()).send().await;
    let status = get("status").await.body;
    assert_eq!(status["supply"]["totalMinted"], supply["totalMinted"]);
    assert_eq!(status["pools"].as_array().unwrap().len(), 6);
    let loan = get("pools/LOAN").await.body;
    assert_eq!((&loan["balance"], &loan["accountId"]), (&json!("3000000"), &json!("SYSTEM_LOAN_POOL")));
    assert_eq!(loan["free"], (300_000_000_000_000_000_u64 + 3_000_000).to_string());
    assert_eq!(get("pools/NONE").await.status, 404);
    assert_eq!(get("countries").await.body["countries"], json!([]), "no country is on the ledger yet");
}

#[tokio::test]
async fn two_people_pay_out_of_a_pool_and_never_more_than_it_has() {
    let world = World::new().await;
    let to = "US 984 AUM945 0ABCD 1234";
    let body = |pool: &str, amount: &str| json!({ "pool": pool, "to": to, "amount": amount, "remark": "relief" });
    let ask = async |body: serde_json::Value| world.ask("treasury/disburse", &body).await;
    assert_eq!(ask(body("LOAN", "1")).await.code(), "STATE_CONFLICT", "there are no pools yet");
    // All but a thousand Qirat is minted; the account of the pool holds 3 GX.
    let left = Qirat::new(1_000).unwrap();
    bootstrap(&world, &[(Pool::Loan, Pool::Loan.cap().checked_sub(left).unwrap())]).await;
    for (body, status, field) in [
        (body("LOAN", "0"), 422, "amount:AMOUNT_INVALID"),
        (body("MOON", "1"), 422, "pool:FIELD_INVALID"),
        (body("USER_GENESIS", "1"), 422, "pool:FIELD_INVALID"),
        (body("LOAN", "3001001"), 409, "amount:INSUFFICIENT_FUNDS"),
        (body("LOAN", "1"), 422, "to:ACCOUNT_NOT_FOUND"),
    ] {
        let answer = ask(body.clone()).await;
        assert_eq!((answer.status, answer.field()), (status, field.to_owned()), "{body}: {}", answer.body);
    }
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                let row = accounts::ActiveModel {
                    account_id: Set(AccountId::Holder(to.parse().unwrap()).into()),
                    kind: Set(AccountKind::Person.into()),
                    settled_balance: Set(Qirat::ZERO.into()),
                    unsettled_credit: Set(Qirat::ZERO.into()),
                    status: Set(gx_types::AccountStatus::Active.into()),
                    frozen: Set(false),
                    created_block: Set(1),
                    updated_block: Set(5),
                    updated_at: Set(gx_platform::testing::START.into()),
                    ..Default::default()
                };
                accounts::Entity::insert(row).exec_without_returning(tx).await?;
                Ok(())
            })
        })
        .await;
    let asked = ask(body("LOAN", "3001000")).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    assert_eq!(ask(body("LOAN", "1")).await.code(), "APPROVAL_OPEN", "one of a pool at a time");
    let approve = json!({ "decision": "APPROVE" });
    let done = world.vote(&world.second().token, &asked.body["approvalId"], &approve).await;
    assert_eq!(done.body["approval"]["status"], "EXECUTED", "{}", done.body);
    let row = world.command(&done.body["approval"]["commandId"]).await;
    assert_eq!(row.command_type, "DISBURSE_FROM_POOL");
}
