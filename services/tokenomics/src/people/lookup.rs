//! `GET /api/v1/people/lookup`: finds someone to pay by what one knows of them.
//!
//! Twenty times an hour, and the name stays masked until one has paid or been paid, so that it cannot be used to learn
//! who has an account under which address. The answer carries the profile id and not the GX id, which would tell birth
//! date and sex.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiQuery, ApiResult, Handled, RateClass, Route};
use gx_store::repo::payments::{self, Handle};
use gx_store::repo::wallets;
use gx_types::api::tokenomics::PersonFound;
use gx_types::{AccountId, ErrorCode};
use serde::Deserialize;

use crate::names;
use crate::payment::payable;

/// Longest text that is looked up, in characters.
const QUERY_CHARS_MAX: usize = 254;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/people/lookup", "lookUpPerson")
        .summary("Find someone to pay")
        .description("By GX id, e-mail address or telephone number, exactly. The name is masked until you have paid or been paid.")
        .access(Access::Person)
        .limit(RateClass::Lookup)
        .query::<LookupQuery>()
        .reply::<PersonFound>(200, "Someone with an account")
        .errors(&[ErrorCode::NotFound])
        .handle(look_up)
}

/// What is known of the person.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LookupQuery {
    /// A GX id, an e-mail address, or a telephone number with its country code.
    #[schema(min_length = 1, max_length = 254)]
    q: String,
}

async fn look_up(
    State(app): State<App>,
    person: Person,
    ApiQuery(query): ApiQuery<LookupQuery>,
) -> ApiResult<Json<PersonFound>> {
    let handle = handle(&query.q)?;
    let db = app.store().read();
    let found = payments::look_up(db, &handle).await?.ok_or_else(ApiError::not_found)?;
    let own = payments::side_of(db, person.profile_id).await?.and_then(|side| side.gx_id);
    let known = match (own, found.gx_id) {
        _ if found.profile_id == person.profile_id => true,
        (Some(own), Some(other)) => wallets::have_dealt(db, AccountId::Holder(own), AccountId::Holder(other)).await?,
        _ => false,
    };
    Ok(Json(PersonFound {
        profile_id: found.profile_id,
        name: if known { found.name() } else { names::masked(&found.first_name, &found.last_name) },
        masked: !known,
        payable: payable(&found).is_some() && found.profile_id != person.profile_id,
    }))
}

fn handle(text: &str) -> ApiResult<Handle> {
    let text = text.trim();
    let refused = |message: &str| ApiError::field("q", ErrorCode::FieldInvalid, message);
    if text.is_empty() {
        return Err(ApiError::field("q", ErrorCode::FieldRequired, "a GX id, an e-mail address or a telephone number"));
    }
    if text.chars().count() > QUERY_CHARS_MAX {
        return Err(refused("at most 254 characters"));
    }
    if let Ok(id) = text.parse() {
        return Ok(Handle::Gx(id));
    }
    if text.contains('@') {
        return Ok(Handle::Email(text.to_lowercase()));
    }
    let digits: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '.' | '+')).collect();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Handle::Phone(format!("+{digits}")));
    }
    Err(refused("neither a GX id nor an e-mail address nor a telephone number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_recognised() {
        assert!(matches!(handle(" US A07 ABK524 0ABCD 1234 "), Ok(Handle::Gx(_))));
        assert_eq!(handle("Amina@Example.org").unwrap(), Handle::Email("amina@example.org".to_owned()));
        for number in ["+44 7700 900123", "447700900123", "+44-(7700)-900.123"] {
            assert_eq!(handle(number).unwrap(), Handle::Phone("+447700900123".to_owned()));
        }
        for bad in ["", " ", "amina", "123", "US A08 ABK524 0ABCD 1234", &"1".repeat(300)] {
            assert_eq!(handle(bad).unwrap_err().refused_fields()[0].field, "q", "{bad}");
        }
    }
}
