-- Webhooks: addresses that are told what happens. Owner: admin; events are written by whoever makes them happen.

CREATE TABLE webhooks (
    webhook_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    -- A JSON list of names.
    events TEXT NOT NULL,
    -- A JSON list of the names of headers; what they hold is sealed, because it may be a secret.
    header_names TEXT NOT NULL,
    sealed_headers {bytes} NOT NULL,
    -- The secret is derived from the id and this number, and stored nowhere.
    secret_version BIGINT NOT NULL CHECK (secret_version > 0),
    is_active BOOLEAN NOT NULL,
    -- Why the platform has switched it off.
    disabled_reason TEXT,
    -- Failed attempts since the last success, and since when there are only such.
    failure_count BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    last_success_at BIGINT,
    last_failure_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};

-- Events on their way to webhooks. There is no reference to `webhooks` on purpose: what writes an event, a payment for
-- example, must never fail because a webhook has just gone.
CREATE TABLE webhook_deliveries (
    delivery_id TEXT NOT NULL PRIMARY KEY,
    webhook_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('ADMIN_APPROVAL_REQUESTED', 'ADMIN_APPROVAL_APPROVED',
        'ADMIN_APPROVAL_REJECTED', 'ADMIN_APPROVAL_CANCELLED', 'ADMIN_APPROVAL_EXPIRED', 'ADMIN_APPROVAL_EXECUTED',
        'ADMIN_APPROVAL_EXECUTION_FAILED', 'TRANSFER_SETTLED', 'QSEND_PAID', 'QSEND_CANCELLED', 'QSEND_EXPIRED',
        'PERSON_STATUS_CHANGED', 'WEBHOOK_TEST')),
    -- The very text that is signed and sent.
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'SENDING', 'DELIVERED', 'DEAD')),
    attempts BIGINT NOT NULL DEFAULT 0,
    -- Rises with every attempt; the newest alone may write how it ended.
    fence BIGINT NOT NULL DEFAULT 0,
    -- When it is due; while it is being sent: when the sender has lost it.
    next_at BIGINT NOT NULL,
    response_status BIGINT,
    response_excerpt TEXT,
    error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (webhook_id, event_id)
) {strict};
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_at) WHERE state IN ('PENDING', 'SENDING');
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, created_at, delivery_id);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
