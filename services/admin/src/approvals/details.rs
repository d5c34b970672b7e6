//! What an approval is about in full, for whoever decides: names instead of ids, every value, and what is so now.

use gx_platform::App;
use gx_platform::http::ApiResult;
use gx_store::repo::{admins, figures, people};
use gx_types::api::admin::ApprovalDetail;
use gx_types::{AdminId, AuditObject, ProfileId};

use super::Action;

const PERSON: &str = "Person";
const ADMINISTRATOR: &str = "Administrator";

struct Details(Vec<ApprovalDetail>);

impl Details {
    fn add(&mut self, label: &str, value: impl ToString) {
        self.0.push(ApprovalDetail { label: label.to_owned(), value: value.to_string() });
    }

    async fn person(&mut self, app: &App, id: ProfileId) -> ApiResult<()> {
        if let Some(person) = people::find(app.store().read(), id).await? {
            self.add(PERSON, format!("{} {}", person.first_name, person.last_name));
            if let Some(gx_id) = person.gx_id {
                self.add("GX id", gx_id.0);
            }
            self.add("State now", person.status.0);
        }
        Ok(())
    }

    async fn admin(&mut self, app: &App, id: AdminId) -> ApiResult<()> {
        if let Some(row) = admins::find(app.store().read(), id).await? {
            self.add(ADMINISTRATOR, format!("{} ({})", row.display_name, row.username));
            self.add("Role now", row.role.0);
            self.add("Active now", if row.is_active { "yes" } else { "no" });
        }
        Ok(())
    }
}

/// The sentence about an action with the name of whom it is about instead of their id.
pub(super) fn named(summary: String, action: &Action, details: &[ApprovalDetail]) -> String {
    let id = match action.object() {
        AuditObject::Person(id) => id.to_string(),
        AuditObject::Admin(id) => id.to_string(),
        _ => return summary,
    };
    match details.iter().find(|detail| [PERSON, ADMINISTRATOR].contains(&detail.label.as_str())) {
        Some(name) => summary.replace(&id, &name.value),
        None => summary,
    }
}

/// Everything to know about the action, as things stand now.
pub(super) async fn details(app: &App, action: &Action) -> ApiResult<Vec<ApprovalDetail>> {
    let mut list = Details(Vec::new());
    match action {
        Action::UserFreeze { profile_id, reason, notes } => {
            list.person(app, *profile_id).await?;
            list.add("Reason", reason.as_str());
            if let Some(notes) = notes {
                list.add("Notes", notes);
            }
        }
        Action::UserUnfreeze { profile_id } => list.person(app, *profile_id).await?,
        Action::SystemBootstrap {} => {}
        Action::CountryInitialize { codes } => match codes {
            Some(codes) => list.add("Countries", codes.len()),
            None => list.add("Countries", "all that are missing"),
        },
        Action::TreasuryActivate { country } => list.add("Country", country),
        Action::TreasuryDisburse { pool, to, amount, remark } => {
            list.add("Pool", pool);
            list.add("Amount", amount.display_gx());
            list.add("Receiver's GX id", to);
            list.add("Remark", remark);
        }
        Action::ConfigChange { parameter, value } => {
            let rows = figures::parameters(app.store().read()).await?;
            let now = rows.into_iter().find(|row| row.param_key == *parameter).map(|row| row.param_value);
            list.add("Parameter", parameter);
            list.add("Value now", now.as_deref().unwrap_or("not set"));
            list.add("New value", value);
        }
        Action::AdminCreate { username, email, display_name, role } => {
            list.add("Name", display_name);
            list.add("Login", username);
            list.add("E-mail address", email);
            list.add("Role", role);
        }
        Action::AdminRoleChange { admin_id, new_role, reason } => {
            list.admin(app, *admin_id).await?;
            list.add("New role", new_role);
            list.add("Reason", reason);
        }
        Action::AdminDisable { admin_id, reason } | Action::AdminEnable { admin_id, reason } => {
            list.admin(app, *admin_id).await?;
            list.add("Reason", reason);
        }
        Action::AdminAppoint { admin_id } | Action::AdminMfaReset { admin_id } => list.admin(app, *admin_id).await?,
        Action::SystemPause { reason } => list.add("Reason", reason),
    }
    Ok(list.0)
}
