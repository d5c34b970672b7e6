//! Q Send: requests for payment by code and QR.

pub mod code;
pub mod qr;
