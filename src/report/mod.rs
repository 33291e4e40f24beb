//! One serialisable document (it *is* result.json); every renderer sees only that.

mod document;
mod evidence;
mod junit;
mod lanes;
mod lines;
mod load_lines;
mod markdown;
mod points;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
mod server_side;
mod stories;
mod table;
mod text;
mod violation;

pub use document::{Cell, Check, Document, Order, Run, SCHEMA, cell};
pub use junit::junit;
pub(crate) use lines::{visible, wrapped};
pub use markdown::markdown;
pub(crate) use markdown::{code, escaped};
pub use points::{About, Point, points};
pub use schema::schema;
pub use server_side::ServerSide;
pub use text::text;
pub use violation::{Violation, violations};
