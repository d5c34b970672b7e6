//! Requests to addresses that somebody has typed, with a real receiver on loopback and names that the test makes up.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use futures::future::BoxFuture;
use gx_platform::http::Networks;
use gx_platform::outbound::{Failed, Names, Outbound, Refused};

/// Answers each question with the next of the given answers; the last one stays.
struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

impl Names for Answers {
    fn look_up(&self, _host: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let mut left = self.0.lock().unwrap();
        let answer = if left.len() > 1 { left.pop_front() } else { left.front().cloned() };
        Box::pin(async move { answer.ok_or_else(|| std::io::Error::other("there is no such name")) })
    }
}

fn outbound(allowed: &str, answers: &[&[&str]]) -> Outbound {
    gx_platform::install_crypto();
    let answers = answers.iter().map(|one| one.iter().map(|address| address.parse().unwrap()).collect()).collect();
    let allowed: Networks = allowed.parse().unwrap();
    Outbound::with(allowed, Arc::new(Answers(Mutex::new(answers))))
}

/// A receiver on loopback; counts what reaches it.
async fn receiver() -> (u16, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reached);
    let count = move || {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    let (hook, away, inside) = (count.clone(), count.clone(), count);
    let router = Router::new()
        .route(
            "/hook",
            post(async move |body: String| {
                hook();
                format!("thank you for {body}\u{7}")
            }),
        )
        .route(
            "/away",
            post(async move || {
                away();
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/inside")])
            }),
        )
        .route("/inside", post(async move || inside()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (port, reached)
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let outbound = outbound("", &[&["93.184.216.34"]]);
    for (url, expected) in [
        ("https://127.0.0.1/hook", Refused::NotPublic),
        ("https://127.1/hook", Refused::NotPublic),
        ("https://0x7f000001/hook", Refused::NotPublic),
        ("https://2130706433/hook", Refused::NotPublic),
        ("https://0177.0.0.1/hook", Refused::NotPublic),
        ("https://[::1]/hook", Refused::NotPublic),
        ("https://[::ffff:10.0.0.1]/hook", Refused::NotPublic),
        ("https://[fd00::1]:8443/hook", Refused::NotPublic),
        ("https://169.254.169.254/latest/meta-data", Refused::NotPublic),
        ("http://hooks.example.com/", Refused::NotHttps),
        ("http://93.184.216.34/", Refused::NotHttps),
        ("https://user:word@hooks.example.com/", Refused::Credentials),
        ("https://hooks.example.com/#part", Refused::Fragment),
        ("ftp://hooks.example.com/", Refused::NoUrl),
        ("file:///etc/passwd", Refused::NoUrl),
        ("hooks.example.com", Refused::NoUrl),
        (" https://hooks.example.com/", Refused::NoUrl),
        ("https://", Refused::NoUrl),
        ("", Refused::NoUrl),
    ] {
        assert_eq!(outbound.check(url).await, Err(expected), "{url}");
        let sent = outbound.post(url, HeaderMap::new(), "{}".to_owned()).await;
        assert_eq!(sent, Err(Failed::Refused(expected)), "{url}");
    }
    assert_eq!(outbound.check("https://hooks.example.com/gx?x=1").await, Ok(()));
    assert_eq!(outbound.check("https://93.184.216.34/").await, Ok(()));
    let long = format!("https://hooks.example.com/{}", "a".repeat(2_048));
    assert_eq!(outbound.check(&long).await, Err(Refused::NoUrl));
}

#[tokio::test]
async fn one_private_address_among_those_of_a_name_is_enough_to_refuse_it() {
    let url = "https://hooks.example.com/gx";
    assert_eq!(outbound("", &[&["93.184.216.34", "10.0.0.7"]]).check(url).await, Err(Refused::NotPublic));
    assert_eq!(outbound("", &[&["::1"]]).check(url).await, Err(Refused::NotPublic));
    assert_eq!(outbound("", &[]).check(url).await, Err(Refused::Unknown));
    assert_eq!(outbound("", &[&[]]).check(url).await, Err(Refused::Unknown));
}

/// The name leads to a public address while the webhook is made, and to this machine when it is delivered.
#[tokio::test]
async fn a_name_that_leads_inside_by_the_time_of_delivery_reaches_nothing() {
    let (port, reached) = receiver().await;
    let outbound = outbound("", &[&["93.184.216.34"], &["127.0.0.1"]]);
    let url = format!("https://hooks.example.com:{port}/hook");
    assert_eq!(outbound.check(&url).await, Ok(()));
    let sent = outbound.post(&url, HeaderMap::new(), "{}".to_owned()).await;
    assert_eq!(sent, Err(Failed::Refused(Refused::NotPublic)));
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_the_setting_allows_is_reached_by_http_and_a_redirect_is_not_followed() {
    let (port, reached) = receiver().await;
    let outbound = outbound("127.0.0.0/8", &[&["127.0.0.1"]]);
    for host in ["127.0.0.1", "inside.example.com"] {
        let url = format!("http://{host}:{port}/hook");
        assert_eq!(outbound.check(&url).await, Ok(()));
        let answer = outbound.post(&url, HeaderMap::new(), "{\"a\":1}".to_owned()).await.unwrap();
        assert_eq!((answer.status, answer.excerpt.as_str()), (200, "thank you for {\"a\":1}"));
    }
    assert_eq!(reached.load(Ordering::SeqCst), 2);
    let url = format!("http://127.0.0.1:{port}/away");
    let answer = outbound.post(&url, HeaderMap::new(), String::new()).await.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(reached.load(Ordering::SeqCst), 3, "the way it named was not gone");
    // What is public is still asked over https alone, and what is neither stays closed.
    assert_eq!(outbound.check("http://93.184.216.34/").await, Err(Refused::NotHttps));
    assert_eq!(outbound.check("https://10.0.0.1/").await, Err(Refused::NotPublic));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_told_from_one_that_is_refused() {
    let outbound = outbound("127.0.0.0/8", &[&["127.0.0.1"]]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let sent = outbound.post(&format!("http://127.0.0.1:{port}/"), HeaderMap::new(), String::new()).await;
    assert_eq!(sent, Err(Failed::NoConnection));
    // TLS is spoken where it was asked for: this receiver does not.
    let (port, reached) = receiver().await;
    let sent = outbound.post(&format!("https://127.0.0.1:{port}/hook"), HeaderMap::new(), String::new()).await;
    assert!(matches!(sent, Err(Failed::NoConnection | Failed::Broken)), "{sent:?}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}
