//! `PATCH` and `DELETE /api/v1/admin/notifications/webhooks/{webhookId}`, and a new secret.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Route, current_correlation};
use gx_store::Col;
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::webhooks;
use gx_types::api::admin::{UpdateWebhookRequest, WebhookView, WebhookWithSecret};
use gx_types::api::identity::Message;
use gx_types::{AuditEvent, AuditObject, ErrorCode, WebhookId};

use super::create::{host_of, name_taken};
use super::fields;
use crate::command::Routes;

pub(super) fn routes() -> Routes {
    vec![
        Route::patch("/api/v1/admin/notifications/webhooks/{webhookId}", "updateWebhook")
            .summary("Change a webhook, or switch it off and on")
            .description("Switching it on forgets its failures.")
            .access(Access::Admin(Permission::WebhookUpdate))
            .param::<WebhookId>("webhookId", "The webhook")
            .body::<UpdateWebhookRequest>()
            .reply::<WebhookView>(200, "As it is now")
            .errors(&[ErrorCode::WebhookUrlRefused, ErrorCode::StateConflict])
            .handle(update),
        Route::delete("/api/v1/admin/notifications/webhooks/{webhookId}", "deleteWebhook")
            .summary("Delete a webhook with everything that waits for it")
            .access(Access::Admin(Permission::WebhookDelete))
            .param::<WebhookId>("webhookId", "The webhook")
            .reply::<Message>(200, "It is gone")
            .handle(delete),
        Route::post("/api/v1/admin/notifications/webhooks/{webhookId}/regenerate-secret", "replaceWebhookSecret")
            .summary("Give a webhook another secret")
            .description("The old one signs nothing from now on, what waits already included.")
            .access(Access::Admin(Permission::WebhookUpdate))
            .param::<WebhookId>("webhookId", "The webhook")
            .reply::<WebhookWithSecret>(200, "The new secret, shown once")
            .handle(replace_secret),
    ]
}

async fn update(
    State(app): State<App>,
    admin: Admin,
    ApiPath(id): ApiPath<WebhookId>,
    ApiJson(request): ApiJson<UpdateWebhookRequest>,
) -> ApiResult<Json<WebhookView>> {
    // 1. What was typed; whether there is such a webhook; and only then where its new address leads.
    let name = request.name.as_deref().map(fields::name).transpose()?;
    let events = request.events.as_deref().map(fields::events).transpose()?;
    let headers = request.headers.as_ref().map(|typed| fields::headers(&app, id, typed)).transpose()?;
    let headers = headers.map(|headers| (headers.names, headers.sealed));
    let url = request.url.as_deref().map(|text| fields::url(&app, text)).transpose()?;
    webhooks::find(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    if let Some(url) = &url {
        fields::leads_somewhere(&app, url).await?;
    }
    // 2. The change.
    let (actor, now, correlation_id, is_active) = (admin.actor(), app.now(), current_correlation(), request.is_active);
    let row = app
        .store()
        .write(move |tx| {
            let (name, events, headers, url) = (name.clone(), events.clone(), headers.clone(), url.clone());
            Box::pin(async move {
                let mut row = webhooks::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                let object = AuditObject::Webhook(id);
                let mut entry = AuditEntry::new(AuditEvent::WebhookChanged, actor, object, correlation_id, now);
                if let Some(name) = name {
                    entry = entry.before("name", &row.name).after("name", &name);
                    row.name = name;
                }
                if let Some(url) = url {
                    entry = entry.before("host", host_of(&row.url)).after("host", host_of(&url));
                    row.url = url;
                }
                if let Some(events) = events {
                    entry = entry.before("events", &row.events).after("events", &events);
                    row.events = events;
                }
                if let Some((names, sealed)) = headers {
                    entry = entry.before("headers", &row.header_names).after("headers", &names);
                    (row.header_names, row.sealed_headers) = (names, sealed);
                }
                if let Some(active) = is_active {
                    entry = entry.before("active", row.is_active).after("active", active);
                    if active && !row.is_active {
                        (row.failure_count, row.failing_since, row.disabled_reason) = (0, None, None);
                    }
                    row.is_active = active;
                }
                row.updated_at = Col(now);
                webhooks::save(tx, row.clone()).await.map_err(name_taken)?;
                audit::append(tx, entry).await?;
                Ok::<_, ApiError>(row)
            })
        })
        .await?;
    tracing::info!(webhook_id = %id, admin_id = %admin.admin_id, "a webhook was changed");
    Ok(Json(super::view(row)))
}

async fn delete(State(app): State<App>, admin: Admin, ApiPath(id): ApiPath<WebhookId>) -> ApiResult<Json<Message>> {
    let (actor, now, correlation_id) = (admin.actor(), app.now(), current_correlation());
    app.store()
        .write(move |tx| {
            Box::pin(async move {
                let row = webhooks::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                webhooks::delete(tx, id).await?;
                let object = AuditObject::Webhook(id);
                let entry = AuditEntry::new(AuditEvent::WebhookDeleted, actor, object, correlation_id, now)
                    .before("host", host_of(&row.url))
                    .before("events", &row.events);
                audit::append(tx, entry).await?;
                Ok::<_, ApiError>(())
            })
        })
        .await?;
    tracing::info!(webhook_id = %id, admin_id = %admin.admin_id, "a webhook was deleted");
    Ok(Json(Message { message: "The webhook is deleted.".to_owned() }))
}

async fn replace_secret(
    State(app): State<App>,
    admin: Admin,
    ApiPath(id): ApiPath<WebhookId>,
) -> ApiResult<Json<WebhookWithSecret>> {
    let (actor, now, correlation_id) = (admin.actor(), app.now(), current_correlation());
    let row = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let mut row = webhooks::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                row.secret_version += 1;
                row.updated_at = Col(now);
                webhooks::save(tx, row.clone()).await?;
                let object = AuditObject::Webhook(id);
                let entry = AuditEntry::new(AuditEvent::WebhookSecretReplaced, actor, object, correlation_id, now)
                    .after("secretVersion", row.secret_version);
                audit::append(tx, entry).await?;
                Ok::<_, ApiError>(row)
            })
        })
        .await?;
    tracing::info!(webhook_id = %id, admin_id = %admin.admin_id, "a webhook got another secret");
    Ok(Json(super::with_secret(&app, row)?))
}
