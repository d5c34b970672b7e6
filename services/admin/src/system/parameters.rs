//! `/api/v1/admin/parameters`: the parameters of the ledger. A new value is checked by the code that the contract checks
//! it with.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_contracts::parameters::Parameter;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, IdempotencyKey, LedgerUse, PreferWait, Route};
use gx_store::repo::figures;
use gx_types::ErrorCode;
use gx_types::api::admin::{ParameterView, ParametersReply, SetParameterRequest};

use crate::command::{Asked, Routes, declared, nothing, submit};

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
    Ok(Json(ParametersReply { parameters: on_ledger(&app).await? }))
}

async fn read(State(app): State<App>, ApiPath(name): ApiPath<String>) -> ApiResult<Json<ParameterView>> {
    let found = on_ledger(&app).await?.into_iter().find(|parameter| parameter.param_id == name);
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// The rows of registered parameters; the projector keeps other facts in the same table.
async fn on_ledger(app: &App) -> ApiResult<Vec<ParameterView>> {
    let rows = figures::parameters(app.store().read()).await?;
    Ok(rows
        .into_iter()
        .filter(|row| Parameter::parse(&row.param_key).is_some())
        .map(|row| ParameterView {
            param_id: row.param_key,
            value: row.param_value,
            updated_block: row.updated_block.to_string(),
            updated_at: row.updated_at.0,
        })
        .collect())
}

async fn change(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiJson(request): ApiJson<SetParameterRequest>,
) -> ApiResult<Response> {
    let parameter = Parameter::parse(&request.param_id)
        .ok_or_else(|| ApiError::field("paramId", ErrorCode::ParameterUnknown, ErrorCode::ParameterUnknown.title()))?;
    let value =
        parameter.check(&request.new_value).map_err(|why| ApiError::field("newValue", ErrorCode::FieldInvalid, why))?;
    let asked = Asked::new(&app, admin, key, wait);
    let command =
        Command::UpdateSystemParameter { parameter: parameter.name().to_owned(), value, request: asked.request() };
    submit(&app, asked, SET, &request, command, nothing).await
}
