//! What goes to test people stays in the mailbox; everything else needs a server.

use gx_platform::testing::{MailMood, MailServer, TestApp, TestOptions};
use gx_platform::{MailMessage, dev_mailbox_routes};
use gx_types::EnvName;

fn mail(to: &str) -> MailMessage {
    MailMessage { to: to.to_owned(), subject: "Your code".to_owned(), text: "123456".to_owned() }
}

#[tokio::test]
async fn test_people_read_their_mail_on_devnet() {
    let test = TestApp::start().await;
    let api = test.serve([dev_mailbox_routes(test.app.env())]);
    test.app.mail().send(&mail("Alice@Devnet.gxcoin.test")).await.unwrap();
    test.app.sms().send("+12025550123", "654321").await.unwrap();
    let read = async |to: &str| api.get(&format!("/api/v1/dev/mailbox?to={to}")).send().await.body["messages"].clone();
    let mails = read("alice%40devnet.gxcoin.test").await;
    assert_eq!((&mails[0]["text"], &mails[0]["channel"]), (&"123456".into(), &"EMAIL".into()));
    // A bare plus in a query is a space to everyone; people paste numbers that way.
    for number in ["%2B12025550123", "+12025550123", "12025550123"] {
        assert_eq!(read(number).await[0]["text"], "654321", "{number}");
    }
    assert_eq!(read("bob%40devnet.gxcoin.test").await, serde_json::json!([]));
    assert_eq!(api.get("/api/v1/dev/mailbox").send().await.body["messages"].as_array().unwrap().len(), 2);
    // No server: nobody is told that a mail was sent.
    assert!(test.app.mail().send(&mail("someone@example.com")).await.is_err());
    assert!(test.app.sms().send("+4915112345678", "654321").await.is_err());
}

#[tokio::test]
async fn mainnet_has_no_mailbox() {
    let test = TestApp::start_with(TestOptions::default().set("GX_ENV", "mainnet")).await.unwrap();
    let routes = dev_mailbox_routes(test.app.env());
    assert_eq!(routes.metas().count(), 0);
    assert_eq!(dev_mailbox_routes(EnvName::Testnet).metas().count(), 1);
    assert!(test.app.mail().send(&mail("alice@mainnet.gxcoin.test")).await.is_err());
    assert!(test.app.sms().send("+12025550123", "654321").await.is_err());
}

#[tokio::test]
async fn everyone_elses_mail_goes_to_the_mail_server_which_may_fail() {
    let server = MailServer::start().await;
    let options = TestOptions::default().set("SMTP_URL", server.url()).set("MAIL_FROM", "GX <no-reply@gxcoin.money>");
    let test = TestApp::start_with(options).await.unwrap();
    let send = async || test.app.mail().send(&mail("Someone@example.com")).await;
    send().await.unwrap();
    let [taken] = server.taken().try_into().unwrap();
    for part in ["no-reply@gxcoin.money", "To: Someone@example.com", "Subject: Your code", "123456"] {
        assert!(taken.contains(part), "{part}: {taken}");
    }
    for mood in [MailMood::Busy, MailMood::HangsUp] {
        server.set(mood);
        let error = send().await.unwrap_err();
        assert_eq!(error.to_string(), "the mail server did not take the mail");
        server.set(MailMood::Takes);
        send().await.unwrap();
    }
    assert_eq!(server.taken().len(), 3);
}
