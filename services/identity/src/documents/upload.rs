//! `POST /api/v1/users/{id}/documents/upload`: stores a document of the own.
//!
//! What the file is, is found by its content. The object is written before its row, so that a row never points at
//! nothing; an object whose row could not be written is removed again.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::multipart::Field;
use axum::http::StatusCode;
use gx_base::limits::DOCUMENT_BYTES_MAX;
use gx_platform::auth::Person as Caller;
use gx_platform::http::{Access, ApiError, ApiMultipart, ApiPath, ApiResult, Handled, RateClass, Route, plain};
use gx_platform::{App, sha256};
use gx_store::Col;
use gx_store::repo::documents::{self, Document};
use gx_store::repo::people;
use gx_types::api::identity::{DocumentMetadata, DocumentReply, DocumentView};
use gx_types::{CountryCode, DocumentId, DocumentSide, DocumentType, ErrorCode, ProfileId, Timestamp};
use utoipa::ToSchema;

use super::{Content, OPEN_DOCUMENTS_MAX, view};
use crate::fields;
use crate::refuse::{Faults, refused};
use crate::users::only_self;

/// Largest part beside the file, bytes.
const TEXT_PART_BYTES_MAX: usize = 4 * 1024;
/// Room for the parts' headers and the texts beside the file, bytes.
const OVERHEAD_BYTES_MAX: usize = 64 * 1024;
/// Longest name of a file, characters.
const FILE_NAME_CHARS_MAX: usize = 100;

/// The parts of an upload.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the parts; they are read one by one")]
pub struct UploadParts {
    /// The file: JPEG, PNG or PDF by its content, at most 10 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What it is.
    document_type: DocumentType,
    /// Which side it shows.
    side: Option<DocumentSide>,
    /// DocumentMetadata as JSON text; number and country are needed for the identifying kinds.
    metadata: Option<String>,
}

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/users/{id}/documents/upload", "uploadDocument")
        .summary("Upload a document")
        .description(
            "Possible until documents are submitted, and again after a refusal. The same file sent again as the same kind \
             and side stays one document; the details sent last hold.",
        )
        .access(Access::Person)
        .limit(RateClass::Upload)
        .param::<ProfileId>("id", "The own profileId")
        .multipart::<UploadParts>(DOCUMENT_BYTES_MAX + OVERHEAD_BYTES_MAX)
        .reply::<DocumentReply>(201, "Stored")
        .errors(&[
            ErrorCode::DocumentTypeNotAccepted,
            ErrorCode::DocumentTooLarge,
            ErrorCode::DocumentLimitReached,
            ErrorCode::SubmissionNotOpen,
            ErrorCode::ObjectStoreUnavailable,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    ApiPath(id): ApiPath<ProfileId>,
    ApiMultipart(mut parts): ApiMultipart,
) -> ApiResult<(StatusCode, Json<DocumentReply>)> {
    only_self(&caller, id)?;
    let mut upload = Upload::default();
    while let Some(part) = parts.next_field().await? {
        upload.take(part).await?;
    }
    let data = store_document(&app, id, upload).await?;
    Ok((StatusCode::CREATED, Json(DocumentReply { success: true, data })))
}

/// A file and what its owner says about it.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// The file's bytes.
    pub file: Option<Bytes>,
    /// The name it has at its owner's.
    pub file_name: Option<String>,
    /// What it is, for example `PASSPORT`.
    pub document_type: Option<String>,
    /// Which side it shows, `FRONT` or `BACK`.
    pub side: Option<String>,
    /// Number, country and dates.
    pub metadata: Option<DocumentMetadata>,
}

impl Upload {
    async fn take(&mut self, mut part: Field<'_>) -> ApiResult<()> {
        let name = part.name().unwrap_or_default().to_owned();
        let twice = |there: bool| {
            if there {
                Err(ApiError::field(&*name, ErrorCode::FieldInvalid, "This part was sent twice."))
            } else {
                Ok(())
            }
        };
        match name.as_str() {
            "file" => {
                twice(self.file.is_some())?;
                self.file_name = part.file_name().map(str::to_owned);
                self.file =
                    Some(read(&mut part, DOCUMENT_BYTES_MAX, || refused("file", ErrorCode::DocumentTooLarge)).await?);
            }
            "documentType" => {
                twice(self.document_type.is_some())?;
                self.document_type = Some(text(&mut part, &name).await?);
            }
            "side" => {
                twice(self.side.is_some())?;
                self.side = Some(text(&mut part, &name).await?);
            }
            "metadata" => {
                twice(self.metadata.is_some())?;
                let json = text(&mut part, &name).await?;
                // serde would take a list for an object with its fields in order.
                if !json.trim_start().starts_with('{') {
                    return Err(ApiError::field("metadata", ErrorCode::FieldInvalid, "This part is a JSON object."));
                }
                self.metadata = Some(serde_json::from_str(&json).map_err(|error| {
                    let message = if error.is_data() {
                        plain(&error.to_string())
                    } else {
                        format!("This part is no JSON (line {}, column {}).", error.line(), error.column())
                    };
                    ApiError::field("metadata", ErrorCode::FieldInvalid, message)
                })?);
            }
            _ => return Err(ApiError::field(name, ErrorCode::FieldUnknown, ErrorCode::FieldUnknown.title())),
        }
        Ok(())
    }
}

async fn read(part: &mut Field<'_>, bytes_max: usize, too_large: impl Fn() -> ApiError) -> ApiResult<Bytes> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

async fn text(part: &mut Field<'_>, name: &str) -> ApiResult<String> {
    let wrong = |message: &str| ApiError::field(name, ErrorCode::FieldInvalid, message);
    let bytes = read(part, TEXT_PART_BYTES_MAX, || wrong("This part is too long.")).await?;
    let text = String::from_utf8(bytes.into()).map_err(|_| wrong("This part is no UTF-8 text."))?;
    if text.contains('\0') { Err(wrong("A text cannot contain NUL characters.")) } else { Ok(text) }
}

/// An upload whose every part is as it must be.
struct Checked {
    file: Bytes,
    content: Content,
    file_name: String,
    kind: DocumentType,
    side: Option<DocumentSide>,
    number: Option<String>,
    country: Option<CountryCode>,
    issued: Option<String>,
    expires: Option<String>,
}

fn check(upload: Upload, now: Timestamp) -> ApiResult<Checked> {
    let mut faults = Faults::default();
    let metadata = upload.metadata.unwrap_or_default();

    let kind = match upload.document_type.as_deref().map(str::parse::<DocumentType>) {
        None => {
            faults.add("documentType", ErrorCode::FieldRequired);
            None
        }
        Some(kind) => faults.check("documentType", kind.map_err(|_| ErrorCode::FieldInvalid)),
    };
    let side = upload
        .side
        .as_deref()
        .and_then(|side| faults.check("side", side.parse::<DocumentSide>().map_err(|_| ErrorCode::FieldInvalid)));
    let number = metadata
        .document_number
        .as_deref()
        .and_then(|number| faults.check("metadata.documentNumber", fields::document_number(number)));
    let country = metadata
        .issuing_country
        .as_deref()
        .and_then(|country| faults.check("metadata.issuingCountry", fields::country(country)));
    if kind.is_some_and(DocumentType::identifies) {
        if metadata.document_number.is_none() {
            faults.add("metadata.documentNumber", ErrorCode::FieldRequired);
        }
        if metadata.issuing_country.is_none() {
            faults.add("metadata.issuingCountry", ErrorCode::FieldRequired);
        }
    }
    let issued = metadata
        .issued_date
        .as_deref()
        .and_then(|date| faults.check("metadata.issuedDate", fields::calendar_date(date)));
    let expires = metadata
        .expiry_date
        .as_deref()
        .and_then(|date| faults.check("metadata.expiryDate", fields::calendar_date(date)));
    if issued.is_some_and(|date| date.date() > now.date()) {
        faults.say("metadata.issuedDate", ErrorCode::FieldInvalid, "A document is not issued in the future.");
    }
    if expires.is_some_and(|date| date.date() < now.date()) {
        faults.say("metadata.expiryDate", ErrorCode::FieldInvalid, "This document has expired.");
    }
    if let (Some(issued), Some(expires)) = (issued, expires)
        && expires < issued
    {
        faults.say("metadata.expiryDate", ErrorCode::FieldInvalid, "A document does not expire before it is issued.");
    }
    if upload.file.is_none() {
        faults.add("file", ErrorCode::FieldRequired);
    }
    faults.all()?;

    let (Some(kind), Some(file)) = (kind, upload.file) else { return Err(ErrorCode::ValidationFailed.into()) };
    let content = Content::of(&file).ok_or_else(|| refused("file", ErrorCode::DocumentTypeNotAccepted))?;
    Ok(Checked {
        content,
        file_name: file_name(upload.file_name.as_deref(), kind, content),
        kind,
        side,
        number,
        country,
        issued: issued.map(|date| date.to_string()),
        expires: expires.map(|date| date.to_string()),
        file,
    })
}

/// The name for people: the last part of what was sent, without anything that a path or a header could trip over.
fn file_name(sent: Option<&str>, kind: DocumentType, content: Content) -> String {
    let last = sent.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '(' | ')'))
        .take(FILE_NAME_CHARS_MAX)
        .collect();
    let clean = clean.trim_matches([' ', '.']);
    if clean.is_empty() {
        format!("{}.{}", kind.as_str().to_ascii_lowercase(), content.extension())
    } else {
        clean.to_owned()
    }
}

/// Stores a document of a person.
///
/// # Errors
/// 415 for other contents, 422 naming every refused part, 409 while documents are under review, once they are approved,
/// and with too many documents; 503 when the object store is out of reach.
pub async fn store_document(app: &App, id: ProfileId, upload: Upload) -> ApiResult<DocumentView> {
    let now = app.now();
    let checked = check(upload, now)?;

    // 1. May there be another one, and is it one? Asked before the bytes are stored, decided when the row is.
    let document_id = DocumentId::from_uuid(app.new_uuid());
    let object_key = format!("people/{id}/documents/{document_id}");
    let row = Document {
        document_id: Col(document_id),
        profile_id: Col(id),
        submission_id: None,
        document_type: Col(checked.kind),
        side: checked.side.map(Col),
        document_number: checked.number,
        issuing_country: checked.country.map(Col),
        issued_date: checked.issued,
        expiry_date: checked.expires,
        file_name: checked.file_name,
        file_hash: Col(sha256(&checked.file)),
        size_bytes: i64::try_from(checked.file.len()).unwrap_or(i64::MAX),
        mime_type: checked.content.mime().to_owned(),
        object_key: object_key.clone(),
        uploaded_at: Col(now),
        deleted_at: None,
    };
    may_add(app.store().read(), id).await?;
    let is_new = documents::open_copy(app.store().read(), &row).await?.is_none();
    if is_new {
        has_room(app.store().read(), id).await?;
    }

    // 2. The object.
    if is_new {
        app.objects().put_new(&object_key, checked.file).await?;
    }

    // 3. The row.
    let stored = app
        .store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                people::lock(tx, id).await?;
                may_add(tx, id).await?;
                if let Some(known) = documents::open_copy(tx, &row).await? {
                    // Sent again, because the answer was lost or the details were wrong: what is said now holds.
                    return Ok(documents::describe(tx, known, &row).await?);
                }
                if !is_new {
                    // Deleted in this very moment.
                    return Err(ErrorCode::StateConflict.into());
                }
                has_room(tx, id).await?;
                documents::insert(tx, row.clone()).await?;
                Ok::<_, ApiError>(row)
            })
        })
        .await;
    if is_new
        && !stored.as_ref().is_ok_and(|stored| stored.document_id.0 == document_id)
        && let Err(error) = app.objects().delete(&object_key).await
    {
        tracing::warn!(%error, object_key, "an object whose row was not written could not be removed");
    }
    stored.map(view)
}

async fn may_add(db: &impl gx_store::sea_orm::ConnectionTrait, id: ProfileId) -> ApiResult<()> {
    let person = people::find(db, id).await?.ok_or_else(ApiError::not_found)?;
    if !person.state().identity_is_open() {
        return Err(ErrorCode::SubmissionNotOpen.into());
    }
    Ok(())
}

async fn has_room(db: &impl gx_store::sea_orm::ConnectionTrait, id: ProfileId) -> ApiResult<()> {
    if documents::open_count(db, id).await? >= OPEN_DOCUMENTS_MAX {
        return Err(ErrorCode::DocumentLimitReached.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_harmless() {
        let name = |sent| file_name(sent, DocumentType::Passport, Content::Png);
        assert_eq!(name(Some("C:\\docs\\my passport (1).png")), "my passport (1).png");
        assert_eq!(name(Some("../../etc/passwd")), "passwd");
        assert_eq!(name(Some("a\"; rm -rf\r\n.png")), "a rm -rf.png");
        assert_eq!(name(Some("паспорт.png")), "паспорт.png");
        for odd in [None, Some(""), Some("..."), Some("/"), Some("\u{202E}")] {
            assert_eq!(name(odd), "passport.png");
        }
    }
}
