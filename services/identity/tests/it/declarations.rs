//! What is declared is what is served: every route in the document, every private one closed.

use gx_platform::http::{Access, openapi};
use gx_platform::testing::TestApp;

use crate::support::api;

#[test]
fn the_document_is_made_from_the_routes() {
    let routes = gx_identity::routes();
    let document = openapi(&[&routes]).unwrap();
    for meta in routes.metas() {
        let operation = &document["paths"][meta.path()][meta.method().as_str().to_lowercase()];
        assert_eq!(operation["operationId"], meta.operation_id(), "{} {}", meta.method(), meta.path());
    }
    assert_eq!(routes.metas().count(), 51);
    let file = &document["paths"]["/api/v1/documents/{documentId}/file"]["get"]["responses"]["200"]["content"];
    let mut types: Vec<&String> = file.as_object().unwrap().keys().collect();
    types.sort();
    assert_eq!(types, ["application/pdf", "image/jpeg", "image/png"]);
}

#[tokio::test]
async fn every_private_route_wants_a_session() {
    let test = TestApp::start().await;
    let id = "00000000-0000-7000-8000-000000000000";
    for meta in gx_identity::routes().metas().filter(|meta| meta.access() == Access::Person) {
        let path = meta.path().replace("{id}", id).replace("{documentId}", id).replace("{sessionId}", id);
        let answer = api(&test).request(meta.method().clone(), &path).send().await;
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHORIZED"), "{} {path}", meta.method());
        let answer = api(&test).request(meta.method().clone(), &path).token("x.y.z").send().await;
        assert_eq!(answer.status, 401, "{} {path} with a token that is none", meta.method());
    }
}
