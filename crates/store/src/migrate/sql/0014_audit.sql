-- The audit chain: what was done, by whom, to what. Owner: the audit module of the store; every service appends.

CREATE TABLE audit_events (
    sequence BIGINT NOT NULL PRIMARY KEY,
    -- The entry as the very bytes that were hashed. The columns below repeat parts of it, to search by.
    body TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    entry_hash TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    object TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
) {strict};
CREATE INDEX audit_events_event ON audit_events (event, sequence);
CREATE INDEX audit_events_actor ON audit_events (actor, sequence);
CREATE INDEX audit_events_object ON audit_events (object, sequence);
CREATE INDEX audit_events_correlation ON audit_events (correlation_id, sequence);
CREATE INDEX audit_events_created ON audit_events (created_at);

-- One row: the newest entry. Whoever appends holds it until their transaction ends, so there is one writer at a time.
CREATE TABLE audit_head (
    chain BIGINT NOT NULL PRIMARY KEY CHECK (chain = 1),
    sequence BIGINT NOT NULL,
    entry_hash TEXT NOT NULL
) {strict};
INSERT INTO audit_head (chain, sequence, entry_hash)
    VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

{append_only_audit}
