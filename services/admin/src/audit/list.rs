//! `GET /api/v1/admin/audit`, `/event-types` and `/{sequence}`.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiPath, ApiQuery, ApiResult, Cursor, Page, PageLimit, Route};
use gx_store::audit::{self, AuditFilter};
use gx_types::api::admin::{AuditEntryView, AuditEventType, AuditEventTypes};
use gx_types::{Actor, AuditCategory, AuditEvent, AuditObject, CorrelationId, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view;
use crate::command::Routes;

const LIST: &str = "admin-audit";

/// Which entries.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AuditQuery {
    /// Of this event.
    #[serde(default)]
    event: Option<AuditEvent>,
    /// About this; narrows down together with `event`.
    #[serde(default)]
    category: Option<AuditCategory>,
    /// By this actor, for example `admin:<id>`.
    #[serde(default)]
    actor: Option<Actor>,
    /// About this object, for example `person:<id>`.
    #[serde(default)]
    object: Option<AuditObject>,
    /// In this request.
    #[serde(default)]
    correlation_id: Option<CorrelationId>,
    /// Not before.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Before.
    #[serde(default)]
    until: Option<Timestamp>,
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/audit", "listAuditEntries")
            .summary("Entries of the audit chain, the newest first")
            .access(Access::Admin(Permission::AuditView))
            .query::<AuditQuery>()
            .reply::<Page<AuditEntryView>>(200, "A page")
            .handle(list),
        Route::get("/api/v1/admin/audit/event-types", "listAuditEventTypes")
            .summary("Every kind of event there is")
            .access(Access::Admin(Permission::AuditView))
            .reply::<AuditEventTypes>(200, "The kinds")
            .handle(event_types),
        Route::get("/api/v1/admin/audit/{sequence}", "readAuditEntry")
            .summary("An entry of the audit chain")
            .access(Access::Admin(Permission::AuditView))
            .param::<u64>("sequence", "Its place in the chain")
            .reply::<AuditEntryView>(200, "The entry")
            .handle(read),
    ]
}

async fn list(State(app): State<App>, ApiQuery(query): ApiQuery<AuditQuery>) -> ApiResult<Json<Page<AuditEntryView>>> {
    let limit = query.limit.unwrap_or_default();
    let events: Vec<AuditEvent> = match (query.event, query.category) {
        (None, None) => Vec::new(),
        (event, category) => AuditEvent::ALL
            .iter()
            .copied()
            .filter(|one| event.is_none_or(|event| event == *one))
            .filter(|one| category.is_none_or(|category| category == one.category()))
            .collect(),
    };
    if events.is_empty() && (query.event.is_some() || query.category.is_some()) {
        // The event is not of this category: nothing matches both.
        return Ok(Json(Page { items: Vec::new(), next_cursor: None }));
    }
    let filter = AuditFilter {
        events,
        actor: query.actor,
        object: query.object,
        correlation_id: query.correlation_id,
        from: query.from,
        until: query.until,
        before: app.cursors().open(LIST, query.cursor.as_ref())?,
    };
    let rows = audit::list(app.store().read(), &filter, limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, limit, |row| row.sequence)?;
    let items = page.items.iter().map(view).collect::<ApiResult<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

async fn event_types() -> ApiResult<Json<AuditEventTypes>> {
    let event_types = AuditEvent::ALL
        .iter()
        .map(|event| AuditEventType {
            event: *event,
            label: event.label().to_owned(),
            category: event.category(),
            severity: event.severity(),
        })
        .collect();
    Ok(Json(AuditEventTypes { event_types }))
}

async fn read(State(app): State<App>, ApiPath(sequence): ApiPath<u64>) -> ApiResult<Json<AuditEntryView>> {
    let sequence = i64::try_from(sequence).map_err(|_| ApiError::not_found())?;
    let row = audit::find(app.store().read(), sequence).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(view(&row)?))
}
