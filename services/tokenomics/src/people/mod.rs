//! People, as far as one may find them.

pub(crate) mod lookup;
