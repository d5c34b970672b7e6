//! Why a contract refuses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::host::HostError;

macro_rules! refusal_codes {
    ($($variant:ident = $text:literal, $meaning:literal;)*) => {
        /// The stable code of a refusal, the same on every ledger.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RefusalCode {
            $(#[doc = $meaning] #[serde(rename = $text)] $variant,)*
        }

        impl RefusalCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it travels and is stored.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it means, one sentence for people.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// Reads the code back; `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }
        }
    };
}

refusal_codes! {
    RoleRefused = "ROLE_REFUSED", "The signer's role may not call this function.";
    UnknownFunction = "UNKNOWN_FUNCTION", "There is no such contract or function.";
    ArgumentCount = "ARGUMENT_COUNT", "The number of arguments is not the function's.";
    ArgumentInvalid = "ARGUMENT_INVALID", "An argument is not as it must be.";
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", "The ledger key was used with other arguments.";
    KeyVoided = "KEY_VOIDED", "The ledger key was voided.";
    NotBootstrapped = "NOT_BOOTSTRAPPED", "The system was not bootstrapped.";
    AlreadyBootstrapped = "ALREADY_BOOTSTRAPPED", "The system was bootstrapped before.";
    SystemPaused = "SYSTEM_PAUSED", "The system is paused.";
    NotPaused = "NOT_PAUSED", "The system is not paused.";
    CountryExists = "COUNTRY_EXISTS", "The country is on the ledger already.";
    CountryNotFound = "COUNTRY_NOT_FOUND", "The country is not on the ledger.";
    ParameterNotFound = "PARAMETER_NOT_FOUND", "There is no such parameter.";
    ParameterOutOfRange = "PARAMETER_OUT_OF_RANGE", "The parameter's value lies outside its range.";
    AdminExists = "ADMIN_EXISTS", "This administrator was appointed before.";
    TreasuryNotFound = "TREASURY_NOT_FOUND", "The country has no treasury yet.";
    TreasuryNotLocked = "TREASURY_NOT_LOCKED", "The treasury is not locked.";
    TreasuryLocked = "TREASURY_LOCKED", "The treasury is locked.";
    UserExists = "USER_EXISTS", "This id is registered already.";
    UserNotFound = "USER_NOT_FOUND", "This id is not registered.";
    InvalidUserId = "INVALID_USER_ID", "The id is no individual's id of this country and day.";
    AgeMismatch = "AGE_MISMATCH", "The age does not match the id.";
    AgeBelowMinimum = "AGE_BELOW_MINIMUM", "People register from 13 years on.";
    DocumentAlreadyUsed = "DOCUMENT_ALREADY_USED", "An account was registered with this document before.";
    AccountNotFound = "ACCOUNT_NOT_FOUND", "There is no such account.";
    AccountFrozen = "ACCOUNT_FROZEN", "The account is frozen.";
    AccountNotFrozen = "ACCOUNT_NOT_FROZEN", "The account is not frozen.";
    SelfTransfer = "SELF_TRANSFER", "Payer and receiver are the same.";
    InsufficientFunds = "INSUFFICIENT_FUNDS", "The balance does not cover amount and fee.";
    AmountAboveLimit = "AMOUNT_ABOVE_LIMIT", "The amount is above what one call may move.";
    SystemAccountRefused = "SYSTEM_ACCOUNT_REFUSED", "A system account cannot take part here.";
    PoolNotFound = "POOL_NOT_FOUND", "There is no such pool, or it is not disbursed from.";
    PoolExhausted = "POOL_EXHAUSTED", "The pool has not that much left.";
    LoanNotFound = "LOAN_NOT_FOUND", "There is no such loan.";
    LoanStateRefused = "LOAN_STATE_REFUSED", "The loan's state does not allow this.";
    LoanAmountOutOfRange = "LOAN_AMOUNT_OUT_OF_RANGE", "A loan is 100 to 1,000,000 GX.";
    TooManyLoans = "TOO_MANY_LOANS", "A person has at most five open loans.";
    LoanTotalExceeded = "LOAN_TOTAL_EXCEEDED", "A person's loans are at most 10,000,000 GX together.";
    SecondPersonNeeded = "SECOND_PERSON_NEEDED", "The second approval comes from another person.";
    NotTheBorrower = "NOT_THE_BORROWER", "The loan is another person's.";
    RepaymentAboveDebt = "REPAYMENT_ABOVE_DEBT", "The repayment is above what is owed.";
    TrustTooLow = "TRUST_TOO_LOW", "The borrower's trust is below what loans ask for.";
    InvalidOrganizationId = "INVALID_ORGANIZATION_ID", "The id is no organisation's, or its date lies ahead.";
    OrganizationExists = "ORGANIZATION_EXISTS", "This organisation was proposed before.";
    OrganizationNotFound = "ORGANIZATION_NOT_FOUND", "There is no such organisation.";
    OrganizationStateRefused = "ORGANIZATION_STATE_REFUSED", "The organisation's state does not allow this.";
    OrganizationNeedsApprovals = "ORGANIZATION_NEEDS_APPROVALS", "An organisation pays only what its people have approved.";
    NotAStakeholder = "NOT_A_STAKEHOLDER", "Only a stakeholder of the organisation may do this.";
    AlreadyEndorsed = "ALREADY_ENDORSED", "This stakeholder has endorsed the organisation.";
    EndorsementsMissing = "ENDORSEMENTS_MISSING", "Not every stakeholder has endorsed the organisation.";
    RuleAlreadyAgreed = "RULE_ALREADY_AGREED", "This stakeholder has agreed to this rule.";
    TooManyRules = "TOO_MANY_RULES", "An organisation has at most ten rules.";
    NoAuthRule = "NO_AUTH_RULE", "No rule of the organisation decides over this amount.";
    OrgTxNotFound = "ORG_TX_NOT_FOUND", "The organisation has no such transaction.";
    OrgTxStateRefused = "ORG_TX_STATE_REFUSED", "The transaction is decided.";
    OrgTxExpired = "ORG_TX_EXPIRED", "The time to decide over the transaction is up.";
    OrgTxNotExpired = "ORG_TX_NOT_EXPIRED", "The time to decide over the transaction is not up.";
    NotAnApprover = "NOT_AN_APPROVER", "This stakeholder does not decide over the transaction.";
    AlreadyDecided = "ALREADY_DECIDED", "This stakeholder has decided over the transaction.";
    DeltaNotFound = "DELTA_NOT_FOUND", "A named delta entry does not exist.";
    TooManyDeltas = "TOO_MANY_DELTAS", "A sweep names at most 500 delta entries.";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A refusal: final unless the state changes, and without any trace in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// What happened this time, for people.
    pub detail: String,
}

impl Refusal {
    /// A refusal whose detail is the code's meaning.
    #[must_use]
    pub fn of(code: RefusalCode) -> Self {
        Self { code, detail: code.meaning().to_owned() }
    }

    /// A refusal with a detail of its own.
    #[must_use]
    pub fn with(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Why an invocation gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The contract refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed; nothing is decided.
    #[error(transparent)]
    Host(#[from] HostError),
}
