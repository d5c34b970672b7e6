//! Sending what is due. Any number of processes may do it: each takes deliveries under a lease that is longer than an
//! attempt can last, so nothing is sent twice at once; an attempt whose process is gone is made again by another.
//!
//! A receiver takes an event by answering 2xx. Everything else is tried again, later each time, about two days long; then
//! the delivery is dead, and may be sent again by hand. Each webhook has its own place: one that does not answer makes no
//! other wait. One that nothing has reached for three days is switched off.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use gx_base::limits::{
    WEBHOOK_ANSWER_SECONDS_MAX, WEBHOOK_ATTEMPTS_MAX, WEBHOOK_DELIVERIES_KEPT_SECONDS, WEBHOOK_FAILING_SECONDS_MAX,
};
use gx_base::{Entropy, EntropyExt, MetricDecl, MetricKind};
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_platform::outbound::{Answer, Failed, signature};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::webhooks::{self, Attempted, Delivery, Webhook};
use gx_store::{Col, StoreError};
use gx_types::{Actor, AuditEvent, AuditObject, CorrelationId, Timestamp, WebhookDeliveryState, WebhookId};
use tokio::task::JoinSet;

use super::{fields, secret_of};

/// How often the table is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long a delivery is in the hands of who took it: an attempt, and the writing around it.
const LEASE: Duration = Duration::from_secs(60);
/// Deliveries to one webhook at a time.
const AT_ONCE: u64 = 8;
/// Wait after the first failure; each further one doubles it.
const FIRST_WAIT_SECONDS: u64 = 30;
/// The longest wait.
const LONGEST_WAIT_SECONDS: u64 = 6 * 3_600;

// A lease outlives every attempt.
const _: () = assert!(LEASE.as_secs() > 2 * WEBHOOK_ANSWER_SECONDS_MAX);

/// Attempts to deliver.
pub(crate) const ATTEMPTS: MetricDecl = MetricDecl {
    name: "gx_webhook_attempts_total",
    kind: MetricKind::Counter,
    labels: &["outcome"],
    help: "Attempts to deliver an event to a webhook: delivered, failed (tried again) or dead (given up).",
};

/// Delivers until the application is asked to stop.
pub(crate) async fn run(app: App) {
    let mut under_way: BTreeSet<WebhookId> = BTreeSet::new();
    let mut batches = JoinSet::new();
    while !app.stop().is_cancelled() {
        match webhooks::due(app.store().read(), app.now()).await {
            Ok(due) => {
                for id in due {
                    if under_way.insert(id) {
                        let app = app.clone();
                        batches.spawn(async move { (id, batch(&app, id).await) });
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "what is due for webhooks could not be read"),
        }
        tokio::select! {
            Some(done) = batches.join_next(), if !batches.is_empty() => match done {
                Ok((id, outcome)) => {
                    under_way.remove(&id);
                    if let Err(error) = outcome {
                        tracing::warn!(webhook_id = %id, code = error.code().as_str(), "deliveries to a webhook failed");
                        pause(&app).await;
                    }
                }
                // The id is lost with the task; the next look finds what is due anyway.
                Err(error) => {
                    tracing::error!(%error, "deliveries to a webhook ended unexpectedly");
                    under_way.clear();
                }
            },
            () = pause(&app) => {}
        }
    }
    // What is under way is written down, or its lease ends.
    while batches.join_next().await.is_some() {}
}

async fn pause(app: &App) {
    tokio::select! {
        () = tokio::time::sleep(EVERY) => {}
        () = app.stop().cancelled() => {}
    }
}

/// One look: a batch for each webhook for which something is due. Returns how many attempts were made.
pub(crate) async fn once(app: &App) -> ApiResult<u64> {
    let due = webhooks::due(app.store().read(), app.now()).await?;
    let batches = futures::future::join_all(due.into_iter().map(|id| batch(app, id))).await;
    batches.into_iter().sum()
}

/// Forgets old deliveries.
pub(crate) async fn forget(app: &App) -> ApiResult<u64> {
    let before = app.now().minus(Duration::from_secs(WEBHOOK_DELIVERIES_KEPT_SECONDS));
    let forgotten: Result<u64, StoreError> =
        app.store().write(move |tx| Box::pin(async move { webhooks::forget(tx, before).await })).await;
    Ok(forgotten?)
}

async fn batch(app: &App, id: WebhookId) -> ApiResult<u64> {
    let now = app.now();
    let taken: Result<_, StoreError> =
        app.store().write(move |tx| Box::pin(async move { webhooks::take(tx, id, now, LEASE, AT_ONCE).await })).await;
    let Some((hook, deliveries)) = taken? else { return Ok(0) };
    let made = deliveries.len() as u64;
    let attempts = deliveries.into_iter().map(|delivery| attempt(app, &hook, delivery));
    for written in futures::future::join_all(attempts).await {
        written?;
    }
    Ok(made)
}

async fn attempt(app: &App, hook: &Webhook, delivery: Delivery) -> ApiResult<()> {
    let answer = match headers(app, hook, &delivery) {
        Ok(headers) => app.outbound().post(&hook.url, headers, delivery.body.clone()).await,
        Err(error) => {
            tracing::error!(webhook_id = %hook.webhook_id.0, ?error, "an event for a webhook could not be signed");
            Err(Failed::Unable("its headers or its secret cannot be read".to_owned()))
        }
    };
    let outcome = judged(answer, delivery.attempts, app.now(), &**app.entropy());
    let label = match outcome.state {
        WebhookDeliveryState::Delivered => "delivered",
        WebhookDeliveryState::Dead => "dead",
        WebhookDeliveryState::Pending | WebhookDeliveryState::Sending => "failed",
    };
    metrics::counter!(ATTEMPTS.name, "outcome" => label).increment(1);
    if outcome.state == WebhookDeliveryState::Dead {
        tracing::warn!(delivery_id = %delivery.delivery_id.0, webhook_id = %hook.webhook_id.0, "a webhook never took an event");
    }
    let (now, correlation_id) = (app.now(), CorrelationId::from_uuid(app.new_uuid()));
    app.store()
        .write(move |tx| {
            let (delivery, outcome) = (delivery.clone(), outcome.clone());
            Box::pin(async move {
                let hook = webhooks::attempted(tx, &delivery, &outcome, now).await?;
                let Some(mut hook) = hook.filter(|hook| is_lost(hook, now)) else { return Ok(()) };
                hook.is_active = false;
                hook.disabled_reason = Some("nothing reached it for three days".to_owned());
                hook.updated_at = Col(now);
                let object = AuditObject::Webhook(hook.webhook_id.0);
                let entry = AuditEntry::new(AuditEvent::WebhookDisabled, Actor::Platform, object, correlation_id, now)
                    .before("active", true)
                    .after("active", false)
                    .after("failures", hook.failure_count);
                webhooks::save(tx, hook).await?;
                audit::append(tx, entry).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .map_err(ApiError::from)
}

fn is_lost(hook: &Webhook, now: Timestamp) -> bool {
    let limit = Duration::from_secs(WEBHOOK_FAILING_SECONDS_MAX);
    hook.is_active && hook.failing_since.is_some_and(|since| now.since(since.0) >= limit)
}

fn headers(app: &App, hook: &Webhook, delivery: &Delivery) -> ApiResult<HeaderMap> {
    let id = hook.webhook_id.0;
    let timestamp = app.now().micros().div_euclid(1_000_000);
    let secret = secret_of(app, id, hook.secret_version)?;
    let mut headers = HeaderMap::new();
    for (name, value) in fields::opened(app, id, &hook.sealed_headers)? {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
        let mut value = value.map_err(ApiError::internal)?;
        value.set_sensitive(true);
        headers.insert(name.map_err(ApiError::internal)?, value);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("x-gx-event", delivery.event.0.to_string()),
        ("x-gx-event-id", delivery.event_id.0.to_string()),
        ("x-gx-delivery", delivery.delivery_id.0.to_string()),
        ("x-gx-timestamp", timestamp.to_string()),
        ("x-gx-signature", signature(&secret, timestamp, &delivery.body)),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).map_err(ApiError::internal)?);
    }
    Ok(headers)
}

/// Where an attempt leaves a delivery, `attempts` being this one too.
fn judged(answer: Result<Answer, Failed>, attempts: i64, now: Timestamp, entropy: &dyn Entropy) -> Attempted {
    let (status, excerpt, error) = match answer {
        Ok(answer) if (200..300).contains(&answer.status) => {
            return Attempted {
                state: WebhookDeliveryState::Delivered,
                next_at: now,
                response_status: Some(answer.status),
                response_excerpt: Some(answer.excerpt),
                error: None,
            };
        }
        Ok(answer) if (300..400).contains(&answer.status) => {
            let error = "The receiver answered with a redirect, and none is followed.";
            (Some(answer.status), Some(answer.excerpt), error.to_owned())
        }
        Ok(answer) => {
            let error = format!("The receiver answered {}.", answer.status);
            (Some(answer.status), Some(answer.excerpt), error)
        }
        Err(failed) => (None, None, failed.to_string()),
    };
    let over = attempts >= i64::from(WEBHOOK_ATTEMPTS_MAX);
    Attempted {
        state: if over { WebhookDeliveryState::Dead } else { WebhookDeliveryState::Pending },
        next_at: now.plus(wait(attempts, entropy)),
        response_status: status,
        response_excerpt: excerpt,
        error: Some(error),
    }
}

/// How long until the next attempt: doubled each time, and a fifth more or less, so that what failed together does not come
/// back together.
fn wait(attempts: i64, entropy: &dyn Entropy) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    let seconds = FIRST_WAIT_SECONDS.saturating_mul(1 << doublings).min(LONGEST_WAIT_SECONDS);
    let spread = seconds * 400;
    Duration::from_millis(seconds * 800 + entropy.below(spread + 1))
}

#[cfg(test)]
mod tests {
    use gx_base::SeededEntropy;

    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_are_given_up_after_about_two_days() {
        let entropy = SeededEntropy::new(7);
        let now = Timestamp::from_micros(0);
        let mut all = Duration::ZERO;
        for attempt in 1..i64::from(WEBHOOK_ATTEMPTS_MAX) {
            let outcome = judged(Err(Failed::TimedOut), attempt, now, &entropy);
            assert_eq!(outcome.state, WebhookDeliveryState::Pending);
            let wait = outcome.next_at.since(now);
            let base = (30_u64 << (attempt - 1).min(10)).min(6 * 3_600);
            assert!(
                wait >= Duration::from_millis(base * 800) && wait <= Duration::from_millis(base * 1_200),
                "{wait:?}"
            );
            all += wait;
        }
        let days = Duration::from_secs(24 * 3_600);
        assert!(all > days && all < 3 * days, "{all:?}");
        let last = judged(Err(Failed::TimedOut), i64::from(WEBHOOK_ATTEMPTS_MAX), now, &entropy);
        assert_eq!(last.state, WebhookDeliveryState::Dead);
    }

    #[test]
    fn only_2xx_takes_an_event() {
        let entropy = SeededEntropy::new(7);
        let now = Timestamp::from_micros(0);
        for (status, state) in [
            (200, WebhookDeliveryState::Delivered),
            (204, WebhookDeliveryState::Delivered),
            (301, WebhookDeliveryState::Pending),
            (404, WebhookDeliveryState::Pending),
            (500, WebhookDeliveryState::Pending),
        ] {
            let outcome = judged(Ok(Answer { status, excerpt: String::new() }), 1, now, &entropy);
            assert_eq!((outcome.state, outcome.response_status), (state, Some(status)));
        }
    }
}
