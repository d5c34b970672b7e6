//! `POST /api/v1/admin/notifications/webhooks/{webhookId}/test`: sends the webhook an event of its own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::webhooks::{self, NewEvent};
use gx_types::api::admin::WebhookTestQueued;
use gx_types::{ErrorCode, WebhookEvent, WebhookId};
use serde_json::json;

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/notifications/webhooks/{webhookId}/test", "testWebhook")
        .summary("Send a webhook a test")
        .access(Access::Admin(Permission::WebhookTest))
        .param::<WebhookId>("webhookId", "The webhook")
        .reply::<WebhookTestQueued>(202, "It is on its way; the delivery says how it went")
        .errors(&[ErrorCode::StateConflict])
        .handle(handle)
}

async fn handle(State(app): State<App>, admin: Admin, ApiPath(id): ApiPath<WebhookId>) -> ApiResult<Response> {
    let event = NewEvent {
        key: format!("test\n{}", app.new_uuid()),
        event: WebhookEvent::Test,
        data: json!({ "webhookId": id, "requestedBy": admin.admin_id }),
        at: app.now(),
    };
    let delivery_id = app
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let row = webhooks::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                if !row.is_active {
                    return Err(ApiError::new(ErrorCode::StateConflict).with_detail("this webhook is switched off"));
                }
                Ok(webhooks::emit_to(tx, &row, event).await?)
            })
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(WebhookTestQueued { delivery_id })).into_response())
}
