//! The registration wizard. One address, `/register`, shows the step that the API says comes next, so that a person may
//! leave and come back on the same device for 24 hours.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use gx_base::limits::REGISTRATION_SECONDS;
use gx_types::api::identity::{
    CodeSent, CountriesReply, DobGenderRequest, EligibilityReply, NameCountryRequest, PasswordReply, PasswordRequest,
    PhoneRequest, REGISTRATION_TOKEN_HEADER, RegistrationCompleted, RegistrationReply, RegistrationStarted,
    RegistrationView, ResendRequest, StartRequest, StepReply, Transport, VerifyEmailRequest, VerifyPhoneRequest,
};
use gx_types::{ErrorCode, RegistrationId, RegistrationStep};

use super::session;
use crate::Web;
use crate::api::ApiFailure;
use crate::cookies;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Flash, Form};
use crate::visit::{Posted, Visit, page_with, see, see_with};

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    chrome: Chrome,
    form: Form,
    step: Step,
    contact: String,
    countries: Vec<Choice>,
    eligibility: Option<Eligibility>,
}

struct Eligibility {
    eligible: bool,
    message: String,
}

/// The steps as a person goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Email,
    EmailCode,
    Name,
    Birth,
    Password,
    Phone,
    PhoneCode,
}

impl Step {
    const fn number(self) -> u8 {
        match self {
            Self::Email => 1,
            Self::EmailCode => 2,
            Self::Name => 3,
            Self::Birth => 4,
            Self::Password => 5,
            Self::Phone => 6,
            Self::PhoneCode => 7,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Email => "Register",
            Self::EmailCode => "Confirm your e\u{2011}mail address",
            Self::Name => "Who are you?",
            Self::Birth => "When were you born?",
            Self::Password => "Choose a password",
            Self::Phone => "Your phone",
            Self::PhoneCode => "Confirm your phone",
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Self::Email => "/register/email",
            Self::EmailCode => "/register/email/code",
            Self::Name => "/register/name",
            Self::Birth => "/register/birth",
            Self::Password => "/register/password",
            Self::Phone => "/register/phone",
            Self::PhoneCode => "/register/phone/code",
        }
    }

    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Email => &["email"],
            Self::EmailCode | Self::PhoneCode => &["otp"],
            Self::Name => &["firstName", "lastName", "countryCode"],
            Self::Birth => &["dateOfBirth", "gender"],
            Self::Password => &["password", "confirmPassword"],
            Self::Phone => &["phoneNum"],
        }
    }

    /// What comes next; `None` when the account exists.
    const fn after(step: RegistrationStep) -> Option<Self> {
        Some(match step {
            RegistrationStep::EmailSent => Self::EmailCode,
            RegistrationStep::EmailVerified => Self::Name,
            RegistrationStep::NameCountrySet => Self::Birth,
            RegistrationStep::DobGenderSet => Self::Password,
            RegistrationStep::PasswordSet => Self::Phone,
            RegistrationStep::PhoneSent => Self::PhoneCode,
            RegistrationStep::Completed => return None,
        })
    }
}

/// The key to a registration, kept in a cookie of this device.
#[derive(Debug, Clone)]
struct Key {
    id: RegistrationId,
    token: String,
}

impl Key {
    fn read(visit: &Visit) -> Option<Self> {
        let text = cookies::read(&visit.headers, cookies::REGISTRATION)?;
        let (id, token) = text.split_once('.')?;
        Some(Self { id: id.parse().ok()?, token: token.to_owned() })
    }

    fn keep(visit: &Visit, response: &mut Response, started: &RegistrationStarted) {
        let value = format!("{}.{}", started.registration_id, started.registration_token);
        let cookie = visit.web.jar().set(cookies::REGISTRATION, &value, "/register", Some(REGISTRATION_SECONDS));
        cookies::add(response.headers_mut(), cookie);
    }

    fn drop(visit: &Visit, response: &mut Response) {
        cookies::add(response.headers_mut(), visit.web.jar().clear(cookies::REGISTRATION, "/register"));
    }
}

pub(super) fn routes() -> Router<Web> {
    let back = || async { see("/register") };
    Router::new()
        .route("/register", get(show))
        .route("/register/email", post(start).get(back))
        .route("/register/email/code", post(confirm_email).get(back))
        .route("/register/email/resend", post(resend_email).get(back))
        .route("/register/name", post(name).get(back))
        .route("/register/birth", post(birth).get(back))
        .route("/register/password", post(password).get(back))
        .route("/register/phone", post(phone).get(back))
        .route("/register/phone/code", post(confirm_phone).get(back))
        .route("/register/phone/resend", post(resend_phone).get(back))
        .route("/register/restart", post(restart).get(back))
}

async fn show(visit: Visit) -> PageResult {
    let Some(key) = Key::read(&visit) else {
        return render(&visit, StatusCode::OK, Step::Email, Form::default(), None).await;
    };
    match state(&visit, &key).await {
        Ok(view) => {
            let Some(mut step) = Step::after(view.current_step) else { return begin_again(&visit, "/login") };
            if step == Step::PhoneCode && visit.param("change") == Some("phone") {
                step = Step::Phone;
            }
            render(&visit, StatusCode::OK, step, prefilled(&view), Some(&view)).await
        }
        Err(failure) => gone(&visit, failure),
    }
}

/// A registration that is over or unknown begins again; anything else is an error.
fn gone(visit: &Visit, failure: ApiFailure) -> PageResult {
    match failure {
        ApiFailure::Refused(problem) if matches!(problem.status, 404 | 410) => begin_again(visit, "/register"),
        other => Err(other.into()),
    }
}

fn begin_again(visit: &Visit, place: &str) -> PageResult {
    let mut response = see(place);
    Key::drop(visit, &mut response);
    Ok(response)
}

async fn state(visit: &Visit, key: &Key) -> Result<RegistrationView, ApiFailure> {
    let call = visit.api().get(&visit.caller, format!("/api/v1/registration/{}", key.id));
    Ok(call.header(REGISTRATION_TOKEN_HEADER, &key.token).read::<RegistrationReply>().await?.data)
}

fn prefilled(view: &RegistrationView) -> Form {
    let mut form = Form::default();
    for (name, value) in [
        ("firstName", view.first_name.clone()),
        ("lastName", view.last_name.clone()),
        ("countryCode", view.country_code.map(|code| code.to_string())),
        ("phoneNum", view.phone_num.clone()),
    ] {
        form = form.with(name, value.unwrap_or_default());
    }
    form
}

async fn render(
    visit: &Visit,
    status: StatusCode,
    step: Step,
    form: Form,
    view: Option<&RegistrationView>,
) -> PageResult {
    let countries = if step == Step::Name { countries(visit).await? } else { Vec::new() };
    let eligibility = view.and_then(|view| {
        Some(Eligibility { eligible: view.genesis_eligible?, message: view.eligibility_message.clone()? })
    });
    let contact = match (step, view) {
        // With the password it tells a password manager whose it is.
        (Step::EmailCode | Step::Password, Some(view)) => view.email.clone(),
        (Step::PhoneCode, Some(view)) => view.phone_num.clone().unwrap_or_default(),
        _ => String::new(),
    };
    page_with(status, &RegisterPage { chrome: visit.chrome(step.title()), form, step, contact, countries, eligibility })
}

/// The countries of the platform, for choice lists.
pub(super) async fn countries(visit: &Visit) -> PageResult<Vec<Choice>> {
    let reply: CountriesReply = visit.api().get(&visit.caller, "/api/v1/countries").read().await?;
    Ok(reply
        .countries
        .into_iter()
        .map(|country| Choice::new(country.country_code.to_string(), country.country_name))
        .collect())
}

/// Shows a step again with what was refused.
async fn again(visit: &Visit, key: Option<&Key>, step: Step, mut form: Form, failure: ApiFailure) -> PageResult {
    let problem = failure.refusal()?;
    match problem.code {
        ErrorCode::RegistrationNotFound | ErrorCode::RegistrationExpired => return begin_again(visit, "/register"),
        // Another tab was quicker, or the back button was used: look where it stands.
        ErrorCode::RegistrationStepInvalid | ErrorCode::RegistrationAlreadyCompleted => return Ok(see("/register")),
        _ => {}
    }
    match step.fields() {
        // A refusal without a field can only be about the one field there is.
        [field] if problem.errors.is_empty() && problem.status != 429 => {
            form.refuse(field, problem.detail.clone().unwrap_or_else(|| problem.title.clone()));
        }
        fields => form.take_problem(&problem, fields),
    }
    let view = match key {
        Some(key) => match state(visit, key).await {
            Ok(view) => Some(view),
            Err(failure) => return gone(visit, failure),
        },
        None => None,
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    render(visit, status, step, form, view.as_ref()).await
}

async fn start(visit: Visit, Posted(form): Posted) -> PageResult {
    let body = StartRequest { email: form.value("email").to_owned() };
    match visit.api().post(&visit.caller, "/api/v1/registration/email").json(&body).read::<RegistrationStarted>().await
    {
        Ok(started) => {
            let mut response = see("/register");
            Key::keep(&visit, &mut response, &started);
            Ok(response)
        }
        Err(failure) => again(&visit, None, Step::Email, form, failure).await,
    }
}

/// Runs one step that has a key and leads back to the wizard.
macro_rules! step {
    ($visit:ident, $form:ident, $step:expr, $path:literal, $reply:ty, |$key:ident| $body:expr) => {{
        let Some($key) = Key::read(&$visit) else { return Ok(see("/register")) };
        let body = $body;
        match $visit
            .api()
            .post(&$visit.caller, concat!("/api/v1/registration/", $path))
            .json(&body)
            .read::<$reply>()
            .await
        {
            Ok(_) => Ok(see("/register")),
            Err(failure) => again(&$visit, Some(&$key), $step, $form, failure).await,
        }
    }};
}

async fn confirm_email(visit: Visit, Posted(form): Posted) -> PageResult {
    step!(visit, form, Step::EmailCode, "email/verify", StepReply, |key| VerifyEmailRequest {
        registration_id: key.id,
        registration_token: key.token.clone(),
        otp: form.value("otp").to_owned(),
    })
}

async fn name(visit: Visit, Posted(form): Posted) -> PageResult {
    step!(visit, form, Step::Name, "name-country", EligibilityReply, |key| NameCountryRequest {
        registration_id: key.id,
        registration_token: key.token.clone(),
        first_name: form.value("firstName").to_owned(),
        last_name: form.value("lastName").to_owned(),
        country_code: form.value("countryCode").to_owned(),
    })
}

async fn birth(visit: Visit, Posted(form): Posted) -> PageResult {
    step!(visit, form, Step::Birth, "dob-gender", EligibilityReply, |key| DobGenderRequest {
        registration_id: key.id,
        registration_token: key.token.clone(),
        date_of_birth: birth_date(&form),
        gender: form.value("gender").to_owned(),
    })
}

/// Day, month and year as the API wants them. What is no date stays none: the API says so.
fn birth_date(form: &Form) -> String {
    let parts = [form.value("birthYear"), form.value("birthMonth"), form.value("birthDay")];
    if parts.iter().all(|part| part.is_empty()) {
        return String::new();
    }
    format!("{:0>4}-{:0>2}-{:0>2}", parts[0], parts[1], parts[2])
}

async fn password(visit: Visit, Posted(form): Posted) -> PageResult {
    step!(visit, form, Step::Password, "password", PasswordReply, |key| PasswordRequest {
        registration_id: key.id,
        registration_token: key.token.clone(),
        password: form.exact("password").to_owned(),
        confirm_password: form.exact("confirmPassword").to_owned(),
    })
}

async fn phone(visit: Visit, Posted(form): Posted) -> PageResult {
    step!(visit, form, Step::Phone, "phone", CodeSent, |key| PhoneRequest {
        registration_id: key.id,
        registration_token: key.token.clone(),
        phone_num: form.value("phoneNum").to_owned(),
    })
}

async fn confirm_phone(visit: Visit, Posted(form): Posted) -> PageResult {
    let Some(key) = Key::read(&visit) else { return Ok(see("/register")) };
    let body = VerifyPhoneRequest {
        registration_id: key.id,
        registration_token: key.token.clone(),
        otp: form.value("otp").to_owned(),
        transport: Transport::Cookie,
    };
    let call = visit.api().post(&visit.caller, "/api/v1/registration/phone/verify").json(&body);
    match call.reply::<RegistrationCompleted>().await {
        Ok(reply) => {
            let mut response = see_with("/dashboard", Flash::Welcome);
            Key::drop(&visit, &mut response);
            cookies::hand_on(response.headers_mut(), &reply.headers);
            session::remember(
                &visit.web,
                response.headers_mut(),
                reply.body.user.profile_id,
                reply.body.csrf_token.as_deref(),
            );
            Ok(response)
        }
        Err(failure) => again(&visit, Some(&key), Step::PhoneCode, form, failure).await,
    }
}

async fn resend_email(visit: Visit, posted: Posted) -> PageResult {
    resend(visit, posted, "/api/v1/registration/email/resend", Step::EmailCode).await
}

async fn resend_phone(visit: Visit, posted: Posted) -> PageResult {
    resend(visit, posted, "/api/v1/registration/phone/resend", Step::PhoneCode).await
}

async fn resend(visit: Visit, Posted(form): Posted, path: &'static str, step: Step) -> PageResult {
    let Some(key) = Key::read(&visit) else { return Ok(see("/register")) };
    let body = ResendRequest { registration_id: key.id, registration_token: key.token.clone() };
    match visit.api().post(&visit.caller, path).json(&body).read::<CodeSent>().await {
        Ok(_) => Ok(see_with("/register", Flash::CodeSent)),
        Err(failure) => again(&visit, Some(&key), step, form, failure).await,
    }
}

async fn restart(visit: Visit, Posted(_): Posted) -> PageResult {
    begin_again(&visit, "/register")
}
