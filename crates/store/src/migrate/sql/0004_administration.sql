-- Administrators, keys that sign, and the development mailbox.

CREATE TABLE admin_users (
    admin_id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('SUPER_OWNER', 'SUPER_ADMIN', 'ADMIN', 'MODERATOR', 'DEVELOPER', 'AUDITOR')),
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    must_change_password BOOLEAN NOT NULL DEFAULT TRUE,
    last_login_at BIGINT,
    -- The block in which the ledger recorded the appointment; empty when it was never asked to.
    appointed_block BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};

CREATE TABLE admin_sessions (
    session_id TEXT NOT NULL PRIMARY KEY,
    admin_id TEXT NOT NULL REFERENCES admin_users (admin_id),
    transport TEXT NOT NULL CHECK (transport IN ('TOKEN', 'COOKIE')),
    refresh_hash TEXT UNIQUE,
    cookie_hash TEXT UNIQUE,
    csrf_hash TEXT,
    rotations BIGINT NOT NULL DEFAULT 0,
    ip TEXT,
    user_agent TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT
) {strict};
CREATE INDEX admin_sessions_admin ON admin_sessions (admin_id, created_at);

CREATE TABLE signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    -- What it signs, for example the tokens of people.
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    private_key {bytes} NOT NULL,
    public_key {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    -- Signs until then; verifies until the second.
    signs_until BIGINT,
    verifies_until BIGINT
) {strict};
CREATE INDEX signing_keys_purpose ON signing_keys (purpose, created_at);

CREATE TABLE dev_mailbox (
    mail_id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL CHECK (channel IN ('EMAIL', 'SMS')),
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL
) {strict};
CREATE INDEX dev_mailbox_recipient ON dev_mailbox (recipient, created_at);
