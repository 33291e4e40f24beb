//! One serialisable document (it *is* result.json); every renderer sees only that.

mod charts;
mod document;
mod drawing;
mod evidence;
mod growth;
mod json;
mod junit;
mod lanes;
mod lines;
mod load_lines;
mod markdown;
mod page;
mod pictures;
mod points;
mod provenance;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
mod server_side;
mod stories;
mod table;
mod text;
mod violation;

pub use charts::ForestRow;
pub(crate) use charts::grouped;
pub use document::{Cell, Check, Document, Order, Run, SCHEMA, cell};
pub use drawing::PictureError;
pub use growth::{DepthPoint, DepthPoints, DepthSweep, DesignGrowth};
pub use json::to_json;
pub use junit::junit;
pub(crate) use lines::{visible, wrapped};
pub use markdown::markdown;
pub(crate) use markdown::{code, escaped};
pub use page::{Lanes, PageError, Part, Sheet, page, precision_page, sheet};
pub use pictures::{pictures, precision_picture};
pub use points::{About, Point, points};
pub use provenance::{LuaScript, Machine, Provenance, ScenarioText};
pub use schema::schema;
pub use server_side::ServerSide;
pub use table::Columns;
pub use text::text;
pub use violation::{Violation, violations};

/// Effects with their intervals as SVG for a page; see [`ForestRow`].
#[must_use]
pub fn forest_svg(title: &str, rows: &[ForestRow], threshold: f64, id: &str) -> String {
    drawing::svg(&charts::forest(title, rows, threshold, 900.0), id)
}
