//! A route, declared once.
//!
//! [`Route`] says everything about an operation: address, who may call it, what goes in, what comes out, how it can
//! fail. The axum router, the OpenAPI document and the permission table are derived from it, so they cannot disagree.
//!
//! **A new route:** a file per use case with request, reply, handler; then in the service's `routes()`:
//! ```ignore
//! RouteSet::new("tokenomics").route(
//!     Route::post("/api/v1/transfers", "createTransfer")
//!         .summary("Pay another person")
//!         .access(Access::Person)
//!         .idempotency(Idempotency::Required)
//!         .limit(RateClass::Write)
//!         .ledger(LedgerUse::Writes)
//!         .waits()
//!         .body::<TransferRequest>()
//!         .reply::<TransferSettled>(200, "Settled")
//!         .reply::<CommandAccepted>(202, "Accepted, not settled yet")
//!         .errors(&[ErrorCode::InsufficientFunds])
//!         .handle(create_transfer),
//! )
//! ```

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter};
use gx_types::ErrorCode;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::limits::RateClass;
use super::schema::Schema;
use crate::App;
use crate::auth::Permission;

/// Largest JSON body of a route that names no other limit, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// What a caller whose session does not count is answered.
const SIGN_IN: [ErrorCode; 3] = [ErrorCode::Unauthorized, ErrorCode::SessionExpired, ErrorCode::SessionRevoked];

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, signed in or not.
    Public,
    /// A signed-in person.
    Person,
    /// Everyone; a signed-in person is recognised.
    PersonOptional,
    /// A signed-in administrator with this permission.
    Admin(Permission),
    /// Any signed-in administrator, for what concerns only their own account.
    AnyAdmin,
}

impl Access {
    /// Whether only someone who is signed in may call it.
    pub(crate) const fn needs_session(self) -> bool {
        match self {
            Self::Public | Self::PersonOptional => false,
            Self::Person | Self::Admin(_) | Self::AnyAdmin => true,
        }
    }
}

/// What a route does with the header `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// The header means nothing here: reads, and writes that are idempotent by themselves.
    None,
    /// The header is honoured when it is sent.
    Accepted,
    /// The header must be sent.
    Required,
}

/// What a route wants from the ledger. Checked before the handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerUse {
    /// Nothing.
    None,
    /// It enqueues a command: refused when no ledger was ever bound, when the ledger has been out of reach for too
    /// long, and while the system is paused.
    Writes,
    /// It enqueues a command that is accepted while the system is paused too.
    WritesWhilePaused,
}

/// What a successful answer carries.
#[derive(Clone)]
pub(crate) enum ReplyBody {
    /// No body.
    Empty,
    /// JSON of this schema.
    Json(Schema),
    /// Bytes of this content type.
    Bytes(&'static str),
}

/// A successful answer.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    pub(crate) body: ReplyBody,
}

/// What a request carries.
#[derive(Clone)]
pub(crate) enum RequestBody {
    /// JSON of this schema.
    Json(Schema),
    /// `multipart/form-data` with these parts.
    Multipart(Schema),
}

/// A parameter in the path.
#[derive(Clone)]
pub(crate) struct PathParam {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) schema: Schema,
}

/// A header that the handler reads itself.
#[derive(Clone)]
pub(crate) struct HeaderParam {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
}

/// Everything that is declared about a route, without its handler.
#[derive(Clone)]
pub struct RouteMeta {
    pub(crate) component: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) operation_id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) access: Access,
    pub(crate) idempotency: Idempotency,
    pub(crate) limit: RateClass,
    pub(crate) ledger: LedgerUse,
    pub(crate) waits: bool,
    pub(crate) body: Option<RequestBody>,
    pub(crate) body_required: bool,
    pub(crate) body_bytes_max: usize,
    pub(crate) query: Option<Schema>,
    pub(crate) params: Vec<PathParam>,
    pub(crate) headers: Vec<HeaderParam>,
    pub(crate) replies: Vec<Reply>,
    pub(crate) errors: Vec<ErrorCode>,
}

impl RouteMeta {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its parameters in braces.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The unique name of the operation.
    #[must_use]
    pub const fn operation_id(&self) -> &'static str {
        self.operation_id
    }

    /// Who may call it.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// The names of the fields that a JSON body must have.
    pub(crate) fn required_fields(&self) -> Vec<String> {
        match &self.body {
            Some(RequestBody::Json(schema)) => schema.required(),
            Some(RequestBody::Multipart(_)) | None => Vec::new(),
        }
    }

    /// Whether what the route asks for waits for a second person: it writes, and its permission says so.
    #[must_use]
    pub fn waits_for_a_second_person(&self) -> bool {
        matches!(self.access, Access::Admin(permission) if permission.requires_approval()) && !self.method.is_safe()
    }

    /// Every problem that the route can answer, sorted by status.
    #[must_use]
    pub fn problems(&self) -> Vec<ErrorCode> {
        let mut codes = vec![
            ErrorCode::MalformedRequest,
            ErrorCode::RateLimited,
            ErrorCode::Internal,
            ErrorCode::DatabaseUnavailable,
        ];
        match self.access {
            Access::Public => {}
            Access::PersonOptional | Access::Person | Access::AnyAdmin => codes.extend(SIGN_IN),
            Access::Admin(_) => {
                codes.extend(SIGN_IN);
                codes.extend([ErrorCode::Forbidden, ErrorCode::PasswordChangeRequired, ErrorCode::MfaSetupRequired]);
            }
        }
        if self.access != Access::Public && !self.method.is_safe() {
            codes.push(ErrorCode::CsrfFailed);
        }
        if self.waits_for_a_second_person() {
            codes.extend([ErrorCode::ApprovalOpen, ErrorCode::ApprovalsTooMany]);
        }
        if !self.params.is_empty() {
            codes.push(ErrorCode::NotFound);
        }
        if self.body.is_some() {
            codes.extend([ErrorCode::BodyTooLarge, ErrorCode::UnsupportedMediaType]);
        }
        // Also of a route that takes nothing: it refuses parameters in its address.
        codes.push(ErrorCode::ValidationFailed);
        match self.idempotency {
            Idempotency::None => {}
            Idempotency::Accepted => codes.extend([
                ErrorCode::IdempotencyKeyInvalid,
                ErrorCode::IdempotencyKeyReused,
                ErrorCode::IdempotencyInFlight,
            ]),
            Idempotency::Required => codes.extend([
                ErrorCode::IdempotencyKeyRequired,
                ErrorCode::IdempotencyKeyInvalid,
                ErrorCode::IdempotencyKeyReused,
                ErrorCode::IdempotencyInFlight,
            ]),
        }
        match self.ledger {
            LedgerUse::None => {}
            LedgerUse::Writes => {
                codes.extend([ErrorCode::FeatureUnavailable, ErrorCode::LedgerUnavailable, ErrorCode::SystemPaused]);
            }
            LedgerUse::WritesWhilePaused => {
                codes.extend([ErrorCode::FeatureUnavailable, ErrorCode::LedgerUnavailable]);
            }
        }
        codes.extend(self.errors.iter().copied());
        codes.sort_by_key(|code| (code.status(), code.as_str()));
        codes.dedup();
        codes
    }
}

/// A route under declaration; [`Route::handle`] finishes it.
#[must_use = "a route does nothing until it is handled and added to a route set"]
pub struct Route {
    meta: RouteMeta,
}

impl Route {
    fn new(method: Method, path: &'static str, operation_id: &'static str) -> Self {
        let reads = method == Method::GET;
        Self {
            meta: RouteMeta {
                component: "",
                method,
                path,
                operation_id,
                summary: "",
                description: "",
                // The strictest that needs no permission: a route that forgets to say is not open.
                access: Access::AnyAdmin,
                idempotency: Idempotency::None,
                limit: if reads { RateClass::Read } else { RateClass::Write },
                ledger: LedgerUse::None,
                waits: false,
                body: None,
                body_required: true,
                body_bytes_max: BODY_BYTES_MAX,
                query: None,
                params: Vec::new(),
                headers: Vec::new(),
                replies: Vec::new(),
                errors: Vec::new(),
            },
        }
    }

    /// A GET route.
    pub fn get(path: &'static str, operation_id: &'static str) -> Self {
        Self::new(Method::GET, path, operation_id)
    }

    /// A POST route.
    pub fn post(path: &'static str, operation_id: &'static str) -> Self {
        Self::new(Method::POST, path, operation_id)
    }

    /// A PUT route.
    pub fn put(path: &'static str, operation_id: &'static str) -> Self {
        Self::new(Method::PUT, path, operation_id)
    }

    /// A PATCH route.
    pub fn patch(path: &'static str, operation_id: &'static str) -> Self {
        Self::new(Method::PATCH, path, operation_id)
    }

    /// A DELETE route.
    pub fn delete(path: &'static str, operation_id: &'static str) -> Self {
        Self::new(Method::DELETE, path, operation_id)
    }

    /// What it does, in one line.
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.meta.summary = summary;
        self
    }

    /// What else a caller must know.
    pub fn description(mut self, description: &'static str) -> Self {
        self.meta.description = description;
        self
    }

    /// Who may call it. Nothing said: any signed-in administrator.
    pub fn access(mut self, access: Access) -> Self {
        self.meta.access = access;
        self
    }

    /// What it does with `Idempotency-Key`.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.meta.idempotency = idempotency;
        self
    }

    /// Which rate limit holds. Nothing said: [`RateClass::Read`] for GET, [`RateClass::Write`] for the others.
    pub fn limit(mut self, class: RateClass) -> Self {
        self.meta.limit = class;
        self
    }

    /// What it wants from the ledger.
    pub fn ledger(mut self, ledger: LedgerUse) -> Self {
        self.meta.ledger = ledger;
        self
    }

    /// Honours `Prefer: wait=<s>` (extractor [`super::PreferWait`]).
    pub fn waits(mut self) -> Self {
        self.meta.waits = true;
        self
    }

    /// Takes JSON (extractor [`super::ApiJson`]).
    pub fn body<T: DeserializeOwned + ToSchema>(mut self) -> Self {
        self.meta.body = Some(RequestBody::Json(Schema::of::<T>()));
        self
    }

    /// Takes JSON, or no body at all (extractor `Option<`[`super::ApiJson`]`>`).
    pub fn optional_body<T: DeserializeOwned + ToSchema>(mut self) -> Self {
        self.meta.body_required = false;
        self.body::<T>()
    }

    /// Takes `multipart/form-data` with the parts of `T`, at most `bytes_max` bytes in all.
    pub fn multipart<T: ToSchema>(mut self, bytes_max: usize) -> Self {
        self.meta.body = Some(RequestBody::Multipart(Schema::of::<T>()));
        self.meta.body_bytes_max = bytes_max;
        self
    }

    /// Largest body in bytes, [`BODY_BYTES_MAX`] when nothing is said.
    pub fn body_bytes_max(mut self, bytes_max: usize) -> Self {
        self.meta.body_bytes_max = bytes_max;
        self
    }

    /// Takes query parameters: the fields of `T` (extractor [`super::ApiQuery`]).
    pub fn query<T: DeserializeOwned + ToSchema>(mut self) -> Self {
        self.meta.query = Some(Schema::of::<T>());
        self
    }

    /// A path parameter of type `T` (extractor [`super::ApiPath`]).
    pub fn param<T: ToSchema>(mut self, name: &'static str, description: &'static str) -> Self {
        self.meta.params.push(PathParam { name, description, schema: Schema::of::<T>() });
        self
    }

    /// A header that must be sent and that the handler reads itself.
    pub fn header(mut self, name: &'static str, description: &'static str) -> Self {
        self.meta.headers.push(HeaderParam { name, description });
        self
    }

    /// Answers JSON of type `T` with this status.
    pub fn reply<T: serde::Serialize + ToSchema>(mut self, status: u16, description: &'static str) -> Self {
        self.meta.replies.push(Reply { status, description, body: ReplyBody::Json(Schema::of::<T>()) });
        self
    }

    /// Answers this status without a body.
    pub fn reply_empty(mut self, status: u16, description: &'static str) -> Self {
        self.meta.replies.push(Reply { status, description, body: ReplyBody::Empty });
        self
    }

    /// Answers bytes of a content type, for example `image/svg+xml`.
    pub fn reply_bytes(mut self, status: u16, content_type: &'static str, description: &'static str) -> Self {
        self.meta.replies.push(Reply { status, description, body: ReplyBody::Bytes(content_type) });
        self
    }

    /// The problems that the handler itself can answer, beside those that follow from the declaration.
    pub fn errors(mut self, codes: &[ErrorCode]) -> Self {
        self.meta.errors.extend_from_slice(codes);
        self
    }

    /// Finishes the route with its handler, an ordinary axum handler.
    pub fn handle<H, T>(self, handler: H) -> Handled
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = match self.meta.method {
            Method::POST => MethodFilter::POST,
            Method::PUT => MethodFilter::PUT,
            Method::PATCH => MethodFilter::PATCH,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        Handled { meta: self.meta, handler: axum::routing::on(filter, handler) }
    }
}

/// A route with its handler.
pub struct Handled {
    pub(crate) meta: RouteMeta,
    pub(crate) handler: MethodRouter<App>,
}
