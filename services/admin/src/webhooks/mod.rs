//! Webhooks: addresses that are told what happens. The routes here; sending in [`deliver`]; events are written where they
//! happen, see `gx_store::repo::webhooks`.

mod change;
mod create;
pub(crate) mod deliver;
mod deliveries;
mod fields;
mod list;
mod ping;

use gx_base::Secret;
use gx_platform::App;
use gx_platform::http::ApiResult;
use gx_store::repo::webhooks::Webhook;
use gx_types::WebhookId;
use gx_types::api::admin::{WebhookView, WebhookWithSecret};

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    let mut routes = list::routes();
    routes.push(create::route());
    routes.extend(change::routes());
    routes.extend(deliveries::routes());
    routes.push(ping::route());
    routes
}

/// The secret of a webhook: derived from the environment's own, so that it lies in no table, and every process knows it.
pub(crate) fn secret_of(app: &App, id: WebhookId, version: i64) -> ApiResult<Secret> {
    let key = app.derive_key(&format!("webhook\n{id}\n{version}"))?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(format!("whsec_{hex}")))
}

fn with_secret(app: &App, row: Webhook) -> ApiResult<WebhookWithSecret> {
    let secret = secret_of(app, row.webhook_id.0, row.secret_version)?;
    Ok(WebhookWithSecret { webhook: view(row), secret: secret.expose().to_owned() })
}

fn view(row: Webhook) -> WebhookView {
    WebhookView {
        id: row.webhook_id.0,
        events: row.wanted(),
        header_names: serde_json::from_str(&row.header_names).unwrap_or_default(),
        name: row.name,
        url: row.url,
        is_active: row.is_active,
        disabled_reason: row.disabled_reason,
        secret_version: u64::try_from(row.secret_version).unwrap_or(0),
        failure_count: u64::try_from(row.failure_count).unwrap_or(0),
        failing_since: row.failing_since.map(|at| at.0),
        last_success_at: row.last_success_at.map(|at| at.0),
        last_failure_at: row.last_failure_at.map(|at| at.0),
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
    }
}
