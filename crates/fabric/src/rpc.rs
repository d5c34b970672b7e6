//! Statuses as Fabric's own programs give them.

use tonic::codegen::http::{HeaderValue, Response};
use tonic::{Code, Status};

/// Words of the library below for a message above the limit. It calls it OUT_OF_RANGE; gRPC's own libraries, and with
/// them Fabric's peers, call it RESOURCE_EXHAUSTED.
const TOO_LARGE: &str = "message length too large";

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";

/// The status of a stream's error.
pub(crate) fn corrected(status: Status) -> Status {
    if status.code() == Code::OutOfRange && status.message().contains(TOO_LARGE) {
        return Status::resource_exhausted(status.message().to_owned());
    }
    status
}

/// The same for an answer that was made before any handler saw the request.
pub(crate) fn correct<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    let is = |name: &str, expected: &dyn Fn(&[u8]) -> bool| {
        headers.get(name).is_some_and(|value| expected(value.as_bytes()))
    };
    let out_of_range = (Code::OutOfRange as i32).to_string();
    // The message is percent-encoded there.
    let words = TOO_LARGE.replace(' ', "%20");
    let too_large = is(GRPC_STATUS, &|value| value == out_of_range.as_bytes())
        && is(GRPC_MESSAGE, &|value| String::from_utf8_lossy(value).contains(&words));
    if too_large {
        headers.insert(GRPC_STATUS, HeaderValue::from(Code::ResourceExhausted as i32));
    }
    response
}
