//! Every route × {no token, a person's token, each role}; and what is declared agrees with what is served.

use gx_platform::auth::Permission;
use gx_platform::http::{Access, openapi, permission_table};
use gx_platform::testing::TestPerson;
use gx_types::AdminRole;
use serde_json::json;

use crate::world::World;

/// The path with plausible values for its parameters.
fn filled(path: &str) -> String {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    path.replace("{countryCode}", "GB")
        .replace("{poolId}", "LOAN")
        .replace("{paramId}", "feeSchedule")
        .replace("{sequence}", "1")
        .split('/')
        .map(|part| if part.starts_with('{') { id } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_route_lets_in_whom_it_declares_and_nobody_else() {
    let world = World::new().await;
    let person = world.test.person(TestPerson::default()).await;
    for meta in gx_admin::routes().metas() {
        let path = filled(meta.path());
        let ask = |token: Option<&str>| {
            let mut request = world.api.request(meta.method().clone(), &path).json(&json!({}));
            if let Some(token) = token {
                request = request.token(token);
            }
            request.send()
        };
        let bare = ask(None).await;
        let as_person = ask(Some(&person.token)).await;
        let nonsense = ask(Some("nonsense")).await;
        match meta.access() {
            Access::Public => {
                assert!(![401, 403].contains(&bare.status), "{path}: {}", bare.body);
            }
            Access::AnyAdmin => {
                assert_eq!((bare.status, bare.code()), (401, "UNAUTHORIZED"), "{path}");
                assert_eq!((as_person.status, nonsense.status), (401, 401), "{path}");
                if meta.operation_id() != "adminLogout" {
                    // Let in; where a body is needed, the empty one is refused by its fields.
                    let answer = ask(Some(world.token(AdminRole::Auditor))).await;
                    assert!([200, 404, 422].contains(&answer.status), "{path}: {}", answer.body);
                }
            }
            Access::Admin(permission) => {
                assert_eq!((bare.status, bare.code()), (401, "UNAUTHORIZED"), "{path}");
                assert_eq!((as_person.status, nonsense.status), (401, 401), "{path}");
                for role in AdminRole::ALL {
                    let answer = ask(Some(world.token(*role))).await;
                    let refused = (answer.status, answer.code()) == (403, "FORBIDDEN");
                    assert_eq!(refused, !permission.granted_to(*role), "{role} {path}: {}", answer.body);
                    assert!(answer.status < 500, "{role} {path}: {}", answer.body);
                    // What wants a second person is asked for, whoever asks, and not done.
                    if meta.waits_for_a_second_person() && answer.status < 300 {
                        assert_eq!((answer.status, &answer.body["status"]), (202, &json!("PENDING")), "{role} {path}");
                        assert!(answer.body["approvalId"].is_string(), "{role} {path}: {}", answer.body);
                    }
                }
                assert!(!permission.requires_approval() || meta.waits_for_a_second_person(), "{path} acts alone");
            }
            other => panic!("{path} is open to {other:?}"),
        }
    }
    assert_eq!(world.commands().await, 0, "nobody alone has the ledger do anything");
}

#[tokio::test]
async fn every_permission_is_used_by_a_route_and_documented() {
    let routes = gx_admin::routes();
    let table = permission_table(&[&routes]);
    for permission in Permission::ALL {
        assert!(table.iter().any(|row| row.access == permission.code()), "{} is used by no route", permission.code());
    }
    let document = openapi(&[&routes]).unwrap();
    for row in &table {
        let operation = &document["paths"][row.path][row.method.to_lowercase()];
        assert_eq!(operation["operationId"], row.operation_id);
        assert!(operation["responses"]["429"].is_object(), "{}", row.path);
        if row.access.contains(':') {
            assert_eq!(operation["x-permission"], row.access);
            assert!(operation["responses"]["403"].is_object(), "{}", row.path);
        }
    }
}

#[tokio::test]
async fn addresses_that_do_not_exist_are_told_only_to_whom_is_signed_in() {
    let world = World::new().await;
    assert_eq!(world.api.get("/api/v1/admin").send().await.status, 401);
    assert_eq!(world.api.get("/api/v1/admin/nothing").send().await.status, 401);
    let answer = world.api.get("/api/v1/admin/nothing").token(world.owner()).send().await;
    assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    assert_eq!(world.api.get("/api/v1/files").send().await.status, 401, "whether it is served elsewhere or nowhere");
    let answer = world.api.get("/api/v1/files").token(world.owner()).send().await;
    assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    assert_eq!(world.api.get("/api/v1/public/nothing").send().await.status, 404, "nobody signs in for what is public");
    let answer = world.api.request("DELETE".parse().unwrap(), "/api/v1/public/supply").send().await;
    assert_eq!((answer.status, answer.code(), answer.header("allow")), (405, "METHOD_NOT_ALLOWED", "GET,HEAD"));
}
