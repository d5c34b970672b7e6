//! `gx doctor fabric` and readiness: each fault gives its own sentence, the same in both.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_contracts::countries::COUNTRIES;
use gx_contracts::{Command, CountryShare};
use gx_fabric::client::{Client, FabricLedger};
use gx_fabric::doctor::{
    CheckKind, CheckState, Connection, Expected, Preflight, Report, Subject, WatchIntervals, examine,
};
use gx_fabric::identity::{Endpoints, Signer};
use gx_ledger::{Ledger, Proposal, Settled};
use gx_types::{EnvName, LedgerKey, Sha256Hex};
use tokio_util::sync::CancellationToken;

use crate::endpoint::{ORG, Running, start};
use crate::lacking;

/// Time for each check; generous, as only a failure needs it.
const LIMIT: Duration = Duration::from_secs(60);

/// Only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

fn expected() -> Expected {
    Expected::of(EnvName::Devnet, &[ORG.to_owned(), "Org2DevnetMSP".to_owned()])
}

fn subject(folder: &Path, expected: Expected) -> Subject {
    Connection::of_material(folder, None, SystemClock.now()).unwrap().expecting(expected)
}

async fn look(subject: &Subject) -> Report {
    let report = examine(subject, Arc::new(SystemClock), Arc::new(SystemEntropy), LIMIT).await;
    println!("{report}\n");
    report
}

/// What readiness says about the same, once it has looked.
async fn readiness(subject: Subject) -> Result<Option<String>, String> {
    let intervals = WatchIntervals { limit: LIMIT, ..WatchIntervals::default() };
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    let preflight = Preflight::start(subject, Arc::new(SystemClock), Arc::new(SystemEntropy), intervals, stop);
    let begin = Instant::now();
    while preflight.last().is_none() {
        assert!(begin.elapsed() < PATIENCE, "it does not look");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(guard);
    preflight.probe()
}

/// The one check that fails, and what readiness says, which is the same.
async fn fault(subject: Subject) -> (CheckKind, String) {
    let report = look(&subject).await;
    let failed: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.state == CheckState::Fail && !is_about_contents(check.kind))
        .collect();
    let sentences: std::collections::BTreeSet<&str> = failed.iter().map(|check| check.sentence.as_str()).collect();
    assert!(!failed.is_empty(), "nothing fails");
    assert!(failed.iter().all(|check| check.remedy.is_some()), "{failed:?}");
    assert_eq!(report.exit_code(), 1);
    let said = readiness(subject).await.unwrap_err();
    for sentence in sentences {
        assert!(said.contains(sentence), "readiness says «{said}», the doctor «{sentence}»");
    }
    (failed[0].kind, said)
}

fn is_about_contents(kind: CheckKind) -> bool {
    matches!(kind, CheckKind::Bootstrap | CheckKind::Countries)
}

/// A network whose ledger has everything.
async fn complete() -> Running {
    let running = start().await;
    let shares = COUNTRIES.iter().map(|row| CountryShare { code: row.code.parse().unwrap(), share_e8: row.share_e8 });
    let countries =
        Command::InitializeCountryData { countries: shares.collect(), request: LedgerKey::prefixed("gx", "1") };
    let ledger = running.ledger(ORG);
    for command in [Command::BootstrapSystem, countries] {
        let proposal = Proposal { call: command.call(), timestamp: SystemClock.now() };
        let settled = ledger.submit(proposal, PATIENCE).await.unwrap();
        assert!(matches!(settled, Settled::Committed(_)), "{settled:?}");
    }
    running
}

/// Changes `endpoints.json`.
fn change(running: &Running, change: impl FnOnce(&mut Endpoints)) {
    let file = running.connect().join("endpoints.json");
    let mut endpoints: Endpoints = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut endpoints);
    std::fs::write(file, serde_json::to_string(&endpoints).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_in_order_passes_every_check() {
    let running = complete().await;
    let fingerprint = running.ledger(ORG).info().await.unwrap().fingerprint;
    let subject = subject(&running.connect(), Expected { fingerprint: Some(fingerprint), ..expected() });
    let report = look(&subject).await;
    assert_eq!((report.state, report.exit_code()), (CheckState::Ok, 0), "{report}");
    for kind in [
        CheckKind::Settings,
        CheckKind::Organisations,
        CheckKind::Certificates,
        CheckKind::Roles,
        CheckKind::Peer,
        CheckKind::Fingerprint,
        CheckKind::Blocks,
        CheckKind::Clock,
        CheckKind::Installed,
        CheckKind::Definition,
        CheckKind::Endorsement,
        CheckKind::Identity,
        CheckKind::Bootstrap,
        CheckKind::Countries,
    ] {
        assert!(report.checks.iter().any(|check| check.kind == kind), "{kind:?} is missing");
    }
    let text = report.to_string();
    for says in ["all 234 are there", &fingerprint.to_string(), "endorses by itself", "less than a minute apart"] {
        assert!(text.contains(says), "«{says}» is missing in\n{text}");
    }
    assert!(readiness(subject).await.is_ok());
    // What it asked for is in no block.
    assert_eq!(running.ledger(ORG).info().await.unwrap().height, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ledger_fails_the_doctor_and_is_no_reason_not_to_be_ready() {
    let running = start().await;
    let subject = subject(&running.connect(), expected());
    let report = look(&subject).await;
    let failed: Vec<_> =
        report.checks.iter().filter(|check| check.state == CheckState::Fail).map(|check| check.kind).collect();
    assert_eq!(failed, [CheckKind::Bootstrap, CheckKind::Countries]);
    assert_eq!(report.exit_code(), 1);
    assert!(readiness(subject).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_network_at_all_is_named_once_per_peer_and_the_rest_is_not_known() {
    let running = start().await;
    change(&running, |endpoints| endpoints.peers.iter_mut().for_each(|peer| peer.address = "127.0.0.1:1".to_owned()));
    let subject = subject(&running.connect(), expected());
    let report = look(&subject).await;
    let failed: Vec<_> =
        report.checks.iter().filter(|check| check.state == CheckState::Fail).map(|check| check.kind).collect();
    assert_eq!(failed, [CheckKind::Peer, CheckKind::Peer]);
    let (kind, said) = fault(subject).await;
    assert_eq!(kind, CheckKind::Peer);
    assert!(said.contains("Org1DevnetMSP (127.0.0.1:1) cannot be reached: nobody listens there"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_msp_id_of_another_environment_is_named() {
    // In the settings.
    let running = start().await;
    let testnet = Expected::of(EnvName::Testnet, &["Org1TestnetMSP".to_owned(), "Org2TestnetMSP".to_owned()]);
    let (kind, said) = fault(subject(&running.connect(), testnet)).await;
    assert_eq!(kind, CheckKind::Settings);
    assert!(said.contains("Org1DevnetMSP is an organisation of devnet, and this is testnet"), "{said}");
    // Of who signs: the network says that it does not know it.
    let mut subject = subject(&running.connect(), expected());
    let admin = running.signer("GxAdmin");
    let certificate = admin.identity().certificate.clone();
    let key = std::fs::read(running.connect().join(ORG).join("GxAdmin/key.pem")).unwrap();
    let signer = gx_fabric::identity::FileSigner::new("Org1TestnetMSP", &certificate.pem, &key).unwrap();
    let signer: Arc<dyn Signer> = Arc::new(signer);
    subject.connection.signers.values_mut().for_each(|one| *one = Arc::clone(&signer));
    let (_, said) = fault(subject).await;
    assert!(said.contains("the network does not know the organisation that signs"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_organisation_that_is_not_in_the_settings_is_named() {
    let running = start().await;
    change(&running, |endpoints| endpoints.peers.truncate(1));
    let (kind, said) = fault(subject(&running.connect(), expected())).await;
    assert_eq!(kind, CheckKind::Organisations);
    assert!(said.contains("no peer of Org2DevnetMSP is in the settings"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tls_name_is_named_with_the_right_one() {
    let running = start().await;
    change(&running, |endpoints| endpoints.peers[0].tls_name = "peer0.elsewhere".to_owned());
    let (kind, said) = fault(subject(&running.connect(), expected())).await;
    assert_eq!(kind, CheckKind::Peer);
    assert!(said.contains("peer0-org1.fabric-devnet") && said.contains("not for peer0.elsewhere"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_enrolment_authority_in_the_place_of_the_tls_authority_is_named() {
    let running = start().await;
    let organisation = running.connect().join(ORG);
    std::fs::copy(organisation.join("ca.pem"), organisation.join("tlsca.pem")).unwrap();
    let (kind, said) = fault(subject(&running.connect(), expected())).await;
    assert_eq!(kind, CheckKind::Certificates);
    assert!(said.contains("tlsca.pem") && said.contains("one stands in the place of the other"), "{said}");
    // A connection alone says the same, to whoever reads a log or a health page.
    let mut connection = Connection::of_material(&running.connect(), None, SystemClock.now()).unwrap();
    connection.config.gateways.truncate(1);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let client = Client::new(connection.config, connection.signers, clock, entropy).unwrap();
    let error = FabricLedger::new(Arc::new(client)).info().await.unwrap_err().to_string();
    assert!(error.contains("is the enrolment authority, which issues identities"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_no_certificate_has_is_named() {
    let running = start().await;
    std::fs::remove_dir_all(running.connect().join(ORG).join("PartnerApi")).unwrap();
    let (kind, said) = fault(subject(&running.connect(), expected())).await;
    assert_eq!(kind, CheckKind::Roles);
    assert!(said.contains("no certificate of Org1DevnetMSP carries gxc_role=gx_partner_api"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_genesis_is_named() {
    let running = start().await;
    let bound = Sha256Hex::from_bytes([7; 32]);
    let (kind, said) = fault(subject(&running.connect(), Expected { fingerprint: Some(bound), ..expected() })).await;
    assert_eq!(kind, CheckKind::Fingerprint);
    assert!(said.contains(&format!("this environment is bound to {bound}")), "{said}");
    // Two peers of different networks.
    let other = start().await;
    let foreign = other.address.clone();
    change(&running, |endpoints| endpoints.peers[1].address = foreign);
    let authority = |running: &Running| running.connect().join("Org2DevnetMSP/tlsca.pem");
    std::fs::copy(authority(&other), authority(&running)).unwrap();
    let report = look(&subject(&running.connect(), expected())).await;
    let peers: Vec<_> = report.checks.iter().filter(|check| check.kind == CheckKind::Peer).collect();
    let states: Vec<_> = peers.iter().map(|check| check.state).collect();
    assert_eq!(states, [CheckState::Ok, CheckState::Fail], "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chaincode_that_is_absent_on_one_peer_is_named() {
    let network = lacking::Network::without_chaincode_on("Org2DevnetMSP").await;
    let subject = network.subject(expected());
    let report = look(&subject).await;
    let of = |kind, subject: &str| {
        let found = report.checks.iter().find(|check| check.kind == kind && check.subject.starts_with(subject));
        found.map(|check| (check.state, check.sentence.clone())).unwrap()
    };
    assert_eq!(of(CheckKind::Installed, ORG).0, CheckState::Ok);
    let (state, sentence) = of(CheckKind::Installed, "Org2DevnetMSP");
    assert_eq!(state, CheckState::Fail);
    assert!(sentence.contains("no chaincode is installed on Org2DevnetMSP"), "{sentence}");
    assert_eq!(of(CheckKind::Endorsement, ORG).0, CheckState::Ok);
    assert_eq!(of(CheckKind::Endorsement, "Org2DevnetMSP").0, CheckState::Fail);
    assert!(of(CheckKind::Definition, "gx-devnet").1.contains("0.1.0 is committed at sequence 3"));
    let (_, said) = fault(subject).await;
    assert!(said.contains("Org2DevnetMSP"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_recovers_by_itself() {
    let running = start().await;
    let address = running.address.clone();
    // The address of the network is taken by nobody at first.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    change(&running, |endpoints| endpoints.peers.iter_mut().for_each(|peer| peer.address.clone_from(&free)));
    let subject = subject(&running.connect(), expected());
    let intervals = WatchIntervals { well: LIMIT, unwell: Duration::from_millis(100), limit: LIMIT };
    let stop = CancellationToken::new();
    let _guard = stop.clone().drop_guard();
    let preflight = Preflight::start(subject, Arc::new(SystemClock), Arc::new(SystemEntropy), intervals, stop);
    assert_eq!(preflight.probe(), Ok(Some("not looked at yet".to_owned())));
    let until = async |ready: bool| {
        let begin = Instant::now();
        while preflight.last().is_none() || preflight.probe().is_ok() != ready {
            assert!(begin.elapsed() < PATIENCE, "{:?}", preflight.probe());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until(false).await;
    let listener = tokio::net::TcpListener::bind(&free).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let address = address.clone();
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(address).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    until(true).await;
}

/// On the network that `GX_FABRIC_CONNECT` names.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_network_in_order_passes() {
    if crate::network::material("a_real_network_in_order_passes").is_none() {
        return;
    }
    let folder = std::env::var_os("GX_FABRIC_CONNECT").unwrap();
    let subject = subject(Path::new(&folder), expected());
    let report = look(&subject).await;
    let failed = report.checks.iter().filter(|check| check.state == CheckState::Fail && !is_about_contents(check.kind));
    assert_eq!(failed.count(), 0, "{report}");
}
