//! `GET /api/v1/wallets/{profileId}/statement`: a month in figures. Its lines are the history of that time.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiQuery, ApiResult, Handled, Route};
use gx_store::repo::statements;
use gx_types::api::conveniences::StatementReply;
use gx_types::{AccountId, ErrorCode, ProfileId, QiratSum, Timestamp};
use serde::Deserialize;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/wallets/{profileId}/statement", "getStatement")
        .summary("A month in figures")
        .description("Balances before and after, what came in, what went out, fees. The lines are the history from `from` to `until`.")
        .access(Access::Person)
        .param::<ProfileId>("profileId", "The caller's own profile id")
        .query::<StatementQuery>()
        .reply::<StatementReply>(200, "The figures")
        .handle(statement)
}

/// Which month.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StatementQuery {
    /// `YYYY-MM`, UTC.
    #[schema(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2026-01")]
    month: String,
}

async fn statement(
    State(app): State<App>,
    person: Person,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiQuery(query): ApiQuery<StatementQuery>,
) -> ApiResult<Json<StatementReply>> {
    let profile_id = super::own(&person, profile_id)?;
    let now = app.now();
    let (from, until) = month(&query.month)
        .filter(|(from, _)| *from <= now)
        .ok_or_else(|| ApiError::field("month", ErrorCode::FieldInvalid, "a month is written 2026-01 and has begun"))?;
    let db = app.store().read();
    let wallet = super::balance_of(db, profile_id).await?;
    let account = AccountId::Holder(wallet.fabric_user_id);
    let opening = statements::balance_before(db, account, from).await?;
    let closing = statements::balance_before(db, account, until).await?;
    let turnover = statements::turnover(db, account, from, until).await?;
    let text = |sum: QiratSum| sum.get().to_string();
    Ok(Json(StatementReply {
        month: query.month,
        from,
        until,
        complete: until <= now,
        opening,
        closing,
        came_in: text(turnover.came_in),
        went_out: text(turnover.went_out),
        fees: text(turnover.fees),
        lines: turnover.lines,
    }))
}

/// The first moments of a month and of the one after it.
fn month(text: &str) -> Option<(Timestamp, Timestamp)> {
    let (year, month) = text.split_once('-')?;
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let first = |year: u32, month: u32| format!("{year:04}-{month:02}-01T00:00:00Z").parse::<Timestamp>().ok();
    Some((first(year, month)?, first(next_year, next_month)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_and_end_where_they_should() {
        let (from, until) = month("2026-12").unwrap();
        assert_eq!(
            (from.rfc3339(), until.rfc3339()),
            ("2026-12-01T00:00:00Z".to_owned(), "2027-01-01T00:00:00Z".to_owned())
        );
        assert_eq!(month("2024-02").unwrap().1.since(month("2024-02").unwrap().0).as_secs(), 29 * 86_400);
        for bad in ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026-01-01", "+026-01", "２０２６-01"] {
            assert!(month(bad).is_none(), "{bad}");
        }
    }
}
