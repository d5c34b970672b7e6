//! Who may not, and what the policy does not let through.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gx_base::{Clock, EntropyExt, SystemClock, SystemEntropy};
use gx_contracts::{Call, Function, RefusalCode, Role, void_key_call};
use gx_ledger::{KeyState, Ledger, LedgerError, Prepared, Proposal};
use gx_types::LedgerKey;

use super::network::Network;

const WAIT: Duration = Duration::from_secs(60);

/// `ENDORSEMENT_POLICY_FAILURE`.
const POLICY_FAILURE: u8 = 10;

/// Every role is refused what another one may, a signer without role everything.
pub async fn by_role(network: &Network) {
    let ledger = network.ledger();
    let key = format!("suite-{}", SystemEntropy.token(8));
    let person = "US 984 AUM945 0OIQR 9012";
    let payment = Function::TransferWithFees.call(words(&[person, person, "1", "P2P", "none", &key]));
    let bootstrap = Function::BootstrapSystem.call(words(&[&key]));
    let registration = Function::CreateUser.call(words(&[person, &"0".repeat(64), "US", "36", "0", &key]));
    for (call, role) in [
        (&payment, Role::SuperAdmin),
        (&payment, Role::PartnerApi),
        (&bootstrap, Role::Admin),
        (&bootstrap, Role::PartnerApi),
        (&registration, Role::Admin),
        (&registration, Role::SuperAdmin),
    ] {
        let call = Call { role, ..call.clone() };
        let name = call.function.clone();
        let prepared = ledger.prepare(Proposal { call, timestamp: SystemClock.now() }).await.unwrap();
        let Prepared::Refused(refusal) = prepared else { panic!("{name} as {}: {prepared:?}", role.as_str()) };
        assert_eq!(refusal.code, RefusalCode::RoleRefused, "{name} as {}: {refusal}", role.as_str());
        println!("{name} as {}: {refusal}", role.as_str());
    }
    let nobody = network.ledger_as([(Role::Admin, network.signer("Admin"))].into());
    let asked = nobody.evaluate(Function::GetSystemStatus.call(Vec::new())).await.unwrap_err();
    let LedgerError::Refused(refusal) = asked else { panic!("without a role: {asked:?}") };
    assert_eq!(refusal.code, RefusalCode::RoleRefused);
    println!("AdminContract:GetSystemStatus without a role: {refusal}");
    let status = ledger.evaluate(Function::GetSystemStatus.call(Vec::new())).await.unwrap();
    assert!(status.starts_with(b"{"), "roles may read");
}

/// What one organisation alone has endorsed stands in a block as invalid, and changes nothing.
pub async fn by_policy(network: &Network) {
    let ledger = network.ledger();
    let client = Arc::clone(ledger.client());
    let (config, organisations) = (network.config(), network.organisations());
    let key = LedgerKey::prefixed("suite", &SystemEntropy.token(8));
    let call = void_key_call(&key);
    let args = || -> Vec<Bytes> {
        std::iter::once(&call.function).chain(&call.args).map(|arg| Bytes::copy_from_slice(arg.as_bytes())).collect()
    };
    for (endorsed_by, code) in [(&organisations[..1], POLICY_FAILURE), (&organisations[..], 0)] {
        let (tx_id, proposal) = client.propose(call.role, &config.chaincode, args(), SystemClock.now()).await.unwrap();
        let prepared = client.endorse(&tx_id, proposal, endorsed_by).await.unwrap();
        client.submit(&tx_id, client.sign(call.role, prepared).await.unwrap()).await.unwrap();
        let status = client.commit_status(call.role, &tx_id, WAIT).await.unwrap().expect("it ends in time");
        assert_eq!(status.code, code, "endorsed by {endorsed_by:?}");
        println!(
            "endorsed by {}: code {}, transaction {tx_id}, block {}",
            endorsed_by.join(" and "),
            status.code,
            status.block
        );
        let under_key = ledger.receipt_of(&key).await.unwrap();
        match (code, under_key) {
            (POLICY_FAILURE, None) => {}
            (0, Some(KeyState::Void { tx_id: by })) => assert_eq!(by, tx_id),
            (_, under_key) => panic!("endorsed by {endorsed_by:?}: {under_key:?}"),
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
