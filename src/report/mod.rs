//! One serialisable document (it *is* result.json); every renderer sees only that.

mod charts;
mod document;
mod drawing;
mod evidence;
mod json;
mod lines;
mod load_lines;
mod markdown;
mod page;
mod pictures;
mod provenance;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
mod server_side;
mod stories;
mod table;
mod text;

pub use document::{Cell, Check, Document, Order, Run, SCHEMA, cell};
pub use drawing::PictureError;
pub use json::to_json;
pub(crate) use lines::{visible, wrapped};
pub use markdown::markdown;
pub(crate) use markdown::{code, escaped};
pub use page::{PageError, page, precision_page};
pub use pictures::{pictures, precision_picture};
pub use provenance::{LuaScript, Machine, Provenance, ScenarioText};
pub use schema::schema;
pub use server_side::ServerSide;
pub use text::text;
