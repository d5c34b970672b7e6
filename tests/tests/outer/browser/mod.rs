//! What people do on the pages, in Chromium, at a desk and on a phone, against a platform of its own.
//!
//! Every page that a scenario looks at is also examined: it fits the screen, its fields have labels, its text stands out,
//! and the console stays silent (`examine.js`). `GX_TEST_PICTURES` names a folder that keeps a picture of each.

mod console;
mod doors;
mod driver;
mod journey;
mod live;
mod people;
mod safety;
mod window;

pub use driver::{Screen, on};
pub use journey::joins_pays_and_is_paid;
pub use people::BOB;
