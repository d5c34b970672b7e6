//! Each fault of a connection says what it is, in time, and leaves the connection usable for others.

use std::time::{Duration, Instant};

use futures::StreamExt;
use gx_contracts::Function;
use gx_ledger::{Ledger, LedgerErrorClass};

use crate::network::{config, ledger, material};

/// What `info` says on a network seen through a changed configuration.
async fn said(
    change: impl FnOnce(&mut gx_fabric::client::ClientConfig, &gx_fabric::identity::Material),
) -> Option<String> {
    let material = material("a fault of the connection")?;
    let mut config = config(&material);
    config.gateways.truncate(1);
    change(&mut config, &material);
    let begin = Instant::now();
    let error = ledger(&material, config).info().await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(30), "it took {:?}", begin.elapsed());
    assert_eq!(error.class(), LedgerErrorClass::Transport);
    println!("{error}");
    Some(error.to_string())
}

#[tokio::test]
async fn a_wrong_tls_name_is_named() {
    let text = said(|config, _| {
        config.gateways[0].tls.as_mut().unwrap().server_name = Some("somebody.else".to_owned());
    });
    if let Some(text) = text.await {
        assert!(text.contains("not valid for name") && text.contains("somebody.else"), "{text}");
    }
}

#[tokio::test]
async fn another_authority_is_named() {
    let text = said(|config, material| {
        let ca = material.organisations[&config.gateways[0].msp_id].ca.clone();
        config.gateways[0].tls.as_mut().unwrap().ca_pem = ca;
    });
    if let Some(text) = text.await {
        assert!(text.contains("UnknownIssuer") || text.contains("invalid peer certificate"), "{text}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_named() {
    let text = said(|config, _| config.gateways[0].address = "127.0.0.1:1".to_owned());
    if let Some(text) = text.await {
        assert!(text.contains("127.0.0.1:1") && text.to_lowercase().contains("refused"), "{text}");
    }
}

#[tokio::test]
async fn another_channel_is_named() {
    let text = said(|config, _| config.channel = "gxchannel-elsewhere".to_owned());
    if let Some(text) = text.await {
        assert!(text.contains("NOT_FOUND"), "{text}");
    }
}

#[tokio::test]
async fn a_chaincode_that_is_not_there_is_named() {
    let Some(material) = material("a_chaincode_that_is_not_there_is_named") else { return };
    let mut config = config(&material);
    config.chaincode = "nowhere".to_owned();
    let error = ledger(&material, config).evaluate(Function::GetSystemStatus.call(Vec::new())).await.unwrap_err();
    println!("{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn the_second_gateway_answers_when_the_first_is_gone() {
    let Some(material) = material("the_second_gateway_answers_when_the_first_is_gone") else { return };
    let mut config = config(&material);
    config.gateways[0].address = "127.0.0.1:1".to_owned();
    assert!(config.gateways.len() > 1, "the network has one gateway only");
    let ledger = ledger(&material, config);
    let there = ledger.info().await.unwrap();
    let genesis = ledger.blocks(0).next().await.unwrap().unwrap();
    assert_eq!(genesis.hash, there.fingerprint);
}
