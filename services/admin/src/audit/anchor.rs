//! The end of the chain, noted in the object store: whoever owns the database alone cannot cut the chain's tail off, or
//! write it anew, without the noted end telling.

use bytes::Bytes;
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::audit::{self, Head};

/// Notes of one environment: an object for each end that was noted, named by its place, so that none is ever overwritten.
const FOLDER: &str = "audit-heads";
/// The object that names the newest note.
const NEWEST: &str = "audit-heads/newest";

/// The end that was noted last.
///
/// # Errors
/// 503 when the object store is out of reach; 500 when the note is none.
pub(crate) async fn noted(app: &App) -> ApiResult<Option<Head>> {
    let Some(bytes) = app.objects().get(NEWEST).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(ApiError::internal)
}

/// Notes the end of the chain, if it has grown and contains the end that was noted before.
///
/// # Errors
/// 503 when the database or the object store is out of reach.
pub(crate) async fn note(app: &App) -> ApiResult<()> {
    let head = audit::head(app.store().read()).await?;
    let before = noted(app).await?;
    if let Some(before) = before {
        if before == head {
            return Ok(());
        }
        let there = audit::find(app.store().read(), before.sequence).await?;
        let contained = before.sequence == 0 || there.is_some_and(|row| row.entry_hash == before.hash);
        if head.sequence < before.sequence || !contained {
            tracing::error!(
                noted = before.sequence,
                found = head.sequence,
                "the audit chain does not contain the end that was noted: it was cut off or written anew"
            );
            return Ok(());
        }
    }
    if head.sequence == 0 {
        return Ok(());
    }
    let bytes = Bytes::from(serde_json::to_vec(&head).map_err(ApiError::internal)?);
    let kept = format!("{FOLDER}/{:020}", head.sequence);
    // Another replica may have noted the same end.
    if app.objects().get(&kept).await?.is_none() {
        let _ = app.objects().put_new(&kept, bytes.clone()).await;
    }
    app.objects().delete(NEWEST).await?;
    // Another replica may have been faster; it has noted an end of the same chain.
    let _ = app.objects().put_new(NEWEST, bytes).await;
    Ok(())
}
