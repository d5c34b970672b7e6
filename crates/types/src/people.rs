//! The states of a person and the one table of how they change.
//!
//! A person has two states: what the office says ([`PersonStatus`]) and what the ledger says
//! ([`OnchainStatus`]). Every change is a [`PersonChange`]; [`PersonChange::rows`] is the whole
//! truth about which pair may become which. A change that has no row for the present pair is
//! refused, by the service as a 409 and by the projector as a stop.
//!
//! A new change: add the variant, add its rows; the compiler and the tests show the rest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the office says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PersonStatus {
    /// Has an account, has not submitted documents yet.
    Registered,
    /// Documents are submitted and wait for an admin.
    PendingAdminApproval,
    /// Approved; the ledger has not registered the person yet.
    ApprovedPendingOnchain,
    /// Registered on the ledger: may pay and be paid.
    Active,
    /// An admin has frozen the account; «freezing» until the ledger says so too.
    Frozen,
    /// Refused, by an admin or by the ledger; may submit again.
    Denied,
    /// Shut out by an admin for the time being; cannot sign in.
    Suspended,
    /// Closed for good; cannot sign in.
    Closed,
}

/// What the ledger says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnchainStatus {
    /// The ledger does not know the person.
    NotRegistered,
    /// The registration is on its way to the ledger.
    Pending,
    /// The ledger has registered the person.
    Registered,
    /// The ledger has frozen the person's account.
    Frozen,
}

/// Both states of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonState {
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain: OnchainStatus,
}

/// Everything that may change a person's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonChange {
    /// The person submits documents for review, for the first time or after a refusal.
    Submit,
    /// An admin approves; the registration command is enqueued in the same transaction.
    Approve,
    /// An admin denies, with a reason.
    Deny,
    /// The ledger has registered the person (written by the projector alone).
    LedgerRegistered,
    /// The ledger has refused the registration (the command's reaction).
    LedgerRefusedRegistration,
    /// An admin freezes: it blocks at once, the ledger follows.
    Freeze,
    /// The ledger has frozen the account (projector).
    LedgerFrozen,
    /// The ledger has refused to freeze the account (the command's reaction).
    LedgerRefusedFreeze,
    /// An admin unfreezes: nothing changes until the ledger says so.
    Unfreeze,
    /// The ledger has unfrozen the account (projector).
    LedgerUnfrozen,
    /// An admin shuts the person out for the time being.
    Suspend,
    /// An admin lets a suspended person back in.
    Reinstate,
    /// An admin closes the account for good.
    Close,
}

const fn pair(status: PersonStatus, onchain: OnchainStatus) -> PersonState {
    PersonState { status, onchain }
}

type Row = (PersonState, PersonState);

use OnchainStatus as L;
use PersonStatus as P;

const SUBMIT: &[Row] = &[
    (pair(P::Registered, L::NotRegistered), pair(P::PendingAdminApproval, L::NotRegistered)),
    (pair(P::Denied, L::NotRegistered), pair(P::PendingAdminApproval, L::NotRegistered)),
];
const APPROVE: &[Row] =
    &[(pair(P::PendingAdminApproval, L::NotRegistered), pair(P::ApprovedPendingOnchain, L::Pending))];
const DENY: &[Row] = &[(pair(P::PendingAdminApproval, L::NotRegistered), pair(P::Denied, L::NotRegistered))];
const LEDGER_REGISTERED: &[Row] = &[(pair(P::ApprovedPendingOnchain, L::Pending), pair(P::Active, L::Registered))];
const LEDGER_REFUSED_REGISTRATION: &[Row] =
    &[(pair(P::ApprovedPendingOnchain, L::Pending), pair(P::Denied, L::NotRegistered))];
const FREEZE: &[Row] = &[(pair(P::Active, L::Registered), pair(P::Frozen, L::Registered))];
// The ledger's own word holds whatever the office did meanwhile.
const LEDGER_FROZEN: &[Row] = &[
    (pair(P::Frozen, L::Registered), pair(P::Frozen, L::Frozen)),
    (pair(P::Active, L::Registered), pair(P::Frozen, L::Frozen)),
    (pair(P::Suspended, L::Registered), pair(P::Suspended, L::Frozen)),
    (pair(P::Closed, L::Registered), pair(P::Closed, L::Frozen)),
];
const LEDGER_REFUSED_FREEZE: &[Row] = &[(pair(P::Frozen, L::Registered), pair(P::Active, L::Registered))];
const UNFREEZE: &[Row] = &[(pair(P::Frozen, L::Frozen), pair(P::Frozen, L::Frozen))];
const LEDGER_UNFROZEN: &[Row] = &[
    (pair(P::Frozen, L::Frozen), pair(P::Active, L::Registered)),
    (pair(P::Suspended, L::Frozen), pair(P::Suspended, L::Registered)),
    (pair(P::Closed, L::Frozen), pair(P::Closed, L::Registered)),
];
// Only from settled pairs: what is on its way to the ledger arrives first.
const SUSPEND: &[Row] = &[
    (pair(P::Registered, L::NotRegistered), pair(P::Suspended, L::NotRegistered)),
    (pair(P::Denied, L::NotRegistered), pair(P::Suspended, L::NotRegistered)),
    (pair(P::PendingAdminApproval, L::NotRegistered), pair(P::Suspended, L::NotRegistered)),
    (pair(P::Active, L::Registered), pair(P::Suspended, L::Registered)),
    (pair(P::Frozen, L::Frozen), pair(P::Suspended, L::Frozen)),
];
const REINSTATE: &[Row] = &[
    (pair(P::Suspended, L::NotRegistered), pair(P::Registered, L::NotRegistered)),
    (pair(P::Suspended, L::Registered), pair(P::Active, L::Registered)),
    (pair(P::Suspended, L::Frozen), pair(P::Frozen, L::Frozen)),
];
const CLOSE: &[Row] = &[
    (pair(P::Registered, L::NotRegistered), pair(P::Closed, L::NotRegistered)),
    (pair(P::Denied, L::NotRegistered), pair(P::Closed, L::NotRegistered)),
    (pair(P::Suspended, L::NotRegistered), pair(P::Closed, L::NotRegistered)),
    (pair(P::Active, L::Registered), pair(P::Closed, L::Registered)),
    (pair(P::Suspended, L::Registered), pair(P::Closed, L::Registered)),
    (pair(P::Frozen, L::Frozen), pair(P::Closed, L::Frozen)),
    (pair(P::Suspended, L::Frozen), pair(P::Closed, L::Frozen)),
];

impl PersonChange {
    /// Every change, in the order of a person's life.
    pub const ALL: [Self; 13] = [
        Self::Submit,
        Self::Approve,
        Self::Deny,
        Self::LedgerRegistered,
        Self::LedgerRefusedRegistration,
        Self::Freeze,
        Self::LedgerFrozen,
        Self::LedgerRefusedFreeze,
        Self::Unfreeze,
        Self::LedgerUnfrozen,
        Self::Suspend,
        Self::Reinstate,
        Self::Close,
    ];

    /// The rows of the transition table for this change: from which pair to which.
    #[must_use]
    pub const fn rows(self) -> &'static [(PersonState, PersonState)] {
        match self {
            Self::Submit => SUBMIT,
            Self::Approve => APPROVE,
            Self::Deny => DENY,
            Self::LedgerRegistered => LEDGER_REGISTERED,
            Self::LedgerRefusedRegistration => LEDGER_REFUSED_REGISTRATION,
            Self::Freeze => FREEZE,
            Self::LedgerFrozen => LEDGER_FROZEN,
            Self::LedgerRefusedFreeze => LEDGER_REFUSED_FREEZE,
            Self::Unfreeze => UNFREEZE,
            Self::LedgerUnfrozen => LEDGER_UNFROZEN,
            Self::Suspend => SUSPEND,
            Self::Reinstate => REINSTATE,
            Self::Close => CLOSE,
        }
    }

    /// The state after this change, or `None` when it is not allowed from `from`.
    #[must_use]
    pub fn after(self, from: PersonState) -> Option<PersonState> {
        self.rows().iter().find(|(row_from, _)| *row_from == from).map(|(_, to)| *to)
    }
}

impl PersonState {
    /// A person who has just finished the registration wizard.
    pub const NEW: Self = pair(P::Registered, L::NotRegistered);

    /// Whether the person may sign in at all.
    #[must_use]
    pub const fn may_sign_in(self) -> bool {
        !matches!(self.status, P::Suspended | P::Closed)
    }

    /// Whether the person may pay and be paid.
    #[must_use]
    pub const fn may_pay(self) -> bool {
        matches!((self.status, self.onchain), (P::Active, L::Registered))
    }

    /// Whether name, birth date, gender, country and documents may still be changed by the person:
    /// they are what an admin looks at and what the ledger keeps.
    #[must_use]
    pub const fn identity_is_open(self) -> bool {
        matches!(self.status, P::Registered | P::Denied)
    }
}

impl PersonStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Registered,
        Self::PendingAdminApproval,
        Self::ApprovedPendingOnchain,
        Self::Active,
        Self::Frozen,
        Self::Denied,
        Self::Suspended,
        Self::Closed,
    ];

    /// The spelling used in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "REGISTERED",
            Self::PendingAdminApproval => "PENDING_ADMIN_APPROVAL",
            Self::ApprovedPendingOnchain => "APPROVED_PENDING_ONCHAIN",
            Self::Active => "ACTIVE",
            Self::Frozen => "FROZEN",
            Self::Denied => "DENIED",
            Self::Suspended => "SUSPENDED",
            Self::Closed => "CLOSED",
        }
    }
}

impl OnchainStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::NotRegistered, Self::Pending, Self::Registered, Self::Frozen];

    /// The spelling used in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRegistered => "NOT_REGISTERED",
            Self::Pending => "PENDING",
            Self::Registered => "REGISTERED",
            Self::Frozen => "FROZEN",
        }
    }
}

/// A text that names no state of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is not a state of a person")]
pub struct UnknownPersonState(pub String);

impl FromStr for PersonStatus {
    type Err = UnknownPersonState;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| UnknownPersonState(text.to_owned()))
    }
}

impl FromStr for OnchainStatus {
    type Err = UnknownPersonState;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| UnknownPersonState(text.to_owned()))
    }
}

impl fmt::Display for PersonStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for OnchainStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PersonState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.status, self.onchain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_pair() -> impl Iterator<Item = PersonState> {
        PersonStatus::ALL
            .into_iter()
            .flat_map(|status| OnchainStatus::ALL.into_iter().map(move |onchain| pair(status, onchain)))
    }

    #[test]
    fn every_change_not_in_the_table_is_refused() {
        // 8 × 4 pairs × 13 changes; the table holds few of the 416.
        let mut allowed = 0;
        for change in PersonChange::ALL {
            for from in every_pair() {
                let row = change.rows().iter().find(|(f, _)| *f == from);
                assert_eq!(change.after(from), row.map(|(_, to)| *to), "{change:?} from {from}");
                allowed += usize::from(row.is_some());
            }
        }
        assert_eq!(allowed, PersonChange::ALL.iter().map(|c| c.rows().len()).sum::<usize>());
    }

    #[test]
    fn no_change_has_two_outcomes_for_one_pair() {
        for change in PersonChange::ALL {
            for (i, (from, _)) in change.rows().iter().enumerate() {
                assert!(!change.rows().iter().skip(i + 1).any(|(other, _)| other == from));
            }
        }
    }

    #[test]
    fn only_the_ledger_makes_a_person_active() {
        for change in PersonChange::ALL {
            for (from, to) in change.rows() {
                if to.status == PersonStatus::Active && from.onchain != OnchainStatus::Registered {
                    assert!(
                        matches!(change, PersonChange::LedgerRegistered | PersonChange::LedgerUnfrozen),
                        "{change:?} makes {from} active without the ledger"
                    );
                }
            }
        }
    }

    #[test]
    fn only_the_ledger_moves_the_ledgers_state_past_pending() {
        for change in PersonChange::ALL {
            for (from, to) in change.rows() {
                let by_office = from.onchain != to.onchain
                    && !matches!(
                        change,
                        PersonChange::LedgerRegistered
                            | PersonChange::LedgerRefusedRegistration
                            | PersonChange::LedgerFrozen
                            | PersonChange::LedgerUnfrozen
                    );
                assert!(!by_office || change == PersonChange::Approve, "{change:?}: {from} → {to}");
            }
        }
    }

    #[test]
    fn from_a_new_person_only_sensible_pairs_are_reached() {
        let mut reached = vec![PersonState::NEW];
        let mut next = 0;
        while let Some(from) = reached.get(next).copied() {
            next += 1;
            for change in PersonChange::ALL {
                if let Some(to) = change.after(from)
                    && !reached.contains(&to)
                {
                    reached.push(to);
                }
            }
        }
        for state in &reached {
            // Wherever the office can get to, the ledger's word on a freeze is never an impossible one.
            if state.onchain == OnchainStatus::Registered {
                assert!(PersonChange::LedgerFrozen.after(*state).is_some(), "{state}");
            }
            if state.onchain == OnchainStatus::Frozen {
                assert!(PersonChange::LedgerUnfrozen.after(*state).is_some(), "{state}");
            }
            if state.onchain == OnchainStatus::Pending {
                assert!(PersonChange::LedgerRegistered.after(*state).is_some(), "{state}");
                assert!(PersonChange::LedgerRefusedRegistration.after(*state).is_some(), "{state}");
            }
        }
        assert_eq!(reached.len(), 13, "{reached:?}");
    }

    #[test]
    fn spelling_is_the_same_in_json_and_text() {
        for status in PersonStatus::ALL {
            assert_eq!(status.as_str().parse::<PersonStatus>(), Ok(status));
        }
        for status in OnchainStatus::ALL {
            assert_eq!(status.as_str().parse::<OnchainStatus>(), Ok(status));
        }
        assert!("ACTIV".parse::<PersonStatus>().is_err());
        assert!("active".parse::<OnchainStatus>().is_err());
    }
}
