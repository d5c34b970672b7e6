//! Signing in and out: sessions, their tokens and cookies.

pub mod carry;
pub mod keys;
pub mod login;
pub mod logout;
pub mod refresh;
