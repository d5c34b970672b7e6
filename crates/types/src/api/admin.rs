//! What travels between administrators and `services/admin`, and the public figures.

mod approvals;
mod audit;
mod auth;
mod dashboard;
mod outbox;
mod supply;
mod system;
mod users;
mod webhooks;

pub use approvals::{
    ApprovalDetail, ApprovalOutcome, ApprovalRequested, ApprovalView, ChangeRoleRequest, CreateAdminRequest,
    DisableAdminRequest, DisburseRequest, EnableAdminRequest, PendingApprovals, VoteDecision, VoteRequest,
};
pub use audit::{AuditEntryView, AuditEventType, AuditEventTypes, AuditHeadView, AuditVerification};
pub use auth::{
    AdminBackupCodes, AdminLoginRequest, AdminMfaCode, AdminMfaDisable, AdminMfaSetup, AdminMfaVerify, AdminProfile,
    AdminSecondStep, AdminSessionGranted, AdminSessionView, AdminSessions, AdminSessionsEnded, AdminSummary, AdminView,
    AppointAdminRequest, ChangeAdminPasswordRequest,
};
pub use dashboard::{Activity, CountryCount, DashboardStats, DayFigure, DaySeries, RecentActivity, UserDistribution};
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
pub use webhooks::{
    CreateWebhookRequest, UpdateWebhookRequest, WebhookDeliveryView, WebhookList, WebhookTestQueued, WebhookView,
    WebhookWithSecret,
};
