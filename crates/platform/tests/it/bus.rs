//! The bus between processes.

use std::time::Duration;

use gx_base::Secret;
use gx_platform::{Bus, BusMessage};
use gx_types::{CommandId, EnvName};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[tokio::test]
async fn processes_of_one_environment_hear_each_other_over_redis() {
    let Ok(url) = std::env::var("GX_TEST_REDIS_URL") else { return };
    let stop = CancellationToken::new();
    let url = Secret::new(url);
    let bus = |env, process| Bus::redis(&url, env, Uuid::from_u128(process), stop.clone()).unwrap();
    let (here, there, elsewhere) = (bus(EnvName::Devnet, 1), bus(EnvName::Devnet, 2), bus(EnvName::Testnet, 3));
    here.probe().await.unwrap();
    let (mut own, mut heard, mut others) = (here.subscribe(), there.subscribe(), elsewhere.subscribe());
    let command = CommandId::from_uuid(Uuid::from_u128(7));
    let watch = there.watch_command(command);
    let message = BusMessage::CommandsSettled { command_ids: vec![command] };
    // The subscriptions need a moment to stand; asking again is what the bus is for.
    let settled = async {
        let mut settled = std::pin::pin!(watch.settled());
        settled.as_mut().enable();
        loop {
            here.publish(&message);
            if tokio::time::timeout(Duration::from_millis(200), settled.as_mut()).await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), settled).await.expect("the other process hears it");
    assert_eq!(heard.recv().await.unwrap(), message);
    assert_eq!(own.recv().await.unwrap(), message);
    assert!(others.try_recv().is_err(), "another environment hears nothing");
    stop.cancel();
}

#[tokio::test]
async fn a_redis_that_is_away_is_no_reason_to_wait() {
    let stop = CancellationToken::new();
    let bus =
        Bus::redis(&Secret::new("redis://127.0.0.1:1/"), EnvName::Devnet, Uuid::from_u128(1), stop.clone()).unwrap();
    let mut own = bus.subscribe();
    bus.publish(&BusMessage::BlockProjected { number: 1 });
    assert_eq!(own.recv().await.unwrap(), BusMessage::BlockProjected { number: 1 });
    assert!(bus.probe().await.is_err());
    stop.cancel();
}
