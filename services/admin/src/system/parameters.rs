//! `/api/v1/admin/parameters`: the parameters of the ledger. A new value is checked by the code that the contract checks
//! it with, and waits for a second person.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_contracts::parameters::{Parameter, ParameterKind, constants};
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, IdempotencyKey, LedgerUse, Route};
use gx_store::projection::system::SYSTEM_PAUSED;
use gx_store::repo::figures;
use gx_types::ErrorCode;
use gx_types::api::admin::{ParameterType, ParameterView, ParametersReply, SetParameterRequest};

use crate::approvals::{Action, ask, declared};
use crate::command::Routes;

const SET: &str = "setParameter";

pub(super) fn routes() -> Routes {
    let set = Route::post("/api/v1/admin/parameters", SET)
        .summary("Change a parameter of the ledger")
        .access(Access::Admin(Permission::ParameterSet))
        .body::<SetParameterRequest>()
        .errors(&[ErrorCode::ParameterUnknown]);
    vec![
        Route::get("/api/v1/admin/parameters", "listParameters")
            .summary("The parameters of the ledger")
            .description("Every parameter with its value, type, unit and range, changed or not.")
            .access(Access::Admin(Permission::SystemHealth))
            .reply::<ParametersReply>(200, "Every parameter")
            .handle(list),
        Route::get("/api/v1/admin/parameters/{paramId}", "readParameter")
            .summary("A parameter of the ledger")
            .access(Access::Admin(Permission::SystemHealth))
            .param::<String>("paramId", "Name of the parameter")
            .reply::<ParameterView>(200, "The parameter")
            .handle(read),
        declared(set, LedgerUse::Writes).handle(change),
    ]
}

async fn list(State(app): State<App>) -> ApiResult<Json<ParametersReply>> {
    Ok(Json(ParametersReply { parameters: all(&app).await? }))
}

async fn read(State(app): State<App>, ApiPath(name): ApiPath<String>) -> ApiResult<Json<ParameterView>> {
    let found = all(&app).await?.into_iter().find(|parameter| parameter.param_id == name);
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// Every parameter with the value that holds: the ledger's, or the one that the contracts begin with.
async fn all(app: &App) -> ApiResult<Vec<ParameterView>> {
    // The projector keeps other facts in the same table.
    let rows = figures::parameters(app.store().read()).await?;
    let on_ledger = |name: &str| rows.iter().find(|row| row.param_key == name);
    let changeable = Parameter::ALL.into_iter().map(|parameter| {
        let (kind, range) = match parameter.kind() {
            ParameterKind::Whole { unit, least, most } => (ParameterType::Integer, Some((unit, least, most))),
            ParameterKind::Json => (ParameterType::Json, None),
        };
        let view = ParameterView {
            param_id: parameter.name().to_owned(),
            value: parameter.initial(),
            description: parameter.meaning().to_owned(),
            kind,
            unit: range.map(|(unit, ..)| unit.to_owned()),
            minimum: range.map(|(_, least, _)| least.to_string()),
            maximum: range.map(|(.., most)| most.to_string()),
            initial_value: parameter.initial(),
            changeable: true,
            updated_block: None,
            updated_at: None,
        };
        written(view, on_ledger(parameter.name()))
    });
    let fixed = constants().into_iter().map(|constant| {
        let value = constant.value.to_string();
        ParameterView {
            param_id: constant.name,
            description: constant.meaning,
            kind: ParameterType::Integer,
            unit: Some(constant.unit.to_owned()),
            minimum: Some(value.clone()),
            maximum: Some(value.clone()),
            initial_value: value.clone(),
            value,
            changeable: false,
            updated_block: None,
            updated_at: None,
        }
    });
    let maintenance = ParameterView {
        param_id: "MAINTENANCE_MODE".to_owned(),
        value: "false".to_owned(),
        description: "Whether the system is paused; changed by pausing and resuming it.".to_owned(),
        kind: ParameterType::Boolean,
        unit: None,
        minimum: None,
        maximum: None,
        initial_value: "false".to_owned(),
        changeable: false,
        updated_block: None,
        updated_at: None,
    };
    let paused = written(maintenance, on_ledger(SYSTEM_PAUSED));
    Ok(changeable.chain(fixed).chain([paused]).collect())
}

/// The parameter as the ledger has it, once it has.
fn written(view: ParameterView, row: Option<&figures::Parameter>) -> ParameterView {
    match row {
        None => view,
        Some(row) => ParameterView {
            value: row.param_value.clone(),
            updated_block: Some(row.updated_block.to_string()),
            updated_at: Some(row.updated_at.0),
            ..view
        },
    }
}

async fn change(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<SetParameterRequest>,
) -> ApiResult<Response> {
    let action = Action::ConfigChange { parameter: request.param_id.clone(), value: request.new_value.clone() };
    ask(&app, &requester, key.as_ref(), SET, &request, action).await
}
