//! Fabric's messages, clients and servers, generated from `proto/*.proto`; a module per package.

macro_rules! packages {
    ($($(#[$doc:meta])* $module:ident = $package:literal;)*) => {
        $(
            $(#[$doc])*
            #[expect(missing_docs, reason = "generated")]
            pub mod $module {
                #![allow(clippy::all, clippy::allow_attributes, unreachable_pub, reason = "generated")]
                tonic::include_proto!($package);
            }
        )*
    };
}

packages! {
    /// Envelopes, headers, blocks, channel configuration, policies.
    common = "common";
    /// Identities.
    msp = "msp";
    /// Proposals, transactions, Deliver, the chaincode protocol.
    protos = "protos";
    /// The Gateway service.
    gateway = "gateway";
    /// Seek positions and the ordering service.
    orderer = "orderer";
    /// Read and write sets.
    rwset = "rwset";
    /// Keys read and written within a namespace.
    kvrwset = "kvrwset";
    /// Entries of range and history reads.
    queryresult = "queryresult";
    /// Chaincode deployment.
    lifecycle = "lifecycle";
    /// A service that keeps keys and signs; GX's own.
    signer = "signer";
}
