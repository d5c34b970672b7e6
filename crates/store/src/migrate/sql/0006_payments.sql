-- Q Send requests and notifications.

CREATE TABLE qsend_requests (
    request_id TEXT NOT NULL PRIMARY KEY,
    request_code TEXT NOT NULL UNIQUE,
    qr_data TEXT NOT NULL,
    qr_hash TEXT NOT NULL,
    creator_profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    creator_account_id TEXT NOT NULL,
    creator_name TEXT NOT NULL,
    payer_profile_id TEXT REFERENCES user_profiles (profile_id),
    payer_account_id TEXT,
    payer_name TEXT,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 1250000000000000000),
    fee BIGINT CHECK (fee BETWEEN 0 AND 1250000000000000000),
    description TEXT,
    reference TEXT,
    status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'PAYING', 'PAID', 'EXPIRED', 'CANCELLED')),
    validity_seconds BIGINT NOT NULL CHECK (validity_seconds BETWEEN 60 AND 600),
    command_id TEXT,
    -- How often someone began to pay it.
    payment_attempts BIGINT NOT NULL DEFAULT 0 CHECK (payment_attempts >= 0),
    on_chain_tx_id TEXT,
    block_number BIGINT,
    -- Why the last payment was refused.
    failure_code TEXT,
    failure_reason TEXT,
    scanned_count BIGINT NOT NULL DEFAULT 0,
    last_scanned_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    paid_at BIGINT,
    cancelled_at BIGINT,
    updated_at BIGINT NOT NULL
) {strict};
CREATE INDEX qsend_requests_creator ON qsend_requests (creator_profile_id, created_at, request_id);
CREATE INDEX qsend_requests_payer ON qsend_requests (payer_profile_id, created_at, request_id);
CREATE INDEX qsend_requests_expiry ON qsend_requests (expires_at) WHERE status = 'ACTIVE';
CREATE INDEX qsend_requests_command ON qsend_requests (command_id);

CREATE TABLE notifications (
    notification_id TEXT NOT NULL PRIMARY KEY,
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    kind TEXT NOT NULL CHECK (kind IN ('WALLET_CREDITED', 'WALLET_DEBITED', 'TRANSACTION_REJECTED',
        'KYC_STATUS_UPDATE', 'SECURITY_ALERT', 'SYSTEM_ANNOUNCEMENT', 'QSEND_PAYMENT_RECEIVED', 'QSEND_PAYMENT_SENT',
        'QSEND_REQUEST_EXPIRED')),
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    action_url TEXT,
    action_required BOOLEAN NOT NULL DEFAULT FALSE,
    status TEXT NOT NULL CHECK (status IN ('UNREAD', 'READ', 'ARCHIVED')),
    read_at BIGINT,
    -- The ledger event that caused it; empty for notices that come from elsewhere.
    tx_id TEXT,
    event_index BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (tx_id, event_index, profile_id)
) {strict};
CREATE INDEX notifications_inbox ON notifications (profile_id, created_at, notification_id);
CREATE INDEX notifications_unread ON notifications (profile_id) WHERE status = 'UNREAD';
