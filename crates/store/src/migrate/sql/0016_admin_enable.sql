-- Letting in again an administrator who was shut out is one more thing that two people decide. A CHECK cannot be changed
-- on SQLite, so the table is made anew.

ALTER TABLE admin_approvals RENAME TO admin_approvals_before;
DROP INDEX admin_approvals_hold_key;
DROP INDEX admin_approvals_open;
DROP INDEX admin_approvals_requester;
DROP INDEX admin_approvals_requested;
DROP INDEX admin_approvals_command;

CREATE TABLE admin_approvals (
    approval_id TEXT NOT NULL PRIMARY KEY,
    approval_type TEXT NOT NULL CHECK (approval_type IN ('USER_FREEZE', 'USER_UNFREEZE', 'SYSTEM_PAUSE',
        'SYSTEM_BOOTSTRAP', 'COUNTRY_INITIALIZE', 'TREASURY_ACTIVATE', 'TREASURY_DISBURSE', 'CONFIG_CHANGE',
        'ADMIN_APPOINT', 'ADMIN_CREATE', 'ADMIN_ROLE_CHANGE', 'ADMIN_DISABLE', 'ADMIN_MFA_RESET', 'ADMIN_ENABLE')),
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'EXECUTING', 'EXECUTED', 'EXECUTION_FAILED',
        'REJECTED', 'EXPIRED', 'CANCELLED')),
    -- What nobody else may ask for meanwhile, for example `person:<id>`.
    hold_key TEXT NOT NULL,
    -- What will be done, as JSON.
    action TEXT NOT NULL,
    summary TEXT NOT NULL,
    object TEXT NOT NULL,
    requester_id TEXT NOT NULL REFERENCES admin_users (admin_id),
    approver_id TEXT REFERENCES admin_users (admin_id),
    executor_id TEXT REFERENCES admin_users (admin_id),
    decision_reason TEXT,
    -- Executions that were started; the newest alone may write how it ended.
    attempts BIGINT NOT NULL DEFAULT 0,
    executing_since BIGINT,
    failure_code TEXT,
    failure_detail TEXT,
    command_id TEXT,
    correlation_id TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    decided_at BIGINT,
    executed_at BIGINT,
    expires_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Nobody approves their own, whatever program writes.
    CHECK (approver_id IS NULL OR approver_id <> requester_id)
) {strict};
-- One open approval for one thing.
CREATE UNIQUE INDEX admin_approvals_hold_key ON admin_approvals (hold_key)
    WHERE status IN ('PENDING', 'APPROVED', 'EXECUTING', 'EXECUTION_FAILED');
CREATE INDEX admin_approvals_open ON admin_approvals (expires_at)
    WHERE status IN ('PENDING', 'APPROVED', 'EXECUTING', 'EXECUTION_FAILED');
CREATE INDEX admin_approvals_requester ON admin_approvals (requester_id, requested_at);
CREATE INDEX admin_approvals_requested ON admin_approvals (requested_at, approval_id);
CREATE INDEX admin_approvals_command ON admin_approvals (command_id);

INSERT INTO admin_approvals (
    approval_id, approval_type, status, hold_key, action, summary, object, requester_id, approver_id, executor_id,
    decision_reason, attempts, executing_since, failure_code, failure_detail, command_id, correlation_id,
    requested_at, decided_at, executed_at, expires_at, updated_at)
    SELECT
    approval_id, approval_type, status, hold_key, action, summary, object, requester_id, approver_id, executor_id,
    decision_reason, attempts, executing_since, failure_code, failure_detail, command_id, correlation_id,
    requested_at, decided_at, executed_at, expires_at, updated_at
    FROM admin_approvals_before;
DROP TABLE admin_approvals_before;
