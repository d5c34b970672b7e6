//! Documents: upload, list, read, delete.

mod content;

pub use content::Content;
