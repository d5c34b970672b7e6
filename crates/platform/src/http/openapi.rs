//! The OpenAPI 3.1 document, derived from the declared routes.

use std::collections::BTreeMap;

use gx_types::{ErrorCode, Problem};
use serde_json::{Map, Value, json};

use super::RouteSet;
use super::route::{Access, Idempotency, ReplyBody, RequestBody, RouteMeta};
use super::schema::{Components, Schema};

/// Why no document can be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenApiError {
    /// Two different objects share a name; rename one of them.
    #[error("two different schemas are called {0}")]
    SchemaClash(String),
    /// Two routes share method and path, or an operation id.
    #[error("{0} is declared twice")]
    DeclaredTwice(String),
    /// A path parameter is not declared, or declared without being in the path.
    #[error("{operation}: the parameters of the path and the declared ones differ")]
    Params {
        /// The operation.
        operation: &'static str,
    },
    /// A route without a successful answer.
    #[error("{operation} declares no successful answer")]
    NoReply {
        /// The operation.
        operation: &'static str,
    },
}

/// The document of the given route sets.
///
/// # Errors
/// [`OpenApiError`] when the declarations contradict each other.
pub fn openapi(sets: &[&RouteSet]) -> Result<Value, OpenApiError> {
    let mut components = Components::default();
    let problem = Schema::of::<Problem>().reference(&mut components);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut operations = Vec::new();
    let mut tags = Vec::new();
    for set in sets {
        tags.push(json!({ "name": set.component() }));
        for meta in set.metas() {
            check(meta)?;
            if operations.contains(&meta.operation_id) {
                return Err(OpenApiError::DeclaredTwice(meta.operation_id.to_owned()));
            }
            operations.push(meta.operation_id);
            let method = meta.method.as_str().to_ascii_lowercase();
            let operation = operation(meta, &problem, &mut components);
            if paths.entry(meta.path).or_default().insert(method, operation).is_some() {
                return Err(OpenApiError::DeclaredTwice(format!("{} {}", meta.method, meta.path)));
            }
        }
    }
    if let Some(name) = components.clashes.pop() {
        return Err(OpenApiError::SchemaClash(name));
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "GX API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Amounts are whole Qirat as decimal strings (1 GX = 1,000,000 Q). Times are RFC 3339 in UTC. \
                Errors are `application/problem+json` with a stable `code`. Lists page by `cursor`. Writes that the \
                ledger decides answer 202 with a command id; `Prefer: wait=<s>` holds the answer until it is settled.",
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": {
                "personToken": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "personCookie": {
                    "type": "apiKey", "in": "cookie", "name": crate::auth::PERSON_COOKIE,
                    "description": "Unsafe methods also need the header X-CSRF-Token from the login answer.",
                },
                "adminToken": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "adminCookie": {
                    "type": "apiKey", "in": "cookie", "name": crate::auth::ADMIN_COOKIE,
                    "description": "Unsafe methods also need the header X-CSRF-Token from the login answer.",
                },
            },
        },
    }))
}

fn check(meta: &RouteMeta) -> Result<(), OpenApiError> {
    let mut in_path: Vec<_> =
        meta.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let mut declared: Vec<_> = meta.params.iter().map(|param| param.name).collect();
    in_path.sort_unstable();
    declared.sort_unstable();
    if in_path != declared {
        return Err(OpenApiError::Params { operation: meta.operation_id });
    }
    if meta.replies.is_empty() {
        return Err(OpenApiError::NoReply { operation: meta.operation_id });
    }
    Ok(())
}

fn operation(meta: &RouteMeta, problem: &Value, components: &mut Components) -> Value {
    let mut operation = json!({
        "operationId": meta.operation_id,
        "tags": [meta.component],
        "summary": meta.summary,
        "parameters": parameters(meta, components),
        "responses": responses(meta, problem, components),
        "security": security(meta.access),
    });
    if !meta.description.is_empty() {
        operation["description"] = meta.description.into();
    }
    if let Access::Admin(permission) = meta.access {
        operation["x-permission"] = permission.code().into();
        operation["x-second-person"] = meta.waits_for_a_second_person().into();
    }
    match &meta.body {
        None => {}
        Some(RequestBody::Json(schema)) => {
            operation["requestBody"] = json!({
                "required": meta.body_required,
                "content": { "application/json": { "schema": schema.reference(components) } },
            });
        }
        Some(RequestBody::Multipart(schema)) => {
            operation["requestBody"] = json!({
                "required": true,
                "content": { "multipart/form-data": { "schema": schema.reference(components) } },
            });
        }
    }
    operation
}

fn parameters(meta: &RouteMeta, components: &mut Components) -> Vec<Value> {
    let mut parameters: Vec<Value> = meta
        .params
        .iter()
        .map(|param| {
            json!({
                "name": param.name,
                "in": "path",
                "required": true,
                "description": param.description,
                "schema": param.schema.reference(components),
            })
        })
        .collect();
    if let Some(query) = &meta.query {
        let schema = query.inline(components);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mut parameter = json!({
                "name": name,
                "in": "query",
                "required": required.contains(&name.as_str()),
                "schema": without_null(field),
            });
            if let Some(description) = field.get("description") {
                parameter["description"] = description.clone();
            }
            parameters.push(parameter);
        }
    }
    for header in &meta.headers {
        parameters.push(json!({
            "name": header.name,
            "in": "header",
            "required": true,
            "description": header.description,
            "schema": { "type": "string", "minLength": 1 },
        }));
    }
    if meta.idempotency != Idempotency::None {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": meta.idempotency == Idempotency::Required,
            "description": "The same key with the same body answers the same again for 24 hours.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{8,128}$" },
        }));
    }
    if meta.waits {
        parameters.push(json!({
            "name": "Prefer",
            "in": "header",
            "required": false,
            "description": "wait=<seconds>: hold the answer until the ledger has decided, at most so long.",
            "schema": { "type": "string", "example": "wait=3" },
        }));
    }
    parameters
}

/// A parameter that is not sent is absent, never null.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Some(object) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("oneOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = choices.as_slice() {
            return only.clone();
        }
    }
    schema
}

fn responses(meta: &RouteMeta, problem: &Value, components: &mut Components) -> Map<String, Value> {
    let mut responses = Map::new();
    let correlation =
        json!({ "description": "Ties the answer to log lines, rows and blocks", "schema": { "type": "string" } });
    for reply in &meta.replies {
        // One status may come in several content types.
        let response = responses.entry(reply.status.to_string()).or_insert_with(
            || json!({ "description": reply.description, "headers": { "X-Correlation-Id": correlation } }),
        );
        match &reply.body {
            ReplyBody::Empty => {}
            ReplyBody::Json(schema) => {
                response["content"]["application/json"] = json!({ "schema": schema.reference(components) });
            }
            ReplyBody::Bytes(content_type) => {
                response["content"][*content_type] =
                    json!({ "schema": { "type": "string", "contentMediaType": content_type } });
            }
        }
    }
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in meta.problems() {
        by_status.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in by_status {
        let lines: Vec<String> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
        let mut response = json!({
            "description": lines.join("\n\n"),
            "headers": { "X-Correlation-Id": correlation },
            "content": { "application/problem+json": { "schema": problem } },
        });
        if matches!(status, 429 | 503) {
            response["headers"]["Retry-After"] =
                json!({ "description": "Seconds to wait", "schema": { "type": "integer", "minimum": 1 } });
        }
        responses.insert(status.to_string(), response);
    }
    responses
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::Person => json!([{ "personToken": [] }, { "personCookie": [] }]),
        Access::PersonOptional => json!([{}, { "personToken": [] }, { "personCookie": [] }]),
        Access::Admin(_) | Access::AnyAdmin => json!([{ "adminToken": [] }, { "adminCookie": [] }]),
    }
}
