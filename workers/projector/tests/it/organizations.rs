//! What events of organisations do to the read model, on both databases.

use gx_contracts::testing::{call, create_user, pay};
use gx_contracts::{EventBody, Function};
use gx_store::Store;
use gx_types::{GxId, OnchainStatus, PersonState, PersonStatus, Qirat};

use crate::support::*;

const ORG: &str = "US 56C BNS641 1ORGA 0001";
const ON_THE_WAY: PersonState =
    PersonState { status: PersonStatus::ApprovedPendingOnchain, onchain: OnchainStatus::Pending };

/// Alice and Bob with their grants, and their organisation: active, 100 GX, both decide.
async fn organised(store: &Store, world: &mut World) -> (GxId, GxId) {
    let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
    add_person(store, 1, "Alice Adams", &alice, ON_THE_WAY).await;
    add_person(store, 2, "Bob Brown", &bob, ON_THE_WAY).await;
    world.call(&create_user(&alice, 36, 0)).unwrap();
    world.call(&create_user(&bob, 40, 0)).unwrap();
    let (a, b) = (alice.as_str(), bob.as_str());
    let both = format!(r#"["{a}","{b}"]"#);
    let rules = format!(r#"[{{"amountThreshold":"0","requiredApprovers":2,"approverGroup":{both}}}]"#);
    world.call(&call(Function::ProposeOrganization, &[ORG, "Adams & Brown", a, &both, &rules, "propose"])).unwrap();
    world.cut();
    world.call(&call(Function::EndorseMembership, &[ORG, a, "endorse-a"])).unwrap();
    world.call(&call(Function::EndorseMembership, &[ORG, b, "endorse-b"])).unwrap();
    world.call(&call(Function::ActivateOrganization, &[ORG, b, "activate"])).unwrap();
    world.call(&pay(a, ORG, Qirat::gx(100), "capital")).unwrap();
    world.cut();
    (alice, bob)
}

fn initiate(world: &mut World, who: &GxId, to: &str, amount: &str, key: &str) -> String {
    let tx = world.call(&call(Function::InitiateMultiSigTx, &[ORG, who.as_str(), to, amount, "wages", key])).unwrap();
    match &tx.events[0].body {
        EventBody::OrgTxInitiated { org_tx_id, .. } => org_tx_id.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn titles(store: &Store, number: u64) -> i64 {
    let title = "title = 'Your approval is asked'";
    count(store, &format!("SELECT COUNT(*) FROM notifications WHERE profile_id = '{}' AND {title}", profile(number)))
        .await
}

async fn clean(store: &Store) {
    let findings = gx_projector::rebuild::check_now(store).await.unwrap();
    assert_eq!(findings.faults, Vec::<String>::new());
}

#[tokio::test]
async fn an_organisation_becomes_an_account_that_its_people_find() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = organised(store, &mut world).await;
        project(store, &world.chain).await;

        let sql = "SELECT status || '|' || name || '|' || proposer_id FROM organizations";
        assert_eq!(text(store, sql).await.unwrap(), format!("VERIFIED|Adams & Brown|{alice}"));
        for person in [&alice, &bob] {
            let sql = format!("SELECT COUNT(*) FROM organization_stakeholders WHERE stakeholder_id = '{person}'");
            assert_eq!(count(store, &sql).await, 1);
        }
        let stakeholders = text(store, "SELECT stakeholders FROM organizations").await.unwrap();
        assert!(!stakeholders.contains("null"), "both have endorsed: {stakeholders}");
        assert_eq!(balances(store).await[ORG], 100_000_000);
        let told = "SELECT COUNT(*) FROM notifications WHERE title = 'Your organisation is active'";
        assert_eq!(count(store, told).await, 2);
        clean(store).await;
    }
}

#[tokio::test]
async fn what_it_pays_is_kept_with_every_decision_and_told_to_its_people() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = organised(store, &mut world).await;
        let paid = initiate(&mut world, &alice, bob.as_str(), "10000", "i-1");
        world.cut();
        let executed = world.call(&call(Function::ApproveMultiSigTx, &[&paid, bob.as_str(), "a-1"])).unwrap();
        // Two more, each in one block from beginning to end.
        let failed = initiate(&mut world, &bob, alice.as_str(), "900000000", "i-2");
        world.call(&call(Function::ApproveMultiSigTx, &[&failed, alice.as_str(), "a-2"])).unwrap();
        let rejected = initiate(&mut world, &bob, alice.as_str(), "5", "i-3");
        world.call(&call(Function::RejectMultiSigTx, &[&rejected, alice.as_str(), "too little", "r-3"])).unwrap();
        world.cut();
        project(store, &world.chain).await;

        let row =
            |id: &str, what: &str| format!("SELECT {what} FROM organization_transactions WHERE org_tx_id = '{id}'");
        let sql = row(&paid, "status || '|' || executed_tx_id || '|' || amount");
        assert_eq!(text(store, &sql).await.unwrap(), format!("EXECUTED|{}|10000", executed.tx_id));
        let decisions = text(store, &row(&paid, "decisions")).await.unwrap();
        assert_eq!(decisions.matches("\"approved\":true").count(), 2, "{decisions}");
        let sql = row(&failed, "status || '|' || failure_code");
        assert_eq!(text(store, &sql).await.unwrap(), "EXECUTION_FAILED|INSUFFICIENT_FUNDS");
        assert_eq!(text(store, &row(&rejected, "status")).await.unwrap(), "REJECTED");
        assert!(text(store, &row(&rejected, "decisions")).await.unwrap().contains("too little"));
        // 30 Q are the fee of a business that pays a person abroad.
        assert_eq!(balances(store).await[ORG], 100_000_000 - 10_030);
        for account in [ORG, alice.as_str(), bob.as_str()] {
            assert_eq!(balances(store).await[account], i64::try_from(world.balance(account).get()).unwrap());
        }
        // Whoever initiates is not asked; the receiver is told by the organisation's name.
        assert_eq!((titles(store, 1).await, titles(store, 2).await), (2, 1));
        let sql = format!(
            "SELECT message FROM notifications WHERE profile_id = '{}' AND kind = 'WALLET_CREDITED' AND tx_id = '{}'",
            profile(2),
            executed.tx_id
        );
        assert!(text(store, &sql).await.unwrap().starts_with("«Adams & Brown» paid you"));
        clean(store).await;
    }
}

#[tokio::test]
async fn locks_rules_and_expiries_are_projected() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = organised(store, &mut world).await;
        let late = initiate(&mut world, &alice, bob.as_str(), "50", "i-1");
        let group = format!(r#"["{bob}"]"#);
        for (person, key) in [(&alice, "rule-a"), (&bob, "rule-b")] {
            let args = [ORG, person.as_str(), "1000", "1", &group, key];
            world.call(&call(Function::DefineAuthRule, &args)).unwrap();
        }
        world.call(&call(Function::DefineAuthRule, &[ORG, alice.as_str(), "2000", "1", &group, "rule-c"])).unwrap();
        world.call(&call(Function::LockOrganization, &[ORG, "a court asked", "lock"])).unwrap();
        world.cut();
        project(store, &world.chain).await;
        let sql = "SELECT status || '|' || lock_reason FROM organizations";
        assert_eq!(text(store, sql).await.unwrap(), "LOCKED|a court asked");
        let frozen = format!("SELECT COUNT(*) FROM accounts WHERE account_id = '{ORG}' AND frozen");
        assert_eq!(count(store, &frozen).await, 1);
        assert!(text(store, "SELECT rules FROM organizations").await.unwrap().contains("\"1000\""));
        assert!(text(store, "SELECT proposed_rules FROM organizations").await.unwrap().contains("\"2000\""));

        world.call(&call(Function::UnlockOrganization, &[ORG, "unlock"])).unwrap();
        world.now = world.now.plus(std::time::Duration::from_hours(72));
        world.call(&call(Function::ExpireMultiSigTx, &[&late, "expire"])).unwrap();
        world.cut();
        project(store, &world.chain).await;
        assert_eq!(text(store, "SELECT status FROM organizations").await.unwrap(), "VERIFIED");
        assert_eq!(count(store, &frozen).await, 0);
        assert_eq!(text(store, "SELECT status FROM organization_transactions").await.unwrap(), "EXPIRED");
        clean(store).await;
    }
}
