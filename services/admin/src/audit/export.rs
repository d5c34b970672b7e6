//! `GET /api/v1/admin/audit/export`: the whole chain, as lines of JSON that verify without the database, or as CSV for
//! spreadsheets. Written out while it is read, so its size costs no memory.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiQuery, ApiResult, Handled, RateClass, Route, current_correlation};
use gx_store::audit::{self, AuditEntry, AuditRow, Head};
use gx_store::{Store, StoreError};
use gx_types::{AuditEvent, AuditObject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Entries read at once.
const PAGE: u64 = 500;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A line of JSON for each entry, and one for the end of the chain.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// What to export.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    /// Lines of JSON unless asked otherwise.
    #[serde(default)]
    format: Option<Format>,
}

/// The last line of an export: without it the file was cut off.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LastLine {
    pub(super) head: Head,
}

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/audit/export", "exportAudit")
        .summary("Export the audit chain")
        .description("`gx audit verify --file` checks lines of JSON without the database.")
        .access(Access::Admin(Permission::AuditExport))
        .limit(RateClass::Write)
        .query::<ExportQuery>()
        .reply_bytes(
            200,
            "application/x-ndjson",
            "Lines of JSON, oldest entry first; the last names the end of the chain",
        )
        .reply_bytes(200, "text/csv", "Comma-separated values, oldest entry first")
        .handle(handle)
}

async fn handle(State(app): State<App>, admin: Admin, ApiQuery(query): ApiQuery<ExportQuery>) -> ApiResult<Response> {
    let format = query.format.unwrap_or(Format::Jsonl);
    // The export tells of itself: it is the last entry in it.
    let (actor, correlation_id, now) = (admin.actor(), current_correlation(), app.now());
    app.store()
        .write(move |tx| {
            Box::pin(async move {
                let event = AuditEvent::AuditExported;
                audit::append(tx, AuditEntry::new(event, actor, AuditObject::System, correlation_id, now)).await
            })
        })
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let head = audit::head(app.store().read()).await?;
    let (kind, name) = match format {
        Format::Jsonl => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    let begun = Writing { store: app.store().clone(), format, head, after: 0, begun: false, done: false };
    let body = Body::from_stream(stream::unfold(begun, |writing| async move {
        let (chunk, writing) = writing.next().await?;
        Some((chunk, writing))
    }));
    Ok((headers, body).into_response())
}

struct Writing {
    store: Store,
    format: Format,
    head: Head,
    after: i64,
    begun: bool,
    done: bool,
}

impl Writing {
    /// The next piece. A failure ends the stream in the middle, which the client sees as a broken connection.
    async fn next(mut self) -> Option<(Result<Bytes, StoreError>, Self)> {
        if self.done {
            return None;
        }
        let mut text = String::new();
        if !self.begun && self.format == Format::Csv {
            text.push_str("sequence,at,event,actor,object,before,after,correlationId,previousHash,hash\r\n");
        }
        self.begun = true;
        let rows = match audit::range(self.store.read(), self.after, PAGE).await {
            Ok(rows) => rows,
            Err(error) => {
                self.done = true;
                return Some((Err(error), self));
            }
        };
        // What is appended meanwhile belongs to the next export.
        for row in rows.iter().filter(|row| row.sequence <= self.head.sequence) {
            let line = match self.format {
                Format::Jsonl => json_line(row),
                Format::Csv => csv_line(row),
            };
            match line {
                Ok(line) => text.push_str(&line),
                Err(error) => {
                    self.done = true;
                    return Some((Err(error), self));
                }
            }
        }
        self.after = rows.last().map_or(self.head.sequence, |row| row.sequence);
        if self.after >= self.head.sequence {
            self.done = true;
            if self.format == Format::Jsonl {
                text.push_str(&serde_json::to_string(&LastLine { head: self.head }).unwrap_or_default());
                text.push('\n');
            }
        }
        Some((Ok(Bytes::from(text)), self))
    }
}

fn json_line(row: &AuditRow) -> Result<String, StoreError> {
    let line = serde_json::to_string(&row.link()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(line + "\n")
}

fn csv_line(row: &AuditRow) -> Result<String, StoreError> {
    let entry = row.entry()?;
    let facts = |facts: &audit::Facts| {
        facts.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    };
    let fields = [
        entry.sequence.to_string(),
        entry.at.to_string(),
        entry.event.to_string(),
        entry.actor.to_string(),
        entry.object.to_string(),
        facts(&entry.before),
        facts(&entry.after),
        entry.correlation_id.to_string(),
        row.previous_hash.0.to_string(),
        row.entry_hash.0.to_string(),
    ];
    Ok(gx_types::csv_line(fields))
}
