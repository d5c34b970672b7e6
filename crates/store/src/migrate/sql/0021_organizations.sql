-- Organisations of several people, and what they pay. Owner: organization; the projector alone writes.

CREATE TABLE organizations (
    organization_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING_ENDORSEMENT', 'VERIFIED', 'LOCKED')),
    proposer_id TEXT NOT NULL,
    -- Lists that belong to the row, as JSON.
    stakeholders TEXT NOT NULL,
    rules TEXT NOT NULL,
    proposed_rules TEXT NOT NULL,
    lock_reason TEXT,
    activated_at BIGINT,
    proposed_tx_id TEXT NOT NULL,
    proposed_block BIGINT NOT NULL,
    tx_position BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    updated_block BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};
CREATE INDEX organizations_proposed ON organizations (proposed_block, tx_position);

-- To find a person's organisations.
CREATE TABLE organization_stakeholders (
    organization_id TEXT NOT NULL REFERENCES organizations (organization_id),
    stakeholder_id TEXT NOT NULL,
    PRIMARY KEY (organization_id, stakeholder_id)
) {strict};
CREATE INDEX organization_stakeholders_person ON organization_stakeholders (stakeholder_id, organization_id);

CREATE TABLE organization_transactions (
    org_tx_id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (organization_id),
    initiator_id TEXT NOT NULL,
    to_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 1250000000000000000),
    remark TEXT NOT NULL,
    rule TEXT NOT NULL,
    decisions TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'EXECUTED', 'EXECUTION_FAILED', 'REJECTED', 'EXPIRED')),
    failure_code TEXT,
    failure_reason TEXT,
    executed_tx_id TEXT,
    expires_at BIGINT NOT NULL,
    initiated_block BIGINT NOT NULL,
    tx_position BIGINT NOT NULL,
    initiated_at BIGINT NOT NULL,
    updated_block BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- What is paid says by which ledger transaction, and nothing else does.
    CHECK ((status = 'EXECUTED') = (executed_tx_id IS NOT NULL))
) {strict};
CREATE INDEX organization_transactions_of ON organization_transactions (organization_id, initiated_block, tx_position);
CREATE INDEX organization_transactions_due ON organization_transactions (expires_at) WHERE status = 'PENDING';
