//! `GET /api/v1/wallets/{profileId}/transactions`: the history, newest first.
//!
//! Settled lines come from the read model. Payments that are not settled, or were refused, are no lines of the ledger;
//! they are asked for by `status` and come from the outbox in the same form.

use axum::Json;
use axum::extract::State;
use gx_contracts::{Command, RefusalCode};
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiPath, ApiQuery, ApiResult, Cursor, Handled, PageLimit, Route};
use gx_store::entity::transactions;
use gx_store::repo::wallets::{self, HeldCommand, HeldState, HistoryFilter, HistoryKey};
use gx_store::sea_orm::ConnectionTrait;
use gx_types::api::tokenomics::{TransactionStatus, TransactionView, TransactionsReply};
use gx_types::{AccountId, ProfileId, Qirat, TransactionDirection, TransactionKind};
use serde::Deserialize;

use crate::moment::{self, Moment};
use crate::names;

const SETTLED_LIST: &str = "transactions";
const UNSETTLED_LIST: &str = "transactions-unsettled";

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/wallets/{profileId}/transactions", "listTransactions")
        .summary("Own history")
        .description(
            "Newest first. Settled lines by default; `status=PENDING` lists payments that are under way, \
             `status=FAILED` those that the ledger refused.",
        )
        .access(Access::Person)
        .param::<ProfileId>("profileId", "The caller's own profile id")
        .query::<TransactionsQuery>()
        .reply::<TransactionsReply>(200, "One page")
        .handle(transactions)
}

/// What is wanted.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TransactionsQuery {
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
    /// Lines at most.
    #[serde(default)]
    #[schema(value_type = Option<PageLimit>)]
    limit: PageLimit,
    /// Where the page starts.
    cursor: Option<Cursor>,
}

async fn transactions(
    State(app): State<App>,
    person: Person,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiQuery(query): ApiQuery<TransactionsQuery>,
) -> ApiResult<Json<TransactionsReply>> {
    let profile_id = super::own(&person, profile_id)?;
    moment::in_order(("from", query.from), ("to", query.to))?;
    let wallet = super::balance_of(app.store().read(), profile_id).await?;
    let account = AccountId::Holder(wallet.fabric_user_id);
    let reply = match query.status.unwrap_or_default() {
        TransactionStatus::Confirmed => settled(&app, &wallet.wallet_id, account, &query).await?,
        TransactionStatus::Pending => {
            unsettled(&app, &wallet.wallet_id, profile_id, HeldState::Unsettled, &query).await?
        }
        TransactionStatus::Failed => unsettled(&app, &wallet.wallet_id, profile_id, HeldState::Refused, &query).await?,
    };
    Ok(Json(reply))
}

async fn settled(
    app: &App,
    wallet_id: &str,
    account: AccountId,
    query: &TransactionsQuery,
) -> ApiResult<TransactionsReply> {
    let db = app.store().read();
    let after: Option<HistoryKey> = app.cursors().open(SETTLED_LIST, query.cursor.as_ref())?;
    let filter = HistoryFilter {
        kind: query.kind,
        direction: query.direction,
        from: query.from.map(Moment::from),
        until: query.to.map(Moment::until),
        counterparty: query.counterparty,
    };
    let lines = wallets::history(db, account, &filter, after, query.limit.plus_one()).await?;
    let page = app.cursors().page(SETTLED_LIST, lines, query.limit, |line| -> HistoryKey {
        (line.block_number, line.tx_position, line.event_index, line.leg)
    })?;
    Ok(TransactionsReply {
        transactions: settled_views(db, wallet_id, page.items).await?,
        next_cursor: page.next_cursor.map(|cursor| cursor.to_string()),
    })
}

async fn unsettled(
    app: &App,
    wallet_id: &str,
    profile_id: ProfileId,
    state: HeldState,
    query: &TransactionsQuery,
) -> ApiResult<TransactionsReply> {
    let db = app.store().read();
    let after: Option<i64> = app.cursors().open(UNSETTLED_LIST, query.cursor.as_ref())?;
    let sent = query.kind.is_none_or(|kind| kind == TransactionKind::Sent);
    let out = query.direction.is_none_or(|direction| direction == TransactionDirection::Out);
    if !sent || !out {
        // Only payments of the person's own wait.
        return Ok(TransactionsReply { transactions: Vec::new(), next_cursor: None });
    }
    let (from, until) = (query.from.map(Moment::from), query.to.map(Moment::until));
    let rows = wallets::held_commands(db, profile_id, state, from, until, after, query.limit.plus_one()).await?;
    let page = app.cursors().page(UNSETTLED_LIST, rows, query.limit, |row| row.position)?;
    Ok(TransactionsReply {
        transactions: unsettled_views(db, wallet_id, page.items, state, query.counterparty).await?,
        next_cursor: page.next_cursor.map(|cursor| cursor.to_string()),
    })
}

/// Lines of the ledger with the names of the other sides.
pub(crate) async fn settled_views(
    connection: &impl ConnectionTrait,
    wallet_id: &str,
    lines: Vec<transactions::Model>,
) -> ApiResult<Vec<TransactionView>> {
    let others = lines.iter().filter_map(|line| line.counterparty_id.map(|id| id.0));
    let names = names::of_accounts(connection, others).await?;
    Ok(lines
        .into_iter()
        .map(|line| {
            let counterparty = line.counterparty_id.map(|id| id.0);
            TransactionView {
                off_tx_id: format!("{}-{}-{}", line.tx_id.0, line.event_index, line.leg),
                on_chain_tx_id: Some(line.tx_id.0),
                wallet_id: wallet_id.to_owned(),
                kind: line.kind.0,
                direction: line.direction.0,
                status: TransactionStatus::Confirmed,
                counterparty,
                counterparty_name: counterparty.and_then(|id| names.get(&id).cloned()),
                amount: line.amount.0,
                fee: line.fee.0,
                remark: Some(line.remark).filter(|remark| !remark.is_empty()),
                timestamp: line.occurred_at.0,
                block_number: Some(line.block_number.to_string()),
                failure: None,
            }
        })
        .collect())
}

/// Own payments that are not on the ledger, in the form of history lines.
pub(crate) async fn unsettled_views(
    connection: &impl ConnectionTrait,
    wallet_id: &str,
    rows: Vec<HeldCommand>,
    state: HeldState,
    counterparty: Option<AccountId>,
) -> ApiResult<Vec<TransactionView>> {
    let payments: Vec<(HeldCommand, Payment)> = rows
        .into_iter()
        .filter_map(|row| payment(&row.payload).map(|payment| (row, payment)))
        .filter(|(_, payment)| counterparty.is_none_or(|wanted| payment.to == wanted))
        .collect();
    let names = names::of_accounts(connection, payments.iter().map(|(_, payment)| payment.to)).await?;
    Ok(payments
        .into_iter()
        .map(|(row, payment)| TransactionView {
            off_tx_id: row.command_id.to_string(),
            on_chain_tx_id: None,
            wallet_id: wallet_id.to_owned(),
            kind: TransactionKind::Sent,
            direction: TransactionDirection::Out,
            status: match state {
                HeldState::Unsettled => TransactionStatus::Pending,
                HeldState::Refused => TransactionStatus::Failed,
            },
            counterparty: Some(payment.to),
            counterparty_name: names.get(&payment.to).cloned(),
            amount: payment.amount,
            fee: payment.fee,
            remark: Some(payment.remark).filter(|remark| !remark.is_empty()),
            timestamp: row.created_at,
            block_number: None,
            failure: match state {
                HeldState::Unsettled => None,
                HeldState::Refused => row.error_code.map(|code| {
                    RefusalCode::parse(&code).map_or("The ledger refused it.", RefusalCode::meaning).to_owned()
                }),
            },
        })
        .collect())
}

struct Payment {
    to: AccountId,
    amount: Qirat,
    fee: Qirat,
    remark: String,
}

fn payment(payload: &str) -> Option<Payment> {
    match serde_json::from_str(payload).ok()? {
        Command::TransferTokens { to, amount, fee, remark, .. } | Command::QSendPay { to, amount, fee, remark, .. } => {
            Some(Payment { to: AccountId::Holder(to), amount, fee, remark })
        }
        _ => None,
    }
}
