//! `/contacts`: people one pays often, with names of one's own.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_types::ProfileId;
use gx_types::api::conveniences::{ContactPatch, ContactView, ContactsReply, NewContact};
use gx_types::api::identity::Change;
use gx_types::api::tokenomics::PersonFound;

use super::session::Signed;
use crate::Web;
use crate::api::segment;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Tab};
use crate::visit::{Posted, page_with, see_with};

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage {
    chrome: Chrome,
    form: Form,
    contacts: Vec<Entry>,
}

struct Entry {
    id: ProfileId,
    shown: String,
    real: Option<String>,
    own_name: String,
    favourite: bool,
    payable: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/contacts", get(show).post(add))
        .route("/contacts/{id}", post(change))
        .route("/contacts/{id}/remove", post(remove))
}

/// A contact's name as its owner reads it.
pub(super) fn shown(contact: &ContactView) -> String {
    contact.own_name.clone().unwrap_or_else(|| contact.name.clone())
}

/// Every contact of the person.
pub(super) async fn all(signed: &Signed) -> PageResult<Vec<ContactView>> {
    let reply: ContactsReply = signed.visit.api().get(&signed.visit.caller, "/api/v1/contacts").read().await?;
    Ok(reply.contacts)
}

async fn show(signed: Signed) -> PageResult {
    render(&signed, StatusCode::OK, Form::default()).await
}

async fn render(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    let contacts = all(signed).await?;
    let entry = |contact: ContactView| Entry {
        id: contact.profile_id,
        shown: shown(&contact),
        real: contact.own_name.as_ref().map(|_| contact.name.clone()),
        own_name: contact.own_name.unwrap_or_default(),
        favourite: contact.favourite,
        payable: contact.payable,
    };
    let contacts = contacts.into_iter().map(entry).collect();
    page_with(status, &ContactsPage { chrome: signed.chrome("Contacts", Tab::Send), form, contacts })
}

async fn add(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let (api, caller) = (signed.visit.api(), &signed.visit.caller);
    if form.value("to").is_empty() {
        form.refuse("to", "Enter a GX id, an e-mail address or a phone number.");
        return render(&signed, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    let found = api.get(caller, "/api/v1/people/lookup").query("q", form.value("to")).read::<PersonFound>().await;
    let added = match found {
        Ok(found) => {
            let body = NewContact {
                profile_id: found.profile_id,
                own_name: form.optional("ownName"),
                favourite: form.is("favourite", "yes"),
            };
            api.post(caller, "/api/v1/contacts").json(&body).done().await
        }
        Err(failure) => Err(failure),
    };
    match added {
        Ok(_) => Ok(see_with("/contacts", Flash::ContactAdded)),
        Err(failure) => {
            let mut problem = failure.refusal()?;
            match problem.status {
                404 => form.refuse("to", "Nobody here has this GX id, e-mail address or phone number."),
                _ => {
                    for error in &mut problem.errors {
                        if error.field == "q" || error.field == "profileId" {
                            error.field = "to".to_owned();
                        }
                    }
                    form.take_problem(&problem, &["to", "ownName"]);
                }
            }
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, form).await
        }
    }
}

async fn change(signed: Signed, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let own_name = form.optional("ownName").map_or(Change::Clear, Change::Set);
    let body = ContactPatch { own_name, favourite: Some(form.is("favourite", "yes")) };
    let path = format!("/api/v1/contacts/{}", segment(&id));
    match signed.visit.api().patch(&signed.visit.caller, path).json(&body).done().await {
        Ok(_) => Ok(see_with("/contacts", Flash::ContactSaved)),
        Err(failure) => {
            let problem = failure.refusal()?;
            let mut form = Form::default();
            form.take_problem(&problem, &[]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, form).await
        }
    }
}

async fn remove(signed: Signed, Path(id): Path<String>, Posted(_): Posted) -> PageResult {
    let path = format!("/api/v1/contacts/{}", segment(&id));
    signed.visit.api().delete(&signed.visit.caller, path).done().await?;
    Ok(see_with("/contacts", Flash::ContactRemoved))
}
