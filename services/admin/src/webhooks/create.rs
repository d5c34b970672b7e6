//! `POST /api/v1/admin/notifications/webhooks`: a new webhook. Its secret is in the answer, and never shown again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gx_base::limits::WEBHOOKS_MAX;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiResult, Handled, Idempotency, IdempotencyKey, Route, current_correlation,
};
use gx_platform::{App, idempotent};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::webhooks::{self, Webhook};
use gx_store::{Col, StoreError};
use gx_types::api::admin::{CreateWebhookRequest, WebhookWithSecret};
use gx_types::{AuditEvent, AuditObject, ErrorCode, WebhookId};

use super::fields;

const ROUTE: &str = "createWebhook";

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/notifications/webhooks", ROUTE)
        .summary("Make a webhook")
        .description(
            "Events are posted to the address as JSON, signed with the secret: X-GX-Signature is sha256= and the \
             HMAC-SHA-256 of X-GX-Timestamp, a full stop and the body. Redirects are not followed; only public addresses \
             are asked, over https.",
        )
        .access(Access::Admin(Permission::WebhookCreate))
        .idempotency(Idempotency::Accepted)
        .body::<CreateWebhookRequest>()
        .reply::<WebhookWithSecret>(201, "Made; the secret is shown once")
        .errors(&[ErrorCode::WebhookUrlRefused, ErrorCode::StateConflict])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<CreateWebhookRequest>,
) -> ApiResult<Response> {
    let id = WebhookId::from_uuid(app.new_uuid());
    let headers = fields::headers(&app, id, &request.headers.clone().unwrap_or_default())?;
    let (now, actor) = (app.now(), admin.actor());
    let row = Webhook {
        webhook_id: Col(id),
        name: fields::name(&request.name)?,
        url: fields::url(&app, &request.url)?,
        events: fields::events(&request.events)?,
        header_names: headers.names,
        sealed_headers: headers.sealed,
        secret_version: 1,
        is_active: true,
        disabled_reason: None,
        failure_count: 0,
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
        created_by: Col(actor),
        created_at: Col(now),
        updated_at: Col(now),
    };
    fields::leads_somewhere(&app, &row.url).await?;
    let entry =
        AuditEntry::new(AuditEvent::WebhookCreated, actor, AuditObject::Webhook(id), current_correlation(), now)
            .after("host", host_of(&row.url))
            .after("events", &row.events);
    let once = idempotent(&app, actor, ROUTE, key.as_ref(), &request, move |tx| {
        let (row, entry) = (row.clone(), entry.clone());
        Box::pin(async move {
            if webhooks::count(tx).await? >= WEBHOOKS_MAX {
                let detail = format!("there are {WEBHOOKS_MAX} webhooks already");
                return Err(ApiError::new(ErrorCode::StateConflict).with_detail(detail));
            }
            webhooks::insert(tx, row).await.map_err(name_taken)?;
            audit::append(tx, entry).await?;
            Ok(id)
        })
    })
    .await?;
    tracing::info!(webhook_id = %once.value, admin_id = %admin.admin_id, "a webhook was made");
    let row = webhooks::find(app.store().read(), once.value).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(super::with_secret(&app, row)?)).into_response())
}

pub(super) fn name_taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Duplicate { .. } => ApiError::new(ErrorCode::StateConflict).with_field(
            "name",
            ErrorCode::StateConflict,
            "Another webhook has this name.",
        ),
        other => other.into(),
    }
}

/// Scheme and host of an address: what stands behind them may be a secret.
pub(super) fn host_of(url: &str) -> String {
    let end = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(end..).unwrap_or_default();
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    format!("{}{host}", url.get(..end).unwrap_or_default())
}
