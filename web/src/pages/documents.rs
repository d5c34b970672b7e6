//! `/documents`: uploading, looking at and handing in documents.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, Path, RawForm};
use axum::http::{Method, Request, StatusCode, header};
use axum::routing::{get, post};
use gx_base::EntropyExt;
use gx_base::limits::DOCUMENT_BYTES_MAX;
use gx_types::api::identity::{DocumentList, DocumentMetadata, DocumentView, KycReply, KycRequest};
use gx_types::{DocumentId, DocumentSide, DocumentType, PersonStatus, Problem};

use super::register::countries;
use super::session::Signed;
use crate::Web;
use crate::api::{ApiFailure, segment};
use crate::error::{PageError, PageResult, Trouble};
use crate::view::{Choice, Chrome, Flash, Form, State, Tab, document_name, person_state, side_name};
use crate::visit::{Posted, check_token, page_with, see_with};

/// Room for the form around the file, bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;
const UPLOAD_FIELDS: [&str; 6] = ["file", "documentType", "side", "documentNumber", "issuingCountry", "expiryDate"];

#[derive(Template)]
#[template(path = "documents.html")]
struct DocumentsPage {
    chrome: Chrome,
    state: State,
    word: Option<Word>,
    documents: Vec<Shown>,
    open: bool,
    can_submit: bool,
    submit: Form,
    form: Form,
    kinds: Vec<Choice>,
    sides: Vec<Choice>,
    countries: Vec<Choice>,
}

/// Where the review stands, in a sentence.
struct Word {
    tone: &'static str,
    title: &'static str,
    text: String,
}

struct Shown {
    id: DocumentId,
    name: String,
    about: String,
    href: String,
    submitted: bool,
    removable: bool,
}

/// What came with an upload.
#[derive(Default)]
struct Upload {
    values: BTreeMap<String, String>,
    file: Option<(String, axum::body::Bytes)>,
    /// The file was larger than any document may be.
    too_large: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/documents", get(show).post(upload).layer(DefaultBodyLimit::max(DOCUMENT_BYTES_MAX + FORM_BYTES_MAX)))
        .route("/documents/submit", post(submit))
        .route("/documents/{id}/remove", post(remove))
}

async fn show(signed: Signed) -> PageResult {
    render(&signed, StatusCode::OK, Form::default(), Form::default()).await
}

async fn render(signed: &Signed, status: StatusCode, form: Form, submit: Form) -> PageResult {
    let me = &signed.me;
    let path = format!("/api/v1/users/{}/documents", me.profile_id);
    let (list, countries) = tokio::join!(
        signed.visit.api().get(&signed.visit.caller, path).read::<DocumentList>(),
        countries(&signed.visit),
    );
    let list = list?;
    let countries = countries?;
    let open = matches!(me.status, PersonStatus::Registered | PersonStatus::Denied);
    let identifying = list.data.iter().any(|document| !document.submitted && document.document_type.identifies());
    let documents: Vec<Shown> = list.data.iter().map(|document| shown(document, open)).collect();
    page_with(
        status,
        &DocumentsPage {
            chrome: signed.chrome("Documents", Tab::None),
            state: person_state(me.status, me.onchain_status),
            word: word(signed),
            documents,
            open,
            can_submit: open && (identifying || submit.refused()),
            submit,
            form,
            kinds: DocumentType::ALL.iter().map(|kind| Choice::new(kind.as_str(), document_name(*kind))).collect(),
            sides: DocumentSide::ALL
                .iter()
                .map(|side| Choice::new(side.as_str(), format!("The {}", side_name(*side))))
                .collect(),
            countries,
        },
    )
}

fn shown(document: &DocumentView, open: bool) -> Shown {
    let side = document.side.map(|side| format!(", {}", side_name(side))).unwrap_or_default();
    let number = match (&document.document_number, &document.issuing_country) {
        (Some(number), Some(country)) => format!("{country} {number} · "),
        (Some(number), None) => format!("{number} · "),
        _ => String::new(),
    };
    Shown {
        id: document.document_id,
        name: format!("{}{side}", document_name(document.document_type)),
        about: format!("{number}{} · {}", document.file_name, size(document.size)),
        href: document.storage_url.clone(),
        submitted: document.submitted,
        removable: open && !document.submitted,
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

fn word(signed: &Signed) -> Option<Word> {
    let me = &signed.me;
    let (tone, title, text) = match me.status {
        PersonStatus::Registered => return None,
        PersonStatus::PendingAdminApproval => {
            ("warn", "Under review", "An administrator compares your documents with your profile.".to_owned())
        }
        PersonStatus::ApprovedPendingOnchain => {
            ("good", "Approved", "Your registration is on its way to the ledger.".to_owned())
        }
        PersonStatus::Denied => (
            "bad",
            "Refused",
            format!(
                "{} You may correct your profile, upload other documents and hand them in again.",
                super::dashboard::denial(me)
            ),
        ),
        PersonStatus::Active | PersonStatus::Frozen => {
            ("good", "Approved", "Nothing more is needed from you.".to_owned())
        }
        PersonStatus::Suspended | PersonStatus::Closed => return None,
    };
    Some(Word { tone, title, text })
}

async fn upload(signed: Signed, multipart: Multipart) -> PageResult {
    let upload = read_upload(&signed, multipart).await?;
    let mut form = Form::posted(upload.values);
    let Some((name, bytes)) = upload.file else {
        form.refuse("file", if upload.too_large { "A document has at most 10 MB." } else { "Choose a file." });
        let status = if upload.too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::UNPROCESSABLE_ENTITY };
        return render(&signed, status, form, Form::default()).await;
    };
    match send_on(&signed, &form, &name, &bytes).await? {
        Ok(()) => Ok(see_with("/documents", Flash::DocumentAdded)),
        Err(problem) => {
            form.take_problem(&at_form_fields(*problem.clone()), &UPLOAD_FIELDS);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, form, Form::default()).await
        }
    }
}

/// The API names a part inside the metadata by its path; the form has it at the top.
fn at_form_fields(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        if let Some(inner) = error.field.strip_prefix("metadata.") {
            error.field = inner.to_owned();
        }
    }
    problem
}

fn too_large(error: &MultipartError) -> bool {
    error.status() == StatusCode::PAYLOAD_TOO_LARGE
}

async fn read_upload(signed: &Signed, mut multipart: Multipart) -> PageResult<Upload> {
    let unreadable = |_: MultipartError| {
        PageError::from(Trouble::new(StatusCode::BAD_REQUEST, "This form cannot be read", "Go back and try again."))
    };
    let mut upload = Upload::default();
    let mut checked = false;
    loop {
        let field = match multipart.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            // The reader runs ahead, so this may come before the token. Nothing is done but to show the page again.
            Err(error) if too_large(&error) => return Ok(Upload { too_large: true, ..upload }),
            Err(error) => return Err(unreadable(error)),
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            // The token stands before the file in our form; without it no byte of the file is read.
            if !checked {
                return Err(Trouble::stale_form().into());
            }
            let file_name = field.file_name().unwrap_or_default().to_owned();
            match field.bytes().await {
                Ok(bytes) if bytes.is_empty() && file_name.is_empty() => {}
                Ok(bytes) if bytes.len() > DOCUMENT_BYTES_MAX => upload.too_large = true,
                Ok(bytes) => upload.file = Some((file_name, bytes)),
                Err(error) if too_large(&error) => return Ok(Upload { too_large: true, ..upload }),
                Err(error) => return Err(unreadable(error)),
            }
        } else {
            let value = field.text().await.map_err(unreadable)?;
            if name == "csrf" {
                check_token(&signed.visit, &value)?;
                checked = true;
            }
            upload.values.insert(name, value);
        }
    }
    if checked { Ok(upload) } else { Err(Trouble::stale_form().into()) }
}

/// Sends the file to the API as the API wants it.
async fn send_on(signed: &Signed, form: &Form, file_name: &str, bytes: &[u8]) -> PageResult<Result<(), Box<Problem>>> {
    let metadata = DocumentMetadata {
        document_number: form.optional("documentNumber"),
        issuing_country: form.optional("issuingCountry"),
        issued_date: None,
        expiry_date: form.optional("expiryDate"),
    };
    let boundary = format!("gx{}", signed.visit.web.entropy.token(16));
    let mut body = Vec::with_capacity(bytes.len() + 2048);
    let mut part = |head: &str, content: &[u8]| {
        body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part("name=\"documentType\"", form.value("documentType").as_bytes());
    if let Some(side) = form.optional("side") {
        part("name=\"side\"", side.as_bytes());
    }
    let metadata = serde_json::to_vec(&metadata).map_err(PageError::internal)?;
    part("name=\"metadata\"\r\nContent-Type: application/json", &metadata);
    let safe_name: String =
        file_name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { '_' } else { c }).take(120).collect();
    part(&format!("name=\"file\"; filename=\"{safe_name}\"\r\nContent-Type: application/octet-stream"), bytes);
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());

    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/api/v1/users/{}/documents/upload", signed.me.profile_id))
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .header(header::CONTENT_LENGTH, body.len())
        .body(Body::from(body))
        .map_err(PageError::internal)?;
    match signed.visit.api().sent(&signed.visit.caller, request).await {
        Ok(_) => Ok(Ok(())),
        Err(failure) => Ok(Err(failure.refusal().map_err(PageError::from)?)),
    }
}

async fn submit(signed: Signed, RawForm(bytes): RawForm) -> PageResult {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
    let token = pairs.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value);
    check_token(&signed.visit, token)?;
    let document_ids =
        pairs.iter().filter(|(name, _)| name == "documentIds").filter_map(|(_, id)| id.parse().ok()).collect();
    let path = format!("/api/v1/users/{}/kyc", signed.me.profile_id);
    let call = signed
        .visit
        .api()
        .post(&signed.visit.caller, path)
        .json(&KycRequest { document_ids: Some(document_ids), ..KycRequest::default() });
    match call.read::<KycReply>().await.map_err(ApiFailure::refusal) {
        Ok(_) => Ok(see_with("/dashboard", Flash::Submitted)),
        Err(refusal) => {
            let problem = refusal?;
            let mut form = Form::default();
            form.take_problem(&problem, &[]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            render(&signed, status, Form::default(), form).await
        }
    }
}

async fn remove(signed: Signed, Path(id): Path<String>, Posted(_): Posted) -> PageResult {
    let path = format!("/api/v1/documents/{}", segment(&id));
    match signed.visit.api().delete(&signed.visit.caller, path).done().await.map_err(ApiFailure::refusal) {
        Ok(_) => Ok(see_with("/documents", Flash::DocumentRemoved)),
        Err(refusal) => {
            let problem = refusal?;
            let mut form = Form::default();
            form.take_problem(&problem, &[]);
            render(&signed, StatusCode::CONFLICT, form, Form::default()).await
        }
    }
}
