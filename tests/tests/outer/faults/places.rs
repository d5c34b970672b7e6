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
