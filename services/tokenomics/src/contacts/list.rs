//! `GET /api/v1/contacts`.

use axum::Json;
use axum::extract::State;
use gx_base::limits::CONTACTS_MAX;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::contacts;
use gx_types::api::conveniences::ContactsReply;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/contacts", "listContacts")
        .summary("Own contacts")
        .description("All of them, favourites first.")
        .access(Access::Person)
        .reply::<ContactsReply>(200, "The contacts")
        .handle(list)
}

async fn list(State(app): State<App>, person: Person) -> ApiResult<Json<ContactsReply>> {
    let db = app.store().read();
    let rows = contacts::of_person(db, person.profile_id, CONTACTS_MAX).await?;
    Ok(Json(ContactsReply { contacts: super::views(db, person.profile_id, rows).await? }))
}
