//! `GET /api/v1/wallets/{profileId}/transactions.csv`: the history as a file, with the filters of the list.
//!
//! It is written while it is read, a page at a time, so that a long history takes no memory. Cells that a spreadsheet
//! would take for a formula get an apostrophe in front: a remark is written by a stranger.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiPath, ApiQuery, ApiResult, Handled, Route};
use gx_store::repo::wallets::{self, HeldState, HistoryFilter, HistoryKey};
use gx_types::api::tokenomics::{TransactionStatus, TransactionView};
use gx_types::{AccountId, ProfileId, TransactionDirection, TransactionKind};
use serde::Deserialize;

use super::transactions::{settled_views, unsettled_views};
use crate::moment::{self, Moment};

/// Lines that are read at a time.
const LINES: u64 = 500;
const HEAD: &str = "time,status,type,direction,counterparty,counterparty id,amount in qirat,fee in qirat,amount in GX,\
                    remark,transaction id,block,refusal\r\n";

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/wallets/{profileId}/transactions.csv", "exportTransactions")
        .summary("Own history as CSV")
        .description(
            "With the filters of the list, newest first. Cells that would begin a formula in a spreadsheet have an apostrophe \
             in front.",
        )
        .access(Access::Person)
        .param::<ProfileId>("profileId", "The caller's own profile id")
        .query::<ExportQuery>()
        .reply_bytes(200, "text/csv", "The file")
        .handle(export)
}

/// What is wanted: the filters of the list.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// What the lines are about.
    #[serde(rename = "type")]
    kind: Option<TransactionKind>,
    /// Which way the coins went.
    direction: Option<TransactionDirection>,
    /// Not before.
    from: Option<Moment>,
    /// Up to the end of this day, or before this point.
    to: Option<Moment>,
    /// The account on the other side.
    #[schema(value_type = Option<String>)]
    counterparty: Option<AccountId>,
    /// How far the payments are; settled ones when absent.
    status: Option<TransactionStatus>,
}

async fn export(
    State(app): State<App>,
    person: Person,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiQuery(query): ApiQuery<ExportQuery>,
) -> ApiResult<Response> {
    let profile_id = super::own(&person, profile_id)?;
    moment::in_order(("from", query.from), ("to", query.to))?;
    let wallet = super::balance_of(app.store().read(), profile_id).await?;
    let file = File {
        account: AccountId::Holder(wallet.fabric_user_id),
        wallet_id: wallet.wallet_id,
        profile_id,
        query,
        place: Place::Head,
        app: app.clone(),
    };
    let name = format!("attachment; filename=\"gx-history-{}.csv\"", app.now().date());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(file.pages())).into_response())
}

/// How far the file is written.
enum Place {
    Head,
    Settled(Option<HistoryKey>),
    Unsettled(Option<i64>),
    End,
}

/// A file that is being written.
struct File {
    app: App,
    account: AccountId,
    wallet_id: String,
    profile_id: ProfileId,
    query: ExportQuery,
    place: Place,
}

impl File {
    fn pages(self) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
        futures::stream::unfold(self, async |mut file| {
            let page = match file.place {
                Place::Head => {
                    file.place = match file.query.status.unwrap_or_default() {
                        TransactionStatus::Confirmed => Place::Settled(None),
                        TransactionStatus::Pending | TransactionStatus::Failed => Place::Unsettled(None),
                    };
                    Ok(HEAD.to_owned())
                }
                Place::Settled(after) => file.settled(after).await,
                Place::Unsettled(after) => file.unsettled(after).await,
                Place::End => return None,
            };
            let page = page.map(Bytes::from).map_err(|error| {
                // The answer has begun; it breaks off, which a client sees.
                file.place = Place::End;
                tracing::warn!(code = error.code().as_str(), "a history could not be written to its end");
                std::io::Error::other("the history could not be read to its end")
            });
            Some((page, file))
        })
    }

    async fn settled(&mut self, after: Option<HistoryKey>) -> ApiResult<String> {
        let db = self.app.store().read();
        let filter = HistoryFilter {
            kind: self.query.kind,
            direction: self.query.direction,
            from: self.query.from.map(Moment::from),
            until: self.query.to.map(Moment::until),
            counterparty: self.query.counterparty,
        };
        let lines = wallets::history(db, self.account, &filter, after, LINES).await?;
        let last = lines.last().map(|line| (line.block_number, line.tx_position, line.event_index, line.leg));
        self.place = match last {
            Some(last) if lines.len() as u64 == LINES => Place::Settled(Some(last)),
            _ => Place::End,
        };
        Ok(settled_views(db, &self.wallet_id, lines).await?.iter().map(row).collect())
    }

    async fn unsettled(&mut self, after: Option<i64>) -> ApiResult<String> {
        let db = self.app.store().read();
        let sent = self.query.kind.is_none_or(|kind| kind == TransactionKind::Sent);
        let out = self.query.direction.is_none_or(|direction| direction == TransactionDirection::Out);
        if !sent || !out {
            self.place = Place::End;
            return Ok(String::new());
        }
        let state = match self.query.status {
            Some(TransactionStatus::Failed) => HeldState::Refused,
            _ => HeldState::Unsettled,
        };
        let (from, until) = (self.query.from.map(Moment::from), self.query.to.map(Moment::until));
        let rows = wallets::held_commands(db, self.profile_id, state, from, until, after, LINES).await?;
        self.place = match rows.last() {
            Some(last) if rows.len() as u64 == LINES => Place::Unsettled(Some(last.position)),
            _ => Place::End,
        };
        let views = unsettled_views(db, &self.wallet_id, rows, state, self.query.counterparty).await?;
        Ok(views.iter().map(row).collect())
    }
}

fn row(line: &TransactionView) -> String {
    let text = |value: Option<String>| value.unwrap_or_default();
    let gx = line.amount.decimal_gx();
    let status = match line.status {
        TransactionStatus::Confirmed => "CONFIRMED",
        TransactionStatus::Pending => "PENDING",
        TransactionStatus::Failed => "FAILED",
    };
    let cells = [
        line.timestamp.rfc3339(),
        status.to_owned(),
        line.kind.to_string(),
        line.direction.to_string(),
        text(line.counterparty_name.clone()),
        text(line.counterparty.map(|id| id.to_string())),
        line.amount.to_string(),
        line.fee.to_string(),
        gx,
        text(line.remark.clone()),
        text(line.on_chain_tx_id.as_ref().map(ToString::to_string)),
        text(line.block_number.clone()),
        text(line.failure.clone()),
    ];
    gx_types::csv_line(cells)
}
