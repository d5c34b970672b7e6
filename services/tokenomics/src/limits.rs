//! `/api/v1/limits`: limits that people put on their own payments.
//!
//! A lower limit holds at once, a higher one after 24 hours: who has stolen a session cannot lift it and pay at once. The
//! limits are read in the transaction that enqueues a payment, under the payer's lock, which a change takes too.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use gx_base::limits::LIMIT_RAISE_SECONDS;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, Route};
use gx_store::Col;
use gx_store::repo::limits::{self, SpendingLimit};
use gx_store::repo::payments;
use gx_store::sea_orm::ConnectionTrait;
use gx_types::api::conveniences::{LimitView, LimitsPatch, LimitsReply, NextLimit};
use gx_types::api::identity::Change;
use gx_types::{AccountId, ErrorCode, LimitKind, ProfileId, Qirat, SecurityEvent, Timestamp};

use crate::payment::Judged;

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn read_route() -> Handled {
    Route::get("/api/v1/limits", "readLimits")
        .summary("Own limits on payments, and what is left of them")
        .access(Access::Person)
        .reply::<LimitsReply>(200, "The limits")
        .handle(async |State(app): State<App>, person: Person| -> ApiResult<Json<LimitsReply>> {
            Ok(Json(view(app.store().read(), person.profile_id, app.now()).await?))
        })
}

pub(crate) fn change_route() -> Handled {
    Route::patch("/api/v1/limits", "changeLimits")
        .summary("Lower a limit at once, or raise it after 24 hours")
        .description(
            "Only the fields present change; null takes a limit away, which is a raise. Asking for the limit that holds takes \
             a waiting raise back.",
        )
        .access(Access::Person)
        .body::<LimitsPatch>()
        .reply::<LimitsReply>(200, "The limits as they are now")
        .errors(&[ErrorCode::AmountInvalid])
        .handle(change)
}

async fn change(
    State(app): State<App>,
    person: Person,
    ApiJson(patch): ApiJson<LimitsPatch>,
) -> ApiResult<Json<LimitsReply>> {
    let wanted = |field: &str, change: &Change<Qirat>| match change {
        Change::Keep => Ok(None),
        Change::Clear => Ok(Some(Qirat::CAP)),
        Change::Set(amount) if amount.is_zero() => {
            Err(ApiError::field(field, ErrorCode::AmountInvalid, "a limit is above zero"))
        }
        Change::Set(amount) => Ok(Some(*amount)),
    };
    let changes = [
        (LimitKind::PerPayment, wanted("perPayment", &patch.per_payment)?),
        (LimitKind::PerDay, wanted("perDay", &patch.per_day)?),
    ];
    let (me, now) = (person.profile_id, app.now());
    let note = app.security_note(SecurityEvent::LimitRaised, me, None);
    let in_change = note.clone();
    let raised = app
        .store()
        .write(move |tx| {
            let mut note = in_change.clone();
            Box::pin(async move {
                payments::lock_payer(tx, me).await?;
                let rows = limits::of_person(tx, me).await?;
                let mut raised = false;
                for (kind, wanted) in changes.into_iter().filter_map(|(kind, wanted)| Some((kind, wanted?))) {
                    let row = rows.iter().find(|row| row.kind.0 == kind).cloned();
                    let row = row.unwrap_or_else(|| limits::none(me, kind, now));
                    let holds = row.at(now);
                    let (row, waits) = changed(&row, wanted, now);
                    limits::save(tx, row).await?;
                    if waits {
                        let text = |limit: Option<Qirat>| {
                            limit.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
                        };
                        let next = Some(wanted).filter(|limit| *limit < Qirat::CAP);
                        note = note.before(kind.as_str(), text(holds)).after(kind.as_str(), text(next));
                    }
                    raised |= waits;
                }
                if raised {
                    note.record(tx).await?;
                }
                Ok::<_, ApiError>(raised)
            })
        })
        .await?;
    if raised {
        note.tell(&app).await;
    }
    Ok(Json(view(app.store().read(), me, now).await?))
}

/// The row with a new limit; whether it is a raise that was not asked for before.
fn changed(row: &SpendingLimit, wanted: Qirat, now: Timestamp) -> (SpendingLimit, bool) {
    let holds = row.at(now).unwrap_or(Qirat::CAP);
    let settled =
        SpendingLimit { amount: Col(holds), next_amount: None, next_from: None, updated_at: Col(now), ..row.clone() };
    if wanted <= holds {
        return (SpendingLimit { amount: Col(wanted), ..settled }, false);
    }
    // Asked for already: it does not begin to wait anew.
    if row.waiting(now).is_some() && row.next_amount == Some(Col(wanted)) {
        return (row.clone(), false);
    }
    let from = now.plus(Duration::from_secs(LIMIT_RAISE_SECONDS));
    (SpendingLimit { next_amount: Some(Col(wanted)), next_from: Some(Col(from)), ..settled }, true)
}

async fn view(db: &impl ConnectionTrait, me: ProfileId, now: Timestamp) -> ApiResult<LimitsReply> {
    let rows = limits::of_person(db, me).await?;
    let of = |kind: LimitKind| {
        let row = rows.iter().find(|row| row.kind.0 == kind);
        LimitView {
            amount: row.and_then(|row| row.at(now)),
            next: row.and_then(|row| row.waiting(now)).map(|(amount, from)| NextLimit { amount, from }),
        }
    };
    let spent = match payments::side_of(db, me).await?.and_then(|side| Some((side.gx_id?, side.account?))) {
        Some((id, figures)) => spent(db, AccountId::Holder(id), figures.pending, now).await?,
        None => Qirat::ZERO,
    };
    let per_day = of(LimitKind::PerDay);
    Ok(LimitsReply {
        per_payment: of(LimitKind::PerPayment),
        left: per_day.amount.map(|limit| limit.saturating_sub(spent)),
        per_day,
        spent,
    })
}

/// What was paid in the last 24 hours, or is on its way.
async fn spent(db: &impl ConnectionTrait, account: AccountId, pending: Qirat, now: Timestamp) -> ApiResult<Qirat> {
    let paid = limits::paid_since(db, account, now.minus(DAY)).await?;
    Ok(paid.checked_add(pending).unwrap_or(Qirat::CAP))
}

/// Refuses a payment that passes a limit of its payer. Call it in the transaction that enqueues the payment, with the
/// payer locked.
///
/// # Errors
/// 409 `LIMIT_PER_PAYMENT_EXCEEDED` or `LIMIT_PER_DAY_EXCEEDED` with the limit and what is left of it.
pub(crate) async fn enforce(tx: &impl ConnectionTrait, judged: &Judged, now: Timestamp) -> ApiResult<()> {
    enforce_these(tx, &limits::of_person(tx, judged.payer.profile_id).await?, judged, now).await
}

/// As [`enforce`] with the payer's limits at hand, read in the same transaction.
///
/// # Errors
/// As [`enforce`].
pub(crate) async fn enforce_these(
    tx: &impl ConnectionTrait,
    rows: &[SpendingLimit],
    judged: &Judged,
    now: Timestamp,
) -> ApiResult<()> {
    let of = |kind: LimitKind| rows.iter().find(|row| row.kind.0 == kind).and_then(|row| row.at(now));
    let total = judged.price.total;
    if let Some(limit) = of(LimitKind::PerPayment).filter(|limit| total > *limit) {
        let detail = format!(
            "this payment takes {} with its fee; your limit for one payment is {}",
            total.display_gx(),
            limit.display_gx()
        );
        return Err(ApiError::new(ErrorCode::LimitPerPaymentExceeded).with_detail(detail));
    }
    if let Some(limit) = of(LimitKind::PerDay) {
        let pending = judged.payer.account.map_or(Qirat::ZERO, |figures| figures.pending);
        let left = limit.saturating_sub(spent(tx, AccountId::Holder(judged.from), pending, now).await?);
        if total > left {
            let detail = format!(
                "this payment takes {} with its fee; of your limit of {} for 24 hours {} are left",
                total.display_gx(),
                limit.display_gx(),
                left.display_gx()
            );
            return Err(ApiError::new(ErrorCode::LimitPerDayExceeded).with_detail(detail));
        }
    }
    Ok(())
}
