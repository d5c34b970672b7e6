//! Services as `gx serve` processes beside `gx up --only ledger,outbox-submitter,projector`.

use std::process::Stdio;
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
    ("wallet", "PUBLIC_URL"),
];

/// Starts every service and waits until it is ready.
pub async fn beside(platform: &mut Platform) {
    let database = format!("sqlite://{}", platform.data().join("gx.db").display());
    let secret = std::fs::read_to_string(platform.data().join("secrets/session-secret")).expect("a session secret");
    let mut settings = vec![
        ("SESSION_SECRET", secret.trim().to_owned()),
        ("PUBLIC_URL", "http://127.0.0.1:3000".to_owned()),
        ("OUTBOX_SUBMITTER_URL", platform.address("outbox-submitter")),
        ("PROJECTOR_URL", platform.address("projector")),
    ];
    let client = reqwest::Client::new();
    for (service, setting) in SERVICES {
        let log = platform.folder().join(format!("{service}.log"));
        let file = std::fs::File::create(&log).expect("a log file");
        let errors = file.try_clone().expect("a log file");
        let mut command = platform.command(&["serve", service, "--listen", "127.0.0.1:0"]);
        if !platform.has_setting("DATABASE_URL") {
            command.env("DATABASE_URL", &database);
        }
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        platform.keep(command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn().expect("gx starts"));
        let address = wait_for(&format!("{service} to tell its address"), START_LIMIT, || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            async move { text.lines().find_map(|line| line.split_once(" at ")).map(|(_, address)| address.to_owned()) }
        })
        .await;
        let ready = format!("{address}/readyz");
        wait_for(&format!("{ready} to be ready"), START_LIMIT, || {
            let request = client.get(&ready).timeout(Duration::from_secs(5)).send();
            async move { request.await.ok().filter(|reply| reply.status().is_success()) }
        })
        .await;
        settings.push((setting, address.clone()));
        platform.addresses.insert((*service).to_owned(), address);
    }
}
