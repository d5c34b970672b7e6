//! `/send`: look a person up, see fee and total, confirm.
//!
//! What is being put together travels in a short-lived cookie of this device, so that names and addresses stay out of
//! addresses. What is confirmed is what stands in the form that the person saw.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gx_base::EntropyExt;
use gx_types::api::tokenomics::{BalanceReply, FeeQuote, PaymentScope, PersonFound, TransferRequest};
use gx_types::{CommandId, ErrorCode, PersonStatus, ProfileId, Qirat};
use serde::{Deserialize, Serialize};

use super::confirmation::{self, Asks};
use super::contacts;
use super::payment::Paid;
use super::session::Signed;
use crate::Web;
use crate::api::ApiFailure;
use crate::cookies;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Form, Tab, parse_amount};
use crate::visit::{Posted, page_with, see};

/// Favourites to choose from, at most.
const FAVOURITES_MAX: usize = 8;
/// How long a payment may be left half put together, seconds.
const DRAFT_SECONDS: u64 = 900;
/// How long the page waits for the ledger before it says «on its way», seconds.
const SETTLE_WAIT_SECONDS: u32 = 3;

#[derive(Template)]
#[template(path = "send.html")]
struct SendPage {
    chrome: Chrome,
    form: Form,
    blocked: Option<&'static str>,
    available: String,
    /// Favourites to choose from.
    favourites: Vec<Choice>,
    /// The contact that was chosen.
    chosen: Option<String>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    form: Form,
    to: ProfileId,
    name: String,
    masked: bool,
    cross_border: bool,
    amount: String,
    amount_q: Qirat,
    fee: String,
    fee_q: Qirat,
    total: String,
    reason: String,
    available: String,
    enough: bool,
    asks: Asks,
    key: String,
}

/// A payment that is being put together.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Draft {
    /// As typed, to fill the form again.
    typed: String,
    #[serde(default)]
    contact: String,
    amount_typed: String,
    unit: String,
    to: ProfileId,
    name: String,
    masked: bool,
    amount: Qirat,
    reason: String,
    /// Makes a second press of the button the same payment.
    key: String,
}

impl Draft {
    fn read(signed: &Signed) -> Option<Self> {
        let text = cookies::read(&signed.visit.headers, cookies::DRAFT)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// The form as it was filled in.
    fn form(&self) -> Form {
        Form::default()
            .with("to", self.typed.clone())
            .with("contact", self.contact.clone())
            .with("amount", self.amount_typed.clone())
            .with("unit", self.unit.clone())
            .with("reason", self.reason.clone())
    }

    fn keep(&self, signed: &Signed, response: &mut Response) {
        let Ok(json) = serde_json::to_vec(self) else { return };
        let value = URL_SAFE_NO_PAD.encode(json);
        let cookie = signed.visit.web.jar().set(cookies::DRAFT, &value, "/send", Some(DRAFT_SECONDS));
        cookies::add(response.headers_mut(), cookie);
    }
}

/// What is the same in both answers to a payment: settled already, or accepted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    command_id: CommandId,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/send", get(show).post(look_up)).route("/send/confirm", get(confirm).post(send))
}

/// Why this person cannot pay or ask at present.
pub(super) fn blocked(signed: &Signed) -> Option<&'static str> {
    match signed.me.status {
        PersonStatus::Active => None,
        PersonStatus::Frozen => Some("Your account is frozen. You can neither pay nor be paid."),
        _ => Some("You can pay and be paid once your account is active on the ledger."),
    }
}

/// What a person has and can spend.
pub(super) async fn balance(signed: &Signed) -> PageResult<BalanceReply> {
    let path = format!("/api/v1/wallets/{}/balance", signed.me.profile_id);
    Ok(signed.visit.api().get(&signed.visit.caller, path).read().await?)
}

async fn show(signed: Signed) -> PageResult {
    let mut form = Form::default();
    if let Some(draft) = Draft::read(&signed) {
        form = draft.form();
    }
    if let Some(to) = signed.visit.param("to") {
        form = form.with("to", to).with("contact", "");
    }
    if signed.visit.param("new").is_some() {
        form = form.with("contact", "");
    }
    if let Some(contact) = signed.visit.param("contact") {
        form = form.with("contact", contact).with("to", "");
    }
    render(&signed, StatusCode::OK, form).await
}

async fn render(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    let blocked = blocked(signed);
    let available = match blocked {
        None => format!("You can spend {}.", balance(signed).await?.balance.available.display_gx()),
        Some(_) => String::new(),
    };
    // The page is of use without them.
    let contacts = if blocked.is_none() { contacts::all(signed).await.unwrap_or_default() } else { Vec::new() };
    let chosen = contacts.iter().find(|one| form.is("contact", &one.profile_id.to_string())).map(contacts::shown);
    let favourites = contacts
        .iter()
        .filter(|one| one.favourite && one.payable)
        .take(FAVOURITES_MAX)
        .map(|one| Choice::new(one.profile_id.to_string(), contacts::shown(one)))
        .collect();
    let page = SendPage { chrome: signed.chrome("Send", Tab::Send), form, blocked, available, favourites, chosen };
    page_with(status, &page)
}

async fn look_up(signed: Signed, Posted(mut form): Posted) -> PageResult {
    if blocked(&signed).is_some() {
        return render(&signed, StatusCode::CONFLICT, form).await;
    }
    let amount = parse_amount(form.value("amount"), form.value("unit"));
    if let Err(error) = &amount {
        form.refuse("amount", error.to_string());
    }
    let contact = match form.optional("contact") {
        Some(id) => contacts::all(&signed).await?.into_iter().find(|one| one.profile_id.to_string() == id),
        None => None,
    };
    if form.value("to").is_empty() && contact.is_none() {
        form.refuse("to", "Enter a GX id, an e-mail address or a phone number.");
    }
    if form.value("reason").is_empty() {
        form.refuse("reason", "Say what it is for.");
    }
    let (Ok(amount), false) = (amount, form.refused()) else {
        return render(&signed, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    };
    let found = match contact {
        Some(contact) => Ok(PersonFound {
            profile_id: contact.profile_id,
            name: contact.name,
            masked: contact.masked,
            payable: contact.payable,
        }),
        None => {
            let call = signed.visit.api().get(&signed.visit.caller, "/api/v1/people/lookup");
            call.query("q", form.value("to")).read::<PersonFound>().await
        }
    };
    let found = match found {
        Ok(found) => found,
        Err(failure) => {
            let problem = failure.refusal()?;
            match problem.status {
                404 => form.refuse("to", "Nobody here has this GX id, e-mail address or phone number."),
                429 => form.refuse_all(problem.detail.clone().unwrap_or_else(|| problem.title.clone())),
                _ => form.refuse("to", first_message(&problem)),
            }
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            return render(&signed, status, form).await;
        }
    };
    if found.profile_id == signed.me.profile_id {
        form.refuse("to", "That is you.");
    } else if !found.payable {
        form.refuse("to", format!("{} cannot be paid at present.", found.name));
    }
    if form.refused() {
        return render(&signed, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    if let Err(failure) = quote(&signed, found.profile_id, amount).await {
        return refused(&signed, form, failure).await;
    }
    let draft = Draft {
        typed: form.value("to").to_owned(),
        contact: form.value("contact").to_owned(),
        amount_typed: form.value("amount").to_owned(),
        unit: form.value("unit").to_owned(),
        to: found.profile_id,
        name: found.name,
        masked: found.masked,
        amount,
        reason: form.value("reason").to_owned(),
        key: signed.visit.web.entropy.uuid_v7(signed.visit.web.clock.now()).to_string(),
    };
    let mut response = see("/send/confirm");
    draft.keep(&signed, &mut response);
    Ok(response)
}

/// What the payment would cost now.
async fn quote(signed: &Signed, to: ProfileId, amount: Qirat) -> Result<FeeQuote, ApiFailure> {
    let call = signed.visit.api().get(&signed.visit.caller, "/api/v1/fees/quote");
    call.query("to", to.to_string()).query("amount", amount.to_string()).read().await
}

/// Shows the form again with what the API says about payer, receiver or amount.
async fn refused(signed: &Signed, mut form: Form, failure: ApiFailure) -> PageResult {
    let problem = failure.refusal()?;
    form.take_problem(&problem, &["to", "amount", "reason"]);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
    render(signed, status, form).await
}

fn first_message(problem: &gx_types::Problem) -> String {
    problem
        .errors
        .first()
        .map(|error| error.message.clone())
        .or_else(|| problem.detail.clone())
        .unwrap_or_else(|| problem.title.clone())
}

async fn confirm(signed: Signed) -> PageResult {
    let Some(draft) = Draft::read(&signed) else { return Ok(see("/send")) };
    confirm_page(&signed, StatusCode::OK, draft, Form::default()).await
}

async fn confirm_page(signed: &Signed, status: StatusCode, draft: Draft, form: Form) -> PageResult {
    let (quote, balance, asks) =
        tokio::join!(quote(signed, draft.to, draft.amount), balance(signed), confirmation::asks(signed, draft.amount),);
    let available = balance?.balance.available;
    let quote = match quote {
        Ok(quote) => quote,
        Err(failure) => return refused(signed, draft.form(), failure).await,
    };
    page_with(
        status,
        &ConfirmPage {
            chrome: signed.chrome("Confirm", Tab::Send),
            form,
            to: draft.to,
            name: draft.name,
            masked: draft.masked,
            cross_border: quote.scope == PaymentScope::CrossBorder,
            amount: quote.amount.display_gx(),
            amount_q: quote.amount,
            fee: quote.fee.display_gx(),
            fee_q: quote.fee,
            total: quote.total.display_gx(),
            reason: draft.reason,
            available: available.display_gx(),
            enough: quote.total <= available,
            asks: asks?,
            key: draft.key,
        },
    )
}

async fn send(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let (Ok(to), Ok(amount), Ok(fee)) = (
        form.value("to").parse::<ProfileId>(),
        form.value("amount").parse::<Qirat>(),
        form.value("fee").parse::<Qirat>(),
    ) else {
        return Ok(see("/send"));
    };
    let body = TransferRequest {
        to_id: to.to_string(),
        amount,
        reason: form.value("reason").to_owned(),
        expected_fee: Some(fee),
        step_up: confirmation::proof(&form),
    };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/transfers").json(&body);
    let sent = call.key(form.value("key")).wait(SETTLE_WAIT_SECONDS).read::<Sent>().await;
    match sent {
        Ok(accepted) => {
            let mut response = see(&format!("/payments/{}", accepted.command_id));
            let total = amount.checked_add(fee).unwrap_or(amount);
            let paid = Paid {
                name: form.value("name").to_owned(),
                amount: amount.display_gx(),
                fee: fee.display_gx(),
                total: total.display_gx(),
                reason: form.value("reason").to_owned(),
            };
            paid.keep(&signed.visit.web, &accepted.command_id, response.headers_mut());
            cookies::add(response.headers_mut(), signed.visit.web.jar().clear(cookies::DRAFT, "/send"));
            Ok(response)
        }
        Err(failure) => {
            let problem = failure.refusal()?;
            match problem.code {
                ErrorCode::FeeChanged => {
                    form.refuse_all("The fee has changed meanwhile. Nothing was sent. Look at the new total.");
                }
                code if confirmation::is_asked(code) => form.refuse_all(problem.title.clone()),
                _ => form.take_problem(&problem, &confirmation::FIELDS),
            }
            let typed = Draft::read(&signed).map(|draft| (draft.typed, draft.contact, draft.amount_typed, draft.unit));
            let (typed, contact, amount_typed, unit) = typed.unwrap_or_default();
            let draft = Draft {
                typed,
                contact,
                amount_typed,
                unit,
                to,
                name: form.value("name").to_owned(),
                masked: false,
                amount,
                reason: body.reason,
                // A refused request used its key up; what is confirmed next is another payment.
                key: signed.visit.web.entropy.uuid_v7(signed.visit.web.clock.now()).to_string(),
            };
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            confirm_page(&signed, status, draft, form).await
        }
    }
}
