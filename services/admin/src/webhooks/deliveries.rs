//! `GET /api/v1/admin/notifications/webhooks/{webhookId}/deliveries`, one of them, and sending one again.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{
    Access, ApiError, ApiPath, ApiQuery, ApiResult, Cursor, Page, PageLimit, Route, current_correlation,
};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::webhooks::{self, Delivery, DeliveryFilter};
use gx_types::api::admin::WebhookDeliveryView;
use gx_types::{AuditEvent, AuditObject, ErrorCode, WebhookDeliveryId, WebhookDeliveryState, WebhookId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::command::Routes;

const LIST: &str = "admin-webhook-deliveries";

/// Which deliveries.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookDeliveriesQuery {
    /// In this state.
    #[serde(default)]
    state: Option<WebhookDeliveryState>,
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/notifications/webhooks/{webhookId}/deliveries", "listWebhookDeliveries")
            .summary("Events on their way to a webhook, the newest first")
            .description("Kept for 30 days.")
            .access(Access::Admin(Permission::WebhookView))
            .param::<WebhookId>("webhookId", "The webhook")
            .query::<WebhookDeliveriesQuery>()
            .reply::<Page<WebhookDeliveryView>>(200, "A page")
            .handle(list),
        Route::get("/api/v1/admin/notifications/webhooks/{webhookId}/deliveries/{deliveryId}", "readWebhookDelivery")
            .summary("An event on its way to a webhook")
            .access(Access::Admin(Permission::WebhookView))
            .param::<WebhookId>("webhookId", "The webhook")
            .param::<WebhookDeliveryId>("deliveryId", "The delivery")
            .reply::<WebhookDeliveryView>(200, "The delivery")
            .handle(read),
        Route::post(
            "/api/v1/admin/notifications/webhooks/{webhookId}/deliveries/{deliveryId}/replay",
            "replayWebhookDelivery",
        )
        .summary("Send an event once more")
        .description("One that was delivered, or given up. The receiver knows it by the id of the event.")
        .access(Access::Admin(Permission::WebhookUpdate))
        .param::<WebhookId>("webhookId", "The webhook")
        .param::<WebhookDeliveryId>("deliveryId", "The delivery")
        .reply::<WebhookDeliveryView>(200, "It waits for its turn")
        .errors(&[ErrorCode::StateConflict])
        .handle(replay),
    ]
}

fn view(row: Delivery) -> WebhookDeliveryView {
    let waits = matches!(row.state.0, WebhookDeliveryState::Pending | WebhookDeliveryState::Sending);
    WebhookDeliveryView {
        id: row.delivery_id.0,
        event_id: row.event_id.0,
        event: row.event.0,
        state: row.state.0,
        attempts: u64::try_from(row.attempts).unwrap_or(0),
        next_attempt_at: waits.then_some(row.next_at.0),
        response_status: row.response_status.and_then(|status| u16::try_from(status).ok()),
        response_excerpt: row.response_excerpt,
        error: row.error,
        body: row.body,
        created_at: row.created_at.0,
        finished_at: row.finished_at.map(|at| at.0),
    }
}

async fn list(
    State(app): State<App>,
    ApiPath(id): ApiPath<WebhookId>,
    ApiQuery(query): ApiQuery<WebhookDeliveriesQuery>,
) -> ApiResult<Json<Page<WebhookDeliveryView>>> {
    webhooks::find(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    let limit = query.limit.unwrap_or_default();
    let filter = DeliveryFilter { state: query.state, before: app.cursors().open(LIST, query.cursor.as_ref())? };
    let rows = webhooks::deliveries(app.store().read(), id, &filter, limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, limit, |row| (row.created_at.0, row.delivery_id.0))?;
    Ok(Json(page.map(view)))
}

type Place = (WebhookId, WebhookDeliveryId);

async fn read(State(app): State<App>, ApiPath((id, delivery)): ApiPath<Place>) -> ApiResult<Json<WebhookDeliveryView>> {
    let row = webhooks::delivery(app.store().read(), id, delivery).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(view(row)))
}

async fn replay(
    State(app): State<App>,
    admin: Admin,
    ApiPath((id, delivery)): ApiPath<Place>,
) -> ApiResult<Json<WebhookDeliveryView>> {
    let (actor, now, correlation_id) = (admin.actor(), app.now(), current_correlation());
    let row = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                webhooks::delivery(tx, id, delivery).await?.ok_or_else(ApiError::not_found)?;
                if !webhooks::replay(tx, id, delivery, now).await? {
                    let detail = "only what was delivered or given up can be sent again";
                    return Err(ApiError::new(ErrorCode::StateConflict).with_detail(detail));
                }
                let object = AuditObject::Webhook(id);
                let entry = AuditEntry::new(AuditEvent::WebhookReplayed, actor, object, correlation_id, now)
                    .after("deliveryId", delivery);
                audit::append(tx, entry).await?;
                webhooks::delivery(tx, id, delivery).await?.ok_or_else(ApiError::not_found)
            })
        })
        .await?;
    Ok(Json(view(row)))
}
