//! What becomes of a clock and a counter in one float64, the score of a sorted set: which bits are kept, which are lost, and
//! which joins change places because of it.
//!
//! Everything is computed, twice where that can be: as float64, in the arithmetic that `lua/push_composite.lua` uses, and
//! with whole numbers that round nothing. Read in this order: `scheme` (the four ways), `exact` (without rounding),
//! `bits` (the 64 of a score), `limits` (how far a scheme carries), `rate`, `facts` (what holds of any score),
//! `document` (all of it), `questions` (the same, asked of a server), then the pages: `text`, `markdown`, `svg`, and `schema` for programs.

mod bits;
#[cfg(test)]
mod cases;
mod document;
mod exact;
mod facts;
mod limits;
mod lua_number;
mod markdown;
mod moment;
mod questions;
mod rate;
mod schema;
mod scheme;
mod svg;
mod text;
mod words;

pub use bits::{Cell, Drawing, Role, draw};
pub use document::{
    COUNTERS, Document, JOINS_PER_MS_DEFAULT, Request, SCHEMA, SchemeReport, ShiftRow, TS_MS_DEFAULT, midnight_before,
};
pub use exact::{Exact, digits};
pub use facts::{Beyond, Facts, Lua, Overflow, Ties, facts, wrapped};
pub use limits::{
    Because, Decides, Join, Limits, Pair, Unit, breaks_ms, first_collision, first_inversion, limits, scores_per_ms,
};
pub use lua_number::{exactly, general, tostring};
pub use markdown::markdown;
pub use moment::Moment;
pub use questions::{Answer, Asked, Live, Question, questions};
pub use rate::{AtRate, JOINS_PER_MS_MAX, at_rate};
pub use schema::schema;
pub use scheme::{SHIFT_MAX, SIGNIFICAND_BITS, Scheme, SchemeName, TS_MS_MAX};
pub use svg::svg;
pub use text::text;
pub use words::Columns;
