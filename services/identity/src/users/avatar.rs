//! `/api/v1/users/{id}/avatar`: a picture of the person. What it is, is found from its bytes, and it is sent so that no
//! browser runs anything in it. Cameras write place and time into JPEG files; that is taken out before it is kept.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::multipart::Field;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use gx_base::limits::{AVATAR_BYTES_MAX, AVATAR_PIXELS_MAX, AVATAR_PIXELS_MIN};
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiMultipart, ApiPath, ApiResult, Handled, RateClass, Route};
use gx_store::Col;
use gx_store::repo::avatars::{self, Avatar};
use gx_types::api::security::AvatarView;
use gx_types::{ErrorCode, ProfileId};
use utoipa::ToSchema;

use super::only_self;
use crate::documents::{Content, measures, without_metadata};
use crate::refuse::refused;

/// Room for the part's headers, bytes.
const OVERHEAD_BYTES_MAX: usize = 16 * 1024;

/// The part of an upload.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the part; it is read by itself")]
pub struct AvatarParts {
    /// JPEG or PNG by its content, at most 2 MB, 64 to 4096 pixels wide and high.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Declares the upload.
pub(crate) fn upload_route() -> Handled {
    Route::post("/api/v1/users/{id}/avatar", "uploadAvatar")
        .summary("Upload a picture of yourself")
        .description("In the place of an earlier one.")
        .access(Access::Person)
        .limit(RateClass::Upload)
        .param::<ProfileId>("id", "The own profileId")
        .multipart::<AvatarParts>(AVATAR_BYTES_MAX + OVERHEAD_BYTES_MAX)
        .reply::<AvatarView>(201, "Stored")
        .errors(&[
            ErrorCode::FieldRequired,
            ErrorCode::AvatarNotAccepted,
            ErrorCode::AvatarTooLarge,
            ErrorCode::AvatarDimensions,
            ErrorCode::ObjectStoreUnavailable,
        ])
        .handle(upload)
}

/// Declares reading it.
pub(crate) fn read_route() -> Handled {
    Route::get("/api/v1/users/{id}/avatar", "readAvatar")
        .summary("Your picture")
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .reply_bytes(200, "image/jpeg", "The picture, with the content type found at upload")
        .reply_bytes(200, "image/png", "")
        .errors(&[ErrorCode::ObjectStoreUnavailable])
        .handle(read)
}

/// Declares removing it.
pub(crate) fn delete_route() -> Handled {
    Route::delete("/api/v1/users/{id}/avatar", "deleteAvatar")
        .summary("Remove your picture")
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .reply_empty(204, "It is removed")
        .handle(delete)
}

async fn upload(
    State(app): State<App>,
    person: Person,
    ApiPath(id): ApiPath<ProfileId>,
    ApiMultipart(mut parts): ApiMultipart,
) -> ApiResult<(StatusCode, Json<AvatarView>)> {
    only_self(&person, id)?;
    let mut file = None;
    while let Some(part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "file" || file.is_some() {
            return Err(ApiError::field(name, ErrorCode::FieldUnknown, ErrorCode::FieldUnknown.title()));
        }
        file = Some(bytes_of(part).await?);
    }
    let file =
        file.ok_or_else(|| ApiError::field("file", ErrorCode::FieldRequired, ErrorCode::FieldRequired.title()))?;
    let view = store_avatar(&app, id, file).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

async fn bytes_of(mut part: Field<'_>) -> ApiResult<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        if bytes.len() + chunk.len() > AVATAR_BYTES_MAX {
            return Err(refused("file", ErrorCode::AvatarTooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Checks and keeps a picture.
///
/// # Errors
/// 415 for what is neither JPEG nor PNG, 422 for measures that are out of bounds, 503 without the object store.
pub async fn store_avatar(app: &App, id: ProfileId, file: Vec<u8>) -> ApiResult<AvatarView> {
    let content = Content::of(&file).filter(|content| matches!(content, Content::Jpeg | Content::Png));
    let content = content.ok_or_else(|| refused("file", ErrorCode::AvatarNotAccepted))?;
    let allowed = AVATAR_PIXELS_MIN..=AVATAR_PIXELS_MAX;
    let (width, height) = measures(&file).ok_or_else(|| refused("file", ErrorCode::AvatarNotAccepted))?;
    if !allowed.contains(&width) || !allowed.contains(&height) {
        return Err(refused("file", ErrorCode::AvatarDimensions));
    }
    let file = without_metadata(content, file);

    // The object first: a row without its object would be a broken picture, an object without its row is only litter.
    let now = app.now();
    let object_key = format!("avatars/{id}/{}.{}", app.new_uuid(), content.extension());
    let view = AvatarView {
        mime_type: content.mime().to_owned(),
        size_bytes: file.len() as u64,
        width,
        height,
        uploaded_at: now,
    };
    let row = Avatar {
        profile_id: Col(id),
        object_key: object_key.clone(),
        mime_type: view.mime_type.clone(),
        size_bytes: i64::try_from(file.len()).map_err(ApiError::internal)?,
        width: width.into(),
        height: height.into(),
        uploaded_at: Col(now),
    };
    app.objects().put_new(&object_key, Bytes::from(file)).await?;
    let kept = app
        .store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move { avatars::replace(tx, row).await })
        })
        .await;
    match kept {
        Ok(old) => {
            if let Some(old) = old {
                forget(app, &old).await;
            }
            Ok(view)
        }
        Err(error) => {
            forget(app, &object_key).await;
            let error: gx_store::StoreError = error;
            Err(error.into())
        }
    }
}

async fn read(
    State(app): State<App>,
    person: Person,
    ApiPath(id): ApiPath<ProfileId>,
) -> ApiResult<([(HeaderName, HeaderValue); 4], Bytes)> {
    only_self(&person, id)?;
    let row = avatars::find(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    let bytes = app.objects().get(&row.object_key).await?.ok_or_else(ApiError::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_str(&row.mime_type).map_err(ApiError::internal)?),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, bytes))
}

async fn delete(State(app): State<App>, person: Person, ApiPath(id): ApiPath<ProfileId>) -> ApiResult<StatusCode> {
    only_self(&person, id)?;
    let old = app
        .store()
        .write(move |tx| Box::pin(async move { avatars::take(tx, id).await }))
        .await
        .map_err(ApiError::from)?;
    let old = old.ok_or_else(ApiError::not_found)?;
    forget(&app, &old).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes the object of a picture that no row names any more.
pub(crate) async fn forget(app: &App, key: &str) {
    if let Err(error) = app.objects().delete(key).await {
        tracing::warn!(%error, "the object of a removed picture is left behind");
    }
}
