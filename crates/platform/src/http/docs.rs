//! The browsable page of the API: the document as plain HTML, without scripts and without anything from elsewhere.

use std::fmt::Write;

use serde_json::Value;

/// The page for an OpenAPI document.
///
/// # Errors
/// When the text is no JSON, or memory for text runs out.
pub fn docs_page(document: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let document: Value = serde_json::from_str(document)?;
    let mut page = String::from(HEAD);
    write!(page, "<h1>{}</h1>", text(&document["info"]["title"]))?;
    write!(page, "<p>{}</p>", text(&document["info"]["description"]))?;
    page.push_str("<p><a href=\"openapi.json\">openapi.json</a></p>");
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            write_operation(&mut page, path, method, operation)?;
        }
    }
    page.push_str("<h2>Objects</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        write!(page, "<details id=\"{0}\"><summary><code>{0}</code></summary>", escape(name))?;
        write!(page, "<pre>{}</pre></details>", escape(&serde_json::to_string_pretty(schema)?))?;
    }
    page.push_str("</main>");
    Ok(page)
}

fn write_operation(
    page: &mut String,
    path: &str,
    method: &str,
    operation: &Value,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    write!(
        page,
        "<details id=\"{}\"><summary><b class=\"{method}\">{}</b> <code>{}</code> {}</summary>",
        text(&operation["operationId"]),
        escape(&method.to_ascii_uppercase()),
        escape(path),
        text(&operation["summary"]),
    )?;
    if let Some(description) = operation["description"].as_str() {
        write!(page, "<p>{}</p>", escape(description))?;
    }
    let mut who: Vec<String> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|choice| choice.as_object().into_iter().flatten().map(|(scheme, _)| scheme.clone()))
        .collect();
    if let Some(permission) = operation["x-permission"].as_str() {
        who.push(format!("permission {permission}"));
    }
    if !who.is_empty() {
        write!(page, "<p>Needs {}</p>", escape(&who.join(", ")))?;
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        write!(
            page,
            "<p><code>{}</code> ({}{}) {}</p>",
            text(&parameter["name"]),
            text(&parameter["in"]),
            if parameter["required"] == true { ", required" } else { "" },
            text(&parameter["description"]),
        )?;
    }
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        write!(page, "<p>Takes {} {}</p>", escape(kind), schema_link(&content["schema"]))?;
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let schema =
            response["content"].as_object().into_iter().flatten().next().map(|(_, content)| &content["schema"]);
        let description = text(&response["description"]).replace("\n\n", "<br>");
        write!(page, "<p><b>{}</b> {description} {}</p>", escape(status), schema.map(schema_link).unwrap_or_default())?;
    }
    page.push_str("</details>");
    Ok(())
}

fn schema_link(schema: &Value) -> String {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => format!("<a href=\"#{0}\"><code>{0}</code></a>", escape(name)),
        None => String::new(),
    }
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
content=\"width=device-width,initial-scale=1\"><title>GX API</title><style>body{font:16px/1.5 system-ui;margin:0}\
main{max-width:60rem;margin:auto;padding:1rem}details{border:1px solid #ccc;border-radius:.4rem;margin:.4rem 0;padding:.4rem .8rem}\
summary{cursor:pointer}pre{overflow:auto}code{overflow-wrap:anywhere}.get{color:#06c}.post{color:#080}.patch,.put{color:#a60}\
.delete{color:#c00}</style><main>";
