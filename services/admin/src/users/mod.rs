//! People: listing, looking, deciding, freezing.

mod approve;
mod deny;
mod document;
mod freeze;
mod list;
mod read;
mod unfreeze;
mod view;

pub use approve::{Approved, approve_person};

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    let mut routes = list::routes();
    routes.extend([
        read::route(),
        document::route(),
        approve::route(),
        deny::route(),
        freeze::route(),
        unfreeze::route(),
    ]);
    routes
}
