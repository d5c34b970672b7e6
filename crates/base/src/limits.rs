//! Every limit of GX, named with its unit, in one place.

/// Webhooks at most.
pub const WEBHOOKS_MAX: u64 = 20;
/// Attempts to deliver an event to a webhook before it is given up; with the waits between them about two days.
pub const WEBHOOK_ATTEMPTS_MAX: u32 = 15;
/// How long a webhook's receiver may take to answer, seconds.
pub const WEBHOOK_ANSWER_SECONDS_MAX: u64 = 10;
/// A webhook that nothing has reached for so long is switched off, seconds.
pub const WEBHOOK_FAILING_SECONDS_MAX: u64 = 3 * 24 * 3600;
/// How long deliveries to webhooks are kept, seconds.
pub const WEBHOOK_DELIVERIES_KEPT_SECONDS: u64 = 30 * 24 * 3600;
/// Largest JSON request body, bytes.
pub const JSON_BODY_BYTES_MAX: usize = 64 * 1024;
/// Largest uploaded document, bytes.
pub const DOCUMENT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Entries of a list page unless asked otherwise.
pub const PAGE_ITEMS_DEFAULT: u32 = 20;
/// Entries of a list page at most.
pub const PAGE_ITEMS_MAX: u32 = 100;
/// How long the answer to an idempotent request is replayed, seconds.
pub const IDEMPOTENCY_REPLAY_SECONDS: u64 = 24 * 3600;
/// Longest `Prefer: wait=`, seconds.
pub const PREFER_WAIT_SECONDS_MAX: u64 = 30;
/// Life of an access token, seconds.
pub const ACCESS_TOKEN_SECONDS: u64 = 15 * 60;
/// Life of a person's refresh token, seconds.
pub const REFRESH_TOKEN_SECONDS: u64 = 30 * 24 * 3600;
/// How long a session row may be believed without a look, seconds.
pub const SESSION_CACHE_SECONDS_MAX: u64 = 5;
/// Failed logins before a person is locked out.
pub const LOGIN_FAILURES_MAX: u32 = 5;
/// How long a person is locked out, seconds.
pub const LOGIN_LOCK_SECONDS: u64 = 15 * 60;
/// Failed logins before an administrator is locked out.
pub const ADMIN_LOGIN_FAILURES_MAX: u32 = 5;
/// How long an administrator is locked out, seconds.
pub const ADMIN_LOGIN_LOCK_SECONDS: u64 = 30 * 60;
/// Wrong codes of a second factor before it is locked.
pub const SECOND_FACTOR_FAILURES_MAX: u32 = 5;
/// How long the second factor of a person is locked, seconds.
pub const SECOND_FACTOR_LOCK_SECONDS: u64 = 15 * 60;
/// How long the second factor of an administrator is locked, seconds.
pub const ADMIN_SECOND_FACTOR_LOCK_SECONDS: u64 = 30 * 60;
/// How long a new TOTP secret waits for its first code, seconds.
pub const TOTP_SETUP_SECONDS: u64 = 10 * 60;
/// Backup codes of a second factor.
pub const BACKUP_CODES: usize = 10;
/// Wrong tries of a PIN before it is locked.
pub const PIN_TRIES_MAX: u32 = 5;
/// How long a PIN is locked, seconds.
pub const PIN_LOCK_SECONDS: u64 = 30 * 60;
/// How long a confirmation holds for further payments of its session, seconds.
pub const STEP_UP_GRANT_SECONDS: u64 = 5 * 60;
/// How long the link to a new password is good, seconds.
pub const PASSWORD_RESET_SECONDS: u64 = 30 * 60;
/// How long the old address may take a change of e-mail address back, seconds.
pub const CONTACT_OBJECTION_SECONDS: u64 = 7 * 24 * 3600;
/// Longest name of a device, characters.
pub const DEVICE_NAME_CHARS_MAX: usize = 60;
/// Largest picture of a person, bytes.
pub const AVATAR_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Narrowest and lowest picture of a person, pixels.
pub const AVATAR_PIXELS_MIN: u32 = 64;
/// Widest and highest picture of a person, pixels.
pub const AVATAR_PIXELS_MAX: u32 = 4096;
/// How long the second step of a login may take, seconds.
pub const SECOND_STEP_SECONDS: u64 = 5 * 60;
/// How long an approval waits for a decision, and after it for its execution, seconds.
pub const APPROVAL_SECONDS: u64 = 24 * 3600;
/// Approvals of one administrator that wait for a decision at the same time.
pub const APPROVALS_PENDING_MAX: u64 = 10;
/// Life of a registration that is under way, seconds.
pub const REGISTRATION_SECONDS: u64 = 24 * 3600;
/// Life of a one-time code, seconds.
pub const CODE_SECONDS: u64 = 10 * 60;
/// Wrong tries of a one-time code.
pub const CODE_TRIES_MAX: u32 = 5;
/// Validity of a Q Send request unless asked otherwise, seconds.
pub const QSEND_VALIDITY_SECONDS_DEFAULT: u64 = 300;
/// Shortest validity of a Q Send request, seconds.
pub const QSEND_VALIDITY_SECONDS_MIN: u64 = 60;
/// Longest validity of a Q Send request, seconds.
pub const QSEND_VALIDITY_SECONDS_MAX: u64 = 600;
/// Longest description of a Q Send request or remark of a transfer, characters.
pub const REMARK_CHARS_MAX: usize = 200;
/// Longest reference of a Q Send request, characters.
pub const REFERENCE_CHARS_MAX: usize = 64;
/// How long paying a Q Send request waits for the ledger before it answers 202, seconds.
pub const QSEND_PAY_WAIT_SECONDS: u64 = 3;
/// Oldest waiting command before new ones are refused with LEDGER_UNAVAILABLE, seconds.
pub const LEDGER_WAIT_SECONDS_MAX: u64 = 600;
/// Delta entries a sweep names at most.
pub const SWEEP_DELTAS_MAX: usize = 500;
/// Most Qirat one disbursement from a pool may move: 100 million GX.
pub const DISBURSEMENT_QIRAT_MAX: u64 = 100_000_000 * 1_000_000;
/// Contacts that a person has at most.
pub const CONTACTS_MAX: u64 = 500;
/// Longest own name of a contact, characters.
pub const CONTACT_NAME_CHARS_MAX: usize = 60;
/// How long a higher limit of a person's own waits until it holds, seconds.
pub const LIMIT_RAISE_SECONDS: u64 = 24 * 3600;
/// Days of a balance series at most.
pub const BALANCE_SERIES_DAYS_MAX: u32 = 366;
