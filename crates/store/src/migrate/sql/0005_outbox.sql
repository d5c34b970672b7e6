-- Commands on their way to the ledger, and answers kept for repeated requests.

{positions}

CREATE TABLE outbox_commands (
    command_id TEXT NOT NULL PRIMARY KEY,
    -- Place in the queue; a replay goes to the tail.
    position BIGINT NOT NULL UNIQUE,
    command_type TEXT NOT NULL,
    -- The command as canonical JSON.
    payload TEXT NOT NULL,
    ledger_key TEXT NOT NULL,
    ordering_key TEXT,
    -- Who asked, for example `person:<id>`; status is shown to them alone.
    actor TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    -- What the command will take from the person at most (amount and fee), until the projector has written it.
    hold_profile_id TEXT,
    hold_amount BIGINT NOT NULL DEFAULT 0 CHECK (hold_amount BETWEEN 0 AND 1250000000000000000),
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'SUBMITTING', 'SUBMITTED', 'COMMITTED', 'FAILED', 'DEAD')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL,
    -- Since when it waits: creation or last replay.
    queued_at BIGINT NOT NULL,
    -- Who works on it; every write of a holder names the fence, so that one who lost the lease writes nothing.
    lease_owner TEXT,
    lease_until BIGINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    -- The envelope as stored before it was sent, and since when its outcome is open.
    tx_id TEXT,
    envelope {bytes},
    sent_at BIGINT,
    -- JSON array: transaction ids of earlier envelopes that have not been found invalid.
    open_tx_ids TEXT NOT NULL DEFAULT '[]',
    -- A refusal that waits for the ledger key to be void.
    void_pending BOOLEAN NOT NULL DEFAULT FALSE,
    -- The last error; with FAILED the refusal.
    error_code TEXT,
    error_detail TEXT,
    block_number BIGINT,
    receipt TEXT,
    -- The block in which the projector has written the effects.
    projected_block BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT
) {strict};
-- One live or settled command per ledger key; a refused one leaves the key free.
CREATE UNIQUE INDEX outbox_commands_ledger_key ON outbox_commands (ledger_key) WHERE state <> 'FAILED';
CREATE INDEX outbox_commands_pending ON outbox_commands (position) WHERE state = 'PENDING';
CREATE INDEX outbox_commands_leased ON outbox_commands (lease_until) WHERE state IN ('SUBMITTING', 'SUBMITTED');
CREATE INDEX outbox_commands_dead ON outbox_commands (position) WHERE state = 'DEAD';
CREATE INDEX outbox_commands_ordering ON outbox_commands (ordering_key, position)
    WHERE state IN ('PENDING', 'SUBMITTING', 'SUBMITTED');
CREATE INDEX outbox_commands_holds ON outbox_commands (hold_profile_id)
    WHERE projected_block IS NULL AND state <> 'FAILED' AND hold_profile_id IS NOT NULL;
CREATE INDEX outbox_commands_unprojected ON outbox_commands (finished_at)
    WHERE state = 'COMMITTED' AND projected_block IS NULL;

-- Conflict keys of commands that are not final. The database itself admits one command in flight per key.
CREATE TABLE outbox_conflicts (
    command_id TEXT NOT NULL REFERENCES outbox_commands (command_id),
    conflict_key TEXT NOT NULL,
    in_flight BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (command_id, conflict_key)
) {strict};
CREATE UNIQUE INDEX outbox_conflicts_in_flight ON outbox_conflicts (conflict_key) WHERE in_flight;

CREATE TABLE idempotency_rows (
    actor TEXT NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    -- The answer, once there is one.
    answer_status BIGINT,
    answer_body TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (actor, route, idempotency_key)
) {strict};
CREATE INDEX idempotency_rows_expiry ON idempotency_rows (expires_at);
