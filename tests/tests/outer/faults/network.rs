//! A network that is not as it must be: the same sentence from `gx doctor fabric`, from readiness, and in the answers of
//! what needs a ledger.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use gx_tests::{Admin, Api, Database, NewPerson, Platform, SETTLE_LIMIT, wait_until};
use serde_json::{Value, json};

use super::{health, is_down};

/// The services alone; a submitter runs beside them.
const SERVICES: [&str; 2] = ["--only", "identity,admin,tokenomics,messaging,tax,wallet"];

/// A submitter in a process of its own; ends when dropped.
struct Submitter {
    child: Child,
    api: Api,
}

impl Drop for Submitter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Submitter {
    async fn start(platform: &Platform, connect: &str) -> Self {
        let log = platform.data().join("submitter.log");
        let file = std::fs::File::create(&log).unwrap();
        let secret = std::fs::read_to_string(platform.data().join("secrets/session-secret")).unwrap();
        let child = platform
            .command(&["serve", "outbox-submitter", "--listen", "127.0.0.1:0"])
            .env("GX_FABRIC_CONNECT", connect)
            .env("SESSION_SECRET", secret.trim())
            .env("PUBLIC_URL", "http://127.0.0.1:3000")
            .env("DATABASE_URL", format!("sqlite://{}", platform.data().join("gx.db").display()))
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut address = String::new();
        wait_until("the submitter to tell its address", SETTLE_LIMIT, || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let told = text.lines().find_map(|line| line.split_once(" at ")).map(|(_, told)| told.to_owned());
            address = told.unwrap_or_default();
            let known = !address.is_empty();
            async move { known }
        })
        .await;
        Self { child, api: Api::at(address) }
    }

    /// Waits until it is not ready for this reason.
    async fn says(&self, sentence: &str) {
        wait_until(&format!("the submitter to say «{sentence}»"), SETTLE_LIMIT, || async {
            let health = self.api.get("/health").await.expect(200);
            let mut dependencies = health["dependencies"].as_array().unwrap().iter();
            let network = dependencies.find(|dependency| dependency["name"] == "network").unwrap();
            network["state"] == "down" && network["reason"].as_str().unwrap_or_default().contains(sentence)
        })
        .await;
        assert_eq!(self.api.get("/readyz").await.status, 503);
    }
}

/// Connection material as `gx fabric identities` makes it, with peers where nobody listens.
fn material(folder: &Path) {
    let made = Command::new(Platform::binary())
        .args(["fabric", "identities", "--env", "devnet", "--connect"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let file = folder.join("endpoints.json");
    let mut endpoints: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for peer in endpoints["peers"].as_array_mut().unwrap() {
        peer["address"] = json!("127.0.0.1:9");
    }
    std::fs::write(file, endpoints.to_string()).unwrap();
}

/// What `gx doctor fabric` says: its exit code, and the sentences of the checks that fail.
fn doctor(platform: &Platform, args: &[&str]) -> (i32, Vec<String>) {
    let output = platform.command(&["doctor", "fabric", "--json"]).args(args).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {} {}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    let checks = report["checks"].as_array().unwrap();
    let failed = checks.iter().filter(|check| check["state"] == "fail");
    let failed = failed.map(|check| check["sentence"].as_str().unwrap().to_owned()).collect();
    (output.status.code().unwrap(), failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_cannot_be_reached_is_named_wherever_somebody_asks() {
    let folder = tempfile::tempdir().unwrap();
    material(folder.path());
    let connect = folder.path().display().to_string();
    let platform = Platform::on(Database::Sqlite).args(&SERVICES).start().await;
    let submitter = Submitter::start(&platform, &connect).await;
    let says = "Org1DevnetMSP (127.0.0.1:9) cannot be reached: nobody listens there";

    // 1. The doctor, and readiness.
    let (code, failed) = doctor(&platform, &["--connect", &connect, "--timeout-seconds", "60"]);
    assert_eq!(code, 1);
    assert!(failed.iter().any(|sentence| sentence == says), "{failed:?}");
    submitter.says(says).await;

    // 2. Registration, login and what needs no ledger work; the rest says why it does not.
    let admin = Admin::of(&platform).await;
    admin.api.get("/api/v1/admin/users").await.expect(200);
    let nora = NewPerson::of("Nora", "US", "1990-03-15").register(&platform.api()).await;
    nora.hand_in().await;
    wait_until("the services to know why", SETTLE_LIMIT, || async {
        is_down(&platform, "tokenomics", "ledger", "(127.0.0.1:9) cannot be reached: nobody listens there").await
    })
    .await;
    assert!(health(&platform, "tokenomics").await.0);
    let asked = nora.api.post("/api/v1/qsend", &json!({ "amount": "50", "description": "Tea" })).await;
    let detail = asked.body["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(asked.refused(503), "FEATURE_UNAVAILABLE");
    assert!(detail.contains("(127.0.0.1:9) cannot be reached: nobody listens there"), "{detail}");
    let page = platform.api().get("/status").await.expect(200);
    let page = page.as_str().map_or_else(|| page.to_string(), str::to_owned);
    assert!(page.contains("nobody listens there"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_material_are_named_by_readiness_too() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::on(Database::Sqlite).args(&SERVICES).start().await;
    let organisation = |name: &str| folder.path().join(name).join("Org1DevnetMSP");
    for name in ["role", "authority"] {
        material(&folder.path().join(name));
    }
    std::fs::remove_dir_all(organisation("role").join("PartnerApi")).unwrap();
    let authority = organisation("authority");
    std::fs::copy(authority.join("ca.pem"), authority.join("tlsca.pem")).unwrap();
    for (name, says) in [
        ("role", "no certificate of Org1DevnetMSP carries gxc_role=gx_partner_api"),
        ("authority", "Org1DevnetMSP/tlsca.pem: the enrolment authority and the TLS authority are the same"),
    ] {
        let connect = folder.path().join(name).display().to_string();
        let (code, failed) = doctor(&platform, &["--connect", &connect, "--timeout-seconds", "60"]);
        assert_eq!(code, 1);
        assert!(failed.iter().any(|sentence| sentence.contains(says)), "{failed:?}");
        Submitter::start(&platform, &connect).await.says(says).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_running_platform_in_order() {
    let platform = Platform::on(Database::Sqlite).args(&["--fabric-gateway"]).start().await;
    // By itself: the folder below the data, the ledger that the database is bound to.
    let (code, failed) = doctor(&platform, &["--timeout-seconds", "60"]);
    assert_eq!((code, failed), (0, Vec::new()));
    let table = platform.command(&["doctor", "fabric", "--timeout-seconds", "60"]).output().unwrap();
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    for says in
        ["all 234 are there", "to which this environment is bound", "endorses by itself", "0 failed, 0 not known"]
    {
        assert!(table.contains(says), "{table}");
    }
    // Bound to another one.
    let other = "ab".repeat(32);
    let (code, failed) = doctor(&platform, &["--timeout-seconds", "60", "--fingerprint", &other]);
    assert_eq!((code, failed.len()), (1, 1), "{failed:?}");
    assert!(failed[0].contains(&format!("bound to {other}")), "{failed:?}");
}

#[test]
fn settings_that_lead_nowhere_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = Command::new(Platform::binary());
        command.args(["doctor", "fabric", "--data"]).arg(folder.path().join("nothing")).args(args);
        let output = command.env_remove("DATABASE_URL").envs(env.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let nothing = run(&[], &[]);
    assert!(nothing.contains("no network at all"), "{nothing}");
    assert!(!folder.path().join("nothing").exists(), "looking makes no folder");
    let missing = run(&["--connect", "/does/not/exist"], &[]);
    assert!(missing.contains("/does/not/exist"), "{missing}");
    // The first organisation's settings without the second's.
    let half = [
        ("FABRIC_MSP_ID", "Org1DevnetMSP"),
        ("FABRIC_PEER_ENDPOINT", "127.0.0.1:9"),
        ("FABRIC_CHANNEL_NAME", "gxchannel-devnet"),
        ("FABRIC_CHAINCODE_NAME", "gx-devnet"),
    ];
    let half = run(&[], &half);
    assert!(half.contains("FABRIC_ORG2_MSP_ID") && half.contains("FABRIC_ORG2_PEER_ENDPOINT"), "{half}");
    // Another environment's network.
    let connect = folder.path().join("material");
    material(&connect);
    let other = run(&["--env", "testnet", "--connect", &connect.display().to_string(), "--timeout-seconds", "60"], &[]);
    assert!(other.contains("Org1DevnetMSP is an organisation of devnet, and this is testnet"), "{other}");
}
