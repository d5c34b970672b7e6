//! What travels between administrators and `services/admin`, and the public figures.

mod auth;
mod outbox;
mod supply;
mod system;
mod users;

pub use auth::{
    AdminLoginRequest, AdminProfile, AdminSessionGranted, AdminSummary, AdminView, AppointAdminRequest,
    ChangeAdminPasswordRequest,
};
pub use outbox::{OutboxCommandDetail, OutboxCommandView, OutboxDepth};
pub use supply::{
    CountrySupply, CountrySupplyList, PhaseStats, PoolFigures, PoolView, SupplyPools, SupplyReply, SupplyStatus,
};
pub use system::{
    ActivateTreasuryRequest, AdminCountry, AdminCountryList, CountersReply, CountryData, CountryStats,
    InitializeCountriesRequest, LedgerStatus, ParameterType, ParameterView, ParametersReply, PauseRequest,
    SetParameterRequest, StatusCount, SystemState, SystemStatus,
};
pub use users::{
    AdminUser, AdminUserDetail, ApproveReply, ApproveRequest, DenyRequest, FreezeReason, FreezeRequest, ReviewReply,
    SubmissionView, SubmittedDocument, UserWallet,
};
