//! Objects that travel over the API, a module per service. `camelCase` in JSON, money as [`crate::Qirat`].

pub mod admin;
pub mod command;
pub mod conveniences;
pub mod identity;
pub mod live;
pub mod messaging;
mod objects;
pub mod qsend;
pub mod security;
pub mod tax;
pub mod tokenomics;

/// Gives a text type its JSON schema.
#[cfg(feature = "openapi")]
macro_rules! string_schema {
    ($name:ident, $pattern:literal, $what:expr, $example:literal) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::SchemaType::Type(utoipa::openapi::schema::Type::String))
                    .pattern(Some($pattern))
                    .description(Some($what))
                    .examples([$example])
                    .build()
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}
#[cfg(feature = "openapi")]
pub(crate) use string_schema;

/// Gives an id type its JSON schema.
#[cfg(feature = "openapi")]
macro_rules! uuid_schema {
    ($name:ident) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::SchemaType::Type(utoipa::openapi::schema::Type::String))
                    .format(Some(utoipa::openapi::schema::SchemaFormat::Custom("uuid".to_owned())))
                    .build()
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}
#[cfg(feature = "openapi")]
pub(crate) use uuid_schema;
