//! The JSON schema of the document, for whoever reads it with a program: committed as `docs/compare.schema.json`.

use serde_json::Value;

use super::Comparison;
use crate::model::schema_of;

/// The schema of what this version writes.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Comparison>("What stanchion compare --format json prints")
}
