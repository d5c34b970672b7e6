//! `/pay`: paying a Q Send request. The payer sees name, amount, fee and total before confirming; the code itself makes a
//! second press harmless.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::api::qsend::{QSendDefect, QSendPay, QSendPayReply, QSendVerified, QSendVerify, QSendView};
use gx_types::{ErrorCode, QSendStatus, Qirat};

use super::confirmation::{self, Asks};
use super::requests::read;
use super::send::{balance, blocked};
use super::session::Signed;
use crate::Web;
use crate::api::segment;
use crate::error::PageResult;
use crate::view::{Chrome, Form, Tab, long_duration};
use crate::visit::{Posted, page_with, see};

/// How often the page looks again while the ledger decides, seconds.
const LOOK_AGAIN_SECONDS: u32 = 2;

#[derive(Template)]
#[template(path = "pay.html")]
struct EnterPage {
    chrome: Chrome,
    form: Form,
    blocked: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "pay_code.html")]
struct PayPage {
    chrome: Chrome,
    form: Form,
    heading: &'static str,
    word: Option<&'static str>,
    refused: Option<String>,
    /// The reader is the payer, and paying has begun.
    mine: bool,
    paid: bool,
    payable: bool,
    enough: bool,
    asks: Asks,
    amount: String,
    fee: Option<String>,
    fee_q: Qirat,
    total: Option<String>,
    total_word: String,
    available: Option<String>,
    remaining: String,
    now: String,
    request: QSendView,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/pay", get(enter).post(look)).route("/pay/{code}", get(show).post(pay))
}

async fn enter(signed: Signed) -> PageResult {
    let form = Form::default().with("code", signed.visit.param("code").unwrap_or_default());
    enter_page(&signed, StatusCode::OK, form)
}

fn enter_page(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    page_with(status, &EnterPage { chrome: signed.chrome("Pay a code", Tab::Pay), form, blocked: blocked(signed) })
}

/// What was typed or scanned: a code as people write it, or the signed text of a QR code.
#[derive(Debug, PartialEq, Eq)]
enum Entered {
    Code(String),
    Scanned(String),
}

fn entered(text: &str) -> Option<Entered> {
    // A link to our own payment page carries its code at the end.
    let text = text.trim();
    let last = text.rsplit_once("/pay/").map_or(text, |(_, code)| code);
    let plain: String = last.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect();
    let symbols = |code: &str| {
        code.len() == 8
            && code.bytes().all(|byte| matches!(byte, b'A'..=b'H' | b'J'..=b'N' | b'P'..=b'Z' | b'2'..=b'9'))
    };
    // Eight characters may themselves begin with QS.
    let code =
        if symbols(&plain) { Some(plain.as_str()) } else { plain.strip_prefix("QS").filter(|code| symbols(code)) };
    match code {
        Some(code) => Some(Entered::Code(format!("QS-{code}"))),
        None if text.is_empty() => None,
        None => Some(Entered::Scanned(text.to_owned())),
    }
}

async fn look(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let text = match entered(form.value("code")) {
        Some(Entered::Code(code)) => return Ok(see(&format!("/pay/{code}"))),
        Some(Entered::Scanned(text)) => text,
        None => {
            form.refuse("code", "Enter or scan a code.");
            return enter_page(&signed, StatusCode::UNPROCESSABLE_ENTITY, form);
        }
    };
    let call =
        signed.visit.api().post(&signed.visit.caller, "/api/v1/qsend/verify").json(&QSendVerify { qr_data: text });
    match call.read::<QSendVerified>().await {
        Ok(QSendVerified { request: Some(request), .. }) => Ok(see(&format!("/pay/{}", request.request_code))),
        Ok(QSendVerified { error, .. }) => {
            form.refuse("code", defect(error.unwrap_or(QSendDefect::NotQSend)));
            enter_page(&signed, StatusCode::UNPROCESSABLE_ENTITY, form)
        }
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["code"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            enter_page(&signed, status, form)
        }
    }
}

const fn defect(defect: QSendDefect) -> &'static str {
    match defect {
        QSendDefect::NotQSend => "This is no code of ours. A code looks like QS-6PAS3LHD.",
        QSendDefect::SignatureInvalid => "This code was altered or comes from elsewhere. Do not pay it.",
        QSendDefect::Unknown => "There is no such request.",
        QSendDefect::Expired => "The time of this request is up.",
        QSendDefect::AlreadyPaid => "This request is paid already, or being paid.",
        QSendDefect::Cancelled => "This request was cancelled.",
    }
}

async fn show(signed: Signed, Path(code): Path<String>) -> PageResult {
    pay_page(&signed, StatusCode::OK, &code, Form::default()).await
}

async fn pay_page(signed: &Signed, status: StatusCode, code: &str, form: Form) -> PageResult {
    let request = read(signed, code).await?;
    let own = request.creator_profile_id == signed.me.profile_id;
    if own {
        return Ok(see(&format!("/requests/{}", request.request_code)));
    }
    let mine = request.payer_profile_id == Some(signed.me.profile_id)
        && matches!(request.status, QSendStatus::Paying | QSendStatus::Paid);
    let active = request.status == QSendStatus::Active;
    let blocked = blocked(signed);
    let available = if active && blocked.is_none() { Some(balance(signed).await?.balance.available) } else { None };
    let mut chrome = signed.chrome("Pay", Tab::Pay);
    if mine && request.status == QSendStatus::Paying {
        chrome = chrome.refreshing(LOOK_AGAIN_SECONDS);
    }
    let total = request.total.unwrap_or(request.amount);
    let (heading, word) = match request.status {
        QSendStatus::Active => ("Is this right?", blocked),
        QSendStatus::Paying if mine => ("On its way", None),
        QSendStatus::Paid if mine => ("Settled", None),
        QSendStatus::Paying => ("Somebody else is paying this", Some("This request is being paid by somebody else.")),
        QSendStatus::Paid => ("Paid already", Some("Somebody has paid this request. You were not charged.")),
        QSendStatus::Expired => ("Expired", Some("The time of this request is up. Ask for a new code.")),
        QSendStatus::Cancelled => ("Cancelled", Some("This request was taken back.")),
    };
    page_with(
        status,
        &PayPage {
            chrome: chrome.titled(heading),
            heading,
            word,
            // When the form says why, saying it twice helps nobody.
            refused: request.failure_reason.clone().filter(|_| !mine && !form.refused()),
            mine,
            paid: request.status == QSendStatus::Paid,
            payable: active && blocked.is_none(),
            asks: if active { confirmation::asks(signed, request.amount).await? } else { Asks::Nothing },
            enough: available.is_some_and(|available| total <= available),
            amount: request.amount.display_gx(),
            fee: request.fee.map(Qirat::display_gx),
            fee_q: request.fee.unwrap_or_default(),
            total: request.total.map(Qirat::display_gx),
            total_word: total.display_gx(),
            available: available.map(Qirat::display_gx),
            remaining: long_duration(std::time::Duration::from_secs(request.remaining_seconds.into())),
            now: signed.visit.web.clock.now().rfc3339(),
            form,
            request,
        },
    )
}

async fn pay(signed: Signed, Path(code): Path<String>, Posted(mut form): Posted) -> PageResult {
    let body = QSendPay { expected_fee: form.value("fee").parse().ok(), step_up: confirmation::proof(&form) };
    let path = format!("/api/v1/qsend/{}/pay", segment(&code));
    match signed.visit.api().post(&signed.visit.caller, path).json(&body).read::<QSendPayReply>().await {
        Ok(_) => Ok(see(&format!("/pay/{}", segment(&code)))),
        Err(failure) => {
            let problem = failure.refusal()?;
            match problem.code {
                ErrorCode::NotFound => return Err(crate::error::PageError::not_found()),
                ErrorCode::FeeChanged => {
                    form.refuse_all("The fee has changed meanwhile. Nothing was paid. Look at the new total.");
                }
                code if confirmation::is_asked(code) => form.refuse_all(problem.title.clone()),
                _ => form.take_problem(&problem, &confirmation::FIELDS),
            }
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            pay_page(&signed, status, &code, form).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        let code = |text| entered(text) == Some(Entered::Code("QS-6PAS3LHD".to_owned()));
        for text in [
            "QS-6PAS3LHD",
            "qs-6pas3lhd",
            "6PAS3LHD",
            " qs 6pas 3lhd ",
            "QS6PAS3LHD",
            "https://wallet.gxcoin.money/pay/QS-6PAS3LHD",
        ] {
            assert!(code(text), "{text}");
        }
        assert_eq!(entered("QSABCDEF"), Some(Entered::Code("QS-QSABCDEF".to_owned())), "a code may begin with QS");
        assert_eq!(entered("   "), None);
        for text in ["QS-6PAS3LH", "QS-6PAS3LH1", "eyJ2IjoxfQ.sig"] {
            assert_eq!(entered(text), Some(Entered::Scanned(text.to_owned())));
        }
    }
}
