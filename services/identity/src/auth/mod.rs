//! Signing in and out: sessions, their tokens and cookies.

pub(crate) mod begin;
pub mod carry;
pub mod keys;
pub mod login;
pub mod logout;
pub mod refresh;
pub mod second_step;
