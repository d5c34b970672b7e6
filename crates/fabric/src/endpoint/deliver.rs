//! The Deliver service: blocks to whoever asks with a signed envelope.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use gx_ledger::{Block, Ledger};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status as RpcStatus, Streaming};

use super::block;
use super::peer::Channel;
use crate::client::time_of;
use crate::proto::common::{ChannelHeader, Envelope, Payload, SignatureHeader, Status};
use crate::proto::orderer::seek_info::SeekBehavior;
use crate::proto::orderer::seek_position::Type as Position;
use crate::proto::orderer::{SeekInfo, SeekPosition};
use crate::proto::protos::deliver_response::Type as Answer;
use crate::proto::protos::{BlockAndPrivateData, DeliverResponse, deliver_server};
use crate::rpc::corrected;

/// Blocks that wait for a client that does not read.
const BLOCKS_WAITING: usize = 4;

/// Requests whose time is further from ours are refused, as peers do: an old one cannot be played again.
const TIME_WINDOW: Duration = Duration::from_secs(15 * 60);

type Answers = mpsc::Sender<Result<DeliverResponse, RpcStatus>>;

/// In which form blocks are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Full,
    Filtered,
    WithPrivateData,
}

/// The service.
#[derive(Clone)]
pub(super) struct Deliver {
    channel: Arc<Channel>,
    stop: CancellationToken,
}

impl Deliver {
    pub(super) fn new(channel: Arc<Channel>, stop: CancellationToken) -> Self {
        Self { channel, stop }
    }

    fn serve(
        &self,
        mut requests: Streaming<Envelope>,
        form: Form,
    ) -> ReceiverStream<Result<DeliverResponse, RpcStatus>> {
        let (answers, receiver) = mpsc::channel(BLOCKS_WAITING);
        let (channel, stop) = (Arc::clone(&self.channel), self.stop.clone());
        tokio::spawn(async move {
            let talk = async {
                // One request after the other, until one is refused or the client has no more.
                loop {
                    let envelope = match requests.message().await {
                        Ok(Some(envelope)) => envelope,
                        Ok(None) => return,
                        Err(status) => {
                            // Who went away need not hear why.
                            let _ = answers.send(Err(corrected(status))).await;
                            return;
                        }
                    };
                    let status = deliver(&channel, &envelope, form, &answers).await;
                    let answer = DeliverResponse { r#type: Some(Answer::Status(status.into())) };
                    if answers.send(Ok(answer)).await.is_err() || status != Status::Success {
                        return;
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = answers.closed() => {}
                () = talk => {}
            }
        });
        ReceiverStream::new(receiver)
    }
}

#[tonic::async_trait]
impl deliver_server::Deliver for Deliver {
    type DeliverStream = ReceiverStream<Result<DeliverResponse, RpcStatus>>;

    async fn deliver(&self, request: Request<Streaming<Envelope>>) -> Result<Response<Self::DeliverStream>, RpcStatus> {
        Ok(Response::new(self.serve(request.into_inner(), Form::Full)))
    }

    type DeliverFilteredStream = ReceiverStream<Result<DeliverResponse, RpcStatus>>;

    async fn deliver_filtered(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverFilteredStream>, RpcStatus> {
        Ok(Response::new(self.serve(request.into_inner(), Form::Filtered)))
    }

    type DeliverWithPrivateDataStream = ReceiverStream<Result<DeliverResponse, RpcStatus>>;

    async fn deliver_with_private_data(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverWithPrivateDataStream>, RpcStatus> {
        Ok(Response::new(self.serve(request.into_inner(), Form::WithPrivateData)))
    }
}

/// What a request asks for, once its signature has been checked.
fn open(channel: &Channel, envelope: &Envelope) -> Result<SeekInfo, Status> {
    let payload = Payload::decode(envelope.payload.clone()).map_err(|_| Status::BadRequest)?;
    let header = payload.header.ok_or(Status::BadRequest)?;
    let channel_header = ChannelHeader::decode(header.channel_header).map_err(|_| Status::BadRequest)?;
    let signature_header = SignatureHeader::decode(header.signature_header).map_err(|_| Status::BadRequest)?;
    if channel_header.channel_id != channel.name {
        return Err(Status::NotFound);
    }
    let at = channel_header.timestamp.as_ref().map(time_of).ok_or(Status::BadRequest)?;
    let now = channel.clock.now();
    if now.since(at).max(at.since(now)) > TIME_WINDOW {
        tracing::warn!(%at, %now, "a request to deliver blocks carries a time far from this clock's");
        return Err(Status::BadRequest);
    }
    let seek = SeekInfo::decode(payload.data).map_err(|_| Status::BadRequest)?;
    channel.signed(&signature_header.creator, &envelope.payload, &envelope.signature).map_err(|_| Status::Forbidden)?;
    Ok(seek)
}

fn position(position: Option<SeekPosition>) -> Result<Position, Status> {
    position.and_then(|position| position.r#type).ok_or(Status::BadRequest)
}

async fn deliver(channel: &Channel, envelope: &Envelope, form: Form, answers: &Answers) -> Status {
    match send_blocks(channel, envelope, form, answers).await {
        Ok(()) => Status::Success,
        Err(status) => status,
    }
}

async fn send_blocks(channel: &Channel, envelope: &Envelope, form: Form, answers: &Answers) -> Result<(), Status> {
    let seek = open(channel, envelope)?;
    let (start, stop) = (position(seek.start)?, position(seek.stop)?);
    let height = channel.ledger.info().await.map_err(|_| Status::ServiceUnavailable)?.height;
    let first = match start {
        Position::Oldest(_) => 0,
        Position::Newest(_) => height,
        Position::NextCommit(_) => height.saturating_add(1),
        Position::Specified(at) => at.number,
    };
    let last = match stop {
        Position::Oldest(_) => first,
        Position::Newest(_) if matches!(start, Position::Newest(_)) => first,
        Position::Newest(_) => height,
        Position::Specified(at) if at.number < first => return Err(Status::BadRequest),
        Position::Specified(at) => at.number,
        Position::NextCommit(_) => u64::MAX,
    };
    let waits = seek.behavior != i32::from(SeekBehavior::FailIfNotReady);
    if !waits && first > height {
        return Err(Status::NotFound);
    }
    let mut blocks = channel.ledger.blocks(first);
    let mut next = first;
    while next <= last {
        if !waits && next > channel.ledger.info().await.map_err(|_| Status::ServiceUnavailable)?.height {
            return Err(Status::NotFound);
        }
        let block = match blocks.next().await {
            Some(Ok(block)) => block,
            Some(Err(error)) => {
                tracing::error!(%error, block = next, "a block could not be read");
                return Err(Status::InternalServerError);
            }
            None => return Err(Status::ServiceUnavailable),
        };
        let answer = present(channel, &block, form).await?;
        if answers.send(Ok(DeliverResponse { r#type: Some(answer) })).await.is_err() {
            return Err(Status::ServiceUnavailable);
        }
        if block.number == u64::MAX {
            break;
        }
        next = block.number + 1;
    }
    Ok(())
}

async fn present(channel: &Channel, plain: &Block, form: Form) -> Result<Answer, Status> {
    if form == Form::Filtered {
        return Ok(Answer::FilteredBlock(block::filtered(plain, &channel.name, &channel.chaincode)));
    }
    let raw = channel.ledger.raw_block(plain.number).await.map_err(|_| Status::InternalServerError)?;
    let full = block::full(raw.ok_or(Status::NotFound)?);
    Ok(match form {
        Form::WithPrivateData => {
            Answer::BlockAndPrivateData(BlockAndPrivateData { block: Some(full), private_data_map: Default::default() })
        }
        Form::Full | Form::Filtered => Answer::Block(full),
    })
}
