//! Closed sets of words that API, database and pages share, each with one spelling.
//!
//! **A new member:** add it here and to the `CHECK` of its column in `crates/store` (a test there compares the two).

use serde::{Deserialize, Serialize};

/// The text names no member of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the known values")]
pub struct UnknownWord;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:tt),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every member, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one spelling used by API, database and pages.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or(UnknownWord)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}

words! {
    /// How far the registration wizard has come.
    RegistrationStep {
        /// A code was sent to the e-mail address.
        EmailSent = "EMAIL_SENT",
        /// The e-mail address is confirmed.
        EmailVerified = "EMAIL_VERIFIED",
        /// Name and country are given.
        NameCountrySet = "NAME_COUNTRY_SET",
        /// Birth date and gender are given.
        DobGenderSet = "DOB_GENDER_SET",
        /// The password is chosen.
        PasswordSet = "PASSWORD_SET",
        /// A code was sent to the phone.
        PhoneSent = "PHONE_SENT",
        /// The account exists.
        Completed = "COMPLETED",
    }

    /// Where a loan stands on the ledger.
    LoanStatus {
        /// Applied for; nobody has approved it.
        PendingApproval = "PENDING_APPROVAL",
        /// Approved by one administrator; a second one is needed.
        Approved = "APPROVED",
        /// Paid out and not paid back whole.
        Active = "ACTIVE",
        /// Paid back whole.
        Paid = "PAID",
        /// Declined by an administrator.
        Rejected = "REJECTED",
    }

    /// Where an organisation stands on the ledger.
    OrganizationStatus {
        /// Proposed; not activated yet.
        PendingEndorsement = "PENDING_ENDORSEMENT",
        /// Active: it receives, and pays what its people approve.
        Verified = "VERIFIED",
        /// Locked by an administrator: nothing moves.
        Locked = "LOCKED",
    }

    /// Where a transaction of an organisation stands on the ledger.
    OrgTxStatus {
        /// Waits for approvals.
        Pending = "PENDING",
        /// Approved and paid.
        Executed = "EXECUTED",
        /// Approved; the payment was refused.
        ExecutionFailed = "EXECUTION_FAILED",
        /// Withdrawn, or rejected by so many that it cannot be approved.
        Rejected = "REJECTED",
        /// Not decided in time.
        Expired = "EXPIRED",
    }

    /// Which door a ticket opens, once.
    TicketPurpose {
        /// The second step of a login, after the password.
        SecondStep = "SECOND_STEP",
        /// A new password, by mail.
        PasswordReset = "PASSWORD_RESET",
        /// Payments from the step-up amount on, for a short while.
        StepUp = "STEP_UP",
        /// «That was not me», sent to the old address after a change of e-mail address.
        ContactObjection = "CONTACT_OBJECTION",
    }

    /// Gender, as the GX id encodes it.
    Gender {
        /// Male.
        Male = "MALE",
        /// Female.
        Female = "FEMALE",
    }

    /// Where a submission for approval stands.
    SubmissionStatus {
        /// Waits for an administrator.
        Pending = "PENDING",
        /// Approved.
        Approved = "APPROVED",
        /// Refused, by an administrator or by the ledger.
        Rejected = "REJECTED",
    }

    /// What an uploaded document is.
    DocumentType {
        /// National identity card; identifies a person.
        NationalId = "NATIONAL_ID",
        /// Passport; identifies a person.
        Passport = "PASSPORT",
        /// Driving licence; identifies a person.
        DriversLicense = "DRIVERS_LICENSE",
        /// Proof of address.
        ProofOfAddress = "PROOF_OF_ADDRESS",
        /// Death certificate.
        DeathCertificate = "DEATH_CERTIFICATE",
        /// Divorce certificate.
        DivorceCertificate = "DIVORCE_CERTIFICATE",
        /// Registration of a business.
        BusinessRegistration = "BUSINESS_REGISTRATION",
        /// Registration with a tax office.
        TaxRegistration = "TAX_REGISTRATION",
        /// Bank statement.
        BankStatement = "BANK_STATEMENT",
        /// Utility bill.
        UtilityBill = "UTILITY_BILL",
        /// Photograph of the person.
        SelfiePhoto = "SELFIE_PHOTO",
        /// Anything else.
        Other = "OTHER",
    }

    /// Which side of a document a picture shows.
    DocumentSide {
        /// Front.
        Front = "FRONT",
        /// Back.
        Back = "BACK",
    }

    /// How a login carries its session.
    SessionTransport {
        /// Bearer tokens.
        Token = "TOKEN",
        /// An `HttpOnly` cookie.
        Cookie = "COOKIE",
    }

    /// Roles of administrators, highest first.
    AdminRole {
        /// Owner of the platform.
        SuperOwner = "SUPER_OWNER",
        /// Head of administration.
        SuperAdmin = "SUPER_ADMIN",
        /// Administrator.
        Admin = "ADMIN",
        /// Moderator.
        Moderator = "MODERATOR",
        /// Developer.
        Developer = "DEVELOPER",
        /// Auditor, reads only.
        Auditor = "AUDITOR",
    }

    /// Where an approval stands.
    ApprovalStatus {
        /// Waits for a second person.
        Pending = "PENDING",
        /// Approved, and not executed yet.
        Approved = "APPROVED",
        /// Being executed.
        Executing = "EXECUTING",
        /// Done: what was asked for is in the database, and on its way to the ledger where the ledger decides.
        Executed = "EXECUTED",
        /// The execution was refused; it may be started again.
        ExecutionFailed = "EXECUTION_FAILED",
        /// The second person said no.
        Rejected = "REJECTED",
        /// Nobody decided or executed in time.
        Expired = "EXPIRED",
        /// Taken back by whoever asked.
        Cancelled = "CANCELLED",
    }

    /// What an approval is about.
    ApprovalType {
        /// Freezing a person's account.
        UserFreeze = "USER_FREEZE",
        /// Releasing a frozen account.
        UserUnfreeze = "USER_UNFREEZE",
        /// Stopping every movement of coins.
        SystemPause = "SYSTEM_PAUSE",
        /// Bringing up a new ledger.
        SystemBootstrap = "SYSTEM_BOOTSTRAP",
        /// Putting countries on the ledger.
        CountryInitialize = "COUNTRY_INITIALIZE",
        /// Unlocking a treasury.
        TreasuryActivate = "TREASURY_ACTIVATE",
        /// Paying out of a pool.
        TreasuryDisburse = "TREASURY_DISBURSE",
        /// Changing a parameter of the ledger.
        ConfigChange = "CONFIG_CHANGE",
        /// Recording an administrator on the ledger.
        AdminAppoint = "ADMIN_APPOINT",
        /// Making an administrator.
        AdminCreate = "ADMIN_CREATE",
        /// Changing an administrator's role.
        AdminRoleChange = "ADMIN_ROLE_CHANGE",
        /// Shutting an administrator out.
        AdminDisable = "ADMIN_DISABLE",
        /// Taking away a lost second factor.
        AdminMfaReset = "ADMIN_MFA_RESET",
        /// Letting an administrator in again who had been shut out.
        AdminEnable = "ADMIN_ENABLE",
    }

    /// What webhooks can tell of.
    WebhookEvent {
        /// An administrator asked for something that a second person approves.
        ApprovalRequested = "ADMIN_APPROVAL_REQUESTED",
        /// A second person approved it.
        ApprovalApproved = "ADMIN_APPROVAL_APPROVED",
        /// A second person refused it.
        ApprovalRejected = "ADMIN_APPROVAL_REJECTED",
        /// Whoever asked took it back.
        ApprovalCancelled = "ADMIN_APPROVAL_CANCELLED",
        /// Its time was up.
        ApprovalExpired = "ADMIN_APPROVAL_EXPIRED",
        /// It was done.
        ApprovalExecuted = "ADMIN_APPROVAL_EXECUTED",
        /// It could not be done, or the ledger refused it.
        ApprovalExecutionFailed = "ADMIN_APPROVAL_EXECUTION_FAILED",
        /// A payment between people is settled.
        TransferSettled = "TRANSFER_SETTLED",
        /// A request for payment is paid.
        QSendPaid = "QSEND_PAID",
        /// A request for payment was taken back.
        QSendCancelled = "QSEND_CANCELLED",
        /// The time of a request for payment was up.
        QSendExpired = "QSEND_EXPIRED",
        /// A person's state has changed, with the office or on the ledger.
        PersonStatusChanged = "PERSON_STATUS_CHANGED",
        /// A test that an administrator asked for; every webhook gets its own.
        Test = "WEBHOOK_TEST",
    }

    /// How far an event has come on its way to a webhook.
    WebhookDeliveryState {
        /// Waits for its first or next attempt.
        Pending = "PENDING",
        /// Is being sent.
        Sending = "SENDING",
        /// The receiver has taken it.
        Delivered = "DELIVERED",
        /// Every attempt failed; it may be sent again by hand.
        Dead = "DEAD",
    }

    /// Who may hold coins.
    AccountKind {
        /// A person or an organisation; the GX id says which.
        Person = "PERSON",
        /// A country's treasury.
        Treasury = "TREASURY",
        /// A system account.
        System = "SYSTEM",
    }

    /// Whether a treasury may spend; people and system accounts are always active.
    AccountStatus {
        /// May hold and spend.
        Active = "ACTIVE",
        /// May hold only: a treasury before its activation.
        Locked = "LOCKED",
    }

    /// What a line of a wallet's history is about.
    TransactionKind {
        /// The grant of a registration.
        Genesis = "GENESIS",
        /// Paid to someone.
        Sent = "SENT",
        /// Received from someone.
        Received = "RECEIVED",
        /// The fee of a payment.
        Fee = "FEE",
        /// Moved by the system: a disbursement or a correction.
        Adjustment = "ADJUSTMENT",
    }

    /// Which way coins went, seen from the account whose history it is.
    TransactionDirection {
        /// Into the account.
        In = "IN",
        /// Out of the account.
        Out = "OUT",
    }

    /// Where a Q Send request stands.
    QSendStatus {
        /// Waits for a payer.
        Active = "ACTIVE",
        /// Someone pays; the ledger has not decided yet.
        Paying = "PAYING",
        /// Paid, settled on the ledger.
        Paid = "PAID",
        /// Its time is up.
        Expired = "EXPIRED",
        /// Taken back by its creator.
        Cancelled = "CANCELLED",
    }

    /// What a notification is about.
    NotificationKind {
        /// Coins have arrived.
        WalletCredited = "WALLET_CREDITED",
        /// Coins have left.
        WalletDebited = "WALLET_DEBITED",
        /// A payment was refused.
        TransactionRejected = "TRANSACTION_REJECTED",
        /// The state of a person's approval has changed.
        KycStatusUpdate = "KYC_STATUS_UPDATE",
        /// Something about the security of the account.
        SecurityAlert = "SECURITY_ALERT",
        /// From the operators to everybody.
        SystemAnnouncement = "SYSTEM_ANNOUNCEMENT",
        /// A Q Send request of the person was paid.
        QSendPaymentReceived = "QSEND_PAYMENT_RECEIVED",
        /// The person has paid a Q Send request.
        QSendPaymentSent = "QSEND_PAYMENT_SENT",
        /// A Q Send request of the person ran out.
        QSendRequestExpired = "QSEND_REQUEST_EXPIRED",
    }

    /// Whether a notification was read.
    NotificationStatus {
        /// Not read.
        Unread = "UNREAD",
        /// Read.
        Read = "READ",
        /// Put away.
        Archived = "ARCHIVED",
    }

    /// Where a command stands on its way to the ledger. Producers and workers see this; people see [`CommandStatus`].
    OutboxState {
        /// Waits for a submitter.
        Pending = "PENDING",
        /// A submitter holds it; its envelope may have been sent.
        Submitting = "SUBMITTING",
        /// Sent; the outcome is not known yet.
        Submitted = "SUBMITTED",
        /// Settled on the ledger.
        Committed = "COMMITTED",
        /// Refused by a contract, final.
        Failed = "FAILED",
        /// Attempts exhausted; an administrator may replay it.
        Dead = "DEAD",
    }

    /// What a person is told about a command.
    CommandStatus {
        /// Not sent yet.
        Pending = "PENDING",
        /// Sent; not settled or not shown in the balances yet.
        Processing = "PROCESSING",
        /// Settled and shown in the balances.
        Confirmed = "CONFIRMED",
        /// Refused; nothing has moved.
        Failed = "FAILED",
    }

    /// What a person's own limit bounds.
    LimitKind {
        /// Each single payment.
        PerPayment = "PER_PAYMENT",
        /// All payments of the last 24 hours together.
        PerDay = "PER_DAY",
    }

    /// Where the mail about a notification stands.
    MailState {
        /// Is being sent, or waits for another try.
        Sending = "SENDING",
        /// Was handed to the mail server.
        Sent = "SENT",
        /// Was given up.
        Failed = "FAILED",
    }

    /// Over what a message of the development mailbox went out.
    MailboxChannel {
        /// E-mail.
        Email = "EMAIL",
        /// Text message.
        Sms = "SMS",
    }
}

impl DocumentType {
    /// Whether it identifies a person and so carries country and number.
    #[must_use]
    pub const fn identifies(self) -> bool {
        matches!(self, Self::NationalId | Self::Passport | Self::DriversLicense)
    }
}

impl NotificationKind {
    /// Whether it tells of coins that moved or did not: it is always shown.
    #[must_use]
    pub const fn is_about_money(self) -> bool {
        matches!(
            self,
            Self::WalletCredited
                | Self::WalletDebited
                | Self::TransactionRejected
                | Self::QSendPaymentReceived
                | Self::QSendPaymentSent
        )
    }

    /// Whether a person may switch it off in the wallet: what concerns money, security or the approval stays.
    #[must_use]
    pub const fn can_be_silenced(self) -> bool {
        matches!(self, Self::SystemAnnouncement | Self::QSendRequestExpired)
    }
}

impl OutboxState {
    /// Whether nothing more will happen to the command by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Committed | Self::Failed | Self::Dead)
    }
}

impl From<Gender> for crate::Sex {
    fn from(gender: Gender) -> Self {
        match gender {
            Gender::Male => Self::Male,
            Gender::Female => Self::Female,
        }
    }
}

impl AdminRole {
    /// How high the role stands. Who changes roles stands strictly higher than the role before and after.
    #[must_use]
    pub const fn level(self) -> u32 {
        match self {
            Self::SuperOwner => 100,
            Self::SuperAdmin => 90,
            Self::Admin => 50,
            Self::Moderator => 30,
            Self::Developer => 20,
            Self::Auditor => 10,
        }
    }
}

impl ApprovalStatus {
    /// Whether something can still become of it. An open approval keeps others for the same thing out.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Approved | Self::Executing | Self::ExecutionFailed)
    }
}
