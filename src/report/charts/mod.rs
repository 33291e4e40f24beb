//! The charts: from the document to a scene, each with the finding that it shows in words.

mod bits;
mod cost;
mod decision;
mod forest;
mod frame;
mod growth;
mod lanes;
mod numbers;
mod order;
mod percentiles;
mod timeline;

pub(super) use bits::bits;
pub(super) use cost::{cost, cost_finding};
pub(super) use decision::decision;
pub use forest::ForestRow;
pub(super) use forest::forest;
pub(super) use frame::{Framed, framed, framed_alone, grid, run_id};
pub(super) use growth::{GROWING, growth_finding, growth_panel};
pub(super) use lanes::lanes;
pub(crate) use numbers::grouped;
pub(super) use numbers::{ms_text, range_text};
pub(super) use order::{order_finding, order_panel};
pub(super) use percentiles::{percentiles_finding, percentiles_panel};
pub(super) use timeline::{timeline, timeline_finding};

use super::document::{Cell, Document};

/// The cells of the scenario that the figures are of, in the order of the designs.
pub(super) fn cells_of<'a>(document: &'a Document, scenario: &str) -> Vec<&'a Cell> {
    document.cells.iter().filter(|cell| cell.scenario == scenario).collect()
}
