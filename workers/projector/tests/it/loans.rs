//! Loans from the application to the last repayment, as the read model and the borrower see them.

use gx_contracts::Function;
use gx_contracts::testing::{call, create_user};
use gx_store::Store;
use gx_types::{OnchainStatus, PersonState, PersonStatus};

use crate::support::*;

const ON_THE_WAY: PersonState =
    PersonState { status: PersonStatus::ApprovedPendingOnchain, onchain: OnchainStatus::Pending };

async fn clean(store: &Store) {
    let findings = gx_projector::rebuild::check_now(store).await.unwrap();
    assert_eq!(findings.faults, Vec::<String>::new());
}

/// A borrower known to the database, and a world that has lent nothing yet.
async fn borrower(store: &Store) -> (World, String) {
    let alice = gx_id("US", "1990-01-01", 1);
    add_person(store, 1, "Alice Adams", &alice, ON_THE_WAY).await;
    let mut world = World::ready();
    world.call(&create_user(&alice, 36, 0)).unwrap();
    (world, alice.to_string())
}

fn apply(world: &mut World, who: &str, key: &str) -> String {
    let tx = world.call(&call(Function::ApplyForLoan, &[who, "100000000", &"ab".repeat(32), key])).unwrap();
    match &tx.events[0].body {
        gx_contracts::EventBody::LoanApplied { loan_id, .. } => loan_id.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn told(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for place in 0.. {
        let sql = format!(
            "SELECT title || '|' || message || '|' || COALESCE(action_url, '') FROM notifications \
             WHERE action_url LIKE '/loans/%' ORDER BY created_at LIMIT 1 OFFSET {place}"
        );
        match text(store, &sql).await {
            Some(notice) => all.push(notice),
            None => break,
        }
    }
    all
}

#[tokio::test]
async fn a_loan_is_followed_and_its_borrower_told_once_for_each_step() {
    for test in stores().await {
        let store = &test.store;
        let (mut world, alice) = borrower(store).await;
        let loan = apply(&mut world, &alice, "loan-a");
        let row = "SELECT status || '|' || amount || '|' || outstanding || '|' || COALESCE(first_approver, '-') || '|' \
                   || COALESCE(second_approver, '-') FROM loans";
        let step = async |world: &mut World, function, args: &[&str]| {
            world.call(&call(function, args)).unwrap();
            world.cut();
            project(store, &world.chain).await;
            text(store, row).await.unwrap()
        };
        world.cut();
        project(store, &world.chain).await;
        assert_eq!(text(store, row).await.unwrap(), "PENDING_APPROVAL|100000000|0|-|-");
        let stands = step(&mut world, Function::ApproveLoan, &[&loan, "maria", "loanapprove-b"]).await;
        assert_eq!(stands, "APPROVED|100000000|0|maria|-");
        let stands = step(&mut world, Function::ApproveLoan, &[&loan, "omar", "loanapprove-c"]).await;
        assert_eq!(stands, "ACTIVE|100000000|100000000|maria|omar");
        let stands = step(&mut world, Function::RepayLoan, &[&loan, &alice, "40000000", "loanrepay-d"]).await;
        assert_eq!(stands, "ACTIVE|100000000|60000000|maria|omar");
        let stands = step(&mut world, Function::RepayLoan, &[&loan, &alice, "60000000", "loanrepay-e"]).await;
        assert_eq!(stands, "PAID|100000000|0|maria|omar");

        let page = format!("/loans/{loan}");
        let expected = [
            format!(
                "Your loan of 100 GX has arrived|Your loan of 100 GX was approved and paid out. Your balance is 600 GX.|{page}"
            ),
            format!("You paid back 40 GX|You paid back 40 GX. 60 GX are still owed. Your balance is 560 GX.|{page}"),
            format!(
                "You paid back 60 GX|You paid back 60 GX. Your loan of 100 GX is paid back. Your balance is 500 GX.|{page}"
            ),
        ];
        assert_eq!(told(store).await, expected);
        let others =
            "SELECT COUNT(*) FROM notifications WHERE action_url = '/history' AND title NOT LIKE 'Your grant%'";
        assert_eq!(count(store, others).await, 0, "the coins are told of once");
        assert_eq!(count(store, "SELECT COUNT(*) FROM transactions WHERE remark LIKE 'Loan%'").await, 5);
        clean(store).await;
    }
}

#[tokio::test]
async fn whose_loan_is_declined_reads_why() {
    for test in stores().await {
        let store = &test.store;
        let (mut world, alice) = borrower(store).await;
        let loan = apply(&mut world, &alice, "loan-a");
        world.cut();
        // In a batch of its own, which has nothing else of the borrower.
        project(store, &world.chain).await;
        world.call(&call(Function::RejectLoan, &[&loan, "maria", "the deed is not yours", "loanreject-b"])).unwrap();
        world.cut();
        project(store, &world.chain).await;
        assert_eq!(
            text(store, "SELECT status || '|' || reason FROM loans").await.unwrap(),
            "REJECTED|the deed is not yours"
        );
        let expected = format!(
            "Loan declined|Your application for a loan of 100 GX was declined: «the deed is not yours».|/loans/{loan}"
        );
        assert_eq!(told(store).await, [expected]);
        clean(store).await;
    }
}
