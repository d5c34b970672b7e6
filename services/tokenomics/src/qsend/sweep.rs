//! The job that expires requests on time and tells their creators.

use gx_base::EntropyExt as _;
use gx_platform::http::ApiResult;
use gx_platform::{App, BusMessage};
use gx_store::entity::{notifications, qsend_requests};
use gx_store::repo::{notification_preferences, qsend};
use gx_store::sea_orm::{EntityTrait, IntoActiveModel as _};
use gx_store::{Col, StoreError, Tx};
use gx_types::{NotificationId, NotificationKind, NotificationStatus, ProfileId, Timestamp};

/// Requests in one transaction at most.
const BATCH: u64 = 200;

/// Expires every request whose time is up. Any number of replicas may do it at the same time; each request is expired,
/// and its creator told, once. Returns how many.
///
/// # Errors
/// 503 when the database is out of reach; what was done before stays done.
pub async fn expire_due(app: &App) -> ApiResult<u64> {
    let mut expired = 0;
    // Mostly there is nothing to do, and then nothing is written.
    while qsend::any_due(app.store().read(), app.now()).await? {
        let (now, ids) = (app.now(), ids(app));
        let told = app
            .store()
            .write(move |tx| {
                let ids = ids.clone();
                Box::pin(async move { expire_batch(tx, now, &ids).await })
            })
            .await?;
        let count = told.len() as u64;
        for (profile_id, notification_id) in told {
            app.bus().publish(&BusMessage::Notified { profile_id, notification_id });
        }
        expired += count;
        if count == 0 {
            // Another replica has them.
            break;
        }
    }
    Ok(expired)
}

fn ids(app: &App) -> Vec<NotificationId> {
    (0..BATCH).map(|_| NotificationId::from_uuid(app.entropy().uuid_v7(app.now()))).collect()
}

async fn expire_batch(
    tx: &Tx,
    now: Timestamp,
    ids: &[NotificationId],
) -> Result<Vec<(ProfileId, NotificationId)>, StoreError> {
    let requests = qsend::expire_due(tx, now, ids.len() as u64).await?;
    let mut notices: Vec<notifications::Model> = Vec::with_capacity(requests.len());
    for (request, id) in requests.iter().zip(ids) {
        let mut notice = notice(request, *id, now);
        notice.status = Col(notification_preferences::first_status(tx, notice.profile_id.0, notice.kind.0).await?);
        notices.push(notice);
    }
    let told = notices.iter().map(|notice| (notice.profile_id.0, notice.notification_id.0)).collect();
    if !notices.is_empty() {
        let rows = notices.into_iter().map(|notice| notice.into_active_model());
        notifications::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(told)
}

fn notice(request: &qsend_requests::Model, id: NotificationId, now: Timestamp) -> notifications::Model {
    notifications::Model {
        notification_id: Col(id),
        profile_id: request.creator_profile_id,
        kind: Col(NotificationKind::QSendRequestExpired),
        title: "Request expired".to_owned(),
        message: format!(
            "Nobody paid your request {} for {} in time.",
            request.request_code,
            request.amount.0.display_gx()
        ),
        action_url: Some(format!("/requests/{}", request.request_code)),
        action_required: false,
        status: Col(NotificationStatus::Unread),
        read_at: None,
        tx_id: None,
        event_index: None,
        created_at: Col(now),
    }
}
