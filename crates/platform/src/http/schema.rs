//! JSON schemas of the API objects, taken from `utoipa::ToSchema`.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema as UtoipaSchema};
use utoipa::{PartialSchema, ToSchema};

type Named = (String, RefOr<UtoipaSchema>);

/// How to get at the schema of a type, kept without the type.
#[derive(Clone, Copy)]
pub(crate) struct Schema {
    name: fn() -> String,
    own: fn() -> RefOr<UtoipaSchema>,
    others: fn(&mut Vec<Named>),
}

impl Schema {
    /// The schema of `T`.
    pub(crate) fn of<T: ToSchema>() -> Self {
        Self { name: || T::name().into_owned(), own: <T as PartialSchema>::schema, others: <T as ToSchema>::schemas }
    }

    /// The names of the fields that an object of this schema must have.
    pub(crate) fn required(&self) -> Vec<String> {
        let own = to_value(&(self.own)());
        let names = own.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// The schema written out where it stands. Objects that it refers to are added to `components`.
    pub(crate) fn inline(&self, components: &mut Components) -> Value {
        self.collect(components);
        to_value(&(self.own)())
    }

    /// A reference to the schema when it is an object or a choice, which is worth a name; written out when it is not.
    pub(crate) fn reference(&self, components: &mut Components) -> Value {
        let own = to_value(&(self.own)());
        self.collect(components);
        let worth_a_name = own.get("properties").is_some() || own.get("oneOf").is_some() || own.get("enum").is_some();
        if !worth_a_name {
            return own;
        }
        let name = (self.name)();
        let reference = serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
        components.add(name, own);
        reference
    }

    fn collect(&self, components: &mut Components) {
        let mut others = Vec::new();
        (self.others)(&mut others);
        for (name, schema) in others {
            components.add(name, to_value(&schema));
        }
    }
}

fn to_value(schema: &RefOr<UtoipaSchema>) -> Value {
    serde_json::to_value(schema).unwrap_or(Value::Null)
}

/// The named schemas of a document.
#[derive(Default)]
pub(crate) struct Components {
    pub(crate) schemas: std::collections::BTreeMap<String, Value>,
    /// Names under which two different schemas were found.
    pub(crate) clashes: Vec<String>,
}

impl Components {
    fn add(&mut self, name: String, schema: Value) {
        match self.schemas.get(&name) {
            Some(known) if *known != schema => self.clashes.push(name),
            Some(_) => {}
            None => {
                self.schemas.insert(name, schema);
            }
        }
    }
}
