-- Second factors of people and administrators, and secrets that are good once. Owner: the platform room, for both.

CREATE TABLE second_factors (
    -- person:<id> or admin:<id>
    owner TEXT NOT NULL PRIMARY KEY,
    -- Encrypted under a key of the environment.
    totp_secret {bytes} NOT NULL,
    -- Empty while the first code is awaited; until then it protects nothing and opens nothing.
    confirmed_at BIGINT,
    -- The time step of the last code that was taken: it and earlier ones are spent.
    last_step BIGINT NOT NULL DEFAULT 0 CHECK (last_step >= 0),
    created_at BIGINT NOT NULL
) {strict};

CREATE TABLE backup_codes (
    owner TEXT NOT NULL REFERENCES second_factors (owner),
    -- HMAC-SHA-256 under a key of the environment.
    code_hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (owner, code_hash)
) {strict};

-- Secrets that open one door once, for a short time. The row goes when it is used.
CREATE TABLE tickets (
    -- SHA-256 over purpose and text: a ticket of another purpose is another ticket.
    ticket_hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('SECOND_STEP', 'PASSWORD_RESET', 'STEP_UP', 'CONTACT_OBJECTION')),
    owner TEXT NOT NULL,
    -- What the door needs to know, as JSON.
    data TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {strict};
CREATE INDEX tickets_owner ON tickets (owner, purpose);
CREATE INDEX tickets_expiry ON tickets (expires_at);
