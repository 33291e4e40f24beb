//! Histories as JSON Lines: what any system can record with the tools it has. `docs/history.md` teaches it.
//!
//! One object a line: [`mod@read`] takes the lines of a file, [`record`] and [`header`] say what one line
//! means, [`fields`] takes an object apart and collects what is wrong with it, [`complete`] fills in
//! what a line left out and another one says, and [`mod@write`] goes the other way.

mod complete;
mod fields;
mod header;
mod read;
mod record;
mod write;

pub(super) use read::{read, read_from, read_stream};
pub use write::write as write_jsonl;
