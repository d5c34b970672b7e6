//! The OpenAPI documents of a running platform, as tests read them.

use serde_json::{Map, Value, json};

use crate::{Api, Platform};

/// Components that publish a document.
const COMPONENTS: &[&str] = &["identity", "admin", "tokenomics", "messaging", "tax"];

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Everyone.
    Public,
    /// A person, or nobody in particular.
    PersonOptional,
    /// A person.
    Person,
    /// An administrator.
    Admin,
}

/// A documented operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The component that serves it.
    pub component: &'static str,
    /// Upper-case method.
    pub method: String,
    /// Path with its parameters in braces.
    pub path: String,
    /// Unique name.
    pub id: String,
    /// Who may call it.
    pub caller: Caller,
    /// The permission, for administrators.
    pub permission: Option<String>,
    /// Parameters as documented.
    pub parameters: Vec<Value>,
    /// Schema of the JSON body, with references resolved.
    pub body: Option<Value>,
    /// Documented statuses.
    pub statuses: Vec<u16>,
}

/// Every operation of every component.
pub async fn operations(platform: &Platform) -> Vec<Operation> {
    let mut all = Vec::new();
    for component in COMPONENTS {
        let document = Api::at(platform.address(component)).get("/openapi.json").await.expect(200);
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                all.push(read(component, &document, path, method, operation));
            }
        }
    }
    assert!(all.len() > 40, "only {} operations are documented", all.len());
    all
}

/// One document of all operations, as the edge serves them.
pub async fn merged(platform: &Platform) -> Value {
    let mut all = json!({});
    for component in COMPONENTS {
        let mut document = Api::at(platform.address(component)).get("/openapi.json").await.expect(200);
        if all.get("paths").is_none() {
            all = document;
            continue;
        }
        for part in ["/paths", "/components/schemas"] {
            let more = document.pointer_mut(part).map(Value::take);
            let (Some(Value::Object(more)), Some(Value::Object(have))) = (more, all.pointer_mut(part)) else {
                panic!("{component}: no {part}")
            };
            for (name, value) in more {
                // Components share the objects of the platform, and nothing else under one name.
                let there = have.insert(name.clone(), value.clone());
                assert!(there.is_none_or(|there| there == value), "{name} of {component} is something else elsewhere");
            }
        }
    }
    all
}

fn read(component: &'static str, document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let security = operation["security"].to_string();
    let caller = match security.as_str() {
        "[]" => Caller::Public,
        text if text.contains("{}") => Caller::PersonOptional,
        text if text.contains("admin") => Caller::Admin,
        _ => Caller::Person,
    };
    let body = operation["requestBody"]["content"]["application/json"]["schema"].clone();
    Operation {
        component,
        method: method.to_uppercase(),
        path: path.to_owned(),
        id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
        caller,
        permission: operation["x-permission"].as_str().map(str::to_owned),
        parameters: operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| resolved(document, one, 0))
            .collect(),
        body: (!body.is_null()).then(|| resolved(document, &body, 0)),
        statuses: operation["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(code, _)| code.parse().ok())
            .collect(),
    }
}

/// The schema with its references put in.
fn resolved(document: &Value, schema: &Value, depth: usize) -> Value {
    assert!(depth < 30, "a schema refers to itself");
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let target = document.pointer(reference.trim_start_matches('#'));
                let target = target.unwrap_or_else(|| panic!("{reference} is not in the document"));
                return resolved(document, target, depth + 1);
            }
            let fields: Map<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), resolved(document, field, depth + 1))).collect();
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(|item| resolved(document, item, depth + 1)).collect(),
        other => other.clone(),
    }
}

/// A value that fits a schema, as far as a schema says it.
#[must_use]
pub fn sample(schema: &Value) -> Value {
    if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return example.clone();
    }
    if let Some(choice) = schema["enum"].get(0).or_else(|| schema.get("const")) {
        return choice.clone();
    }
    for keyword in ["oneOf", "anyOf", "allOf"] {
        if let Some(choice) = schema[keyword].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return sample(choice);
        }
    }
    match kind(schema) {
        "object" => {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let fields = schema["properties"].as_object().into_iter().flatten();
            let fields = fields.filter(|(name, _)| required.contains(&name.as_str()));
            Value::Object(fields.map(|(name, field)| (name.clone(), sample(field))).collect())
        }
        "array" => json!([sample(&schema["items"])]),
        "integer" | "number" => json!(schema["minimum"].as_i64().unwrap_or(1)),
        "boolean" => json!(false),
        _ => match schema["format"].as_str() {
            Some("uuid") => json!("00000000-0000-7000-8000-000000000000"),
            Some("date-time") => json!("2026-01-01T00:00:00Z"),
            _ => json!("a".repeat(usize::try_from(schema["minLength"].as_u64().unwrap_or(8)).unwrap_or(8).max(1))),
        },
    }
}

/// The type of a schema, null aside.
#[must_use]
pub fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        _ => ["oneOf", "anyOf", "allOf"]
            .iter()
            .filter_map(|keyword| schema[*keyword].as_array())
            .flatten()
            .map(kind)
            .find(|kind| *kind != "null" && !kind.is_empty())
            .unwrap_or_default(),
    }
}
