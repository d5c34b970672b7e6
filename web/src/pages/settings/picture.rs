//! The person's picture.

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::{Method, Request, StatusCode, header};
use axum::routing::{get, post};
use gx_base::EntropyExt;
use gx_base::limits::AVATAR_BYTES_MAX;
use gx_types::ProfileId;

use crate::Web;
use crate::api::ApiFailure;
use crate::error::{PageError, PageResult, Trouble};
use crate::pages::session::Signed;
use crate::view::{Chrome, Flash, Form, Tab};
use crate::visit::{Posted, check_token, page_with, see_with};

/// Room for the form around the file, bytes.
const FORM_BYTES_MAX: usize = 16 * 1024;

#[derive(Template)]
#[template(path = "picture.html")]
struct PicturePage {
    chrome: Chrome,
    form: Form,
    profile_id: ProfileId,
    there: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route(
            "/settings/picture",
            get(show).post(upload).layer(DefaultBodyLimit::max(AVATAR_BYTES_MAX + FORM_BYTES_MAX)),
        )
        .route("/settings/picture/remove", post(remove))
}

async fn show(signed: Signed) -> PageResult {
    render(&signed, StatusCode::OK, Form::default()).await
}

async fn render(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    let profile_id = signed.me.profile_id;
    let there = match signed.visit.api().get(&signed.visit.caller, path(profile_id)).done().await {
        Ok(_) => true,
        Err(failure) if failure.is_not_found() => false,
        Err(failure) => return Err(failure.into()),
    };
    page_with(status, &PicturePage { chrome: signed.chrome("Your picture", Tab::None), form, profile_id, there })
}

fn path(id: ProfileId) -> String {
    format!("/api/v1/users/{id}/avatar")
}

async fn upload(signed: Signed, multipart: Multipart) -> PageResult {
    let mut form = Form::default();
    let Some(bytes) = chosen(&signed, multipart, &mut form).await? else {
        return render(&signed, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    };
    match send_on(&signed, &bytes).await {
        Ok(_) => Ok(see_with("/settings/picture", Flash::PictureSaved)),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["file"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, form).await
        }
    }
}

/// The file, if one was chosen and is not too large.
async fn chosen(signed: &Signed, mut multipart: Multipart, form: &mut Form) -> PageResult<Option<Bytes>> {
    let unreadable = |_: MultipartError| {
        PageError::from(Trouble::new(StatusCode::BAD_REQUEST, "This form cannot be read", "Go back and try again."))
    };
    let too_large = |error: &MultipartError| error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let (mut checked, mut file) = (false, None);
    loop {
        let field = match multipart.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            // Nothing is done but to show the page again.
            Err(error) if too_large(&error) => {
                form.refuse("file", "A picture has at most 2 MB.");
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error)),
        };
        match field.name().unwrap_or_default() {
            "csrf" => {
                check_token(&signed.visit, &field.text().await.map_err(unreadable)?)?;
                checked = true;
            }
            // The token stands before the file in our form; without it no byte of the file is read.
            "file" if checked => match field.bytes().await {
                Ok(bytes) => file = Some(bytes).filter(|bytes| !bytes.is_empty()),
                Err(error) if too_large(&error) => {
                    form.refuse("file", "A picture has at most 2 MB.");
                    return Ok(None);
                }
                Err(error) => return Err(unreadable(error)),
            },
            _ => return Err(Trouble::stale_form().into()),
        }
    }
    if !checked {
        return Err(Trouble::stale_form().into());
    }
    if file.is_none() {
        form.refuse("file", "Choose a file.");
    }
    Ok(file)
}

/// Sends the file to the API as the API wants it.
async fn send_on(signed: &Signed, bytes: &[u8]) -> Result<(), ApiFailure> {
    let boundary = format!("gx{}", signed.visit.web.entropy.token(16));
    let mut body = Vec::with_capacity(bytes.len() + 512);
    body.extend_from_slice(
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"picture\"\r\nContent-Type: \
             application/octet-stream\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let request = Request::builder()
        .method(Method::POST)
        .uri(path(signed.me.profile_id))
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .header(header::CONTENT_LENGTH, body.len())
        .body(Body::from(body))
        .map_err(|error| ApiFailure::Unreadable {
            path: path(signed.me.profile_id),
            status: StatusCode::BAD_REQUEST,
            cause: error.to_string(),
        })?;
    signed.visit.api().sent(&signed.visit.caller, request).await.map(drop)
}

async fn remove(signed: Signed, Posted(_): Posted) -> PageResult {
    match signed.visit.api().delete(&signed.visit.caller, path(signed.me.profile_id)).done().await {
        Err(failure) if !failure.is_not_found() => Err(failure.into()),
        _ => Ok(see_with("/settings/picture", Flash::PictureRemoved)),
    }
}
