//! `POST /api/v1/contacts`: adding somebody who is there already changes nothing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_base::limits::{CONTACT_NAME_CHARS_MAX, CONTACTS_MAX};
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, Route};
use gx_store::repo::contacts;
use gx_store::repo::payments;
use gx_types::ErrorCode;
use gx_types::api::conveniences::{ContactView, NewContact};

use crate::text;

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/contacts", "addContact")
        .summary("Add a contact")
        .description(
            "By the profile id that a look-up has answered. Somebody who is a contact already is answered as they are: a \
             repeated request changes nothing.",
        )
        .access(Access::Person)
        .body::<NewContact>()
        .reply::<ContactView>(201, "Added")
        .reply::<ContactView>(200, "Was a contact already")
        .errors(&[ErrorCode::AccountNotFound, ErrorCode::SelfTransfer, ErrorCode::ContactLimitReached])
        .handle(add)
}

async fn add(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<NewContact>,
) -> ApiResult<(StatusCode, Json<ContactView>)> {
    let (owner, contact) = (person.profile_id, request.profile_id);
    let refused = |code: ErrorCode, message: &str| {
        ApiError::new(code).with_detail(message.to_owned()).with_field("profileId", code, message)
    };
    if contact == owner {
        return Err(refused(ErrorCode::SelfTransfer, "one is no contact of oneself"));
    }
    let own_name = text::optional_line("ownName", request.own_name.as_deref(), CONTACT_NAME_CHARS_MAX)
        .map_err(|error| ApiError::fields(vec![error]))?;
    let row = contacts::row(owner, contact, own_name, request.favourite, app.now());
    let added = app
        .store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                if payments::side_of(tx, contact).await?.is_none() {
                    return Ok(None);
                }
                if contacts::find(tx, owner, contact).await?.is_none()
                    && contacts::count(tx, owner).await? >= CONTACTS_MAX
                {
                    let detail = format!("at most {CONTACTS_MAX} contacts");
                    return Err(ApiError::new(ErrorCode::ContactLimitReached).with_detail(detail));
                }
                Ok::<_, ApiError>(Some(contacts::insert(tx, row).await?))
            })
        })
        .await?
        .ok_or_else(|| refused(ErrorCode::AccountNotFound, "nobody has this id"))?;
    let status = if added { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(super::one(app.store().read(), owner, contact).await?)))
}
