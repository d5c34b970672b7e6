//! `gx fabric`: the chaincode's package and its deployment.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{SystemClock, SystemEntropy};
use gx_fabric::client::ClientConfig;
use gx_fabric::identity::Material;
use gx_fabric::lifecycle::{Administrator, Definition, Deployment, Step, deploy, endorsed_by_all};
use gx_fabric::package::{Connection, Package};

use crate::args::{Deploy, Fabric, Pack};
use crate::identities;

/// Does what was asked.
///
/// # Errors
/// When a file or a peer cannot be reached, or says no.
pub async fn run(command: Fabric) -> Result<ExitCode> {
    match command {
        Fabric::Package(pack) => package(&pack).map(|()| ExitCode::SUCCESS),
        Fabric::Deploy(args) => bring(&args).await.map(|()| ExitCode::SUCCESS),
        Fabric::Identities(args) => identities::run(&args),
    }
}

fn package(pack: &Pack) -> Result<()> {
    let package = Package::new(&pack.label, &connection(&pack.address, pack.tls_ca.as_deref())?)?;
    if let Some(out) = &pack.out {
        fs::write(out, &package.bytes).with_context(|| out.display().to_string())?;
    }
    println!("{}", package.id);
    Ok(())
}

async fn bring(args: &Deploy) -> Result<()> {
    let material = Material::read(&args.connect)?;
    let msp_id = organisation(&material, &args.org)?;
    let endpoints = &material.endpoints;
    let name = endpoints.chaincode.name.clone();
    let address = args.address.as_deref().or(endpoints.chaincode.address.as_deref());
    let address = address.context("the connection material has no address of the chaincode: --address is needed")?;
    let package = Package::new(&name, &connection(address, args.tls_ca.as_deref())?)?;
    println!("{name} {} on {} for {msp_id}", args.version, endpoints.channel);
    println!("package {}", package.id);
    let tell = &mut |step| println!("{step}");
    let done = deploy_for(&material, &msp_id, &args.admin, &name, &args.version, package, tell).await?;
    if !done {
        println!("not committed yet: the organisations named above have to run the same command for themselves");
    }
    Ok(())
}

/// Installs and approves for one organisation, and commits once all have approved; whether the channel has it now.
///
/// # Errors
/// When the administrator is not there, or a peer cannot be reached or says no.
pub async fn deploy_for(
    material: &Material,
    msp_id: &str,
    admin: &str,
    name: &str,
    version: &str,
    package: Package,
    tell: &mut (dyn FnMut(Step) + Send),
) -> Result<bool> {
    let known = &material.organisation(msp_id)?.identities;
    let found = known.iter().find(|one| one.name == admin).with_context(|| {
        let names: Vec<&str> = known.iter().map(|one| one.name.as_str()).collect();
        format!("{msp_id} has no identity {admin}; there are {}", names.join(", "))
    })?;
    let config = ClientConfig::from_material(material, msp_id)?;
    let administrator = Administrator::new(
        &material.endpoints.channel,
        Arc::clone(&found.signer),
        &config.gateways,
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
    )?;
    let policy = endorsed_by_all(&administrator.organisations());
    let definition = Definition { name: name.to_owned(), version: version.to_owned(), policy };
    Ok(deploy(&administrator, &Deployment { package, definition }, tell).await?)
}

/// An organisation by number, in the order of the MSP ids, or by MSP id.
fn organisation(material: &Material, asked: &str) -> Result<String> {
    let known: Vec<&String> = material.organisations.keys().collect();
    let by_number = asked.parse::<usize>().ok().and_then(|number| known.get(number.checked_sub(1)?).copied());
    let found = by_number.or_else(|| known.iter().copied().find(|msp_id| *msp_id == asked)).cloned();
    found.with_context(|| {
        let names: Vec<&str> = known.iter().map(|msp_id| msp_id.as_str()).collect();
        format!("there is no organisation {asked}; the connection material has {}", names.join(", "))
    })
}

fn connection(address: &str, tls_ca: Option<&Path>) -> Result<Connection> {
    let read = |file: &Path| fs::read_to_string(file).with_context(|| file.display().to_string());
    Ok(Connection { address: address.to_owned(), tls_ca: tls_ca.map(read).transpose()? })
}
