//! One serialisable document (it *is* result.json); every renderer sees only that.

mod document;
mod evidence;
mod lines;
mod markdown;
#[cfg(test)]
mod sample;
mod schema;
mod stories;
mod table;
mod text;

pub use document::{Cell, Check, Document, Order, Run, SCHEMA, cell};
pub(crate) use lines::{visible, wrapped};
pub use markdown::markdown;
pub(crate) use markdown::{code, escaped};
pub use schema::schema;
pub use text::text;
