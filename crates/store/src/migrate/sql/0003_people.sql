-- People: registration, profile, documents, sessions. Owner: identity.

CREATE TABLE pending_registrations (
    registration_id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the secret that lets its holder, and nobody else, go on with it.
    secret_hash TEXT,
    step TEXT NOT NULL CHECK (step IN ('EMAIL_SENT', 'EMAIL_VERIFIED', 'NAME_COUNTRY_SET', 'DOB_GENDER_SET',
        'PASSWORD_SET', 'PHONE_SENT', 'COMPLETED')),
    email TEXT NOT NULL,
    email_normalised TEXT NOT NULL,
    email_code_hash TEXT,
    email_code_expires_at BIGINT,
    email_code_tries BIGINT NOT NULL DEFAULT 0,
    email_codes_sent BIGINT NOT NULL DEFAULT 0,
    email_verified_at BIGINT,
    first_name TEXT,
    last_name TEXT,
    country_code TEXT REFERENCES countries (country_code),
    date_of_birth TEXT,
    gender TEXT CHECK (gender IN ('MALE', 'FEMALE')),
    password_hash TEXT,
    phone_num TEXT,
    phone_code_hash TEXT,
    phone_code_expires_at BIGINT,
    phone_code_tries BIGINT NOT NULL DEFAULT 0,
    phone_codes_sent BIGINT NOT NULL DEFAULT 0,
    phone_verified_at BIGINT,
    ip TEXT,
    user_agent TEXT,
    -- The person it became.
    profile_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {strict};
CREATE INDEX pending_registrations_email ON pending_registrations (email_normalised);
CREATE INDEX pending_registrations_phone ON pending_registrations (phone_num);
CREATE INDEX pending_registrations_expiry ON pending_registrations (expires_at);

CREATE TABLE user_profiles (
    profile_id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_normalised TEXT NOT NULL UNIQUE,
    phone_num TEXT UNIQUE,
    password_hash TEXT NOT NULL,
    first_name TEXT NOT NULL,
    middle_name TEXT,
    last_name TEXT NOT NULL,
    date_of_birth TEXT NOT NULL CHECK (length(date_of_birth) = 10),
    gender TEXT NOT NULL CHECK (gender IN ('MALE', 'FEMALE')),
    place_of_birth TEXT,
    nationality_country_code TEXT NOT NULL REFERENCES countries (country_code),
    national_id_number TEXT,
    national_id_issued_at TEXT,
    national_id_expires_at TEXT,
    passport_number TEXT,
    passport_issuing_country TEXT,
    passport_issued_at TEXT,
    passport_expires_at TEXT,
    employment_status TEXT,
    job_title TEXT,
    company_name TEXT,
    industry TEXT,
    work_email TEXT,
    work_phone_num TEXT,
    is_pep BOOLEAN NOT NULL DEFAULT FALSE,
    pep_details TEXT,
    address_line1 TEXT,
    address_line2 TEXT,
    city TEXT,
    state_province TEXT,
    postal_code TEXT,
    address_country TEXT,
    address_verified_at BIGINT,
    -- One transition table in gx_types; written by conditional updates only.
    status TEXT NOT NULL CHECK (status IN ('REGISTERED', 'PENDING_ADMIN_APPROVAL', 'APPROVED_PENDING_ONCHAIN',
        'ACTIVE', 'FROZEN', 'DENIED', 'SUSPENDED', 'CLOSED')),
    onchain_status TEXT NOT NULL CHECK (onchain_status IN ('NOT_REGISTERED', 'PENDING', 'REGISTERED', 'FROZEN')),
    onchain_registered_at BIGINT,
    gx_id TEXT UNIQUE,
    -- HMAC-SHA-256 over the verified document. No CHECK: rows of an older build are found and repaired by a data step.
    biometric_hash TEXT,
    lock_reason TEXT,
    lock_notes TEXT,
    locked_by TEXT,
    locked_at BIGINT,
    reviewed_by TEXT,
    reviewed_at BIGINT,
    review_notes TEXT,
    denial_code TEXT,
    denial_reason TEXT,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};
CREATE UNIQUE INDEX user_profiles_national_id ON user_profiles (nationality_country_code, national_id_number)
    WHERE national_id_number IS NOT NULL;
CREATE INDEX user_profiles_status ON user_profiles (status, created_at, profile_id);

CREATE TABLE wallets (
    wallet_id TEXT NOT NULL PRIMARY KEY,
    profile_id TEXT NOT NULL UNIQUE REFERENCES user_profiles (profile_id),
    account_id TEXT NOT NULL UNIQUE,
    wallet_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};

CREATE TABLE sessions (
    session_id TEXT NOT NULL PRIMARY KEY,
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    transport TEXT NOT NULL CHECK (transport IN ('TOKEN', 'COOKIE')),
    -- SHA-256 of the secret now valid; a refresh replaces it, an older one presented again revokes the session.
    refresh_hash TEXT UNIQUE,
    cookie_hash TEXT UNIQUE,
    csrf_hash TEXT,
    rotations BIGINT NOT NULL DEFAULT 0,
    ip TEXT,
    user_agent TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT
) {strict};
CREATE INDEX sessions_profile ON sessions (profile_id, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Failed sign-ins by the hash of what was typed: addresses that nobody has lock like those that somebody has.
CREATE TABLE sign_in_failures (
    subject_hash TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL CHECK (failures > 0),
    first_failed_at BIGINT NOT NULL,
    locked_until BIGINT
) {strict};
CREATE INDEX sign_in_failures_age ON sign_in_failures (first_failed_at);

CREATE TABLE kyc_submissions (
    submission_id TEXT NOT NULL PRIMARY KEY,
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED')),
    evidence_hash TEXT,
    evidence_size BIGINT,
    evidence_mime TEXT,
    -- The document the approving administrator read the number from.
    verified_document_id TEXT,
    decided_by TEXT,
    decided_at BIGINT,
    reason TEXT,
    notes TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {strict};
CREATE INDEX kyc_submissions_profile ON kyc_submissions (profile_id, created_at);
CREATE UNIQUE INDEX kyc_submissions_one_pending ON kyc_submissions (profile_id) WHERE status = 'PENDING';

CREATE TABLE kyc_documents (
    document_id TEXT NOT NULL PRIMARY KEY,
    profile_id TEXT NOT NULL REFERENCES user_profiles (profile_id),
    submission_id TEXT REFERENCES kyc_submissions (submission_id),
    document_type TEXT NOT NULL CHECK (document_type IN ('NATIONAL_ID', 'PASSPORT', 'DRIVERS_LICENSE',
        'PROOF_OF_ADDRESS', 'DEATH_CERTIFICATE', 'DIVORCE_CERTIFICATE', 'BUSINESS_REGISTRATION', 'TAX_REGISTRATION',
        'BANK_STATEMENT', 'UTILITY_BILL', 'SELFIE_PHOTO', 'OTHER')),
    side TEXT CHECK (side IN ('FRONT', 'BACK')),
    document_number TEXT,
    issuing_country TEXT,
    issued_date TEXT,
    expiry_date TEXT,
    file_name TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    size_bytes BIGINT NOT NULL CHECK (size_bytes > 0),
    mime_type TEXT NOT NULL,
    object_key TEXT NOT NULL UNIQUE,
    uploaded_at BIGINT NOT NULL,
    deleted_at BIGINT
) {strict};
CREATE INDEX kyc_documents_profile ON kyc_documents (profile_id, uploaded_at);
CREATE INDEX kyc_documents_submission ON kyc_documents (submission_id);
