//! Components as `gx serve` processes: services beside `gx up --only ledger,outbox-submitter,projector`, or everything.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Platform;
use crate::wait::wait_for;

/// How long a service may take from start to ready.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Each service with the setting under which the edge finds it; the edge comes last.
const SERVICES: &[(&str, &str)] = &[
    ("identity", "IDENTITY_API_URL"),
    ("admin", "ADMIN_API_URL"),
    ("tokenomics", "TOKENOMICS_API_URL"),
    ("messaging", "MESSAGING_API_URL"),
    ("tax", "TAX_API_URL"),
    ("wallet", "PUBLIC_URL"),
];

/// An address on loopback where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Brings the schema, starts the workers, asks for the ledger's first commands, and starts every service.
pub async fn everything(platform: &mut Platform, submitters: usize, projectors: usize) {
    run(platform, &["migrate"]);
    for (worker, count) in [("outbox-submitter", submitters), ("projector", projectors)] {
        for number in 0..count {
            let settings = settings(platform);
            let address = start_as(platform, worker, &format!("{worker}-{number}"), &settings).await;
            platform.addresses.insert(worker.to_owned(), address);
        }
    }
    run(platform, &["ledger", "bootstrap"]);
    beside(platform).await;
}

/// A command that ends by itself.
fn run(platform: &Platform, args: &[&str]) {
    let output = platform.command(args).output().expect("gx runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "gx {}: {}", args.join(" "), String::from_utf8_lossy(&said));
}

/// `gx serve` of a component.
pub fn command(platform: &Platform, component: &str) -> Command {
    let mut command = platform.command(&["serve", component, "--listen", "127.0.0.1:0"]);
    command.envs(settings(platform));
    command
}

/// Starts every service and waits until it is ready.
pub async fn beside(platform: &mut Platform) {
    let mut settings = settings(platform);
    for (service, setting) in SERVICES {
        let address = start(platform, service, &settings).await;
        settings.push((setting, address.clone()));
        platform.addresses.insert((*service).to_owned(), address);
    }
}

/// Another edge before the services that run, except one: it looks for that one where nothing listens. Its address.
pub async fn edge_without(platform: &mut Platform, missing: &str) -> String {
    let mut settings = settings(platform);
    for (service, setting) in SERVICES.iter().filter(|(service, _)| *service != "wallet") {
        let address = if *service == missing { NOWHERE.to_owned() } else { platform.address(service) };
        settings.push((setting, address));
    }
    start(platform, "wallet", &settings).await
}

/// What every service needs to know, besides the others' addresses.
fn settings(platform: &Platform) -> Vec<(&'static str, String)> {
    let mut settings = vec![("PUBLIC_URL", "http://127.0.0.1:3000".to_owned())];
    for (worker, setting) in [("outbox-submitter", "OUTBOX_SUBMITTER_URL"), ("projector", "PROJECTOR_URL")] {
        settings.extend(platform.addresses.get(worker).map(|address| (setting, address.clone())));
    }
    if !platform.has_setting("SESSION_SECRET") {
        let made = std::fs::read_to_string(platform.data().join("secrets/session-secret")).expect("a session secret");
        settings.push(("SESSION_SECRET", made.trim().to_owned()));
    }
    if !platform.has_setting("DATABASE_URL") {
        settings.push(("DATABASE_URL", format!("sqlite://{}", platform.data().join("gx.db").display())));
    }
    settings
}

/// Starts one service and waits until it is ready.
async fn start(platform: &mut Platform, service: &str, settings: &[(&'static str, String)]) -> String {
    start_as(platform, service, service, settings).await
}

async fn start_as(platform: &mut Platform, service: &str, name: &str, settings: &[(&'static str, String)]) -> String {
    let log = platform.folder().join(format!("{name}.log"));
    let file = std::fs::File::create(&log).expect("a log file");
    let errors = file.try_clone().expect("a log file");
    let mut command = platform.command(&["serve", service, "--listen", "127.0.0.1:0"]);
    command.envs(settings.iter().map(|(name, value)| (*name, value)));
    platform.keep(name, command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn().expect("gx starts"));
    let address = wait_for(&format!("{name} to tell its address"), START_LIMIT, || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        async move { text.lines().find_map(|line| line.split_once(" at ")).map(|(_, address)| address.to_owned()) }
    })
    .await;
    let client = reqwest::Client::new();
    let ready = format!("{address}/readyz");
    wait_for(&format!("{ready} to be ready"), START_LIMIT, || {
        let request = client.get(&ready).timeout(Duration::from_secs(5)).send();
        async move { request.await.ok().filter(|reply| reply.status().is_success()) }
    })
    .await;
    address
}
