//! `/profile`: a person's own data. Only what was changed is sent.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::api::identity::{Change, EmploymentStatus, ProfilePatch, ProfileReply, ProfileView};

use super::register::countries;
use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Flash, Form, Moment, State, Tab, person_state};
use crate::visit::{Posted, page_with, see_with};

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    chrome: Chrome,
    me: ProfileView,
    state: State,
    since: Moment,
    form: Form,
    countries: Vec<Choice>,
    genders: Vec<Choice>,
    employments: Vec<Choice>,
}

const IDENTITY_FIELDS: [&str; 7] =
    ["firstName", "middleName", "lastName", "dateOfBirth", "gender", "placeOfBirth", "nationalityCountryCode"];
const OTHER_FIELDS: [&str; 10] = [
    "addressLine1",
    "addressLine2",
    "postalCode",
    "city",
    "stateProvince",
    "addressCountry",
    "employmentStatus",
    "jobTitle",
    "companyName",
    "industry",
];

const EMPLOYMENTS: [(EmploymentStatus, &str, &str); 7] = [
    (EmploymentStatus::Employed, "EMPLOYED", "Employed"),
    (EmploymentStatus::SelfEmployed, "SELF_EMPLOYED", "Self-employed"),
    (EmploymentStatus::Unemployed, "UNEMPLOYED", "Looking for work"),
    (EmploymentStatus::Student, "STUDENT", "Student"),
    (EmploymentStatus::Retired, "RETIRED", "Retired"),
    (EmploymentStatus::Homemaker, "HOMEMAKER", "At home"),
    (EmploymentStatus::Other, "OTHER", "Something else"),
];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/profile", get(show).post(save))
}

async fn show(signed: Signed) -> PageResult {
    let form = filled(&signed.me);
    render(signed, StatusCode::OK, form).await
}

async fn render(signed: Signed, status: StatusCode, form: Form) -> PageResult {
    let countries = countries(&signed.visit).await?;
    let me = signed.me.clone();
    page_with(
        status,
        &ProfilePage {
            chrome: signed.chrome("Profile", Tab::None),
            state: person_state(me.status, me.onchain_status),
            since: Moment(me.created_at),
            me,
            form,
            countries,
            genders: vec![Choice::new("FEMALE", "Female"), Choice::new("MALE", "Male")],
            employments: EMPLOYMENTS.iter().map(|(_, value, label)| Choice::new(*value, *label)).collect(),
        },
    )
}

/// The profile as the form shows it.
fn filled(me: &ProfileView) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let address = me.address.as_ref();
    let employment = me.employment_status.and_then(|status| EMPLOYMENTS.iter().find(|row| row.0 == status));
    [
        ("firstName", me.first_name.clone()),
        ("middleName", text(&me.middle_name)),
        ("lastName", me.last_name.clone()),
        ("dateOfBirth", me.date_of_birth.to_string()),
        ("gender", me.gender.to_string()),
        ("placeOfBirth", text(&me.place_of_birth)),
        ("nationalityCountryCode", me.nationality_country_code.to_string()),
        ("addressLine1", address.map(|address| address.address_line1.clone()).unwrap_or_default()),
        ("addressLine2", address.and_then(|address| address.address_line2.clone()).unwrap_or_default()),
        ("postalCode", address.and_then(|address| address.postal_code.clone()).unwrap_or_default()),
        ("city", address.map(|address| address.city.clone()).unwrap_or_default()),
        ("stateProvince", address.and_then(|address| address.state_province.clone()).unwrap_or_default()),
        ("addressCountry", address.map(|address| address.country_code.to_string()).unwrap_or_default()),
        ("employmentStatus", employment.map(|row| row.1.to_owned()).unwrap_or_default()),
        ("jobTitle", text(&me.job_title)),
        ("companyName", text(&me.company_name)),
        ("industry", text(&me.industry)),
    ]
    .into_iter()
    .fold(Form::default(), |form, (name, value)| form.with(name, value))
}

async fn save(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let patch = patch(&signed.me, &form);
    let path = format!("/api/v1/users/{}", signed.me.profile_id);
    match signed.visit.api().patch(&signed.visit.caller, path).json(&patch).read::<ProfileReply>().await {
        Ok(_) => Ok(see_with("/profile", Flash::ProfileSaved)),
        Err(failure) => {
            let problem = failure.refusal()?;
            let fields: Vec<&str> = IDENTITY_FIELDS.into_iter().chain(OTHER_FIELDS).collect();
            form.take_problem(&problem, &fields);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(signed, status, form).await
        }
    }
}

/// What the form changes. Identity fields are not on the form while they are locked.
fn patch(me: &ProfileView, form: &Form) -> ProfilePatch {
    let before = filled(me);
    let change = |name: &str| match (form.value(name), before.value(name)) {
        (now, then) if now == then => Change::Keep,
        ("", _) => Change::Clear,
        (now, _) => Change::Set(now.to_owned()),
    };
    let mut patch = ProfilePatch {
        address_line1: change("addressLine1"),
        address_line2: change("addressLine2"),
        postal_code: change("postalCode"),
        city: change("city"),
        state_province: change("stateProvince"),
        address_country: change("addressCountry"),
        employment_status: match change("employmentStatus") {
            Change::Set(value) => {
                EMPLOYMENTS.iter().find(|row| row.1 == value).map_or(Change::Keep, |row| Change::Set(row.0))
            }
            Change::Clear => Change::Clear,
            Change::Keep => Change::Keep,
        },
        job_title: change("jobTitle"),
        company_name: change("companyName"),
        industry: change("industry"),
        ..ProfilePatch::default()
    };
    if me.identity_editable {
        patch.first_name = change("firstName");
        patch.middle_name = change("middleName");
        patch.last_name = change("lastName");
        patch.date_of_birth = change("dateOfBirth");
        patch.gender = change("gender");
        patch.place_of_birth = change("placeOfBirth");
        patch.nationality_country_code = change("nationalityCountryCode");
    }
    patch
}
