//! How large the body of a request may be, by route: enforced by the gate, and by an edge before it hands anything on.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use gx_types::ErrorCode;
use http_body_util::BodyExt;

use super::ApiError;
use super::route::{BODY_BYTES_MAX, RequestBody, RouteMeta};

/// Bytes of a refused request that are read at least, before the line is cut.
const DRAIN_BYTES_MIN: usize = 1024 * 1024;
/// A route with large bodies reads so many times its largest of a refused one.
const DRAIN_BODIES: usize = 3;
/// How long a refused request may take to send them.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// How large a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit {
    bytes_max: usize,
    /// Whether it is a form, of whose parts only a file can be so large.
    form: bool,
}

impl BodyLimit {
    pub(crate) fn of(meta: &RouteMeta) -> Self {
        Self { bytes_max: meta.body_bytes_max, form: matches!(meta.body, Some(RequestBody::Multipart(_))) }
    }

    /// So many bytes at most, for what is no declared route.
    #[must_use]
    pub const fn of_bytes(bytes_max: usize) -> Self {
        Self { bytes_max, form: false }
    }

    /// Bytes at most.
    #[must_use]
    pub const fn bytes_max(self) -> usize {
        self.bytes_max
    }

    /// The answer to a larger one.
    #[must_use]
    pub fn refusal(self) -> ApiError {
        let detail = format!("at most {} bytes are read here", self.bytes_max);
        let refusal = ApiError::new(ErrorCode::BodyTooLarge).with_detail(detail.clone());
        if self.form { refusal.with_field("file", ErrorCode::BodyTooLarge, detail) } else { refusal }
    }

    /// Reads what a refused request still sends, within bounds. A connection that is closed over unread bytes is reset,
    /// and the client would see a broken line instead of the refusal.
    pub async fn drain(self, mut body: Body) {
        let bytes_max = DRAIN_BYTES_MIN.max(DRAIN_BODIES * self.bytes_max);
        let read = async {
            let mut bytes = 0;
            while let Some(Ok(frame)) = body.frame().await {
                bytes += frame.data_ref().map_or(0, Bytes::len);
                if bytes > bytes_max {
                    return;
                }
            }
        };
        // A slow sender is not waited for.
        let _ = tokio::time::timeout(DRAIN_WAIT, read).await;
    }
}

/// The limits of a component's routes, for whoever stands in front of it.
#[derive(Debug, Clone, Default)]
pub struct BodyLimits(Vec<(Method, &'static str, BodyLimit)>);

impl BodyLimits {
    pub(crate) fn of<'a>(metas: impl Iterator<Item = &'a RouteMeta>) -> Self {
        Self(metas.map(|meta| (meta.method.clone(), meta.path, BodyLimit::of(meta))).collect())
    }

    /// The limit of the route that serves `method` at `path`; what no route serves may have the usual size, to be
    /// refused by the component itself.
    #[must_use]
    pub fn at(&self, method: &Method, path: &str) -> BodyLimit {
        self.0
            .iter()
            .find(|(served, template, _)| served == method && is_of(template, path))
            .map_or(BodyLimit { bytes_max: BODY_BYTES_MAX, form: false }, |(_, _, limit)| *limit)
    }
}

/// Whether a path is of a template with parameters in braces.
fn is_of(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_under_its_template() {
        for (template, path, same) in [
            ("/api/v1/qsend", "/api/v1/qsend", true),
            ("/api/v1/qsend/{code}/pay", "/api/v1/qsend/QS-1/pay", true),
            ("/api/v1/qsend/{code}/pay", "/api/v1/qsend//pay", false),
            ("/api/v1/qsend/{code}/pay", "/api/v1/qsend/QS-1", false),
            ("/api/v1/qsend", "/api/v1/qsend/", false),
        ] {
            assert_eq!(is_of(template, path), same, "{template} {path}");
        }
    }
}
