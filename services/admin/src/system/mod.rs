//! The system: status, pause, parameters, countries, treasuries, counters.

mod bootstrap;
mod counters;
mod countries;
mod parameters;
mod pause;
mod status;
mod treasury;

pub(crate) use countries::phases;
pub(crate) use status::state_of;

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    let mut routes = vec![status::route(), bootstrap::route(), counters::route()];
    routes.extend(treasury::routes());
    routes.extend(pause::routes());
    routes.extend(parameters::routes());
    routes.extend(countries::routes());
    routes
}
