//! Objects inside a body, read as objects only.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A list of objects that may be absent, for `#[serde(default, deserialize_with = "…")]`.
///
/// serde takes `["GB"]` for an object whose fields come in order; a client that sends it is wrong about something, and
/// is told so with the field's name.
///
/// # Errors
/// What is no list, and an item that is no JSON object.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let items = Option::<Vec<Object<T>>>::deserialize(deserializer)?;
    Ok(items.map(|items| items.into_iter().map(|item| item.0).collect()))
}

/// An object that may be absent, read as an object only, for `#[serde(default, deserialize_with = "…")]`.
///
/// # Errors
/// What is no JSON object.
pub(crate) fn one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<T, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Seq, &self))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Country {
        code: String,
    }

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "super::list")]
        countries: Option<Vec<Country>>,
    }

    #[test]
    fn items_are_objects_and_never_lists() {
        let read = |text: &str| serde_json::from_str::<Body>(text);
        assert_eq!(read(r#"{"countries":[{"code":"GB"}]}"#).unwrap().countries.unwrap()[0].code, "GB");
        assert!(read("{}").unwrap().countries.is_none());
        assert!(read(r#"{"countries":null}"#).unwrap().countries.is_none());
        for bad in [r#"{"countries":[["GB"]]}"#, r#"{"countries":["GB"]}"#, r#"{"countries":{"code":"GB"}}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
