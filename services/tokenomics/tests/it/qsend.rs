//! Q Send with a ledger that decides.

use serde_json::{Value, json};

use crate::world::World;

async fn pay(world: &World, payer: &str, code: &str) -> gx_platform::testing::TestAnswer {
    world.api.post(&format!("/api/v1/qsend/{code}/pay")).token(payer).header("prefer", "wait=20").send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_scanned_and_paid_and_both_sides_are_told() {
    for world in World::each().await {
        let giver = world.granted("Grace", "US").await;
        let (amina, ben) = (world.ungranted("Amina", "US").await, world.ungranted("Ben", "GB").await);
        world.pay(&giver, &amina, 10_000).await;
        world.pay(&giver, &ben, 5_000).await;
        assert_eq!((world.balance(&amina).await.0, world.balance(&ben).await.0), (10_000, 5_000));

        let request = world.request(&amina, 50).await;
        let code = request["requestCode"].as_str().unwrap();
        assert_eq!((&request["status"], &request["validitySeconds"]), (&json!("ACTIVE"), &json!(300)));

        // The payer scans, sees name, amount, fee and total, and pays.
        let scan = json!({ "qrData": request["qrData"] });
        let seen = world.api.post("/api/v1/qsend/verify").token(&ben.token).json(&scan).send().await.body;
        let of = |name: &str| seen["request"][name].clone();
        assert_eq!(seen["valid"], true);
        assert_eq!(
            (of("creatorName"), of("amount"), of("fee"), of("total")),
            (json!("Amina Johnson"), json!("50"), json!("1"), json!("51"))
        );

        let paid = pay(&world, &ben.token, code).await;
        assert_eq!(paid.status, 200, "{:?}", paid.body);
        assert_eq!((&paid.body["status"], &paid.body["payerName"]), (&json!("PAID"), &json!("Ben Johnson")));
        assert_eq!(paid.body["onChainTxId"].as_str().unwrap().len(), 64);
        assert_eq!((world.balance(&amina).await, world.balance(&ben).await), ((10_050, 0), (4_949, 0)));

        let read = world.api.get(&format!("/api/v1/qsend/{code}")).token(&amina.token).send().await.body;
        assert_eq!(
            (&read["status"], &read["payerName"], &read["fee"]),
            (&json!("PAID"), &json!("Ben Johnson"), &json!("1"))
        );
        assert_eq!((&read["onChainTxId"], &read["commandId"]), (&paid.body["onChainTxId"], &paid.body["commandId"]));
        assert_eq!(read["scannedCount"], 1);
        let command = format!("/api/v1/commands/{}", paid.body["commandId"].as_str().unwrap());
        let status = world.api.get(&command).token(&ben.token).send().await.body;
        assert_eq!(
            (&status["status"], &status["result"]["transactionId"]),
            (&json!("CONFIRMED"), &paid.body["onChainTxId"])
        );
        assert_eq!(world.api.get(&command).token(&amina.token).send().await.status, 404);
        let stranger = world.api.get(&format!("/api/v1/qsend/{code}")).token(&giver.token).send().await.body;
        assert_eq!(
            (&stranger["status"], &stranger["payerName"], &stranger["onChainTxId"]),
            (&json!("PAID"), &Value::Null, &Value::Null)
        );

        // Paid once, however often one presses.
        let again = pay(&world, &ben.token, code).await;
        assert_eq!((again.status, &again.body["commandId"]), (200, &paid.body["commandId"]));
        assert_eq!(pay(&world, &giver.token, code).await.code(), "QSEND_ALREADY_PAID");
        assert_eq!(world.balance(&ben).await, (4_949, 0));

        world.request(&amina, 100).await;
        world.request(&amina, 100).await;
        let stats = world.api.get("/api/v1/qsend/dashboard").token(&amina.token).send().await.body["stats"].clone();
        assert_eq!(
            (&stats["totalRequests"], &stats["totalAmountRequested"], &stats["totalAmountPaid"]),
            (&json!(3), &json!("250"), &json!("50")),
        );
        assert_eq!((&stats["paidRequests"], &stats["activeRequests"]), (&json!(1), &json!(2)));
        let mine = world.api.get("/api/v1/qsend?role=payer").token(&ben.token).send().await.body;
        assert_eq!(
            (mine["requests"].as_array().unwrap().len(), &mine["requests"][0]["requestCode"]),
            (1, &json!(code))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_payers_at_once_exactly_one_is_charged() {
    for world in World::each().await {
        let (amina, ben, clara) =
            (world.granted("Amina", "US").await, world.granted("Ben", "GB").await, world.granted("Clara", "GB").await);
        for _ in 0..5 {
            let before = (world.balance(&ben).await.0, world.balance(&clara).await.0);
            let code = world.request(&amina, 1_000).await["requestCode"].as_str().unwrap().to_owned();
            let (first, second) = tokio::join!(pay(&world, &ben.token, &code), pay(&world, &clara.token, &code));
            let statuses = [first.status, second.status];
            assert!(statuses.contains(&200) && statuses.contains(&409), "{:?} {:?}", first.body, second.body);
            world.settled().await;
            let after = (world.balance(&ben).await.0, world.balance(&clara).await.0);
            assert_eq!(before.0 + before.1 - after.0 - after.1, 1_002);
            assert!(before.0 == after.0 || before.1 == after.1);
        }
        assert_eq!(world.balance(&amina).await.0, 500_005_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_payment_opens_the_request_again_for_the_next_payer() {
    let world = World::start().await;
    let (amina, ben, clara) =
        (world.granted("Amina", "US").await, world.granted("Ben", "GB").await, world.granted("Clara", "GB").await);
    let code = world.request(&amina, 1_000).await["requestCode"].as_str().unwrap().to_owned();

    // The payer's wallet is frozen on the ledger while the payment is on its way.
    let path = format!("/api/v1/wallets/{}/balance", ben.profile_id);
    let id = world.api.get(&path).token(&ben.token).send().await.body["balance"]["fabricUserId"].clone();
    let freeze = gx_contracts::Command::FreezeWallet {
        profile_id: ben.profile_id,
        user_id: id.as_str().unwrap().parse().unwrap(),
        reason: "test".to_owned(),
        request: "freeze".parse().unwrap(),
    };
    world.command(freeze).await;
    let refused = pay(&world, &ben.token, &code).await;
    assert_eq!((refused.status, refused.code()), (409, "ACCOUNT_FROZEN"), "{:?}", refused.body);
    world.settled().await;
    let read = world.api.get(&format!("/api/v1/qsend/{code}")).token(&amina.token).send().await.body;
    assert_eq!((&read["status"], &read["payerName"]), (&json!("ACTIVE"), &Value::Null));

    let paid = pay(&world, &clara.token, &code).await;
    assert_eq!((paid.status, &paid.body["payerName"]), (200, &json!("Clara Johnson")), "{:?}", paid.body);
    assert_eq!((world.balance(&amina).await.0, world.balance(&clara).await.0), (500_001_000, 499_998_998));
}
