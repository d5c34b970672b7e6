-- What people set up for themselves.

-- People one pays often. Owner: tokenomics.
CREATE TABLE contacts (
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    contact_profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    -- What the owner calls them.
    own_name TEXT,
    favourite BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (profile_id, contact_profile_id)
) {strict};

-- Limits that people put on their own payments; no row and the cap of all coins mean none. Owner: tokenomics.
CREATE TABLE spending_limits (
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    kind TEXT NOT NULL CHECK (kind IN ('PER_PAYMENT', 'PER_DAY')),
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 1250000000000000000),
    -- A raise that was asked for, and when it holds.
    next_amount BIGINT CHECK (next_amount BETWEEN 0 AND 1250000000000000000),
    next_from BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (profile_id, kind)
) {strict};

-- How people want to be told; without a row in the wallet alone. Owner: messaging.
CREATE TABLE notification_preferences (
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    kind TEXT NOT NULL CHECK (kind IN ('WALLET_CREDITED', 'WALLET_DEBITED', 'TRANSACTION_REJECTED',
        'KYC_STATUS_UPDATE', 'SECURITY_ALERT', 'SYSTEM_ANNOUNCEMENT', 'QSEND_PAYMENT_RECEIVED', 'QSEND_PAYMENT_SENT',
        'QSEND_REQUEST_EXPIRED')),
    in_app BOOLEAN NOT NULL,
    mail BOOLEAN NOT NULL,
    -- Since when mail is wanted: what happened before is not sent.
    mail_since BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (profile_id, kind)
) {strict};
CREATE INDEX notification_preferences_mail ON notification_preferences (profile_id) WHERE mail;

-- Mails about notifications, so that each goes out once whichever replica sends it. Owner: messaging.
CREATE TABLE notification_mails (
    notification_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('SENDING', 'SENT', 'FAILED')),
    attempts BIGINT NOT NULL CHECK (attempts > 0),
    -- When the one who sends it has lost it, or the next try is due.
    next_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
) {strict};
CREATE INDEX notification_mails_waiting ON notification_mails (next_at) WHERE state = 'SENDING';
CREATE INDEX notification_mails_age ON notification_mails (created_at);
