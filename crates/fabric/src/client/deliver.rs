//! Blocks from a peer's Deliver service.

use std::sync::Arc;

use futures::stream::{self, Stream};
use gx_contracts::Role;
use gx_types::Timestamp;
use tonic::Streaming;

use super::connection::Peer;
use super::error::{FabricError, Step};
use super::fault::ConnectionFault;
use super::gateway::Client;
use super::proposal::Seek;
use crate::proto::common::{Block, Status};
use crate::proto::protos::DeliverResponse;
use crate::proto::protos::deliver_response::Type;

/// One block, within the time for one block.
pub(super) async fn one(client: &Client, role: Role, seek: Seek) -> Result<Block, FabricError> {
    dated(client, role, seek, client.clock.now()).await
}

/// The same with a request that says it was made at `at`.
pub(super) async fn dated(client: &Client, role: Role, seek: Seek, at: Timestamp) -> Result<Block, FabricError> {
    let limit = client.config.limits.block_timeout;
    let mut last = None;
    for peer in client.peers_in_order() {
        let read = async {
            let mut answers = open(client, role, &peer, seek, at).await?;
            let block = next(&peer, &mut answers).await?;
            block.ok_or_else(|| malformed(&peer, "the stream ended before it"))
        };
        let timeout = || FabricError::Timeout { endpoint: peer.name.clone(), step: Step::Deliver, after: limit };
        match tokio::time::timeout(limit, read).await.unwrap_or_else(|_| Err(timeout())) {
            Err(error) if error.is_about_the_connection() => {
                peer.avoid(client.config.limits.avoid);
                if matches!(error, FabricError::Timeout { .. }) {
                    peer.renew();
                }
                last = Some(error);
            }
            read => return read,
        }
    }
    Err(last.unwrap_or_else(|| client.no_gateway()))
}

/// Blocks from `from` on, as they are committed, from the first peer that answers. Unchecked; the name of the peer comes
/// with each. The stream ends with an error.
pub(super) fn follow(
    client: Arc<Client>,
    role: Role,
    from: u64,
) -> impl Stream<Item = Result<(Arc<Peer>, Block), FabricError>> {
    enum State {
        Closed(u64),
        Open(Arc<Peer>, Box<Streaming<DeliverResponse>>),
        Ended,
    }
    stream::unfold((client, State::Closed(from)), move |(client, state)| async move {
        let (peer, mut answers) = match state {
            State::Closed(from) => match open_any(&client, role, Seek::Follow(from)).await {
                Ok((peer, answers)) => (peer, Box::new(answers)),
                Err(error) => return Some((Err(error), (client, State::Ended))),
            },
            State::Open(peer, answers) => (peer, answers),
            State::Ended => return None,
        };
        let answer = match next(&peer, &mut answers).await {
            Ok(Some(block)) => Ok((Arc::clone(&peer), block)),
            Ok(None) => Err(FabricError::Unreachable {
                endpoint: peer.name.clone(),
                fault: ConnectionFault::Broken,
                detail: "the peer ended the stream of blocks".to_owned(),
            }),
            Err(error) => Err(error),
        };
        let state = match &answer {
            Ok(_) => State::Open(peer, answers),
            Err(error) => {
                if error.is_about_the_connection() {
                    peer.avoid(client.config.limits.avoid);
                }
                State::Ended
            }
        };
        Some((answer, (client, state)))
    })
}

async fn open_any(
    client: &Client,
    role: Role,
    seek: Seek,
) -> Result<(Arc<Peer>, Streaming<DeliverResponse>), FabricError> {
    let limit = client.config.limits.block_timeout;
    let mut last = None;
    for peer in client.peers_in_order() {
        let opened = tokio::time::timeout(limit, open(client, role, &peer, seek, client.clock.now())).await;
        let timeout = || FabricError::Timeout { endpoint: peer.name.clone(), step: Step::Deliver, after: limit };
        match opened.unwrap_or_else(|_| Err(timeout())) {
            Ok(answers) => return Ok((peer, answers)),
            Err(error) if error.is_about_the_connection() => {
                peer.avoid(client.config.limits.avoid);
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| client.no_gateway()))
}

async fn open(
    client: &Client,
    role: Role,
    peer: &Peer,
    seek: Seek,
    at: Timestamp,
) -> Result<Streaming<DeliverResponse>, FabricError> {
    let envelope = client.seek(role, peer, seek, at).await?;
    // The request ends here; the peer goes on sending.
    let answers = peer.deliver().deliver(stream::iter([envelope])).await;
    let failed = |status| peer.failure(Step::Deliver, &status);
    answers.map(tonic::Response::into_inner).map_err(failed)
}

/// The next block; `None` when the peer has sent everything that was asked for.
async fn next(peer: &Peer, answers: &mut Streaming<DeliverResponse>) -> Result<Option<Block>, FabricError> {
    let failed = |status| peer.failure(Step::Deliver, &status);
    let answer = answers.message().await.map_err(failed)?;
    peer.answered();
    match answer.map(|answer| answer.r#type) {
        None => Ok(None),
        Some(Some(Type::Block(block))) => Ok(Some(block)),
        Some(Some(Type::Status(status))) if status == i32::from(Status::Success) => Ok(None),
        Some(Some(Type::Status(status))) => {
            let name = Status::try_from(status).map_or("UNKNOWN", |status| status.as_str_name());
            Err(FabricError::Failed(Box::new(super::error::GatewayFailure {
                endpoint: peer.name.clone(),
                step: Step::Deliver,
                code: code_of(status),
                message: format!("the peer answered {name}"),
                details: Vec::new(),
            })))
        }
        Some(_) => Err(malformed(peer, "it is of another kind")),
    }
}

/// The gRPC code that says the same as one of Fabric's HTTP-like numbers.
fn code_of(status: i32) -> tonic::Code {
    match status {
        400 | 413 => tonic::Code::InvalidArgument,
        403 => tonic::Code::PermissionDenied,
        404 => tonic::Code::NotFound,
        501 => tonic::Code::Unimplemented,
        503 => tonic::Code::Unavailable,
        _ => tonic::Code::Unknown,
    }
}

fn malformed(peer: &Peer, problem: &str) -> FabricError {
    FabricError::Malformed { endpoint: peer.name.clone(), what: "a block", problem: problem.to_owned() }
}
