-- Loans as the ledger has them; the projector alone writes it.

CREATE TABLE loans (
    loan_id TEXT NOT NULL PRIMARY KEY,
    borrower_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 1250000000000000000),
    outstanding BIGINT NOT NULL CHECK (outstanding BETWEEN 0 AND 1250000000000000000),
    collateral_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING_APPROVAL', 'APPROVED', 'ACTIVE', 'PAID', 'REJECTED')),
    first_approver TEXT,
    second_approver TEXT,
    reason TEXT,
    applied_tx_id TEXT NOT NULL,
    applied_block BIGINT NOT NULL,
    tx_position BIGINT NOT NULL,
    applied_at BIGINT NOT NULL,
    updated_block BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (outstanding <= amount)
) {strict};
CREATE INDEX loans_borrower ON loans (borrower_id, applied_block, tx_position);
CREATE INDEX loans_status ON loans (status, applied_block, tx_position);

-- Documents about the collateral of loans, by their hash, which is what the ledger keeps. Owner: loanpool.
CREATE TABLE loan_documents (
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    document_hash TEXT NOT NULL,
    file_name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL CHECK (size_bytes > 0),
    object_key TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (profile_id, document_hash)
) {strict};
