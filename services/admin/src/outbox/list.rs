//! `GET /api/v1/admin/outbox`: commands by state and kind; `state=DEAD` lists the dead letters.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiQuery, ApiResult, Cursor, Handled, Page, PageLimit, Route};
use gx_store::repo::figures::{self, OutboxFilter};
use gx_types::OutboxState;
use gx_types::api::admin::OutboxCommandView;
use serde::Deserialize;
use utoipa::ToSchema;

const LIST: &str = "admin-outbox";

/// Which commands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboxQuery {
    /// In this state.
    #[serde(default)]
    state: Option<OutboxState>,
    /// Of this kind.
    #[serde(default, rename = "type")]
    command_type: Option<CommandType>,
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// Kinds of commands.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum CommandType {
    BootstrapSystem,
    InitializeCountryData,
    UpdateSystemParameter,
    PauseSystem,
    ResumeSystem,
    AppointAdmin,
    ActivateTreasury,
    DisburseFromPool,
    CreateUser,
    TransferTokens,
    QSendPay,
    FreezeWallet,
    UnfreezeWallet,
    SweepDeltas,
    ProposeOrganization,
    EndorseMembership,
    ActivateOrganization,
    DefineAuthRule,
    LockOrganization,
    UnlockOrganization,
    InitiateMultisigTx,
    ApproveMultisigTx,
    RejectMultisigTx,
    ExpireMultisigTx,
}

impl CommandType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::BootstrapSystem => "BOOTSTRAP_SYSTEM",
            Self::InitializeCountryData => "INITIALIZE_COUNTRY_DATA",
            Self::UpdateSystemParameter => "UPDATE_SYSTEM_PARAMETER",
            Self::PauseSystem => "PAUSE_SYSTEM",
            Self::ResumeSystem => "RESUME_SYSTEM",
            Self::AppointAdmin => "APPOINT_ADMIN",
            Self::ActivateTreasury => "ACTIVATE_TREASURY",
            Self::DisburseFromPool => "DISBURSE_FROM_POOL",
            Self::CreateUser => "CREATE_USER",
            Self::TransferTokens => "TRANSFER_TOKENS",
            Self::QSendPay => "Q_SEND_PAY",
            Self::FreezeWallet => "FREEZE_WALLET",
            Self::UnfreezeWallet => "UNFREEZE_WALLET",
            Self::SweepDeltas => "SWEEP_DELTAS",
            Self::ProposeOrganization => "PROPOSE_ORGANIZATION",
            Self::EndorseMembership => "ENDORSE_MEMBERSHIP",
            Self::ActivateOrganization => "ACTIVATE_ORGANIZATION",
            Self::DefineAuthRule => "DEFINE_AUTH_RULE",
            Self::LockOrganization => "LOCK_ORGANIZATION",
            Self::UnlockOrganization => "UNLOCK_ORGANIZATION",
            Self::InitiateMultisigTx => "INITIATE_MULTISIG_TX",
            Self::ApproveMultisigTx => "APPROVE_MULTISIG_TX",
            Self::RejectMultisigTx => "REJECT_MULTISIG_TX",
            Self::ExpireMultisigTx => "EXPIRE_MULTISIG_TX",
        }
    }
}

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/outbox", "listOutboxCommands")
        .summary("Commands on their way to the ledger, the newest first")
        .description("`state=DEAD` lists the dead letters.")
        .access(Access::Admin(Permission::SystemHealth))
        .query::<OutboxQuery>()
        .reply::<Page<OutboxCommandView>>(200, "A page")
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    ApiQuery(query): ApiQuery<OutboxQuery>,
) -> ApiResult<Json<Page<OutboxCommandView>>> {
    let limit = query.limit.unwrap_or_default();
    let filter = OutboxFilter {
        state: query.state,
        command_type: query.command_type.map(|kind| kind.as_str().to_owned()),
        before: app.cursors().open(LIST, query.cursor.as_ref())?,
    };
    let rows = figures::outbox_commands(app.store().read(), &filter, limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, limit, |row| row.position)?;
    Ok(Json(page.map(|row| super::view(&row))))
}
