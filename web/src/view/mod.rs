//! What templates are filled with: the frame of a page, forms with their refusals, amounts, times and states.

mod amount;
mod bands;
mod chart;
mod chrome;
mod flash;
mod form;
mod people;
mod state;
mod when;

pub use amount::{AmountError, parse_amount};
pub use bands::{range, rate};
pub use chart::{Bars, Chart, Point};
pub use chrome::{AdminBadge, Chrome, PersonBadge, Tab, Viewer};
pub use flash::Flash;
pub use form::{Choice, Form};
pub use people::{
    Line, command_state, document_name, kind_name, person_state, request_state, side_name, submission_state,
};
pub use state::{State, Tone};
pub use when::{Moment, date, long_duration};
