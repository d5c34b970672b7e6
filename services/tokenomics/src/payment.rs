//! The rules of a payment that are known before the ledger decides: who may pay whom, at which price, out of what.
//!
//! One place for transfers, Q Send and quotes. The contract checks everything again; this spares people payments that
//! could only be refused, and it alone knows about payments that are under way.

use gx_contracts::fees::TransactionType;
use gx_platform::App;
use gx_platform::auth::{Person, step_up};
use gx_platform::http::{ApiError, ApiResult};
use gx_store::repo::payments::{AccountFigures, PaymentFacts, Receiver, Side};
use gx_types::api::security::StepUp;
use gx_types::{ErrorCode, GxId, OnchainStatus, PersonState, PersonStatus, ProfileId, Qirat};

use crate::fees::price::{Price, price, schedule};

/// A payment that nothing speaks against so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The payer.
    pub payer: Side,
    /// The receiver.
    pub receiver: Side,
    /// The payer's id on the ledger.
    pub from: GxId,
    /// The receiver's id on the ledger.
    pub to: GxId,
    /// What it costs.
    pub price: Price,
}

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// What the payment is for.
    pub kind: TransactionType,
    /// What the receiver gets.
    pub amount: Qirat,
    /// The fee that the payer was shown.
    pub expected_fee: Option<Qirat>,
    /// The request's field that names the receiver; `None` when it is not the payer who named one.
    pub receiver_field: Option<&'a str>,
}

/// Reads whom a text names: a GX id or a profile id.
///
/// # Errors
/// 422 naming `field`.
pub fn receiver(field: &str, text: &str) -> ApiResult<Receiver> {
    if let Ok(id) = text.parse::<ProfileId>() {
        return Ok(Receiver::Profile(id));
    }
    text.parse::<GxId>().map(Receiver::Gx).map_err(|error| {
        ApiError::field(field, ErrorCode::FieldInvalid, format!("neither a profile id nor a GX id: {error}"))
    })
}

/// An amount above zero.
///
/// # Errors
/// 422 naming `field`.
pub fn above_zero(field: &str, amount: Qirat) -> ApiResult<()> {
    if amount.is_zero() {
        return Err(ApiError::field(field, ErrorCode::AmountInvalid, "an amount is above zero"));
    }
    Ok(())
}

/// What a payment would cost; says nothing about what the payer has.
///
/// # Errors
/// 409 or 422 with the first rule that is broken.
pub fn quote(facts: PaymentFacts, wish: &Wish<'_>) -> ApiResult<Judged> {
    let payer = facts.payer.ok_or(ErrorCode::Unauthorized)?;
    let (from, _) = payer_account(&payer)?;

    let refused = |code: ErrorCode, message: &str| match wish.receiver_field {
        Some(field) => ApiError::new(code).with_detail(message.to_owned()).with_field(field, code, message),
        None => ApiError::new(code).with_detail(message.to_owned()),
    };
    let receiver = facts.receiver.ok_or_else(|| refused(ErrorCode::AccountNotFound, "nobody has this id"))?;
    if receiver.profile_id == payer.profile_id {
        return Err(refused(ErrorCode::SelfTransfer, "one cannot pay oneself"));
    }
    let Some(to) = payable(&receiver) else {
        return Err(refused(ErrorCode::AccountNotActive, "the receiver cannot be paid at present"));
    };

    above_zero("amount", wish.amount)?;
    let schedule = facts.fee_schedule.as_deref().and_then(schedule).ok_or(ErrorCode::FeatureUnavailable)?;
    let price = price(&schedule, wish.kind, from, to, wish.amount)
        .ok_or_else(|| ApiError::new(ErrorCode::InsufficientFunds).with_detail("no balance can cover this"))?;
    Ok(Judged { payer, receiver, from, to, price })
}

/// Whether the payment may go to the ledger. `facts` must have been read in the transaction that enqueues it, with the
/// payer locked.
///
/// # Errors
/// 409 or 422 with the first rule that is broken.
pub fn judge(facts: PaymentFacts, wish: &Wish<'_>) -> ApiResult<Judged> {
    let judged = quote(facts, wish)?;
    let (total, fee) = (judged.price.total, judged.price.quote.fee);
    if wish.expected_fee.is_some_and(|expected| expected != fee) {
        return Err(ApiError::new(ErrorCode::FeeChanged).with_detail(format!("the fee is {} now", fee.display_gx())));
    }
    let (_, figures) = payer_account(&judged.payer)?;
    if figures.available() < total {
        let detail = format!(
            "{} are needed with the fee, {} are available",
            total.display_gx(),
            figures.available().display_gx()
        );
        return Err(ApiError::new(ErrorCode::InsufficientFunds).with_detail(detail));
    }
    Ok(judged)
}

/// How a payment is refused until it is confirmed, or because the confirmation is wrong.
pub const STEP_UP_ERRORS: &[ErrorCode] = &[
    ErrorCode::StepUpPinRequired,
    ErrorCode::StepUpCodeRequired,
    ErrorCode::StepUpSetupRequired,
    ErrorCode::StepUpInvalid,
    ErrorCode::PinInvalidFormat,
    ErrorCode::PinInvalid,
    ErrorCode::PinLocked,
    ErrorCode::SecondFactorInvalid,
    ErrorCode::SecondFactorLocked,
    ErrorCode::SecondFactorOff,
];

/// What became of a try to pay: its value, or `None` when it was refused for want of a proof and the one that came along
/// is right, so that it is to be tried once more, proved.
///
/// # Errors
/// What the payment answers, or why the proof is none.
pub async fn confirm<T>(
    app: &App,
    person: &Person,
    proof: Option<&StepUp>,
    proved: bool,
    answer: ApiResult<T>,
) -> ApiResult<Option<T>> {
    match (answer, proof) {
        (Err(error), Some(proof)) if !proved && step_up::is_asked(error.code()) => {
            step_up::prove(app, person, proof).await.map(|()| None)
        }
        (answer, _) => answer.map(Some),
    }
}

/// The account that a person pays out of.
///
/// # Errors
/// 409 when the person is not active on the ledger, or frozen.
pub fn payer_account(person: &Side) -> ApiResult<(GxId, AccountFigures)> {
    if person.status == PersonStatus::Frozen {
        return Err(ApiError::new(ErrorCode::AccountFrozen));
    }
    let state = PersonState { status: person.status, onchain: person.onchain_status };
    match (person.gx_id, person.account) {
        (Some(_), Some(figures)) if figures.frozen => Err(ApiError::new(ErrorCode::AccountFrozen)),
        (Some(id), Some(figures)) if state.may_pay() => Ok((id, figures)),
        _ => Err(ApiError::new(ErrorCode::AccountNotActive)),
    }
}

/// The account that a person is paid on; `None` when the person cannot be paid now: not on the ledger, frozen there, or
/// closed. Which of them, others need not know.
#[must_use]
pub fn payable(person: &Side) -> Option<GxId> {
    let on_ledger = person.onchain_status == OnchainStatus::Registered;
    let open = !matches!(person.status, PersonStatus::Closed | PersonStatus::Frozen);
    let account_open = person.account.is_some_and(|figures| !figures.frozen);
    person.gx_id.filter(|_| on_ledger && open && account_open)
}

#[cfg(test)]
mod tests {
    use gx_contracts::fees::FeeSchedule;
    use uuid::Uuid;

    use super::*;

    fn person(number: u128, id: &str, settled: u64, pending: u64) -> Side {
        Side {
            profile_id: ProfileId::from_uuid(Uuid::from_u128(number)),
            status: PersonStatus::Active,
            onchain_status: OnchainStatus::Registered,
            gx_id: Some(id.parse().unwrap()),
            first_name: "A".to_owned(),
            last_name: "B".to_owned(),
            account: Some(AccountFigures {
                settled: Qirat::new(settled).unwrap(),
                pending: Qirat::new(pending).unwrap(),
                frozen: false,
                updated_at: gx_types::Timestamp::from_micros(0),
            }),
        }
    }

    fn facts(settled: u64, pending: u64) -> PaymentFacts {
        PaymentFacts {
            payer: Some(person(1, "US A07 ABK524 0ABCD 1234", settled, pending)),
            receiver: Some(person(2, "GB A07 ABK524 0ABCD 1234", 0, 0)),
            fee_schedule: Some(FeeSchedule::initial().to_json()),
        }
    }

    fn wish(amount: u64, expected_fee: Option<u64>) -> Wish<'static> {
        Wish {
            kind: TransactionType::P2P,
            amount: Qirat::new(amount).unwrap(),
            expected_fee: expected_fee.map(|fee| Qirat::new(fee).unwrap()),
            receiver_field: Some("toID"),
        }
    }

    fn code(facts: PaymentFacts, wish: &Wish<'_>) -> Result<u64, ErrorCode> {
        judge(facts, wish).map(|judged| judged.price.quote.fee.get()).map_err(|error| error.code())
    }

    #[test]
    fn amount_and_fee_must_fit_into_what_is_not_spoken_for() {
        assert_eq!(code(facts(51, 0), &wish(50, None)), Ok(1));
        assert_eq!(code(facts(50, 0), &wish(50, None)), Err(ErrorCode::InsufficientFunds));
        assert_eq!(code(facts(151, 100), &wish(50, None)), Ok(1));
        assert_eq!(code(facts(150, 100), &wish(50, None)), Err(ErrorCode::InsufficientFunds));
        // More may be held than is there, for example after a correction.
        assert_eq!(code(facts(10, 100), &wish(1, None)), Err(ErrorCode::InsufficientFunds));
        assert_eq!(code(facts(Qirat::CAP.get(), 0), &wish(Qirat::CAP.get(), None)), Err(ErrorCode::InsufficientFunds));
    }

    #[test]
    fn the_fee_must_be_the_one_that_was_shown() {
        assert_eq!(code(facts(100, 0), &wish(50, Some(1))), Ok(1));
        assert_eq!(code(facts(100, 0), &wish(50, Some(0))), Err(ErrorCode::FeeChanged));
        assert_eq!(code(facts(100, 0), &wish(50, Some(2))), Err(ErrorCode::FeeChanged));
    }

    #[test]
    fn only_the_active_pay_and_only_the_registered_are_paid() {
        let payer = |change: fn(&mut Side)| {
            let mut facts = facts(100, 0);
            change(facts.payer.as_mut().unwrap());
            code(facts, &wish(50, None))
        };
        let receiver = |change: fn(&mut Side)| {
            let mut facts = facts(100, 0);
            change(facts.receiver.as_mut().unwrap());
            code(facts, &wish(50, None))
        };
        for status in PersonStatus::ALL.iter().copied() {
            let mut facts = facts(100, 0);
            facts.payer.as_mut().unwrap().status = status;
            let expected = match status {
                PersonStatus::Active => Ok(1),
                PersonStatus::Frozen => Err(ErrorCode::AccountFrozen),
                _ => Err(ErrorCode::AccountNotActive),
            };
            assert_eq!(code(facts, &wish(50, None)), expected, "{status}");
        }
        assert_eq!(payer(|side| side.account.as_mut().unwrap().frozen = true), Err(ErrorCode::AccountFrozen));
        assert_eq!(payer(|side| side.account = None), Err(ErrorCode::AccountNotActive));
        assert_eq!(payer(|side| side.onchain_status = OnchainStatus::Pending), Err(ErrorCode::AccountNotActive));
        for refused in [
            receiver(|side| side.account = None),
            receiver(|side| side.gx_id = None),
            receiver(|side| side.onchain_status = OnchainStatus::Pending),
            receiver(|side| side.account.as_mut().unwrap().frozen = true),
            receiver(|side| side.status = PersonStatus::Frozen),
            receiver(|side| side.status = PersonStatus::Closed),
        ] {
            assert_eq!(refused, Err(ErrorCode::AccountNotActive));
        }
        assert_eq!(
            receiver(|side| side.profile_id = ProfileId::from_uuid(Uuid::from_u128(1))),
            Err(ErrorCode::SelfTransfer)
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let nobody = PaymentFacts { receiver: None, ..facts(100, 0) };
        let error = judge(nobody, &wish(50, None)).unwrap_err();
        assert_eq!((error.code(), error.refused_fields()[0].field.as_str()), (ErrorCode::AccountNotFound, "toID"));
        let error = judge(facts(100, 0), &wish(0, None)).unwrap_err();
        assert_eq!(error.refused_fields()[0].code, ErrorCode::AmountInvalid);
        let no_schedule = PaymentFacts { fee_schedule: None, ..facts(100, 0) };
        assert_eq!(code(no_schedule, &wish(50, None)), Err(ErrorCode::FeatureUnavailable));
        assert!(matches!(super::receiver("toID", "US A07 ABK524 0ABCD 1234"), Ok(Receiver::Gx(_))));
        assert!(matches!(super::receiver("toID", &Uuid::nil().to_string()), Ok(Receiver::Profile(_))));
        for bad in ["", "US", "US A08 ABK524 0ABCD 1234", "SYSTEM_OPERATIONS_FUND", "treasury_US"] {
            assert_eq!(super::receiver("toID", bad).unwrap_err().refused_fields()[0].field, "toID", "{bad}");
        }
    }
}
