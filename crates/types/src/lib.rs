//! (room under construction)

pub mod people;
