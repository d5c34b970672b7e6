//! The house itself: which room may lean on which, and that what documents say is so.

mod arrows;
mod audit;
mod commands;
mod documents;
mod requirements;
