-- How people protect their accounts. Owner: identity; payments read it (tokenomics).

CREATE TABLE person_security (
    profile_id TEXT NOT NULL PRIMARY KEY REFERENCES user_profiles (profile_id),
    -- Argon2id over the PIN keyed with a key of the environment; empty without a PIN.
    pin_hash TEXT,
    pin_set_at BIGINT,
    -- Payments from this amount on need the PIN; 0: all of them; empty: the platform's amount.
    step_up_amount BIGINT CHECK (step_up_amount BETWEEN 0 AND 1250000000000000000),
    password_changed_at BIGINT,
    updated_at BIGINT NOT NULL
) {strict};

-- What people call the device of a session; without it, its program and system.
ALTER TABLE sessions ADD COLUMN device_name TEXT;

-- A new e-mail address or phone number that waits for its codes.
CREATE TABLE contact_changes (
    change_id TEXT NOT NULL PRIMARY KEY,
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    channel TEXT NOT NULL CHECK (channel IN ('EMAIL', 'SMS')),
    -- Where the code that proves the present owner went: the old address or number, or the address instead of a number
    -- that is lost.
    proved_by TEXT NOT NULL CHECK (proved_by IN ('EMAIL', 'SMS')),
    new_value TEXT NOT NULL,
    old_code_hash TEXT NOT NULL,
    new_code_hash TEXT NOT NULL,
    -- Wrong tries of both codes together.
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries >= 0),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {strict};
CREATE UNIQUE INDEX contact_changes_open ON contact_changes (profile_id, channel);
CREATE INDEX contact_changes_expiry ON contact_changes (expires_at);

CREATE TABLE avatars (
    profile_id TEXT NOT NULL PRIMARY KEY REFERENCES user_profiles (profile_id),
    object_key TEXT NOT NULL UNIQUE,
    mime_type TEXT NOT NULL CHECK (mime_type IN ('image/jpeg', 'image/png')),
    size_bytes BIGINT NOT NULL CHECK (size_bytes > 0),
    width BIGINT NOT NULL CHECK (width > 0),
    height BIGINT NOT NULL CHECK (height > 0),
    uploaded_at BIGINT NOT NULL
) {strict};
