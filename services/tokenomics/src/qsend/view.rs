//! A request as far as its reader may see it.

use gx_platform::http::{ApiError, ApiResult};
use gx_store::entity::qsend_requests::Model;
use gx_types::api::qsend::QSendView;
use gx_types::{AccountId, ProfileId, QSendStatus, Qirat, Timestamp};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The state now: a request whose time is up is expired, swept or not.
#[must_use]
pub fn status_at(request: &Model, now: Timestamp) -> QSendStatus {
    match request.status.0 {
        QSendStatus::Active if request.expires_at.0 <= now => QSendStatus::Expired,
        status => status,
    }
}

/// Seconds left to pay, rounded up, so that 0 means that it is over.
fn remaining_seconds(request: &Model, now: Timestamp) -> u32 {
    if status_at(request, now) != QSendStatus::Active {
        return 0;
    }
    let micros = request.expires_at.0.micros().saturating_sub(now.micros()).max(0);
    u32::try_from((micros + MICROS_PER_SECOND - 1) / MICROS_PER_SECOND).unwrap_or(u32::MAX)
}

/// What `reader` sees of a request. `price` is the fee that the reader would pay, for those who could.
///
/// The creator sees everything; the one who pays or paid sees how that went; whoever else holds the code sees what is
/// needed to decide about paying, and not who was faster.
///
/// # Errors
/// 500 when the row's account is no person's.
pub fn view(request: Model, reader: ProfileId, price: Option<Qirat>, now: Timestamp) -> ApiResult<QSendView> {
    let creator = request.creator_profile_id.0 == reader;
    let payer = request.payer_profile_id.is_some_and(|payer| payer.0 == reader);
    let part = creator || payer;
    let AccountId::Holder(creator_id) = request.creator_account_id.0 else {
        return Err(ApiError::internal("a request is paid to an account that is no person's"));
    };
    let fee = request.fee.map(|fee| fee.0).filter(|_| part).or(price);
    Ok(QSendView {
        id: request.request_id.0,
        status: status_at(&request, now),
        remaining_seconds: remaining_seconds(&request, now),
        amount: request.amount.0,
        fee,
        total: fee.and_then(|fee| request.amount.0.checked_add(fee)),
        created_at: request.created_at.0,
        expires_at: request.expires_at.0,
        validity_seconds: u32::try_from(request.validity_seconds).unwrap_or(0),
        creator_profile_id: request.creator_profile_id.0,
        creator_name: request.creator_name,
        creator_fabric_id: creator_id,
        payer_profile_id: request.payer_profile_id.map(|id| id.0).filter(|_| part),
        payer_name: request.payer_name.filter(|_| part),
        paid_at: request.paid_at.map(|at| at.0).filter(|_| part),
        command_id: request.command_id.map(|id| id.0).filter(|_| part),
        on_chain_tx_id: request.on_chain_tx_id.map(|id| id.0).filter(|_| part),
        failure_reason: request.failure_reason.filter(|_| part),
        scanned_count: creator.then(|| u32::try_from(request.scanned_count).unwrap_or(u32::MAX)),
        request_code: request.request_code,
        qr_data: request.qr_data,
        description: request.description,
        reference: request.reference,
    })
}

#[cfg(test)]
mod tests {
    use gx_types::{QSendId, Sha256Hex};
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> ProfileId {
        ProfileId::from_uuid(Uuid::from_u128(number))
    }

    fn request(status: QSendStatus) -> Model {
        let at = |seconds: i64| Timestamp::from_micros(seconds * MICROS_PER_SECOND).into();
        Model {
            request_id: QSendId::from_uuid(Uuid::nil()).into(),
            request_code: "QS-6PAS3LHD".to_owned(),
            qr_data: String::new(),
            qr_hash: Sha256Hex::from_bytes([0; 32]).into(),
            creator_profile_id: person(1).into(),
            creator_account_id: "US A07 ABK524 0ABCD 1234".parse::<AccountId>().unwrap().into(),
            creator_name: "A B".to_owned(),
            payer_profile_id: Some(person(2).into()),
            payer_account_id: None,
            payer_name: Some("C D".to_owned()),
            amount: Qirat::new(50).unwrap().into(),
            fee: Some(Qirat::new(1).unwrap().into()),
            description: None,
            reference: None,
            status: status.into(),
            validity_seconds: 60,
            command_id: None,
            payment_attempts: 1,
            on_chain_tx_id: None,
            block_number: None,
            failure_code: None,
            failure_reason: Some("why".to_owned()),
            scanned_count: 3,
            last_scanned_at: None,
            created_at: at(0),
            expires_at: at(60),
            paid_at: Some(at(30)),
            cancelled_at: None,
            updated_at: at(0),
        }
    }

    #[test]
    fn others_do_not_learn_who_paid() {
        let now = Timestamp::from_micros(0);
        let seen = |reader, price| view(request(QSendStatus::Paid), person(reader), price, now).unwrap();
        let (creator, payer, other) = (seen(1, None), seen(2, None), seen(3, Some(Qirat::new(2).unwrap())));
        assert_eq!((creator.payer_name.as_deref(), creator.scanned_count), (Some("C D"), Some(3)));
        assert_eq!((payer.payer_name.as_deref(), payer.scanned_count), (Some("C D"), None));
        assert_eq!((payer.fee, payer.total), (Qirat::new(1).ok(), Qirat::new(51).ok()));
        assert_eq!(
            (other.payer_name, other.payer_profile_id, other.paid_at, other.failure_reason),
            (None, None, None, None)
        );
        assert_eq!((other.fee, other.total), (Qirat::new(2).ok(), Qirat::new(52).ok()));
    }

    #[test]
    fn time_runs_out_to_the_microsecond() {
        let at = |micros| Timestamp::from_micros(micros);
        let request = request(QSendStatus::Active);
        for (now, status, remaining) in [
            (0, QSendStatus::Active, 60),
            (1, QSendStatus::Active, 60),
            (59_999_999, QSendStatus::Active, 1),
            (60_000_000, QSendStatus::Expired, 0),
        ] {
            assert_eq!((status_at(&request, at(now)), remaining_seconds(&request, at(now))), (status, remaining));
        }
    }
}
