//! `GET /api/v1/admin/notifications/webhooks` and `/{webhookId}`.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Route};
use gx_store::repo::webhooks;
use gx_types::WebhookId;
use gx_types::api::admin::{WebhookList, WebhookView};

use crate::command::Routes;

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/notifications/webhooks", "listWebhooks")
            .summary("Webhooks, by name")
            .access(Access::Admin(Permission::WebhookView))
            .reply::<WebhookList>(200, "All of them; there are never many")
            .handle(list),
        Route::get("/api/v1/admin/notifications/webhooks/{webhookId}", "readWebhook")
            .summary("A webhook")
            .access(Access::Admin(Permission::WebhookView))
            .param::<WebhookId>("webhookId", "The webhook")
            .reply::<WebhookView>(200, "The webhook")
            .handle(read),
    ]
}

async fn list(State(app): State<App>) -> ApiResult<Json<WebhookList>> {
    let rows = webhooks::all(app.store().read()).await?;
    Ok(Json(WebhookList { webhooks: rows.into_iter().map(super::view).collect() }))
}

async fn read(State(app): State<App>, ApiPath(id): ApiPath<WebhookId>) -> ApiResult<Json<WebhookView>> {
    let row = webhooks::find(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(super::view(row)))
}
