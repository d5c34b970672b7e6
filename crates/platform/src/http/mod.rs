//! The HTTP kit: routes declared once, extractors that name the refused field, problems, limits, paging.

mod body;
mod body_limit;
mod correlation;
mod docs;
mod envelope;
mod error;
mod extract;
mod gate;
mod limits;
mod openapi;
mod page;
mod peer;
mod record;
mod route;
mod route_set;
mod schema;
pub(crate) mod shared_limits;
mod wording;

pub use body::{ApiJson, ApiMultipart};
pub use body_limit::{BodyLimit, BodyLimits};
pub use correlation::{HEADER as CORRELATION_HEADER, current as current_correlation, scope as correlation_scope};
pub use docs::docs_page;
pub use envelope::{api_not_found, envelope};
pub use error::{AnsweredCode, ApiError, ApiResult};
pub use extract::{ApiPath, ApiQuery, Correlation, IdempotencyKey, PreferWait};
pub use limits::{Allowance, Limits, RATE_SETTINGS, Rate, RateClass, RateError, RateKey};
pub use openapi::{OpenApiError, openapi};
pub use page::{Cursor, Cursors, Page, PageLimit};
pub use peer::{Networks, NetworksError, PeerAddr};
pub use record::RouteRecorder;
pub use route::{Access, BODY_BYTES_MAX, Handled, Idempotency, LedgerUse, Route, RouteMeta};
pub use route_set::{PermissionRow, RouteSet, permission_table};
pub use wording::plain;
