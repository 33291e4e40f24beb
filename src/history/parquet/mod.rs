//! Histories as Parquet: what DuckDB, pandas and Polars read without being told anything.
//!
//! One row an attempt. [`columns`] is the schema as a table of data; [`mod@write`] and [`mod@read`] walk over it.
//! The header and the names of a foreign history are JSON in the file's key-value metadata. A
//! [`seal`] in a gap of the file that no reader looks at tells a damaged file from a sound one.

mod columns;
mod positioned;
mod read;
mod rows;
mod seal;
mod write;

pub(super) use read::{extent, read};
pub use write::write as write_parquet;

/// Metadata key of the header, as JSON.
const HEADER_KEY: &str = "stanchion.header";
/// Metadata key of the names, as JSON; absent where there are none.
const NAMES_KEY: &str = "stanchion.names";
