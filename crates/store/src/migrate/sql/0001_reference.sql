-- Reference data and what the projector writes about the whole system.

-- The world's countries: name and share from data/countries.csv, the rest from the ledger's events.
CREATE TABLE countries (
    country_code TEXT NOT NULL PRIMARY KEY CHECK (length(country_code) = 2),
    country_name TEXT NOT NULL,
    region TEXT,
    share_e8 BIGINT NOT NULL CHECK (share_e8 BETWEEN 0 AND 100000000),
    -- The block that put the country on the ledger; before it nobody of the country can be registered.
    initialized_block BIGINT,
    users_count BIGINT NOT NULL DEFAULT 0 CHECK (users_count >= 0),
    phase1_granted BIGINT NOT NULL DEFAULT 0 CHECK (phase1_granted >= 0),
    phase2_granted BIGINT NOT NULL DEFAULT 0 CHECK (phase2_granted >= 0),
    phase3_granted BIGINT NOT NULL DEFAULT 0 CHECK (phase3_granted >= 0),
    phase4_granted BIGINT NOT NULL DEFAULT 0 CHECK (phase4_granted >= 0),
    phase5_granted BIGINT NOT NULL DEFAULT 0 CHECK (phase5_granted >= 0),
    phase6_granted BIGINT NOT NULL DEFAULT 0 CHECK (phase6_granted >= 0),
    people_granted BIGINT NOT NULL DEFAULT 0 CHECK (people_granted BETWEEN 0 AND 1250000000000000000),
    treasury_granted BIGINT NOT NULL DEFAULT 0 CHECK (treasury_granted BETWEEN 0 AND 1250000000000000000)
) {strict};

-- Parameters of the ledger (fee schedule, pause flag, limits), as last written by an event.
CREATE TABLE system_parameters (
    param_key TEXT NOT NULL PRIMARY KEY,
    param_value TEXT NOT NULL,
    updated_block BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};

CREATE TABLE supply_pools (
    pool_id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    cap BIGINT NOT NULL CHECK (cap BETWEEN 0 AND 1250000000000000000),
    minted BIGINT NOT NULL DEFAULT 0 CHECK (minted BETWEEN 0 AND cap),
    updated_block BIGINT NOT NULL
) {strict};

-- One row: the ledger this environment is bound to, written by the process that holds it.
CREATE TABLE ledger_binding (
    binding_id BIGINT NOT NULL PRIMARY KEY CHECK (binding_id = 1),
    fingerprint TEXT NOT NULL,
    height BIGINT NOT NULL CHECK (height >= 0),
    last_block_at BIGINT,
    heartbeat_at BIGINT NOT NULL,
    reachable BOOLEAN NOT NULL,
    -- Why it is not reachable; empty when it is.
    reason TEXT NOT NULL DEFAULT '',
    -- JSON array of the organisations that can endorse.
    endorsing_orgs TEXT NOT NULL DEFAULT '[]',
    bound_at BIGINT NOT NULL
) {strict};

-- Facts that bind a database to its environment, for example the fingerprint of the biometric key.
CREATE TABLE environment_facts (
    fact_name TEXT NOT NULL PRIMARY KEY,
    fact_value TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
) {strict};

CREATE TABLE projector_checkpoints (
    projector TEXT NOT NULL PRIMARY KEY,
    -- The next block to apply, so 0 before the genesis block.
    next_block BIGINT NOT NULL DEFAULT 0 CHECK (next_block >= 0),
    last_block_hash TEXT,
    last_block_at BIGINT,
    -- Who projects now; another takes over when the lease has run out.
    lease_owner TEXT,
    lease_until BIGINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    -- Where and why it stopped; empty while it runs.
    stopped_block BIGINT,
    stopped_tx_id TEXT,
    stopped_event_index BIGINT,
    stopped_reason TEXT,
    updated_at BIGINT NOT NULL
) {strict};

-- Informational events that could not be applied. Nothing about money is ever parked.
CREATE TABLE parked_events (
    block_number BIGINT NOT NULL,
    -- Position of the transaction in its block.
    tx_position BIGINT NOT NULL,
    tx_id TEXT NOT NULL,
    event_index BIGINT NOT NULL,
    event_name TEXT NOT NULL,
    payload TEXT NOT NULL,
    reason TEXT NOT NULL,
    parked_at BIGINT NOT NULL,
    replayed_at BIGINT,
    PRIMARY KEY (tx_id, event_index)
) {strict};
CREATE INDEX parked_events_waiting ON parked_events (block_number, tx_position, event_index) WHERE replayed_at IS NULL;
