//! Compiles the messages of Fabric, without `protoc`.

use std::error::Error;

const FILES: [&str; 10] = [
    "common.proto",
    "msp.proto",
    "peer.proto",
    "gateway.proto",
    "orderer.proto",
    "rwset.proto",
    "kvrwset.proto",
    "queryresult.proto",
    "lifecycle.proto",
    "signer.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    // Byte fields share the buffer they were read from; maps keep an order, so that equal messages have equal bytes.
    tonic_prost_build::configure().bytes(".").btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
