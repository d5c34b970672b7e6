//! Administrators: who there is, making and changing them, appointing them on the ledger.

mod appoint;
mod change;
mod create;
mod list;

use gx_store::repo::admins::Administrator;
use gx_types::api::admin::AdminView;

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    let mut routes = list::routes();
    routes.extend([appoint::route(), create::route()]);
    routes.extend(change::routes());
    routes
}

fn view(row: Administrator) -> AdminView {
    AdminView {
        id: row.admin_id.0,
        username: row.username,
        email: row.email,
        display_name: row.display_name,
        role: row.role.0,
        is_active: row.is_active,
        last_login_at: row.last_login_at.map(|at| at.0),
        appointed_block: row.appointed_block.map(|block| block.to_string()),
        created_at: row.created_at.0,
    }
}
