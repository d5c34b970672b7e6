//! A small service: wishes that people make.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{
    Access, ApiJson, ApiPath, ApiQuery, ApiResult, Cursor, Idempotency, IdempotencyKey, LedgerUse, Page, PageLimit,
    PreferWait, Route, RouteSet,
};
use gx_platform::idempotent;
use gx_store::repo::environment_facts;
use gx_types::{ErrorCode, ProfileId, Qirat};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wish {
    /// How much.
    pub amount: Qirat,
    /// What for.
    #[serde(default)]
    pub what: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    pub amount: Qirat,
    pub count: u64,
    pub replayed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    pub person: Option<ProfileId>,
    pub wait_seconds: Option<u64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumbersQuery {
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

pub fn routes() -> RouteSet {
    RouteSet::new("wishes")
        .route(
            Route::post("/api/v1/wishes", "makeWish")
                .summary("Make a wish")
                .access(Access::Person)
                .idempotency(Idempotency::Required)
                .body::<Wish>()
                .reply::<Granted>(200, "Granted")
                .handle(make),
        )
        .route(
            Route::post("/api/v1/wishes/ledger", "wishOfLedger")
                .access(Access::Person)
                .ledger(LedgerUse::Writes)
                .reply_empty(204, "Accepted")
                .handle(async || axum::http::StatusCode::NO_CONTENT),
        )
        .route(
            Route::get("/api/v1/wishes/who", "whoWishes")
                .access(Access::PersonOptional)
                .waits()
                .reply::<Seen>(200, "Who")
                .handle(async |person: Option<Person>, PreferWait(wait): PreferWait| {
                    Json(Seen {
                        person: person.map(|person| person.profile_id),
                        wait_seconds: wait.map(|wait| wait.as_secs()),
                    })
                }),
        )
        .route(
            Route::get("/api/v1/wishes/numbers", "listNumbers")
                .access(Access::Public)
                .query::<NumbersQuery>()
                .reply::<Page<Granted>>(200, "A page")
                .handle(numbers),
        )
        .route(
            Route::get("/api/v1/wishes/{profileId}/of", "wishesOf")
                .access(Access::Public)
                .param::<ProfileId>("profileId", "Whose")
                .reply::<ProfileId>(200, "Whose")
                .handle(async |ApiPath(id): ApiPath<ProfileId>| Json(id)),
        )
        .route(
            Route::get("/api/v1/wishes/panic", "panicWish")
                .access(Access::Public)
                .reply_empty(204, "Never")
                .handle(panics),
        )
}

async fn panics() -> axum::http::StatusCode {
    panic!("a secret that nobody must read")
}

async fn make(
    State(app): State<App>,
    person: Person,
    key: IdempotencyKey,
    ApiJson(wish): ApiJson<Wish>,
) -> ApiResult<Json<Granted>> {
    if wish.amount == Qirat::gx(666) {
        return Err(ErrorCode::StateConflict.into());
    }
    let (now, amount) = (app.now(), wish.amount);
    let name = format!("wish:{}:{}", person.profile_id, app.new_uuid());
    let once = idempotent(&app, person.actor(), "makeWish", Some(&key), &wish, move |tx| {
        let name = name.clone();
        Box::pin(async move {
            environment_facts::record(tx, &name, "wished", now).await?;
            if amount == Qirat::gx(13) {
                return Err(ErrorCode::StateConflict.into());
            }
            Ok(amount.get())
        })
    })
    .await?;
    Ok(Json(Granted { amount: wish.amount, count: once.value, replayed: once.replayed }))
}

async fn numbers(State(app): State<App>, ApiQuery(query): ApiQuery<NumbersQuery>) -> ApiResult<Json<Page<Granted>>> {
    let limit = query.limit.unwrap_or_default();
    let after: u64 = app.cursors().open("numbers", query.cursor.as_ref())?.unwrap_or(0);
    let rows: Vec<u64> = (after + 1..=50).take(usize::try_from(limit.plus_one()).unwrap()).collect();
    let page = app.cursors().page("numbers", rows, limit, |number| *number)?;
    Ok(Json(page.map(|count| Granted { amount: Qirat::ZERO, count, replayed: false })))
}
