//! Many at once: a process restarts under two thousand clients.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gx_messaging::live::Live;
use gx_platform::App;
use gx_platform::http::envelope;
use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use gx_socket::{Client, Notice, Options};
use gx_types::ProfileId;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::{LIMIT, notice, push, store};

const PEOPLE: usize = 100;
const CLIENTS_OF_EACH: usize = 20;

/// One notification that one client got: who it is, and the place.
type Heard = (usize, u64);

/// A client that comes back by itself and says where it was.
fn client(
    number: usize,
    url: &str,
    token: &str,
    connected: mpsc::UnboundedSender<usize>,
    heard: mpsc::UnboundedSender<Heard>,
) {
    let place = Arc::new(AtomicU64::new(0));
    let mut options = Options::new(url);
    let (told, token) = (Arc::clone(&place), token.to_owned());
    options.auth = Some(Box::new(move || json!({ "token": token, "after": told.load(Ordering::SeqCst) })));
    options.retry_refused = true;
    tokio::spawn(async move {
        let (_client, mut notices) = Client::connect(options);
        while let Some(notice) = notices.recv().await {
            let Notice::Event(event) = notice else { continue };
            match event.name.as_str() {
                "ready" => drop(connected.send(number)),
                "notification:new" => {
                    let sequence = event.arguments[0]["sequence"].as_u64().unwrap();
                    place.store(sequence, Ordering::SeqCst);
                    if heard.send((number, sequence)).is_err() {
                        return;
                    }
                }
                _ => {}
            }
        }
    });
}

async fn serve_at(app: &App, address: SocketAddr) -> Live {
    let live = Live::start(app);
    // The port was ours a moment ago; connections of the former process are still being buried.
    let listener = loop {
        match TcpListener::bind(address).await {
            Ok(listener) => break listener,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let service = envelope(live.router(), app, "test").into_make_service_with_connect_info::<SocketAddr>();
    let stop = app.stop().clone();
    tokio::spawn(async move {
        tokio::select! {
            served = async { axum::serve(listener, service).await } => served.unwrap(),
            () = stop.cancelled() => {}
        }
    });
    live
}

async fn all_ready(ready: &mut mpsc::UnboundedReceiver<usize>) {
    let mut here = std::collections::BTreeSet::new();
    while here.len() < PEOPLE * CLIENTS_OF_EACH {
        let number = tokio::time::timeout(LIMIT * 3, ready.recv()).await.expect("all of them come in time").unwrap();
        here.insert(number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_clients_come_back_after_a_restart_and_miss_nothing_and_hear_nothing_twice() {
    let options = TestOptions::default().set("SOCKETS_PER_ADDRESS", "10000").set("RATE_LIMIT_SOCKET", "1000000/60");
    let test = TestApp::start_with(options).await.unwrap();
    let first = test.second().await;
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let live = serve_at(&first, address).await;
    let url = format!("http://{address}");

    let ((connected, mut ready), (heard, mut hears)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let mut people: Vec<ProfileId> = Vec::new();
    for person in 0..PEOPLE {
        let signed_in = test.person(TestPerson::default()).await;
        people.push(signed_in.profile_id);
        for client_of in 0..CLIENTS_OF_EACH {
            let number = person * CLIENTS_OF_EACH + client_of;
            client(number, &url, &signed_in.token, connected.clone(), heard.clone());
        }
    }
    all_ready(&mut ready).await;
    assert_eq!(live.connections(), PEOPLE * CLIENTS_OF_EACH);

    // One while all are there, one while nobody is, one while they come back, one afterwards.
    let everyone = |number: u32| people.iter().map(|person| notice(*person, number)).collect::<Vec<_>>();
    push(&first, everyone(1)).await;
    first.stop().cancel();
    drop(live);
    store(&test.app, everyone(2)).await;
    let second = test.second().await;
    let live = serve_at(&second, address).await;
    push(&second, everyone(3)).await;
    all_ready(&mut ready).await;
    push(&second, everyone(4)).await;

    // A last one, behind which nothing can come: whatever came twice has taken the place of another before.
    push(&second, everyone(5)).await;

    let mut places: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for _ in 0..PEOPLE * CLIENTS_OF_EACH * 5 {
        let (number, place) = tokio::time::timeout(LIMIT * 3, hears.recv()).await.expect("nothing is lost").unwrap();
        places.entry(number).or_default().push(place);
    }
    assert_eq!(places.len(), PEOPLE * CLIENTS_OF_EACH);
    for (number, heard) in places {
        assert_eq!(heard, [1, 2, 3, 4, 5], "client {number}");
    }
    assert_eq!(live.connections(), PEOPLE * CLIENTS_OF_EACH);
}
