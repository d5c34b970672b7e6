//! Commands at a place that is in use, or that is not theirs.

use gx_tests::{Database, Platform};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_or_of_another_environment_is_refused_in_a_sentence_that_says_what_to_do() {
    let platform = Platform::on(Database::Sqlite).start().await;

    // 1. The ledger is in use: first what to do, then why.
    let verify = platform.command(&["ledger", "verify"]).output().expect("gx runs");
    let said = String::from_utf8_lossy(&verify.stderr).into_owned();
    assert!(!verify.status.success(), "{said}");
    let (what, why) = (said.find("stop `gx up` first"), said.find("is open in another process"));
    assert!(what.is_some() && what < why, "{said}");
    assert!(!said.contains("endpoints.json"), "there is no endpoint to be asked: {said}");

    // 2. One mistyped variable: a service does not serve the data of another environment.
    let secret = std::fs::read_to_string(platform.data().join("secrets/session-secret")).expect("a session secret");
    let database = format!("sqlite://{}", platform.data().join("gx.db").display());
    for (folder, holder) in [
        (platform.data(), platform.data().display().to_string()),
        (platform.data().with_extension("other"), "the database".to_owned()),
    ] {
        let mut serve = platform.command(&["serve", "identity", "--listen", "127.0.0.1:0"]);
        serve.env("GX_ENV", "testnet").env("GX_DATA", folder).env("DATABASE_URL", &database);
        serve.env("SESSION_SECRET", secret.trim()).env("PUBLIC_URL", "http://127.0.0.1:3000");
        let ended = serve.output().expect("gx runs");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{said}");
        assert!(said.contains(&format!("{holder} holds the data of devnet, not of testnet")), "{said}");
    }
    let mut migrate = platform.command(&["migrate"]);
    migrate.env("GX_ENV", "mainnet").env("GX_DATA", platform.data().with_extension("third"));
    let ended = migrate.env("DATABASE_URL", &database).output().expect("gx runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && said.contains("holds the data of devnet, not of mainnet"), "{said}");
}

/// What `gx up` says when it does not start.
fn refused_start(platform: &Platform) -> String {
    let ended = platform.command(&["up", "--no-people", "--port", "0"]).output().expect("gx runs");
    assert!(!ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// Whether `gx ledger verify` is content, and what it says.
fn verify(platform: &Platform) -> (bool, String) {
    let ended = platform.command(&["ledger", "verify"]).output().expect("gx runs");
    let said = [ended.stdout, ended.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (ended.status.success(), said)
}

/// One half of a data folder without the other: nothing is made beside it, and the sentence says what to do.
#[tokio::test(flavor = "multi_thread")]
async fn half_a_data_folder_is_refused_before_anything_is_made() {
    let mut platform = Platform::on(Database::Sqlite).start().await;
    platform.stop().await;
    let data = platform.data();
    let (database, ledger) = (data.join("gx.db"), data.join("ledger"));
    let logins = data.join("secrets/devnet-admins");
    let logins_before = std::fs::read_to_string(&logins).expect("the administrators");
    assert!(verify(&platform).0);

    // 1. The ledger is gone.
    let away = data.join("away");
    std::fs::rename(&ledger, &away).expect("moved");
    let said = refused_start(&platform);
    assert!(said.contains("there is no ledger in") && said.contains("put that folder back"), "{said}");
    assert!(!ledger.exists(), "nothing was made in its place");
    assert!(!verify(&platform).0);

    // 2. Another ledger lies in its place.
    let mut other = Platform::on(Database::Sqlite).start().await;
    other.stop().await;
    std::fs::rename(other.data().join("ledger"), &ledger).expect("moved");
    let said = refused_start(&platform);
    assert!(said.contains("belongs to the ledger") && said.contains("both of one backup"), "{said}");
    let (holds, said) = verify(&platform);
    assert!(!holds && said.contains("It is not the ledger of this environment"), "{said}");
    std::fs::remove_dir_all(&ledger).expect("removed");
    std::fs::rename(&away, &ledger).expect("moved back");

    // 3. The database is gone.
    let kept = data.join("kept.db");
    for (from, to) in [("gx.db", "kept.db"), ("gx.db-wal", "kept.db-wal"), ("gx.db-shm", "kept.db-shm")] {
        if data.join(from).exists() {
            std::fs::rename(data.join(from), data.join(to)).expect("moved");
        }
    }
    let said = refused_start(&platform);
    assert!(said.contains("has never seen it") && said.contains("Put the database back"), "{said}");
    assert!(!database.exists(), "nothing was made in its place");
    assert_eq!(std::fs::read_to_string(&logins).expect("the administrators"), logins_before);

    // 4. Both are back: it starts, and verifies.
    for (from, to) in [("gx.db", "kept.db"), ("gx.db-wal", "kept.db-wal"), ("gx.db-shm", "kept.db-shm")] {
        if data.join(to).exists() {
            std::fs::rename(data.join(to), data.join(from)).expect("moved back");
        }
    }
    assert!(!kept.exists());
    platform.restart().await;
    platform.stop().await;
    assert!(verify(&platform).0);

    // 5. Both are gone, and the secrets stayed: the administrators are new, and only they are printed.
    std::fs::remove_dir_all(&ledger).expect("removed");
    for file in ["gx.db", "gx.db-wal", "gx.db-shm"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    platform.restart().await;
    let logins_after = std::fs::read_to_string(&logins).expect("the administrators");
    assert_eq!(logins_after.lines().count(), 2, "{logins_after}");
    assert_ne!(logins_after, logins_before);
}
