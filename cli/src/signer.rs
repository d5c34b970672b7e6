//! `gx serve signer`: keys of Fabric identities on a machine of their own. It needs no database and no setting.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use gx_fabric::chaincode::ServerTls;
use gx_fabric::identity::{FileSigner, Signer};
use gx_fabric::signing::serve_signers;
use gx_platform::settings::LogFormat;
use tokio::net::TcpListener;

use crate::args::ServeSigner;
use crate::serve::stop_signal;

/// Serves until SIGTERM or Ctrl-C; then answers what is under way.
///
/// # Errors
/// When a file is of no use, or the address is taken.
pub async fn run(args: ServeSigner) -> Result<()> {
    gx_platform::logging::install("info", LogFormat::Text);
    let read = |file: &Path| fs::read(file).with_context(|| file.display().to_string());
    let tls = ServerTls {
        certificate: read(&args.tls_cert)?,
        key: read(&args.tls_key)?,
        client_ca: Some(read(&args.client_ca)?),
    };
    let mut signers = Vec::new();
    for folder in &args.identity {
        // A key is asked for by its certificate; the organisation is of no importance here.
        let signer = FileSigner::open("", &folder.join("cert.pem"), &folder.join("key.pem"))
            .with_context(|| folder.display().to_string())?;
        println!("signs for {}", signer.identity().certificate.subject);
        signers.push(signer);
    }
    let listener = TcpListener::bind(args.address)
        .await
        .with_context(|| format!("the signer cannot listen on {}", args.address))?;
    println!("signer at {}", listener.local_addr()?);
    serve_signers(listener, signers, tls, stop_signal()).await?;
    println!("signer stopped");
    Ok(())
}
