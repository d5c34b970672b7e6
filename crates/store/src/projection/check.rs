//! Proofs over the read model: conservation of money, and that what people see agrees with what the ledger wrote.

use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::StoreError;
use crate::repo::conservation::{self, Conservation};
use crate::sql::statement;

/// A rule that ties what people see to what the ledger wrote, with a query for what breaks it (a column `broken` that
/// names the row).
struct Rule {
    name: &'static str,
    broken: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        name: "grants of all countries are what USER_GENESIS has minted",
        broken: "SELECT 'USER_GENESIS' AS broken
                 WHERE (SELECT CAST(COALESCE(SUM(people_granted), 0) AS BIGINT) FROM countries)
                    <> COALESCE((SELECT minted FROM supply_pools WHERE pool_id = 'USER_GENESIS'), 0)",
    },
    Rule {
        name: "treasuries' parts of all countries are what GOVT_GENESIS has minted",
        broken: "SELECT 'GOVT_GENESIS' AS broken
                 WHERE (SELECT CAST(COALESCE(SUM(treasury_granted), 0) AS BIGINT) FROM countries)
                    <> COALESCE((SELECT minted FROM supply_pools WHERE pool_id = 'GOVT_GENESIS'), 0)",
    },
    Rule {
        name: "a country's people are the accounts of its people",
        // The account type in the GX id tells people from organisations.
        broken: "SELECT c.country_code AS broken FROM countries c
                 LEFT JOIN (SELECT country_code, COUNT(*) AS people FROM accounts WHERE kind = 'PERSON'
                     AND substr(account_id, 15, 1) = '0'
                     GROUP BY country_code) a ON a.country_code = c.country_code
                 WHERE c.users_count <> COALESCE(a.people, 0)",
    },
    Rule {
        name: "a person is registered, frozen or neither exactly as the ledger says",
        broken: "SELECT p.profile_id AS broken FROM user_profiles p LEFT JOIN accounts a ON a.account_id = p.gx_id
                 WHERE (p.onchain_status IN ('REGISTERED', 'FROZEN')) <> (a.account_id IS NOT NULL)
                    OR (a.account_id IS NOT NULL AND (p.onchain_status = 'FROZEN') <> a.frozen)",
    },
    Rule {
        name: "a registered person has a wallet on the registered account",
        broken: "SELECT p.profile_id AS broken FROM user_profiles p
                 LEFT JOIN wallets w ON w.profile_id = p.profile_id AND w.account_id = p.gx_id
                 WHERE p.onchain_status IN ('REGISTERED', 'FROZEN') AND w.wallet_id IS NULL",
    },
    Rule {
        name: "a paid request has its payment on the ledger",
        broken: "SELECT q.request_code AS broken FROM qsend_requests q
                 WHERE q.status = 'PAID' AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.tx_id = q.on_chain_tx_id
                     AND t.account_id = q.creator_account_id AND t.kind = 'RECEIVED' AND t.amount = q.amount
                     AND t.block_number = q.block_number)",
    },
    Rule {
        name: "a payment of a request on the ledger has made the request PAID, once",
        // `qsend-` and eleven characters of code; further tries end in `-<attempt>`.
        broken: "SELECT q.request_code AS broken FROM transactions t
                 JOIN qsend_requests q ON q.request_code = substr(t.ledger_key, 7, 11)
                 WHERE t.ledger_key LIKE 'qsend-%' AND t.kind = 'RECEIVED' AND t.account_id = q.creator_account_id
                   AND (q.status <> 'PAID' OR t.tx_id <> q.on_chain_tx_id)",
    },
    Rule {
        name: "a line of a person's history that is no fee has its notice",
        broken: "SELECT t.tx_id AS broken FROM transactions t JOIN wallets w ON w.account_id = t.account_id
                 WHERE t.kind <> 'FEE' AND NOT EXISTS (SELECT 1 FROM notifications n
                     WHERE n.tx_id = t.tx_id AND n.event_index = t.event_index AND n.profile_id = w.profile_id)",
    },
    Rule {
        name: "a projected command is committed in the block it was projected from",
        broken: "SELECT command_id AS broken FROM outbox_commands
                 WHERE projected_block IS NOT NULL AND (state <> 'COMMITTED' OR block_number <> projected_block)",
    },
    Rule {
        name: "a refused command has left no payment on the ledger",
        broken: "SELECT o.command_id AS broken FROM outbox_commands o
                 JOIN user_profiles p ON p.profile_id = o.hold_profile_id
                 JOIN transactions t ON t.account_id = p.gx_id AND t.ledger_key = o.ledger_key
                 WHERE o.state = 'FAILED' AND NOT EXISTS (SELECT 1 FROM outbox_commands live
                     WHERE live.ledger_key = o.ledger_key AND live.state <> 'FAILED')",
    },
];

/// Rows that a report names per rule, at most.
const NAMED_MAX: usize = 10;

/// Looks whether money adds up and every rule holds. Reads everything: for checks, not for requests of people.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn check(connection: &impl ConnectionTrait) -> Result<Findings, StoreError> {
    let conservation = conservation::check(connection).await?;
    let mut faults = Vec::new();
    if !conservation.holds() {
        faults.push(format!("money is not conserved: {conservation:?}"));
    }
    for rule in RULES {
        let sql = format!("{} LIMIT {}", rule.broken, NAMED_MAX + 1);
        let rows = connection.query_all_raw(statement(connection, sql, vec![])).await?;
        if rows.is_empty() {
            continue;
        }
        let name = |row: &QueryResult| row.try_get::<String>("", "broken");
        let named = rows.iter().take(NAMED_MAX).map(name).collect::<Result<Vec<_>, _>>()?.join(", ");
        let more = if rows.len() > NAMED_MAX { " and more" } else { "" };
        faults.push(format!("does not hold: {}; see {named}{more}", rule.name));
    }
    Ok(Findings { conservation, faults })
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The sums of all money.
    pub conservation: Conservation,
    /// What does not hold, a sentence each; empty when all is well.
    pub faults: Vec<String>,
}
