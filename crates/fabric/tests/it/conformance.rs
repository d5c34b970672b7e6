//! The suite that every ledger passes, on a real network.

use std::sync::Arc;

use gx_base::SystemClock;
use gx_ledger::conformance::{CASES, Suite};

use crate::network::{config, ledger, material};

/// Disjoint payments prepared at one height; a network on a small machine endorses some 300 a second.
const CROWD: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn fabric_conforms() {
    let Some(material) = material("fabric_conforms") else { return };
    let suite = Suite::new(Arc::new(ledger(&material, config(&material))), Arc::new(SystemClock), CROWD);
    let mut failures = Vec::new();
    for case in CASES {
        let begin = std::time::Instant::now();
        let result = case.run(&suite).await;
        println!(
            "{:>6} ms  {}: {}",
            begin.elapsed().as_millis(),
            case.name,
            if result.is_ok() { "ok" } else { "FAILED" }
        );
        if let Err(failure) = result {
            println!("           {failure}");
            failures.push(failure.to_string());
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
