//! `gx serve chaincode`: the contracts, for peers of Hyperledger Fabric. It needs no database and no setting.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::routing::get;
use gx_fabric::chaincode::{Endpoint, HostConfig, ServerTls, serve};
use gx_platform::settings::LogFormat;
use tokio::net::TcpListener;

use crate::args::ServeChaincode;
use crate::serve::stop_signal;

/// Serves until SIGTERM or Ctrl-C; then answers what is in flight.
///
/// # Errors
/// When addresses and package ids do not pair up, a file is not readable, or an address is taken.
pub async fn run(args: ServeChaincode) -> Result<()> {
    gx_platform::logging::install("info", LogFormat::Text);
    gx_platform::metrics::install(crate::docs::METRICS)?;
    ensure!(
        args.address.len() == args.package_id.len(),
        "every --address needs its --package-id: a peer does not say which package it wants, so each has an address of \
         its own ({} addresses, {} package ids)",
        args.address.len(),
        args.package_id.len(),
    );
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(ServerTls {
            certificate: read(certificate)?,
            key: read(key)?,
            client_ca: args.client_ca.as_deref().map(read).transpose()?,
        }),
        _ => None,
    };
    let mut endpoints = Vec::new();
    for (address, package_id) in args.address.iter().zip(&args.package_id) {
        let package_id = package_id.parse()?;
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("the chaincode cannot listen on {address}"))?;
        let encryption = if tls.is_some() { "TLS" } else { "no TLS" };
        println!("chaincode {package_id} at {} ({encryption})", listener.local_addr()?);
        endpoints.push(Endpoint { listener, package_id });
    }
    if let Some(address) = args.metrics {
        let listener = TcpListener::bind(address).await.with_context(|| format!("no metrics on {address}"))?;
        println!("metrics at http://{}/metrics", listener.local_addr()?);
        let router = Router::new()
            .route("/metrics", get(|| async { gx_platform::metrics::render() }))
            .route("/livez", get(|| async { "ok" }));
        // It ends with the process.
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    let config = HostConfig { transactions_max: usize::from(args.transactions_max), ..HostConfig::default() };
    serve(endpoints, tls, config, stop_signal()).await?;
    println!("chaincode stopped");
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| file.display().to_string())
}
