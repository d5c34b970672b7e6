//! The entities and the migrated schema are the same thing.

use std::collections::BTreeSet;

use gx_store::entity;
use gx_store::sea_orm::{ConnectionTrait, EntityTrait, Iterable, QuerySelect, Statement};
use gx_store::testing::TestStore;
use gx_store::{Backend, Store};

async fn columns_in_database(store: &Store, table: &str) -> BTreeSet<(String, bool)> {
    let sql = match store.backend() {
        Backend::Sqlite => format!("SELECT name, \"notnull\" AS strict FROM pragma_table_info('{table}')"),
        Backend::Postgres => format!(
            "SELECT column_name AS name, CASE is_nullable WHEN 'NO' THEN 1::BIGINT ELSE 0::BIGINT END AS strict \
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{table}'"
        ),
    };
    let connection = store.read();
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "name").unwrap(), row.try_get::<i64>("", "strict").unwrap() == 1)).collect()
}

async fn compare<E>(store: &Store, entity: E) -> String
where
    E: EntityTrait,
{
    use gx_store::sea_orm::{ColumnTrait, IdenStatic};
    let table = entity.table_name().to_owned();
    let in_entity: BTreeSet<(String, bool)> =
        E::Column::iter().map(|column| (column.as_str().to_owned(), !column.def().is_null())).collect();
    assert_eq!(in_entity, columns_in_database(store, &table).await, "columns of {table} and whether they may be empty");
    // Every column decodes by its name.
    assert!(E::find().limit(1).all(store.read()).await.is_ok(), "{table} can be read");
    table
}

macro_rules! compare_all {
    ($store:expr, $($table:ident),* $(,)?) => {
        BTreeSet::from([$(compare($store, entity::$table::Entity).await),*])
    };
}

#[tokio::test]
async fn every_table_has_an_entity_with_the_same_columns() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        let compared = compare_all!(
            store,
            accounts,
            admin_approvals,
            admin_sessions,
            admin_users,
            audit_events,
            audit_head,
            avatars,
            backup_codes,
            contacts,
            contact_changes,
            countries,
            delta_claims,
            dev_mailbox,
            environment_facts,
            idempotency_rows,
            kyc_documents,
            kyc_submissions,
            ledger_absence,
            ledger_binding,
            ledger_deltas,
            loan_documents,
            loans,
            notification_counters,
            notification_mails,
            notification_places,
            notification_preferences,
            notifications,
            organization_stakeholders,
            organization_transactions,
            organizations,
            outbox_commands,
            outbox_conflicts,
            parked_events,
            pending_registrations,
            person_security,
            projector_checkpoints,
            qsend_requests,
            second_factors,
            sessions,
            sign_in_failures,
            signing_keys,
            spending_limits,
            supply_pools,
            system_parameters,
            tickets,
            transactions,
            user_profiles,
            wallets,
            webhook_deliveries,
            webhooks,
        );
        let sql = match store.backend() {
            Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Backend::Postgres => {
                "SELECT table_name::TEXT AS name FROM information_schema.tables WHERE table_schema = current_schema()"
            }
        };
        let connection = store.read();
        let rows =
            connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
        let mut tables: BTreeSet<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
        tables.remove("schema_steps");
        assert_eq!(compared, tables);
    }
}

/// The words of a closed set and the CHECK of its column are the same, whichever is edited.
#[test]
fn every_check_lists_exactly_the_words_of_its_set() {
    fn check(column: &str, table: &str, words: &[&str]) {
        // The newest definition counts: a later step may have made the table anew.
        let sql = gx_store::migrate::STEPS
            .iter()
            .rev()
            .find_map(|step| match step.kind {
                gx_store::migrate::StepKind::Schema { sql } => {
                    sql.split("CREATE TABLE ").find(|part| part.starts_with(&format!("{table} (")))
                }
                gx_store::migrate::StepKind::Data { .. } => None,
            })
            .unwrap();
        let list = sql.split(&format!("CHECK ({column} IN (")).nth(1).unwrap().split(')').next().unwrap();
        let in_sql: BTreeSet<&str> = list.split(',').map(|word| word.trim().trim_matches('\'')).collect();
        assert_eq!(in_sql, words.iter().copied().collect(), "{table}.{column}");
    }
    macro_rules! words {
        ($set:ident) => {
            gx_types::$set::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()
        };
    }
    check("status", "loans", &words!(LoanStatus));
    check("state", "outbox_commands", &words!(OutboxState));
    check("status", "user_profiles", &words!(PersonStatus));
    check("onchain_status", "user_profiles", &words!(OnchainStatus));
    check("gender", "user_profiles", &words!(Gender));
    check("gender", "pending_registrations", &words!(Gender));
    check("step", "pending_registrations", &words!(RegistrationStep));
    check("transport", "sessions", &words!(SessionTransport));
    check("transport", "admin_sessions", &words!(SessionTransport));
    check("status", "kyc_submissions", &words!(SubmissionStatus));
    check("document_type", "kyc_documents", &words!(DocumentType));
    check("side", "kyc_documents", &words!(DocumentSide));
    check("role", "admin_users", &words!(AdminRole));
    check("approval_type", "admin_approvals", &words!(ApprovalType));
    check("status", "admin_approvals", &words!(ApprovalStatus));
    check("channel", "dev_mailbox", &words!(MailboxChannel));
    check("status", "qsend_requests", &words!(QSendStatus));
    check("kind", "notifications", &words!(NotificationKind));
    check("status", "notifications", &words!(NotificationStatus));
    check("kind", "accounts", &words!(AccountKind));
    check("status", "accounts", &words!(AccountStatus));
    check("kind", "transactions", &words!(TransactionKind));
    check("status", "organizations", &words!(OrganizationStatus));
    check("status", "organization_transactions", &words!(OrgTxStatus));
    check("channel", "contact_changes", &words!(MailboxChannel));
    check("proved_by", "contact_changes", &words!(MailboxChannel));
    check("purpose", "tickets", &words!(TicketPurpose));
    check("direction", "transactions", &words!(TransactionDirection));
    check("kind", "spending_limits", &words!(LimitKind));
    check("kind", "notification_preferences", &words!(NotificationKind));
    check("state", "notification_mails", &words!(MailState));
    check("event", "webhook_deliveries", &words!(WebhookEvent));
    check("state", "webhook_deliveries", &words!(WebhookDeliveryState));
}
