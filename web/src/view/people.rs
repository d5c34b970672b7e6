//! People's states, payments and requests in words.

use gx_types::api::tokenomics::{TransactionStatus, TransactionView};
use gx_types::{
    CommandStatus, DocumentSide, DocumentType, OnchainStatus, PersonStatus, QSendStatus, SubmissionStatus,
    TransactionDirection, TransactionKind,
};

use super::state::{State, Tone};
use super::when::Moment;

/// A person's state in words.
#[must_use]
pub fn person_state(status: PersonStatus, onchain: OnchainStatus) -> State {
    match (status, onchain) {
        (PersonStatus::Registered, _) => State::new(Tone::Off, "Documents missing"),
        (PersonStatus::PendingAdminApproval, _) => State::new(Tone::Wait, "Under review"),
        (PersonStatus::ApprovedPendingOnchain, _) => State::new(Tone::Wait, "On its way to the ledger"),
        (PersonStatus::Active, _) => State::new(Tone::Good, "Active"),
        (PersonStatus::Frozen, OnchainStatus::Frozen) => State::new(Tone::Bad, "Frozen"),
        (PersonStatus::Frozen, _) => State::new(Tone::Bad, "Freezing"),
        (PersonStatus::Denied, _) => State::new(Tone::Bad, "Denied"),
        (PersonStatus::Suspended, _) => State::new(Tone::Bad, "Suspended"),
        (PersonStatus::Closed, _) => State::new(Tone::Off, "Closed"),
    }
}

/// A submission's state in words.
#[must_use]
pub fn submission_state(status: SubmissionStatus) -> State {
    match status {
        SubmissionStatus::Pending => State::new(Tone::Wait, "Under review"),
        SubmissionStatus::Approved => State::new(Tone::Good, "Approved"),
        SubmissionStatus::Rejected => State::new(Tone::Bad, "Refused"),
    }
}

/// A request's state in words.
#[must_use]
pub fn request_state(status: QSendStatus) -> State {
    match status {
        QSendStatus::Active => State::new(Tone::Wait, "Waiting to be paid"),
        QSendStatus::Paying => State::new(Tone::Wait, "Being paid"),
        QSendStatus::Paid => State::new(Tone::Good, "Paid"),
        QSendStatus::Expired => State::new(Tone::Off, "Expired"),
        QSendStatus::Cancelled => State::new(Tone::Off, "Cancelled"),
    }
}

/// A command's state in words.
#[must_use]
pub fn command_state(status: CommandStatus) -> State {
    match status {
        CommandStatus::Pending | CommandStatus::Processing => State::new(Tone::Wait, "On its way"),
        CommandStatus::Confirmed => State::new(Tone::Good, "Settled"),
        CommandStatus::Failed => State::new(Tone::Bad, "Refused"),
    }
}

/// A kind of document in words.
#[must_use]
pub const fn document_name(kind: DocumentType) -> &'static str {
    match kind {
        DocumentType::NationalId => "National identity card",
        DocumentType::Passport => "Passport",
        DocumentType::DriversLicense => "Driving licence",
        DocumentType::ProofOfAddress => "Proof of address",
        DocumentType::DeathCertificate => "Death certificate",
        DocumentType::DivorceCertificate => "Divorce certificate",
        DocumentType::BusinessRegistration => "Business registration",
        DocumentType::TaxRegistration => "Tax registration",
        DocumentType::BankStatement => "Bank statement",
        DocumentType::UtilityBill => "Utility bill",
        DocumentType::SelfiePhoto => "Photograph of yourself",
        DocumentType::Other => "Something else",
    }
}

/// A side of a document in words.
#[must_use]
pub const fn side_name(side: DocumentSide) -> &'static str {
    match side {
        DocumentSide::Front => "front",
        DocumentSide::Back => "back",
    }
}

/// A line of the history, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who is on the other side.
    pub who: String,
    /// What it is, and what the payer wrote.
    pub what: String,
    /// With sign and unit.
    pub amount: String,
    /// How the amount looks: coloured by direction, dashed while unsettled, struck through when refused.
    pub look: &'static str,
    /// Fee that was paid on top, when one was.
    pub fee: Option<String>,
    /// When.
    pub at: Moment,
    /// How far, when it is not settled.
    pub state: Option<State>,
    /// Why it was refused.
    pub failure: Option<String>,
    /// The ledger's transaction, when settled.
    pub tx_id: Option<String>,
    /// Its block.
    pub block: Option<String>,
}

impl Line {
    /// From the API's line.
    #[must_use]
    pub fn of(view: &TransactionView) -> Self {
        let word = kind_name(view.kind);
        let inwards = view.direction == TransactionDirection::In;
        let look = match view.status {
            TransactionStatus::Confirmed if inwards => "in",
            TransactionStatus::Confirmed => "out",
            TransactionStatus::Pending => "unsettled",
            TransactionStatus::Failed => "gone",
        };
        // A settled fee has a line of its own; until then it stands beside the payment.
        let own_fee = !inwards && view.kind != TransactionKind::Fee && !view.fee.is_zero();
        // Somebody's name, else the account, else only what it is: made coins come from nobody.
        let account = || view.counterparty.as_ref().map_or_else(|| word.to_owned(), ToString::to_string);
        Self {
            who: match view.kind {
                TransactionKind::Fee | TransactionKind::Genesis => word.to_owned(),
                _ => view.counterparty_name.clone().unwrap_or_else(account),
            },
            what: match (view.kind, &view.remark) {
                (TransactionKind::Genesis, _) => "Your share on joining".to_owned(),
                (TransactionKind::Fee, Some(remark)) => remark.clone(),
                (TransactionKind::Fee, None) => "For a payment".to_owned(),
                (_, Some(remark)) => format!("{word} · {remark}"),
                (_, None) => word.to_owned(),
            },
            amount: format!("{}{}", if inwards { "+" } else { "−" }, view.amount.display_gx()),
            look,
            fee: (own_fee && view.status == TransactionStatus::Pending).then(|| view.fee.display_gx()),
            at: Moment(view.timestamp),
            state: match view.status {
                TransactionStatus::Confirmed => None,
                TransactionStatus::Pending => Some(State::new(Tone::Wait, "On its way")),
                TransactionStatus::Failed => Some(State::new(Tone::Bad, "Refused")),
            },
            failure: view.failure.clone(),
            tx_id: view.on_chain_tx_id.as_ref().map(ToString::to_string),
            block: view.block_number.clone(),
        }
    }
}

/// A kind of movement in words.
#[must_use]
pub const fn kind_name(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Genesis => "Grant",
        TransactionKind::Sent => "Sent",
        TransactionKind::Received => "Received",
        TransactionKind::Fee => "Fee",
        TransactionKind::Adjustment => "Adjustment",
    }
}
