//! Treasuries of countries: `/api/v1/treasury/{countryCode}/…`.

pub mod balance;
