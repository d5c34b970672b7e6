//! The network that `GX_FABRIC_CONNECT` names, and what needs no chaincode on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use gx_base::{SystemClock, SystemEntropy};
use gx_fabric::client::{Client, ClientConfig, FabricLedger};
use gx_fabric::identity::Material;
use gx_ledger::{Ledger, Outcome};
use gx_types::TxId;

/// The material of the network under test; `None`, and a line that says so, without one.
pub fn material(test: &str) -> Option<Material> {
    let Some(folder) = std::env::var_os("GX_FABRIC_CONNECT").map(PathBuf::from) else {
        eprintln!("skipped: {test}: GX_FABRIC_CONNECT names no folder with connection material");
        return None;
    };
    Some(Material::read(&folder).unwrap())
}

/// The first organisation's view of the network.
pub fn config(material: &Material) -> ClientConfig {
    ClientConfig::from_material(material, &material.endpoints.peers[0].msp_id).unwrap()
}

/// A ledger that signs as the organisation of its first gateway.
pub fn ledger(material: &Material, config: ClientConfig) -> FabricLedger {
    let home = material.endpoints.peers[0].msp_id.clone();
    let signers = material.signers(&home).unwrap();
    let client = Client::new(config, signers, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    FabricLedger::new(Arc::new(client))
}

#[tokio::test]
async fn blocks_are_checked_from_the_first_to_the_newest() {
    let Some(material) = material("blocks_are_checked_from_the_first_to_the_newest") else { return };
    let ledger = ledger(&material, config(&material));
    let info = ledger.info().await.unwrap();
    assert_eq!(info.organisations.len(), material.organisations.len());
    let mut blocks = ledger.blocks(0);
    for number in 0..=info.height {
        let block = blocks.next().await.unwrap().unwrap();
        assert_eq!(block.number, number);
        if number == 0 {
            assert_eq!(block.hash, info.fingerprint);
        }
        if number == info.height {
            assert_eq!((block.hash, block.timestamp >= info.last_block_at), (info.last_block_hash, true));
        }
    }
    println!("fingerprint {}, height {}", info.fingerprint, info.height);
}

#[tokio::test]
async fn a_transaction_that_nobody_sent_is_unknown() {
    let Some(material) = material("a_transaction_that_nobody_sent_is_unknown") else { return };
    let ledger = ledger(&material, config(&material));
    for wait in [Duration::ZERO, Duration::from_millis(20), Duration::from_millis(1_100)] {
        let outcome = ledger.outcome(&TxId::from_bytes([0xcd; 32]), wait).await.unwrap();
        assert_eq!(outcome, Outcome::Unknown, "after {wait:?}");
    }
}
