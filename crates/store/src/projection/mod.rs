//! What the projector reads and writes, a set at a time: one statement per table and batch of blocks, whatever the number
//! of rows. The rows travel as one JSON parameter, so the text of a statement never changes and stays prepared.
//!
//! Nothing here decides anything. What a block means is the projector's business; these functions load what it needs
//! ([`load`]), write what it found ([`save`]), and move its checkpoint under a lease ([`checkpoint`]). Services read the
//! result through [`system`] and the entities; [`check`] and [`compare`] prove it.

pub mod check;
pub mod checkpoint;
pub mod compare;
pub mod load;
pub mod parked;
pub mod save;
pub mod system;
