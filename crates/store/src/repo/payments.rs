//! What decides about a payment before the ledger does: both sides, and what is held of the payer's balance.

use std::collections::{BTreeSet, HashMap};

use gx_types::{GxId, OnchainStatus, PersonStatus, ProfileId, Qirat, Timestamp};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde_json::json;

use crate::col::Col;
use crate::connect::Backend;
use crate::error::StoreError;
use crate::set;
use crate::sql::statement;

/// A person as payer or receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The person.
    pub profile_id: ProfileId,
    /// Where the person stands with GX.
    pub status: PersonStatus,
    /// Where the person stands on the ledger.
    pub onchain_status: OnchainStatus,
    /// The id on the ledger; none before the approval.
    pub gx_id: Option<GxId>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The account; none before the ledger has made it.
    pub account: Option<AccountFigures>,
}

/// What is in an account, and what of it is spoken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountFigures {
    /// What the ledger says, as far as it is projected.
    pub settled: Qirat,
    /// Amounts and fees of the person's own commands that are not settled yet. Only read for the payer; zero otherwise.
    pub pending: Qirat,
    /// Whether the ledger has frozen it.
    pub frozen: bool,
    /// When the ledger last changed it.
    pub updated_at: Timestamp,
}

impl Side {
    /// The profile name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

impl AccountFigures {
    /// What can be spent now.
    #[must_use]
    pub fn available(&self) -> Qirat {
        self.settled.saturating_sub(self.pending)
    }
}

/// Whom a payer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// By profile id.
    Profile(ProfileId),
    /// By GX id.
    Gx(GxId),
}

/// The person's own unsettled commands, as one sum; by the index of holds, which lists nothing else.
const PENDING_OF_P: &str = "SELECT CAST(COALESCE(SUM(o.hold_amount), 0) AS BIGINT) FROM outbox_commands o \
     WHERE o.hold_profile_id = p.profile_id AND o.projected_block IS NULL AND o.state <> 'FAILED'";

pub(super) const SIDE_COLUMNS: &str = "p.profile_id, p.status, p.onchain_status, p.gx_id, p.first_name, p.last_name, \
     a.settled_balance, a.frozen, a.updated_at";

/// Keeps other payments of the same person out until this transaction ends. SQLite has one writer anyway.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn lock_payer(tx: &impl ConnectionTrait, payer: ProfileId) -> Result<(), StoreError> {
    if Backend::of(tx) == Backend::Postgres {
        // The wallet's row and not the account's: the projector writes that one with every block.
        let sql = "SELECT wallet_id FROM wallets WHERE profile_id = $1 FOR UPDATE";
        tx.query_one_raw(statement(tx, sql, vec![Col(payer).into()])).await?;
    }
    Ok(())
}

/// As [`lock_payer`] for many, always in the same order, so that no two who lock wait for each other.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn lock_payers(tx: &impl ConnectionTrait, payers: &BTreeSet<ProfileId>) -> Result<(), StoreError> {
    if Backend::of(tx) == Backend::Postgres {
        let sql = "SELECT wallet_id FROM wallets WHERE profile_id IN {texts} ORDER BY profile_id FOR UPDATE";
        set::query(tx, sql, set::texts(payers)).await?;
    }
    Ok(())
}

/// Everything that a payment is judged by, of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The payer, with what is pending; `None` when there is no such person.
    pub payer: Option<Side>,
    /// The receiver; `None` when there is no such person.
    pub receiver: Option<Side>,
    /// The fee schedule as it stands in the parameter; `None` before the bootstrap is projected.
    pub fee_schedule: Option<String>,
}

/// Reads what a payment is judged by, in one query: of one moment, and its cost does not grow with people or history.
/// Call [`lock_payer`] first where the answer decides.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn facts(
    connection: &impl ConnectionTrait,
    payer: ProfileId,
    receiver: Receiver,
) -> Result<PaymentFacts, StoreError> {
    let (condition, value) = match receiver {
        Receiver::Profile(id) => ("p.profile_id = $2", Col(id).into()),
        Receiver::Gx(id) => ("p.gx_id = $2", Col(id).into()),
    };
    let sql = format!(
        "SELECT {SIDE_COLUMNS}, CASE WHEN p.profile_id = $1 THEN ({PENDING_OF_P}) ELSE 0 END AS pending, \
         (SELECT param_value FROM system_parameters WHERE param_key = 'feeSchedule') AS fee_schedule \
         FROM user_profiles p LEFT JOIN accounts a ON a.account_id = p.gx_id \
         WHERE p.profile_id = $1 OR {condition}"
    );
    let mut facts = PaymentFacts { payer: None, receiver: None, fee_schedule: None };
    for row in connection.query_all_raw(statement(connection, sql, vec![Col(payer).into(), value])).await? {
        let side = side(&row)?;
        let is_receiver = match receiver {
            Receiver::Profile(id) => side.profile_id == id,
            Receiver::Gx(id) => side.gx_id == Some(id),
        };
        if is_receiver {
            facts.receiver = Some(side.clone());
        }
        if side.profile_id == payer {
            facts.payer = Some(side);
        }
        facts.fee_schedule = row.try_get("", "fee_schedule")?;
    }
    Ok(facts)
}

/// Reads what many payments are judged by, in one query; the answers are in the order of the wishes. Call
/// [`lock_payers`] first where the answers decide.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn facts_of_all(
    connection: &impl ConnectionTrait,
    wishes: &[(ProfileId, Receiver)],
) -> Result<Vec<PaymentFacts>, StoreError> {
    // 1. Whom to look for, and by what.
    let mut wanted = BTreeSet::new();
    for (payer, receiver) in wishes {
        wanted.insert(("payer", payer.to_string()));
        wanted.insert(match receiver {
            Receiver::Profile(id) => ("profile", id.to_string()),
            Receiver::Gx(id) => ("gx", id.to_string()),
        });
    }

    // 2. One branch for each way to look, each by an index; the schedule comes once and not with every person.
    let branch = |kind: &str, column: &str, pending: &str| {
        format!(
            "SELECT {SIDE_COLUMNS}, {pending} AS pending, CAST(NULL AS TEXT) AS fee_schedule \
             FROM {{rows}} CROSS JOIN user_profiles p LEFT JOIN accounts a ON a.account_id = p.gx_id \
             WHERE e.value ->> 0 = '{kind}' AND p.{column} = e.value ->> 1 UNION ALL "
        )
    };
    let sql = [
        branch("payer", "profile_id", &format!("({PENDING_OF_P})")),
        branch("profile", "profile_id", "CAST(0 AS BIGINT)"),
        branch("gx", "gx_id", "CAST(0 AS BIGINT)"),
        "SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, param_value FROM system_parameters \
         WHERE param_key = 'feeSchedule'"
            .to_owned(),
    ]
    .concat();
    let rows = set::query(connection, &sql, wanted.iter().map(|(kind, id)| json!([kind, id])).collect()).await?;

    // 3. Who was found. A payer may be a receiver too, and only the payer's row knows what is pending.
    let mut fee_schedule = None;
    let (mut by_profile, mut by_gx) = (HashMap::new(), HashMap::new());
    for row in &rows {
        if row.try_get::<Option<String>>("", "profile_id")?.is_none() {
            fee_schedule = row.try_get("", "fee_schedule")?;
            continue;
        }
        let side = side(row)?;
        if let Some(id) = side.gx_id {
            by_gx.insert(id, side.profile_id);
        }
        let pending = |side: &Side| side.account.map(|figures| figures.pending);
        let known = by_profile.entry(side.profile_id).or_insert_with(|| side.clone());
        if pending(known) < pending(&side) {
            *known = side;
        }
    }
    let facts = wishes.iter().map(|(payer, receiver)| {
        let receiver = match receiver {
            Receiver::Profile(id) => Some(id),
            Receiver::Gx(id) => by_gx.get(id),
        };
        PaymentFacts {
            payer: by_profile.get(payer).cloned(),
            receiver: receiver.and_then(|id| by_profile.get(id)).cloned(),
            fee_schedule: fee_schedule.clone(),
        }
    });
    Ok(facts.collect())
}

/// One person with what is pending.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn side_of(connection: &impl ConnectionTrait, person: ProfileId) -> Result<Option<Side>, StoreError> {
    let sql = format!(
        "SELECT {SIDE_COLUMNS}, ({PENDING_OF_P}) AS pending \
         FROM user_profiles p LEFT JOIN accounts a ON a.account_id = p.gx_id WHERE p.profile_id = $1"
    );
    let row = connection.query_one_raw(statement(connection, sql, vec![Col(person).into()])).await?;
    Ok(row.as_ref().map(side).transpose()?)
}

/// How people are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handle {
    /// By GX id.
    Gx(GxId),
    /// By e-mail address in the form that is compared.
    Email(String),
    /// By telephone number, `+` and digits.
    Phone(String),
}

/// The person with a handle; without what is pending.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn look_up(connection: &impl ConnectionTrait, handle: &Handle) -> Result<Option<Side>, StoreError> {
    let (column, value) = match handle {
        Handle::Gx(id) => ("gx_id", Col(*id).into()),
        Handle::Email(address) => ("email_normalised", address.clone().into()),
        Handle::Phone(number) => ("phone_num", number.clone().into()),
    };
    let sql = format!(
        "SELECT {SIDE_COLUMNS}, CAST(0 AS BIGINT) AS pending \
         FROM user_profiles p LEFT JOIN accounts a ON a.account_id = p.gx_id WHERE p.{column} = $1"
    );
    let row = connection.query_one_raw(statement(connection, sql, vec![value])).await?;
    Ok(row.as_ref().map(side).transpose()?)
}

pub(super) fn side(row: &QueryResult) -> Result<Side, DbErr> {
    let settled: Option<Col<Qirat>> = row.try_get("", "settled_balance")?;
    let account = match settled {
        None => None,
        Some(Col(settled)) => Some(AccountFigures {
            settled,
            pending: row.try_get::<Col<Qirat>>("", "pending")?.0,
            frozen: row.try_get("", "frozen")?,
            updated_at: row.try_get::<Col<Timestamp>>("", "updated_at")?.0,
        }),
    };
    Ok(Side {
        profile_id: row.try_get::<Col<ProfileId>>("", "profile_id")?.0,
        status: row.try_get::<Col<PersonStatus>>("", "status")?.0,
        onchain_status: row.try_get::<Col<OnchainStatus>>("", "onchain_status")?.0,
        gx_id: row.try_get::<Option<Col<GxId>>>("", "gx_id")?.map(|col| col.0),
        first_name: row.try_get("", "first_name")?,
        last_name: row.try_get("", "last_name")?,
        account,
    })
}
