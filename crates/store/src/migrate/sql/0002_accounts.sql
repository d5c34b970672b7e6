-- Accounts of the ledger and their history. The projector is the only writer.

CREATE TABLE accounts (
    account_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('PERSON', 'TREASURY', 'SYSTEM')),
    country_code TEXT,
    -- Written by the ledger.
    settled_balance BIGINT NOT NULL DEFAULT 0 CHECK (settled_balance BETWEEN 0 AND 1250000000000000000),
    -- Delta entries not swept into the balance yet.
    unsettled_credit BIGINT NOT NULL DEFAULT 0 CHECK (unsettled_credit BETWEEN 0 AND 1250000000000000000),
    status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'LOCKED')),
    frozen BOOLEAN NOT NULL DEFAULT FALSE,
    created_block BIGINT NOT NULL,
    updated_block BIGINT NOT NULL,
    -- Time of the transaction that last changed it.
    updated_at BIGINT NOT NULL
) {strict};

CREATE TABLE ledger_deltas (
    delta_key TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (account_id),
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 1250000000000000000),
    block_number BIGINT NOT NULL,
    tx_id TEXT NOT NULL,
    -- The transaction that swept it into the balance.
    swept_by TEXT
) {strict};
CREATE INDEX ledger_deltas_unswept ON ledger_deltas (account_id, block_number) WHERE swept_by IS NULL;

-- Which sweep has named an entry, while that sweep is under way. Owner: tokenomics.
CREATE TABLE delta_claims (
    delta_key TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    claimed_at BIGINT NOT NULL
) {strict};
CREATE INDEX delta_claims_account ON delta_claims (account_id);
CREATE INDEX delta_claims_command ON delta_claims (command_id);

CREATE TABLE transactions (
    account_id TEXT NOT NULL,
    tx_id TEXT NOT NULL,
    event_index BIGINT NOT NULL,
    leg BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('GENESIS', 'SENT', 'RECEIVED', 'FEE', 'ADJUSTMENT')),
    -- Which way the coins went, seen from the account.
    direction TEXT NOT NULL CHECK (direction IN ('IN', 'OUT')),
    counterparty_id TEXT,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 1250000000000000000),
    fee BIGINT NOT NULL DEFAULT 0 CHECK (fee BETWEEN 0 AND 1250000000000000000),
    -- Settled balance after it; empty where the ledger wrote a delta instead of the balance.
    balance_after BIGINT CHECK (balance_after BETWEEN 0 AND 1250000000000000000),
    remark TEXT NOT NULL DEFAULT '',
    ledger_key TEXT,
    block_number BIGINT NOT NULL,
    -- Position of the transaction in its block; with block, event and leg it orders an account's history.
    tx_position BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    -- The lines of a transaction lie together: one place in the index for all of them, and it answers for the
    -- transaction as well.
    PRIMARY KEY (tx_id, event_index, leg, account_id)
) {strict};
CREATE INDEX transactions_history ON transactions (account_id, block_number, tx_position, event_index, leg);
