//! Bringing the test people to a stage, by the same functions that serve everyone: the wizard with its codes out of the
//! development mailbox, documents into the object store, submission, approval with the number re-typed, and then the
//! ledger. Doing it again does only what is missing.

use std::fmt;
use std::time::Duration;

use futures::future::try_join_all;
use gx_identity::documents::submit::submit_documents;
use gx_identity::documents::upload::{Upload, store_document};
use gx_identity::registration::dob_gender::set_dob_gender;
use gx_identity::registration::name_country::set_name_country;
use gx_identity::registration::password::set_password;
use gx_identity::registration::phone::set_phone;
use gx_identity::registration::start::start;
use gx_identity::registration::verify_email::verify_email;
use gx_identity::registration::verify_phone::verify_phone;
use gx_platform::App;
use gx_platform::auth::Origin;
use gx_platform::http::{ApiError, correlation_scope};
use gx_store::StoreError;
use gx_store::repo::people::Person;
use gx_store::repo::{dev_mailbox, documents, people};
use gx_types::api::admin::ApproveRequest;
use gx_types::api::identity::{
    DobGenderRequest, DocumentMetadata, KycRequest, NameCountryRequest, PasswordRequest, PhoneRequest, StartRequest,
    Transport, VerifyEmailRequest, VerifyPhoneRequest,
};
use gx_types::{Actor, CorrelationId, DocumentType, GxId, OnchainStatus, PersonStatus, ProfileId};

use crate::people::{TEST_PASSWORD, TestPeopleError, TestPerson, test_people};
use crate::picture;

/// How often the people are looked at while the ledger works in another process.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A year without its leap day.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// How far the test people are brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Registered, nothing handed in.
    Registered,
    /// Documents handed in, waiting for an administrator.
    Submitted,
    /// Approved, and registered on the ledger.
    Settled,
}

/// How a test person signs in, and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaLogin {
    /// The person.
    pub profile_id: ProfileId,
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Password, the public one of test people.
    pub password: &'static str,
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
    /// The id on the ledger, once there is one.
    pub gx_id: Option<GxId>,
    /// Why the person was denied, if they were.
    pub denial_reason: Option<String>,
}

impl fmt::Display for PersonaLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<34} {}  {:<18} {}", self.email, self.password, self.name, self.status)?;
        if let Some(id) = self.gx_id {
            write!(f, "  {id}")?;
        }
        self.denial_reason.as_ref().map_or(Ok(()), |reason| write!(f, "  {reason}"))
    }
}

/// Why the test people could not be brought to their stage.
#[derive(Debug, thiserror::Error)]
pub enum PersonasError {
    /// Their password is public.
    #[error("test people exist on devnet and testnet only: their password is public")]
    Mainnet,
    /// The table.
    #[error(transparent)]
    Table(#[from] TestPeopleError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step was refused.
    #[error("{email}: {step} was refused: {error}")]
    Refused {
        /// Who.
        email: String,
        /// Which step.
        step: &'static str,
        /// Why.
        error: ApiError,
    },
    /// A code was sent but is not in the mailbox.
    #[error("no code for {0} lies in the development mailbox")]
    NoCode(String),
    /// The ledger takes too long.
    #[error(
        "{0} of the test people are approved but not registered on the ledger yet; are outbox-submitter and projector running?"
    )]
    NotSettled(usize),
}

/// Brings every test person to `stage`; those who are further on, or were denied, stay there. Waits at most `limit` for the ledger.
///
/// # Errors
/// [`PersonasError`]; calling again goes on where it stopped.
pub async fn apply(app: &App, stage: Stage, limit: Duration) -> Result<Vec<PersonaLogin>, PersonasError> {
    if !app.env().allows_test_people() {
        return Err(PersonasError::Mainnet);
    }
    let people = test_people()?;
    // One id ties the rows, commands and blocks of all of them together.
    let run = CorrelationId::from_uuid(app.new_uuid());
    correlation_scope(run, try_join_all(people.iter().map(|person| bring(app, person, stage)))).await?;
    if stage == Stage::Settled {
        settle(app, &people, limit).await?;
    }
    let mut logins = Vec::with_capacity(people.len());
    for person in &people {
        logins.extend(row(app, person).await?.map(login));
    }
    Ok(logins)
}

/// Everything up to the approval.
async fn bring(app: &App, person: &TestPerson, stage: Stage) -> Result<(), PersonasError> {
    if row(app, person).await?.is_none() {
        register(app, person).await?;
    }
    if stage >= Stage::Submitted
        && let Some(row) = row(app, person).await?
        && row.status == PersonStatus::Registered
    {
        hand_in(app, person, row.profile_id.0).await?;
    }
    if stage >= Stage::Settled
        && let Some(row) = row(app, person).await?
        && row.status == PersonStatus::PendingAdminApproval
    {
        approve(app, person, row.profile_id.0).await?;
    }
    Ok(())
}

/// The wizard, from the address to the account.
async fn register(app: &App, person: &TestPerson) -> Result<(), PersonasError> {
    let (email, phone_num) = (person.email(app.env()), person.phone());
    let refused = |step| {
        let email = email.clone();
        move |error| PersonasError::Refused { email, step, error }
    };
    let origin = Origin::default();
    let begun = start(app, &StartRequest { email: email.clone() }, &origin).await.map_err(refused("registration"))?;
    let (registration_id, token) = (begun.registration_id, begun.registration_token);

    let otp = newest_code(app, &email).await?;
    let request = VerifyEmailRequest { registration_id, registration_token: token.clone(), otp };
    verify_email(app, &request).await.map_err(refused("the code of the address"))?;

    let request = NameCountryRequest {
        registration_id,
        registration_token: token.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        country_code: person.country.to_string(),
    };
    set_name_country(app, &request).await.map_err(refused("name and country"))?;

    let request = DobGenderRequest {
        registration_id,
        registration_token: token.clone(),
        date_of_birth: person.birth_date.clone(),
        gender: person.gender.to_string(),
    };
    set_dob_gender(app, &request).await.map_err(refused("birth date and gender"))?;

    let request = PasswordRequest {
        registration_id,
        registration_token: token.clone(),
        password: TEST_PASSWORD.to_owned(),
        confirm_password: TEST_PASSWORD.to_owned(),
    };
    set_password(app, &request).await.map_err(refused("the password"))?;

    let request = PhoneRequest { registration_id, registration_token: token.clone(), phone_num: phone_num.clone() };
    set_phone(app, &request).await.map_err(refused("the phone number"))?;

    let otp = newest_code(app, &phone_num).await?;
    let request = VerifyPhoneRequest { registration_id, registration_token: token, otp, transport: Transport::Token };
    verify_phone(app, &request, &origin).await.map_err(refused("the code of the phone"))?;
    Ok(())
}

/// The code in the newest message to somebody.
async fn newest_code(app: &App, recipient: &str) -> Result<String, PersonasError> {
    let messages = dev_mailbox::newest(app.store().read(), Some(recipient), 1).await?;
    let body = messages.first().map(|message| message.body.as_str()).unwrap_or_default();
    let code = body.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6);
    code.map(str::to_owned).ok_or_else(|| PersonasError::NoCode(recipient.to_owned()))
}

/// Draws the passport, uploads it and hands it in.
async fn hand_in(app: &App, person: &TestPerson, id: ProfileId) -> Result<(), PersonasError> {
    let refused = |step| {
        let email = person.email(app.env());
        move |error| PersonasError::Refused { email, step, error }
    };
    // A document that an interrupted run has uploaded is as good as a new one.
    let own = documents::of_person(app.store().read(), id).await?;
    let uploaded = own
        .iter()
        .find(|document| document.document_type == DocumentType::Passport && document.submission_id.is_none());
    let document_id = match uploaded {
        Some(document) => document.document_id.0,
        None => {
            let upload = passport(app, person);
            store_document(app, id, upload).await.map_err(refused("the passport"))?.document_id
        }
    };
    let request = KycRequest { document_ids: Some(vec![document_id]), ..KycRequest::default() };
    submit_documents(app, id, request).await.map_err(refused("the submission"))?;
    Ok(())
}

fn passport(app: &App, person: &TestPerson) -> Upload {
    let now = app.now();
    let (issued, expires) = (now.minus(YEAR).date(), now.plus(YEAR.saturating_mul(9)).date());
    let number = person.passport_number();
    let lines = [
        "SPECIMEN PASSPORT".to_owned(),
        format!("NO: {number}"),
        format!("COUNTRY: {}", person.country),
        format!("NAME: {} {}", person.first_name, person.last_name),
        format!("BORN: {}", person.birth_date),
        format!("EXPIRES: {expires}"),
    ];
    Upload {
        file: Some(picture::png(&lines).into()),
        file_name: Some("passport.png".to_owned()),
        document_type: Some(DocumentType::Passport.to_string()),
        side: None,
        metadata: Some(DocumentMetadata {
            document_number: Some(number),
            issuing_country: Some(person.country.to_string()),
            issued_date: Some(issued.to_string()),
            expiry_date: Some(expires.to_string()),
        }),
    }
}

/// Approves as the operator on the host, re-typing what the picture shows.
async fn approve(app: &App, person: &TestPerson, id: ProfileId) -> Result<(), PersonasError> {
    let refused = |error| PersonasError::Refused { email: person.email(app.env()), step: "the approval", error };
    app.ledger().check_accepts(true).await.map_err(refused)?;
    let request = ApproveRequest {
        document_id: None,
        issuing_country: person.country,
        document_number: person.passport_number(),
        notes: Some("test person".to_owned()),
    };
    gx_admin::approve_person(app, Actor::Operator, None, id, &request).await.map_err(refused)?;
    Ok(())
}

/// Waits until the ledger has registered everyone.
async fn settle(app: &App, people: &[TestPerson], limit: Duration) -> Result<(), PersonasError> {
    let mut commits = app.store().commits();
    let waiting = async {
        loop {
            let left = unsettled(app, people).await?;
            if left == 0 {
                return Ok(());
            }
            // This process commits, or another one did.
            let _ = tokio::time::timeout(LOOK_EVERY, commits.changed()).await;
        }
    };
    match tokio::time::timeout(limit, waiting).await {
        Ok(done) => done,
        Err(_) => Err(PersonasError::NotSettled(unsettled(app, people).await?)),
    }
}

/// How many wait for the ledger. Who was denied or frozen since waits for nothing: somebody has been playing with them.
async fn unsettled(app: &App, people: &[TestPerson]) -> Result<usize, PersonasError> {
    let mut left = 0;
    for person in people {
        let row = row(app, person).await?;
        left += usize::from(row.is_some_and(|row| row.status == PersonStatus::ApprovedPendingOnchain));
    }
    Ok(left)
}

async fn row(app: &App, person: &TestPerson) -> Result<Option<Person>, PersonasError> {
    Ok(people::by_email(app.store().read(), &person.email(app.env())).await?)
}

fn login(row: Person) -> PersonaLogin {
    PersonaLogin {
        profile_id: row.profile_id.0,
        name: format!("{} {}", row.first_name, row.last_name),
        email: row.email,
        password: TEST_PASSWORD,
        status: row.status.0,
        onchain_status: row.onchain_status.0,
        gx_id: row.gx_id.map(|id| id.0),
        denial_reason: row.denial_reason,
    }
}
