//! Lists by cursor.
//!
//! A list takes `limit` ([`PageLimit`], 1–100) and `cursor` ([`Cursor`]) and answers [`Page`]. The cursor is the sort key
//! of the last entry, signed and bound to the list, so that a client can neither read meaning into it nor make one up:
//! ```ignore
//! let after: Option<(Timestamp, Uuid)> = app.cursors().open("transactions", query.cursor.as_ref())?;
//! let rows = repo::…(after, query.limit.get() + 1)…;
//! Ok(Json(app.cursors().page("transactions", rows, query.limit, |row| (row.at, row.id))))
//! ```

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gx_base::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use gx_types::ErrorCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{ApiError, ApiResult};

/// Bytes of the signature in a cursor: enough that guessing one is hopeless within a rate limit.
const TAG_BYTES: usize = 12;
/// Longest cursor, characters.
const CURSOR_CHARS_MAX: usize = 400;

/// How many entries a page has at most: 1–100, 20 when the client does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u32);

impl Default for PageLimit {
    fn default() -> Self {
        Self(PAGE_ITEMS_DEFAULT)
    }
}

impl PageLimit {
    /// Entries at most.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// One more than a page holds: what to ask the database for, to know whether there is another page.
    #[must_use]
    pub const fn plus_one(self) -> u64 {
        self.0 as u64 + 1
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refused = || serde::de::Error::custom("a limit is a whole number from 1 to 100");
        let text = String::deserialize(deserializer)?;
        // `+5` and `005` parse too, but are no way to write a number.
        let number: u32 = text.parse().map_err(|_| refused())?;
        if (1..=PAGE_ITEMS_MAX).contains(&number) && number.to_string() == text {
            Ok(Self(number))
        } else {
            Err(refused())
        }
    }
}

impl PartialSchema for PageLimit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(1))
            .maximum(Some(PAGE_ITEMS_MAX))
            .default(Some(PAGE_ITEMS_DEFAULT.into()))
            .description(Some("Entries at most"))
            .into()
    }
}
impl ToSchema for PageLimit {}

/// Where the next page starts. Opaque.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor as clients see it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() || text.len() > CURSOR_CHARS_MAX {
            return Err(serde::de::Error::custom("this is no cursor of this list"));
        }
        Ok(Self(text))
    }
}

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some("`nextCursor` of the page before"))
            .into()
    }
}
impl ToSchema for Cursor {}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page starts; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<Cursor>,
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("items", ArrayBuilder::new().items(item_schema::<T>()))
            .required("items")
            .property("nextCursor", ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)))
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("PageOf{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

fn item_schema<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()))
}

/// Makes cursors and reads them back.
pub struct Cursors(hmac::Key);

impl Cursors {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The sort key inside a cursor of the list `list`; `None` without a cursor.
    ///
    /// # Errors
    /// 422 naming `cursor` when it was not made here for this list.
    pub fn open<K: DeserializeOwned>(&self, list: &str, cursor: Option<&Cursor>) -> ApiResult<Option<K>> {
        let Some(cursor) = cursor else { return Ok(None) };
        let refused = || ApiError::field("cursor", ErrorCode::FieldInvalid, "this is no cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| refused())?;
        let (tag, payload) = bytes.split_at_checked(TAG_BYTES).ok_or_else(refused)?;
        let expected = self.tag(list, payload);
        aws_lc_rs::constant_time::verify_slices_are_equal(tag, &expected).map_err(|_| refused())?;
        serde_json::from_slice(payload).map(Some).map_err(|_| refused())
    }

    /// A cursor for the sort key `key` of the list `list`.
    ///
    /// # Errors
    /// 500 when the key has no JSON form.
    pub fn seal<K: Serialize>(&self, list: &str, key: &K) -> ApiResult<Cursor> {
        let payload = serde_json::to_vec(key).map_err(ApiError::internal)?;
        let mut bytes = self.tag(list, &payload).to_vec();
        bytes.extend_from_slice(&payload);
        Ok(Cursor(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A page out of up to `limit + 1` rows: the spare row only tells that there are more.
    ///
    /// # Errors
    /// 500 when a sort key has no JSON form.
    pub fn page<T, K: Serialize>(
        &self,
        list: &str,
        mut rows: Vec<T>,
        limit: PageLimit,
        key: impl Fn(&T) -> K,
    ) -> ApiResult<Page<T>> {
        let limit = limit.get() as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if more => Some(self.seal(list, &key(last))?),
            _ => None,
        };
        Ok(Page { items: rows, next_cursor })
    }

    fn tag(&self, list: &str, payload: &[u8]) -> [u8; TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(list.as_bytes());
        context.update(&[0]);
        context.update(payload);
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG_BYTES]);
        tag
    }
}

impl<T> Page<T> {
    /// The same page with other entries.
    #[must_use]
    pub fn map<U>(self, entry: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(entry).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_in_its_own_list_and_unchanged() {
        let cursors = Cursors::new(&[7; 32]);
        let page = cursors.page("users", vec![1_u32, 2, 3], PageLimit(2), |row| *row).unwrap();
        assert_eq!(page.items, [1, 2]);
        let cursor = page.next_cursor.unwrap();
        assert_eq!(cursors.open::<u32>("users", Some(&cursor)).unwrap(), Some(2));
        assert!(cursors.open::<u32>("outbox", Some(&cursor)).is_err());
        assert!(Cursors::new(&[8; 32]).open::<u32>("users", Some(&cursor)).is_err());
        for bad in ["", "AAAA", "%%%", &format!("{}A", cursor.0)] {
            assert!(cursors.open::<u32>("users", Some(&Cursor(bad.to_owned()))).is_err(), "{bad}");
        }
        assert!(cursors.page("users", vec![1_u32, 2], PageLimit(2), |row| *row).unwrap().next_cursor.is_none());
    }

    #[test]
    fn limits_are_whole_numbers_from_1_to_100() {
        let parse = |text: &str| serde_json::from_value::<PageLimit>(serde_json::Value::String(text.to_owned())).ok();
        assert_eq!(parse("100"), Some(PageLimit(100)));
        for bad in ["0", "101", "-1", "+5", "05", "1.0", "", "NaN", "99999999999"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
